//! Basic (RFC 7617).

use authwright_core::{Auth, Basic, Fault, Origin, Secret};
use authwright_testkit::{Plan, Reply};
use authwright_tests::on_every_driver;
use proptest::prelude::*;

use crate::support::net;

/// What a user and a password look like on the wire, on every driver alike.
fn on_the_wire(user: &str, password: &str) -> String {
    let net = net();
    net.set_script(|_| Reply::ok(""));
    let mut seen = Vec::new();
    on_every_driver(|driver| {
        net.take();
        let auth = Auth::new(net.origin(0), Basic::new(user, password)).unwrap();
        let outcome = driver.run(&net, &Plan::get(net.url(0, "/"), &auth));
        assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
        seen.push(net.requests()[0].header("authorization").unwrap().to_owned());
    });
    seen.dedup();
    assert_eq!(seen.len(), 1, "drivers differ: {seen:?}");
    seen.remove(0)
}

#[test]
fn b1_a_colon_in_the_user_and_control_characters_are_refused() {
    let build = |user: &str, password: &str| Auth::new("https://api.example.com", (user, password));
    assert!(build("sam:admin", "pw").is_err());
    assert!(build("sam", "p:w").is_ok(), "the password may have colons");
    for control in (0..0x20_u8).chain([0x7f]).map(char::from) {
        for (user, password) in
            [(format!("sa{control}m"), "pw".into()), ("sam".into(), format!("p{control}w"))]
        {
            let error = build(&user, &password).unwrap_err();
            assert_eq!(error.fault(), Fault::Credential);
            assert!(error.to_string().contains("control character"), "{error}");
            assert!(!error.to_string().contains(control), "{error:?}");
        }
    }
}

/// RFC 7617 section 2.1's user and password with a pound sign; and a decomposed one arrives composed.
#[test]
fn b2_utf8_in_composed_form() {
    assert_eq!(on_the_wire("test", "123\u{a3}"), "Basic dGVzdDoxMjPCow==");
    let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}");
    assert_eq!(on_the_wire(decomposed, decomposed), on_the_wire(composed, composed));
}

/// RFC 7617 section 2's vector; empty password, empty user, both.
#[test]
fn b3_padded_base64_after_one_blank() {
    assert_eq!(on_the_wire("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_eq!(on_the_wire("sam", ""), "Basic c2FtOg==");
    assert_eq!(on_the_wire("", "pw"), "Basic OnB3");
    assert_eq!(on_the_wire("", ""), "Basic Og==");
}

#[test]
fn b4_plain_http_needs_an_opt_in() {
    let secret = || ("svc", Secret::new("pw"));
    for origin in [
        "http://intranet:8080",
        "http://192.168.0.1",
        "http://128.0.0.1",
        "http://localhost.evil.com",
        "http://[::2]",
    ] {
        let error = Auth::new(origin, secret()).unwrap_err().to_string();
        let expected = "is plain http: the credential could be read on the way; use https, or \
                        Origin::danger_plain_http if you accept that";
        assert_eq!(error, format!("{origin} {expected}"));
        assert!(Auth::new(Origin::danger_plain_http(origin), secret()).is_ok());
    }
    for origin in ["https://intranet", "http://localhost:3000", "http://127.8.9.1", "http://[::1]:80"] {
        assert!(Auth::new(origin, secret()).is_ok(), "{origin}");
    }
}

proptest! {
    /// Whatever is accepted decodes to exactly `user:password`.
    #[test]
    fn b3_what_is_sent_decodes_to_what_was_given(user in "[ -9;-~]{0,20}", password in "[ -~]{0,40}") {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let auth = Auth::new("https://a.example", Basic::new(user.as_str(), password.as_str())).unwrap();
        let policy = authwright_core::Policy::default();
        let mut headers = http::HeaderMap::new();
        let target = authwright_core::Target::parse("https://a.example/").unwrap();
        authwright_core::Exchange::new(Some(&auth), &policy)
            .step(authwright_core::Outgoing {
                method: &http::Method::GET, target, headers: &mut headers, body: authwright_core::Body::Empty,
            })
            .unwrap();
        prop_assert!(headers["authorization"].is_sensitive());
        let encoded = headers["authorization"].to_str().unwrap().strip_prefix("Basic ").unwrap().to_owned();
        prop_assert_eq!(STANDARD.decode(encoded).unwrap(), format!("{user}:{password}").into_bytes());
    }
}
