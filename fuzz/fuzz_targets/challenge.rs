//! What a server asks for: each line of the input is a field line.
//!
//! Whatever stands there: no panic; nothing printed that could forge a line of a log; each name once, and at most as many of
//! everything as is promised; the typed views say what the parameters say; and a challenge that is written down again, in
//! two spellings, reads the same.

#![no_main]

use authwright_core::{
    Challenge, Challenges,
    challenge::ParamValue,
    http::{HeaderMap, HeaderValue, header::WWW_AUTHENTICATE},
};
use libfuzzer_sys::fuzz_target;

const MAX_BYTES: usize = 16 * 1024;

fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderMap::new();
    let mut alone = Vec::new();
    for line in data.split(|byte| *byte == b'\n') {
        let challenges: Vec<_> = Challenges::parse(line).collect();
        assert!(challenges.len() <= 32);
        for challenge in &challenges {
            check(challenge);
        }
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(WWW_AUTHENTICATE, value);
            alone.extend(challenges.iter().map(written));
        }
    }
    let together: Vec<_> = Challenges::of(&headers).map(|challenge| written(&challenge)).collect();
    assert_eq!(together, alone[..alone.len().min(together.len())]);
    assert!(data.len() > MAX_BYTES || together.len() == alone.len().min(32));
    assert!(!format!("{:?}", Challenges::of(&headers)).contains(char::is_control));
});

fn check(challenge: &Challenge<'_>) {
    assert!(is_token(challenge.scheme()) && challenge.is(&challenge.scheme().to_ascii_uppercase()));
    assert!(!challenge.to_string().contains(char::is_control));
    let params: Vec<_> = challenge.params().collect();
    assert!(params.len() <= 64);
    assert!(params.is_empty() || challenge.token68().is_none());
    for (at, (name, value)) in params.iter().enumerate() {
        assert!(is_token(name));
        assert!(value.bytes().iter().all(|byte| *byte == b'\t' || !byte.is_ascii_control()));
        assert!(params[..at].iter().all(|(other, _)| !other.eq_ignore_ascii_case(name)));
        let found = challenge.param(&name.to_ascii_uppercase()).expect("a name that is there");
        assert_eq!(found.raw(), value.raw());
        let text = value.text();
        assert!(value.bytes().len() <= value.raw().len());
        assert!(!text.is_ascii() || value.is(&text) && value.is(&text.to_ascii_uppercase()));
    }
    views(challenge);
    again(challenge);
}

/// RFC 9110 section 5.6.2.
fn is_token(text: &str) -> bool {
    let delimiters = "\"(),/:;<=>?@[\\]{}";
    !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() && !delimiters.contains(c))
}

/// The views against the parameters they come from.
fn views(challenge: &Challenge<'_>) {
    let raw = |value: Option<ParamValue<'_>>| value.map(|value| value.raw().to_vec());
    let param = |name: &str| raw(challenge.param(name));
    let basic = challenge.basic();
    assert_eq!(basic.is_some(), challenge.is("Basic"));
    if let Some(basic) = basic {
        assert_eq!(raw(basic.realm), param("realm"));
    }
    let bearer = challenge.bearer();
    assert_eq!(bearer.is_some(), challenge.is("Bearer"));
    if let Some(bearer) = bearer {
        assert_eq!(raw(bearer.scope), param("scope"));
        assert_eq!(raw(bearer.error), param("error"));
        assert_eq!(raw(bearer.resource_metadata), param("resource_metadata"));
        assert!(bearer.max_age.is_none() || param("max_age").is_some());
    }
    let dpop = challenge.dpop();
    assert_eq!(dpop.is_some(), challenge.is("DPoP"));
    if let Some(dpop) = dpop {
        assert_eq!(raw(dpop.algs), param("algs"));
        assert_eq!(raw(dpop.error), param("error"));
    }
    let digest = challenge.digest();
    let is_whole = challenge.is("Digest") && param("realm").is_some() && param("nonce").is_some();
    assert_eq!(digest.is_some(), is_whole);
    if let Some(digest) = digest {
        assert_eq!(raw(Some(digest.realm)), param("realm"));
        assert_eq!(raw(Some(digest.nonce)), param("nonce"));
        assert_eq!(raw(digest.opaque), param("opaque"));
        assert_eq!(raw(digest.algorithm_text), param("algorithm"));
        assert!(digest.algorithm.is_some() || param("algorithm").is_some());
        assert!(param("qop").is_some() || !digest.qop.given);
        assert!(digest.qop.given || !digest.qop.auth && !digest.qop.auth_int);
        assert!(!digest.stale || param("stale").is_some());
    }
}

/// Writes it down with its values as they stand, and once more with their escapes made anew.
fn again(challenge: &Challenge<'_>) {
    let escaped = |value: ParamValue<'_>| {
        let mut escaped = Vec::new();
        for byte in value.bytes().iter() {
            if matches!(byte, b'"' | b'\\') {
                escaped.push(b'\\');
            }
            escaped.push(*byte);
        }
        escaped
    };
    for line in [spell(challenge, |value| value.raw().to_vec()), spell(challenge, escaped)] {
        if line.len() > MAX_BYTES {
            continue;
        }
        let mut read = Challenges::parse(&line);
        let first = read.next().expect("a challenge that was read before");
        assert!(read.next().is_none());
        assert_eq!(written(&first), written(challenge));
    }
}

fn spell(challenge: &Challenge<'_>, value: impl Fn(ParamValue<'_>) -> Vec<u8>) -> Vec<u8> {
    let mut line = challenge.scheme().as_bytes().to_vec();
    if let Some(token68) = challenge.token68() {
        line.push(b' ');
        line.extend(token68.as_bytes());
    }
    for (at, (name, own)) in challenge.params().enumerate() {
        line.extend(if at == 0 { &b" "[..] } else { b"," });
        line.extend(name.as_bytes());
        line.extend(b"=\"");
        line.extend(value(own));
        line.push(b'"');
    }
    line
}

type Written = (String, Option<String>, Vec<(String, Vec<u8>)>);

/// What it says, without its spelling.
fn written(challenge: &Challenge<'_>) -> Written {
    let params = challenge.params().map(|(name, value)| (name.to_owned(), value.bytes().into_owned()));
    (challenge.scheme().to_owned(), challenge.token68().map(str::to_owned), params.collect())
}
