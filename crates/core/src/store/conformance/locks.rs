//! One holder of a key at a time, and nobody who waits for ever.

use std::{
    panic,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use super::{Fresh, Open, PATIENT, PROMPT, join, load, load_locked, lock, save};
use crate::store::{StoreGuard, StoreKey, TokenStore};

/// For what could happen too early: long enough that a store which is wrong shows it nearly always.
const A_MOMENT: Duration = Duration::from_millis(5);

pub(super) fn load_needs_no_lock(open: Open<'_>) {
    let fresh = Fresh::new(open);
    fresh.save(b"before");
    let store = fresh.store();
    let mut guard = lock(&*store, &fresh.key);
    let started = Instant::now();
    assert_eq!(load(&*store, &fresh.key).as_deref(), Some(&b"before"[..]), "through the same instance");
    assert_eq!(fresh.load().as_deref(), Some(&b"before"[..]), "through another instance");
    assert!(started.elapsed() < PROMPT, "a reader waited for the lock");
    save(&mut *guard, b"after");
    assert_eq!(fresh.load().as_deref(), Some(&b"after"[..]), "saved, and still locked");
}

pub(super) fn lock_excludes_threads_of_one_instance(open: Open<'_>) {
    let fresh = Fresh::new(open);
    let store = fresh.store();
    let guard = lock(&*store, &fresh.key);
    thread::scope(|scope| {
        let thread =
            scope.spawn(|| assert!(is_locked(&*store, &fresh.key), "another thread got the lock too"));
        join(thread.join());
    });
    assert!(is_locked(&*store, &fresh.key), "the same thread got the lock twice");
    drop(guard);
    assert!(!is_locked(&*store, &fresh.key), "nobody holds the lock any more");
}

pub(super) fn lock_excludes_another_instance(open: Open<'_>) {
    let fresh = Fresh::new(open);
    let (ours, theirs) = (fresh.store(), fresh.store());
    let guard = lock(&*ours, &fresh.key);
    assert!(is_locked(&*theirs, &fresh.key), "another instance got the lock too");
    drop(guard);
    let guard = lock(&*theirs, &fresh.key);
    assert!(is_locked(&*ours, &fresh.key), "the first instance got the lock of the other");
    drop(guard);
    assert!(!is_locked(&*ours, &fresh.key), "nobody holds the lock any more");
}

pub(super) fn lock_refuses_in_time_and_says_it_is_transient(open: Open<'_>) {
    let fresh = Fresh::new(open);
    let (ours, theirs) = (fresh.store(), fresh.store());
    let _guard = lock(&*ours, &fresh.key);
    for patience in [Duration::ZERO, Duration::from_millis(20)] {
        let started = Instant::now();
        let refused = theirs.lock(&fresh.key, patience).expect_err("somebody else holds the lock");
        let waited = started.elapsed();
        assert!(waited < patience + PROMPT, "a patience of {patience:?} took {waited:?}");
        assert!(waited >= patience / 2, "a patience of {patience:?} was over after {waited:?}");
        assert!(refused.is_transient(), "not said to be transient: {refused}");
    }
}

pub(super) fn lock_comes_free_on_drop_and_lets_a_waiter_in(open: Open<'_>) {
    let fresh = Fresh::new(open);
    let (ours, theirs) = (fresh.store(), fresh.store());
    let mut guard = lock(&*ours, &fresh.key);
    let (say, heard) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            let say = say;
            say.send(None).expect("somebody listens");
            let mut guard = lock(&*theirs, &fresh.key);
            say.send(load_locked(&mut *guard)).expect("somebody listens");
        });
        assert_eq!(heard.recv_timeout(PATIENT), Ok(None), "the waiter has started");
        thread::sleep(A_MOMENT);
        assert!(heard.try_recv().is_err(), "the waiter got in while the lock was held");
        save(&mut *guard, b"renewed");
        drop(guard);
        let saw = heard.recv_timeout(PATIENT).expect("the waiter gets the lock");
        assert_eq!(saw.as_deref(), Some(&b"renewed"[..]), "what the waiter saw");
    });
}

pub(super) fn guard_moves_between_threads(open: Open<'_>) {
    let fresh = Fresh::new(open);
    let store = fresh.store();
    let mut guard = lock(&*store, &fresh.key);
    let thread = thread::spawn(move || {
        save(&mut *guard, b"moved");
        guard
    });
    let guard = join(thread.join());
    assert!(is_locked(&*store, &fresh.key), "the lock was lost on the way");
    join(thread::spawn(move || drop(guard)).join());
    assert!(!is_locked(&*store, &fresh.key), "another thread could not unlock");
    assert_eq!(fresh.load().as_deref(), Some(&b"moved"[..]));
}

pub(super) fn guard_dropped_by_a_panic_unlocks(open: Open<'_>) {
    let fresh = Fresh::new(open);
    let store = fresh.store();
    let mut guard = lock(&*store, &fresh.key);
    save(&mut *guard, b"whole");
    let thread = thread::spawn(move || {
        let _guard = guard;
        // Not `panic!`, which would print what looks like a failure.
        panic::resume_unwind(Box::new("on purpose"));
    });
    thread.join().expect_err("it panicked");
    assert!(!is_locked(&*store, &fresh.key), "the lock outlived its holder");
    assert_eq!(fresh.load().as_deref(), Some(&b"whole"[..]));
}

pub(super) fn locks_of_different_keys_are_independent(open: Open<'_>) {
    let (one, two) = (Fresh::new(open), Fresh::new(open));
    let store = one.store();
    let mut first = lock(&*store, &one.key);
    let mut second = store.lock(&two.key, Duration::ZERO).expect("nobody holds this key");
    save(&mut *first, b"one");
    save(&mut *second, b"two");
    drop(first);
    assert!(is_locked(&*store, &two.key), "the other key was unlocked too");
    assert!(!is_locked(&*store, &one.key));
    drop(second);
    assert_eq!((one.load(), two.load()), (Some(b"one".to_vec()), Some(b"two".to_vec())));
}

pub(super) fn no_increment_is_lost(open: Open<'_>) {
    const THREADS: usize = 8;
    const INCREMENTS: usize = 50;
    let fresh = Fresh::new(open);
    fresh.save(b"0");
    // Half of the threads share an instance.
    let shared = fresh.store();
    let own: Vec<_> = (0..THREADS / 2).map(|_| fresh.store()).collect();
    let key = &fresh.key;
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|n| if n % 2 == 0 { &shared } else { &own[n / 2] })
            .map(|store| scope.spawn(|| (0..INCREMENTS).for_each(|_| increment(&mut *lock(&**store, key)))))
            .collect();
        for thread in threads {
            join(thread.join());
        }
    });
    assert_eq!(fresh.load(), Some((THREADS * INCREMENTS).to_string().into_bytes()), "increments were lost");
}

fn increment(guard: &mut dyn StoreGuard) {
    let record = load_locked(guard).and_then(|bytes| String::from_utf8(bytes).ok());
    let count: usize = record.and_then(|text| text.parse().ok()).expect("a record with a number");
    save(guard, (count + 1).to_string().as_bytes());
}

/// Takes the lock for an instant where it is free.
fn is_locked(store: &dyn TokenStore, key: &StoreKey) -> bool {
    match store.lock(key, Duration::ZERO) {
        Ok(_guard) => false,
        Err(error) => {
            assert!(error.is_transient(), "the lock could not be had: {error}");
            true
        }
    }
}
