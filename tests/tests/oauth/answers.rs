//! A login at a server whose answers are not what they should be: at its beginning, and when it is renewed.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use authwright_core::Fault;
use authwright_oauth2::Session;
use authwright_testkit::{AuthServerBuilder, Endpoint, RefreshTokens, Reply};
use authwright_tests::on_every_driver;
use serde_json::{Value, json};

use crate::{
    bench::{API, Bench, CALLBACK, ELSEWHERE},
    code::shop,
};

/// What a server puts in the place of a member of its answers; nothing: it has none.
#[derive(Clone)]
struct Member(Arc<Mutex<Option<Value>>>);

impl Member {
    fn new(value: Value) -> Self {
        Self(Arc::new(Mutex::new(Some(value))))
    }

    fn set(&self, value: Option<Value>) {
        *self.0.lock().unwrap() = value;
    }

    /// A server that answers with it.
    fn of(&self, name: &'static str, server: AuthServerBuilder) -> AuthServerBuilder {
        let value = self.clone();
        server.client(shop()).refresh_tokens(RefreshTokens::Kept).token_answer(move |answer| {
            let members = answer.as_object_mut().unwrap();
            members.remove(name);
            let value = value.0.lock().unwrap().clone();
            value.map(|value| members.insert(name.to_owned(), value));
        })
    }
}

fn is_signed_in(bench: &Bench<'_>, session: &Session) -> bool {
    bench.run(session.is_signed_in()).unwrap()
}

/// RFC 6749 section 7.1: of a type that is not understood; neither kept nor used.
#[test]
fn e9_a_login_uses_no_token_of_a_type_it_does_not_know() {
    on_every_driver(|driver| {
        let kind = Member::new(json!("Bearer"));
        for bad in [Some(json!("mac")), Some(json!("N_A")), Some(json!("DPoP")), Some(Value::Null), None] {
            let bench = Bench::new(driver, |server| kind.of("token_type", server));
            let session = bench.session(bench.app("shop"));
            kind.set(bad.clone());
            let failure = bench.sign_in(&session).unwrap_err();
            assert_eq!((failure.fault, failure.is_transient), (Fault::Server, false), "{failure:?}");
            assert!(names_the_type(&failure.message), "{}: {failure:?}", driver.name());
            assert!(!is_signed_in(&bench, &session), "{}: {bad:?} is kept", driver.name());

            for good in ["BEARER", "bearer"] {
                kind.set(Some(json!(good)));
                bench.sign_in(&session).unwrap();
                assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}: {good}", driver.name());
            }
            kind.set(bad.clone());
            bench.clock.advance(Duration::from_secs(4000));
            bench.net.take();
            let outcome = bench.get(session.tokens());
            let failure = outcome.failure().unwrap_or_else(|| panic!("{}: {outcome}", driver.name()));
            assert!(names_the_type(failure), "{}: {failure}", driver.name());
            let sent = bench.net.requests();
            assert!(sent.iter().all(|request| request.origin != API), "{}: {bad:?} is used", driver.name());
            bench.assert_clean();
        }
    });
}

fn names_the_type(text: &str) -> bool {
    text.contains("of type `") || text.contains("what type") || text.contains("(`DPoP`)")
}

/// RFC 6749 section 5.1: what a renewal says of its token's time is a moment or unknown, and none of it is relied on.
#[test]
fn e11_a_renewed_token_has_a_lifetime_in_any_shape() {
    on_every_driver(|driver| {
        for (value, seconds) in [
            (Some(json!(300)), Some(300)),
            (Some(json!("300")), Some(300)),
            (Some(json!(299.9)), Some(299)),
            (Some(json!(0)), Some(0)),
            (Some(json!(-300)), Some(0)),
            (Some(json!(u64::MAX)), None),
            (Some(json!(1e300)), None),
            (Some(json!("soon")), None),
            (Some(json!([])), None),
            (Some(Value::Null), None),
            (None, None),
        ] {
            let lifetime = Member::new(json!(3600));
            let bench = Bench::new(driver, |server| lifetime.of("expires_in", server));
            let session = bench.session(bench.app("shop"));
            bench.sign_in(&session).unwrap();
            lifetime.set(value.clone());
            bench.clock.advance(Duration::from_secs(4000));
            let token = bench.token(session.tokens()).unwrap();
            let end = seconds.map(|seconds| bench.clock.now() + Duration::from_secs(seconds));
            assert_eq!(token.expiry(), end, "{}: {value:?}", driver.name());

            // Taken back early, whatever was said of its time: a renewal, and no person.
            lifetime.set(Some(json!(3600)));
            bench.server.revoke_access_tokens();
            let outcome = bench.get(session.tokens());
            assert_eq!(outcome.status(), Some(200), "{}: {value:?}: {outcome}", driver.name());
            assert_eq!(
                bench.server.grants(),
                ["authorization_code", "refresh_token", "refresh_token"],
                "{value:?}"
            );
            bench.assert_clean();
        }
    });
}

/// How long a call may take where the server hangs.
const PATIENCE: Duration = Duration::from_millis(150);

