//! OAuth 2: a login that is kept alive by its refresh token. How tokens rotate is in `rotation`.

use std::time::{Duration, SystemTime};

use authwright_core::{Fault, MemoryStore, Tokens};
use authwright_oauth2::{RefreshGrant, Registration, Server};
use authwright_testkit::{Net, Reply, TestClock};
use authwright_tests::on_every_driver;
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    nasty::{self, get},
    support::net,
};

/// A client at a server without metadata, whose token endpoint is at place 1.
pub(crate) fn app(net: &Net) -> Registration {
    Registration::new(server(net, 1, "/token"), "my-app")
}

fn server(net: &Net, place: usize, path: &str) -> Server {
    Server::new(net.origin(place)).token_endpoint(net.url(place, path))
}

pub(crate) fn grant(net: &Net) -> RefreshGrant {
    app(net).secret("s3cret").refresh_token("r3fresh")
}

fn scoped(net: &Net, scope: &str) -> RefreshGrant {
    app(net).secret("s3cret").scope(scope).refresh_token("r3fresh")
}

/// Place 1 issues tokens with this body, place 0 takes any.
fn issue(net: &Net, body: &str) {
    let body = body.to_owned();
    net.set_script(move |request| if request.origin == 0 { Reply::ok("") } else { Reply::json(&body) });
    net.take();
}

const TOKEN: &str = r#"{"access_token": "acc3ss", "token_type": "Bearer", "expires_in": 300}"#;

/// RFC 6749 sections 2.3.1, 3.2.1 and 6: one way of authentication, or an id at least.
#[test]
fn e15_the_client_authenticates_or_identifies_itself() {
    let net = net();
    issue(&net, TOKEN);
    on_every_driver(|driver| {
        let new = || Registration::new(server(&net, 1, "/token?tenant=7"), "my:äpp").scope("b a");
        for (app, basic, id, secret) in [
            (new().secret("s:3 %"), Some("my%3A%C3%A4pp:s%3A3%20%25"), None, None),
            (new().secret_in_body("s:3 %"), None, Some("my:äpp"), Some("s:3 %")),
            (new(), None, Some("my:äpp"), None),
        ] {
            net.take();
            let tokens = Tokens::new(app.refresh_token("r+/= &1")).unwrap();
            assert_eq!(driver.token(&net, &TestClock::new(), &tokens).unwrap().expose(), "acc3ss");
            let request = &net.take()[0];
            assert_eq!(
                (&*request.method, &*request.target),
                ("POST", "/token?tenant=7"),
                "{}",
                driver.name()
            );
            assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
            let sent = request.header("authorization").map(|value| value.strip_prefix("Basic ").unwrap());
            let sent = sent.map(|pair| String::from_utf8(STANDARD.decode(pair).unwrap()).unwrap());
            assert_eq!(sent.as_deref(), basic, "{}", driver.name());
            assert_eq!(request.form_value("client_id").as_deref(), id);
            assert_eq!(request.form_value("client_secret").as_deref(), secret);
            assert_eq!(request.form_value("grant_type").as_deref(), Some("refresh_token"));
            assert_eq!(request.form_value("refresh_token").as_deref(), Some("r+/= &1"));
            assert_eq!(request.form_value("scope").as_deref(), Some("a b"));
        }
    });
}

