//! Programs that have registered themselves: what is kept, for how long, and when they register again (RFC 7591).

use std::time::Duration;

use authwright_core::{Fault, Tokens};
use authwright_oauth2::{NewClient, Registration};
use authwright_testkit::{Endpoint, Registration as Policy, Reply};
use authwright_tests::on_every_driver;
use serde_json::json;

use crate::{
    bench::{Bench, CALLBACK},
    crowd::flows_at_once,
    flaky::Flaky,
    registered::{LOOPBACK, cli, json_reply, obtain, open, shop, sign_in_at},
};

#[test]
fn p2_a_restart_makes_no_second_post() {
    on_every_driver(|driver| {
        let bench =
            Bench::new(driver, |server| server.registration(Policy::open().method("client_secret_basic")));
        let release = |version: &str| cli().software("acme-cli", version);
        let session = bench.session(obtain(&bench, release("1.0")).unwrap());
        sign_in_at(&bench, &session, LOOPBACK).unwrap();
        drop(session);
        bench.clock.advance(Duration::from_secs(365 * 86_400));
        bench.net.take();
        // Nothing is asked where everything is known; another version is no other client.
        let app = obtain(&bench, release("2.0").contact("new@acme.example")).unwrap();
        assert!(bench.net.take().is_empty(), "{}", driver.name());
        let session = bench.session(app);
        assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}: the login is there", driver.name());
        assert_eq!(bench.server.registered_ids().len(), 1, "{}", driver.name());
        // What may do something else is another client.
        let _ = obtain(&bench, cli().scope("repo")).unwrap();
        let _ = obtain(&bench, NewClient::new("Acme").redirect_uri(LOOPBACK).scope("repo")).unwrap();
        assert_eq!(bench.server.registered_ids().len(), 3, "{}", driver.name());
        bench.assert_clean();
    });
}

#[test]
fn p2_all_who_begin_at_once_are_one_client() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, open);
        let flows = (0..6).map(|_| Registration::obtain(bench.issuer(), cli(), bench.store.clone()));
        let apps = flows_at_once(&bench, flows.collect());
        let ids = bench.server.registered_ids();
        assert_eq!(ids.len(), 1, "{}", driver.name());
        for app in apps {
            assert!(format!("{:?}", app.unwrap()).contains(&format!("{:?}", ids[0])), "{}", driver.name());
        }
        bench.assert_clean();
    });
}

/// One record for each server, even where all of them share a store.
#[test]
fn p2_what_one_server_has_registered_is_not_for_another() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, open);
        let there = Bench::new(driver, open);
        let first = obtain(&bench, cli()).unwrap();
        let other = there.run(Registration::obtain(there.issuer(), cli(), bench.store.clone())).unwrap();
        assert_ne!(format!("{first:?}"), format!("{other:?}"));
        assert_eq!((there.count("/register"), there.server.registered_ids().len()), (1, 1));
        assert!(!there.seen(&bench.server.registered_ids()[0]), "{}", driver.name());
    });
}

#[test]
fn p2_a_secret_is_not_used_past_its_end_and_another_is_obtained() {
    on_every_driver(|driver| {
        let hour = Duration::from_secs(3600);
        let bench = Bench::new(driver, |server| {
            let policy = Policy::open().method("client_secret_post").secret_lifetime(hour);
            server.registration(policy).token_lifetime(Duration::from_secs(600))
        });
        let session = bench.session(obtain(&bench, shop()).unwrap());
        bench.sign_in(&session).unwrap();
        bench.clock.advance(Duration::from_secs(3500));
        assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
        let _ = obtain(&bench, shop()).unwrap();
        assert_eq!(bench.count("/register"), 1, "{}: it is good for a while", driver.name());

        // Nothing is begun with a secret that ends before it is used.
        bench.clock.advance(Duration::from_secs(60));
        let next = bench.session(obtain(&bench, shop()).unwrap());
        assert_eq!(bench.count("/register"), 2, "{}", driver.name());
        let error = bench.token(next.tokens()).unwrap_err();
        assert!(error.message.starts_with("not signed in to "), "{}", error.message);
        bench.sign_in(&next).unwrap();

        bench.clock.advance(Duration::from_secs(700));
        bench.net.take();
        let error = bench.token(session.tokens()).unwrap_err();
        assert!(error.is_login_required, "{error:?}");
        assert!(error.message.contains("has a secret that has ended: register again"), "{}", error.message);
        let error = bench.run(session.begin(CALLBACK)).unwrap_err();
        assert!(error.message.contains("has a secret that has ended"), "{}", error.message);
        assert_eq!(bench.count("/token"), 0, "{}", driver.name());
        assert_eq!(bench.get(next.tokens()).status(), Some(200), "{}", driver.name());
        bench.assert_clean();
    });
}

