//! Many callers at once, each with a stopwatch of its own.

use std::{
    sync::{Arc, Barrier},
    thread,
    time::{Duration, Instant},
};

use tokio::{runtime::Runtime, task::JoinSet};

use crate::{
    FETCH,
    contestants::{Kind, OnTasks, OnThreads, Tasks, Threads},
    sample::Sample,
};

pub(crate) fn tasks(runtime: &Runtime, count: usize, contestant: &impl Tasks) -> Sample {
    let waits = runtime.block_on(async {
        let mut all = JoinSet::new();
        for _ in 0..count {
            let contestant = contestant.clone();
            all.spawn(async move {
                let start = Instant::now();
                contestant.ask().await;
                start.elapsed()
            });
        }
        all.join_all().await
    });
    Sample::new(waits, contestant.fetches())
}

pub(crate) fn threads(count: usize, contestant: &impl Threads) -> Sample {
    let ready = Arc::new(Barrier::new(count));
    let all: Vec<_> = (0..count)
        .map(|_| {
            let (ready, contestant) = (Arc::clone(&ready), contestant.clone());
            thread::spawn(move || {
                ready.wait();
                let start = Instant::now();
                contestant.ask();
                start.elapsed()
            })
        })
        .collect();
    let waits: Vec<Duration> = all.into_iter().filter_map(|thread| thread.join().ok()).collect();
    Sample::new(waits, contestant.fetches())
}

/// After a failure that passes, the next call asks the source again.
pub(crate) fn tries_again(runtime: &Runtime) -> String {
    let (on_tasks, on_threads) =
        (OnTasks::new(FETCH, Kind::Failing, None), OnThreads::new(FETCH, Kind::Failing, None));
    let counts = [
        (tasks(runtime, 200, &on_tasks).fetches, tasks(runtime, 1, &on_tasks).fetches),
        (threads(200, &on_threads).fetches, threads(1, &on_threads).fetches),
    ];
    format!(
        "  fetches after 200 callers, and after one more call: {:?} on reqwest, {:?} on ureq",
        counts[0], counts[1]
    )
}
