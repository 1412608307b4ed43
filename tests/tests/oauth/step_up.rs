//! An API that wants a stronger login (RFC 9470) or a wider one (RFC 6750 section 3.1): another login, and no renewal.

use std::{collections::BTreeMap, time::Duration};

use authwright_core::{Denied, StepUp};
use authwright_oauth2::{Ask, Device, Registration, Session};
use authwright_testkit::{
    AuthServerBuilder, DevicePoll, DpopPolicy, Endpoint, Outcome, Pushed, RegisteredClient, Reply,
};
use authwright_tests::on_every_driver;

use crate::bench::{API, Bench, CALLBACK};

fn bank(server: AuthServerBuilder) -> AuthServerBuilder {
    server
        .acr_values(&["password", "mfa"])
        .client(RegisteredClient::public("bank").redirect_uri(CALLBACK).scopes("read pay admin"))
}

#[track_caller]
fn denied(outcome: &Outcome) -> &Denied {
    outcome.denied().unwrap_or_else(|| panic!("{outcome}"))
}

fn parameters(url: &str) -> BTreeMap<String, String> {
    url::Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

/// Signs in once more, with what a refusal asks for. Gives the parameters of the authorization request.
fn sign_in_again(bench: &Bench<'_>, session: &Session, step_up: StepUp) -> BTreeMap<String, String> {
    let pending = bench.run(session.begin_asking(CALLBACK, Ask::new().step_up(step_up))).unwrap();
    let asked = parameters(pending.url());
    let callback = bench.server.follow(pending.url());
    bench.run(session.finish(pending, callback)).unwrap();
    asked
}

fn sends(bench: &Bench<'_>) -> (usize, usize) {
    let requests = bench.net.take();
    let to_api = requests.iter().filter(|request| request.origin == API).count();
    (to_api, requests.iter().filter(|request| request.path() == "/token").count())
}

#[test]
fn s1_a_stronger_login_is_asked_for_and_not_a_renewal() {
    on_every_driver(|driver| {
        for (policy, app) in [
            (DpopPolicy::Off, (|app| app) as fn(Registration) -> Registration),
            (DpopPolicy::Required, |app| app.dpop()),
        ] {
            let bench = Bench::new(driver, |server| bank(server).dpop(policy));
            let session = bench.session(app(bench.app("bank").scope("read")));
            bench.sign_in(&session).unwrap();
            bench.server.demand_acr("mfa", Some(300));
            bench.net.take();
            // However often: each request is sent once, and nothing is fetched for it.
            for _ in 0..3 {
                let outcome = bench.get(session.tokens());
                let denied = denied(&outcome);
                assert_eq!(denied.status(), 401);
                assert!(
                    denied.to_string().ends_with(
                        "was sent and accepted, but the server asks for another login of class `mfa`, at most 300 s ago"
                    ),
                    "{}: {denied}",
                    driver.name()
                );
                assert_eq!(sends(&bench), (1, 0), "{}", driver.name());
            }
            let outcome = bench.get(session.tokens());
            let step_up = denied(&outcome).step_up().unwrap();
            assert_eq!(step_up.acr_values.as_deref(), Some("mfa"));
            assert_eq!((step_up.max_age, &step_up.scope), (Some(Duration::from_secs(300)), &None));

            let asked = sign_in_again(&bench, &session, step_up);
            assert_eq!((&*asked["acr_values"], &*asked["max_age"], &*asked["scope"]), ("mfa", "300", "read"));
            let outcome = bench.get(session.tokens());
            assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
            assert_eq!(bench.server.grants(), ["authorization_code"; 2], "{}", driver.name());

            // Five minutes later that is too long ago, and a renewal would change nothing.
            bench.clock.advance(Duration::from_secs(400));
            bench.net.take();
            let outcome = bench.get(session.tokens());
            assert!(denied(&outcome).step_up().is_some(), "{}", driver.name());
            assert_eq!(sends(&bench), (1, 0), "{}", driver.name());
            bench.assert_clean();
        }
    });
}

/// As the API puts it, and nothing else: no parameter can be smuggled in.
#[test]
fn s1_what_is_asked_for_is_carried_as_it_is() {
    on_every_driver(|driver| {
        let error = "error=\"insufficient_user_authentication\"";
        for (challenge, acr_values, max_age) in [
            (format!("Bearer {error}"), None, None),
            (
                format!("Bearer {error}, acr_values=\"mfa password\", max_age=0"),
                Some("mfa password"),
                Some("0"),
            ),
            (format!("bEARER max_age=\"60\", {error}"), None, Some("60")),
            (
                format!("Basic realm=\"x\", Bearer realm=\"y\", {error}, acr_values=\"mfa\""),
                Some("mfa"),
                None,
            ),
            (format!("Bearer {error}, max_age=\"-1\""), None, None),
            (format!("Bearer {error}, max_age=\"soon\""), None, None),
            (format!("Bearer {error}, max_age=\"99999999999999999999999\""), None, None),
            (
                format!("Bearer {error}, acr_values=\"mfa&redirect_uri=https://evil.example/#\""),
                Some("mfa&redirect_uri=https://evil.example/#"),
                None,
            ),
        ] {
            let bench = Bench::new(driver, bank);
            let session = bench.session(bench.app("bank").scope("read"));
            bench.sign_in(&session).unwrap();
            bench.net.take();
            bench.server.next(Endpoint::Resource, Reply::unauthorized(&challenge));
            let outcome = bench.get(session.tokens());
            assert_eq!(sends(&bench), (1, 0), "{}: {challenge}", driver.name());
            let asked = sign_in_again(&bench, &session, denied(&outcome).step_up().unwrap());
            assert_eq!(asked.get("acr_values").map(String::as_str), acr_values, "{challenge}");
            assert_eq!(asked.get("max_age").map(String::as_str), max_age, "{challenge}");
            assert_eq!(asked["redirect_uri"], CALLBACK);
            bench.assert_clean();
        }
    });
}

#[test]
fn s1_it_is_carried_by_a_pushed_request_and_by_a_device_too() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| bank(server).pushed(Pushed::Required));
        let session = bench.session(bench.app("bank").scope("read"));
        bench.sign_in(&session).unwrap();
        bench.server.demand_acr("mfa", Some(300));
        let outcome = bench.get(session.tokens());
        let step_up = || denied(&outcome).step_up().unwrap();
        bench.net.take();
        sign_in_again(&bench, &session, step_up());
        assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
        bench.server.device_answers(&[DevicePoll::Approved]);
        let device = Device::new().shown_by(|_| {});
        bench.run(session.login_asking(device, Ask::new().step_up(step_up()))).unwrap();
        for path in ["/par", "/device_authorization"] {
            let request = bench.requests(path).pop().unwrap();
            let value = |name| request.form_value(name);
            assert_eq!(value("acr_values").as_deref(), Some("mfa"), "{}: {path}", driver.name());
            assert_eq!(value("max_age").as_deref(), Some("300"), "{}: {path}", driver.name());
        }
        bench.assert_clean();
    });
}

