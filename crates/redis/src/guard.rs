//! One lock that is held, or was until its lease ran out.

use std::fmt;

use authwright_core::{
    Error,
    store::{Record, Saved, StoreGuard, StoreKey},
};

use crate::{scripts::Keys, store::RedisStore};

pub(crate) struct Guard {
    pub(crate) store: RedisStore,
    pub(crate) key: StoreKey,
    pub(crate) keys: Keys,
    pub(crate) holder: String,
    /// Newer than that of every holder before.
    pub(crate) fence: String,
}

impl StoreGuard for Guard {
    fn load(&mut self) -> Result<Option<Record>, Error> {
        self.store.read(&self.keys)
    }

    fn save(&mut self, record: &Record) -> Result<Saved, Error> {
        let command = self.keys.save(&self.fence, record.as_bytes(), self.store.expire_after);
        Ok(saved(self.store.server.ask(&command)?))
    }

    fn remove(&mut self) -> Result<Saved, Error> {
        Ok(saved(self.store.server.ask(&self.keys.remove(&self.fence))?))
    }
}

fn saved(written: bool) -> Saved {
    if written { Saved::Stored } else { Saved::Overtaken }
}

/// Where Redis cannot be told, the lease ends the lock.
impl Drop for Guard {
    fn drop(&mut self) {
        let _: Result<bool, Error> = self.store.server.ask(&self.keys.release(&self.holder));
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guard({} in {})", self.key, self.store.server.address())
    }
}
