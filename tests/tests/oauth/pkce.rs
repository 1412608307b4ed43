//! Proof Key for Code Exchange (RFC 7636), as servers see it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use authwright_core::Fault;
use authwright_oauth2::{Browser, Registration, Server};
use authwright_testkit::{Callback, Endpoint, Pushed, RegisteredClient, Reply};
use authwright_tests::on_every_driver;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    bench::{Bench, CALLBACK, SERVER},
    code::{query, shop, value},
};

/// RFC 7636 section 4.1 and RFC 9700 section 2.1.1: everything that must not be guessed is new with each request, whoever
/// makes it, and whatever else is the same.
#[test]
fn f2_each_request_has_a_verifier_a_state_and_a_nonce_of_its_own() {
    on_every_driver(|driver| {
        let client = RegisteredClient::public("shop").redirect_uri(CALLBACK);
        let bench = Bench::new(driver, |server| server.client(client).pushed(Pushed::Possible));
        let app = bench.app("shop").scope("openid");
        let (one, other) = (bench.session(app.clone()), bench.session(app.clone()));
        let mut seen: Vec<Vec<(String, String)>> = Vec::new();
        for _ in 0..10 {
            for session in [&one, &other] {
                seen.push(query(bench.run(session.begin(CALLBACK)).unwrap().url()));
            }
            bench.run(bench.session(app.clone().pushed()).begin(CALLBACK)).unwrap();
        }
        for push in bench.requests("/par") {
            seen.push(url::form_urlencoded::parse(&push.body).into_owned().collect());
        }
        assert_eq!(seen.len(), 30);
        for name in ["code_challenge", "state", "nonce"] {
            let of =
                |pairs: &Vec<(String, String)>| pairs.iter().find(|(key, _)| key == name).unwrap().1.clone();
            let mut values: Vec<_> = seen.iter().map(of).collect();
            for value in &values {
                // Six bits each: no fewer than 256.
                let is_one_of_64 = |c: u8| c.is_ascii_alphanumeric() || b"-_".contains(&c);
                assert!(value.len() == 43 && value.bytes().all(is_one_of_64), "{}: {name}", bench.who());
            }
            values.sort();
            values.dedup();
            assert_eq!(values.len(), 30, "{}: {name}", bench.who());
        }
        // Nor is one of them made of another.
        let mut all: Vec<_> =
            seen.iter().flatten().map(|(_, value)| value).filter(|it| it.len() == 43).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 90, "{}", bench.who());
    });
}

/// RFC 7636 sections 4.1 and 7.1: as it is redeemed, over many logins.
#[test]
fn f1_a_verifier_is_long_random_and_unreserved() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop"));
        (0..50).for_each(|_| bench.sign_in(&session).unwrap());
        let verifiers =
            bench.requests("/token").into_iter().map(|it| it.form_value("code_verifier").unwrap());
        let verifiers: std::collections::HashSet<_> = verifiers.collect();
        assert_eq!(verifiers.len(), 50, "{}: one comes twice", bench.who());
        for verifier in &verifiers {
            let is_unreserved = |c: u8| c.is_ascii_alphanumeric() || b"-._~".contains(&c);
            assert!((43..=128).contains(&verifier.len()) && verifier.bytes().all(is_unreserved));
        }
    });
}

/// RFC 7636 sections 4.2 and 4.3: a challenge that is the hash of the verifier, its method by name; and the verifier is seen
/// when the code is redeemed, not before.
#[test]
fn f3_the_challenge_is_the_hash_of_what_is_sent_later() {
    on_every_driver(|driver| {
        for pushed in [Pushed::No, Pushed::Required] {
            let bench = Bench::new(driver, |server| server.client(shop()).pushed(pushed));
            let session = bench.session(bench.app("shop"));
            let pending = bench.run(session.begin(CALLBACK)).unwrap();
            let url = pending.url().to_owned();
            let before: Vec<u8> = (0..3).flat_map(|place| bench.net.bytes(place)).collect();
            let push = bench.requests("/par").pop();
            let asked = |name: &str| match &push {
                Some(push) => push.form_value(name),
                None => value(&url, name),
            };
            assert_eq!(asked("code_challenge_method").as_deref(), Some("S256"), "{}", bench.who());
            let callback = bench.server.follow(&url);
            bench.run(session.finish(pending, callback)).unwrap();
            let verifier = bench.requests("/token")[0].form_value("code_verifier").unwrap();
            let is_unreserved = |c: u8| c.is_ascii_alphanumeric() || b"-._~".contains(&c);
            assert!(
                (43..=128).contains(&verifier.len()) && verifier.bytes().all(is_unreserved),
                "F1: {verifier}"
            );
            assert_eq!(asked("code_challenge"), Some(BASE64URL.encode(Sha256::digest(&verifier))), "F3");
            assert!(!url.contains(&verifier) && !String::from_utf8_lossy(&before).contains(&verifier));
            assert_eq!(bench.times_seen(&verifier), 1, "{}", bench.who());
            bench.assert_clean();
        }
    });
}