/// A 401 of the usual kind is still answered by a renewal: the two are told apart by the error code alone.
#[test]
fn s1_only_the_error_code_says_that_a_login_is_wanted() {
    on_every_driver(|driver| {
        for challenge in [
            "Bearer acr_values=\"mfa\", max_age=60",
            "Bearer error=\"invalid_token\", acr_values=\"mfa\"",
            "Bearer error=\"INSUFFICIENT_USER_AUTHENTICATION\"",
            "Newauth error=\"insufficient_user_authentication\"",
        ] {
            let bench = Bench::new(driver, bank);
            let session = bench.session(bench.app("bank"));
            bench.sign_in(&session).unwrap();
            bench.net.take();
            bench.server.next(Endpoint::Resource, Reply::unauthorized(challenge));
            let outcome = bench.get(session.tokens());
            assert_eq!(outcome.status(), Some(200), "{}, {challenge}: {outcome}", driver.name());
            assert_eq!(sends(&bench), (2, 1), "{}: {challenge}", driver.name());
            bench.assert_clean();
        }
    });
}

#[test]
fn d6_more_scope_is_asked_of_the_person_and_not_of_a_renewal() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, bank);
        let app = || bench.app("bank").scope("read");
        let session = bench.session(app());
        bench.sign_in(&session).unwrap();
        bench.server.demand_scope("pay");
        bench.net.take();
        for _ in 0..3 {
            let outcome = bench.get(session.tokens());
            let denied = denied(&outcome);
            assert!(denied.is_forbidden(), "{}", driver.name());
            assert!(
                denied.to_string().ends_with(
                    "was sent and accepted, but does not permit this; the server asks for scope `pay`"
                ),
                "{denied}"
            );
            assert_eq!(denied.required_scope().as_deref(), Some("pay"));
            assert_eq!(sends(&bench), (1, 0), "{}", driver.name());
        }
        let outcome = bench.get(session.tokens());
        let step_up = denied(&outcome).step_up().unwrap();
        assert_eq!(
            (step_up.scope.as_deref(), &step_up.acr_values, step_up.max_age),
            (Some("pay"), &None, None)
        );
        // What it had, and what is missing.
        let asked = sign_in_again(&bench, &session, step_up);
        assert_eq!(asked["scope"], "read pay");
        assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());

        // It has it for as long as it lives, in every process.
        for session in [&session, &bench.session(app()), &bench.session(app())] {
            bench.clock.advance(Duration::from_secs(4000));
            let outcome = bench.get(session.tokens());
            assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
            let token = bench.token(session.tokens()).unwrap();
            assert_eq!(token.granted_scope(), Some("read pay"), "{}", driver.name());
        }
        // No renewal names a scope: the server knows what the login has (RFC 6749 section 6).
        let mut renewals = bench.requests("/token");
        renewals.retain(|request| request.form_value("grant_type").as_deref() == Some("refresh_token"));
        assert!(renewals.len() > 2 && renewals.iter().all(|request| request.form_value("scope").is_none()));
        // And a login without it has no more than the registration says.
        bench.sign_in(&session).unwrap();
        bench.clock.advance(Duration::from_secs(4000));
        assert_eq!(bench.token(session.tokens()).unwrap().granted_scope(), Some("read"));
        assert!(denied(&bench.get(session.tokens())).is_forbidden(), "{}", driver.name());
        bench.assert_clean();
    });
}

