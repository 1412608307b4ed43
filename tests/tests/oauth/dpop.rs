//! Tokens that are bound to a key (RFC 9449): what each proof says, and that such a token goes in no other way.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use authwright_core::{ApiKey, Auth, Bearer, Fault, Flow, Tokens};
use authwright_oauth2::{IntoSigner, PrivateKey, Registration};
use authwright_testkit::{
    AuthServerBuilder, DpopPolicy, DpopVerifier, Endpoint, ExpectedProof, Plan, ProofRejected, Received,
    RegisteredClient, Reply,
};
use authwright_tests::on_every_driver;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    bench::{API, Bench, CALLBACK, ELSEWHERE, SERVER},
    wire::{at, proof},
};

const RSA: &str = include_str!("../../../crates/oauth2/tests/data/rsa.pem");

/// A public client whose tokens have to be bound.
fn shop(server: AuthServerBuilder) -> AuthServerBuilder {
    server
        .dpop(DpopPolicy::Required)
        .dpop_algorithms(&["ES256", "EdDSA", "RS256", "PS256"])
        .client(RegisteredClient::public("shop").redirect_uri(CALLBACK))
}

fn keys() -> Vec<(&'static str, Option<PrivateKey>)> {
    vec![
        ("ES256", None),
        ("ES256", Some(PrivateKey::generate())),
        ("EdDSA", Some(PrivateKey::generate_ed25519())),
        ("RS256", Some(PrivateKey::pem(RSA).key_id("k1"))),
        ("PS256", Some(PrivateKey::pem(RSA).rsa_pss())),
    ]
}

fn bound(app: Registration, key: Option<PrivateKey>) -> Registration {
    match key {
        Some(key) => app.dpop_key(key),
        None => app.dpop(),
    }
}

/// The server verifies each proof; here is what it would not notice.
#[test]
fn n1_each_request_has_one_proof_which_shows_a_public_key_alone() {
    on_every_driver(|driver| {
        for (algorithm, key) in keys() {
            let bench = Bench::new(driver, shop);
            let session = bench.session(bound(bench.app("shop"), key));
            bench.sign_in(&session).unwrap();
            assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
            bench.assert_clean();

            let requests = bench.net.take();
            let proved = [at(&requests, SERVER, "/token"), at(&requests, API, "/orders")].concat();
            assert_eq!(proved.len(), 2);
            for request in proved {
                let proof = proof(request);
                assert_eq!(proof.header["alg"], algorithm);
                let mut names: Vec<_> = proof.header.as_object().unwrap().keys().collect();
                names.sort();
                assert_eq!(names, ["alg", "jwk", "typ"]);
                let members: Vec<_> = proof.key().as_object().unwrap().keys().map(String::as_str).collect();
                let public = ["kty", "crv", "x", "y", "n", "e"];
                assert!(members.iter().all(|name| public.contains(name)), "{members:?}");
            }
            let bearing = requests.iter().filter(|request| request.header("dpop").is_some()).count();
            assert_eq!(bearing, 2, "the metadata need no proof");
        }
    });
}

/// An API on two origins that redirects and rotates its nonces, forgets them now and then, and does so with tokens too.
struct Api {
    verifier: DpopVerifier,
    state: Mutex<ApiState>,
}

#[derive(Default)]
struct ApiState {
    nonces: [u32; 3],
    seen: u32,
    arrived: u32,
}

/// The hop at which a request arrives.
const LAST: usize = 40;
const ROUNDS: usize = 26;

fn place_of(hop: usize) -> usize {
    if (hop / 2).is_multiple_of(2) { API } else { ELSEWHERE }
}

