//! The store in memory is held to what every store is held to, and the suite notices stores that are wrong.

use std::{
    collections::HashMap,
    panic,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use authwright_core::{
    Error, Fault, TokenStore,
    store::{MemoryStore, Record, Saved, StoreGuard, StoreKey, conformance},
};

#[test]
fn memory_store_conforms() {
    let shared = MemoryStore::new();
    conformance::check(|| Box::new(shared.clone()));
    assert_eq!(format!("{shared:?}"), "MemoryStore(0 records)", "the suite removes what it has stored");
}

#[test]
fn the_suite_notices_what_is_wrong() {
    let notices = |wrong: Wrong, case: &str| {
        let store = Broken::new(wrong);
        let caught = panic::catch_unwind(|| conformance::check(|| store.open())).expect_err("it is wrong");
        let message = caught.downcast_ref::<String>().unwrap();
        assert!(message.contains(case), "{wrong:?}: {message}");
    };
    let right = Broken::new(Wrong::Nothing);
    conformance::check(|| right.open());
    notices(Wrong::NotShared, "bytes_come_back_through_another_instance");
    notices(Wrong::TextOnly, "bytes_come_back_through_another_instance: 6 bytes");
    notices(Wrong::FoldsCase, "keys_are_apart");
    notices(Wrong::KeepsRemoved, "remove_removes");
    notices(Wrong::ForgetsAll, "removing_one_key_leaves_the_others");
    notices(Wrong::Tears, "readers_never_see_a_mixture");
    notices(Wrong::DoesNotLock, "lock_excludes_threads_of_one_instance");
    notices(Wrong::DoesNotLock, "no_increment_is_lost");
    notices(Wrong::OneLock, "locks_of_different_keys_are_independent");
    notices(Wrong::NotTransient, "lock_refuses_in_time_and_says_it_is_transient");
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Wrong {
    Nothing,
    NotShared,
    TextOnly,
    FoldsCase,
    KeepsRemoved,
    ForgetsAll,
    Tears,
    DoesNotLock,
    OneLock,
    NotTransient,
}

/// Gives others their chance to see what is wrong.
const A_MOMENT: Duration = Duration::from_micros(500);

type Records = Arc<Mutex<HashMap<String, Vec<u8>>>>;

/// A store with one thing wrong.
#[derive(Clone, Debug)]
struct Broken {
    wrong: Wrong,
    records: Records,
    locks: MemoryStore,
}

impl Broken {
    fn new(wrong: Wrong) -> Self {
        Self { wrong, records: Records::default(), locks: MemoryStore::new() }
    }

    fn open(&self) -> Box<dyn TokenStore> {
        let records = if self.wrong == Wrong::NotShared { Records::default() } else { self.records.clone() };
        Box::new(Self { records, ..self.clone() })
    }

    fn name(&self, key: &StoreKey) -> String {
        let name = key.identity();
        if self.wrong == Wrong::FoldsCase { name.to_lowercase() } else { name.to_owned() }
    }
}

impl TokenStore for Broken {
    fn load(&self, key: &StoreKey) -> Result<Option<Record>, Error> {
        Ok(self.records.lock().unwrap().get(&self.name(key)).cloned().map(Record::from_bytes))
    }

    fn lock(&self, key: &StoreKey, patience: Duration) -> Result<Box<dyn StoreGuard>, Error> {
        let lock = match self.wrong {
            Wrong::DoesNotLock => None,
            Wrong::OneLock => Some(self.locks.lock(&StoreKey::new("all"), patience)?),
            Wrong::NotTransient => {
                let lock = self.locks.lock(key, patience);
                Some(lock.map_err(|error| Error::new(Fault::Store, error.to_string()))?)
            }
            _ => Some(self.locks.lock(key, patience)?),
        };
        Ok(Box::new(Guard { store: self.clone(), key: key.clone(), _lock: lock }))
    }
}

#[derive(Debug)]
struct Guard {
    store: Broken,
    key: StoreKey,
    _lock: Option<Box<dyn StoreGuard>>,
}

impl Guard {
    fn put(&self, bytes: &[u8]) {
        self.store.records.lock().unwrap().insert(self.store.name(&self.key), bytes.to_vec());
    }
}

impl StoreGuard for Guard {
    fn load(&mut self) -> Result<Option<Record>, Error> {
        self.store.load(&self.key)
    }

    fn save(&mut self, record: &Record) -> Result<Saved, Error> {
        let bytes = record.as_bytes();
        match self.store.wrong {
            Wrong::TextOnly => self.put(String::from_utf8_lossy(bytes).as_bytes()),
            Wrong::Tears => {
                self.put(&bytes[..bytes.len() / 2]);
                thread::sleep(A_MOMENT);
                self.put(bytes);
            }
            Wrong::DoesNotLock => {
                thread::sleep(A_MOMENT);
                self.put(bytes);
            }
            _ => self.put(bytes),
        }
        Ok(Saved::Stored)
    }

    fn remove(&mut self) -> Result<Saved, Error> {
        let mut records = self.store.records.lock().unwrap();
        match self.store.wrong {
            Wrong::KeepsRemoved => {}
            Wrong::ForgetsAll => records.clear(),
            _ => drop(records.remove(&self.store.name(&self.key))),
        }
        Ok(Saved::Stored)
    }
}
