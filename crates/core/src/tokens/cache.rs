//! The state of one token: who may fetch, who waits, what a failure and a refusal lead to. One lock, which
//! using a fresh token does not take, held for a few comparisons and never across an await, a send or a callback.
//!
//! Every method is one step under that lock, so the exhaustive test in `schedules` can put them in every order.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use arc_swap::{ArcSwapOption, Guard};

use super::{
    Token,
    current::Current,
    flight::{Flight, Landing, Outcome, Shared},
    pause::{Failure, after_refusals},
};
use crate::Error;

pub(super) struct Cache {
    pub(super) id: u64,
    /// Read without the lock, written under it.
    current: ArcSwapOption<Current>,
    state: Mutex<State>,
    settings: Settings,
}

#[derive(Clone)]
pub(super) struct Settings {
    /// How long before its end a token is renewed.
    pub(super) margin: Duration,
    /// How long anybody waits for a fetch.
    pub(super) wait_limit: Duration,
    /// Whether there can be another token than the one there is.
    pub(super) renewable: bool,
    /// Where the token comes from, for messages.
    pub(super) what: Arc<str>,
}

#[derive(Default)]
struct State {
    generation: u64,
    flights: u64,
    flight: Option<Arc<Shared>>,
    failure: Option<Failure>,
}

/// How much a token is still worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Use it.
    Fresh,
    /// Use it, and see that it is renewed.
    Stale,
    /// It could end on the way: wait for the renewal, and use it all the same if that fails.
    Close,
    /// Ended, refused or missing: nobody may use it.
    Over,
}

/// What a caller gets.
pub(super) enum Supply {
    Token(Arc<Current>),
    /// The right, and the duty, to fetch.
    Lead(Lead),
    Follow(Flight),
}

/// How a token has come.
#[derive(Clone, Copy, Default)]
pub(super) struct Landed {
    /// It could not be stored. The next fetch is due soon, although the token would still be fresh.
    pub(super) unsaved: bool,
    /// From the store, where another process has put it.
    pub(super) adopted: bool,
}

/// So many accepted tokens in a row may be revoked right after they came, and each is renewed at once. A server that takes
/// tokens at one path and refuses them at another does no more.
const REVOCATIONS: u32 = 3;

/// When to try again to store a token that could not be stored.
const SAVE_AGAIN: Duration = Duration::from_secs(30);

/// What became of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There is, or will be, another token: of this generation or a later one.
    Again(u64),
    /// Nothing would be different.
    Stands,
}

impl Cache {
    pub(super) fn new(settings: Settings) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Arc::new(Self { id, current: ArcSwapOption::empty(), state: Mutex::default(), settings })
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What there is, whatever it is worth. The hot path: one atomic load.
    #[inline]
    pub(super) fn peek(&self) -> Guard<Option<Arc<Current>>> {
        self.current.load()
    }

    /// What a caller gets who has found no fresh token. `must_last`: the request cannot be sent again, so a token about to
    /// end will not do. `landing` is how the fetch ended that this caller has waited for, if it has.
    pub(super) fn supply(
        self: &Arc<Self>,
        now: SystemTime,
        must_last: bool,
        landing: Option<&Landing>,
    ) -> Result<Supply, Error> {
        let mut state = self.state();
        let dead = state.flight.take_if(|flight| flight.is_overdue(now));
        let supplied = self.supply_under(&mut state, now, must_last, landing);
        drop(state);
        if let Some(dead) = dead {
            dead.land(Outcome::Abandoned);
        }
        supplied
    }

    fn supply_under(
        self: &Arc<Self>,
        state: &mut State,
        now: SystemTime,
        must_last: bool,
        landing: Option<&Landing>,
    ) -> Result<Supply, Error> {
        let current = self.current.load_full();
        let standing = current.as_ref().map_or(Standing::Over, |current| current.standing(now));
        let outcome = landing.map(|landing| &landing.outcome);
        if let Some(current) = current {
            // What has just been fetched is used once, whatever its expiry: `expires_in: 0` makes a fetch, not a loop.
            let just_fetched = matches!(outcome, Some(Outcome::Token(since)) if current.generation >= *since);
            let waits = match standing {
                Standing::Fresh => false,
                Standing::Stale => must_last,
                Standing::Close | Standing::Over => true,
            };
            let failed = matches!(outcome, Some(Outcome::Failed(_)));
            let in_pause =
                || state.failure.as_ref().is_some_and(|failure| failure.pause_left(now, false).is_some());
            let usable = match standing {
                Standing::Over => just_fetched && !current.rejected,
                Standing::Fresh => true,
                _ => just_fetched || failed || in_pause() || (state.flight.is_some() && !waits),
            };
            if usable {
                return Ok(Supply::Token(current));
            }
            return self.fetch(state, now, Some(current), waits, landing);
        }
        self.fetch(state, now, None, true, landing)
    }

