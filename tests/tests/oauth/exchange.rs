//! Token exchange (RFC 8693): what is sent for a token of somebody else's, and which answers are taken.

use std::time::Duration;

use authwright_core::{Fault, Tokens};
use authwright_oauth2::Registration;
use authwright_testkit::{AuthServerBuilder, Endpoint, Received, RefreshTokens, RegisteredClient, Reply};
use authwright_tests::on_every_driver;
use serde_json::{Value, json};

use crate::bench::{API, Bench, CALLBACK, SERVER};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

fn gateway(server: AuthServerBuilder) -> AuthServerBuilder {
    server
        .foreign_token("the-callers", ACCESS_TOKEN, "ann")
        .foreign_token("an.id.token", JWT, "ann")
        .foreign_token("the-actors", ACCESS_TOKEN, "bob")
        .client(RegisteredClient::basic("gateway", "s3cret").scopes("orders stock"))
        .client(RegisteredClient::basic("billing", "s3cret"))
}

fn app(bench: &Bench<'_>, id: &str) -> Registration {
    bench.app(id).secret("s3cret")
}

fn values<'a>(request: &Received, names: impl IntoIterator<Item = &'a str>) -> Vec<Option<String>> {
    names.into_iter().map(|name| request.form_value(name)).collect()
}

#[test]
fn o4_a_token_is_sent_with_its_type_and_an_actor_with_theirs() {
    const NAMES: [&str; 8] = [
        "grant_type",
        "subject_token",
        "subject_token_type",
        "actor_token",
        "actor_token_type",
        "requested_token_type",
        "audience",
        "resource",
    ];
    on_every_driver(|driver| {
        let bench = Bench::new(driver, gateway);
        let app = app(&bench, "gateway");
        let at = app.clone().resource(bench.net.url(API, "/"));
        for (exchange, sent) in [
            (
                app.token_exchange("the-callers"),
                [Some(GRANT), Some("the-callers"), Some(ACCESS_TOKEN), None, None, None, None, None],
            ),
            (
                app.token_exchange("an.id.token").subject_type(JWT).audience("stock").requested_type(JWT),
                [Some(GRANT), Some("an.id.token"), Some(JWT), None, None, Some(JWT), Some("stock"), None],
            ),
            (
                at.token_exchange("the-callers").actor("the-actors"),
                [
                    Some(GRANT),
                    Some("the-callers"),
                    Some(ACCESS_TOKEN),
                    Some("the-actors"),
                    Some(ACCESS_TOKEN),
                    None,
                    None,
                    Some(&bench.net.url(API, "/")),
                ],
            ),
            (
                app.token_exchange("the-callers").actor_of_type("an.id.token", JWT),
                [
                    Some(GRANT),
                    Some("the-callers"),
                    Some(ACCESS_TOKEN),
                    Some("an.id.token"),
                    Some(JWT),
                    None,
                    None,
                    None,
                ],
            ),
        ] {
            bench.net.take();
            bench.token(&Tokens::new(exchange).unwrap()).unwrap();
            let requests = bench.requests("/token");
            assert_eq!(requests.len(), 1, "{}", driver.name());
            assert_eq!(values(&requests[0], NAMES), sent.map(|value| value.map(str::to_owned)));
        }
        bench.assert_clean();
    });
}

/// RFC 8693 section 2.2.1: what was issued has to be said, and a token that is none for APIs is sent to none.
#[test]
fn o4_only_what_is_an_access_token_is_used_as_one() {
    let answer = |change: fn(&mut Value)| {
        let mut answer = json!({
            "access_token": "exch4nged",
            "issued_token_type": ACCESS_TOKEN,
            "token_type": "Bearer",
            "expires_in": 300,
        });
        change(&mut answer);
        answer
    };
    on_every_driver(|driver| {
        for (change, says) in [
            ((|_| {}) as fn(&mut Value), None),
            (|answer| answer["issued_token_type"] = json!(JWT), None),
            (|answer| answer["token_type"] = json!("bearer"), None),
            (
                |answer| drop(answer.as_object_mut().unwrap().remove("issued_token_type")),
                Some("issued_token_type"),
            ),
            (|answer| answer["issued_token_type"] = json!(""), Some("issued_token_type")),
            (|answer| answer["issued_token_type"] = json!(null), Some("issued_token_type")),
            (|answer| answer["issued_token_type"] = json!(["x"]), Some("issued_token_type")),
            (|answer| answer["token_type"] = json!("N_A"), Some("`N_A`")),
            (|answer| answer["token_type"] = json!("n_a"), Some("`n_a`")),
            (|answer| drop(answer.as_object_mut().unwrap().remove("token_type")), Some("token_type")),
        ] {
            let bench = Bench::new(driver, gateway);
            bench.server.next(Endpoint::Token, Reply::json(&answer(change).to_string()));
            bench.server.next(Endpoint::Resource, Reply::ok("here"));
            let tokens = Tokens::new(app(&bench, "gateway").token_exchange("the-callers")).unwrap();
            let outcome = bench.get(&tokens);
            let Some(says) = says else {
                assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
                continue;
            };
            let failure = outcome.failure().unwrap_or_else(|| panic!("{}: {outcome}", driver.name()));
            assert!(failure.contains(says), "{}: {failure}", driver.name());
            let requests = bench.net.take();
            assert!(requests.iter().all(|request| request.origin == SERVER), "{}", driver.name());
            assert!(!failure.contains("exch4nged") && !failure.contains("the-callers"), "{failure}");
        }
    });
}

