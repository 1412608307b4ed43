//! A document that says who a program is, as JSON: as it is, and as an entry that lacks only a secret, which is then written into it.
//!
//! What is built covers no origin but those of the document. What is not built is said in a line, without the secret.

#![no_main]

use authwright_core::AuthConfig;
use authwright_fuzz::{
    SECRET,
    documents::{build, has_fractions, is_fit},
};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

const BASE: &str = "https://api.example.com";

fuzz_target!(|data: &[u8]| {
    let Ok(document) = serde_json::from_slice::<Value>(data) else { return };
    if !is_fit(&document) {
        return;
    }
    // From the text itself, in which a member can be there twice.
    let config: AuthConfig = serde_json::from_slice(data).expect("what is JSON is read");
    // A number past 64 bits, and what lies very deep, is kept as nothing that could be written.
    if let Ok(text) = serde_json::to_string(&config) {
        let again: AuthConfig = serde_json::from_str(&text).expect("what was written is read");
        assert!(again == config || has_fractions(&document));
        // With a member that is there twice they differ, and what is built is an error.
        if document.to_string().len() == text.len() {
            build(&config, Some((&document, BASE)));
        }
    }

    let mut document = document;
    let entry = match &mut document {
        Value::Object(entry) => entry,
        Value::Array(entries) => match entries.first_mut() {
            Some(Value::Object(entry)) => entry,
            _ => return,
        },
        _ => return,
    };
    let secret = match entry.get("type").and_then(Value::as_str) {
        Some("api_key") => "key",
        Some("basic" | "digest" | "password") => "password",
        Some("refresh_token") => "refresh_token",
        Some("client_credentials" | "session" | "token_exchange" | "jwt_bearer") => "client_secret",
        _ => "token",
    };
    entry.insert(secret.into(), SECRET.into());
    for (name, value) in [("origins", BASE), ("type", "bearer")] {
        entry.entry(name).or_insert_with(|| value.into());
    }
    let document = if document.is_array() { document } else { json!([document]) };
    let config: AuthConfig = serde_json::from_value(document.clone()).expect("what is JSON is read");
    build(&config, Some((&document, BASE)));
});