impl Api {
    fn answer(&self, request: &Received, origins: &[String; 3]) -> Reply {
        let state = &mut *self.state.lock().unwrap();
        let nonces = &mut state.nonces[request.origin];
        let nonce = format!("n-{}-{nonces}", request.origin);
        let url = format!("{}{}", origins[request.origin], request.path());
        let token = request.header("authorization").and_then(|field| field.strip_prefix("DPoP "));
        let expected = ExpectedProof { url: &url, access_token: token, nonce: Some(&nonce) };
        let checked = self.verifier.check_proof(request, expected);
        *nonces += 1;
        state.seen += 1;
        let next = format!("n-{}-{nonces}", request.origin);
        let reply = match checked {
            Err(ProofRejected::Nonce(_)) => Reply::unauthorized("DPoP error=\"use_dpop_nonce\""),
            Err(rejected) => Reply::status(400).body(rejected.to_string()),
            Ok(_) => {
                state.arrived += u32::from(request.path() == format!("/{LAST}"));
                let hop: usize = request.path()[1..].parse().unwrap();
                let status = if hop == 5 { 303 } else { 307 };
                match hop {
                    // From one origin to the other, and twice within one.
                    ..LAST => Reply::redirect(
                        status,
                        &format!("{}/{}?x={hop}#y", origins[place_of(hop + 1)], hop + 1),
                    ),
                    _ if state.arrived.is_multiple_of(12) => {
                        Reply::unauthorized("DPoP error=\"invalid_token\"")
                    }
                    _ => Reply::ok("here"),
                }
            }
        };
        if state.seen.is_multiple_of(7) {
            *nonces += 1;
        }
        reply.header("dpop-nonce", next)
    }
}

/// More than a thousand sends: resends for a nonce, hops of redirects, renewed tokens. A proof is for one of them.
#[test]
fn n2_no_proof_is_sent_twice_and_each_is_for_its_own_hop() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| shop(server).token_lifetime(Duration::from_secs(600)));
        let session = bench.session(bench.app("shop").dpop());
        bench.sign_in(&session).unwrap();
        let api = Api { verifier: DpopVerifier::new(&bench.clock), state: Mutex::default() };
        let (api, server) = (Arc::new(api), bench.server.clone());
        let origins = [API, SERVER, ELSEWHERE].map(|place| bench.net.origin(place).to_owned());
        let (asked, at_origins) = (Arc::clone(&api), origins.clone());
        bench.net.set_script(move |request| match request.origin {
            SERVER => server.answer(request),
            _ => asked.answer(request, &at_origins),
        });
        bench.net.take();
        let auth = Auth::new([&*origins[API], &*origins[ELSEWHERE]], session.tokens()).unwrap();
        let mut sends = Vec::new();
        for round in 0..ROUNDS {
            let method = if round % 2 == 0 { "POST" } else { "PUT" };
            let plan = Plan {
                clock: bench.clock.clone(),
                max_redirects: 100,
                ..Plan::get(format!("{}/0?q={round}", origins[API]), &auth)
            };
            let outcome = driver.run(&bench.net, &plan.method(method.parse().unwrap()));
            assert_eq!(outcome.status(), Some(200), "{}, round {round}: {outcome}", driver.name());
            bench.clock.advance(Duration::from_secs(80));
            sends.extend(bench.net.take());
        }
        bench.assert_clean();
        let proofs: Vec<_> = sends.iter().map(|request| (request, proof(request))).collect();
        assert!(proofs.len() >= 1000, "{}: {}", driver.name(), proofs.len());
        let identifiers: HashSet<_> = proofs.iter().map(|(_, proof)| proof.claim("jti")).collect();
        assert_eq!(identifiers.len(), proofs.len(), "{}", driver.name());
        for (request, proof) in &proofs {
            let url = format!("{}{}", origins[request.origin], request.path());
            assert_eq!((proof.claim("htm"), proof.claim("htu")), (&*request.method, &*url));
        }
        let again = |place, path| at(&sends, place, path).len();
        assert!(
            again(SERVER, "/token") >= 4 && again(API, &format!("/{LAST}")) > ROUNDS,
            "{}",
            driver.name()
        );
        assert!(sends.len() > ROUNDS * (LAST + 1) + 100, "{}: {} with resends", driver.name(), sends.len());
    });
}

