//! Everybody at once: one fetch, and a token for all.

use std::{sync::Arc, thread};

use authwright_core::{Auth, Tokens};
use authwright_testkit::{FakeServer, TestClock};
use tokio::task::JoinSet;

use crate::support::{Gate, agent, bounded, client, ended, hold_next_login, server, workers};

#[test]
fn ten_thousand_tasks_make_one_fetch() {
    all_ask(10_000, 0);
}

#[test]
fn two_hundred_threads_make_one_fetch() {
    all_ask(0, 200);
}

#[test]
fn tasks_and_threads_share_one_fetch() {
    all_ask(10_000, 200);
}

#[test]
fn whole_requests_share_one_fetch() {
    bounded(|| {
        let (server, clock) = (server(), TestClock::new());
        let tokens = ended(&server, &clock);
        let auth = Auth::new(server.url(), &tokens).unwrap();
        let (api, agent) = (client(&clock, &auth), agent(&clock, &auth));
        let url = format!("{}/orders", server.url());
        let (task_url, thread_url) = (url.clone(), url);
        crowd(
            &server,
            300,
            50,
            move || {
                let request = api.get(&*task_url);
                async move { request.send().await.unwrap().status().as_u16() == 200 }
            },
            move || agent.get(&*thread_url).call().unwrap().status().as_u16() == 200,
        );
        let requests = server.requests();
        let orders = requests.iter().filter(|request| request.path() == "/orders");
        assert_eq!(orders.clone().count(), 350);
        assert!(orders.clone().all(|request| request.header("authorization") == Some("Bearer token-2")));
    });
}

/// All of them ask one expired cache for its token.
fn all_ask(tasks: usize, threads: usize) {
    bounded(move || {
        let (server, clock) = (server(), TestClock::new());
        let tokens = ended(&server, &clock);
        let (api, agent) = (client(&clock, &Auth::none()), agent(&clock, &Auth::none()));
        let is_new = |token: &str| token == "token-2";
        let of_tasks: Tokens = tokens.clone();
        crowd(
            &server,
            tasks,
            threads,
            move || {
                let (api, tokens) = (api.clone(), of_tasks.clone());
                async move { is_new(api.token(&tokens).await.unwrap().expose()) }
            },
            move || is_new(agent.token(&tokens).unwrap().expose()),
        );
    });
}

/// Starts them all while the login is held back, lets it go, and counts: all must be served by one login.
fn crowd<F>(
    server: &FakeServer,
    tasks: usize,
    threads: usize,
    task: impl Fn() -> F,
    thread: impl Fn() -> bool + Send + Sync + 'static,
) where
    F: Future<Output = bool> + Send + 'static,
{
    let (login, callers) = (hold_next_login(server), Gate::closed());
    let runtime = workers();
    let mut in_tasks = JoinSet::new();
    for _ in 0..tasks {
        let (arrived, work) = (callers.clone(), task());
        in_tasks.spawn_on(
            async move {
                arrived.arrive();
                work.await
            },
            runtime.handle(),
        );
    }
    let thread = Arc::new(thread);
    let in_threads: Vec<_> = (0..threads)
        .map(|_| {
            let (arrived, work) = (callers.clone(), Arc::clone(&thread));
            thread::spawn(move || {
                arrived.arrive();
                work()
            })
        })
        .collect();
    callers.arrived(tasks + threads);
    login.arrived(1);
    login.open();
    let served_tasks = runtime.block_on(in_tasks.join_all()).into_iter().filter(|served| *served).count();
    let served_threads =
        in_threads.into_iter().filter_map(|thread| thread.join().ok()).filter(|served| *served);
    assert_eq!((served_tasks, served_threads.count()), (tasks, threads));
    assert_eq!(server.count("/login"), 2, "the first token, and one fetch for all");
}
