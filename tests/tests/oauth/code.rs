//! The authorization code grant (RFC 6749 section 4.1): what is asked for, what is redeemed, and how often.

use std::time::{Duration, SystemTime};

use authwright_core::{Fault, MemoryStore};
use authwright_oauth2::{Pending, Registration, Server, Session};
use authwright_testkit::{Endpoint, Pushed, RegisteredClient, Reply};
use authwright_tests::on_every_driver;
use serde_json::{Value, json};

use crate::{
    bench::{Bench, CALLBACK, ELSEWHERE, SERVER},
    crowd::flows_at_once,
};

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

/// The part of a callback's code that looks the same however it is encoded.
pub(crate) fn code_in(callback: &str) -> String {
    let code = value(callback, "code").unwrap();
    code.split(['+', '/', '=', '&', '%']).next().unwrap().to_owned()
}

/// What stands behind `name=`, as it was sent.
fn raw<'a>(pairs: &'a str, name: &str) -> Option<&'a str> {
    pairs.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// From nothing to an answered request, on one registration; and the redirect URI is the same both times, to the byte.
#[test]
fn e5_the_redirect_uri_is_the_same_in_both_requests() {
    on_every_driver(|driver| {
        for uri in [
            CALLBACK,
            "https://shop.example/call%20back?x=1&y=%C3%A4+b",
            "https://shop.example/%7Euser/~x;a=b,c@d:e/'(*)!$",
            "HTTPS://Shop.Example:443",
            "com.example.shop:/signed-in",
            "http://127.0.0.1:4711/callback/x7",
        ] {
            for pushed in [Pushed::No, Pushed::Required] {
                let client = RegisteredClient::public("shop").redirect_uri(uri).scopes("orders");
                let bench = Bench::new(driver, |server| server.client(client).pushed(pushed));
                let session = bench.session(bench.app("shop").scope("orders"));
                let pending = bench.run(session.begin(uri)).unwrap();
                let push = bench.requests("/par").pop();
                let asked = push.map(|request| String::from_utf8(request.body).unwrap());
                let asked = asked.unwrap_or_else(|| pending.url().split_once('?').unwrap().1.to_owned());
                let callback = bench.server.follow(pending.url());
                bench.run(session.finish(pending, callback)).unwrap();
                let token = String::from_utf8(bench.requests("/token")[0].body.clone()).unwrap();
                let who = format!("{}: {uri} {pushed:?}", bench.who());
                assert_eq!(raw(&token, "redirect_uri"), raw(&asked, "redirect_uri"), "{who}");
                let sent = bench.requests("/token")[0].form_value("redirect_uri");
                assert_eq!(sent.as_deref(), Some(uri), "{who}");
                assert_eq!(bench.get(session.tokens()).status(), Some(200), "{who}");
                assert_eq!(bench.server.grants(), ["authorization_code"], "{who}");
                bench.assert_clean();
                bench.assert_nobody_else_heard();
            }
        }
    });
}

/// RFC 6749 section 3.1.2: absolute, and without a fragment. Nothing is sent for one that is not.
#[test]
fn e5_a_redirect_uri_that_is_none_is_refused() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop"));
        for (uri, how) in [
            ("", "is not absolute"),
            ("/callback", "is not absolute"),
            ("shop.example/callback", "is not absolute"),
            ("https://shop.example/call back", "is not absolute"),
            ("https://shop.example/c\u{e4}llback", "is not absolute"),
            ("https://shop.example/\r\nx: y", "is not absolute"),
            ("https://sam:s3cret@shop.example/", "is no URL"),
            ("https://shop.example/callback#top", "has a fragment (`#`)"),
        ] {
            let failure = bench.run(session.begin(uri)).unwrap_err();
            let text = format!(
                "the redirect URI {how}; it is the one that is registered with the server, such as \
                 https://app.example.com/signed-in (RFC 6749 section 3.1.2)"
            );
            assert_eq!((failure.fault, failure.message), (Fault::Caller, text), "{}: {uri}", bench.who());
        }
        assert!(bench.net.take().is_empty(), "{}", bench.who());
    });
}

