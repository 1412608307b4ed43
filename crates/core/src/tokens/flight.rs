//! One fetch under way, and everybody who waits for it: tasks and threads alike.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, Waker},
    time::Duration,
};

use super::cache::Cache;
use crate::Error;

/// A fetch that somebody runs. Await it, or block on it with a waker of your own; it wakes everybody once it has landed.
/// Dropping it stops waiting, not the fetch.
pub struct Flight {
    shared: Arc<Shared>,
    /// Where the waker of this waiter stands.
    seat: Option<usize>,
}

/// How a [`Flight`] has ended for one waiter. Goes to [`Exchange::landed`](crate::Exchange::landed).
#[derive(Clone)]
pub struct Landing {
    pub(super) cache: u64,
    pub(super) outcome: Outcome,
}

#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// There is a token of this generation.
    Token(u64),
    Failed(Error),
    /// Whoever ran it is gone: somebody must start anew.
    Abandoned,
}

pub(super) struct Shared {
    pub(super) id: u64,
    cache: Weak<Cache>,
    cache_id: u64,
    limit: Duration,
    what: Arc<str>,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    outcome: Option<Outcome>,
    seats: Vec<Option<Waker>>,
    free: Vec<usize>,
}

impl Flight {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, seat: None }
    }

    /// How long it is worth waiting for: past that whoever runs it is taken for dead.
    pub fn limit(&self) -> Duration {
        self.shared.limit
    }

    /// Stops waiting after `waited`: the landing of a waiter that has given up. After the whole [`limit`](Self::limit) the
    /// next caller may start anew.
    pub fn give_up(self, waited: Duration) -> Landing {
        if waited >= self.shared.limit
            && let Some(cache) = self.shared.cache.upgrade()
        {
            cache.presume_dead(&self.shared);
        }
        let message = format!("no token from {} within {:.1} s", self.shared.what, waited.as_secs_f64());
        self.landing(Outcome::Failed(Error::timed_out(message)))
    }

    fn landing(&self, outcome: Outcome) -> Landing {
        Landing { cache: self.shared.cache_id, outcome }
    }

    /// How many seats its waiters have between them, the free ones included.
    #[cfg(test)]
    pub(super) fn seats(&self) -> usize {
        self.shared.waiting().seats.len()
    }
}

impl Future for Flight {
    type Output = Landing;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Landing> {
        let shared = Arc::clone(&self.shared);
        let waker = context.waker().clone(); // somebody else's code: not under the lock
        let mut waiting = shared.waiting();
        if let Some(outcome) = waiting.outcome.clone() {
            drop(waiting);
            self.seat = None;
            return Poll::Ready(self.landing(outcome));
        }
        let seat = match self.seat {
            Some(seat) => seat,
            None => waiting.free.pop().unwrap_or_else(|| {
                waiting.seats.push(None);
                waiting.seats.len() - 1
            }),
        };
        self.seat = Some(seat);
        let before = waiting.seats.get_mut(seat).and_then(|place| place.replace(waker));
        drop(waiting);
        drop(before); // somebody else's code, too
        Poll::Pending
    }
}

/// A waiter that leaves frees its seat: callers that give up and come back do not pile up.
impl Drop for Flight {
    fn drop(&mut self) {
        let Some(seat) = self.seat else { return };
        let mut waiting = self.shared.waiting();
        let waker = waiting.seats.get_mut(seat).and_then(Option::take);
        if waiting.outcome.is_none() {
            waiting.free.push(seat);
        }
        drop(waiting);
        drop(waker); // somebody else's code: not under the lock
    }
}

impl Shared {
    pub(super) fn new(id: u64, cache: &Arc<Cache>, limit: Duration, what: &Arc<str>) -> Arc<Self> {
        let waiting = Mutex::default();
        let (cache_id, cache, what) = (cache.id, Arc::downgrade(cache), Arc::clone(what));
        Arc::new(Self { id, cache, cache_id, limit, what, waiting })
    }

    /// Ends it and wakes everybody. Only the first outcome counts.
    pub(super) fn land(&self, outcome: Outcome) {
        let mut waiting = self.waiting();
        if waiting.outcome.is_some() {
            return;
        }
        waiting.outcome = Some(outcome);
        let seats = std::mem::take(&mut waiting.seats);
        drop(waiting);
        for waker in seats.into_iter().flatten() {
            waker.wake(); // somebody else's code: not under the lock
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        #[cfg(test)]
        super::schedules::before_lock();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Landing {
    pub(crate) fn is_of(&self, cache: u64) -> bool {
        self.cache == cache
    }

    /// The error of a fetch that failed, and of a waiter that gave up.
    pub fn error(&self) -> Option<&Error> {
        match &self.outcome {
            Outcome::Failed(error) => Some(error),
            Outcome::Token(_) | Outcome::Abandoned => None,
        }
    }
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight").field("of", &self.shared.what).finish_non_exhaustive()
    }
}

impl fmt::Debug for Landing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Landing").field(&self.outcome).finish()
    }
}
