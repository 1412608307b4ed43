//! The nonces of servers in proofs (RFC 9449 sections 8 and 9): one more try with the newest, and none where it is known.

use std::time::Duration;

use authwright_core::{Auth, Fault, Tokens};
use authwright_oauth2::{PrivateKey, Registration};
use authwright_testkit::{
    AuthServerBuilder, DpopPolicy, Endpoint, NoncePolicy, Outcome, Plan, PlanBody, Pushed, Received,
    RegisteredClient, Reply,
};
use authwright_tests::on_every_driver;

use crate::{
    bench::{API, Bench, CALLBACK, SERVER},
    wire::{at, jwt, proof},
};

fn with(token: NoncePolicy, resource: NoncePolicy) -> impl FnOnce(AuthServerBuilder) -> AuthServerBuilder {
    move |server| {
        server
            .dpop(DpopPolicy::Required)
            .token_nonces(token)
            .resource_nonces(resource)
            .client(RegisteredClient::public("shop").redirect_uri(CALLBACK))
            .client(RegisteredClient::basic("billing", "s3cret"))
    }
}

fn billing(bench: &Bench<'_>) -> Tokens {
    Tokens::new(bench.app("billing").secret("s3cret").dpop().client_credentials()).unwrap()
}

/// An answer that demands this nonce.
fn wants(nonce: &str) -> Reply {
    Reply::status(400).header("dpop-nonce", nonce).body(r#"{"error": "use_dpop_nonce"}"#)
}

fn nonces<'a>(requests: impl IntoIterator<Item = &'a Received>) -> Vec<Option<String>> {
    let nonce = |request| proof(request).claims["nonce"].as_str().map(Into::into);
    requests.into_iter().map(nonce).collect()
}

fn calls(bench: &Bench<'_>, path: &str) -> Vec<Received> {
    at(&bench.net.requests(), SERVER, path).into_iter().cloned().collect()
}

fn post(bench: &Bench<'_>, tokens: &Tokens, body: PlanBody) -> Outcome {
    let auth = Auth::new(bench.net.origin(API), tokens).unwrap();
    let plan = Plan { clock: bench.clock.clone(), ..Plan::get(bench.net.url(API, "/orders"), &auth) };
    bench.driver.run(&bench.net, &plan.method("POST".parse().unwrap()).body(body))
}

#[test]
fn n6_the_token_endpoint_gets_the_nonce_it_asks_for() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, with(NoncePolicy::Demanded, NoncePolicy::Free));
        bench.token(&billing(&bench)).unwrap();
        let sent = nonces(&calls(&bench, "/token"));
        assert!(matches!(&sent[..], [None, Some(_)]), "{}: {sent:?}", driver.name());

        // A code survives that: the server has not looked at it.
        bench.net.take();
        let session = bench.session(bench.app("shop").dpop());
        bench.sign_in(&session).unwrap();
        let sent = calls(&bench, "/token");
        assert_eq!(sent.len(), 2, "{}", driver.name());
        assert_eq!(sent[0].form_value("code"), sent[1].form_value("code"));
        bench.assert_clean();
        assert_eq!(bench.server.revocations(), 0);
    });
}

#[test]
fn n6_so_does_the_endpoint_for_pushed_requests() {
    on_every_driver(|driver| {
        let policy = with(NoncePolicy::Demanded, NoncePolicy::Free);
        let bench = Bench::new(driver, |server| policy(server).pushed(Pushed::Required));
        let session = bench.session(bench.app("shop").dpop());
        bench.sign_in(&session).unwrap();
        let pushed = nonces(&calls(&bench, "/par"));
        assert!(matches!(&pushed[..], [None, Some(_)]), "{}: {pushed:?}", driver.name());
        // What one endpoint of the server has said, the other need not say again.
        assert_eq!(nonces(&calls(&bench, "/token")), [pushed[1].clone()], "{}", driver.name());
        assert_eq!(bench.get(session.tokens()).status(), Some(200));
        bench.assert_clean();
    });
}

