//! Who runs the server: what it knows of the clients that have registered themselves, and what is done there to them.

use std::collections::BTreeSet;

use authwright_core::Secret;
use authwright_ureq::ureq::Agent;
use serde_json::Value;

use super::referee::{Kind, record};

/// By what the server's record tells these requests from those of clients.
pub(crate) const OPERATOR: &str = "who runs the server";

/// How often somebody has asked to be registered.
pub(crate) fn posts() -> usize {
    record("log").lines().filter(|line| line.contains(" POST /reg ")).count()
}

/// The last request to be registered, and what was answered.
pub(crate) fn last_post() -> Value {
    let record = record("arrived");
    let is_one = |line: &&str| line.contains(r#""route":"/reg""#);
    serde_json::from_str(record.lines().rev().find(is_one).expect("somebody has registered")).unwrap()
}

/// The ways in which a client has shown at the token endpoint who it is.
pub(crate) fn ways(id: &str) -> BTreeSet<String> {
    let log = record("log");
    let of_it = format!(" client={id} ");
    let lines = log.lines().filter(|line| line.contains(" POST /token ") && line.contains(&of_it));
    lines.map(|line| line.split_once(" auth=").unwrap().1.split(' ').next().unwrap().to_owned()).collect()
}

/// A token to register with, by which the server treats who comes with it in this way.
pub(crate) fn initial_token(kind: Kind, policy: &str) -> Secret {
    let mut response = agent().get(format!("{}/initial?policy={policy}", kind.issuer())).call().unwrap();
    let answer: Value = serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap();
    Secret::new(answer["initial_access_token"].as_str().unwrap())
}

/// Takes a client away (RFC 7592 section 2.3): `answer` is what it was given when it registered.
pub(crate) fn removes(answer: &Value) {
    let uri = answer["registration_client_uri"].as_str().unwrap();
    let bearer = format!("Bearer {}", answer["registration_access_token"].as_str().unwrap());
    let response = agent().delete(uri).header("authorization", bearer).call().unwrap();
    assert_eq!(response.status(), 204);
}

fn agent() -> Agent {
    let config = Agent::config_builder().proxy(None).http_status_as_error(false).user_agent(OPERATOR);
    config.build().into()
}
