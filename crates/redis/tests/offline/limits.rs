//! Nothing hangs, and what broke is replaced once.

use std::time::{Duration, Instant};

use authwright_core::{Fault, TokenStore, store::StoreKey};
use authwright_redis::RedisStore;

use crate::fake::{Fake, Then, bulk};

fn key() -> StoreKey {
    StoreKey::new("login https://api.example.com")
}

fn said(words: &[String], answer: Then) -> Then {
    if words[0] == "AUTH" { Then::Say("+OK\r\n".to_owned()) } else { answer }
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    // The first keeps silent from the start, the second only once it has let us in.
    for silent_after in [0, 1] {
        let fake = Fake::new(
            move |_, words| {
                if silent_after == 1 { said(words, Then::Nothing) } else { Then::Nothing }
            },
        );
        let (store, start) = (fake.store(), Instant::now());
        for error in
            [store.load(&key()).unwrap_err(), store.lock(&key(), Duration::from_secs(60)).unwrap_err()]
        {
            assert!(error.is_transient() && error.is_timeout(), "{error:?}");
            assert_eq!(error.to_string(), format!("redis at 127.0.0.1:{} did not answer in time", fake.port));
        }
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(600) && took < Duration::from_secs(5), "{took:?}");
    }
}

#[test]
fn creating_a_store_connects_to_nothing() {
    let fake = Fake::new(|_, words| said(words, bulk("record")));
    let store = fake.store().prefix("p:").lease(Duration::ZERO).expire_after(Duration::MAX);
    assert_eq!(fake.connections(), 0);
    assert_eq!(store.load(&key()).unwrap().unwrap().as_bytes(), b"record");
    assert_eq!(fake.connections(), 1);
}

#[test]
fn a_server_that_is_not_there_is_a_passing_fault() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for url in [format!("redis://:hunter2@127.0.0.1:{port}"), "unix:/nowhere.sock?pass=hunter2".to_owned()] {
        let error = RedisStore::new(&url).unwrap().load(&key()).unwrap_err();
        assert!(error.is_transient() && error.fault() == Fault::Network, "{error:?}");
        assert!(error.to_string().contains("cannot be reached"), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

#[test]
fn a_connection_that_broke_while_idle_is_replaced() {
    let fake = Fake::new(|number, words| {
        said(words, if number == 0 && words[2] == "bytes" { bulk("one") } else { bulk("two") })
    });
    let store = fake.store();
    assert_eq!(store.load(&key()).unwrap().unwrap().as_bytes(), b"one");
    assert_eq!(store.load(&key()).unwrap().unwrap().as_bytes(), b"one");
    assert_eq!(fake.connections(), 1, "an idle connection is used again");

    let fake = Fake::new(|number, words| match (number, fake_is_load(words)) {
        (0, true) => said(words, bulk("one")),
        (0, false) => said(words, Then::HangUp),
        _ => said(words, bulk("two")),
    });
    let store = fake.store();
    assert_eq!(store.load(&key()).unwrap().unwrap().as_bytes(), b"one");
    // The first connection hangs up on the lock; the second gives it.
    let mut guard = store.lock(&key(), Duration::ZERO).unwrap();
    assert_eq!(guard.load().unwrap().unwrap().as_bytes(), b"two");
    assert_eq!(fake.connections(), 2);
}

fn fake_is_load(words: &[String]) -> bool {
    words[0] == "HGET"
}

#[test]
fn a_server_that_always_hangs_up_is_asked_once() {
    let fake = Fake::new(|_, words| said(words, Then::HangUp));
    let error = fake.store().load(&key()).unwrap_err();
    assert!(error.is_transient() && error.fault() == Fault::Network, "{error:?}");
    assert_eq!((fake.connections(), fake.commands()), (1, 1));
}

/// The system takes zero for "for ever", or for a mistake.
#[test]
fn a_limit_of_zero_is_a_short_one() {
    let fake = Fake::new(|_, words| said(words, Then::Nothing));
    let error = fake.store().timeouts(Duration::ZERO, Duration::ZERO).load(&key()).unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
}

#[test]
fn a_late_answer_is_not_taken_for_the_next() {
    let late = Duration::from_millis(450);
    let fake = Fake::new(move |number, words| {
        said(words, if number == 0 { Then::SayLate("$3\r\nold\r\n", late) } else { bulk("new") })
    });
    let store = fake.store();
    assert!(store.load(&key()).unwrap_err().is_timeout());
    std::thread::sleep(late);
    assert_eq!(store.load(&key()).unwrap().unwrap().as_bytes(), b"new");
}

#[test]
fn waiting_asks_with_growing_pauses_and_ends() {
    let fake = Fake::new(|_, words| said(words, Then::Say("$-1\r\n".to_owned())));
    let (store, start) = (fake.store(), Instant::now());
    let error = store.lock(&key(), Duration::from_millis(600)).unwrap_err();
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(600) && took < Duration::from_secs(3), "{took:?}");
    assert!(error.is_transient() && !error.is_timeout() && error.fault() == Fault::Store, "{error:?}");
    assert!(error.to_string().contains("login https://api.example.com"), "{error}");
    // 5 ms all along would be over 100 questions, 50 ms all along at least 12 and at most 24 of them.
    let asked = fake.commands();
    assert!((5..=40).contains(&asked), "{asked}");

    let asked_before = fake.commands();
    store.lock(&key(), Duration::ZERO).unwrap_err();
    assert_eq!(fake.commands(), asked_before + 1, "without patience it asks once");
}