/// RFC 6749 section 7.1: a token of a type that is not understood is not used.
#[test]
fn e9_only_a_bearer_token_is_used() {
    let net = net();
    on_every_driver(|driver| {
        let answer = |kind: &str| {
            issue(&net, &format!(r#"{{"access_token": "acc3ss"{kind}}}"#));
            let outcome = get(&net, driver, &Tokens::new(grant(&net)).unwrap(), &TestClock::new());
            (outcome, net.take().iter().filter(|request| request.origin == 0).count())
        };
        for kind in [r#", "token_type": "mac""#, r#", "token_type": "N_A""#, r#", "token_type": null"#, ""] {
            let (outcome, sent) = answer(kind);
            assert!(
                outcome.failure().is_some_and(|text| text.contains("type")),
                "{}: {outcome}",
                driver.name()
            );
            assert_eq!(sent, 0, "{}: {kind}", driver.name());
        }
        for kind in ["BEARER", "bearer", "Bearer"] {
            let (outcome, sent) = answer(&format!(r#", "token_type": "{kind}""#));
            assert_eq!((outcome.status(), sent), (Some(200), 1), "{}", driver.name());
        }
    });
}

/// RFC 6749 section 5.1: a lifetime in any shape. None is for ever, none is a loop.
#[test]
fn e11_any_lifetime_is_a_moment_or_unknown() {
    let net = net();
    on_every_driver(|driver| {
        for (value, seconds) in [
            ("300", Some(300)),
            ("\"300\"", Some(300)),
            ("299.9", Some(299)),
            ("0", Some(0)),
            ("-300", Some(0)),
            ("18446744073709551616", None),
            ("1e400", None),
            ("\"soon\"", None),
            ("null", None),
            ("[]", None),
        ] {
            let member = format!(r#", "expires_in": {value}"#);
            // A number no f64 can hold makes the whole answer no JSON: that passes.
            let is_json = value != "1e400";
            issue(&net, &format!(r#"{{"access_token": "acc3ss", "token_type": "Bearer"{member}}}"#));
            let (tokens, clock) = (Tokens::new(grant(&net)).unwrap(), TestClock::new());
            match driver.token(&net, &clock, &tokens) {
                Ok(token) => {
                    let end = seconds.map(|seconds| clock.now() + Duration::from_secs(seconds));
                    assert_eq!(token.expiry(), end, "{}: {value}", driver.name());
                }
                Err(failure) => assert!(
                    !is_json && failure.is_transient,
                    "{}: {value}: {}",
                    driver.name(),
                    failure.message
                ),
            }
            if !is_json {
                continue;
            }
            net.take();
            clock.advance(Duration::from_secs(1));
            for _ in 0..2 {
                assert_eq!(
                    get(&net, driver, &tokens, &clock).status(),
                    Some(200),
                    "{}: {value}",
                    driver.name()
                );
            }
            let asked = net.take().iter().filter(|request| request.origin == 1).count();
            assert_eq!(asked, if seconds == Some(0) { 2 } else { 0 }, "{}: {value}", driver.name());
        }
        issue(&net, r#"{"access_token": "acc3ss", "token_type": "Bearer"}"#);
        let token = driver.token(&net, &TestClock::new(), &Tokens::new(grant(&net)).unwrap()).unwrap();
        assert_eq!(token.expiry(), None::<SystemTime>, "{}: missing is unknown", driver.name());
    });
}

/// RFC 6749 section 5.2: every answer has its class, and none of them a say.
#[test]
fn e12_every_answer_of_a_token_endpoint_has_its_class() {
    let net = net();
    on_every_driver(|driver| {
        for row in nasty::answers(&net) {
            let tokens = || Tokens::builder(grant(&net));
            nasty::check(&net, driver, &row, row.oauth, tokens, |net| issue(net, TOKEN));
        }
    });
}

/// RFC 6749 section 6: never more than was granted, also where the server grants less than was asked for.
#[test]
fn e13_no_more_scope_is_asked_for_than_was_granted() {
    let net = net();
    on_every_driver(|driver| {
        for (asked, granted, then) in [
            ("", r#", "scope": "a b""#, None),
            ("a", "", Some("a")),
            ("a", r#", "scope": "a""#, Some("a")),
            // Under other names, as some servers grant it: which of them is meant is for the server to know.
            ("a b", r#", "scope": "b https://api.example/c""#, None),
            ("a", r#", "scope": "c""#, None),
        ] {
            let token = r#""access_token": "acc3ss", "token_type": "Bearer", "expires_in": 300"#;
            issue(&net, &format!("{{{token}{granted}}}"));
            let (tokens, clock) = (Tokens::new(scoped(&net, asked)).unwrap(), TestClock::new());
            for turn in 0..3 {
                driver.token(&net, &clock, &tokens).unwrap();
                let sent = net.take()[0].form_value("scope");
                let expected = if turn == 0 { Some(asked).filter(|scope| !scope.is_empty()) } else { then };
                assert_eq!(sent.as_deref(), expected, "{}: {asked}{granted}, turn {turn}", driver.name());
                clock.advance(Duration::from_secs(400));
            }
        }
        let refused = r#"{"error": "invalid_scope"}"#;
        net.set_script(move |_| Reply::status(400).body(refused));
        let failure =
            driver.token(&net, &TestClock::new(), &Tokens::new(scoped(&net, "all")).unwrap()).unwrap_err();
        assert!(failure.is_login_required && failure.message.contains("sign in again with that scope"));
    });
}

/// RFC 6749 section 10.4: a stored refresh token goes to the endpoint that issued it, and for the client it was issued to.
#[test]
fn e16_a_stored_refresh_token_goes_to_its_own_endpoint() {
    let net = net();
    on_every_driver(|driver| {
        issue(&net, TOKEN);
        let (store, clock) = (MemoryStore::new(), TestClock::new());
        let tokens = |grant: RefreshGrant| {
            Tokens::builder(grant).store(store.clone()).store_as("the login").build().unwrap()
        };
        driver.token(&net, &clock, &tokens(grant(&net))).unwrap();
        clock.advance(Duration::from_secs(400));
        let other = |place, path, id: &str| {
            Registration::new(server(&net, place, path), id).secret("s3cret").refresh_token("r3fresh")
        };
        for (grant, what) in [
            (other(2, "/token", "my-app"), "another issuer"),
            (other(1, "/other", "my-app"), "another token endpoint"),
            (other(1, "/token", "other"), "another client"),
        ] {
            net.take();
            let failure = driver.token(&net, &clock, &tokens(grant)).unwrap_err();
            assert_eq!((failure.fault, failure.is_transient), (Fault::Store, false), "{}", driver.name());
            assert!(failure.message.contains(what), "{}: {}", driver.name(), failure.message);
            nasty::assert_presentable(&failure.message, driver.name());
            assert!(net.take().is_empty(), "{}: nothing was sent", driver.name());
        }
        // By itself, each has a record of its own.
        let apart = Tokens::builder(other(2, "/token", "my-app")).store(store.clone()).build().unwrap();
        issue(&net, TOKEN);
        driver.token(&net, &clock, &apart).unwrap();
        assert_eq!(net.take()[0].origin, 2);
    });
}