#[test]
fn n6_a_second_demand_ends_it() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, with(NoncePolicy::Free, NoncePolicy::Free));
        for round in 0..4 {
            bench.server.next(Endpoint::Token, wants(&format!("n-{round}")));
        }
        let tokens = billing(&bench);
        let error = bench.token(&tokens).unwrap_err();
        assert!(error.message.contains("wants another nonce in every proof"), "{error:?}");
        assert_eq!(error.fault, Fault::Server);
        let sent = nonces(&calls(&bench, "/token"));
        assert_eq!(sent, [None, Some("n-0".into())], "{}", driver.name());

        bench.net.take();
        let session = bench.session(bench.app("shop").dpop());
        let error = bench.sign_in(&session).unwrap_err();
        assert!(error.message.contains("another nonce"), "{error:?}");
        assert_eq!(nonces(&calls(&bench, "/token")), [None, Some("n-2".into())]);
        assert!(!bench.run(session.is_signed_in()).unwrap());
    });
}

/// Nothing new to say is no reason to say it again.
#[test]
fn n6_a_demand_without_a_new_nonce_is_not_answered() {
    on_every_driver(|driver| {
        let refusal = || Reply::status(400).body(r#"{"error": "use_dpop_nonce"}"#);
        for (answers, sends) in [
            (vec![refusal()], 1),
            (vec![refusal().header("dpop-nonce", "a").header("dpop-nonce", "b")], 1),
            (vec![refusal().header("dpop-nonce", "a b")], 1),
            (vec![wants("same"), wants("same")], 2),
            // A server that fails says nothing about the proof.
            (vec![Reply::status(503).header("dpop-nonce", "n").body(r#"{"error": "use_dpop_nonce"}"#)], 1),
            (
                vec![Reply::status(400).header("dpop-nonce", "n").body(r#"{"error": "invalid_dpop_proof"}"#)],
                1,
            ),
        ] {
            let bench = Bench::new(driver, with(NoncePolicy::Free, NoncePolicy::Free));
            for answer in answers {
                bench.server.next(Endpoint::Token, answer);
            }
            bench.token(&billing(&bench)).unwrap_err();
            assert_eq!(calls(&bench, "/token").len(), sends, "{}", driver.name());
        }
    });
}

#[test]
fn n7_the_api_gets_the_nonce_it_asks_for_beside_other_challenges() {
    let demands: [fn() -> Reply; 5] = [
        || Reply::unauthorized("DPoP error=\"use_dpop_nonce\", algs=\"ES256\", Bearer realm=\"x\""),
        || Reply::unauthorized("Bearer realm=\"x\", error=\"invalid_token\", dpop ERROR=use_dpop_nonce"),
        || Reply::unauthorized("Negotiate").header("www-authenticate", "DPoP error=\"use_dpop_nonce\""),
        || Reply::unauthorized("DPoP error=\"use_dpop_nonce\"").header("www-authenticate", "Bearer"),
        || Reply::unauthorized("Basic realm=\"a\", Bearer, DPoP algs=\"ES256\", error=\"use_dpop_nonce\""),
    ];
    on_every_driver(|driver| {
        for (at_demand, demand) in demands.iter().enumerate() {
            let bench = Bench::new(driver, with(NoncePolicy::Free, NoncePolicy::Free));
            let tokens = billing(&bench);
            bench.token(&tokens).unwrap();
            bench.net.take();
            // The server of the test kit has not given it, so it would not take it.
            let (demand, server) = (*demand, bench.server.clone());
            bench.net.set_script(move |request| match (request.origin, nonces([request])[0].as_deref()) {
                (API, Some("n-1")) => Reply::ok("here"),
                (API, _) => demand().header("dpop-nonce", "n-1"),
                _ => server.answer(request),
            });
            let outcome = bench.get(&tokens);
            assert_eq!(outcome.status(), Some(200), "{}, {at_demand}: {outcome}", driver.name());
            let requests = bench.net.take();
            assert_eq!(nonces(&requests), [None, Some("n-1".into())], "{}, {at_demand}", driver.name());
        }
    });
}

/// The token is as good as it was: no call for another.
#[test]
fn n7_the_token_is_not_renewed_for_a_nonce_and_may_be_renewed_besides() {
    on_every_driver(|driver| {
        for body in [PlanBody::Empty, PlanBody::Bytes(b"two boxes".to_vec())] {
            let bench = Bench::new(driver, with(NoncePolicy::Free, NoncePolicy::Demanded));
            let session = bench.session(bench.app("shop").dpop());
            bench.sign_in(&session).unwrap();
            bench.net.take();
            let outcome = post(&bench, session.tokens(), body.clone());
            assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
            assert!(calls(&bench, "/token").is_empty(), "{}", driver.name());
            let sent = bench.net.take();
            assert!(matches!(&nonces(&sent)[..], [None, Some(_)]), "{}", driver.name());

            // Both in one request, in this order ...
            bench.server.rotate_nonces();
            bench.server.revoke_access_tokens();
            let outcome = post(&bench, session.tokens(), body.clone());
            assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
            assert_eq!(calls(&bench, "/token").len(), 1, "{}", driver.name());
            let sent = bench.net.take();
            assert_eq!(at(&sent, API, "/orders").len(), 3, "{}", driver.name());
            let PlanBody::Bytes(bytes) = &body else { continue };
            assert!(at(&sent, API, "/orders").iter().all(|request| request.body == *bytes));

            // ... and in the other.
            bench.server.next(Endpoint::Resource, Reply::unauthorized("DPoP error=\"invalid_token\""));
            bench.server.rotate_nonces();
            let outcome = post(&bench, session.tokens(), body);
            assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
            assert_eq!(at(&bench.net.take(), API, "/orders").len(), 3, "{}", driver.name());
            bench.assert_clean();
        }
    });
}

#[test]
fn n7_an_api_that_always_wants_another_nonce_is_asked_twice() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, with(NoncePolicy::Free, NoncePolicy::Free));
        let tokens = billing(&bench);
        bench.token(&tokens).unwrap();
        let demand = |nonce: u32| {
            Reply::unauthorized("DPoP error=\"use_dpop_nonce\"").header("dpop-nonce", format!("n-{nonce}"))
        };
        (0..4).for_each(|nonce| bench.server.next(Endpoint::Resource, demand(nonce)));
        bench.net.take();
        let outcome = bench.get(&tokens);
        let denied = outcome.denied().unwrap_or_else(|| panic!("{}: {outcome}", driver.name()));
        assert!(denied.to_string().contains("another nonce every time"), "{}: {denied}", driver.name());
        let sent = bench.net.take();
        assert_eq!(nonces(&sent), [None, Some("n-0".into())], "{}", driver.name());
        // The token is not blamed for it.
        assert_eq!(bench.get(&tokens).status(), Some(401), "{}", driver.name());
        assert_eq!(calls(&bench, "/token").len(), 0, "{}", driver.name());
    });
}

/// It says so, and whoever sends again has the nonce.
#[test]
fn n7_a_stream_is_not_sent_again() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, with(NoncePolicy::Free, NoncePolicy::Demanded));
        let tokens = billing(&bench);
        bench.token(&tokens).unwrap();
        bench.net.take();
        let stream = || PlanBody::Stream(vec![b"two ".to_vec(), b"boxes".to_vec()]);
        let outcome = post(&bench, &tokens, stream());
        let denied = outcome.denied().unwrap_or_else(|| panic!("{}: {outcome}", driver.name()));
        assert!(denied.to_string().contains("the body was a stream and is gone"), "{denied}");
        assert!(denied.to_string().contains("nonce was too old"), "{denied}");
        assert_eq!(bench.net.take().len(), 1, "{}", driver.name());
        let outcome = post(&bench, &tokens, stream());
        assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
        let sent = bench.net.take();
        assert_eq!((sent.len(), &*sent[0].body), (1, &b"two boxes"[..]), "{}", driver.name());
        bench.assert_clean();
    });
}

