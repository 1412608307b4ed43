//! What an introspection endpoint answers. The first byte chooses the status, the rest is the body.
//!
//! A token is active only where a 200 says plainly `true`. What is printed has no control characters and no secret in it.

#![no_main]

use authwright_fuzz::{REFRESH, SECRET, Time, check, check_text, run, says, sent, server, status};
use authwright_oauth2::Registration;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Some((choice, body)) = data.split_first() else { return };
    let status = status(*choice);
    let app = Registration::new(server(), "app").secret(SECRET);
    let result = run(app.introspect(REFRESH), &Time::default(), |request| {
        assert_eq!(sent(request, "token").as_deref(), Some(REFRESH));
        says(status, body)
    });
    let said = match result {
        Ok(said) => said,
        Err(error) => return check(&error, &[SECRET, REFRESH]),
    };
    let json: Value = serde_json::from_slice(body).expect("JSON");
    assert_eq!(status, 200);
    assert_eq!(said.is_active(), json["active"] == true);
    for (name, text) in [
        ("sub", said.subject()),
        ("scope", said.scope()),
        ("client_id", said.client_id()),
        ("token_type", said.token_type()),
    ] {
        assert_eq!(json[name].as_str(), text);
        assert_eq!(said.text(name), text);
    }
    if let Value::Object(members) = &json {
        for (name, value) in members {
            assert_eq!(said.text(name), value.as_str(), "{name:?}");
        }
    }
    let _ = said.expiry();
    check_text(&format!("{said:?}"), &[]);
});
