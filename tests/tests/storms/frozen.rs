//! Whoever fetches stands still: a runtime that nobody drives any more, or whose only thread is blocked. Nobody hangs.

use std::{
    pin::pin,
    thread,
    time::{Duration, Instant},
};

use authwright_core::{Auth, MemoryStore, Tokens};
use authwright_testkit::{FakeServer, TestClock};
use tokio::runtime::Runtime;

use crate::support::{
    Gate, Rotating, SHORT, agent, bounded, client, hold_next_login_to, kept, last_issued, login, poll_once,
    redeemed, server, single, workers,
};

/// Nobody waits longer than the limit, plus what a busy machine may add.
const BOUND: Duration = Duration::from_secs(5);

/// A cache whose first fetch stands still at the token endpoint: its runtime, the client on it, and what holds the login.
struct Frozen {
    server: FakeServer,
    clock: TestClock,
    tokens: Tokens,
    runtime: Runtime,
    leader: authwright_reqwest::Client,
    login: Gate,
}

impl Frozen {
    /// `ends_well`: whether the held login is accepted once it is let go.
    fn new(ends_well: bool) -> Self {
        let (server, clock, runtime) = (server(), TestClock::new(), single());
        let login_held = hold_next_login_to(&server, ends_well);
        let builder = Tokens::builder(login(&server)).wait_limit(SHORT);
        let tokens = builder.call_timeout(Duration::from_secs(20)).build().unwrap();
        let leader = client(&clock, &Auth::none());
        runtime.block_on(async {
            assert!(poll_once(pin!(leader.token(&tokens))).await.is_pending());
            login_held.arrived_async(1).await;
        });
        Self { server, clock, tokens, runtime, leader, login: login_held }
    }

    /// Callers on a runtime and on threads. All of them end within one limit: with a timeout, but for those who have some
    /// time left when the first one's is over, and fetch it themselves.
    fn everybody_ends_in_time(&self) {
        let (runtime, api, agent) =
            (workers(), client(&self.clock, &Auth::none()), agent(&self.clock, &Auth::none()));
        let start = Instant::now();
        thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| agent.token(&self.tokens))).collect();
            let tasks: Vec<_> = (0..4)
                .map(|_| {
                    let (api, tokens) = (api.clone(), self.tokens.clone());
                    runtime.spawn(async move { api.token(&tokens).await })
                })
                .collect();
            let of_threads = threads.into_iter().filter_map(|thread| thread.join().unwrap().err());
            let of_threads: Vec<_> = of_threads
                .inspect(|error| assert!(error.is_timeout() && error.is_transient(), "{error}"))
                .map(|error| error.to_string())
                .collect();
            let of_tasks = tasks.into_iter().filter_map(|task| runtime.block_on(task).unwrap().err());
            let of_tasks = of_tasks
                .inspect(|error| assert!(error.is_timeout() && error.is_transient(), "{error}"))
                .map(|error| error.to_string());
            let told: Vec<_> = of_threads.into_iter().chain(of_tasks).collect();
            for error in told {
                assert!(error.starts_with("no token from login at http://127.0.0.1"), "{error}");
            }
        });
        assert!(start.elapsed() >= SHORT && start.elapsed() < BOUND, "{:?}", start.elapsed());
    }

    fn token(&self) -> String {
        let api = client(&self.clock, &Auth::none());
        workers().block_on(api.token(&self.tokens)).unwrap().expose().to_owned()
    }

    /// Lets the frozen fetch come to its end, whatever that is.
    fn thaw(&self) {
        self.login.open();
        self.runtime.block_on(self.leader.settled(std::time::Duration::from_secs(30)));
    }
}

#[test]
fn waiters_time_out_a_later_caller_is_served_and_a_late_token_does_no_harm() {
    bounded(|| {
        let frozen = Frozen::new(true);
        frozen.everybody_ends_in_time();
        let token = frozen.token();
        frozen.thaw();
        let logins = frozen.server.count("/login");
        assert_eq!(frozen.token(), token, "what came later than its successor is not used");
        assert_eq!(frozen.server.count("/login"), logins);
    });
}

