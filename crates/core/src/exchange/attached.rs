//! Which entries are on the hop under way, and the stamp of each, without an allocation in the usual case.

use crate::{Stamp, hop::Finished};

/// Requests with more credentials than this remember the rest elsewhere.
const HERE: usize = 2;

#[derive(Clone, Copy)]
pub(super) struct Attached {
    count: usize,
    here: [One; HERE],
}

#[derive(Clone, Copy, Default)]
pub(super) struct One {
    pub(super) stamp: Stamp,
    index: u32,
    how: How,
}

/// What an entry has done to the hop.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum How {
    #[default]
    Wrote,
    /// It wrote its one declared header.
    WroteReady,
    /// It wrote nothing, and waits for the server to ask.
    Waits,
}

impl One {
    /// It wrote its one declared header.
    pub(super) fn is_ready(self) -> bool {
        self.how == How::WroteReady
    }

    /// It wrote nothing, and waits for the server to ask.
    pub(super) fn is_bare(self) -> bool {
        self.how == How::Waits
    }

    /// An entry that wrote nothing. It is remembered elsewhere, so that "empty" says that nothing of ours is on the hop.
    pub(super) fn bare(index: usize) -> Self {
        #[allow(clippy::cast_possible_truncation)] // as below
        Self { index: index as u32, how: How::Waits, ..Self::default() }
    }

    pub(super) fn index(self) -> usize {
        self.index as usize
    }
}

impl Attached {
    #[inline]
    pub(super) fn none() -> Self {
        Self { count: 0, here: [One::default(); HERE] }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::none();
    }

    /// Gives back an entry for which there is no room.
    #[inline]
    pub(super) fn insert(&mut self, index: usize, Finished { ready, stamp }: &Finished) -> Option<One> {
        #[allow(clippy::cast_possible_truncation)] // nobody builds an Auth of 2^32 entries
        let one = One {
            stamp: *stamp,
            index: index as u32,
            how: if *ready { How::WroteReady } else { How::Wrote },
        };
        let Some(place) = self.here.get_mut(self.count) else { return Some(one) };
        *place = one;
        self.count += 1;
        None
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    #[inline]
    pub(super) fn iter(&self) -> impl Iterator<Item = One> + '_ {
        self.here.iter().take(self.count).copied()
    }
}
