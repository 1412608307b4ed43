//! Refresh tokens that are good once (RFC 6749 section 6, RFC 9700 section 4.14.2): the newest is never lost, never sent
//! twice, and stored before its access token is used.

use std::{
    sync::{Arc, Barrier, Mutex},
    thread,
    time::Duration,
};

use authwright_core::{MemoryStore, TokenEvent, Tokens};
use authwright_testkit::{Reply, TestClock};
use authwright_tests::{another, on_every_driver};

use crate::{
    nasty::{SECRETS, get},
    oauth::{app, grant},
    rotating::{Server, Spy},
    support::net,
};

/// 100 callers at once, again and again: one redeems, and every new refresh token takes the place of the one before.
#[test]
fn e14_a_hundred_callers_redeem_each_refresh_token_once() {
    const CALLERS: usize = 100;
    let net = net();
    on_every_driver(|driver| {
        let server = Server::on(&net, "r3fresh");
        let (tokens, clock) = (Tokens::new(grant(&net)).unwrap(), TestClock::new());
        let (name, barrier) = (driver.name(), Barrier::new(CALLERS));
        thread::scope(|scope| {
            for _ in 0..CALLERS {
                let (net, tokens, clock, barrier) = (&net, &tokens, &clock, &barrier);
                scope.spawn(move || {
                    let driver = another(name);
                    for round in 1..=3 {
                        barrier.wait();
                        let token = driver.token(net, clock, tokens).unwrap();
                        assert_eq!(token.expose(), format!("acc3ss-{round}"), "{name}");
                        if barrier.wait().is_leader() {
                            clock.advance(Duration::from_secs(400));
                        }
                    }
                });
            }
        });
        assert_eq!(
            server.take_log(),
            ["redeemed r3fresh", "redeemed r3fresh-1", "redeemed r3fresh-2"],
            "{name}"
        );
        assert_eq!(server.state.lock().unwrap().revocations, 0, "{name}");
    });
}

/// The new record is stored, durably, before any request carries the token; the old refresh token is in it no more.
#[test]
fn e14_a_token_is_stored_before_it_is_used() {
    let net = net();
    on_every_driver(|driver| {
        let server = Server::on(&net, "r3fresh");
        let spy = Spy { inner: MemoryStore::new(), server: Arc::clone(&server) };
        let (tokens, clock) = (Tokens::builder(grant(&net)).store(spy).build().unwrap(), TestClock::new());
        for number in 1..=3 {
            assert_eq!(get(&net, driver, &tokens, &clock).status(), Some(200), "{}", driver.name());
            let old = if number == 1 { String::new() } else { format!("-{}", number - 1) };
            let expected = [
                format!("redeemed r3fresh{old}"),
                format!("saved acc3ss-{number} r3fresh-{number}"),
                format!("used Bearer acc3ss-{number}"),
            ];
            assert_eq!(server.take_log(), expected, "{}", driver.name());
            clock.advance(Duration::from_secs(400));
        }
    });
}

