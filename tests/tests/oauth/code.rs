//! The authorization code grant with PKCE (RFC 6749 section 4.1, RFC 7636).

use authwright_core::{Fault, MemoryStore};
use authwright_oauth2::{Pending, Registration, Server, Session};
use authwright_testkit::{Endpoint, RegisteredClient, Reply};
use authwright_tests::on_every_driver;

use crate::bench::{Bench, CALLBACK};

pub(crate) fn shop() -> RegisteredClient {
    RegisteredClient::public("shop").redirect_uri(CALLBACK).scopes("orders stock")
}

/// The parameters of a URL, decoded.
pub(crate) fn query(url: &str) -> Vec<(String, String)> {
    let query = url.split_once('?').map(|(_, query)| query).unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

pub(crate) fn value(url: &str, name: &str) -> Option<String> {
    query(url).into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// From nothing to an answered request, on one registration; and the redirect URI is the same both times.
#[test]
fn e5_a_login_is_begun_finished_and_used() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop").scope("orders"));
        bench.sign_in(&session).unwrap();
        let outcome = bench.get(session.tokens());
        assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
        let request = &bench.requests("/token")[0];
        assert_eq!(request.form_value("redirect_uri").as_deref(), Some(CALLBACK), "{}", driver.name());
        assert_eq!(request.form_value("grant_type").as_deref(), Some("authorization_code"));
        bench.assert_clean();
    });
}

/// RFC 6749 section 3.1: the query of the endpoint is kept, a fragment refused.
#[test]
fn e4_the_authorization_endpoint_keeps_its_query() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server);
        let at = |url: &str| {
            let server = Server::new(bench.issuer())
                .authorization_endpoint(url)
                .token_endpoint(bench.net.url(1, "/token"));
            Session::new(Registration::new(server, "shop"), MemoryStore::new())
        };
        let url = bench.net.url(1, "/authorize?a=1&b=%20");
        let pending = bench.run(at(&url).unwrap().begin(CALLBACK)).unwrap();
        assert!(pending.url().starts_with(&format!("{url}&response_type=code&")), "{}", driver.name());
        let error = at(&format!("{url}#f")).unwrap_err();
        assert!(error.to_string().contains("authorization endpoint has a fragment"), "{error}");
    });
}

/// RFC 6749 section 4.1.2: whatever becomes of the answer, the code goes once.
#[test]
fn e6_a_code_is_sent_once() {
    on_every_driver(|driver| {
        for reply in
            [Reply::status(502), Reply::status(200).close_before_head(), Reply::json("{").close_mid_body()]
        {
            let bench = Bench::new(driver, |server| server.client(shop()));
            let session = bench.session(bench.app("shop"));
            let pending = bench.run(session.begin(CALLBACK)).unwrap();
            let (record, callback) = (pending.to_record(), bench.server.follow(pending.url()));
            bench.server.lose(Endpoint::Token, reply);
            let failure = bench.run(session.finish(pending, &*callback)).unwrap_err();
            assert!(failure.is_transient, "{}: {}", driver.name(), failure.message);
            // Tried again by the program, it is refused here.
            let again =
                bench.run(session.finish(Pending::from_record(&record).unwrap(), &*callback)).unwrap_err();
            assert!(again.message.contains("has been finished already"), "{}", again.message);
            assert_eq!(bench.count("/token"), 1, "{}", driver.name());
            bench.assert_clean();
        }
    });
}

/// RFC 6749 section 5.1: absent scope is as requested, present scope is what was granted.
#[test]
fn e10_the_granted_scope_is_told() {
    on_every_driver(|driver| {
        for (answered, granted) in [(None, "orders stock"), (Some("orders"), "orders")] {
            let bench = Bench::new(driver, |server| {
                server.client(shop()).token_answer(move |json| match answered {
                    Some(scope) => json["scope"] = scope.into(),
                    None => drop(json.as_object_mut().unwrap().remove("scope")),
                })
            });
            let session = bench.session(bench.app("shop").scope("stock orders"));
            bench.sign_in(&session).unwrap();
            let token = bench.token(session.tokens()).unwrap();
            assert_eq!(token.granted_scope(), Some(granted), "{}", driver.name());
        }
    });
}

