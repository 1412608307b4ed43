//! What a device authorization endpoint answers. The first byte chooses the status, the rest is the body.
//!
//! What people are shown is fit for a terminal, and leads to a page on http(s). The polls send the code they were given, a second
//! apart or more. The device code is shown nowhere.

#![no_main]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use authwright_core::{Clock, MemoryStore};
use authwright_fuzz::{
    ISSUER, SECRET, TOKEN_ENDPOINT, Time, check, check_text, run, says, sent, server, status, unless_in_hosts,
};
use authwright_oauth2::{Device, Prompt, Registration, Session};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// What the seeds have as their device code.
const CODE: &str = "d3vice-canary";

fuzz_target!(|data: &[u8]| {
    let Some((choice, body)) = data.split_first() else { return };
    let status = status(*choice);
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let session =
        Session::new(Registration::new(server(), "app").secret(SECRET).scope("read"), MemoryStore::new());
    let session = session.expect("an app");
    let shown = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&shown);
    let device = Device::new().shown_by(move |prompt| {
        *seen.lock().expect("nobody panics") += 1;
        look_at(prompt);
    });
    let (time, mut polls, mut last) = (Time::default(), 0, None);
    let result = run(session.login(device), &time.clone(), |request| {
        if request.uri() != TOKEN_ENDPOINT {
            return says(status, body);
        }
        assert_eq!(sent(request, "device_code").as_deref(), json["device_code"].as_str());
        let now = time.now();
        let apart = last.replace(now).map(|last| now.duration_since(last).expect("time goes on"));
        assert!(apart.is_none_or(|apart| apart >= Duration::from_secs(1)));
        polls += 1;
        match polls {
            1 => says(400, br#"{"error":"authorization_pending"}"#),
            2 => says(400, br#"{"error":"slow_down"}"#),
            _ => says(200, br#"{"access_token":"t","token_type":"Bearer"}"#),
        }
    });
    let shown = *shown.lock().expect("nobody panics");
    match result {
        Ok(()) => assert_eq!((status, shown, polls), (200, 1, 3)),
        // It is a secret where it is the code.
        Err(error) if json["device_code"] == CODE => check(&error, &unless_in_hosts(&[SECRET, CODE], &json)),
        Err(error) => check(&error, &unless_in_hosts(&[SECRET], &json)),
    }
    assert!(polls == 0 || shown == 1);
});

fn look_at(prompt: &Prompt<'_>) {
    assert_eq!(prompt.issuer(), ISSUER);
    let code = prompt.user_code().expect("a code");
    assert!((1..=64).contains(&code.len()));
    for text in [code, prompt.url(), prompt.complete_url().unwrap_or_default()] {
        assert!(text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()), "{text:?}");
    }
    for url in [Some(prompt.url()), prompt.complete_url()].into_iter().flatten() {
        let url = url::Url::parse(url).expect("a URL");
        assert!(matches!(url.scheme(), "http" | "https"));
    }
    for line in prompt.to_string().lines() {
        check_text(line, &[]);
    }
}
