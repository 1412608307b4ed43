//! What is printed at the end of each test, and where its server is.

use std::{
    any::Any,
    env,
    fmt::Write as _,
    fs,
    panic::{self, AssertUnwindSafe},
    thread,
    time::{Duration, Instant},
};

use crate::client::{BOTH, Kind};

/// The cases of one test, each on both clients.
pub(crate) struct Table {
    service: &'static str,
    scheme: &'static str,
    rows: String,
    failed: Option<Box<dyn Any + Send>>,
}

/// Runs the cases that `cases` names, all of them whatever fails; prints the table; fails if one has failed.
pub(crate) fn table(service: &'static str, scheme: &'static str, cases: impl FnOnce(&mut Table)) {
    let mut table = Table { service, scheme, rows: String::new(), failed: None };
    cases(&mut table);
    assert!(!table.rows.is_empty(), "a table without rows");
    // In one piece: tests print at the same time.
    println!("{}", table.rows);
    if let Some(reason) = table.failed {
        panic::resume_unwind(reason);
    }
}

impl Table {
    /// One row for each client.
    pub(crate) fn case(&mut self, what: &str, check: impl Fn(Kind)) {
        for kind in BOTH {
            self.only(kind, what, &check);
        }
    }

    /// One row, of what only this client can do.
    pub(crate) fn only(&mut self, kind: Kind, what: &str, check: impl Fn(Kind)) {
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| check(kind)));
        let result = if outcome.is_ok() { "ok" } else { "FAILED" };
        let (service, scheme, client) = (self.service, self.scheme, kind.name());
        let row = writeln!(self.rows, "| {service:<8} | {scheme:<8} | {client:<7} | {result:<6} | {what}");
        row.expect("a String takes all");
        self.failed = self.failed.take().or(outcome.err());
    }
}

/// What the script that starts a server says of it.
pub(crate) fn given(variable: &str) -> String {
    env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: run these with tests/interop/run"))
}

/// The lines of a server's access log that contain `tag`, once there are `count` of them. A server writes its line
/// after the response, so the last one is waited for; one too many would have come before it.
pub(crate) fn logged(variable: &str, tag: &str, count: usize) -> Vec<String> {
    let path = given(variable);
    let until = Instant::now() + Duration::from_secs(5);
    loop {
        let log = fs::read_to_string(&path).expect("the server writes a log");
        let lines: Vec<String> = log.lines().filter(|line| line.contains(tag)).map(str::to_owned).collect();
        if lines.len() >= count || Instant::now() > until {
            assert_eq!(lines.len(), count, "{tag}: {lines:#?}");
            return lines;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// A parameter of the Digest answer in a line of a log, quoted or not, or with its quotes escaped.
pub(crate) fn part<'a>(line: &'a str, name: &str) -> &'a str {
    let named = format!(" {name}=");
    let start = line.find(&named).unwrap_or_else(|| panic!("no {name} in {line}")) + named.len();
    let value = line[start..].trim_start_matches(['\\', '"']);
    &value[..value.find(['\\', '"', ',']).unwrap_or(value.len())]
}
