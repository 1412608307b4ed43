//! Signing out (RFC 7009), and signing in again over a login there was: what is over is over, here first.

use std::time::Duration;

use authwright_core::Fault;
use authwright_oauth2::{Registration, Session};
use authwright_testkit::{AuthServerBuilder, Endpoint, RefreshTokens, RegisteredClient, Reply};
use authwright_tests::on_every_driver;

use crate::{
    bench::{API, Bench, CALLBACK, ELSEWHERE, SERVER},
    crowd::{Gate, tokens_at_once, while_one_renews},
    flaky::Flaky,
};

fn acme(server: AuthServerBuilder) -> AuthServerBuilder {
    server.client(RegisteredClient::public("acme-cli").redirect_uri(CALLBACK))
}

fn signed_in(bench: &Bench<'_>) -> Session {
    let session = bench.session(bench.app("acme-cli")).hint("run `acme login`");
    bench.sign_in(&session).unwrap();
    session
}

/// No request goes to the API, and the error says what to do.
#[track_caller]
fn assert_signed_out(bench: &Bench<'_>, session: &Session) {
    bench.net.take();
    let outcome = bench.get(session.tokens());
    let expected = format!("not signed in to {} as acme-cli: run `acme login`", bench.issuer());
    assert_eq!(outcome.failure(), Some(&*expected), "{}: {outcome}", bench.driver.name());
    let error = bench.token(session.tokens()).unwrap_err();
    assert!(error.is_login_required && !error.is_transient, "{error:?}");
    assert!(bench.net.take().is_empty(), "{}", bench.driver.name());
    assert!(!bench.run(session.is_signed_in()).unwrap(), "{}", bench.driver.name());
}

#[test]
fn who_is_not_signed_in_is_told_what_to_do() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, acme);
        let session = bench.session(bench.app("acme-cli")).hint("run `acme login`");
        assert_signed_out(&bench, &session);
        let plain = bench.session(bench.app("acme-cli")).account("work");
        let error = bench.token(plain.tokens()).unwrap_err();
        let expected = format!("not signed in to {} as acme-cli (work): sign in", bench.issuer());
        assert_eq!(error.message, expected, "{}", driver.name());
        // Nor is a login looked for where there is none to end.
        bench.run(session.logout()).unwrap();
        assert!(bench.net.take().is_empty(), "{}", driver.name());
    });
}

#[test]
fn p5_the_login_goes_here_and_at_the_server() {
    on_every_driver(|driver| {
        for (refresh_tokens, hint) in
            [(RefreshTokens::Rotated, "refresh_token"), (RefreshTokens::Never, "access_token")]
        {
            let bench = Bench::new(driver, |server| acme(server).refresh_tokens(refresh_tokens));
            let session = signed_in(&bench);
            let token = bench.token(session.tokens()).unwrap();
            let newest = token.expose_refresh_token().unwrap_or(token.expose()).to_owned();
            bench.run(session.logout()).unwrap();
            assert_eq!(bench.server.revoked_tokens(), [newest], "{}", driver.name());
            let [call] = &bench.requests("/revoke")[..] else { panic!("{}: not one call", driver.name()) };
            let value = |name| call.form_value(name);
            assert_eq!(value("token_type_hint").as_deref(), Some(hint));
            assert_eq!(value("client_id").as_deref(), Some("acme-cli"));
            assert_signed_out(&bench, &session);
            assert_signed_out(&bench, &bench.session(bench.app("acme-cli")).hint("run `acme login`"));
            bench.assert_clean();
        }
    });
}

/// Another process signs out while this one has a token that could not be stored: it is not stored afterwards, and ends.
#[test]
fn p5_a_login_that_has_ended_elsewhere_does_not_come_back() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, acme);
        let store = Flaky::default();
        let session = || {
            let session = Session::new(bench.app("acme-cli"), store.clone()).unwrap();
            session.hint("run `acme login`")
        };
        let (ours, theirs) = (session(), session());
        bench.sign_in(&ours).unwrap();
        bench.clock.advance(Duration::from_secs(4000));
        store.break_down();
        assert_eq!(bench.get(ours.tokens()).status(), Some(200), "{}", driver.name());
        store.mend();
        bench.run(theirs.logout()).unwrap();
        bench.clock.advance(Duration::from_secs(60));
        drop(bench.token(ours.tokens()));
        bench.clock.advance(Duration::from_secs(4000));
        assert_signed_out(&bench, &ours);
        assert_signed_out(&bench, &theirs);
    });
}

