//! oidc-provider: OAuth 2 and OpenID Connect, every grant with every client.

mod bench;
mod grants;
mod leaks;
mod matrix;
mod person;
mod referee;

use std::sync::Arc;

use authwright_testkit::{Host, Net, Place, Reply};

/// One test, since what it looks for at its end is in all that went before.
#[test]
fn every_combination_and_no_secret_astray() {
    leaks::listen();
    let elsewhere = Arc::new(Net::start(&[Place::http(Host::V4)], |_| Reply::ok("nothing")).unwrap());
    let matrix = matrix::run(&grants::GRANTS, &elsewhere);
    println!("{}", matrix.text);
    let (found, summary) = leaks::scan(&elsewhere.bytes(0));
    println!("{summary}");
    assert!(matrix.is_good);
    assert!(found.is_empty(), "{} secrets astray: {:#?}", found.len(), &found[..found.len().min(20)]);
}
