//! A login that is kept alive: what a refused token leads to, and what it does not (RFC 6750 section 3.1).

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use authwright_core::{Auth, Tokens};
use authwright_oauth2::{Ask, RefreshGrant, Registration};
use authwright_testkit::{
    AuthServerBuilder, DpopPolicy, Endpoint, Outcome, Plan, PlanBody, RefreshTokens, RegisteredClient, Reply,
};
use authwright_tests::on_every_driver;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};

use crate::bench::{API, Bench, CALLBACK};

fn shop(server: AuthServerBuilder) -> AuthServerBuilder {
    server.client(RegisteredClient::public("shop").redirect_uri(CALLBACK))
}

type Kind = (DpopPolicy, fn(Registration) -> Registration);

/// A login whose tokens go as they are, and one whose tokens are bound to a key.
const KINDS: [Kind; 2] = [(DpopPolicy::Off, |app| app), (DpopPolicy::Required, |app| app.dpop())];

fn post(bench: &Bench<'_>, tokens: &Tokens, body: PlanBody) -> Outcome {
    let auth = Auth::new(bench.net.origin(API), tokens).unwrap();
    let plan = Plan { clock: bench.clock.clone(), ..Plan::get(bench.net.url(API, "/orders"), &auth) };
    bench.driver.run(&bench.net, &plan.method("POST".parse().unwrap()).body(body))
}

/// How often the API and the token endpoint were asked.
fn sends(bench: &Bench<'_>) -> (usize, usize) {
    let requests = bench.net.take();
    let count = |path: &str| requests.iter().filter(|request| request.path() == path).count();
    (count("/orders"), count("/token"))
}

#[test]
fn d5_a_revoked_token_is_renewed_once_and_the_request_goes_again() {
    on_every_driver(|driver| {
        for (policy, app) in KINDS {
            for body in [PlanBody::Empty, PlanBody::Bytes(b"two boxes".to_vec())] {
                let bench = Bench::new(driver, |server| shop(server).dpop(policy));
                let session = bench.session(app(bench.app("shop")));
                bench.sign_in(&session).unwrap();
                bench.server.revoke_access_tokens();
                bench.net.take();
                let outcome = post(&bench, session.tokens(), body.clone());
                assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
                let bytes = if let PlanBody::Bytes(bytes) = &body { &bytes[..] } else { &[] };
                let requests = bench.net.requests();
                let mut sent = requests.iter().filter(|request| request.origin == API);
                assert!(sent.all(|request| request.body == bytes), "{}", driver.name());
                assert_eq!(sends(&bench), (2, 1), "{}", driver.name());
                bench.assert_clean();
            }
        }
    });
}

/// Never a third send.
#[test]
fn d5_a_token_that_is_refused_again_ends_the_request() {
    on_every_driver(|driver| {
        for (policy, app) in KINDS {
            let bench = Bench::new(driver, |server| shop(server).dpop(policy));
            let session = bench.session(app(bench.app("shop")));
            bench.sign_in(&session).unwrap();
            let scheme = if policy == DpopPolicy::Off { "Bearer" } else { "DPoP" };
            let refusal = || Reply::unauthorized(&format!("{scheme} error=\"invalid_token\""));
            (0..10).for_each(|_| bench.server.next(Endpoint::Resource, refusal()));
            bench.net.take();
            let outcome = bench.get(session.tokens());
            let denied = outcome.denied().unwrap_or_else(|| panic!("{}: {outcome}", driver.name()));
            assert!(denied.to_string().contains("so was the one before it"), "{denied}");
            assert_eq!(sends(&bench), (2, 1), "{}", driver.name());
            // And no storm at the token endpoint, whatever is asked for afterwards.
            for _ in 0..4 {
                assert_eq!(bench.get(session.tokens()).status(), Some(401), "{}", driver.name());
            }
            let (_, renewals) = sends(&bench);
            assert!(renewals <= 1, "{}: {renewals}", driver.name());
            bench.assert_clean();
        }
    });
}

#[test]
fn d7_a_refused_stream_is_not_sent_again_and_its_token_not_used_again() {
    on_every_driver(|driver| {
        for (policy, app) in KINDS {
            let bench = Bench::new(driver, |server| shop(server).dpop(policy));
            let session = bench.session(app(bench.app("shop")));
            bench.sign_in(&session).unwrap();
            bench.server.revoke_access_tokens();
            bench.net.take();
            let stream = || PlanBody::Stream(vec![b"two ".to_vec(), b"boxes".to_vec()]);
            let outcome = post(&bench, session.tokens(), stream());
            let denied = outcome.denied().unwrap_or_else(|| panic!("{}: {outcome}", driver.name()));
            assert!(denied.to_string().ends_with("send again with a fresh one"), "{denied}");
            assert_eq!(sends(&bench), (1, 0), "{}", driver.name());
            let outcome = post(&bench, session.tokens(), stream());
            assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
            assert_eq!(sends(&bench), (1, 1), "{}", driver.name());
            bench.assert_clean();
        }
    });
}

/// A server that hands out no new one means the old one, which another process finds in the store (RFC 6749 section 6).
#[test]
fn e14_a_refresh_token_that_is_not_rotated_is_kept_from_the_first() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| shop(server).refresh_tokens(RefreshTokens::Kept));
        bench.sign_in(&bench.session(bench.app("shop"))).unwrap();
        let refresh = bench.server.live_refresh_tokens().pop().unwrap();
        let tokens = |grant: RefreshGrant| Tokens::builder(grant).store(bench.store.clone()).build().unwrap();
        bench.token(&tokens(bench.app("shop").refresh_token(refresh))).unwrap();
        bench.clock.advance(Duration::from_secs(4000));
        bench.token(&tokens(bench.app("shop").stored_refresh_token())).unwrap();
        bench.assert_clean();
    });
}

