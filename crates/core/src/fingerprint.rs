//! A short mark by which a person can tell two secrets apart in one run, and nobody can tell what they are.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::OnceLock,
};

/// 16 bits of a keyed hash of a secret, printed as `#3f9a`.
///
/// The key is drawn once per process, so the mark compares within one run and is useless to somebody who guesses
/// secrets and hashes them, or who compares the logs of two runs.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(u16);

impl Fingerprint {
    pub(crate) fn of(secret: &str) -> Self {
        static KEY: OnceLock<RandomState> = OnceLock::new();
        let hash = KEY.get_or_init(RandomState::new).hash_one(secret);
        Self((hash & 0xffff) as u16)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:04x}", self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
