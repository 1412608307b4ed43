//! The caller that started the fetch leaves, at any moment: the fetch goes on, and no refresh token is lost or used twice.

use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use authwright_core::{Auth, MemoryStore, Tokens};
use authwright_testkit::{FakeServer, TestClock};
use tokio::time::timeout;

use crate::support::{
    Rotating, agent, bounded, client, kept, last_issued, poll_once, redeemed, single, timed_agent, workers,
};

/// A token that has ended, and everything around it.
struct Scene {
    server: FakeServer,
    store: MemoryStore,
    clock: TestClock,
    tokens: Tokens,
}

impl Scene {
    fn new() -> Self {
        let ((server, source), store, clock) = (Rotating::start(), MemoryStore::new(), TestClock::new());
        let tokens = Tokens::builder(source).store(store.clone()).build().unwrap();
        let scene = Self { server, store, clock, tokens };
        agent(&scene.clock, &Auth::none()).token(&scene.tokens).unwrap();
        scene.end_token();
        scene
    }

    fn end_token(&self) {
        self.clock.advance(Duration::from_secs(301));
    }

    /// One refresh token was redeemed since the last time, and what came of it is kept; the cache has the token too.
    fn check(&self, redeemed_before: usize, left_at: &str) {
        assert_eq!(redeemed(&self.server), redeemed_before + 1, "{left_at}");
        assert_eq!(kept(&self.store), last_issued(&self.server), "{left_at}");
        let token = agent(&self.clock, &Auth::none()).token(&self.tokens).unwrap();
        assert_eq!(token.expose(), format!("token-{}", self.server.issued()), "{left_at}");
        assert_eq!(redeemed(&self.server), redeemed_before + 1, "{left_at}");
        assert_eq!(self.server.revocations(), 0, "{left_at}");
    }
}

/// Polled whenever it is woken, and dropped after `n` polls: every await of a caller that runs the fetch itself would be a
/// place to lose it.
#[test]
fn a_caller_dropped_after_any_poll_loses_nothing() {
    bounded(|| {
        let (scene, runtime) = (Scene::new(), workers());
        let api = client(&scene.clock, &Auth::none());
        for n in 1.. {
            let before = redeemed(&scene.server);
            let ended = runtime.block_on(async {
                let mut left = n;
                let mut caller = Box::pin(api.token(&scene.tokens));
                let polled = poll_fn(|context| match caller.as_mut().poll(context) {
                    Poll::Ready(token) => Poll::Ready(Some(token.unwrap())),
                    Poll::Pending => {
                        left -= 1;
                        if left == 0 { Poll::Ready(None) } else { Poll::Pending }
                    }
                });
                let ended = polled.await.is_some();
                drop(caller);
                api.settled(std::time::Duration::from_secs(30)).await;
                ended
            });
            scene.check(before, &format!("dropped after poll {n}"));
            if ended {
                return;
            }
            scene.end_token();
        }
    });
}

/// Dropped while the fetch is at any of its steps: the runtime takes `n` turns first.
#[test]
fn a_caller_dropped_at_any_step_of_the_fetch_loses_nothing() {
    bounded(|| {
        let (scene, runtime) = (Scene::new(), single());
        let api = client(&scene.clock, &Auth::none());
        let mut n = 1;
        loop {
            let before = redeemed(&scene.server);
            let ended = runtime.block_on(async {
                let mut ended = false;
                {
                    let mut caller = pin!(api.token(&scene.tokens));
                    for _ in 0..n {
                        ended = poll_once(caller.as_mut()).await.is_ready();
                        if ended {
                            break;
                        }
                        tokio::task::yield_now().await;
                    }
                }
                api.settled(std::time::Duration::from_secs(30)).await;
                ended
            });
            scene.check(before, &format!("dropped after turn {n}"));
            if ended {
                return;
            }
            scene.end_token();
            n += 1 + n / 8;
        }
    });
}

#[test]
fn a_thread_that_runs_out_of_time_loses_nothing() {
    bounded(|| {
        let scene = Scene::new();
        scene.server.tokens("/login").delay(Duration::from_millis(3));
        let (mut served, mut late) = (0, 0);
        for n in 1.. {
            let before = redeemed(&scene.server);
            let impatient = timed_agent(&scene.clock, &Auth::none(), Duration::from_micros(400) * n);
            match impatient.token(&scene.tokens) {
                Ok(_) => served += 1,
                Err(error) => {
                    assert!(error.is_timeout(), "{error}");
                    late += 1;
                }
            }
            impatient.settled(Duration::from_secs(10));
            scene.check(before, &format!("after {n} times 400 µs"));
            if served == 3 {
                assert!(late > 0, "the caller itself waits no longer than it was told to");
                return;
            }
            scene.end_token();
        }
    });
}

/// The same through a whole request, dropped by a timeout around it.
#[test]
fn a_request_dropped_by_a_timeout_loses_nothing() {
    bounded(|| {
        let (scene, runtime) = (Scene::new(), workers());
        scene.server.tokens("/login").delay(Duration::from_millis(3));
        let api = client(&scene.clock, &Auth::new(scene.server.url(), &scene.tokens).unwrap());
        let url = format!("{}/orders", scene.server.url());
        for n in 0..12 {
            let before = redeemed(&scene.server);
            runtime.block_on(async {
                // Some of these are served.
                let _ = timeout(Duration::from_millis(1) * n, api.get(&*url).send()).await;
                api.settled(std::time::Duration::from_secs(30)).await;
            });
            scene.check(before, &format!("after {n} ms"));
            scene.end_token();
        }
    });
}
