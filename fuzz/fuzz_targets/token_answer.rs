//! What a token endpoint answers, to each of the grants. The first byte chooses the status and the grant, the rest is the body.
//!
//! A token is taken only from a 200 whose JSON has it, and names its type; it is not empty, and of visible characters and blanks.
//! What is printed of it does not hold it. An error shows no secret, and of the server nothing but visible characters.

#![no_main]

use authwright_core::{MemoryStore, Tokens};
use authwright_fuzz::{REFRESH, SECRET, Time, check, check_text, fetch, says, sent, server, status};
use authwright_oauth2::Registration;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Some((choice, body)) = data.split_first() else { return };
    let (status, time) = (status(choice & 15), Time::default());
    let app = Registration::new(server(), "app").secret(SECRET).scope("read");
    let mut asked = 0;
    let answer = |request: &_| {
        asked += 1;
        assert!(sent(request, "grant_type").is_some());
        says(status, body)
    };
    let result = match (choice >> 4) % 4 {
        0 => fetch(app.client_credentials(), &time, answer),
        1 => fetch(app.refresh_token(REFRESH), &time, answer),
        2 => fetch(app.token_exchange(REFRESH), &time, answer),
        _ => fetch(app.assertion(REFRESH), &time, answer),
    };
    assert_eq!(asked, 1);
    // The first grant sends the client's own secret alone.
    let secrets = if (choice >> 4) % 4 == 0 { [SECRET; 2] } else { [SECRET, REFRESH] };
    let token = match result {
        Ok(token) => token,
        Err(error) => return check(&error, &secrets),
    };
    assert_eq!(status, 200);
    let json: Value = serde_json::from_slice(body).expect("JSON");
    assert_eq!(json["access_token"].as_str(), Some(token.expose()));
    assert!(json["token_type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")));
    assert!(json.get("error").is_none_or(|error| error.as_str().is_none_or(str::is_empty)));
    assert!(!token.expose().is_empty() && token.expose().bytes().all(|byte| (b' '..=b'~').contains(&byte)));
    assert!(token.expose_refresh_token() != Some(""));
    if json.get("expires_in").is_none_or(Value::is_null) {
        assert_eq!(token.expiry(), None);
    }
    let hidden = [token.expose(), token.expose_refresh_token().unwrap_or_default()];
    let hidden: Vec<_> = hidden.into_iter().filter(|text| text.len() > 40).collect();
    check_text(&format!("{token:?}"), &hidden);
    let kept = Tokens::builder(app.client_credentials()).store(MemoryStore::new()).build();
    check_text(&format!("{:?}", kept.expect("a source")), &secrets);
});