/// RFC 7636 section 7.2: where S256 is refused, that is the end of it; and the next login asks for it again.
#[test]
fn f4_a_refusal_of_s256_is_final() {
    on_every_driver(|driver| {
        let refusal = "code_challenge_method S256 is not supported, use plain";
        let refused = |status| {
            let json = json!({"error": "invalid_request", "error_description": refusal});
            Reply::status(status).header("content-type", "application/json").body(json.to_string())
        };
        for at in ["the browser", "the push", "the token endpoint"] {
            let bench = Bench::new(driver, |server| server.client(shop()).pushed(Pushed::Possible));
            let app = if at == "the push" { bench.app("shop").pushed() } else { bench.app("shop") };
            let session = bench.session(app);
            let mut urls = Vec::new();
            for turn in 1..=2 {
                match at {
                    "the browser" => {
                        bench.server.user_denies(true);
                        bench.server.callback(Callback::Changed(Arc::new(move |pairs| {
                            pairs.retain(|(name, _)| !name.starts_with("error"));
                            pairs.push(("error".into(), "invalid_request".into()));
                            pairs.push(("error_description".into(), refusal.into()));
                        })));
                    }
                    "the push" => bench.server.next(Endpoint::Pushed, refused(400)),
                    _ => bench.server.next(Endpoint::Token, refused(400)),
                }
                let failure = match bench.run(session.begin(CALLBACK)) {
                    Ok(pending) => {
                        urls.push(pending.url().to_owned());
                        let callback = bench.server.follow(pending.url());
                        bench.run(session.finish(pending, callback)).unwrap_err()
                    }
                    Err(failure) => failure,
                };
                let who = format!("{}: {at}, turn {turn}", bench.who());
                assert_eq!((failure.fault, failure.is_transient), (Fault::Caller, false), "{who}");
                assert!(failure.message.contains(refusal), "{who}: {}", failure.message);
                assert_eq!(bench.count("/par"), if at == "the push" { turn } else { 0 }, "{who}");
                assert_eq!(bench.count("/token"), if at == "the token endpoint" { turn } else { 0 }, "{who}");
            }
            assert!(urls.iter().all(|url| value(url, "code_challenge_method").as_deref() == Some("S256")));
            for push in bench.requests("/par") {
                assert_eq!(push.form_value("code_challenge_method").as_deref(), Some("S256"));
            }
            assert!(!bench.seen("plain") && !urls.concat().contains("plain"), "{}: {at}", bench.who());
            bench.assert_clean();
        }
    });
}

/// RFC 9700 section 2.1: a server that does not know S256 is sent nobody, where that is known or asked for. The browser stays
/// closed, nothing is shown, and nothing is pushed.
#[test]
fn f5_pkce_is_relied_on_where_the_server_knows_it() {
    on_every_driver(|driver| {
        for (methods, plain_allowed, strict_allowed) in [
            (Some(json!(["S256"])), true, true),
            (Some(json!(["plain", "S256"])), true, true),
            (None, true, false),
            (Some(Value::Null), true, false),
            (Some(json!("S256")), true, false),
            (Some(json!(["plain"])), false, false),
            (Some(json!(["s256"])), false, false),
            (Some(json!([])), false, false),
        ] {
            let said = methods.clone();
            let bench = Bench::new(driver, |server| {
                server.client(shop()).pushed(Pushed::Required).metadata(move |json| {
                    let members = json.as_object_mut().unwrap();
                    members.remove("code_challenge_methods_supported");
                    said.clone().map(|said| members.insert("code_challenge_methods_supported".into(), said));
                })
            });
            for (app, allowed) in
                [(bench.app("shop"), plain_allowed), (bench.app("shop").require_pkce(), strict_allowed)]
            {
                let who = format!("{}: {methods:?}", bench.who());
                let session = bench.session(app);
                if allowed {
                    bench.run(session.begin(CALLBACK)).expect(&who);
                    continue;
                }
                let pushed = bench.count("/par");
                let launches = Arc::new(AtomicUsize::new(0));
                let (opened, shown) = (Arc::clone(&launches), Arc::clone(&launches));
                let browser = Browser::opened_by(move |_| {
                    opened.fetch_add(1, Ordering::Relaxed);
                    Ok(())
                })
                .shown_by(move |_| {
                    shown.fetch_add(1, Ordering::Relaxed);
                });
                let failures =
                    [bench.run(session.begin(CALLBACK)).map(drop), bench.run(session.login(browser))];
                for failure in failures {
                    let failure = failure.expect_err(&who);
                    let text = format!(
                        "{} does not say that it knows PKCE with S256, so a code of its could be redeemed by whoever steals \
                         it; nobody is sent there",
                        bench.issuer()
                    );
                    assert_eq!((failure.fault, failure.message), (Fault::Server, text), "{who}");
                }
                assert_eq!((launches.load(Ordering::Relaxed), bench.count("/par")), (0, pushed), "{who}");
            }
        }
    });
}

/// Endpoints by hand say nothing of PKCE: it is used, and not counted on.
#[test]
fn f5_by_hand_pkce_is_used_and_cannot_be_required() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let server = Server::new(bench.issuer())
            .authorization_endpoint(bench.net.url(SERVER, "/authorize"))
            .token_endpoint(bench.net.url(SERVER, "/token"));
        let app = Registration::new(server, "shop");
        bench.sign_in(&bench.session(app.clone())).unwrap();
        bench.assert_clean();
        let failure = bench.run(bench.session(app.require_pkce()).begin(CALLBACK)).unwrap_err();
        assert!(failure.message.contains("does not say that it knows PKCE"), "{}", failure.message);
    });
}