/// The client is known no more; one new one is registered, by whoever begins next, and people sign in again.
#[test]
fn p2_a_pruned_client_recovers_once() {
    on_every_driver(|driver| {
        for method in ["none", "client_secret_basic"] {
            let bench = Bench::new(driver, |server| server.registration(Policy::open().method(method)));
            let begin = || bench.session(obtain(&bench, shop()).unwrap()).hint("run `shop login`");
            let (session, elsewhere) = (begin(), begin());
            bench.sign_in(&session).unwrap();
            let first = bench.server.registered_ids()[0].clone();
            bench.server.forget_client(&first);
            // A token that lives is used. It is the renewal that finds out.
            assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
            bench.clock.advance(Duration::from_secs(4000));
            bench.net.take();
            let error = bench.token(session.tokens()).unwrap_err();
            assert!(error.is_login_required && !error.is_transient, "{error:?}");
            assert!(error.message.contains("answered 401 invalid_client"), "{}", error.message);
            let says =
                "is not known there any more: register again (Registration::obtain), then run `shop login`";
            assert!(error.message.ends_with(says), "{}", error.message);
            assert_eq!((bench.count("/token"), bench.count("/register")), (1, 0), "{}", driver.name());
            // Nobody is sent away with it, and it is not replayed.
            let error = bench.run(session.begin(CALLBACK)).unwrap_err();
            assert!(error.message.contains("is not known to the server any more"), "{}", error.message);
            // Nor by a process that has not heard of it.
            let error = bench.run(elsewhere.begin(CALLBACK)).unwrap_err();
            assert!(error.message.contains("is not known to the server any more"), "{}", error.message);
            bench.clock.advance(Duration::from_secs(4000));
            assert!(bench.token(session.tokens()).unwrap_err().is_login_required);
            assert_eq!(bench.count("/token"), 1, "{}", driver.name());

            let again = begin();
            assert_eq!(bench.server.registered_ids().len(), 2, "{}", driver.name());
            let error = bench.token(again.tokens()).unwrap_err();
            assert!(error.message.starts_with("not signed in to "), "{}", error.message);
            bench.sign_in(&again).unwrap();
            assert_eq!(bench.get(again.tokens()).status(), Some(200), "{}", driver.name());
            // It is the one from now on. Who still has the old one changes nothing.
            assert!(bench.run(session.is_signed_in()).unwrap());
            assert!(bench.token(session.tokens()).unwrap_err().is_login_required);
            let restarted = begin();
            assert_eq!(bench.get(restarted.tokens()).status(), Some(200), "{}", driver.name());
            assert_eq!(bench.server.registered_ids().len(), 2, "{}", driver.name());

            // It was accepted: should it be pruned too, that is another time.
            bench.server.forget_client(&bench.server.registered_ids()[1]);
            bench.clock.advance(Duration::from_secs(4000));
            assert!(bench.token(restarted.tokens()).unwrap_err().is_login_required);
            bench.sign_in(&begin()).unwrap();
            assert_eq!(bench.server.registered_ids().len(), 3, "{}", driver.name());
            bench.assert_clean();
        }
    });
}

/// A server that refuses whoever registers is not asked over and over.
#[test]
fn p2_a_second_refusal_is_for_a_person() {
    on_every_driver(|driver| {
        let bench =
            Bench::new(driver, |server| server.registration(Policy::open().method("client_secret_post")));
        let unknown = || json_reply(401, &json!({"error": "invalid_client"}));
        let refused = || {
            let session = bench.session(obtain(&bench, shop()).unwrap());
            bench.server.next(Endpoint::Token, unknown());
            bench.sign_in(&session).unwrap_err()
        };
        let error = refused();
        assert!(error.message.contains("is not known there any more"), "{}", error.message);
        for _ in 0..3 {
            let error = refused();
            assert!(error.is_login_required, "{error:?}");
            assert!(error.message.contains("was registered in place of one that was refused"), "{error:?}");
        }
        assert_eq!(bench.count("/register"), 2, "{}", driver.name());
        // Until somebody says so.
        bench.run(Registration::forget(bench.issuer(), shop(), bench.store.clone())).unwrap();
        bench.sign_in(&bench.session(obtain(&bench, shop()).unwrap())).unwrap();
        assert_eq!(bench.count("/register"), 3, "{}", driver.name());
        bench.assert_clean();
    });
}