/// RFC 6749 section 5.1: unknown members are ignored, null is absent.
#[test]
fn e8_unknown_members_are_ignored() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| {
            server.client(shop()).token_answer(|json| {
                json["x"] = serde_json::json!({"y": [1]});
                json["error"] = serde_json::Value::Null;
                json["scope"] = serde_json::Value::Null;
            })
        });
        let session = bench.session(bench.app("shop"));
        bench.sign_in(&session).unwrap();
        assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
    });
}

/// RFC 7636 section 4.1 and RFC 9700 section 2.1.1: everything that must not be guessed is new with each request.
#[test]
fn f1_f2_each_request_has_a_verifier_a_state_and_a_nonce_of_its_own() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop").scope("openid"));
        let urls: Vec<_> =
            (0..20).map(|_| bench.run(session.begin(CALLBACK)).unwrap().url().to_owned()).collect();
        for name in ["code_challenge", "state", "nonce"] {
            let mut values: Vec<_> = urls.iter().map(|url| value(url, name).unwrap()).collect();
            assert!(values.iter().all(|value| value.len() == 43), "{}: {name}", driver.name());
            values.sort();
            values.dedup();
            assert_eq!(values.len(), 20, "{}: {name}", driver.name());
        }
        for url in &urls {
            assert_eq!(value(url, "code_challenge_method").as_deref(), Some("S256"), "{}", driver.name());
            assert_eq!(value(url, "response_type").as_deref(), Some("code"));
        }
    });
}

/// RFC 7636 section 4.3 and 7.2: S256 on the wire, and no second try with less.
#[test]
fn f3_f4_the_verifier_is_hashed_and_a_refusal_is_final() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop"));
        bench.server.next(Endpoint::Token, Reply::json(r#"{"error": "invalid_request"}"#));
        let pending = bench.run(session.begin(CALLBACK)).unwrap();
        let url = pending.url().to_owned();
        let callback = bench.server.follow(&url);
        let failure = bench.run(session.finish(pending, callback)).unwrap_err();
        assert_eq!((failure.fault, bench.count("/token")), (Fault::Caller, 1), "{}", driver.name());
        let verifier = bench.requests("/token")[0].form_value("code_verifier").unwrap();
        assert!(!url.contains(&verifier) && !url.contains("plain"), "{}", driver.name());
        assert_eq!(bench.count("/authorize"), 0, "the browser goes there, not the client");
    });
}

/// RFC 9700 section 2.1: a server that does not know S256 is sent nobody, where that is known or asked for.
#[test]
fn f5_pkce_is_relied_on_where_the_server_knows_it() {
    on_every_driver(|driver| {
        for (methods, plain_allowed, strict_allowed) in [
            (Some(&["S256"][..]), true, true),
            (Some(&["plain", "S256"]), true, true),
            (None, true, false),
            (Some(&["plain"]), false, false),
            (Some(&[]), false, false),
        ] {
            let bench = Bench::new(driver, |server| {
                server.client(shop()).metadata(move |json| match methods {
                    Some(methods) => json["code_challenge_methods_supported"] = methods.into(),
                    None => drop(json.as_object_mut().unwrap().remove("code_challenge_methods_supported")),
                })
            });
            let begin = |app| bench.run(bench.session(app).begin(CALLBACK));
            let (plain, strict) = (begin(bench.app("shop")), begin(bench.app("shop").require_pkce()));
            let who = format!("{}: {methods:?}", driver.name());
            assert_eq!((plain.is_ok(), strict.is_ok()), (plain_allowed, strict_allowed), "{who}");
            for failure in [plain.err(), strict.err()].into_iter().flatten() {
                assert!(failure.message.contains("does not say that it knows PKCE with S256"), "{who}");
            }
        }
    });
}