/// What a token is bound to a key for is lost where it goes without proof.
#[test]
fn n3_a_bound_token_goes_as_dpop_or_not_at_all() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| shop(server).dpop(DpopPolicy::Supported));
        let session = bench.session(bench.app("shop").dpop());
        bench.sign_in(&session).unwrap();
        bench.net.take();
        let (origin, tokens) = (bench.net.origin(API), session.tokens());
        for refused in [
            Auth::new(origin, Bearer::new(tokens)),
            Auth::new(origin, ApiKey::header("X-Token", tokens)),
            Auth::new(origin, ApiKey::header("Authorization", tokens).prefix("Bearer")),
            Auth::new(origin, ApiKey::query("token", tokens)),
            Auth::new(origin, ApiKey::cookie("token", tokens)),
        ] {
            let error = refused.unwrap_err().to_string();
            assert!(error.contains("bound"), "{error}");
        }
        assert!(bench.net.take().is_empty());

        // An API that would rather have Bearer gets DPoP all the same, or nothing.
        for _ in 0..2 {
            bench.server.next(Endpoint::Resource, Reply::unauthorized("Bearer error=\"invalid_token\""));
        }
        assert_eq!(bench.get(tokens).status(), Some(401));
        let outcome = bench.get(tokens);
        assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
        bench.assert_clean();
        let requests = bench.net.take();
        let sent = at(&requests, API, "/orders");
        assert_eq!(sent.len(), 3, "{}", driver.name());
        for request in sent {
            let [field] = request.header_all("authorization")[..] else { panic!("not one field") };
            let token = field.strip_prefix("DPoP ").unwrap_or_else(|| panic!("{}: {field}", driver.name()));
            assert_eq!(proof(request).claim("ath"), BASE64URL.encode(Sha256::digest(token)));
        }
        assert!(!requests.iter().any(|request| request.contains(b"Bearer")), "{}", driver.name());
    });
}

/// The same of every grant, and of a token for another API.
#[test]
fn n3_the_tokens_of_every_grant_go_as_dpop() {
    on_every_driver(|driver| {
        let key = PrivateKey::generate();
        let bench = Bench::new(driver, |server| {
            let public = key.clone().into_signer().unwrap().public_key().unwrap().to_jwk();
            shop(server)
                .trusted_issuer("robot", serde_json::from_str(&public).unwrap())
                .foreign_token("the-callers", "urn:ietf:params:oauth:token-type:access_token", "ann")
                .client(RegisteredClient::basic("billing", "s3cret").dpop_bound())
        });
        let app = bench.app("billing").secret("s3cret").dpop();
        let session = bench.session(bench.app("shop").resource(bench.net.url(API, "/")).dpop());
        bench.sign_in(&session).unwrap();
        let grants = [
            Tokens::new(app.client_credentials()).unwrap(),
            Tokens::new(app.jwt_bearer(key, "robot", "sam")).unwrap(),
            Tokens::new(app.token_exchange("the-callers")).unwrap(),
            session.tokens_for(bench.net.url(API, "/")).unwrap(),
        ];
        for tokens in &grants {
            bench.net.take();
            let outcome = bench.get(tokens);
            assert_eq!(outcome.status(), Some(200), "{}, {tokens:?}: {outcome}", driver.name());
            let requests = bench.net.take();
            assert!(at(&requests, API, "/orders")[0].header("authorization").unwrap().starts_with("DPoP "));
            assert!(Auth::new(bench.net.origin(API), Bearer::new(tokens)).is_err());
        }
        bench.assert_clean();
    });
}

/// RFC 9449 section 5: it is worth less than was meant, and used by nobody.
#[test]
fn n4_an_answer_with_a_bearer_token_is_discarded() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| {
            shop(server).client(RegisteredClient::basic("billing", "s3cret").dpop_bound())
        });
        let session = bench.session(bench.app("shop").dpop());
        let app = bench.app("billing").secret("s3cret").dpop();
        for kind in ["Bearer", "bearer", "BEARER"] {
            let answer =
                format!(r#"{{"access_token": "unb0und", "token_type": "{kind}", "refresh_token": "r"}}"#);
            bench.server.next(Endpoint::Token, Reply::json(&answer));
            let error = bench.sign_in(&session).unwrap_err();
            assert!(error.message.contains("not bound to the key"), "{}: {error:?}", driver.name());
            assert_eq!(error.fault, Fault::Server);
            assert!(!error.is_transient && !error.is_login_required);
            assert!(!bench.run(session.is_signed_in()).unwrap(), "{}: it is stored", driver.name());

            bench.server.next(Endpoint::Token, Reply::json(&answer));
            let outcome = bench.get(&Tokens::new(app.client_credentials()).unwrap());
            assert!(outcome.failure().unwrap().contains("not bound to the key"), "{}", driver.name());
        }
        let outcome = bench.get(session.tokens());
        assert!(outcome.failure().unwrap().contains("not signed in"), "{}", driver.name());
        let requests = bench.net.take();
        assert!(requests.iter().all(|request| request.origin != API), "{}", driver.name());
        assert!(requests.iter().all(|request| !request.contains(b"unb0und")), "{}", driver.name());
    });
}