/// RFC 6749 section 6: where none is returned, the old one stays; in memory and in the store.
#[test]
fn e14_a_refresh_token_that_is_not_replaced_is_kept() {
    let net = net();
    on_every_driver(|driver| {
        for none in ["", r#", "refresh_token": null"#, r#", "refresh_token": """#] {
            let json =
                format!(r#"{{"access_token": "acc3ss", "token_type": "Bearer", "expires_in": 300{none}}}"#);
            net.set_script(move |_| Reply::json(&json));
            let (store, clock) = (MemoryStore::new(), TestClock::new());
            for stored in [false, true] {
                let builder = Tokens::builder(grant(&net));
                let tokens = if stored { builder.store(store.clone()) } else { builder }.build().unwrap();
                for _ in 0..3 {
                    net.take();
                    driver.token(&net, &clock, &tokens).unwrap();
                    assert_eq!(net.take()[0].form_value("refresh_token").as_deref(), Some("r3fresh"));
                    clock.advance(Duration::from_secs(400));
                }
            }
            // After a restart the store is enough.
            let alone = app(&net).secret("s3cret").stored_refresh_token();
            let tokens = Tokens::builder(alone).store(store).build().unwrap();
            driver.token(&net, &clock, &tokens).unwrap();
            assert_eq!(
                net.take()[0].form_value("refresh_token").as_deref(),
                Some("r3fresh"),
                "{}",
                driver.name()
            );
        }
    });
}

/// After a restart the newest refresh token counts, whatever the program was given; the one it began with is spent.
#[test]
fn e14_after_a_restart_the_stored_refresh_token_wins() {
    let net = net();
    on_every_driver(|driver| {
        let server = Server::on(&net, "r3fresh");
        let (store, clock) = (MemoryStore::new(), TestClock::new());
        for number in 1..=3 {
            let tokens = Tokens::builder(grant(&net)).store(store.clone()).build().unwrap();
            assert_eq!(get(&net, driver, &tokens, &clock).status(), Some(200), "{}", driver.name());
            clock.advance(Duration::from_secs(400));
            assert_eq!(server.state.lock().unwrap().issued, number, "{}", driver.name());
        }
        assert_eq!(server.state.lock().unwrap().revocations, 0, "{}", driver.name());
    });
}

/// A login that has ended is followed by a new one that the program was given, once; the first one is not sent again.
#[test]
fn a_new_login_takes_the_place_of_one_that_has_ended() {
    let net = net();
    on_every_driver(|driver| {
        let server = Server::on(&net, "r3fresh");
        let (store, clock) = (MemoryStore::new(), TestClock::new());
        let given = |token: &str| {
            let grant = app(&net).secret("s3cret").refresh_token(token);
            Tokens::builder(grant).store(store.clone()).build().unwrap()
        };
        driver.token(&net, &clock, &given("r3fresh")).unwrap();
        server.forget();
        clock.advance(Duration::from_secs(400));
        server.take_log();

        // It began with the one that is configured still: there is nothing to try.
        let tokens = given("r3fresh");
        let failure = driver.token(&net, &clock, &tokens).unwrap_err();
        assert!(failure.is_login_required && !failure.is_transient, "{}: {}", driver.name(), failure.message);
        assert!(failure.message.contains("sign in again"), "{}", failure.message);
        assert_eq!(server.take_log(), ["redeemed r3fresh-1"], "{}", driver.name());

        // A new one that is no good is tried once, and no more.
        let tokens = given("r3fresh-bad");
        for tries in [&["redeemed r3fresh-1", "redeemed r3fresh-bad"][..], &["redeemed r3fresh-1"]] {
            let failure = driver.token(&net, &clock, &tokens).unwrap_err();
            assert!(failure.is_login_required, "{}: {}", driver.name(), failure.message);
            assert_eq!(server.take_log(), tries, "{}", driver.name());
            clock.advance(Duration::from_secs(700));
        }

        server.sign_in("r3fresh-new");
        driver.token(&net, &clock, &given("r3fresh-new")).unwrap();
        assert_eq!(server.take_log(), ["redeemed r3fresh-1", "redeemed r3fresh-new"], "{}", driver.name());
        clock.advance(Duration::from_secs(400));
        driver.token(&net, &clock, &given("r3fresh-new")).unwrap();
        assert_eq!(server.take_log(), ["redeemed r3fresh-2"], "{}: and goes on from there", driver.name());
    });
}

/// RFC 6750 section 3.1: a server that takes a token back early is no reason to sign in.
#[test]
fn e11_a_token_that_is_revoked_early_is_renewed() {
    let net = net();
    on_every_driver(|driver| {
        let server = Server::on(&net, "r3fresh");
        let (tokens, clock) = (Tokens::new(grant(&net)).unwrap(), TestClock::new());
        assert_eq!(get(&net, driver, &tokens, &clock).status(), Some(200), "{}", driver.name());
        server.take_log();
        // Another number is the newest now.
        server.state.lock().unwrap().issued += 1;
        assert_eq!(get(&net, driver, &tokens, &clock).status(), Some(200), "{}", driver.name());
        let expected = ["used Bearer acc3ss-1", "redeemed r3fresh-1", "used Bearer acc3ss-3"];
        assert_eq!(server.take_log(), expected, "{}", driver.name());
    });
}

/// RFC 6749 sections 10.3 and 10.4: whatever can be printed of a login, by us or with the words of its server.
#[test]
fn e17_nothing_printed_of_a_login_holds_a_secret() {
    let net = net();
    on_every_driver(|driver| {
        let server = Server::on(&net, "r3fresh");
        let printed = Arc::new(Mutex::new(Vec::new()));
        let print = |text: String| printed.lock().unwrap().push(text);
        let hears = Arc::clone(&printed);
        print(format!("{:?} {:#?}", grant(&net), app(&net).secret_in_body("s3cret")));
        let store = MemoryStore::new();
        let builder = Tokens::builder(grant(&net).subject("sam"))
            .store(store.clone())
            .on_event(move |event: &TokenEvent| hears.lock().unwrap().push(format!("{event:?} {event:#?}")));
        print(format!("{builder:?}"));
        let (tokens, clock) = (builder.build().unwrap(), TestClock::new());
        for _ in 0..2 {
            let outcome = get(&net, driver, &tokens, &clock);
            assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
            outcome.printed.into_iter().for_each(print);
            clock.advance(Duration::from_secs(400));
        }
        print(format!("{tokens:?} {:?} {store:?}", driver.token(&net, &clock, &tokens)));
        server.forget();
        clock.advance(Duration::from_secs(400));
        let echo =
            r#"{"error": "invalid_grant", "error_description": "r3fresh-3 of Basic bXktYXBwOnMzY3JldA=="}"#;
        net.set_script(move |_| Reply::status(400).body(echo));
        let outcome = get(&net, driver, &tokens, &clock);
        assert!(outcome.failure().is_some_and(|text| text.contains("it repeats a secret")), "{outcome}");
        print(format!("{outcome} {outcome:?}"));
        outcome.printed.into_iter().for_each(print);
        let printed = printed.lock().unwrap();
        assert!(printed.len() > 10 && printed.iter().any(|text| text.contains("Failed")), "{printed:#?}");
        for text in printed.iter() {
            let leak = SECRETS.iter().chain(&["bXktYXBwOnMzY3JldA"]).find(|secret| text.contains(*secret));
            assert!(leak.is_none(), "{}: {leak:?} in {text}", driver.name());
        }
    });
}