/// Also where each request has an `Auth` of its own, as in a web application.
#[test]
fn n8_the_newest_nonce_spares_the_next_round_trip() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, with(NoncePolicy::Rotating, NoncePolicy::Rotating));
        let session = bench.session(bench.app("shop").dpop());
        bench.sign_in(&session).unwrap();
        assert_eq!(calls(&bench, "/token").len(), 2);
        bench.net.take();
        for round in 0..10 {
            assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}, {round}", driver.name());
        }
        let sent = bench.net.take();
        assert_eq!(sent.len(), 11, "{}: one was sent again, at the beginning", driver.name());

        for _ in 0..3 {
            bench.clock.advance(Duration::from_secs(4000));
            assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
        }
        assert_eq!(calls(&bench, "/token").len(), 3, "{}", driver.name());
        assert_eq!(at(&bench.net.take(), API, "/orders").len(), 3, "{}", driver.name());
        bench.assert_clean();
    });
}

/// That a nonce is nobody else's, the server of the test kit counts as a violation; here it is seen on the wire.
#[test]
fn n8_the_nonce_of_one_server_is_never_shown_to_another() {
    on_every_driver(|driver| {
        for pushed in [Pushed::No, Pushed::Required] {
            let policy = with(NoncePolicy::Rotating, NoncePolicy::Rotating);
            let bench = Bench::new(driver, |server| policy(server).pushed(pushed));
            let session = bench.session(bench.app("shop").dpop());
            bench.sign_in(&session).unwrap();
            for _ in 0..3 {
                bench.clock.advance(Duration::from_secs(4000));
                assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
            }
            bench.assert_clean();
            let requests = bench.net.take();
            let of = |place: usize| {
                let proved =
                    requests.iter().filter(move |it| it.origin == place && it.header("dpop").is_some());
                nonces(proved).into_iter().flatten().collect::<Vec<_>>()
            };
            let (login, api) = (of(SERVER), of(API));
            assert!(login.len() >= 3 && api.len() >= 3, "{}", driver.name());
            assert!(login.iter().all(|nonce| !api.contains(nonce)), "{}", driver.name());
        }
    });
}

