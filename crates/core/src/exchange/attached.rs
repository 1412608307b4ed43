//! Which entries are on the hop under way, and the stamp of each, without an allocation in the usual case.

use crate::{Stamp, hop::Finished};

#[derive(Default)]
pub(super) struct Attached {
    /// One bit for each of the first 64 entries, and another where it wrote a ready header.
    bits: u64,
    ready: u64,
    /// Entries past those, and stamps that are not the default.
    #[allow(clippy::box_collection)] // one word on the hot path, and hardly ever there
    more: Option<Box<Vec<One>>>,
}

#[derive(Clone, Copy)]
pub(super) struct One {
    pub(super) index: usize,
    pub(super) stamp: Stamp,
    /// It wrote its one declared header.
    pub(super) ready: bool,
}

impl Attached {
    #[inline]
    pub(super) fn clear(&mut self) {
        self.bits = 0;
        self.ready = 0;
        self.more = None;
    }

    #[inline]
    pub(super) fn insert(&mut self, index: usize, Finished { ready, stamp }: &Finished) {
        if index < 64 && *stamp == Stamp::default() {
            self.bits |= 1 << index;
            self.ready |= u64::from(*ready) << index;
        } else {
            self.more.get_or_insert_default().push(One { index, stamp: *stamp, ready: *ready });
        }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.bits == 0 && self.more.is_none()
    }

    #[inline]
    pub(super) fn iter(&self) -> impl Iterator<Item = One> + use<> {
        let (mut bits, ready) = (self.bits, self.ready);
        let low = std::iter::from_fn(move || {
            let index = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
            bits &= bits - 1;
            Some(One { index, stamp: Stamp::default(), ready: ready >> index & 1 == 1 })
        });
        low.chain(self.more.as_deref().cloned().unwrap_or_default())
    }
}