/// RFC 6749 section 3.1: the query of the endpoint is kept, and adds to what is sent.
#[test]
fn e4_the_authorization_endpoint_keeps_its_query() {
    on_every_driver(|driver| {
        for (endpoint, before) in [
            ("/authorize", "/authorize?"),
            ("/authorize?a=1&b=%20", "/authorize?a=1&b=%20&"),
            ("/authorize?", "/authorize?"),
            ("/authorize?a=1&", "/authorize?a=1&"),
            ("/authorize?a=?/&b=c", "/authorize?a=?/&b=c&"),
        ] {
            let bench = Bench::new(driver, |server| server);
            let server = Server::new(bench.issuer())
                .authorization_endpoint(bench.net.url(SERVER, endpoint))
                .token_endpoint(bench.net.url(SERVER, "/token"));
            let session = bench.session(Registration::new(server, "shop"));
            let pending = bench.run(session.begin(CALLBACK)).unwrap();
            let start = format!("{}response_type=code&client_id=shop&", bench.net.url(SERVER, before));
            assert!(pending.url().starts_with(&start), "{}: {}", bench.who(), pending.url());
            assert!(bench.net.take().is_empty(), "{}: the browser goes there, not the client", bench.who());
        }
        // The same by metadata, up to a token.
        let bench = Bench::new(driver, |server| {
            server.client(shop()).metadata(|json| {
                let endpoint = json["authorization_endpoint"].as_str().unwrap();
                json["authorization_endpoint"] = format!("{endpoint}?tenant=7").into();
            })
        });
        bench.sign_in(&bench.session(bench.app("shop"))).unwrap();
        bench.assert_clean();
    });
}

/// The same section: no fragment, and no parameter twice.
#[test]
fn e4_an_authorization_endpoint_with_a_fragment_or_our_parameters_is_refused() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server);
        let at = |endpoint: &str| {
            let server = Server::new(bench.issuer())
                .authorization_endpoint(bench.net.url(SERVER, endpoint))
                .token_endpoint(bench.net.url(SERVER, "/token"));
            Session::new(Registration::new(server, "shop").scope("orders"), MemoryStore::new())
        };
        for endpoint in ["/authorize#top", "/authorize?a=1#top", "/authorize#"] {
            assert_eq!(
                at(endpoint).unwrap_err().to_string(),
                "the URL of the authorization endpoint has a fragment (`#`), which RFC 6749 sections 3.1 and 3.2 forbid"
            );
        }
        for (endpoint, name) in [
            ("/authorize?client_id=my-app", "client_id"),
            ("/authorize?a=1&state=fixed", "state"),
            ("/authorize?re%64irect_uri=https://evil.example", "redirect_uri"),
            ("/authorize?scope", "scope"),
        ] {
            let failure = bench.run(at(endpoint).unwrap().begin(CALLBACK)).unwrap_err();
            let text = format!(
                "the URL of the authorization endpoint at {} has `{name}` in its query, which is said here: leave it out \
                 there",
                bench.issuer()
            );
            assert_eq!((failure.fault, failure.message), (Fault::Caller, text), "{}", bench.who());
        }
        let bench = Bench::new(driver, |server| {
            server.client(shop()).metadata(|json| {
                let endpoint = json["authorization_endpoint"].as_str().unwrap();
                json["authorization_endpoint"] = format!("{endpoint}#top").into();
            })
        });
        let failure = bench.run(bench.session(bench.app("shop")).begin(CALLBACK)).unwrap_err();
        assert_eq!(
            (failure.fault, &*failure.message),
            (
                Fault::Server,
                "the metadata of the server are unusable: the URL of the authorization endpoint has a fragment (`#`), which \
                 RFC 6749 sections 3.1 and 3.2 forbid"
            ),
            "{}",
            bench.who()
        );
    });
}

