//! What goes wrong, and clients that are unlike the others: each by what it tells the program.

mod callbacks;
mod clients;
mod people;
mod registered;
mod registered_again;
mod tokens;

use authwright_core::{Fault, Tokens};
use authwright_oauth2::Registration;

use super::{bench::Bench, leaks::note, referee::Kind};
use crate::{client::Failure, table::Table};

type Row = (&'static str, fn(&Bench));

/// Each on both clients.
pub(crate) fn rows(table: &mut Table, benches: &[Bench; 2]) {
    let groups: [&[Row]; 6] = [
        &clients::ROWS,
        &people::ROWS,
        &callbacks::ROWS,
        &tokens::ROWS,
        &registered::ROWS,
        &registered_again::ROWS,
    ];
    for (what, check) in groups.into_iter().flatten() {
        table.case(what, |kind| {
            let bench = &benches[kind as usize];
            bench.watch.reset();
            check(bench);
        });
    }
}

fn registration(id: &str) -> Registration {
    Registration::new(Kind::Bearer.issuer(), id)
}

fn in_its_own_name(bench: &Bench, app: &Registration) -> Failure {
    note(format!("{app:?}"));
    bench.token(&Tokens::new(app.client_credentials()).unwrap()).unwrap_err()
}

/// Whose fault it is, and what has to be in the text.
fn says(failure: &Failure, fault: Fault, parts: &[&str]) {
    assert_eq!(failure.fault, fault, "{failure:?}");
    assert!(!failure.is_transient, "{failure:?}");
    for part in parts {
        assert!(failure.error.contains(part), "`{part}` is missing: {failure:?}");
    }
}
