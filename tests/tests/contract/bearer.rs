//! Bearer tokens (RFC 6750) and where keys may not go.

use authwright_core::{ApiKey, Auth, Bearer, Fault};
use authwright_testkit::{Credential, Plan, Reply};
use authwright_tests::on_every_driver;
use proptest::prelude::*;

use crate::support::net;

/// RFC 6750 section 2: one method per request. The header and the query together are refused when they are configured.
#[test]
fn d1_one_method_of_transmission() {
    let origin = "https://api.example.com";
    let both = Auth::new(origin, Bearer::new("t"))
        .and_then(|auth| auth.and(origin, ApiKey::query("access_token", "t").danger_token_in_query()));
    assert!(both.unwrap_err().to_string().contains("only once"), "header, then query");
    let both = Auth::new(origin, ApiKey::query("access_token", "t").danger_token_in_query())
        .and_then(|auth| auth.and(format!("{origin}/v1"), Bearer::new("t")));
    assert!(both.unwrap_err().to_string().contains("only once"), "query, then header on a path of it");
    let apart = Auth::new(origin, Bearer::new("t")).and_then(|auth| {
        auth.and("https://other.example.com", ApiKey::query("access_token", "t").danger_token_in_query())
    });
    assert!(apart.is_ok(), "two origins never meet in a request");
}

/// RFC 6750 section 2.3, RFC 9700 section 4.3.2: a bearer token is in no request target, on any hop.
#[test]
fn d2_never_in_the_query() {
    for name in ["access_token", "Access_Token"] {
        let error = Auth::new("https://api.example.com", ApiKey::query(name, "t")).unwrap_err();
        assert_eq!(error.fault(), Fault::Caller);
        assert!(error.to_string().contains("RFC 9700"), "{error}");
    }
    let net = net();
    net.set_script(|request| match request.path() {
        "/" => Reply::redirect(302, "/next?x=1"),
        _ => Reply::ok(""),
    });
    on_every_driver(|driver| {
        net.take();
        let auth = Auth::new(net.origin(0), Bearer::new(Credential::CANARY)).unwrap();
        driver.run(&net, &Plan::get(net.url(0, "/?q=1"), &auth));
        let requests = net.requests();
        assert_eq!(requests.len(), 2);
        for request in requests {
            assert!(!Credential::leaked_in(request.target.as_bytes()), "{}", driver.name());
            let expected = format!("Bearer {}", Credential::CANARY);
            assert_eq!(request.header_all("authorization"), [expected], "{}", driver.name());
        }
    });
}

proptest! {
    /// RFC 6750 section 2.1: `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`, nothing else.
    #[test]
    fn d3_only_legal_token_characters(token in prop_oneof![".{0,20}", "[a-z+/=~_. \r\n-]{0,12}", "[A-Za-z0-9._~+/-]{1,30}={0,2}"]) {
        let body = token.trim_end_matches('=');
        let legal = !body.is_empty()
            && body.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b));
        match Auth::new("https://api.example.com", Bearer::new(token.as_str())) {
            Ok(_) => prop_assert!(legal, "{token:?} was accepted"),
            Err(error) => {
                prop_assert!(!legal, "{token:?}: {error}");
                prop_assert!(token.len() < 4 || !error.to_string().contains(&token), "{error}");
            }
        }
    }
}

#[test]
fn d3_the_error_says_where_and_never_what() {
    for (token, expected) in [
        (
            "ghp_12345678 x",
            "the given value has a blank at byte 12, which a bearer token cannot have; nothing was sent",
        ),
        (
            "abc\n",
            "the given value has a line break at byte 3, which a bearer token cannot have; nothing was sent",
        ),
        (
            "ab\u{e9}",
            "the given value has a character outside ASCII at byte 2, which a bearer token cannot have; nothing was sent",
        ),
        (
            "a=b",
            "the given value has a `=` at byte 1, where a bearer token cannot have one; nothing was sent",
        ),
        (
            "Bearer abc",
            "the given value starts with the word Bearer, which is added by Authwright; leave it out",
        ),
    ] {
        let error = Auth::new("https://api.example.com", Bearer::new(token)).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{token:?}: {error}");
    }
}