    /// Follows the fetch under way, or gives the right to start one.
    fn fetch(
        self: &Arc<Self>,
        state: &mut State,
        now: SystemTime,
        old: Option<Arc<Current>>,
        waits: bool,
        landing: Option<&Landing>,
    ) -> Result<Supply, Error> {
        if let Some(error) = landing.and_then(Landing::error) {
            return Err(error.clone());
        }
        let spent = landing.map(Landing::spent).unwrap_or_default();
        // A token that is still valid is not waited for until it has ended: half of what it has left, and it is used.
        let limit = self.settings.wait_limit;
        let left = old.as_ref().map(|old| old.left(now)).filter(|left| !left.is_zero());
        let spent = left.map_or(spent, |left| spent.max(limit.saturating_sub(left / 2)));
        if let Some(flight) = &state.flight {
            return Ok(Supply::Follow(Flight::new(Arc::clone(flight), spent)));
        }
        if let Some(failure) = &state.failure
            && let Some(left) = failure.pause_left(now, true)
        {
            return Err(failure.error(left));
        }
        state.flights += 1;
        let flight = Shared::new(state.flights, self, now, limit, &self.settings.what);
        state.flight = Some(Arc::clone(&flight));
        let began_at = state.generation;
        if let Some(old) = &old {
            old.set_renewing(true);
        }
        Ok(Supply::Lead(Lead { cache: Arc::clone(self), flight, old, waits, spent, began_at, ended: false }))
    }

    /// A token that comes from outside any fetch.
    pub(super) fn fill(&self, token: Token, now: SystemTime) {
        self.publish(&mut self.state(), token, now, Landed::default());
    }

    /// A token in place of whatever there is or is being fetched; or none. Whoever waits for the fetch under way looks again.
    pub(super) fn replace(&self, token: Option<Token>, now: SystemTime, how: Landed) {
        let mut state = self.state();
        let flight = state.flight.take();
        if let Some(token) = token {
            self.publish(&mut state, token, now, how);
        } else {
            // The fetch under way is then seen to be overtaken.
            state.generation += 1;
            state.failure = None;
            self.current.store(None);
        }
        drop(state);
        if let Some(flight) = flight {
            flight.land(Outcome::Abandoned);
        }
    }

    /// How often what is in use has changed.
    pub(super) fn generation(&self) -> u64 {
        self.state().generation
    }

    /// Puts what became of the token of this generation in its place, unless something else has come since. Of an access token
    /// that stays the same, a refusal stays too.
    pub(super) fn follow_up(&self, generation: u64, token: Token, now: SystemTime, how: Landed) {
        let mut state = self.state();
        if state.generation != generation {
            return;
        }
        let flight = state.flight.take();
        let before = self.current.load_full();
        self.publish(&mut state, token, now, how);
        if let (Some(before), Some(after)) = (before, self.current.load_full())
            && before.rejected
            && before.token.expose() == after.token.expose()
        {
            self.current.store(Some(Arc::new(after.refused())));
        }
        drop(state);
        if let Some(flight) = flight {
            flight.land(Outcome::Abandoned);
        }
    }

    /// A server has refused the token of this generation (RFC 6750 section 3.1).
    ///
    /// One that was replaced since tells nothing about its successor. And a successor that is refused right away will
    /// hardly be mended by yet another fetch: those come in growing pauses, from the first on where it has never been
    /// accepted, else from the [fourth](REVOCATIONS) on.
    pub(super) fn reject(&self, generation: u64, now: SystemTime) -> Refusal {
        let state = self.state();
        if state.generation > generation {
            return Refusal::Again(state.generation);
        }
        let Some(current) = self.current.load_full() else { return Refusal::Stands };
        if current.generation != generation || !self.settings.renewable {
            return Refusal::Stands;
        }
        if !current.rejected {
            let free = if current.is_accepted() { REVOCATIONS } else { 0 };
            let pause = after_refusals(current.refused_before.saturating_sub(free));
            if now.duration_since(current.landed).is_ok_and(|waited| waited < pause) {
                return Refusal::Stands;
            }
            self.current.store(Some(Arc::new(current.refused())));
        }
        Refusal::Again(generation + 1)
    }

