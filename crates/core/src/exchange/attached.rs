//! Which entries are on the hop under way, and the stamp of each, without an allocation in the usual case.

use crate::Stamp;

#[derive(Default)]
pub(super) struct Attached {
    /// One bit for each of the first 64 entries.
    bits: u64,
    /// Entries past those, and stamps that are not the default.
    more: Vec<(usize, Stamp)>,
}

impl Attached {
    #[inline]
    pub(super) fn clear(&mut self) {
        self.bits = 0;
        self.more.clear();
    }

    #[inline]
    pub(super) fn insert(&mut self, index: usize, stamp: Stamp) {
        if index < 64 && stamp == Stamp::default() {
            self.bits |= 1 << index;
        } else {
            self.more.push((index, stamp));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bits == 0 && self.more.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, Stamp)> + use<> {
        let bits = self.bits;
        let low =
            (0..64).take(64 - bits.leading_zeros() as usize).filter(move |index| bits >> index & 1 == 1);
        low.map(|index| (index, Stamp::default())).chain(self.more.clone())
    }
}
