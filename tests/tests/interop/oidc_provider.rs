//! oidc-provider: OAuth 2 and `OpenID` Connect, every grant with every client.

mod bench;
mod grants;
mod leaks;
mod log;
mod matrix;
mod others;
mod person;
mod referee;
mod registrar;
mod secrets;

use std::{
    panic::{self, AssertUnwindSafe},
    sync::Arc,
};

use authwright_testkit::{Host, Net, Place, Reply};

use crate::{client::BOTH, table::table};

/// One test, since what it looks for at its end is in all that went before.
#[test]
fn every_combination_and_no_secret_astray() {
    leaks::listen();
    let elsewhere = Arc::new(Net::start(&[Place::http(Host::V4)], |_| Reply::ok("nothing")).unwrap());
    let matrix = matrix::run(&grants::GRANTS, &elsewhere);
    println!("{}", matrix.text);
    let benches = BOTH.map(|which| bench::Bench::new(which, &elsewhere));
    let rows = AssertUnwindSafe(|| table("oidc-provider", "OAuth 2", |table| others::rows(table, &benches)));
    let others = panic::catch_unwind(rows);
    let (found, summary) = leaks::scan(&elsewhere.bytes(0));
    println!("{summary}");

    assert!(found.is_empty(), "{} secrets astray: {:#?}", found.len(), &found[..found.len().min(20)]);
    log::check();
    assert!(matrix.is_good && others.is_ok(), "the tables above say what has failed");
}