    /// Whoever runs this fetch has been silent for too long: the next caller starts anew.
    pub(super) fn presume_dead(&self, flight: &Arc<Shared>) {
        let mut state = self.state();
        let is_this = state.flight.as_ref().is_some_and(|current| current.id == flight.id);
        if is_this {
            state.flight = None;
            if let Some(current) = self.current.load().as_ref() {
                current.set_renewing(false);
            }
        }
        drop(state);
        flight.land(Outcome::Abandoned);
    }

    fn publish(&self, state: &mut State, token: Token, now: SystemTime, how: Landed) -> u64 {
        let before = self.current.load_full();
        state.generation += 1;
        state.failure = None;
        let mut current = Current::new(token, state.generation, self.settings.margin, now);
        if how.unsaved {
            current.save_again(now + SAVE_AGAIN);
        }
        current.refused_before = match before {
            // What another process has brought was not fetched for this refusal.
            Some(before) if before.rejected && how.adopted => before.refused_before,
            Some(before) if before.rejected && before.has_served(now) => 1,
            Some(before) if before.rejected => before.refused_before + 1,
            _ => 0,
        };
        self.current.store(Some(Arc::new(current)));
        state.generation
    }

    /// Nothing panics while this is held, so what it guards is whole even where a thread has died.
    fn state(&self) -> MutexGuard<'_, State> {
        #[cfg(test)]
        super::schedules::before_lock();
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to fetch, held by one at a time. It ends with a token or an error; dropped without either (a runtime that was
/// shut down, a panic), the waiters are told and one of them starts anew.
pub(super) struct Lead {
    cache: Arc<Cache>,
    flight: Arc<Shared>,
    /// The token there was.
    pub(super) old: Option<Arc<Current>>,
    /// Whether the caller has to wait for it.
    pub(super) waits: bool,
    /// How long it has waited already.
    spent: Duration,
    began_at: u64,
    ended: bool,
}

impl Lead {
    pub(super) fn flight(&self) -> Flight {
        Flight::new(Arc::clone(&self.flight), self.spent)
    }

    /// Ends it with a token.
    pub(super) fn land(mut self, token: Token, now: SystemTime, how: Landed) {
        self.end(|cache, state, replaced| {
            // Taken for dead meanwhile: what came since is newer, and where nothing came this is what there is.
            let generation = if replaced { state.generation } else { cache.publish(state, token, now, how) };
            Outcome::Token(generation)
        });
    }

    pub(super) fn fail(mut self, error: &Error, now: SystemTime) {
        self.end(|_, state, replaced| {
            if !replaced {
                state.failure = Some(Failure::after(state.failure.take(), error.clone(), now));
            }
            Outcome::Failed(error.clone())
        });
    }

    /// Ends it with an error that the next caller need not wait behind.
    pub(super) fn give_up(mut self, error: &Error) {
        self.end(|_, _, _| Outcome::Failed(error.clone()));
    }

    /// Ends the flight under the lock, and wakes the waiters after it. `outcome` is told whether this flight was taken for
    /// dead, and another has brought a token since.
    fn end(&mut self, outcome: impl FnOnce(&Cache, &mut State, bool) -> Outcome) {
        self.ended = true;
        let mut state = self.cache.state();
        let is_current = state.flight.as_ref().is_some_and(|flight| flight.id == self.flight.id);
        let replaced = !is_current && state.generation != self.began_at;
        let outcome = outcome(&self.cache, &mut state, replaced);
        if let Some(old) = &self.old {
            old.set_renewing(false);
        }
        if is_current {
            state.flight = None;
        }
        drop(state);
        self.flight.land(outcome);
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        if !self.ended {
            self.end(|_, _, _| Outcome::Abandoned);
        }
    }
}