/// A server takes no assertion twice (RFC 7523 section 3).
#[test]
fn n10_a_repeated_request_has_a_new_assertion() {
    on_every_driver(|driver| {
        let key = PrivateKey::generate();
        let public = crate::assertions::public(&key);
        let policy = with(NoncePolicy::Demanded, NoncePolicy::Free);
        let bench = Bench::new(driver, |server| {
            policy(server)
                .pushed(Pushed::Required)
                .client(RegisteredClient::private_key_jwt("signing", public.clone()).redirect_uri(CALLBACK))
        });
        let app: Registration = bench.app("signing").key(key).dpop();
        bench.sign_in(&bench.session(app.clone())).unwrap();
        bench.server.rotate_nonces();
        bench.token(&Tokens::new(app.client_credentials()).unwrap()).unwrap();
        let requests = bench.net.take();
        let sent = [at(&requests, SERVER, "/par"), at(&requests, SERVER, "/token")].concat();
        assert_eq!(sent.len(), 2 + 1 + 2, "{}", driver.name());
        let mut identifiers: Vec<_> = sent
            .iter()
            .map(|request| jwt(&request.form_value("client_assertion").unwrap()).claim("jti").to_owned())
            .collect();
        identifiers.sort();
        identifiers.dedup();
        assert_eq!(identifiers.len(), 5, "{}", driver.name());
        bench.assert_clean();
    });
}
