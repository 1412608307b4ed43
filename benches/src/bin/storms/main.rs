//! What a crowd pays for its token: the waiters of one fetch beside a floor, and callers who should not wait at all.
//!
//! `storms [runs]`. The fetch is a provider in this process that sleeps for 20 ms. The floor is the least that could be
//! done: one detached fetch, its outcome broadcast, by `tokio::sync::watch` to tasks and by a condition variable to
//! threads. Ours and the floor alternate, and what is compared is one run's pair. For people: no test looks at a clock.

mod contestants;
mod crowd;
mod floor;
mod margin;
mod sample;

use std::{env, time::Duration};

use tokio::runtime::{Builder, Runtime};

use self::{
    contestants::{Kind, OnTasks, OnThreads},
    floor::{TaskFloor, ThreadFloor},
    sample::Table,
};

const FETCH: Duration = Duration::from_millis(20);
const TASKS: usize = 10_000;
const THREADS: usize = 200;
const DEADLINE: Duration = Duration::from_millis(15);

fn main() {
    let runs = env::args().nth(1).and_then(|runs| runs.parse().ok()).unwrap_or(15);
    let runtime = runtime();
    let mut table = Table::new(runs);

    println!(
        "{runs} runs each, alternating; medians over the runs; the fetch sleeps {} ms in process\n",
        FETCH.as_millis()
    );
    table.head("a) no token: p99 of the wait", "ours ms", "floor ms", "ours / floor");
    table.pair("10,000 tasks (reqwest, 2 workers)", 1.15, |turn| {
        if turn.is_ours {
            crowd::tasks(&runtime, TASKS, &OnTasks::new(FETCH, Kind::Lasting, None))
        } else {
            crowd::tasks(&runtime, TASKS, &TaskFloor::new(FETCH))
        }
        .percentile(0.99)
    });
    table.pair("200 threads (ureq)", 1.15, |turn| {
        if turn.is_ours {
            crowd::threads(THREADS, &OnThreads::new(FETCH, Kind::Lasting, None))
        } else {
            crowd::threads(THREADS, &ThreadFloor::new(FETCH))
        }
        .percentile(0.99)
    });

    table.head("b) the fetch fails: the last waiter", "last ms", "fetch ms", "last / fetch");
    table.against_fetch("200 tasks (reqwest)", 1.2, || {
        let ours = OnTasks::new(FETCH, Kind::Failing, None);
        crowd::tasks(&runtime, THREADS, &ours).with_fetch(ours.fetch_time())
    });
    table.against_fetch("200 threads (ureq)", 1.2, || {
        let ours = OnThreads::new(FETCH, Kind::Failing, None);
        crowd::threads(THREADS, &ours).with_fetch(ours.fetch_time())
    });
    table.against_fetch("control: the floor on 200 threads, which succeeds", 1.2, || {
        crowd::threads(THREADS, &ThreadFloor::new(FETCH)).with_fetch(FETCH)
    });
    println!("{}", crowd::tries_again(&runtime));

    table.head("c) 50 callers give up after 15 ms and ask again", "last ms", "fetch ms", "last / fetch");
    for fetch in [FETCH, 3 * FETCH] {
        let name = |who: &str| format!("{who}, fetch of {} ms", fetch.as_millis());
        table.against_fetch(&name("tasks (reqwest)"), 1.5, || {
            let ours = OnTasks::new(fetch, Kind::Lasting, Some(DEADLINE));
            crowd::tasks(&runtime, 50, &ours).with_fetch(ours.fetch_time())
        });
        table.against_fetch(&name("threads (ureq)"), 1.5, || {
            let ours = OnThreads::new(fetch, Kind::Lasting, Some(DEADLINE));
            crowd::threads(50, &ours).with_fetch(ours.fetch_time())
        });
    }

    table.head("d) inside the margin, always being renewed: p99", "margin µs", "warm µs", "margin / warm");
    margin::rows(&mut table, &runtime);
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}