/// What a renewal brings is what the login was granted, also where it asked for more than the registration says.
#[test]
fn e13_a_login_is_renewed_for_all_that_it_was_granted() {
    on_every_driver(|driver| {
        let client = RegisteredClient::public("shop").redirect_uri(CALLBACK).scopes("read write");
        let bench = Bench::new(driver, |server| server.client(client));
        let session = bench.session(bench.app("shop").scope("read"));
        for (more, granted) in [("", "read"), ("write read", "read write")] {
            let pending = bench.run(session.begin_asking(CALLBACK, Ask::new().scope(more))).unwrap();
            let callback = bench.server.follow(pending.url());
            bench.run(session.finish(pending, callback)).unwrap();
            bench.clock.advance(Duration::from_secs(4000));
            bench.net.take();
            let token = bench.token(session.tokens()).unwrap();
            assert_eq!(token.granted_scope(), Some(granted), "{}", driver.name());
            assert_eq!(bench.requests("/token")[0].form_value("scope"), None, "{}", driver.name());
        }
        bench.assert_clean();
    });
}

/// An ID token, with a signature that nobody could verify.
fn id_token(issuer: &str, subject: &str) -> String {
    let claims = format!("{{\"iss\":\"{issuer}\",\"sub\":\"{subject}\",\"aud\":\"shop\"}}");
    format!("e30.{}.AAAA", BASE64URL.encode(claims))
}

/// The old refresh token is spent when the answer is there: nothing is waited for until the new one is stored, and nothing
/// that is not needed may lose it (RFC 6749 section 6). Who it is about is compared all the same (`OpenID` Connect Core
/// section 12.2).
#[test]
fn e14_a_renewal_needs_no_id_token_and_no_keys() {
    on_every_driver(|driver| {
        let cases =
            [(None, "sam", true), (None, "eve", false), (Some("https://other.example"), "sam", false)];
        for (about, subject, is_used) in cases {
            let said: Arc<Mutex<Option<String>>> = Arc::default();
            let says = Arc::clone(&said);
            let bench = Bench::new(driver, |server| {
                shop(server).subject("sam").token_answer(move |answer| {
                    if let Some(id_token) = &*says.lock().unwrap() {
                        answer["id_token"] = id_token.clone().into();
                    }
                })
            });
            bench.sign_in(&bench.session(bench.app("shop").openid())).unwrap();
            *said.lock().unwrap() = Some(id_token(about.unwrap_or(bench.issuer()), subject));
            // After a restart no key is known.
            let session = bench.session(bench.app("shop").openid());
            bench.clock.advance(Duration::from_secs(4000));
            bench.net.take();
            let outcome = bench.get(session.tokens());
            if is_used {
                assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
            } else {
                let says =
                    format!("{} has renewed the login of another person; it is not used", bench.issuer());
                assert!(
                    outcome.failure().is_some_and(|failure| failure.contains(&says)),
                    "{}: {outcome}",
                    driver.name()
                );
            }
            assert_eq!((bench.count("/token"), bench.count("/jwks")), (1, 0), "{}", driver.name());
            let identity = bench.run(session.identity()).unwrap().unwrap();
            assert_eq!(identity.subject(), "sam", "{}", driver.name());
            bench.assert_clean();
        }
    });
}

/// The person has to sign in, and is told so; nothing is tried over and over.
#[test]
fn d5_a_login_that_has_ended_at_the_server_says_so() {
    on_every_driver(|driver| {
        for (policy, app) in KINDS {
            let bench = Bench::new(driver, |server| shop(server).dpop(policy));
            let session = bench.session(app(bench.app("shop"))).hint("run `acme login`");
            bench.sign_in(&session).unwrap();
            bench.server.revoke_logins();
            bench.net.take();
            let outcome = bench.get(session.tokens());
            let failure = outcome.failure().unwrap_or_else(|| panic!("{}: {outcome}", driver.name()));
            assert!(failure.contains("invalid_grant") && failure.ends_with("run `acme login`"), "{failure}");
            assert!(bench.token(session.tokens()).unwrap_err().is_login_required);
            assert_eq!(sends(&bench), (1, 1), "{}: nothing is redeemed again", driver.name());
            // The login is still there: to be given up, and to be replaced.
            bench.sign_in(&session).unwrap();
            assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
            bench.assert_clean();
        }
    });
}

#[test]
fn d5_a_login_without_a_refresh_token_ends_with_its_token() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| shop(server).refresh_tokens(RefreshTokens::Never));
        let session = bench.session(bench.app("shop")).hint("run `acme login`");
        bench.sign_in(&session).unwrap();
        assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
        bench.clock.advance(Duration::from_secs(4000));
        bench.net.take();
        let outcome = bench.get(session.tokens());
        let expected = format!(
            "the login has ended, and cannot be renewed, at {} as shop: run `acme login`",
            bench.issuer()
        );
        assert_eq!(outcome.failure(), Some(&*expected), "{}: {outcome}", driver.name());
        assert!(bench.net.take().is_empty(), "{}", driver.name());
        bench.assert_clean();
    });
}