/// And who signs out here gives up what could not be stored: it is what lives.
#[test]
fn p5_what_could_not_be_stored_is_given_up_too() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, acme);
        let store = Flaky::default();
        let session = Session::new(bench.app("acme-cli"), store.clone()).unwrap();
        bench.sign_in(&session).unwrap();
        bench.clock.advance(Duration::from_secs(4000));
        store.break_down();
        assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
        store.mend();
        let live = bench.server.live_refresh_tokens();
        bench.run(session.logout()).unwrap();
        assert_eq!(bench.server.revoked_tokens(), live, "{}", driver.name());
        assert!(bench.server.live_refresh_tokens().is_empty(), "{}", driver.name());
    });
}

/// A program that has asked in vain for a long time finds the login of another at once.
#[test]
fn a_login_of_another_process_is_found_at_once() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, acme);
        let (daemon, person) = (bench.session(bench.app("acme-cli")), bench.session(bench.app("acme-cli")));
        for _ in 0..8 {
            assert!(bench.token(daemon.tokens()).unwrap_err().is_login_required, "{}", driver.name());
            bench.clock.advance(Duration::from_secs(300));
        }
        assert!(bench.token(daemon.tokens()).unwrap_err().is_login_required, "{}", driver.name());
        bench.sign_in(&person).unwrap();
        assert_eq!(bench.get(daemon.tokens()).status(), Some(200), "{}", driver.name());
        bench.assert_clean();
    });
}

/// RFC 7009 section 2.2: whoever does not know a token has nothing left to do.
#[test]
fn p5_a_token_that_nobody_knows_is_given_up_too() {
    on_every_driver(|driver| {
        for answer in [None, Some(Reply::status(200)), Some(Reply::status(204)), Some(Reply::ok("gone"))] {
            let bench = Bench::new(driver, acme);
            let session = signed_in(&bench);
            bench.server.revoke_logins();
            if let Some(answer) = answer {
                bench.server.next(Endpoint::Revocation, answer);
            }
            bench.run(session.logout()).unwrap();
            assert_signed_out(&bench, &session);
            bench.assert_clean();
        }
    });
}

#[test]
fn p5_the_login_goes_here_even_if_the_server_cannot_be_told() {
    on_every_driver(|driver| {
        for (answer, wait, is_transient) in [
            (Reply::status(503).header("retry-after", "120"), Some(120), true),
            (Reply::status(503), None, true),
            (Reply::status(429).header("retry-after", "7"), Some(7), true),
            (Reply::status(200).close_before_head(), None, true),
            (Reply::status(400).body(r#"{"error": "unsupported_token_type"}"#), None, false),
            (Reply::status(401).body(r#"{"error": "invalid_client"}"#), None, false),
            (Reply::redirect(307, "https://elsewhere.example/revoke"), None, false),
            (Reply::status(404), None, false),
        ] {
            let bench = Bench::new(driver, acme);
            let session = signed_in(&bench);
            bench.server.next(Endpoint::Revocation, answer);
            let error = bench.run(session.logout()).unwrap_err();
            let says = format!("signed out here, but {} may still take the login: ", bench.issuer());
            assert!(error.message.starts_with(&says), "{}: {error:?}", driver.name());
            assert_eq!(error.retry_after, wait.map(Duration::from_secs), "{}: {error:?}", driver.name());
            assert_eq!(error.is_transient, is_transient, "{}: {error:?}", driver.name());
            let secrets = bench.server.secrets();
            assert!(secrets.iter().all(|secret| !error.message.contains(secret)), "{error:?}");
            assert_signed_out(&bench, &session);
            assert_eq!(bench.server.revoked_tokens(), [] as [String; 0]);
        }
    });
}

/// Nothing is known of the server yet, and it is not there to be asked.
#[test]
fn p5_the_login_goes_here_where_the_server_is_down() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, acme);
        drop(signed_in(&bench));
        bench.net.set_script(|_| Reply::status(200).close_before_head());
        let session = bench.session(bench.app("acme-cli")).hint("run `acme login`");
        let error = bench.run(session.logout()).unwrap_err();
        assert!(error.message.starts_with("signed out here, but "), "{}: {error:?}", driver.name());
        assert!(error.is_transient && error.fault == Fault::Network, "{error:?}");
        assert_signed_out(&bench, &session);
    });
}