/// A program that exchanges what other tokens yield: one fetch of each, for all who ask.
#[test]
fn o4_what_tokens_yield_is_exchanged() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, gateway);
        let subject = Tokens::new(app(&bench, "gateway").scope("orders").client_credentials()).unwrap();
        let actor = Tokens::new(app(&bench, "billing").client_credentials()).unwrap();
        let gateway = app(&bench, "gateway").scope("stock");
        let tokens = Tokens::new(gateway.token_exchange(&subject).actor(&actor)).unwrap();
        for _ in 0..3 {
            let outcome = bench.get(&tokens);
            assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
        }
        assert_eq!(bench.server.grants(), ["client_credentials", "client_credentials", GRANT]);
        let exchanged = bench.requests("/token").pop().unwrap();
        let sent = values(&exchanged, ["subject_token", "actor_token", "scope"]);
        let (subject, actor) = (bench.token(&subject).unwrap(), bench.token(&actor).unwrap());
        let expected = [subject.expose(), actor.expose(), "stock"];
        assert_eq!(sent, expected.map(|text| Some(text.to_owned())), "{}", driver.name());
        assert_eq!(bench.server.grants().len(), 3, "{}: they are the same caches", driver.name());

        // All of them have ended: each is fetched once more, and the newest is exchanged.
        bench.clock.advance(Duration::from_secs(4000));
        assert_eq!(bench.get(&tokens).status(), Some(200), "{}", driver.name());
        assert_eq!(bench.server.grants().len(), 6, "{}", driver.name());

        // All of them are revoked before their time: what is refused is fetched anew, and exchanged once more.
        bench.server.revoke_access_tokens();
        assert_eq!(bench.get(&tokens).status(), Some(200), "{}", driver.name());
        let grants = bench.server.grants();
        assert_eq!(
            grants[6..],
            [GRANT, "client_credentials", "client_credentials", GRANT],
            "{}",
            driver.name()
        );
        bench.assert_clean();
    });
}

/// What is wrong may be the request: then no token is fetched over and over for it, and a login is left as it is.
#[test]
fn o4_a_wrong_request_costs_no_login() {
    on_every_driver(|driver| {
        for refresh_tokens in [RefreshTokens::Never, RefreshTokens::Rotated] {
            let bench = Bench::new(driver, |server| {
                let shop = RegisteredClient::public("shop").redirect_uri(CALLBACK);
                gateway(server).client(shop).refresh_tokens(refresh_tokens)
            });
            let session = bench.session(bench.app("shop"));
            bench.sign_in(&session).unwrap();
            let tokens = Tokens::new(app(&bench, "gateway").token_exchange(session.tokens())).unwrap();
            let server = bench.server.clone();
            bench.net.set_script(move |request| match request.origin {
                API => server.resource(request),
                _ if request.form_value("subject_token").is_some() => {
                    Reply::status(400).body(r#"{"error": "invalid_request"}"#)
                }
                _ => server.answer(request),
            });
            for _ in 0..4 {
                bench.token(&tokens).unwrap_err();
                bench.clock.advance(Duration::from_secs(700));
            }
            let renewals = bench.server.grants().iter().filter(|grant| *grant == "refresh_token").count();
            assert!(renewals <= 1, "{}: {renewals}", driver.name());
            assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
        }
    });
}

/// What cannot be had for exchange ends in its own words.
#[test]
fn o4_a_subject_that_fails_is_named() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, gateway);
        let subject = Tokens::new(bench.app("nobody").secret("wr0ng").client_credentials()).unwrap();
        let tokens = Tokens::new(app(&bench, "gateway").token_exchange(&subject)).unwrap();
        let error = bench.token(&tokens).unwrap_err();
        assert!(error.is_login_required && error.message.contains("client `nobody`"), "{error:?}");
        assert_eq!(bench.server.grants(), ["client_credentials"], "{}", driver.name());

        let tokens = Tokens::new(app(&bench, "gateway").token_exchange("st4le")).unwrap();
        let error = bench.token(&tokens).unwrap_err();
        assert!(error.message.contains("a token is none of ours"), "{error:?}");
        // Somebody has to come with another one (RFC 8693 section 2.2.2).
        assert!(error.is_login_required && error.message.contains("exchange a newer one"), "{error:?}");
        assert!(!error.message.contains("st4le"), "{error:?}");
        let nothing = Tokens::new(app(&bench, "gateway").token_exchange(""));
        let error = nothing.map(|_| ()).unwrap_err();
        assert_eq!(error.fault(), Fault::Credential);
        assert!(error.to_string().contains("the subject token is empty"), "{error}");
    });
}
