//! A store that fails when it is told to.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
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
}

impl Flaky {
    pub(crate) fn break_down(&self) {
        self.is_broken.store(true, Ordering::SeqCst);
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
        Ok(Box::new(Guard { guard: self.store.lock(key, patience)?, is_broken: Arc::clone(&self.is_broken) }))
    }
}

#[derive(Debug)]
struct Guard {
    guard: Box<dyn StoreGuard>,
    is_broken: Arc<AtomicBool>,
}

impl Guard {
    fn check(&self) -> Result<(), Error> {
        let is_broken = self.is_broken.load(Ordering::SeqCst);
        if is_broken { Err(Error::new(Fault::Store, "the disk is full")) } else { Ok(()) }
    }
}

impl StoreGuard for Guard {
    fn load(&mut self) -> Result<Option<Record>, Error> {
        self.guard.load()
    }

    fn save(&mut self, record: &Record) -> Result<Saved, Error> {
        self.check()?;
        self.guard.save(record)
    }

    fn remove(&mut self) -> Result<Saved, Error> {
        self.check()?;
        self.guard.remove()
    }
}
