//! Callers whose time runs out before the token is there.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use authwright_core::Auth;
use authwright_testkit::TestClock;
use tokio::task::JoinSet;

use crate::support::{
    SHORT, agent, bounded, client, ended, hold_next_login, server, timed_agent, timed_client, workers,
};

const DEADLINE: Duration = Duration::from_millis(15);
const FETCH: Duration = Duration::from_millis(60);

#[test]
fn tasks_that_give_up_and_ask_again_share_one_fetch() {
    bounded(|| {
        let (server, clock) = (server(), TestClock::new());
        let tokens = ended(&server, &clock);
        server.tokens("/login").delay(FETCH);
        let api = timed_client(&clock, &Auth::none(), DEADLINE);
        let gave_up = Arc::new(AtomicUsize::new(0));
        workers().block_on(async {
            let mut tasks = JoinSet::new();
            for _ in 0..50 {
                let (api, tokens, gave_up) = (api.clone(), tokens.clone(), Arc::clone(&gave_up));
                tasks.spawn(async move {
                    loop {
                        match api.token(&tokens).await {
                            Ok(token) => return token,
                            Err(error) => assert!(error.is_timeout(), "{error}"),
                        }
                        gave_up.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
            assert!(tasks.join_all().await.iter().all(|token| token.expose() == "token-2"));
        });
        assert!(gave_up.load(Ordering::SeqCst) >= 50);
        assert_eq!(server.count("/login"), 2, "the first token, and one fetch");
    });
}

#[test]
fn threads_that_give_up_and_ask_again_share_one_fetch() {
    bounded(|| {
        let (server, clock) = (server(), TestClock::new());
        let tokens = ended(&server, &clock);
        server.tokens("/login").delay(FETCH);
        let agent = timed_agent(&clock, &Auth::none(), DEADLINE);
        let until_served = || {
            let mut gave_up = 0;
            loop {
                match agent.token(&tokens) {
                    Ok(token) => return (token, gave_up),
                    Err(error) => assert!(error.is_timeout(), "{error}"),
                }
                gave_up += 1;
            }
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..50).map(|_| scope.spawn(until_served)).collect();
            let ends: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
            assert!(ends.iter().all(|(token, _)| token.expose() == "token-2"));
            assert!(ends.iter().map(|(_, gave_up)| gave_up).sum::<usize>() >= 50);
        });
        assert_eq!(server.count("/login"), 2, "the first token, and one fetch");
    });
}

/// The request's own timeout covers the wait for its token. The fetch goes on and serves the next one.
#[test]
fn a_requests_timeout_covers_the_wait_for_its_token() {
    bounded(|| {
        let (server, clock) = (server(), TestClock::new());
        let tokens = ended(&server, &clock);
        let auth = Auth::new(server.url(), &tokens).unwrap();
        let (api, agent, runtime) = (client(&clock, &auth), agent(&clock, &auth), workers());
        let url = format!("{}/orders", server.url());
        let login = hold_next_login(&server);

        let start = Instant::now();
        let error = runtime.block_on(api.get(&*url).timeout(SHORT).send()).unwrap_err();
        assert!(error.is_timeout() && error.is_transient(), "{error}");
        let error = agent.get(&*url).timeout(SHORT).call().unwrap_err();
        assert!(error.is_timeout() && error.is_transient(), "{error}");
        assert!(
            start.elapsed() >= 2 * SHORT && start.elapsed() < Duration::from_secs(5),
            "{:?}",
            start.elapsed()
        );
        assert_eq!(server.count("/orders"), 0);

        login.open();
        assert_eq!(runtime.block_on(api.get(&*url).send()).unwrap().status(), 200);
        assert_eq!(agent.get(&*url).call().unwrap().status(), 200);
        assert_eq!((server.count("/orders"), server.count("/login")), (2, 2));
    });
}