/// The same where a login is renewed: what there is stays as it was.
#[test]
fn n4_a_renewal_does_not_lose_its_key() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, shop);
        let session = bench.session(bench.app("shop").dpop());
        bench.sign_in(&session).unwrap();
        bench.server.revoke_access_tokens();
        let answer = r#"{"access_token": "unb0und", "token_type": "Bearer", "refresh_token": "other"}"#;
        bench.server.next(Endpoint::Token, Reply::json(answer));
        bench.net.take();
        let outcome = bench.get(session.tokens());
        assert!(outcome.failure().unwrap().contains("not bound to the key"), "{}: {outcome}", driver.name());
        assert!(bench.net.requests().iter().all(|request| !request.contains(b"unb0und")));
        // The server has not rotated: the login goes on with what was stored.
        bench.clock.advance(Duration::from_secs(600));
        let outcome = bench.get(session.tokens());
        assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
        bench.assert_clean();
    });
}

/// RFC 9449 section 7.1: the token is as good as it was, so no other is got for it.
#[test]
fn n3_a_proof_that_is_not_taken_is_no_fault_of_the_token() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, shop);
        let session = bench.session(bench.app("shop").dpop());
        bench.sign_in(&session).unwrap();
        for challenge in ["DPoP error=\"invalid_dpop_proof\"", "Bearer, DPoP error=\"invalid_dpop_proof\""] {
            bench.server.next(Endpoint::Resource, Reply::unauthorized(challenge));
            bench.net.take();
            let outcome = bench.get(session.tokens());
            let denied = outcome.denied().unwrap_or_else(|| panic!("{}: {outcome}", driver.name()));
            assert!(denied.to_string().contains("check the clock of this machine"), "{denied}");
            assert_eq!(bench.net.take().len(), 1, "{}", driver.name());
        }
        assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
        bench.assert_clean();
    });
}

/// RFC 9449 section 5: a public client's refresh token is good with its key alone.
#[test]
fn n5_a_login_is_renewed_with_its_key_after_a_restart() {
    on_every_driver(|driver| {
        let es256 = include_str!("../../../crates/oauth2/tests/data/p256.pem");
        for key in [None, Some(es256)] {
            let bench = Bench::new(driver, shop);
            let app = || bound(bench.app("shop"), key.map(PrivateKey::pem));
            bench.sign_in(&bench.session(app())).unwrap();
            // Another process, with nothing in memory.
            bench.clock.advance(Duration::from_secs(4000));
            let outcome = bench.get(bench.session(app()).tokens());
            assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
            bench.assert_clean();
            let requests = bench.net.take();
            let calls = at(&requests, SERVER, "/token");
            assert_eq!(bench.server.grants(), ["authorization_code", "refresh_token"]);
            let keys: HashSet<_> = calls
                .into_iter()
                .chain(at(&requests, API, "/orders"))
                .map(|request| proof(request).key().to_string())
                .collect();
            assert_eq!(keys.len(), 1, "{}", driver.name());
        }
    });
}

