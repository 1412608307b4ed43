//! A whole conversation: what a server says in each line of the input, and what `Password` answers. The first byte of a line
//! chooses the status, the rest is the challenge or the info.
//!
//! Whatever the server says: no panic; an answer, where there is one, is a challenge-like list that our own reader takes,
//! with each part once, one line, and nothing of the password in it; and no count is used twice for a nonce.

#![no_main]

use std::collections::HashSet;

use authwright_core::{
    Challenges, Hop, IntoScheme, Password, ResponseView, Scheme, Stamp, Step, Target, Verdict,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
};
use libfuzzer_sys::fuzz_target;

const URL: &str = "https://api.example.com/a/b?c=%20d";

fuzz_target!(|data: &[u8]| {
    let scheme = Password::new("J\u{e4}s\"on", "s3cr3t-canary").into_scheme().expect("a user and a password");
    let target = Target::parse(URL).expect("a constant");
    let mut used = HashSet::new();
    let mut sent = Stamp(0);
    // What the server says itself, be it with escapes, is repeated to it.
    let bare: Vec<_> = data.iter().copied().filter(|byte| *byte != b'\\').collect();
    let server_says_it = shows_secret(&bare);
    for line in data.split(|byte| *byte == b'\n').take(16) {
        let Some((kind, said)) = line.split_first() else { continue };
        let (status, name) = match kind % 4 {
            0 => (200, "authentication-info"),
            1 => (500, "authentication-info"),
            _ => (401, "www-authenticate"),
        };
        let mut headers = HeaderMap::new();
        let Ok(value) = HeaderValue::from_bytes(said) else { continue };
        headers.append(HeaderName::from_static(name), value);
        let status = StatusCode::from_u16(status).expect("a constant");
        let response = ResponseView::new(status, &headers).sent_to(target);
        let promised = match scheme.observed(&response, sent) {
            Ok(Verdict::Resend { stamp, .. }) => Some(stamp),
            _ => None,
        };
        assert!(status == StatusCode::UNAUTHORIZED || promised.is_none());
        let answered = answer(&*scheme, promised);
        assert!(promised.is_none() || answered.is_some(), "what is promised is sent");
        sent = Stamp(0);
        if let Some((stamp, answer)) = answered {
            assert!(server_says_it || !shows_secret(&answer));
            check(&answer, &mut used);
            sent = stamp;
        }
    }
});

fn answer(scheme: &dyn Scheme, promised: Option<Stamp>) -> Option<(Stamp, Vec<u8>)> {
    let mut hop = Hop::test("GET", URL);
    if let Some(stamp) = promised {
        hop = hop.again_with(stamp);
    }
    match scheme.authorize(&mut hop) {
        Ok(Step::Send) => {
            let value = hop.headers().get("authorization").expect("what is sent").as_bytes().to_vec();
            Some((hop.stamped(), value))
        }
        Ok(Step::Bare) | Err(_) => None,
        other => panic!("{other:?}"),
    }
}

fn shows_secret(text: &[u8]) -> bool {
    text.windows(6).any(|part| part == b"s3cr3t")
}

fn check(answer: &[u8], used: &mut HashSet<(Vec<u8>, Vec<u8>)>) {
    if answer.starts_with(b"Basic ") {
        return;
    }
    let mut read = Challenges::parse(answer);
    let challenge = read.next().expect("an answer that can be read, each part once");
    assert!(challenge.is("Digest") && read.next().is_none());
    let part = |name: &str| challenge.param(name).map(|value| value.bytes().into_owned());
    assert!(part("username").is_some() != part("username*").is_some());
    assert_eq!(part("uri").expect("a target"), b"/a/b?c=%20d");
    assert!(part("response").expect("a response").iter().all(u8::is_ascii_hexdigit));
    assert_eq!(part("qop").is_some(), part("nc").is_some());
    assert_eq!(part("qop").is_some(), part("cnonce").is_some());
    if let Some(count) = part("nc") {
        assert_eq!(count.len(), 8);
        assert!(used.insert((part("nonce").expect("a nonce"), count)), "a count used twice");
    }
}
