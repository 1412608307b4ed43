//! What comes back through a browser. The first byte chooses what the server is known to do, the rest is the callback, in which
//! `$state` and `$code` stand for those of this login.
//!
//! A code is redeemed only from a callback that has it once, with the state of this login once, no error, and no issuer but the right
//! one, by the reading of the crate `url`; and only once. No error shows state, code or verifier.

#![no_main]

use std::sync::atomic::{AtomicU64, Ordering};

use authwright_core::MemoryStore;
use authwright_fuzz::{ISSUER, SECRET, Time, check, run, says, sent, server};
use authwright_oauth2::{Pending, Registration, Session};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

/// A login is finished once in a process, so each has a state of its own.
static NEXT: AtomicU64 = AtomicU64::new(0);

const VERIFIER: &str = "v3rifier-canary-aaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fuzz_target!(|data: &[u8]| {
    let Some((choice, callback)) = data.split_first() else { return };
    let Ok(callback) = str::from_utf8(callback) else { return };
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let (state, code) = (format!("st4te-canary-{number:016x}"), format!("c0de-canary-{number:016x}"));
    let callback = callback.replace("$state", &state).replace("$code", &code);
    let sends_issuer = choice & 1 == 1;
    let server = if sends_issuer { server().sends_issuer() } else { server() };
    let session = Session::new(Registration::new(server, "app").secret(SECRET), MemoryStore::new());
    let session = session.expect("an app");
    let record = json!({
        "version": 1, "url": "https://login.example.com/authorize?x=y", "issuer": ISSUER, "client_id": "app",
        "redirect_uri": "https://app.example/back", "state": state, "verifier": VERIFIER, "scope": "",
        "begun_at": 1_700_000_000_u64,
    })
    .to_string();

    let mut redeemed = None;
    let pending = Pending::from_record(&record).expect("a record");
    let result = run(session.finish(pending, &*callback), &Time::default(), |request| {
        assert!(redeemed.is_none(), "redeemed twice");
        assert_eq!(sent(request, "code_verifier").as_deref(), Some(VERIFIER));
        redeemed = Some(sent(request, "code").expect("a code"));
        says(200, br#"{"access_token":"t","token_type":"Bearer"}"#)
    });
    let whole = callback.trim().split('#').next().unwrap_or_default();
    // A query alone, or the end of an address.
    let first = whole.find(['=', ':', '/', '?']).map(|at| whole.as_bytes()[at]);
    let query =
        if first == Some(b'=') { whole } else { whole.split_once('?').map_or("", |(_, query)| query) };
    let all = |name: &str| {
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.filter(|(found, _)| found == name).map(|(_, value)| value.into_owned()).collect::<Vec<_>>()
    };
    // What stands elsewhere than the code is none.
    let secrets = [&*state, VERIFIER, SECRET, if all("code") == [&*code] { &code } else { &state }];
    assert_eq!(result.is_ok(), redeemed.is_some());
    if let Err(error) = result {
        return check(&error, &secrets);
    }
    let taken = redeemed.expect("a code");
    assert!(!taken.is_empty() && all("code") == [&*taken], "{callback:?}");
    assert!(all("state") == [&*state] && all("error").is_empty(), "{callback:?}");
    let issuer = all("iss");
    assert!(issuer == [ISSUER] || issuer.is_empty() && !sends_issuer, "{callback:?}");

    let again = Pending::from_record(&record).expect("a record");
    let again = run(session.finish(again, &*callback), &Time::default(), |_| panic!("redeemed again"));
    check(&again.expect_err("a login that was finished"), &secrets);
});