/// Anything but a token, whether that passes, and whether it says that the login is over.
fn nasty(elsewhere: &str) -> Vec<(&'static str, Reply, bool, bool)> {
    let html = |status| Reply::status(status).header("content-type", "text/html").body("<h1>s3cret</h1>");
    let refusal =
        |status, json: &str| Reply::status(status).header("content-type", "application/json").body(json);
    let long =
        format!(r#"{{"error": "invalid_grant", "error_description": "{}"}}"#, "\\u001b]0;".repeat(40_000));
    let mut all = vec![
        ("a gateway's page", html(502), true, false),
        ("a portal's page", html(200), true, false),
        ("nothing", Reply::status(200), true, false),
        ("100 MB", Reply::status(200).huge(100 << 20), true, false),
        ("closed in the body", Reply::json(r#"{"access_token": "a"}"#).close_mid_body(), true, false),
        ("closed before the head", Reply::status(200).close_before_head(), true, false),
        ("busy", Reply::status(429).header("retry-after", "7"), true, false),
        ("down", refusal(503, r#"{"error": "invalid_grant"}"#), true, false),
        ("no token", Reply::json(r#"{"token_type": "Bearer"}"#), false, false),
        ("an array", Reply::json(r#"["a", "Bearer"]"#), false, false),
        ("200 with an error", refusal(200, r#"{"error": "invalid_grant"}"#), false, true),
        (
            "wild words",
            refusal(400, r#"{"error": "invalid_grant\u001b[2J\r\n", "error_description": "\u0000\u202e"}"#),
            false,
            true,
        ),
        ("a megabyte of words", refusal(400, &long), false, true),
    ];
    let redirects = [301, 302, 303, 307, 308];
    all.extend(redirects.map(|status| ("a redirect", Reply::redirect(status, elsewhere), false, false)));
    all
}

/// RFC 6749 section 5.2: each has its class, is shown escaped and short, and costs the login nothing.
#[test]
fn e12_no_answer_of_the_server_takes_a_login_away() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop")).hint("run `acme login`");
        bench.sign_in(&session).unwrap();
        for (what, reply, passes, is_over) in nasty(&bench.net.url(ELSEWHERE, "/token")) {
            let who = format!("{}, {what}", driver.name());
            // Longer than any pause after a failure.
            bench.clock.advance(Duration::from_secs(40_000));
            bench.server.next(Endpoint::Token, reply);
            let failure = bench.token(session.tokens()).expect_err(&who);
            assert_eq!(
                (failure.is_transient, failure.is_login_required),
                (passes, is_over),
                "{who}: {failure:?}"
            );
            assert_eq!(failure.message.ends_with("run `acme login`"), is_over, "{who}: {failure:?}");
            assert_presentable(&failure.message, &who);
            assert!(is_signed_in(&bench, &session), "{who}");
            bench.clock.advance(Duration::from_secs(40_000));
            let outcome = bench.get(session.tokens());
            assert_eq!(outcome.status(), Some(200), "{who}: {outcome}");
        }
        bench.assert_clean();
        bench.assert_nobody_else_heard();
    });
}

/// Nothing is kept of a login that begins with one, and its code is not sent again.
#[test]
fn e12_no_answer_of_the_server_makes_half_a_login() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop"));
        for (what, reply, ..) in nasty(&bench.net.url(ELSEWHERE, "/token")) {
            let who = format!("{}, {what}", driver.name());
            bench.net.take();
            bench.server.next(Endpoint::Token, reply);
            let failure = bench.sign_in(&session).expect_err(&who);
            assert_presentable(&failure.message, &who);
            assert!(!is_signed_in(&bench, &session), "{who}");
            assert_eq!(bench.count("/token"), 1, "{who}");
        }
        bench.assert_clean();
        bench.assert_nobody_else_heard();
    });
}

#[track_caller]
fn assert_presentable(text: &str, who: &str) {
    assert!(!text.chars().any(|it| it.is_control() || it == '\u{202e}'), "{who}: {text:?}");
    assert!(!text.contains("s3cret") && text.chars().count() < 500, "{who}: {text}");
    let mut urls = text.split("http://").skip(1).filter_map(|rest| rest.split(' ').next());
    assert!(!urls.any(|url| url.contains('/')), "{who}: a path: {text}");
}

/// A server that never answers: the time for one call ends it, and the login is there for the next.
#[test]
fn e12_a_server_that_hangs_costs_a_login_nothing() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop"));
        bench.server.next(Endpoint::Token, Reply::status(200).delay(Duration::from_secs(5)));
        let pending = bench.run(session.begin(CALLBACK)).unwrap();
        let callback = bench.server.follow(pending.url());
        let failure = bench.run(session.finish(pending, callback).call_timeout(PATIENCE)).unwrap_err();
        assert!(failure.is_timeout && failure.is_transient, "{}: {failure:?}", driver.name());
        assert!(!is_signed_in(&bench, &session), "{}", driver.name());
        bench.sign_in(&session).unwrap();
        assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
    });
}

/// RFC 6749 section 6: a renewal is for what this login was granted, and names none of it; more takes another login.
#[test]
fn e13_a_login_is_renewed_for_no_more_than_it_was_granted() {
    on_every_driver(|driver| {
        for (asked, granted) in [
            ("", None),
            ("", Some("orders stock")),
            ("orders", None),
            ("orders stock", Some("stock")),
            ("orders stock", Some("stock admin")),
            ("orders", Some("stock")),
        ] {
            let scope = Member::new(Value::Null);
            scope.set(granted.map(Value::from));
            let bench = Bench::new(driver, |server| scope.of("scope", server));
            let session = bench.session(bench.app("shop").scope(asked));
            bench.sign_in(&session).unwrap();
            for _ in 0..3 {
                bench.clock.advance(Duration::from_secs(4000));
                bench.net.take();
                bench.token(session.tokens()).unwrap();
                let sent = bench.requests("/token")[0].form_value("scope");
                assert_eq!(sent, None, "{}: {asked:?}, {granted:?}", driver.name());
            }
        }
    });
}
