//! One fetch under way, and everybody who waits for it: tasks and threads alike.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant, SystemTime},
};

use super::cache::Cache;
use crate::Error;

/// A fetch that somebody runs. [Block](Flight::block) on it, or await it, for as long as [`limit`](Flight::limit) says, and
/// say how that [ended](Flight::ended). It wakes everybody once it has landed. Dropping it stops waiting, not the fetch.
///
/// How an async driver waits, on tokio:
///
/// ```text
/// let (limit, start) = (flight.limit(deadline.left()), Instant::now());
/// let landing = timeout(limit, &mut flight).await.ok();
/// exchange.landed(flight.ended(landing, start.elapsed()));
/// ```
pub struct Flight {
    shared: Arc<Shared>,
    /// Where the waker of this waiter stands; [`STANDING`] before there is one.
    seat: u32,
    /// How long this waiter has waited already, in milliseconds, for others who were to fetch the same token and died.
    spent: u32,
}

/// Not an `Option`: a flight is two words, so that what may hold one is small.
const STANDING: u32 = u32::MAX;

/// How a [`Flight`] has ended for one waiter. Goes to [`Exchange::landed`](crate::Exchange::landed).
#[derive(Clone)]
pub struct Landing {
    pub(super) cache: u64,
    pub(super) outcome: Outcome,
    pub(super) spent: Duration,
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
    began: SystemTime,
    limit: Duration,
    what: Arc<str>,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    outcome: Option<Outcome>,
    seats: Vec<Option<Waker>>,
    free: Vec<u32>,
}

impl Waiting {
    fn take_seat(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.seats.push(None);
            u32::try_from(self.seats.len() - 1).unwrap_or(STANDING)
        })
    }
}

impl Flight {
    pub(super) fn new(shared: Arc<Shared>, spent: Duration) -> Self {
        let spent = u32::try_from(spent.as_millis()).unwrap_or(u32::MAX);
        Self { shared, seat: STANDING, spent }
    }

    /// How long to wait for it at most, where the caller has so much time `left`: none means any.
    ///
    /// It is never more than the [wait limit](super::TokensBuilder::wait_limit). Where others died who were to fetch the
    /// same token, the waits for them are taken off, so that nobody waits once for each.
    pub fn limit(&self, left: Option<Duration>) -> Duration {
        let limit = self.shared.limit.saturating_sub(self.spent());
        left.map_or(limit, |left| left.min(limit))
    }

    /// How a wait has ended that took so long: with this landing, or with none, since its [limit](Self::limit) is over.
    pub fn ended(self, landing: Option<Landing>, waited: Duration) -> Landing {
        match landing {
            Some(landing) => landing.after(waited),
            None => self.give_up(waited),
        }
    }

    /// Blocks this thread until it lands or its [limit](Self::limit) is over. For drivers without a runtime.
    pub fn block(mut self, left: Option<Duration>) -> Landing {
        let (limit, start) = (self.limit(left), Instant::now());
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut context = Context::from_waker(&waker);
        loop {
            let landing = match Pin::new(&mut self).poll(&mut context) {
                Poll::Ready(landing) => Some(landing),
                Poll::Pending => None,
            };
            let waited = start.elapsed();
            if landing.is_some() || waited >= limit {
                return self.ended(landing, waited);
            }
            thread::park_timeout(limit.saturating_sub(waited));
        }
    }

    /// The landing of a waiter that has given up. Whoever has not fetched within the whole limit is taken for dead, and the
    /// next caller may start anew.
    pub(super) fn give_up(self, waited: Duration) -> Landing {
        if waited >= self.shared.limit
            && let Some(cache) = self.shared.cache.upgrade()
        {
            cache.presume_dead(&self.shared);
        }
        let in_all = (self.spent() + waited).as_secs_f64();
        let message = format!("no token from {} within {in_all:.1} s", self.shared.what);
        self.landing(Outcome::Failed(Error::timed_out(message)))
    }

    fn landing(&self, outcome: Outcome) -> Landing {
        Landing { cache: self.shared.cache_id, outcome, spent: self.spent() }
    }

    fn spent(&self) -> Duration {
        Duration::from_millis(self.spent.into())
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
            self.seat = STANDING;
            return Poll::Ready(self.landing(outcome));
        }
        if self.seat == STANDING {
            self.seat = waiting.take_seat();
        }
        let before = waiting.seats.get_mut(self.seat as usize).and_then(|place| place.replace(waker));
        drop(waiting);
        drop(before); // somebody else's code, too
        Poll::Pending
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// A waiter that leaves frees its seat: callers that give up and come back do not pile up.
impl Drop for Flight {
    fn drop(&mut self) {
        if self.seat == STANDING {
            return;
        }
        let mut waiting = self.shared.waiting();
        let waker = waiting.seats.get_mut(self.seat as usize).and_then(Option::take);
        if waiting.outcome.is_none() {
            waiting.free.push(self.seat);
        }
        drop(waiting);
        drop(waker); // somebody else's code: not under the lock
    }
}

impl Shared {
    pub(super) fn new(
        id: u64,
        cache: &Arc<Cache>,
        began: SystemTime,
        limit: Duration,
        what: &Arc<str>,
    ) -> Arc<Self> {
        let waiting = Mutex::default();
        let (cache_id, cache, what) = (cache.id, Arc::downgrade(cache), Arc::clone(what));
        Arc::new(Self { id, cache, cache_id, began, limit, what, waiting })
    }

    /// Nobody may ever wait for the whole limit: callers have timeouts of their own. By the clock it is dead a while later,
    /// when waiters and calls have had their time twice over.
    pub(super) fn is_overdue(&self, now: SystemTime) -> bool {
        now.duration_since(self.began).is_ok_and(|passed| passed >= self.limit.saturating_mul(3))
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
            // Somebody else's code: not under the lock; and if it panics, the others are woken all the same.
            let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        #[cfg(test)]
        super::schedules::before_lock();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Landing {
    /// The same, where it has come after a wait of this long: the next flight's limit may depend on it.
    fn after(mut self, waited: Duration) -> Self {
        self.spent += waited;
        self
    }

    /// What a wait for somebody who died takes off the next one.
    pub(super) fn spent(&self) -> Duration {
        match self.outcome {
            Outcome::Abandoned => self.spent,
            Outcome::Token(_) | Outcome::Failed(_) => Duration::ZERO,
        }
    }

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
