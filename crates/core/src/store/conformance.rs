//! What every `TokenStore` must pass.
//!
//! Run it in a test of your store, against the real thing: a file system, a server, a keyring. Each case takes keys of
//! its own and removes what it has stored, so a store that others use at the same time will do.
//!
//! ```
//! use authwright_core::store::{MemoryStore, conformance};
//!
//! let shared = MemoryStore::new();
//! conformance::check(|| Box::new(shared.clone()));
//! ```

mod keys;
mod locks;
mod records;

use std::{
    any::Any,
    panic::{self, AssertUnwindSafe},
    process,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{Record, Saved, StoreGuard, StoreKey, TokenStore};

/// Opens the store under test anew, as another process would: what is saved through one must be found through the next.
pub type Open<'a> = &'a dyn Fn() -> Box<dyn TokenStore>;

/// A case: its name, and what it does. It panics where the store is wrong.
pub type Case = (&'static str, fn(Open<'_>));

macro_rules! cases {
    ($($module:ident::$case:ident),* $(,)?) => { &[$((stringify!($case), $module::$case)),*] };
}

/// All cases, for test runners that want them one by one.
pub const CASES: &[Case] = cases![
    records::nothing_stored_is_none,
    records::bytes_come_back_through_another_instance,
    records::save_replaces,
    records::remove_removes,
    records::remove_of_nothing_is_no_error,
    keys::keys_are_apart,
    keys::removing_one_key_leaves_the_others,
    locks::load_needs_no_lock,
    locks::lock_excludes_threads_of_one_instance,
    locks::lock_excludes_another_instance,
    locks::lock_refuses_in_time_and_says_it_is_transient,
    locks::lock_comes_free_on_drop_and_lets_a_waiter_in,
    locks::guard_moves_between_threads,
    locks::guard_dropped_by_a_panic_unlocks,
    locks::locks_of_different_keys_are_independent,
    locks::no_increment_is_lost,
    records::readers_never_see_a_mixture,
];

/// Runs all [`CASES`].
///
/// # Panics
/// One or more fail; the message names them and says why.
pub fn check(open: impl Fn() -> Box<dyn TokenStore>) {
    let failed: Vec<String> = CASES.iter().filter_map(|case| failure(case, &open)).collect();
    assert!(failed.is_empty(), "{} of {} cases failed:\n{}", failed.len(), CASES.len(), failed.join("\n"));
}

fn failure((name, case): &Case, open: Open<'_>) -> Option<String> {
    let caught = panic::catch_unwind(AssertUnwindSafe(|| case(open))).err()?;
    Some(format!("  {name}: {}", said(&*caught)))
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panicked")
}

/// Longer than anything here takes, on a slow store and a busy machine: only a store that is stuck waits as long.
const PATIENT: Duration = Duration::from_secs(60);

/// The grace given to whoever must answer at once.
const PROMPT: Duration = Duration::from_secs(5);

/// A key nobody has used, whose record goes when the case is over.
struct Fresh<'a> {
    key: StoreKey,
    open: Open<'a>,
}

impl<'a> Fresh<'a> {
    fn new(open: Open<'a>) -> Self {
        Self::named(open, &format!("{} key", unique()))
    }

    fn named(open: Open<'a>, identity: &str) -> Self {
        Self { key: StoreKey::new(identity), open }
    }

    fn store(&self) -> Box<dyn TokenStore> {
        (self.open)()
    }

    /// Through an instance of its own.
    fn load(&self) -> Option<Vec<u8>> {
        load(&*self.store(), &self.key)
    }

    /// Through an instance of its own.
    fn save(&self, bytes: &[u8]) {
        let store = self.store();
        save(&mut *lock(&*store, &self.key), bytes);
    }
}

impl Drop for Fresh<'_> {
    fn drop(&mut self) {
        // Where a case has failed, this may fail too, and must not hide why.
        if let Ok(mut guard) = self.store().lock(&self.key, Duration::from_millis(100)) {
            let _ = guard.remove();
        }
    }
}

/// The beginning of an identity that no other run and no other case has.
fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    format!("conformance {now:x} {:x} {count:x}", process::id())
}

fn lock(store: &dyn TokenStore, key: &StoreKey) -> Box<dyn StoreGuard> {
    match store.lock(key, PATIENT) {
        Ok(guard) => guard,
        Err(error) => panic!("the lock could not be had: {error}"),
    }
}

fn load(store: &dyn TokenStore, key: &StoreKey) -> Option<Vec<u8>> {
    match store.load(key) {
        Ok(record) => record.map(|record| record.as_bytes().to_vec()),
        Err(error) => panic!("load failed: {error}"),
    }
}

fn save(guard: &mut dyn StoreGuard, bytes: &[u8]) {
    match guard.save(&Record::from_bytes(bytes.to_vec())) {
        Ok(saved) => assert_eq!(saved, Saved::Stored, "the lock was held all the time"),
        Err(error) => panic!("save failed: {error}"),
    }
}

fn remove(guard: &mut dyn StoreGuard) {
    match guard.remove() {
        Ok(saved) => assert_eq!(saved, Saved::Stored, "the lock was held all the time"),
        Err(error) => panic!("remove failed: {error}"),
    }
}

fn load_locked(guard: &mut dyn StoreGuard) -> Option<Vec<u8>> {
    match guard.load() {
        Ok(record) => record.map(|record| record.as_bytes().to_vec()),
        Err(error) => panic!("load under the lock failed: {error}"),
    }
}

/// What a thread returned; where it panicked, what it said goes on.
fn join<T>(joined: thread::Result<T>) -> T {
    joined.unwrap_or_else(|panic| panic::resume_unwind(panic))
}