#[test]
fn n5_a_refresh_token_is_not_sent_with_another_key() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, shop);
        let first = bench.app("shop").dpop_key(PrivateKey::generate());
        bench.sign_in(&bench.session(first)).unwrap();
        bench.net.take();
        // Another key is another login ...
        let other = || bench.app("shop").dpop_key(PrivateKey::generate());
        let error = bench.token(bench.session(other()).tokens()).unwrap_err();
        assert!(error.is_login_required && error.message.contains("not signed in"), "{error:?}");
        // ... and where the program says that it is the same, the key is compared.
        let grant = |key: PrivateKey| bench.app("shop").dpop_key(key).stored_refresh_token();
        let key = PrivateKey::generate();
        let tokens =
            |source| Tokens::builder(source).store_as("ours").store(bench.store.clone()).build().unwrap();
        let session = bench.session(bench.app("shop").dpop_key(key.clone()));
        bench.sign_in(&session).unwrap();
        let token = bench.token(session.tokens()).unwrap();
        let named = tokens(grant(key));
        let put = {
            let (named, token) = (named.clone(), token.clone());
            Flow::new(move |io| async move { named.put(token, &io).await })
        };
        bench.run(put).unwrap();
        bench.net.take();
        bench.clock.advance(Duration::from_secs(4000));
        let error = bench.token(&tokens(grant(PrivateKey::generate()))).unwrap_err();
        assert!(error.is_login_required && error.message.contains("another key"), "{error:?}");
        let unbound = Tokens::builder(bench.app("shop").stored_refresh_token());
        let unbound = unbound.store_as("ours").store(bench.store.clone()).build().unwrap();
        let error = bench.token(&unbound).unwrap_err();
        assert!(error.is_login_required && error.message.contains("bound to a key"), "{error:?}");
        let requests = bench.net.take();
        assert!(at(&requests, SERVER, "/token").is_empty(), "{}", driver.name());
        bench.token(&named).unwrap();
        bench.assert_clean();
    });
}

/// RFC 9449 section 5.1.
#[test]
fn n9_a_key_is_of_an_algorithm_that_the_server_lists() {
    on_every_driver(|driver| {
        for (listed, expected) in [
            (Some(vec!["ES256", "EdDSA"]), Some("ES256")),
            (Some(vec!["EdDSA"]), Some("EdDSA")),
            (Some(vec!["EdDSA", "RS256"]), Some("EdDSA")),
            (None, Some("ES256")),
            (Some(vec!["RS256", "PS256"]), None),
            (Some(vec![]), None),
        ] {
            let spoilt = listed.clone();
            let bench = Bench::new(driver, |server| {
                shop(server).metadata(move |metadata| {
                    metadata["dpop_signing_alg_values_supported"] = match &spoilt {
                        Some(names) => serde_json::json!(names),
                        None => Value::Null,
                    };
                })
            });
            let session = bench.session(bench.app("shop").dpop());
            let ended = bench.sign_in(&session);
            let requests = bench.net.take();
            let Some(expected) = expected else {
                let error = ended.unwrap_err();
                assert!(error.message.contains("no DPoP proofs that are signed with"), "{error:?}");
                assert!(at(&requests, SERVER, "/token").is_empty(), "{}", driver.name());
                continue;
            };
            ended.unwrap();
            assert_eq!(proof(at(&requests, SERVER, "/token")[0]).header["alg"], expected);
            bench.assert_clean();
        }
        // A key of the program's is not exchanged for another.
        let bench = Bench::new(driver, |server| shop(server).dpop_algorithms(&["EdDSA"]));
        let session = bench.session(bench.app("shop").dpop_key(PrivateKey::generate()));
        assert!(bench.sign_in(&session).unwrap_err().message.contains("signed with ES256"));
    });
}

/// RFC 9449 section 10: whoever steals the code cannot bind it to a key of theirs.
#[test]
fn n9_the_code_is_bound_to_the_key() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, shop);
        let session = bench.session(bench.app("shop").dpop());
        let pending = bench.run(session.begin(CALLBACK)).unwrap();
        let (_, named) = pending.url().split_once("&dpop_jkt=").unwrap();
        let named = named.split('&').next().unwrap().to_owned();
        let callback = bench.server.follow(pending.url());
        bench.run(session.finish(pending, callback)).unwrap();
        let requests = bench.net.take();
        let proof = proof(at(&requests, SERVER, "/token")[0]);
        // RFC 7638 section 3.
        let key = proof.key();
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#, key["x"], key["y"]);
        assert_eq!(named, BASE64URL.encode(Sha256::digest(canonical)), "{}", driver.name());
        bench.assert_clean();
    });
}