/// What is had already is not asked for twice, and each name once.
#[test]
fn d6_scopes_are_joined_as_a_set() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, bank);
        let session = bench.session(bench.app("bank").scope("pay read"));
        bench.sign_in(&session).unwrap();
        let challenge = "Bearer error=\"insufficient_scope\", scope=\"admin  read admin\"";
        bench.server.next(Endpoint::Resource, Reply::status(403).header("www-authenticate", challenge));
        let outcome = bench.get(session.tokens());
        let asked = sign_in_again(&bench, &session, denied(&outcome).step_up().unwrap());
        assert_eq!(asked["scope"], "pay read admin", "{}", driver.name());
        bench.assert_clean();
        // RFC 6749 section 6: what the server has not granted, no renewal asks for.
        let narrower =
            r#"{"access_token": "n", "token_type": "Bearer", "refresh_token": "r", "scope": "read"}"#;
        bench.server.next(Endpoint::Token, Reply::json(narrower));
        sign_in_again(&bench, &session, denied(&outcome).step_up().unwrap());
        bench.server.next(Endpoint::Resource, Reply::unauthorized("Bearer error=\"invalid_token\""));
        bench.net.take();
        drop(bench.get(session.tokens()));
        let refresh = bench.requests("/token").pop().unwrap();
        assert_eq!(refresh.form_value("scope"), None, "{}", driver.name());
    });
}
