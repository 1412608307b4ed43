//! What has been written to a hop beyond the usual, so that it can be taken back.

use http::{HeaderName, HeaderValue};

use crate::{Landing, Slot, Stamp};

/// Kept only where a user's scheme writes, where the caller has cookies of their own, or where a field was taken.
#[derive(Default)]
pub(super) struct Rare {
    /// Header names that users' schemes wrote, all entries together, and how many of them earlier entries wrote.
    log: Vec<HeaderName>,
    earlier: usize,
    /// The caller's `Cookie` fields as they were before this entry, where this entry changed them.
    cookies_before: Option<Vec<HeaderValue>>,
    /// The same, before the first entry that changed them.
    cookies_original: Option<Vec<HeaderValue>>,
    cookie_names: Vec<Box<str>>,
    cookie_names_earlier: Vec<Box<str>>,
    collision: Option<Collision>,
    pub(super) landings: Vec<Landing>,
    pub(super) promised: Option<Stamp>,
}

/// A field an entry wanted to write was taken.
pub(crate) struct Collision {
    pub(crate) slot: Slot,
    /// Or by an earlier entry.
    pub(crate) by_caller: bool,
}

/// What an entry that went on wholly leaves to remember.
pub(crate) struct Finished {
    /// It wrote its one declared header.
    pub(crate) ready: bool,
    pub(crate) stamp: Stamp,
}

impl Rare {
    pub(super) fn log(&mut self, name: HeaderName) {
        self.log.push(name);
    }

    pub(super) fn wrote(&self, name: &HeaderName) -> bool {
        self.log.contains(name)
    }

    pub(super) fn wrote_in_this_entry(&self, name: &HeaderName) -> bool {
        self.log[self.earlier..].contains(name)
    }

    pub(super) fn wrote_cookie(&self, name: &str) -> bool {
        self.cookie_names_earlier.iter().any(|earlier| **earlier == *name)
    }

    pub(super) fn wrote_cookie_in_this_entry(&self, name: &str) -> bool {
        self.cookie_names.iter().any(|written| **written == *name)
    }

    pub(super) fn change_cookies(&mut self, before: Vec<HeaderValue>, name: &str) {
        self.cookies_before.get_or_insert(before);
        self.cookie_names.push(name.into());
    }

    pub(super) fn collide(&mut self, collision: Collision) {
        self.collision = Some(collision);
    }

    pub(super) fn has_collided(&self) -> bool {
        self.collision.is_some()
    }

    pub(super) fn collision(&mut self) -> Option<Collision> {
        self.collision.take()
    }

    pub(super) fn finish_entry(&mut self) {
        self.earlier = self.log.len();
        if let Some(before) = self.cookies_before.take() {
            self.cookies_original.get_or_insert(before);
            self.cookie_names_earlier.append(&mut self.cookie_names);
        }
    }

    /// The header names to remove, and the `Cookie` fields to restore, for the entry under way.
    pub(super) fn take_back_entry(&mut self) -> (Vec<HeaderName>, Option<Vec<HeaderValue>>) {
        self.collision = None;
        self.cookie_names.clear();
        (self.log.split_off(self.earlier), self.cookies_before.take())
    }

    /// Counts what earlier entries wrote as written by the one under way.
    pub(super) fn reopen(&mut self) {
        self.earlier = 0;
        self.cookies_before = self.cookies_original.take();
    }
}