/// RFC 6749 section 4.1.2: whatever becomes of the answer, and whatever is done next, the code goes once.
#[test]
fn e6_a_code_is_sent_once() {
    on_every_driver(|driver| {
        let json = |status, code: &str| Reply::status(status).body(json!({"error": code}).to_string());
        for (what, reply, passes) in [
            ("a gateway", Reply::status(502), true),
            ("busy", Reply::status(503).header("retry-after", "1"), true),
            ("a timeout", Reply::status(408), true),
            ("a page", Reply::ok("<h1>"), true),
            ("lost", Reply::status(200).close_before_head(), true),
            ("broken off", Reply::json("{\"access_token\": \"a\"}").close_mid_body(), true),
            ("another client", json(401, "invalid_client"), false),
            ("not this way", json(400, "invalid_client").header("www-authenticate", "Basic"), false),
            ("no method", json(400, "invalid_request"), false),
            ("no nonce", json(400, "use_dpop_nonce").header("dpop-nonce", "n1"), false),
        ] {
            let bench = Bench::new(driver, |server| server.client(shop()));
            let session = bench.session(bench.app("shop"));
            let pending = bench.run(session.begin(CALLBACK)).unwrap();
            let (record, callback) = (pending.to_record(), bench.server.follow(pending.url()));
            bench.server.lose(Endpoint::Token, reply);
            let failure = bench.run(session.finish(pending, &*callback)).unwrap_err();
            let who = format!("{}: {what}", bench.who());
            assert_eq!(failure.is_transient, passes, "{who}: {}", failure.message);
            // Tried again by the program, with the session it has or with a new one, it is refused here.
            for again in [session.clone(), session.account("other"), bench.session(bench.app("shop"))] {
                let pending = Pending::from_record(&record).unwrap();
                let failure = bench.run(again.finish(pending, &*callback)).unwrap_err();
                assert_eq!(
                    (failure.fault, &*failure.message),
                    (
                        Fault::Caller,
                        "this login has been finished already (its state was used); nothing was sent to the token endpoint"
                    ),
                    "{who}"
                );
            }
            assert_eq!((bench.count("/token"), bench.times_seen(&code_in(&callback))), (1, 1), "{who}");
            bench.assert_clean();
        }
    });
}

/// Clients send a request again by themselves where a kept connection turns out to be closed. Not this one.
#[test]
fn e6_a_code_is_sent_once_on_a_connection_that_was_in_use() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let pending = bench.run(bench.session(bench.app("shop")).begin(CALLBACK)).unwrap();
        let callback = bench.server.follow(pending.url());
        bench.server.lose(Endpoint::Token, Reply::status(200).close_before_head());
        let before = bench.net.connections(SERVER);
        bench.net.take();
        // It knows nothing of the server yet, and asks for its metadata first.
        let other = bench.session(bench.app("shop"));
        let failure = bench.run(other.finish(pending, &*callback)).unwrap_err();
        assert!(failure.is_transient && failure.fault == Fault::Network, "{}", failure.message);
        let paths: Vec<_> = bench.net.requests().iter().map(|request| request.path().to_owned()).collect();
        assert_eq!(paths, ["/.well-known/oauth-authorization-server", "/token"], "{}", bench.who());
        // ureq's flows make one for each call; reqwest and hyper-util send both on one.
        let made = match bench.who() {
            "in-memory" => 0,
            "ureq" => 2,
            _ => 1,
        };
        assert_eq!(bench.net.connections(SERVER) - before, made, "{}", bench.who());
        assert_eq!(bench.times_seen(&code_in(&callback)), 1, "{}", bench.who());
    });
}

/// A person who presses the button twice, or a page that is loaded twice.
#[test]
fn e6_of_many_that_finish_at_once_one_redeems() {
    const CALLERS: usize = 8;
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop"));
        let pending = bench.run(session.begin(CALLBACK)).unwrap();
        let (record, callback) = (pending.to_record(), bench.server.follow(pending.url()));
        let finish = |_| session.finish(Pending::from_record(&record).unwrap(), &*callback);
        let ended = flows_at_once(&bench, (0..CALLERS).map(finish).collect());
        let name = bench.who();
        assert_eq!(ended.iter().filter(|one| one.is_ok()).count(), 1, "{name}: {ended:?}");
        for failure in ended.into_iter().filter_map(Result::err) {
            assert!(failure.message.contains("has been finished already"), "{}", failure.message);
        }
        assert_eq!((bench.count("/token"), bench.server.revocations()), (1, 0), "{name}");
        bench.assert_clean();
    });
}

/// RFC 6749 sections 4.1.2 and 5.1: what is not known is ignored, and `null` is absent.
#[test]
fn e8_unknown_members_are_ignored() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| {
            server.client(shop()).token_answer(|json| {
                for name in
                    ["error", "error_description", "error_uri", "id_token", "scope", "issued_token_type"]
                {
                    json[name] = Value::Null;
                }
                json["access_token_2"] = json!({"token_type": [1, {}], "expires_in": -1});
                json["ext_expires_in"] = json!("x".repeat(100_000));
                json[""] = json!(true);
            })
        });
        let session = bench.session(bench.app("shop").scope("orders"));
        let pending = bench.run(session.begin(CALLBACK)).unwrap();
        let callback = bench.server.follow(pending.url());
        // The same of the answer that comes through the browser.
        let callback =
            format!("{callback}&session_state=x.y&session_state=z&hd=&authuser=0&&x&error_uri=&%ff=%ff#_=_");
        bench.run(session.finish(pending, callback)).unwrap();
        for _ in 0..2 {
            assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", bench.who());
            let token = bench.token(session.tokens()).unwrap();
            assert_eq!(token.granted_scope(), Some("orders"), "{}: null is as requested", bench.who());
            bench.clock.advance(Duration::from_secs(4000));
        }
        assert_eq!(bench.server.grants(), ["authorization_code", "refresh_token"], "{}", bench.who());
        bench.assert_clean();
    });
}

