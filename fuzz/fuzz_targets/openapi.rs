//! An OpenAPI document, as JSON. The first byte chooses for which of its schemes something is given, and what.
//!
//! What is built covers no origin but those that the document names, or where it was found. What is not built is said in a line,
//! without the secret.

#![no_main]

use authwright_core::{OpenApi, openapi::Credentials};
use authwright_fuzz::{
    SECRET,
    documents::{REFERENCE, build, is_fit, says_nothing},
};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};

const FOUND_AT: &str = "https://found.example.com/docs/openapi.json";

fuzz_target!(|data: &[u8]| {
    let Some((choice, text)) = data.split_first() else { return };
    let Ok(document) = serde_json::from_slice::<Value>(text) else { return };
    if !is_fit(&document) {
        return;
    }
    let given = match choice % 5 {
        0 => json!(SECRET),
        1 => json!(REFERENCE),
        2 => json!({"user": "sam", "password": SECRET}),
        3 => json!({"client_id": "app", "client_secret": REFERENCE}),
        _ => json!({"client_id": "app", "type": "session", "client_secret": SECRET}),
    };
    let names = document["components"]["securitySchemes"].as_object().into_iter().flat_map(Map::keys);
    // Some of them, so that it counts which there are.
    let some = names.enumerate().filter(|(index, _)| (choice >> 5) >> (index % 3) & 1 == 0);
    let table: Map<_, _> = some.map(|(_, name)| (name.clone(), given.clone())).collect();
    let table: Credentials = serde_json::from_value(table.into()).expect("a table");

    let api: OpenApi = serde_json::from_slice(text).expect("what is JSON is read");
    match api.found_at(FOUND_AT).credentials(table).config() {
        Err(error) => says_nothing(&error),
        Ok(config) => {
            // Which machine a variable leads to is in no text of the document.
            let is_plain = !document["servers"].to_string().contains("\"variables\"");
            build(&config, is_plain.then_some((&document, FOUND_AT)));
        }
    }
});
