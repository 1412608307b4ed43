//! Several who ask at once, each with a client of their own.

use std::{
    sync::{Arc, Barrier, Condvar, Mutex},
    thread,
    time::Duration,
};

use authwright_core::{Flow, Tokens};
use authwright_testkit::{Driver, Net, TestClock, TokenFailure, run_flow};
use authwright_tests::another;

use crate::{bench::Bench, flaky::Flaky};

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

/// Where a server waits with its answer.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    has_arrived: bool,
    is_open: bool,
}

/// Longer than anything here takes, and short of a test that hangs.
const PATIENCE: Duration = Duration::from_secs(20);

impl Gate {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Says that somebody is here, and waits until it is open.
    pub(crate) fn pass(&self) {
        self.change(|state| state.has_arrived = true);
        self.wait(|state| state.is_open);
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.0.lock().unwrap());
        self.0.1.notify_all();
    }

    fn wait(&self, is_so: impl Fn(&State) -> bool) {
        let state = self.0.0.lock().unwrap();
        let (_state, timeout) = self.0.1.wait_timeout_while(state, PATIENCE, |state| !is_so(state)).unwrap();
        assert!(!timeout.timed_out(), "nobody comes");
    }
}

/// Begins a renewal, which comes as far as the gate and holds the lock of the store; begins the flow then, and opens the gate
/// when that wants the lock too.
pub(crate) fn while_one_renews<T: Send + 'static>(
    bench: &Bench<'_>,
    renewing: Tokens,
    gate: &Gate,
    store: &Flaky,
    flow: Flow<T>,
) -> Result<T, TokenFailure> {
    let (name, net, clock) = (bench.driver.name(), &bench.net, &bench.clock);
    thread::scope(|scope| {
        scope.spawn(move || drop(another(name).token(net, clock, &renewing)));
        gate.wait(|state| state.has_arrived);
        let asked = store.asked_for_lock();
        let flow = scope.spawn(move || run_flow(&*another(name), net, clock, flow));
        while store.asked_for_lock() == asked && !flow.is_finished() {
            thread::yield_now();
        }
        gate.change(|state| state.is_open = true);
        flow.join().unwrap()
    })
}
