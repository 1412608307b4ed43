//! Callers who should not wait: a token inside the margin, beside one that is fresh.

use std::{
    sync::{Arc, Barrier, mpsc},
    thread,
    time::{Duration, Instant},
};

use authwright_benches::server::Server;
use authwright_core::Auth;
use tokio::runtime::{Builder, Runtime};

use crate::{
    FETCH,
    contestants::{Kind, OnTasks, OnThreads},
    sample::{Sample, Table},
};

const CALLS: usize = 100_000;
const REQUESTS: usize = 3000;

pub(crate) fn rows(table: &mut Table, runtime: &Runtime) {
    let kind = |is_ours| if is_ours { Kind::Stale } else { Kind::Lasting };
    // Milliseconds as the other rows have them would be all zeros.
    let micro = |sample: &Sample| (sample.percentile(0.99).0 * 1e3, 0);
    for callers in [1, 2] {
        table.pair(&format!("token(), {callers} at a time (reqwest)"), 1.1, |turn| {
            micro(&on_tasks(runtime, &OnTasks::new(FETCH, kind(turn.is_ours), None), callers))
        });
        table.pair(&format!("token(), {callers} at a time (ureq)"), 1.1, |turn| {
            micro(&on_threads(&OnThreads::new(FETCH, kind(turn.is_ours), None), callers))
        });
    }
    let origin = serve();
    table.pair("whole requests, one at a time (reqwest)", 1.1, |turn| {
        micro(&task_requests(runtime, &OnTasks::new(FETCH, kind(turn.is_ours), None), &origin))
    });
    table.pair("whole requests, one at a time (ureq)", 1.1, |turn| {
        micro(&thread_requests(&OnThreads::new(FETCH, kind(turn.is_ours), None), &origin))
    });
    table.pair("control: fresh beside fresh (reqwest)", 1.1, |_| {
        micro(&task_requests(runtime, &OnTasks::new(FETCH, Kind::Lasting, None), &origin))
    });
    table.pair("control: fresh beside fresh (ureq)", 1.1, |_| {
        micro(&thread_requests(&OnThreads::new(FETCH, Kind::Lasting, None), &origin))
    });
}

fn on_tasks(runtime: &Runtime, ours: &OnTasks, callers: usize) -> Sample {
    runtime.block_on(async {
        ours.client.token(&ours.tokens).await.expect("a token");
        let all: Vec<_> = (0..callers)
            .map(|_| {
                let ours = ours.clone();
                tokio::spawn(async move {
                    let mut waits = Vec::with_capacity(CALLS);
                    for call in 0..CALLS {
                        // The runtime's own work gets its turn, outside of what is measured.
                        if call % 100 == 0 {
                            tokio::task::yield_now().await;
                        }
                        let start = Instant::now();
                        ours.client.token(&ours.tokens).await.expect("a token");
                        waits.push(start.elapsed());
                    }
                    waits
                })
            })
            .collect();
        let mut waits = Vec::new();
        for caller in all {
            waits.extend(caller.await.expect("a caller that ends"));
        }
        Sample::new(waits, 0)
    })
}

fn on_threads(ours: &OnThreads, callers: usize) -> Sample {
    ours.agent.token(&ours.tokens).expect("a token");
    let ready = Arc::new(Barrier::new(callers));
    let all: Vec<_> = (0..callers)
        .map(|_| {
            let (ready, ours) = (Arc::clone(&ready), ours.clone());
            thread::spawn(move || {
                ready.wait();
                timed(CALLS, || drop(ours.agent.token(&ours.tokens).expect("a token")))
            })
        })
        .collect();
    Sample::new(all.into_iter().flat_map(|caller| caller.join().expect("a caller that ends")).collect(), 0)
}

fn task_requests(runtime: &Runtime, ours: &OnTasks, origin: &str) -> Sample {
    let auth = Auth::new(origin, &ours.tokens).expect("an auth");
    let client = authwright_reqwest::Client::new(auth).expect("a client");
    runtime.block_on(async {
        let mut waits = Vec::with_capacity(REQUESTS);
        for _ in 0..REQUESTS {
            let start = Instant::now();
            let response = client.get(origin).send().await.expect("an answer");
            assert_eq!(response.bytes().await.expect("a body").len(), 2);
            waits.push(start.elapsed());
        }
        Sample::new(waits.split_off(10), 0)
    })
}

fn thread_requests(ours: &OnThreads, origin: &str) -> Sample {
    let agent =
        authwright_ureq::Agent::new(Auth::new(origin, &ours.tokens).expect("an auth")).expect("an agent");
    let mut waits = timed(REQUESTS, || {
        let mut response = agent.get(origin).call().expect("an answer");
        assert_eq!(response.body_mut().read_to_vec().expect("a body").len(), 2);
    });
    Sample::new(waits.split_off(10), 0)
}

fn timed(times: usize, mut call: impl FnMut()) -> Vec<Duration> {
    let mut waits = Vec::with_capacity(times);
    for _ in 0..times {
        let start = Instant::now();
        call();
        waits.push(start.elapsed());
    }
    waits
}

/// The server, in a thread of its own that never ends.
fn serve() -> String {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let server = Server::start().await.expect("a socket on loopback");
            if sender.send(server.origin.clone()).is_ok() {
                std::future::pending::<()>().await;
            }
        });
    });
    receiver.recv().expect("a server")
}