/// There is nobody to tell.
#[test]
fn p5_a_server_that_takes_nothing_back_is_not_asked_to() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| {
            acme(server)
                .metadata(|metadata| drop(metadata.as_object_mut().unwrap().remove("revocation_endpoint")))
        });
        let session = signed_in(&bench);
        bench.run(session.logout()).unwrap();
        assert_signed_out(&bench, &session);
        assert_eq!(bench.count("/revoke"), 0, "{}", driver.name());
    });
}

/// What cannot be removed here is to be worth nothing there.
#[test]
fn p5_a_store_that_fails_does_not_keep_the_server_from_being_told() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, acme);
        let store = Flaky::default();
        let session = Session::new(bench.app("acme-cli"), store.clone()).unwrap();
        bench.sign_in(&session).unwrap();
        store.break_down();
        let error = bench.run(session.logout()).unwrap_err();
        assert!(error.message.contains("cannot be removed from its store"), "{}: {error:?}", driver.name());
        assert_eq!(
            (error.fault, bench.server.revoked_tokens().len()),
            (Fault::Store, 1),
            "{}",
            driver.name()
        );
        let error = bench.get(session.tokens());
        assert_ne!(error.status(), Some(200), "{}: {error}", driver.name());
        bench.assert_clean();
    });
}

/// One of them signs out; the other finds that out when its token is no good any more.
#[test]
fn p5_other_processes_are_signed_out_too() {
    on_every_driver(|driver| {
        for refused in [true, false] {
            let bench = Bench::new(driver, acme);
            let here = signed_in(&bench);
            let there = bench.session(bench.app("acme-cli")).hint("run `acme login`");
            assert_eq!(bench.get(there.tokens()).status(), Some(200), "{}", driver.name());
            bench.run(here.logout()).unwrap();
            if !refused {
                bench.clock.advance(Duration::from_secs(4000));
            }
            bench.net.take();
            let outcome = bench.get(there.tokens());
            let failure = outcome.failure().unwrap_or_else(|| panic!("{}: {outcome}", driver.name()));
            assert!(failure.contains("not signed in to "), "{}: {failure}", driver.name());
            assert_eq!(bench.count("/token"), 0, "{}: it redeems what it remembers", driver.name());
            assert!(!bench.run(there.is_signed_in()).unwrap(), "{}", driver.name());

            // And signed in again when somebody does so here.
            bench.sign_in(&here).unwrap();
            bench.clock.advance(Duration::from_secs(31));
            let outcome = bench.get(there.tokens());
            assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
            bench.assert_clean();
        }
    });
}

/// The renewal was under way, and would have brought the login back.
#[test]
fn p5_a_renewal_under_way_does_not_bring_the_login_back() {
    on_every_driver(|driver| {
        for other_process in [false, true] {
            let bench = Bench::new(driver, acme);
            let store = Flaky::default();
            let at_store =
                || Session::new(bench.app("acme-cli"), store.clone()).unwrap().hint("run `acme login`");
            let session = at_store();
            bench.sign_in(&session).unwrap();
            let renewing = if other_process { at_store() } else { session.clone() };
            bench.token(renewing.tokens()).unwrap();
            bench.clock.advance(Duration::from_secs(4000));
            let gate = Gate::new();
            let (server, closed) = (bench.server.clone(), gate.clone());
            bench.net.set_script(move |request| match (request.origin, request.path()) {
                (SERVER, "/token") => {
                    let answer = server.answer(request);
                    closed.pass();
                    answer
                }
                (API, _) => server.resource(request),
                _ => server.answer(request),
            });
            // The server has renewed and its answer is on the way when somebody signs out.
            let flow = session.logout();
            let ended = while_one_renews(&bench, renewing.tokens().clone(), &gate, &store, flow);
            ended.unwrap_or_else(|error| panic!("{}: {error:?}", driver.name()));
            assert_eq!(bench.server.live_refresh_tokens(), [] as [String; 0], "{}", driver.name());
            assert_eq!(bench.server.revocations(), 0, "{}", driver.name());
            assert_signed_out(&bench, &session);
            bench.assert_clean();
        }
    });
}

