//! A runtime that ends while the new token is being stored: it is stored, and the lock is free afterwards.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, SystemTime},
};

use authwright_core::{
    Auth, Clock, Error, MemoryStore, TokenStore, Tokens,
    store::{Record, Saved, StoreGuard, StoreKey},
};
use authwright_testkit::TestClock;

use crate::support::{Gate, Rotating, agent, bounded, client, kept, last_issued, redeemed, workers};

#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    Lock,
    Save,
}

#[derive(Clone, Copy, Debug)]
enum End {
    InTheBackground,
    Dropped,
}

#[test]
fn a_save_that_has_begun_is_finished_when_the_runtime_is_left() {
    stopped(At::Save, End::InTheBackground);
}

#[test]
fn a_save_that_has_begun_is_finished_when_the_runtime_is_dropped() {
    stopped(At::Save, End::Dropped);
}

#[test]
fn a_lock_that_is_got_after_the_runtime_has_ended_is_given_back() {
    stopped(At::Lock, End::InTheBackground);
    stopped(At::Lock, End::Dropped);
}

fn stopped(at: At, end: End) {
    bounded(move || {
        let ((server, source), clock) = (Rotating::start(), TestClock::new());
        let store = Slow::new(at);
        let tokens = Tokens::builder(source).store(store.clone()).build().unwrap();
        agent(&clock, &Auth::none()).token(&tokens).unwrap();
        clock.advance(Duration::from_secs(301));

        store.slow.arm();
        let (runtime, gone) = (workers(), Gate::closed());
        let api = authwright_reqwest::Client::builder(Auth::none());
        let api = api.clock(Watched { clock: clock.clone(), gone: gone.clone() }).build().unwrap();
        let asked = tokens.clone();
        runtime.spawn(async move { api.token(&asked).await });
        store.slow.reached.arrived(1);
        let dropping = match end {
            End::InTheBackground => {
                runtime.shutdown_background();
                None
            }
            End::Dropped => Some(thread::spawn(move || drop(runtime))),
        };
        gone.arrived(1);
        store.slow.go.open();
        store.slow.unlocked.arrived(1);
        dropping.map(thread::JoinHandle::join).transpose().unwrap();

        let key = StoreKey::new(Rotating::KEY);
        drop(store.memory.lock(&key, Duration::ZERO).expect("the lock is free"));
        let expected = usize::from(at == At::Save);
        assert_eq!(redeemed(&server), expected);
        assert_eq!(kept(&store.memory), last_issued(&server));
        // Somebody on another runtime goes on from there.
        let (other, runtime) = (client(&clock, &Auth::none()), workers());
        let token = runtime.block_on(other.token(&tokens)).unwrap();
        assert_eq!(token.expose(), format!("token-{}", server.issued()));
        assert_eq!((redeemed(&server), server.revocations()), (1, 0));
        assert_eq!(kept(&store.memory), last_issued(&server));
    });
}

/// The clock of a client, dropped with it: and so with the last flow on it.
#[derive(Debug)]
struct Watched {
    clock: TestClock,
    gone: Gate,
}

impl Clock for Watched {
    fn now(&self) -> SystemTime {
        self.clock.now()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.gone.arrive();
    }
}

/// A store that is slow once, at one point.
#[derive(Clone, Debug)]
struct Slow {
    memory: MemoryStore,
    slow: Once,
}

#[derive(Clone, Debug)]
struct Once {
    at: At,
    armed: Arc<AtomicBool>,
    reached: Gate,
    go: Gate,
    unlocked: Gate,
}

impl Once {
    fn arm(&self) {
        self.armed.store(true, Ordering::SeqCst);
    }

    /// Whether this is the one time.
    fn wait(&self, at: At) -> bool {
        let now = self.at == at && self.armed.swap(false, Ordering::SeqCst);
        if now {
            self.reached.arrive();
            self.go.pass();
        }
        now
    }
}

impl Slow {
    fn new(at: At) -> Self {
        let (reached, go, unlocked) = (Gate::closed(), Gate::closed(), Gate::closed());
        let slow = Once { at, armed: Arc::default(), reached, go, unlocked };
        Self { memory: MemoryStore::new(), slow }
    }
}

impl TokenStore for Slow {
    fn load(&self, key: &StoreKey) -> Result<Option<Record>, Error> {
        self.memory.load(key)
    }

    fn lock(&self, key: &StoreKey, patience: Duration) -> Result<Box<dyn StoreGuard>, Error> {
        let was_slow = self.slow.wait(At::Lock);
        let guard = self.memory.lock(key, patience)?;
        Ok(Box::new(SlowGuard { guard: Some(guard), slow: self.slow.clone(), was_slow }))
    }
}

#[derive(Debug)]
struct SlowGuard {
    guard: Option<Box<dyn StoreGuard>>,
    slow: Once,
    was_slow: bool,
}

impl SlowGuard {
    fn inner(&mut self) -> &mut dyn StoreGuard {
        &mut **self.guard.as_mut().unwrap()
    }
}

impl StoreGuard for SlowGuard {
    fn load(&mut self) -> Result<Option<Record>, Error> {
        self.inner().load()
    }

    fn save(&mut self, record: &Record) -> Result<Saved, Error> {
        self.was_slow |= self.slow.wait(At::Save);
        self.inner().save(record)
    }

    fn remove(&mut self) -> Result<Saved, Error> {
        self.inner().remove()
    }
}

impl Drop for SlowGuard {
    fn drop(&mut self) {
        drop(self.guard.take());
        if self.was_slow {
            self.slow.unlocked.arrive();
        }
    }
}
