//! The token a cache holds, with the moments that matter worked out once.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, SystemTime},
};

use http::HeaderValue;

use super::{Token, cache::Standing, pause::REFUSED_MOST};
use crate::schemes;

/// Most of a margin is for renewing without a wait. In its last part a token could end on the way to the server, so
/// requests wait for the renewal: at most this long before the end.
const CLOSE: Duration = Duration::from_secs(10);

/// The year 6325: far enough, and a moment that the clock of every platform can hold (Windows counts 100 ns in 63 bits).
const FAR: Duration = Duration::from_secs(1 << 37);
const _: () = assert!(FAR.as_secs() < i64::MAX as u64 / 10_000_000);

pub(super) struct Current {
    pub(super) token: Token,
    pub(super) generation: u64,
    /// Until when nothing needs to be done. For a token that was refused: for ever ago.
    fresh_until: SystemTime,
    /// From when on a request should rather wait for the renewal that is due.
    close_from: SystemTime,
    expires: SystemTime,
    pub(super) rejected: bool,
    /// It could not be stored: what the store has is what it has replaced.
    pub(super) unsaved: bool,
    /// How many tokens before this one were refused in a row, none of them ever accepted.
    pub(super) refused_before: u32,
    /// When it came, by the clock of whoever fetched it.
    pub(super) landed: SystemTime,
    accepted: AtomicBool,
    /// A renewal is under way, so that there is nothing to start before the token is close to its end.
    renewing: AtomicBool,
    /// `Bearer …`, where the token has the characters for it.
    pub(super) bearer: Option<HeaderValue>,
}

impl Current {
    pub(super) fn new(token: Token, generation: u64, margin: Duration, landed: SystemTime) -> Self {
        let far = SystemTime::UNIX_EPOCH + FAR;
        let (fresh_until, close_from, expires) = match token.expiry() {
            None => (far, far, far),
            Some(expires) => {
                let issued = token.issued_at().unwrap_or(landed);
                let lifetime = expires.duration_since(issued).unwrap_or_default();
                let margin = margin.min(lifetime / 2);
                let before = |time| expires.checked_sub(time).unwrap_or(SystemTime::UNIX_EPOCH);
                (before(margin), before(CLOSE.min(margin / 4)), expires)
            }
        };
        let bearer = schemes::bearer_value(token.expose());
        Self {
            token,
            generation,
            fresh_until,
            close_from,
            expires,
            rejected: false,
            unsaved: false,
            refused_before: 0,
            landed,
            accepted: AtomicBool::new(false),
            renewing: AtomicBool::new(false),
            bearer,
        }
    }

    /// It is not in the store, and stale when it is time to try again.
    pub(super) fn save_again(&mut self, moment: SystemTime) {
        self.unsaved = true;
        self.fresh_until = self.fresh_until.min(moment);
    }

    /// The same, refused by a server.
    pub(super) fn refused(&self) -> Self {
        Self {
            token: self.token.clone(),
            bearer: self.bearer.clone(),
            accepted: AtomicBool::new(self.is_accepted()),
            renewing: AtomicBool::new(false),
            rejected: true,
            fresh_until: SystemTime::UNIX_EPOCH,
            close_from: SystemTime::UNIX_EPOCH,
            expires: SystemTime::UNIX_EPOCH,
            ..*self
        }
    }

    #[inline]
    pub(super) fn is_fresh(&self, now: SystemTime) -> bool {
        now < self.fresh_until
    }

    /// Whether it can be used without a look at who fetches the next one. `must_last`: the request cannot be sent again.
    #[inline]
    pub(super) fn is_usable(&self, now: SystemTime, must_last: bool) -> bool {
        self.is_fresh(now) || self.is_being_renewed(now) && !must_last
    }

    /// Stale, but in the hands of somebody already: a caller who need not wait for the renewal need not take the lock.
    #[inline]
    fn is_being_renewed(&self, now: SystemTime) -> bool {
        now < self.close_from && self.renewing.load(Ordering::Relaxed)
    }

    pub(super) fn set_renewing(&self, yes: bool) {
        self.renewing.store(yes, Ordering::Relaxed);
    }

    pub(super) fn standing(&self, now: SystemTime) -> Standing {
        if now < self.fresh_until {
            Standing::Fresh
        } else if now < self.close_from {
            Standing::Stale
        } else if now < self.expires {
            Standing::Close
        } else {
            Standing::Over
        }
    }

    /// How long it lives from now.
    pub(super) fn left(&self, now: SystemTime) -> Duration {
        self.expires.duration_since(now).unwrap_or_default()
    }

    /// A server has taken it.
    pub(super) fn accept(&self) {
        if !self.is_accepted() {
            self.accepted.store(true, Ordering::Relaxed);
        }
    }

    /// Whether it was accepted, and for so long that its refusal says nothing about the next one.
    pub(super) fn has_served(&self, now: SystemTime) -> bool {
        self.is_accepted() && now.duration_since(self.landed).is_ok_and(|served| served >= REFUSED_MOST)
    }

    pub(super) fn is_accepted(&self) -> bool {
        self.accepted.load(Ordering::Relaxed)
    }
}
