//! A token near its end, and one that has ended while the token endpoint is down.

use std::{pin::pin, thread, time::Duration};

use authwright_core::{Auth, Tokens};
use authwright_testkit::{Reply, TestClock};
use futures_util::future::join_all;

use crate::support::{
    Gate, agent, bounded, client, ended, hold_next_login, login, poll_once, server, single, workers,
};

/// Inside the margin the token is used, the renewal goes on beside, and nobody waits for it: it is held back until all
/// requests are through.
#[test]
fn nobody_waits_for_a_renewal_inside_the_margin() {
    bounded(|| {
        let (server, clock) = (server(), TestClock::new());
        let tokens = Tokens::new(login(&server)).unwrap();
        let auth = Auth::new(server.url(), &tokens).unwrap();
        let (api, agent, runtime) = (client(&clock, &auth), agent(&clock, &auth), workers());
        let url = format!("{}/orders", server.url());
        agent.get(&*url).call().unwrap();

        for driver_begins in ["reqwest", "ureq"] {
            clock.advance(Duration::from_secs(250));
            let (held, sent) = (hold_next_login(&server), server.requests().len());
            for turn in 0..20 {
                if (turn % 2 == 0) == (driver_begins == "reqwest") {
                    runtime.block_on(api.get(&*url).send()).unwrap();
                    runtime.block_on(api.token(&tokens)).unwrap();
                } else {
                    agent.get(&*url).call().unwrap();
                    agent.token(&tokens).unwrap();
                }
            }
            held.arrived(1);
            let requests = server.requests().split_off(sent);
            let old = format!("Bearer token-{}", server.issued());
            let with_old = requests.iter().filter(|request| request.header("authorization") == Some(&*old));
            assert_eq!((with_old.count(), requests.len()), (20, 21), "{driver_begins}: and one login");
            held.open();
            runtime.block_on(api.settled(std::time::Duration::from_secs(30)));
            agent.settled(Duration::from_secs(10));
            let new = agent.token(&tokens).unwrap();
            assert_eq!(new.expose(), format!("token-{}", server.issued()), "{driver_begins}");
        }
        assert_eq!(server.count("/login"), 3);
    });
}

/// A renewal that fails, or whose runtime ends, is not taken for one that is still under way.
#[test]
fn a_renewal_that_came_to_nothing_is_tried_again() {
    bounded(|| {
        let (server, clock) = (server(), TestClock::new());
        let tokens = Tokens::new(login(&server)).unwrap();
        let (agent, dying, runtime) = (agent(&clock, &Auth::none()), workers(), workers());
        let api = client(&clock, &Auth::none());
        agent.token(&tokens).unwrap();
        clock.advance(Duration::from_secs(245));
        let ask = || {
            let token = agent.token(&tokens).unwrap();
            agent.settled(Duration::from_secs(10));
            (server.count("/login"), token.expose().to_owned())
        };
        server.tokens("/login").fails_times(1, 503);
        assert_eq!(ask(), (2, "token-1".to_owned()));
        assert_eq!(ask(), (2, "token-1".to_owned()), "not at once");

        clock.advance(Duration::from_secs(1));
        let held = hold_next_login(&server);
        assert_eq!(dying.block_on(api.token(&tokens)).unwrap().expose(), "token-1");
        held.arrived(1);
        assert_eq!(ask(), (3, "token-1".to_owned()), "somebody is at it");
        dying.shutdown_background();
        runtime.block_on(api.settled(std::time::Duration::from_secs(30)));
        assert_eq!(ask().0, 4, "and now nobody is");
        assert_eq!(ask(), (4, "token-2".to_owned()));
        held.open();
    });
}

