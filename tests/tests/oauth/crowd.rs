//! Several who ask at once, each with a client of their own.

use std::{sync::Barrier, thread};

use authwright_core::{Flow, Tokens};
use authwright_testkit::{Driver, Memory, Net, TestClock, TokenFailure, run_flow};
use authwright_tests::{Reqwest, Ureq};

use crate::bench::Bench;

/// A driver of this kind for a thread of its own.
fn another(name: &str) -> Box<dyn Driver> {
    match name {
        "in-memory" => Box::new(Memory),
        "reqwest" => Box::new(Reqwest::new()),
        "ureq" => Box::new(Ureq),
        _ => panic!("no driver is called {name}"),
    }
}

/// Gets a token of each at once, and gives their texts.
pub(crate) fn tokens_at_once(bench: &Bench<'_>, all: Vec<Tokens>) -> Vec<Result<String, TokenFailure>> {
    let work = all.into_iter().map(|tokens| {
        move |driver: &dyn Driver, net: &Net, clock: &TestClock| {
            driver.token(net, clock, &tokens).map(|token| token.expose().to_owned())
        }
    });
    at_once(bench, work.collect())
}

/// Runs flows at once.
pub(crate) fn flows_at_once<T: Send + 'static>(
    bench: &Bench<'_>,
    all: Vec<Flow<T>>,
) -> Vec<Result<T, TokenFailure>> {
    let work = all.into_iter().map(|flow| {
        move |driver: &dyn Driver, net: &Net, clock: &TestClock| run_flow(driver, net, clock, flow)
    });
    at_once(bench, work.collect())
}

fn at_once<T: Send, W>(bench: &Bench<'_>, all: Vec<W>) -> Vec<T>
where
    W: FnOnce(&dyn Driver, &Net, &TestClock) -> T + Send,
{
    let (name, net, clock) = (bench.driver.name(), &bench.net, &bench.clock);
    let start = &Barrier::new(all.len());
    thread::scope(|scope| {
        let begin = |work: W| {
            scope.spawn(move || {
                let driver = another(name);
                start.wait();
                work(&*driver, net, clock)
            })
        };
        let threads: Vec<_> = all.into_iter().map(begin).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}
