//! Where tokens outlive a process, and what keeps several processes from renewing one token at once.

#[cfg(feature = "conformance")]
pub mod conformance;
mod key;
mod memory;

use std::{fmt, sync::Arc, time::Duration};

use secrecy::{ExposeSecret, SecretSlice};

#[doc(hidden)]
pub use self::key::fnv_1a;
pub use self::{key::StoreKey, memory::MemoryStore};
use crate::Error;

/// A place where tokens are kept: a file, a keyring, Redis, a database of yours.
///
/// The methods block; a [`Flow`](crate::Flow) calls them where blocking is allowed, on either client. What is kept is
/// opaque to the store: bytes that it must give back as they were, for one key, to every process that may read them.
///
/// A renewal goes: [`lock`](TokenStore::lock), [`load`](StoreGuard::load), compare, redeem, [`save`](StoreGuard::save),
/// use, unlock. So the lock must keep out every other holder of the same key, threads of the same process included, and
/// `save` must not return before the record would survive the process.
///
/// A store of your own passes `authwright_core::store::conformance` (feature `conformance`), or it loses tokens.
pub trait TokenStore: fmt::Debug + Send + Sync + 'static {
    /// What is kept for the key. Needs no lock: it sees the record before a save, or the one after it, never a mixture.
    ///
    /// # Errors
    /// The store cannot be read.
    fn load(&self, key: &StoreKey) -> Result<Option<Record>, Error>;

    /// Waits until nobody else holds the key, at most `patience`.
    ///
    /// # Errors
    /// The lock could not be had. Nobody may renew without it; where somebody else only took long, the error is
    /// [transient](Error::transient).
    fn lock(&self, key: &StoreKey, patience: Duration) -> Result<Box<dyn StoreGuard>, Error>;
}

impl<S: TokenStore + ?Sized> TokenStore for Arc<S> {
    fn load(&self, key: &StoreKey) -> Result<Option<Record>, Error> {
        (**self).load(key)
    }

    fn lock(&self, key: &StoreKey, patience: Duration) -> Result<Box<dyn StoreGuard>, Error> {
        (**self).lock(key, patience)
    }
}

/// The lock on one key. Dropping it unlocks. It may move between threads, and is used by one at a time.
pub trait StoreGuard: fmt::Debug + Send {
    /// What is kept now, under the lock.
    ///
    /// # Errors
    /// The store cannot be read.
    fn load(&mut self) -> Result<Option<Record>, Error>;

    /// Replaces what is kept, durably and as a whole: whoever reads sees the old record or the new one.
    ///
    /// # Errors
    /// The record could not be written, or not surely so: what is kept is the old record or the new one.
    fn save(&mut self, record: &Record) -> Result<Saved, Error>;

    /// Removes what is kept. Nothing there is not an error.
    ///
    /// # Errors
    /// The store cannot be written.
    fn remove(&mut self) -> Result<Saved, Error>;
}

/// What became of a [`StoreGuard::save`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Saved {
    /// The record is kept.
    Stored,
    /// The lock had run out and somebody else has had it since, so nothing was written. Theirs is the record that counts.
    /// Only for stores whose locks expire.
    Overtaken,
}

/// What a store keeps: bytes it does not look into. They hold secrets, and are wiped when dropped.
#[derive(Clone)]
pub struct Record(SecretSlice<u8>);

impl Record {
    /// Bytes a store has read back.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }

    /// The bytes a store writes.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Record {}

/// Shows the length.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({} bytes)", self.as_bytes().len())
    }
}