/// A stream cannot be sent again, so it waits for a renewal that others do not wait for.
#[test]
fn a_stream_waits_for_the_renewal_that_is_under_way() {
    bounded(|| {
        let (server, clock) = (server(), TestClock::new());
        let tokens = Tokens::new(login(&server)).unwrap();
        let api = client(&clock, &Auth::new(server.url(), &tokens).unwrap());
        let url = format!("{}/orders", server.url());
        let sent = |number: usize| {
            let orders = server.requests().into_iter().filter(|request| request.path() == "/orders");
            orders.skip(number).find_map(|request| Some(request.header("authorization")?.to_owned()))
        };
        single().block_on(async {
            api.get(&*url).send().await.unwrap();
            clock.advance(Duration::from_secs(250));
            let held = hold_next_login(&server);
            api.get(&*url).send().await.unwrap();
            held.arrived_async(1).await;
            let chunks = futures_util::stream::iter([Ok::<_, std::io::Error>("order")]);
            let body = reqwest::Body::wrap_stream(chunks);
            let mut upload = pin!(api.put(&*url).body(body).send());
            assert!(poll_once(upload.as_mut()).await.is_pending());
            api.get(&*url).send().await.unwrap();
            assert_eq!(
                sent(2).as_deref(),
                Some("Bearer token-1"),
                "a request without a body waits for nothing"
            );
            held.open();
            upload.await.unwrap();
            assert_eq!(sent(3).as_deref(), Some("Bearer token-2"));
        });
    });
}

/// One failure, told to everybody alike; the API is left alone.
#[test]
fn tasks_that_wait_for_a_failing_login_get_one_error() {
    bounded(|| {
        let (server, clock) = (server(), TestClock::new());
        let tokens = ended(&server, &clock);
        let api = client(&clock, &Auth::new(server.url(), &tokens).unwrap());
        let url = format!("{}/orders", server.url());
        server.tokens("/login").fails_times(100, 503);
        single().block_on(async {
            let mut all = pin!(join_all((0..50).map(|_| api.get(&*url).send())));
            assert!(
                poll_once(all.as_mut()).await.is_pending(),
                "all are waiting before anything is answered"
            );
            for error in all.await {
                let error = error.unwrap_err();
                assert_eq!(
                    error.to_string(),
                    format!("login at {} answered 503; try again later", server.url())
                );
                assert!(error.is_transient() && !error.is_timeout(), "{error}");
            }
        });
        assert_eq!((server.count("/login"), server.count("/orders")), (2, 0));
    });
}

/// A refusal needs a person, so that those who come later are told too and the login is not tried again.
#[test]
fn a_refused_login_is_one_error_for_tasks_and_threads() {
    bounded(|| {
        let (server, clock) = (server(), TestClock::new());
        let tokens = ended(&server, &clock);
        let auth = Auth::new(server.url(), &tokens).unwrap();
        let (api, agent, runtime) = (client(&clock, &auth), agent(&clock, &auth), workers());
        let (held, callers) = (Gate::closed(), Gate::closed());
        let gate = held.clone();
        server.tokens("/login").accepts(move |_| {
            gate.pass();
            false
        });
        let url = format!("{}/orders", server.url());
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let (callers, request) = (callers.clone(), api.get(&*url));
                runtime.spawn(async move {
                    callers.arrive();
                    request.send().await.map(drop).unwrap_err().to_string()
                })
            })
            .collect();
        let mut told: Vec<String> = thread::scope(|scope| {
            let ask = || {
                callers.arrive();
                agent.get(&*url).call().map(drop).unwrap_err().to_string()
            };
            let threads: Vec<_> = (0..20).map(|_| scope.spawn(ask)).collect();
            callers.arrived(70);
            held.open();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        told.extend(tasks.into_iter().map(|task| runtime.block_on(task).unwrap()));
        told.dedup();
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!((server.count("/login"), server.count("/orders")), (2, 0));
    });
}

/// A token that has ended is not sent while the login is down, however often it is tried.
#[test]
fn a_token_that_has_ended_is_never_sent() {
    bounded(|| {
        let (server, clock) = (server(), TestClock::new());
        let tokens = ended(&server, &clock);
        let auth = Auth::new(server.url(), &tokens).unwrap();
        let (api, agent, runtime) = (client(&clock, &auth), agent(&clock, &auth), workers());
        let url = format!("{}/orders", server.url());
        for _ in 0..100 {
            server.tokens("/login").fails_with(Reply::status(503));
        }
        for _ in 0..10 {
            assert!(runtime.block_on(api.get(&*url).send()).is_err());
            assert!(agent.get(&*url).call().is_err());
            clock.advance(Duration::from_millis(100));
        }
        assert_eq!(server.count("/orders"), 0);
        assert!(server.count("/login") < 12, "pauses grow: {}", server.count("/login"));
    });
}
