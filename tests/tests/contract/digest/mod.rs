//! Digest (RFC 7616) in front of a referee who takes nothing that is not by the letter.

mod answers;
mod bodies;
mod canary;
mod challenges;
mod changes;
mod crowd;
mod entries;
mod first;
mod hosts;
mod names;
mod negotiation;
mod offers;
mod proofs;
mod spellings;
mod state;

use authwright_core::{Auth, Digest};
use authwright_testkit::{
    Credential, DigestBuilder, DigestRealm, Driver, Net, Outcome, Plan, Received, Reply,
};

/// No text but the server's memory may ever hold it.
const PASSWORD: &str = Credential::CANARY;

/// A realm that knows Sam.
fn sam(realm: &str) -> DigestBuilder {
    DigestRealm::builder(realm).user("sam", PASSWORD)
}

/// Puts a realm in front of everything, with `hello` behind it.
fn guard(net: &Net, realm: DigestBuilder) -> DigestRealm {
    let realm = realm.build();
    let asked = realm.clone();
    net.set_script(move |request| asked.reply(request, Reply::ok("hello")));
    realm
}

fn digest(net: &Net, place: usize) -> Auth {
    Auth::new(net.origin(place), Digest::new("sam", PASSWORD)).unwrap()
}

fn get(driver: &dyn Driver, net: &Net, path: &str, auth: &Auth) -> Outcome {
    driver.run(net, &Plan::get(net.url(0, path), auth))
}

/// Fails if the outcome is no 200, or if the referee has seen a rule broken.
#[track_caller]
fn assert_fine(outcome: &Outcome, realm: &DigestRealm, who: &str) {
    assert_eq!(realm.violations(), [] as [String; 0], "{who}");
    assert_eq!(outcome.status(), Some(200), "{who}: {outcome}");
}

/// The `Authorization` of each request so far, or `-`.
fn authorizations(net: &Net) -> Vec<String> {
    net.requests().iter().map(authorization).collect()
}

fn authorization(request: &Received) -> String {
    request.header("authorization").unwrap_or("-").to_owned()
}

/// A parameter of an `Authorization` field, without its quotes.
fn parameter<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let start = line.find(&format!(" {name}="))? + name.len() + 2;
    let rest = &line[start..];
    match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => rest.split(',').next(),
    }
}
