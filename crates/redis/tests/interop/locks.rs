//! One holder at a time, for as long as the lease and the patience say.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use authwright_core::TokenStore;

use crate::support::{PATIENCE, SHORT, fresh_key, kept, lock_name, raw, record, record_name, store};

#[test]
fn one_thread_at_a_time() {
    let (store, key) = (store(), fresh_key());
    let (inside, turns) = (AtomicBool::new(false), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let guard = store.lock(&key, PATIENCE).unwrap();
                    assert!(!inside.swap(true, Ordering::SeqCst), "two are inside");
                    thread::sleep(Duration::from_millis(1));
                    inside.store(false, Ordering::SeqCst);
                    turns.fetch_add(1, Ordering::SeqCst);
                    drop(guard);
                }
            });
        }
    });
    assert_eq!(turns.into_inner(), 80);
}

#[test]
fn patience_is_bounded() {
    let (store, key) = (store(), fresh_key());
    let _held = store.lock(&key, PATIENCE).unwrap();
    for patience in [Duration::ZERO, Duration::from_millis(200)] {
        let start = Instant::now();
        let error = store.clone().lock(&key, patience).unwrap_err();
        let took = start.elapsed();
        assert!(took >= patience && took < patience + Duration::from_secs(1), "{took:?}");
        assert!(error.is_transient() && !error.is_login_required(), "{error:?}");
        assert!(error.to_string().contains(key.identity()), "{error}");
    }
}

#[test]
fn dropping_unlocks_at_once() {
    let (store, key) = (store(), fresh_key());
    for _ in 0..3 {
        drop(store.lock(&key, Duration::ZERO).unwrap());
    }
    assert!(!raw::<bool>(&["EXISTS", &lock_name(&key)]));
}

#[test]
fn who_waits_gets_in_soon_after_the_holder_left() {
    let (store, key) = (store(), fresh_key());
    let guard = store.lock(&key, PATIENCE).unwrap();
    let waited = thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            drop(store.lock(&key, PATIENCE).unwrap());
            Instant::now()
        });
        thread::sleep(Duration::from_millis(300));
        drop(guard);
        let left = Instant::now();
        waiting.join().unwrap().saturating_duration_since(left)
    });
    assert!(waited < Duration::from_millis(500), "{waited:?}");
}

#[test]
fn the_lease_is_what_was_set() {
    let (store, key) = (store(), fresh_key());
    let _guard = store.clone().lock(&key, PATIENCE).unwrap();
    let left: u64 = raw(&["PTTL", &lock_name(&key)]);
    assert!((59_000..=60_000).contains(&left), "{left}");

    let (key, start) = (fresh_key(), Instant::now());
    let _stuck = store.clone().lease(SHORT).lock(&key, PATIENCE).unwrap();
    let _next = store.lock(&key, PATIENCE).unwrap();
    let took = start.elapsed();
    assert!(took + Duration::from_millis(2) >= SHORT && took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn records_last_for_ever_unless_told_otherwise() {
    let (store, key) = (store(), fresh_key());
    let expiring = store.clone().expire_after(Duration::from_millis(200));
    let _ = expiring.lock(&key, PATIENCE).unwrap().save(&record("brief")).unwrap();
    assert_eq!(kept(&store, &key).as_deref(), Some("brief"));
    thread::sleep(Duration::from_millis(300));
    assert_eq!(kept(&store, &key), None);
    assert!(!raw::<bool>(&["EXISTS", &record_name(&key)]), "the fence goes with the record");

    let _ = expiring.lock(&key, PATIENCE).unwrap().save(&record("brief")).unwrap();
    let _ = store.lock(&key, PATIENCE).unwrap().save(&record("lasting")).unwrap();
    assert_eq!(raw::<i64>(&["PTTL", &record_name(&key)]), -1);

    let key = fresh_key();
    drop(expiring.lock(&key, PATIENCE).unwrap());
    assert!(raw::<i64>(&["PTTL", &record_name(&key)]) <= 200, "a fence without a record expires too");
    thread::sleep(Duration::from_millis(300));
    assert!(!raw::<bool>(&["EXISTS", &record_name(&key)]));
}