#[test]
fn a_late_failure_does_no_harm() {
    bounded(|| {
        let frozen = Frozen::new(false);
        frozen.everybody_ends_in_time();
        let token = frozen.token();
        frozen.thaw();
        assert_eq!(frozen.token(), token);
        frozen.clock.advance(Duration::from_secs(301));
        assert_ne!(frozen.token(), token, "and no pause has come of it");
    });
}

/// Where nobody has fetched since, what comes late is better than nothing.
#[test]
fn a_late_token_serves_those_who_come_after_it() {
    for on_a_thread in [true, false] {
        bounded(move || {
            let frozen = Frozen::new(true);
            let start = Instant::now();
            let (is_timeout, text) = if on_a_thread {
                let error = agent(&frozen.clock, &Auth::none()).token(&frozen.tokens).unwrap_err();
                (error.is_timeout(), error.to_string())
            } else {
                let api = client(&frozen.clock, &Auth::none());
                let error = workers().block_on(api.token(&frozen.tokens)).unwrap_err();
                (error.is_timeout(), error.to_string())
            };
            assert!(is_timeout && text.starts_with("no token from login at http://127.0.0.1"), "{text}");
            assert!(start.elapsed() >= SHORT && start.elapsed() < BOUND, "{:?}", start.elapsed());
            frozen.thaw();
            assert_eq!(frozen.token(), "token-1");
            assert_eq!(frozen.server.count("/login"), 1);
        });
    }
}

/// A frozen fetch holds the lock of the store: it may have spent the refresh token already, so nobody else tries it. They
/// fail in time, and all is well once it goes on.
#[test]
fn a_frozen_fetch_keeps_the_lock_of_its_store() {
    bounded(|| {
        let ((server, source), store, clock, runtime) =
            (Rotating::start(), MemoryStore::new(), TestClock::new(), single());
        let builder = Tokens::builder(source).store(store.clone());
        let tokens = builder.wait_limit(SHORT).call_timeout(Duration::from_secs(20)).build().unwrap();
        agent(&clock, &Auth::none()).token(&tokens).unwrap();
        clock.advance(Duration::from_secs(301));
        let leader = client(&clock, &Auth::none());
        runtime.block_on(async {
            assert!(poll_once(pin!(leader.token(&tokens))).await.is_pending());
            while redeemed(&server) == 0 {
                tokio::task::yield_now().await;
            }
        });
        let (other, agent) = (workers(), agent(&clock, &Auth::none()));
        let api = client(&clock, &Auth::none());
        for _ in 0..2 {
            let error = other.block_on(api.token(&tokens)).unwrap_err();
            assert!(error.is_timeout(), "{error}");
        }
        assert!(agent.token(&tokens).unwrap_err().is_timeout());
        assert_eq!(redeemed(&server), 1);
        runtime.block_on(leader.settled(std::time::Duration::from_secs(30)));
        assert_eq!(agent.token(&tokens).unwrap().expose(), format!("token-{}", server.issued()));
        agent.settled(Duration::from_secs(10));
        assert_eq!((redeemed(&server), server.revocations()), (1, 0));
        assert_eq!(kept(&store), last_issued(&server));
    });
}

/// Blocking on a runtime's only thread keeps the fetch on it from going on, which cannot be mended; it ends with an error.
#[test]
fn blocking_on_the_runtime_that_fetches_ends_with_an_error() {
    bounded(|| {
        let frozen = Frozen::new(true);
        frozen.login.open();
        let agent = agent(&frozen.clock, &Auth::none());
        let (start, error) = frozen.runtime.block_on(async {
            let start = Instant::now();
            (start, agent.token(&frozen.tokens).unwrap_err())
        });
        assert!(error.is_timeout() && start.elapsed() < BOUND, "{error} after {:?}", start.elapsed());
        // And what comes after that works, on this very runtime.
        assert!(frozen.runtime.block_on(frozen.leader.token(&frozen.tokens)).is_ok());
    });
}
