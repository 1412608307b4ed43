//! A lease that ran out: who comes late, and what survives.

use std::thread;

use authwright_core::{TokenStore, store::Saved};

use crate::support::{PATIENCE, SHORT, fresh_key, kept, lock_name, raw, record, record_name, store};

#[test]
fn the_late_one_is_overtaken_and_the_newer_record_survives() {
    let (store, key) = (store(), fresh_key());
    let mut late = store.clone().lease(SHORT).lock(&key, PATIENCE).unwrap();
    thread::sleep(SHORT * 2);
    let mut next = store.lock(&key, PATIENCE).unwrap();

    // While the next one renews, and after it has stored.
    assert_eq!(late.save(&record("late")).unwrap(), Saved::Overtaken);
    assert_eq!(kept(&store, &key), None);
    assert_eq!(next.save(&record("newer")).unwrap(), Saved::Stored);
    assert_eq!(late.save(&record("late")).unwrap(), Saved::Overtaken);
    drop(next);
    assert_eq!(late.save(&record("late")).unwrap(), Saved::Overtaken);
    assert_eq!(late.remove().unwrap(), Saved::Overtaken);

    // What it then adopts.
    assert_eq!(late.load().unwrap(), Some(record("newer")));
    assert_eq!(kept(&store, &key).as_deref(), Some("newer"));
}

#[test]
fn the_late_one_may_store_while_nobody_has_been_there_since() {
    let (store, key) = (store(), fresh_key());
    let mut late = store.clone().lease(SHORT).lock(&key, PATIENCE).unwrap();
    thread::sleep(SHORT * 2);
    assert!(!raw::<bool>(&["EXISTS", &lock_name(&key)]), "the lease has run out");
    assert_eq!(late.save(&record("late, but alone")).unwrap(), Saved::Stored);
    assert_eq!(late.save(&record("and again")).unwrap(), Saved::Stored);
    assert_eq!(kept(&store, &key).as_deref(), Some("and again"));
    assert_eq!(late.remove().unwrap(), Saved::Stored);
    assert_eq!(kept(&store, &key), None);
}

#[test]
fn the_late_one_does_not_unlock_the_next() {
    let (store, key) = (store(), fresh_key());
    let late = store.clone().lease(SHORT).lock(&key, PATIENCE).unwrap();
    thread::sleep(SHORT * 2);
    let _next = store.lock(&key, PATIENCE).unwrap();
    drop(late);
    assert!(raw::<bool>(&["EXISTS", &lock_name(&key)]));
    assert!(store.lock(&key, SHORT).unwrap_err().is_transient());
}

#[test]
fn a_removal_does_not_let_the_late_one_in() {
    let (store, key) = (store(), fresh_key());
    let mut late = store.clone().lease(SHORT).lock(&key, PATIENCE).unwrap();
    thread::sleep(SHORT * 2);
    let mut next = store.lock(&key, PATIENCE).unwrap();
    assert_eq!(next.remove().unwrap(), Saved::Stored);
    drop(next);
    assert_eq!(late.save(&record("logged out")).unwrap(), Saved::Overtaken);
    assert_eq!(kept(&store, &key), None);
}

/// Eviction, `FLUSHALL`, a failover to a replica that was behind: the last fence is gone, and fences grow all the same.
#[test]
fn fences_grow_across_a_loss() {
    let (store, key) = (store(), fresh_key());
    let mut late = store.lock(&key, PATIENCE).unwrap();
    let _: u32 = raw(&["DEL", &record_name(&key), &lock_name(&key)]);
    let _ = store.lock(&key, PATIENCE).unwrap().save(&record("newer")).unwrap();
    assert_eq!(late.save(&record("late")).unwrap(), Saved::Overtaken);
    assert_eq!(kept(&store, &key).as_deref(), Some("newer"));
}

/// The other way round: the lock is lost, nobody has taken it, and the holder's record is still wanted.
#[test]
fn a_lost_lock_does_not_lose_the_record() {
    let (store, key) = (store(), fresh_key());
    let mut guard = store.lock(&key, PATIENCE).unwrap();
    let _: u32 = raw(&["DEL", &record_name(&key), &lock_name(&key)]);
    assert_eq!(guard.save(&record("fresh")).unwrap(), Saved::Stored);
    assert_eq!(kept(&store, &key).as_deref(), Some("fresh"));
}

/// A clock that was set back does not make fences shrink, and none loses a digit on its way through Lua.
#[test]
fn fences_grow_by_one_where_the_clock_is_behind() {
    let (store, key) = (store(), fresh_key());
    let ahead = 9_000_000_000_000_001_u64;
    let _: u32 = raw(&["HSET", &record_name(&key), "fence", &ahead.to_string()]);
    let mut late = store.clone().lease(SHORT).lock(&key, PATIENCE).unwrap();
    assert_eq!(raw::<u64>(&["HGET", &record_name(&key), "fence"]), ahead + 1);
    assert_eq!(late.save(&record("in time")).unwrap(), Saved::Stored);
    thread::sleep(SHORT * 2);
    drop(store.lock(&key, PATIENCE).unwrap());
    assert_eq!(raw::<u64>(&["HGET", &record_name(&key), "fence"]), ahead + 2);
    assert_eq!(late.save(&record("late")).unwrap(), Saved::Overtaken);
    assert_eq!(kept(&store, &key).as_deref(), Some("in time"));
}
