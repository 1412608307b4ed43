//! The refresh transaction over a store in memory, one step after the other.

use std::sync::{Arc, Mutex};

use super::{
    super::{Token, Tokens, record},
    Asks, Bench, answer, at, call, ends, job, run, seconds,
};
use crate::{
    MemoryStore, TokenStore,
    flow::FlowStep,
    store::{Record, Saved, StoreKey},
};

pub(super) const NEXT: &str = r#"{"access_token": "a1", "refresh_token": "r1", "expires_in": 300}"#;

pub(super) fn key() -> StoreKey {
    StoreKey::new("the test")
}

fn put(store: &MemoryStore, token: &Token) {
    let mut guard = store.lock(&key(), seconds(0)).unwrap();
    assert_eq!(guard.save(&record::write(token, &key())).unwrap(), Saved::Stored);
}

fn kept(store: &MemoryStore) -> Option<Token> {
    store.load(&key()).unwrap().map(|record| record::read(&record, &key()).unwrap())
}

fn kept_name(store: &MemoryStore) -> Option<String> {
    kept(store).map(|token| token.expose().to_owned())
}

#[track_caller]
fn must_be_free(store: &MemoryStore) {
    assert!(store.lock(&key(), seconds(0)).is_ok(), "it is still locked");
}

fn living(name: &str, asked_at: u64) -> Token {
    Token::new(name).lifetime(at(asked_at), seconds(300)).refresh_token("r0")
}

#[test]
fn what_another_process_has_stored_is_adopted_without_a_lock() {
    let store = MemoryStore::new();
    put(&store, &living("theirs", 0));
    let bench = Bench::stored(&store);
    let _elsewhere = store.lock(&key(), seconds(0)).unwrap();
    let mut running = bench.started();
    job(&mut running).run();
    assert_eq!(bench.fresh(), None);
    job(&mut running).run(); // the listener
    ends(&mut running);
    assert_eq!(bench.fresh().unwrap(), "theirs");
    assert_eq!(bench.heard(), ["adopted theirs"]);
}

#[test]
fn what_another_process_has_stored_meanwhile_is_adopted_under_the_lock() {
    let store = MemoryStore::new();
    let bench = Bench::stored(&store);
    let mut running = bench.started();
    job(&mut running).run();
    let lock = job(&mut running);
    put(&store, &living("theirs", 0));
    lock.run();
    job(&mut running).run(); // which unlocks
    must_be_free(&store);
    job(&mut running).run();
    ends(&mut running);
    assert_eq!((bench.fresh().unwrap(), bench.heard()), ("theirs".into(), vec!["adopted theirs".into()]));
}

