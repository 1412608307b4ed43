//! The record of a login that has begun, as it comes back from wherever a program keeps it.
//!
//! One that is taken says the same when it is written down again, and shows nothing. To finish with it ends well or in an error
//! that shows no secret, and sends nothing but to the server that the program knows.

#![no_main]

use authwright_core::MemoryStore;
use authwright_fuzz::{SECRET, TOKEN_ENDPOINT, Time, check, check_text, run, says, server};
use authwright_oauth2::{Pending, Registration, Session};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

/// What the seeds have in them.
const SECRETS: [&str; 4] = ["st4te-canary", "v3rifier-canary", "n0nce-canary", SECRET];

fuzz_target!(|record: &str| {
    let pending = match Pending::from_record(record) {
        Ok(pending) => pending,
        Err(error) => return check(&error, &SECRETS),
    };
    let written = pending.to_record();
    let again = Pending::from_record(&written).expect("what was written");
    assert_eq!(*again.to_record(), *written);
    assert_eq!(again.url(), pending.url());
    let (before, after): (Value, Value) =
        (serde_json::from_str(record).expect("JSON"), serde_json::from_str(&written).expect("JSON"));
    for name in ["url", "issuer", "client_id", "redirect_uri", "state", "verifier", "scope", "begun_at"] {
        assert_eq!(before[name], after[name], "{name}");
    }
    assert!(after["state"] != "");
    // It shows where the issuer is.
    let issuer = after["issuer"].as_str().unwrap_or_default();
    let hidden: Vec<_> = SECRETS.into_iter().filter(|secret| !issuer.contains(secret)).collect();
    check_text(&format!("{pending:?}"), &hidden);

    let text = |name: &str| after[name].as_str().unwrap_or_default().to_owned();
    let callback: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("code", "c0de")
        .append_pair("state", &text("state"))
        .finish();
    // The server repeats what it should not.
    let refusal = json!({ "error": "invalid_grant", "error_description": text("verifier") }).to_string();
    for app in [Registration::new(server(), "app"), Registration::new(server(), "app").dpop()] {
        let session = Session::new(app, MemoryStore::new()).expect("an app");
        let pending = Pending::from_record(&written).expect("what was written");
        let result = run(session.finish(pending, &*callback), &Time::default(), |request| {
            assert_eq!(request.uri(), TOKEN_ENDPOINT);
            says(400, refusal.as_bytes())
        });
        let error = result.expect_err("no token");
        check(&error, &[]);
        let is_shown = error.to_string().contains(": \"");
        assert!(!is_shown || error.to_string().contains("it repeats a secret"), "{error}");
    }
});