/// RFC 6749 section 5.1: absent scope is as requested, present scope is what was granted; of a renewal too.
#[test]
fn e10_the_granted_scope_is_told() {
    on_every_driver(|driver| {
        for (asked, answered, granted) in [
            ("stock orders", None, Some("orders stock")),
            ("stock orders", Some(json!("orders")), Some("orders")),
            ("stock orders", Some(json!("stock orders admin")), Some("stock orders admin")),
            ("orders", Some(json!("")), Some("orders")),
            ("orders", Some(Value::Null), Some("orders")),
            ("orders", Some(json!(["orders"])), Some("orders")),
            ("", Some(json!("orders")), Some("orders")),
            ("", None, None),
        ] {
            let said = answered.clone();
            let bench = Bench::new(driver, |server| {
                server.client(shop()).token_answer(move |json| {
                    let members = json.as_object_mut().unwrap();
                    members.remove("scope");
                    said.clone().map(|said| members.insert("scope".into(), said));
                })
            });
            let session = bench.session(bench.app("shop").scope(asked));
            bench.sign_in(&session).unwrap();
            for _ in 0..2 {
                let token = bench.token(session.tokens()).unwrap();
                assert_eq!(token.granted_scope(), granted, "{}: {asked:?}, {answered:?}", bench.who());
                bench.clock.advance(Duration::from_secs(4000));
            }
        }
    });
}

/// RFC 6749 section 5.1: a lifetime in any shape is a moment or unknown, counted from when the code was sent.
#[test]
fn e11_the_first_token_has_a_lifetime_in_any_shape() {
    on_every_driver(|driver| {
        for (value, seconds) in [
            (json!(300), Some(300)),
            (json!("300"), Some(300)),
            (json!(299.9), Some(299)),
            (json!(0), Some(0)),
            (json!(-300), Some(0)),
            (json!(u64::MAX), None),
            (json!(1e300), None),
            (json!("soon"), None),
            (json!([]), None),
            (Value::Null, None),
        ] {
            let said = value.clone();
            let bench = Bench::new(driver, |server| {
                server.client(shop()).token_answer(move |json| json["expires_in"] = said.clone())
            });
            let session = bench.session(bench.app("shop"));
            bench.sign_in(&session).unwrap();
            let end = seconds.map(|seconds| bench.clock.now() + Duration::from_secs(seconds));
            let kept = bench.run(kept(&session)).unwrap();
            assert_eq!(kept, end, "{}: {value}", bench.who());
        }
    });
}

/// When the token that is kept ends.
fn kept(session: &Session) -> authwright_core::Flow<Option<SystemTime>> {
    let tokens = session.tokens().clone();
    authwright_core::Flow::new(move |io| async move { Ok(tokens.kept(&io).await?.unwrap().expiry()) })
}

/// A code is for who issued it alone: what the client itself sends goes nowhere else, and the API sees the token alone.
#[test]
fn e16_code_and_verifier_are_seen_by_the_token_endpoint_alone() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop"));
        let pending = bench.run(session.begin(CALLBACK)).unwrap();
        let callback = bench.server.follow(pending.url());
        bench.run(session.finish(pending, &*callback)).unwrap();
        assert_eq!(bench.get(session.tokens()).status(), Some(200));
        let verifier = bench.requests("/token")[0].form_value("code_verifier").unwrap();
        for secret in [code_in(&callback), verifier] {
            let places: Vec<_> = bench
                .net
                .requests()
                .iter()
                .filter(|it| it.contains(secret.as_bytes()))
                .map(|it| (it.origin, it.path().to_owned()))
                .collect();
            assert_eq!(places, [(SERVER, "/token".to_owned())], "{}", bench.who());
        }
        assert!(bench.net.bytes(ELSEWHERE).is_empty());
    });
}