#[test]
fn a_stored_token_that_has_ended_or_was_refused_is_renewed() {
    let store = MemoryStore::new();
    put(&store, &living("a0", 0));
    let bench = Bench::stored(&store);
    run(bench.started(), 500, "");
    assert_eq!(bench.fresh().unwrap(), "a0");
    bench.heard();
    let refusal = bench.tokens.0.cache.reject(1, bench.now());
    assert_eq!(refusal, super::super::cache::Refusal::Again(2));
    assert_eq!(run(bench.started(), 200, NEXT), ["r0"], "the refused one is not adopted again");
    assert_eq!(bench.fresh().unwrap(), "a1");
    assert_eq!(bench.heard(), ["renewed a1"]);

    let restarted = Bench::stored(&store);
    restarted.pass(seconds(300));
    assert_eq!(run(restarted.started(), 200, r#"{"access_token": "a2"}"#), ["r1"]);
    assert_eq!(restarted.fresh().unwrap(), "a2");
}

#[test]
fn a_token_is_stored_before_anybody_uses_it() {
    let store = MemoryStore::new();
    let bench = Bench::stored(&store);
    let mut running = bench.started();
    job(&mut running).run();
    job(&mut running).run();
    assert!(store.lock(&key(), seconds(0)).is_err(), "it is locked before the call");
    answer(call(&mut running), 200, NEXT);
    let save = job(&mut running);
    assert_eq!((kept_name(&store), bench.fresh()), (None, None));
    save.run();
    must_be_free(&store);
    assert_eq!((kept_name(&store).unwrap(), bench.fresh()), ("a1".into(), None));
    job(&mut running).run();
    assert_eq!((bench.heard(), bench.fresh()), (vec!["renewed a1".into()], None), "told before it is used");
    ends(&mut running);
    assert_eq!(bench.fresh().unwrap(), "a1");
}

#[test]
fn a_save_that_has_begun_is_finished_without_its_flow() {
    let store = MemoryStore::new();
    let bench = Bench::stored(&store);
    let mut running = bench.started();
    job(&mut running).run();
    job(&mut running).run();
    answer(call(&mut running), 200, NEXT);
    let save = job(&mut running);
    drop(running);
    assert!(store.lock(&key(), seconds(0)).is_err(), "it is still locked");
    save.run();
    must_be_free(&store);
    assert_eq!(kept_name(&store).unwrap(), "a1");
    assert!(run(bench.started(), 500, "").is_empty(), "the next flow finds it");
    assert_eq!(bench.fresh().unwrap(), "a1");
}

#[test]
fn a_flow_dropped_anywhere_unlocks() {
    for steps in 0..5 {
        let store = MemoryStore::new();
        let bench = Bench::stored(&store);
        let mut running = bench.started();
        for _ in 0..steps {
            match running.step() {
                FlowStep::Block(job) => job.run(),
                FlowStep::Send(call) => answer(call, 200, NEXT),
                _ => panic!("it has ended"),
            }
        }
        drop(running);
        must_be_free(&store);
        run(bench.started(), 200, NEXT);
        assert_eq!(bench.fresh().unwrap(), "a1");
    }
}

#[test]
fn a_flow_that_is_dropped_with_its_job_unlocks() {
    let store = MemoryStore::new();
    let bench = Bench::stored(&store);
    let mut running = bench.started();
    job(&mut running).run();
    job(&mut running).run();
    answer(call(&mut running), 200, NEXT);
    let save = job(&mut running);
    drop((running, save));
    must_be_free(&store);
    let _next = bench.started();
}

#[test]
fn a_failure_unlocks_and_leaves_what_is_stored() {
    for (status, transient) in [(500, true), (400, false)] {
        let store = MemoryStore::new();
        put(&store, &living("a0", 0));
        let bench = Bench::stored(&store);
        bench.pass(seconds(300));
        assert_eq!(run(bench.started(), status, ""), ["r0"]);
        must_be_free(&store);
        assert_eq!(kept_name(&store).unwrap(), "a0");
        let says = if transient { "failed: busy" } else { "failed: refused" };
        assert_eq!(bench.heard(), [says]);
    }
}

#[test]
fn a_renewal_replaces_what_it_returns_and_keeps_the_rest() {
    let store = MemoryStore::new();
    put(&store, &living("a0", 0).scope("orders.read").detail("tenant", "t-1"));
    let bench = Bench::stored(&store);
    bench.pass(seconds(300));
    run(bench.started(), 200, r#"{"access_token": "a1", "expires_in": 10}"#);
    let kept_on = kept(&store).unwrap();
    assert_eq!(kept_on.expose_refresh_token(), Some("r0"), "none returned: the old one stays");
    assert_eq!(kept_on.granted_scope(), Some("orders.read"));
    assert_eq!(kept_on.expose_detail("tenant"), Some("t-1"));
    bench.pass(seconds(10));
    assert_eq!(run(bench.started(), 200, r#"{"access_token": "a2", "refresh_token": "r2"}"#), ["r0"]);
    let rotated = kept(&store).unwrap();
    assert_eq!((rotated.expose(), rotated.expose_refresh_token()), ("a2", Some("r2")));
    assert_eq!(rotated.granted_scope(), Some("orders.read"));
    assert_eq!(bench.fresh().unwrap(), "a2");
}

#[test]
fn a_damaged_record_is_an_error_and_stays() {
    let store = MemoryStore::new();
    let damage = || {
        let mut guard = store.lock(&key(), seconds(0)).unwrap();
        assert_eq!(guard.save(&Record::from_bytes(b"{".to_vec())).unwrap(), Saved::Stored);
    };
    let bench = Bench::stored(&store);
    let mut running = bench.started();
    job(&mut running).run();
    let lock = job(&mut running);
    damage();
    lock.run();
    assert!(run(running, 200, NEXT).is_empty(), "under the lock: nothing is redeemed");
    must_be_free(&store);
    let bench = Bench::stored(&store);
    assert!(run(bench.started(), 200, NEXT).is_empty());
    let error = bench.tokens.acquire().step(bench.now()).unwrap_err();
    assert!(error.to_string().contains("cannot be used: it is damaged"), "{error}");
    assert!(!error.is_transient());
    assert_eq!(store.load(&key()).unwrap().unwrap().as_bytes(), b"{");
}

#[test]
fn a_listener_that_panics_changes_nothing() {
    let told = Arc::new(Mutex::new(0));
    let tells = Arc::clone(&told);
    let listener = move |_: &_| {
        *tells.lock().unwrap() += 1;
        std::panic::resume_unwind(Box::new(()));
    };
    let tokens = Tokens::builder(Asks).on_event(listener).build().unwrap();
    let bench = Bench { tokens, ..Bench::new(None) };
    run(bench.started(), 200, NEXT);
    assert_eq!((bench.fresh().unwrap(), *told.lock().unwrap()), ("a1".into(), 1));
}

#[test]
fn without_a_store_a_token_counts_from_when_it_was_asked_for() {
    let bench = Bench::new(None);
    let mut running = bench.started();
    let call = call(&mut running);
    bench.pass(seconds(100));
    answer(call, 200, NEXT);
    ends(&mut running);
    let expiry = bench.tokens.fresh(bench.now()).unwrap().expiry();
    assert_eq!(expiry, Some(at(300_000)));
}