/// With the login goes what it was used for.
#[test]
fn p5_the_tokens_for_other_apis_go_too() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, acme);
        let app = || {
            bench.app("acme-cli").resource(bench.net.url(API, "/")).resource(bench.net.url(ELSEWHERE, "/"))
        };
        let session = bench.session(app()).hint("run `acme login`");
        bench.sign_in(&session).unwrap();
        let other = session.tokens_for(bench.net.url(API, "/")).unwrap();
        assert_eq!(bench.get(&other).status(), Some(200), "{}", driver.name());
        bench.server.next(Endpoint::Revocation, Reply::status(503));
        bench.run(session.logout()).unwrap_err();
        bench.net.take();
        let outcome = bench.get(&other);
        assert!(
            outcome.failure().is_some_and(|says| says.contains("not signed in")),
            "{}: {outcome}",
            driver.name()
        );
        assert!(bench.net.take().is_empty(), "{}", driver.name());

        // Another person signs in: nobody goes on with what was the first's.
        bench.sign_in(&session).unwrap();
        bench.clock.advance(Duration::from_secs(31));
        let before = bench.token(&other).unwrap();
        bench.sign_in(&session).unwrap();
        let after = bench.token(&other).unwrap();
        assert_ne!(before.expose(), after.expose(), "{}", driver.name());
        bench.assert_clean();
    });
}

#[test]
fn a_new_login_takes_the_place_of_the_old_one_at_once() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, acme);
        let session = signed_in(&bench);
        let there = bench.session(bench.app("acme-cli"));
        let old = bench.token(session.tokens()).unwrap();
        bench.token(there.tokens()).unwrap();
        bench.sign_in(&session).unwrap();
        bench.net.take();
        assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
        let new = bench.token(session.tokens()).unwrap();
        assert_ne!(new.expose(), old.expose(), "{}", driver.name());
        let requests = bench.net.take();
        assert_eq!(requests.len(), 1, "{}: nothing is fetched", driver.name());
        assert!(requests[0].contains(new.expose().as_bytes()), "{}", driver.name());

        // Where another process has the old one still, it finds the new one, and redeems nothing of the old.
        bench.server.revoke_access_tokens();
        bench.clock.advance(Duration::from_secs(4000));
        let tokens = vec![session.tokens().clone(), there.tokens().clone()];
        let texts: Vec<_> = tokens_at_once(&bench, tokens).into_iter().map(Result::unwrap).collect();
        assert_eq!(texts[0], texts[1], "{}: one renewal for both", driver.name());
        assert_eq!(bench.server.grants().last().map(String::as_str), Some("refresh_token"));
        assert_eq!(bench.server.revocations(), 0, "{}", driver.name());
        bench.assert_clean();
    });
}

#[test]
fn p5_each_account_has_a_login_of_its_own() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, acme);
        let session = signed_in(&bench);
        let work = session.clone().account("work");
        bench.sign_in(&work).unwrap();
        bench.run(work.logout()).unwrap();
        assert!(bench.run(session.is_signed_in()).unwrap(), "{}", driver.name());
        assert!(!bench.run(work.is_signed_in()).unwrap(), "{}", driver.name());
        assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
        // Another client's are others' too.
        let other = Session::new(Registration::new(bench.issuer(), "other"), bench.store.clone()).unwrap();
        assert!(!bench.run(other.is_signed_in()).unwrap());
        bench.assert_clean();
    });
}

/// What cannot be kept is not used: a login that would be gone with the process is none.
#[test]
fn a_login_that_cannot_be_stored_is_none() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, acme);
        let store = Flaky::default();
        let session = Session::new(bench.app("acme-cli"), store.clone()).unwrap();
        store.break_down();
        let error = bench.sign_in(&session).unwrap_err();
        assert_eq!((error.fault, &*error.message), (Fault::Store, "the disk is full"), "{}", driver.name());
        assert!(!bench.run(session.is_signed_in()).unwrap());
        let outcome = bench.get(session.tokens());
        assert!(outcome.failure().is_some(), "{}: {outcome}", driver.name());
        store.mend();
        bench.clock.advance(Duration::from_secs(31));
        bench.sign_in(&session).unwrap();
        assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
    });
}
