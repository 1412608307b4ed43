//! A store that fails when it is told to.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use authwright_core::{
    Error, Fault, MemoryStore, TokenStore,
    store::{Record, Saved, StoreGuard, StoreKey},
};

/// What is written to it while it is [broken](Self::break_down) is lost, with an error. It can be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flaky {
    store: MemoryStore,
    is_broken: Arc<AtomicBool>,
    asked_for_lock: Arc<AtomicUsize>,
    last: Arc<Mutex<Option<Record>>>,
}

impl Flaky {
    pub(crate) fn break_down(&self) {
        self.is_broken.store(true, Ordering::SeqCst);
    }

    /// How often somebody has asked for its lock, whether they got it or not.
    pub(crate) fn asked_for_lock(&self) -> usize {
        self.asked_for_lock.load(Ordering::SeqCst)
    }

    /// What was saved last.
    pub(crate) fn kept(&self) -> Option<serde_json::Value> {
        let last = self.last.lock().unwrap();
        last.as_ref().map(|record| serde_json::from_slice(record.as_bytes()).unwrap())
    }

    pub(crate) fn mend(&self) {
        self.is_broken.store(false, Ordering::SeqCst);
    }
}

impl TokenStore for Flaky {
    fn load(&self, key: &StoreKey) -> Result<Option<Record>, Error> {
        self.store.load(key)
    }

    fn lock(&self, key: &StoreKey, patience: Duration) -> Result<Box<dyn StoreGuard>, Error> {
        self.asked_for_lock.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(Guard { guard: self.store.lock(key, patience)?, store: self.clone() }))
    }
}

#[derive(Debug)]
struct Guard {
    guard: Box<dyn StoreGuard>,
    store: Flaky,
}

impl Guard {
    fn check(&self) -> Result<(), Error> {
        let is_broken = self.store.is_broken.load(Ordering::SeqCst);
        if is_broken { Err(Error::new(Fault::Store, "the disk is full")) } else { Ok(()) }
    }
}

impl StoreGuard for Guard {
    fn load(&mut self) -> Result<Option<Record>, Error> {
        self.guard.load()
    }

    fn save(&mut self, record: &Record) -> Result<Saved, Error> {
        self.check()?;
        let saved = self.guard.save(record)?;
        *self.store.last.lock().unwrap() = Some(record.clone());
        Ok(saved)
    }

    fn remove(&mut self) -> Result<Saved, Error> {
        self.check()?;
        self.guard.remove()
    }
}
