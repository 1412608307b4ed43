//! One nonce and its count.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use super::keys::Keys;
use crate::Stamp;

/// One nonce, and what is said with it.
pub(super) struct Session {
    pub(super) id: u32,
    pub(super) keys: Arc<Keys>,
    /// Without escapes, as it is hashed.
    pub(super) nonce: Box<[u8]>,
    /// As it stood between its quotes; `None` where that is the same.
    nonce_raw: Option<Box<[u8]>>,
    pub(super) count: Arc<AtomicU32>,
    /// The server has taken an answer with it, so a later refusal is not about the password.
    accepted: AtomicBool,
    /// It is promised to a request that has not been answered yet.
    pending: AtomicBool,
}

impl Session {
    pub(super) fn new(
        id: u32,
        keys: Arc<Keys>,
        nonce: &[u8],
        nonce_raw: &[u8],
        count: Arc<AtomicU32>,
    ) -> Self {
        let nonce_raw = (nonce != nonce_raw).then(|| nonce_raw.into());
        let (accepted, pending) = (AtomicBool::new(false), AtomicBool::new(true));
        Self { id, keys, nonce: nonce.into(), nonce_raw, count, accepted, pending }
    }

    pub(super) fn nonce_raw(&self) -> &[u8] {
        self.nonce_raw.as_deref().unwrap_or(&self.nonce)
    }

    /// The next count, beginning with 1 (RFC 7616 section 3.4), and the stamp of the request that uses it. `None` once the
    /// eight digits are nearly used up.
    #[inline]
    pub(super) fn next_turn(&self) -> Option<(u32, Stamp)> {
        let count = self.count.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        // Early enough that the requests under way cannot begin anew with 1.
        if count > u32::MAX >> 1 {
            self.count.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some((count, Stamp(u64::from(self.id) << 32 | u64::from(count))))
    }

    /// What stands for it where it is promised: no request has been sent with it yet.
    pub(super) fn stamp(&self) -> Stamp {
        Stamp(u64::from(self.id) << 32)
    }

    /// Which session a stamp is of, if it is of one.
    pub(super) fn id_of(stamp: Stamp) -> Option<u32> {
        u32::try_from(stamp.0 >> 32).ok().filter(|id| *id != 0)
    }

    pub(super) fn accept(&self) {
        // Most often it is said already, and not written again.
        if !self.is_accepted() {
            self.accepted.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn is_pending(&self) -> bool {
        self.pending.load(Ordering::Relaxed)
    }

    pub(super) fn settle(&self) {
        self.pending.store(false, Ordering::Relaxed);
    }

    /// As if it had never been accepted.
    pub(super) fn doubt(&self) {
        self.accepted.store(false, Ordering::Relaxed);
    }

    pub(super) fn is_accepted(&self) -> bool {
        self.accepted.load(Ordering::Relaxed)
    }
}