#[test]
fn p2_nothing_else_makes_it_register_again() {
    on_every_driver(|driver| {
        for reply in [
            json_reply(503, &json!({"error": "invalid_client"})),
            json_reply(429, &json!({"error": "invalid_client"})),
            json_reply(400, &json!({"error": "unauthorized_client"})),
            json_reply(400, &json!({"error": "invalid_grant"})),
            json_reply(400, &json!({"error": "invalid_request"})),
            Reply::status(401),
        ] {
            let bench = Bench::new(driver, open);
            let session = bench.session(obtain(&bench, cli()).unwrap());
            sign_in_at(&bench, &session, LOOPBACK).unwrap();
            bench.clock.advance(Duration::from_secs(4000));
            bench.server.next(Endpoint::Token, reply);
            bench.token(session.tokens()).unwrap_err();
            let _ = obtain(&bench, cli()).unwrap();
            assert_eq!(bench.count("/register"), 1, "{}", driver.name());
        }
        // Nor do endpoints that may want another client than this.
        let bench = Bench::new(driver, open);
        let app = obtain(&bench, cli()).unwrap();
        bench.server.next(Endpoint::Introspection, json_reply(401, &json!({"error": "invalid_client"})));
        let error = bench.run(app.introspect("t0ken-of-somebody")).unwrap_err();
        assert!(error.message.contains("; check client `"), "{}", error.message);
        sign_in_at(&bench, &bench.session(app), LOOPBACK).unwrap();
        let _ = obtain(&bench, cli()).unwrap();
        assert_eq!(bench.count("/register"), 1, "{}", driver.name());
        // Nor is one that was registered by hand ever replaced.
        let bench = Bench::new(driver, open);
        let tokens = Tokens::new(bench.app("billing").secret("s3cret").client_credentials()).unwrap();
        let error = bench.token(&tokens).unwrap_err();
        assert!(error.message.contains("check client `billing` (its secret: value"), "{}", error.message);
        assert_eq!(bench.count("/register"), 0, "{}", driver.name());
    });
}

#[test]
fn p2_a_store_that_cannot_be_written_is_found_out_before_the_server_is_asked() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, open);
        let store = Flaky::default();
        let obtain = || bench.run(Registration::obtain(bench.issuer(), shop(), store.clone()));
        store.break_down();
        let error = obtain().unwrap_err();
        assert_eq!((error.fault, &*error.message), (Fault::Store, "the disk is full"), "{}", driver.name());
        assert_eq!(bench.count("/register"), 0, "{}", driver.name());

        // It breaks down meanwhile: what was registered is said, to be found again.
        store.mend();
        let (server, breaks) = (bench.server.clone(), store.clone());
        bench.net.set_script(move |request| {
            if request.path() == "/register" {
                breaks.break_down();
            }
            server.answer(request)
        });
        let error = obtain().unwrap_err();
        let id = format!("as client `{}`, but that cannot be stored", bench.server.registered_ids()[0]);
        assert!(error.fault == Fault::Store && error.message.contains(&id), "{}", error.message);

        // A refusal that cannot be noted is said to be one.
        let bench = Bench::new(driver, open);
        let (store, client) = (Flaky::default(), NewClient::new("Billing").grant_type("client_credentials"));
        let obtain = || bench.run(Registration::obtain(bench.issuer(), client.clone(), store.clone()));
        let app = obtain().unwrap();
        bench.server.forget_client(&bench.server.registered_ids()[0]);
        store.break_down();
        let error = bench.token(&Tokens::new(app.client_credentials()).unwrap()).unwrap_err();
        let says =
            "is not known to the server any more, and that cannot be noted in its store: the disk is full";
        assert!(error.fault == Fault::Store && error.message.ends_with(says), "{}", error.message);
        store.mend();
        let error = bench.token(&Tokens::new(app.client_credentials()).unwrap()).unwrap_err();
        assert!(error.message.contains("is not known there any more"), "{}", error.message);
        let app = obtain().unwrap();
        bench.token(&Tokens::new(app.client_credentials()).unwrap()).unwrap();
        assert_eq!(bench.count("/register"), 2, "{}", driver.name());
        bench.assert_clean();
    });
}
