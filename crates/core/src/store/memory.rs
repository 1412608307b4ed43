//! A store that ends with the process.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{Record, Saved, StoreGuard, StoreKey, TokenStore};
use crate::Error;

/// Keeps tokens in memory: for tests, and for several [`Tokens`](crate::Tokens) of one process that share a login.
/// Clones are the same store.
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    unlocked: Condvar,
}

#[derive(Default)]
struct State {
    records: HashMap<StoreKey, Record>,
    locked: HashSet<StoreKey>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Shared {
    /// Nothing panics while this is held, so what it guards is whole even where a thread has died.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokenStore for MemoryStore {
    fn load(&self, key: &StoreKey) -> Result<Option<Record>, Error> {
        Ok(self.0.state().records.get(key).cloned())
    }

    fn lock(&self, key: &StoreKey, patience: Duration) -> Result<Box<dyn StoreGuard>, Error> {
        let is_locked = |state: &mut State| state.locked.contains(key);
        let waited = self.0.unlocked.wait_timeout_while(self.0.state(), patience, is_locked);
        let (mut state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return Err(Error::store(format!("somebody else is renewing the token of {key}")).transient());
        }
        state.locked.insert(key.clone());
        Ok(Box::new(Guard { shared: Arc::clone(&self.0), key: key.clone() }))
    }
}

struct Guard {
    shared: Arc<Shared>,
    key: StoreKey,
}

impl StoreGuard for Guard {
    fn load(&mut self) -> Result<Option<Record>, Error> {
        Ok(self.shared.state().records.get(&self.key).cloned())
    }

    fn save(&mut self, record: &Record) -> Result<Saved, Error> {
        self.shared.state().records.insert(self.key.clone(), record.clone());
        Ok(Saved::Stored)
    }

    fn remove(&mut self) -> Result<Saved, Error> {
        self.shared.state().records.remove(&self.key);
        Ok(Saved::Stored)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.shared.state().locked.remove(&self.key);
        self.shared.unlocked.notify_all();
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guard").field(&self.key).finish()
    }
}

/// Shows how many records there are.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryStore({} records)", self.0.state().records.len())
    }
}
