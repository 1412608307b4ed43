//! The referee is right by the examples of the RFCs, and notices each broken rule.

mod clients;
mod devices;
mod endpoints;
mod hand;
mod logins;
mod proofs;
mod registrations;
mod resources;
mod urls;
mod vectors;

use serde_json::Value;

use crate::Reply;

/// The value of an answer's field.
fn field<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    let field = reply.headers().iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    field.and_then(|(_, value)| str::from_utf8(value).ok())
}

fn json(reply: &Reply) -> Value {
    serde_json::from_slice(reply.body_bytes()).unwrap_or_default()
}

/// The error code of an answer, with its status.
fn error(reply: &Reply) -> (u16, String) {
    (reply.status_code(), json(reply)["error"].as_str().unwrap_or_default().to_owned())
}
