//! The runtime of whoever fetches is shut down: the waiters are told, and one of them starts anew.

use std::{sync::mpsc, thread, time::Duration};

use authwright_core::{Auth, Error, Io, Token, TokenSource, Tokens};
use authwright_testkit::TestClock;

use crate::support::{Gate, agent, bounded, client, ended, hold_next_login, server, workers};

#[test]
fn waiters_start_anew_when_the_runtime_that_fetches_is_shut_down() {
    bounded(|| {
        let (server, clock) = (server(), TestClock::new());
        let tokens = ended(&server, &clock);
        let login = hold_next_login(&server);
        let (dying, runtime) = (workers(), workers());
        let leader = client(&clock, &Auth::none());
        let asked = tokens.clone();
        dying.spawn(async move { leader.token(&asked).await });
        login.arrived(1);

        let (callers, api, agent) =
            (Gate::closed(), client(&clock, &Auth::none()), agent(&clock, &Auth::none()));
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (callers, api, tokens) = (callers.clone(), api.clone(), tokens.clone());
                runtime.spawn(async move {
                    callers.arrive();
                    api.token(&tokens).await
                })
            })
            .collect();
        thread::scope(|scope| {
            let waiting = || {
                callers.arrive();
                agent.token(&tokens)
            };
            let threads: Vec<_> = (0..5).map(|_| scope.spawn(waiting)).collect();
            callers.arrived(25);
            dying.shutdown_background();
            for thread in threads {
                assert_eq!(thread.join().unwrap().unwrap().expose(), "token-2");
            }
        });
        for task in tasks {
            assert_eq!(runtime.block_on(task).unwrap().unwrap().expose(), "token-2");
        }
        assert_eq!(server.count("/login"), 3, "the first token, the fetch that died, and one for all");
        login.open();
    });
}

/// A fetch that runs while its runtime is shut down finds that it may not block any more. That says nothing about the
/// source: the next caller tries again at once.
#[test]
fn a_fetch_that_is_overtaken_by_the_shutdown_leaves_no_pause() {
    bounded(|| {
        let (started, at_work) = mpsc::channel();
        let go = Gate::closed();
        let tokens = Tokens::new(Busy { started, go: go.clone() }).unwrap();
        let clock = TestClock::new();
        let (dying, runtime) = (workers(), workers());
        let (leader, api) = (client(&clock, &Auth::none()), client(&clock, &Auth::none()));
        let asked = tokens.clone();
        dying.spawn(async move { leader.token(&asked).await });
        at_work.recv().unwrap();
        dying.shutdown_background();
        let first = runtime.block_on(async {
            go.open();
            api.token(&tokens).await
        });
        if let Err(error) = first {
            assert!(error.is_transient(), "{error}");
            assert_eq!(runtime.block_on(api.token(&tokens)).unwrap().expose(), "t0ken");
        }
    });
}

/// Computes without a pause, then asks to block.
#[derive(Debug)]
struct Busy {
    started: mpsc::Sender<()>,
    go: Gate,
}

impl TokenSource for Busy {
    async fn fetch(&self, io: &Io) -> Result<Token, Error> {
        let _ = self.started.send(());
        self.go.pass();
        let now = io.now();
        io.block(move || Token::new("t0ken").lifetime(now, Duration::from_secs(300))).await
    }
}
