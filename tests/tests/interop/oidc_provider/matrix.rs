//! Every grant with every way to authenticate and every kind of token, on both clients: what is printed of it.

use std::{
    any::Any,
    fmt::Write as _,
    panic::{self, AssertUnwindSafe},
    sync::Arc,
    thread,
    time::Instant,
};

use authwright_testkit::Net;

use super::{
    bench::{Bench, named},
    referee::{Client, KINDS, Kind, METHODS},
};
use crate::client::BOTH;

/// A row before its kinds of tokens: a grant, whether its requests are pushed, and a client.
#[derive(Clone, Copy)]
struct Row {
    grant: usize,
    /// Where the grant has requests that can be.
    pushed: Option<bool>,
    method: &'static str,
}

/// A grant of the table.
pub(crate) struct Grant {
    pub(crate) name: &'static str,
    /// What one combination of it is, for the reader of the table.
    pub(crate) what: &'static str,
    /// Whether it begins with an authorization request, which can be pushed.
    pub(crate) begins_in_a_browser: bool,
    /// Why it is not to be had at this server by this client.
    pub(crate) missing: fn(Client) -> Option<&'static str>,
    pub(crate) check: fn(&Bench, Client),
}

enum Cell {
    Good,
    Failed(String),
    Missing(&'static str),
}

/// The table, and whether all of it is good.
pub(crate) struct Matrix {
    pub(crate) text: String,
    pub(crate) is_good: bool,
}

/// Runs all of it, each client on a thread of its own.
pub(crate) fn run(grants: &[Grant], elsewhere: &Arc<Net>) -> Matrix {
    let begun = Instant::now();
    let rows = rows(grants);
    let of_both: Vec<Vec<Cell>> = thread::scope(|scope| {
        let running = BOTH.map(|which| {
            let rows = &rows;
            scope.spawn(move || {
                let bench = Bench::new(which, elsewhere);
                let cells = rows.iter().flat_map(|row| KINDS.map(|kind| cell(&bench, grants, *row, kind)));
                cells.collect()
            })
        });
        running.map(|thread| thread.join().expect("a case that panics is caught")).into()
    });
    printed(grants, &rows, &of_both, begun)
}

fn rows(grants: &[Grant]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (grant, it) in grants.iter().enumerate() {
        let pushed: &[_] = if it.begins_in_a_browser { &[Some(false), Some(true)] } else { &[None] };
        for &pushed in pushed {
            rows.extend(METHODS.map(|method| Row { grant, pushed, method }));
        }
    }
    rows
}

fn cell(bench: &Bench, grants: &[Grant], row: Row, kind: Kind) -> Cell {
    let grant = &grants[row.grant];
    let client = Client { method: row.method, kind, pushed: row.pushed == Some(true) };
    let checked = panic::catch_unwind(AssertUnwindSafe(|| {
        bench.watch.reset();
        let missing = (grant.missing)(client);
        (grant.check)(bench, client);
        missing
    }));
    match checked {
        Ok(None) => Cell::Good,
        Ok(Some(why)) => Cell::Missing(why),
        Err(reason) => Cell::Failed(text_of(&*reason)),
    }
}

fn text_of(reason: &(dyn Any + Send)) -> String {
    let text = reason.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| reason.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without a text")
        .chars()
        .take(600)
        .collect()
}

fn printed(grants: &[Grant], rows: &[Row], of_both: &[Vec<Cell>], begun: Instant) -> Matrix {
    let mut text = String::new();
    let (mut good, mut missing, mut failures) = (0, Vec::new(), Vec::new());
    for Grant { name, what, .. } in grants {
        let _ = writeln!(text, "{name}: {what}");
    }
    let heads = KINDS.map(|kind| format!("{:<21}", named(kind))).join(" | ");
    let _ = writeln!(text, "| grant              | PAR | client     | {heads} |");
    for (index, row) in rows.iter().enumerate() {
        let pushed = row.pushed.map_or("-", |pushed| if pushed { "yes" } else { "no" });
        let name = grants[row.grant].name;
        let _ = write!(text, "| {name:<18} | {pushed:<3} | {:<10} |", row.method);
        for (place, kind) in KINDS.into_iter().enumerate() {
            let mut both = Vec::new();
            for (which, cells) in BOTH.iter().zip(of_both) {
                both.push(match &cells[index * KINDS.len() + place] {
                    Cell::Good => {
                        good += 1;
                        format!("{} ok", which.name())
                    }
                    Cell::Missing(why) => {
                        missing.push(*why);
                        "-".to_owned()
                    }
                    Cell::Failed(why) => {
                        let kind = named(kind);
                        failures.push(format!(
                            "FAILED: {name}, PAR {pushed}, {}, {kind}, {}: {why}",
                            row.method,
                            which.name()
                        ));
                        format!("{} FAILED", which.name())
                    }
                });
            }
            let _ = write!(text, " {:<21} |", both.join(", "));
        }
        text.push('\n');
    }
    let seconds = begun.elapsed().as_secs_f32();
    let _ = writeln!(
        text,
        "{} combinations on {} clients: {good} ok, {} failed, {} not at this server; {seconds:.1} s",
        rows.len() * KINDS.len(),
        BOTH.len(),
        failures.len(),
        missing.len()
    );
    missing.dedup();
    for why in missing {
        let _ = writeln!(text, "-: not at this server: {why}");
    }
    for failure in &failures {
        let _ = writeln!(text, "{failure}");
    }
    Matrix { is_good: failures.is_empty() && good > 0, text }
}
