//! Refusals, of every endpoint and with every status. The first byte chooses the status, the second the endpoint, the first line
//! after that is `Retry-After`, the rest is the body.
//!
//! Whatever it is: one error, that shows no secret, and of the server nothing but visible characters. Only what may pass is said
//! to: 5xx, 408, 429, a page instead of JSON, or a code that says so. And a server that fails asks nobody to sign in.

#![no_main]

use authwright_core::{
    Error,
    flow::Answer,
    http::{HeaderValue, Response},
};
use authwright_fuzz::{REFRESH, SECRET, Time, check, fetch, run, server, status};
use authwright_oauth2::{Registration, Server};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const PASSING: [&str; 3] = ["temporarily_unavailable", "slow_down", "server_error"];

fuzz_target!(|data: &[u8]| {
    let [status_byte, endpoint, rest @ ..] = data else { return };
    let at = rest.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (retry_after, body) = (&rest[..at], rest.get(at + 1..).unwrap_or_default());
    let status = status(*status_byte);
    let Some(error) = ask(*endpoint, |_| {
        let mut response = Response::builder().status(status);
        if let Ok(value) = HeaderValue::from_bytes(retry_after) {
            response = response.header("retry-after", value);
        }
        Answer::new(response.body(body.to_vec()).expect("an answer"))
    }) else {
        return;
    };
    // Two of them are sent the client's own secret alone.
    check(&error, if matches!(endpoint % 6, 0 | 4) { &[SECRET] } else { &[SECRET, REFRESH] });
    let json: Option<Value> = serde_json::from_slice(body).ok();
    let code = json.as_ref().and_then(|json| json.get("error")).and_then(Value::as_str);
    let fails = status >= 500 || matches!(status, 408 | 429);
    if error.is_transient() {
        assert!(fails || json.is_none() || code.is_some_and(|code| PASSING.contains(&code)), "{error}");
    } else {
        assert!(!fails, "{error}");
        assert_eq!(error.retry_after(), None);
    }
    assert!(!(fails && error.is_login_required()));
});

/// What comes of asking this endpoint, unless it goes well.
fn ask(endpoint: u8, answer: impl Fn(&authwright_core::http::Request<Vec<u8>>) -> Answer) -> Option<Error> {
    let time = Time::default();
    let app = |server: Server| Registration::new(server, "app").secret(SECRET).scope("read");
    let one = app(server());
    match endpoint % 6 {
        0 => fetch(one.client_credentials(), &time, answer).err(),
        1 => fetch(one.refresh_token(REFRESH), &time, answer).err(),
        2 => run(one.revoke(REFRESH), &time, answer).err(),
        3 => run(one.introspect(REFRESH), &time, answer).err(),
        4 => {
            let session = authwright_oauth2::Session::new(one.pushed(), authwright_core::MemoryStore::new());
            run(session.expect("an app").begin("https://app.example/back"), &time, answer).err()
        }
        _ => fetch(one.secret_in_body(SECRET).token_exchange(REFRESH), &time, answer).err(),
    }
}
