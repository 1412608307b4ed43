//! Every order in which a few callers, the flows they start and a clock can take their steps, and what must hold in each.
//!
//! Between two locks nothing is shared, so whole steps in turn are nearly all that threads could do. What is left is a step
//! of another between two locks of one step (a flight that ends takes two): that is let in once in a run, and whole.

mod actors;
mod callers;
mod explore;
mod leaders;
mod model;
mod scenario;
mod world;

use std::{cell::RefCell, rc::Rc};

use self::{
    actors::What,
    explore::every_schedule,
    model::Fate,
    scenario::{COLD, Kind, PLAIN, Scenario},
    world::World,
};

thread_local! {
    static RUNNING: RefCell<Option<Rc<World>>> = const { RefCell::new(None) };
}

/// The cache and its flights call this before they take a lock.
pub(super) fn before_lock() {
    let world = RUNNING.with_borrow(Clone::clone);
    if let Some(world) = world {
        world.at_lock();
    }
}

fn set_running(world: Option<Rc<World>>) {
    RUNNING.with_borrow_mut(|running| *running = world);
}

#[track_caller]
fn explore(scenario: &'static Scenario) {
    let count = every_schedule(|choices| World::run(scenario, choices));
    assert!(count >= scenario.at_least, "{}: {count} schedules", scenario.name);
}

const TWO: Scenario = Scenario { callers: &[PLAIN; 2], ..COLD };
const MUST_LAST: Kind = Kind { must_last: true, ..PLAIN };
const REFUSED: Kind = Kind { refusals: 1, ..PLAIN };
const REFUSED_TWICE: Kind = Kind { refusals: 2, ..PLAIN };
const COMES_BACK: Kind = Kind { comes_back: true, ..PLAIN };
const SECOND: Kind = Kind { process: 1, ..PLAIN };
const THIRD: Kind = Kind { process: 2, ..PLAIN };

#[test]
fn one_fetch_serves_all_who_come() {
    explore(&COLD);
}

#[test]
fn a_token_is_renewed_while_it_ends() {
    const ENDING: Scenario =
        Scenario { name: "ending", had: Some(300), clock: &[250, 293, 301], at_least: 11_000, ..TWO };
    explore(&ENDING);
    explore(&Scenario {
        name: "ending, for a stream",
        callers: &[PLAIN, MUST_LAST],
        at_least: 22_000,
        ..ENDING
    });
}

#[test]
fn tokens_without_a_lifetime_are_shared_by_those_who_waited() {
    explore(&Scenario { name: "without a lifetime", lifetime: 0, rotating: false, at_least: 800, ..TWO });
}

#[test]
fn callers_may_leave_at_any_time() {
    explore(&Scenario { name: "leaving", faults: 2, allowed: &[What::Cancel], at_least: 2000, ..TWO });
}

#[test]
fn callers_may_stop_waiting_and_come_back() {
    const GIVING_UP: Scenario = Scenario {
        name: "giving up",
        faults: 2,
        allowed: &[What::GiveUp],
        callers: &[COMES_BACK, PLAIN],
        at_least: 33_000,
        ..COLD
    };
    explore(&GIVING_UP);
    explore(&Scenario {
        name: "giving up near the end",
        had: Some(300),
        clock: &[293, 301],
        callers: &[MUST_LAST, PLAIN],
        faults: 1,
        at_least: 25_000,
        ..GIVING_UP
    });
}

#[test]
fn a_call_may_fail_in_any_way() {
    const FAILING: Scenario = Scenario {
        name: "failing",
        faults: 2,
        allowed: &[What::Call(Fate::Busy), What::Call(Fate::Refused)],
        at_least: 2000,
        ..TWO
    };
    explore(&FAILING);
    explore(&Scenario {
        name: "failing near the end",
        had: Some(300),
        clock: &[250, 301],
        faults: 1,
        at_least: 9900,
        ..FAILING
    });
    explore(&Scenario { name: "a panic", allowed: &[What::Call(Fate::Panic)], at_least: 460, ..FAILING });
}

#[test]
fn a_flow_may_be_dropped_at_any_time() {
    explore(&Scenario { name: "dropped", faults: 1, allowed: &[What::Drop], at_least: 80_000, ..TWO });
}

#[test]
fn a_refusal_hits_the_token_that_was_sent() {
    const REFUSING: Scenario =
        Scenario { name: "refusing", had: Some(300), callers: &[REFUSED, REFUSED], at_least: 9500, ..COLD };
    const AND_FAILING: Scenario =
        Scenario { name: "refusing, and busy", faults: 1, between_locks: 0, at_least: 15_000, ..REFUSING };
    explore(&REFUSING);
    // And the fetch that a refusal leads to may fail as well, or its caller leave.
    explore(&Scenario { allowed: &[What::Call(Fate::Busy)], ..AND_FAILING });
    explore(&Scenario {
        name: "refusing, and refused",
        allowed: &[What::Call(Fate::Refused)],
        at_least: 8000,
        ..AND_FAILING
    });
    explore(&Scenario {
        name: "refusing, and leaving",
        allowed: &[What::Cancel],
        at_least: 15_000,
        ..AND_FAILING
    });
    explore(&Scenario {
        name: "refusing twice",
        callers: &[REFUSED_TWICE, PLAIN],
        at_least: 3500,
        ..REFUSING
    });
    explore(&Scenario {
        name: "refusing near the end",
        callers: &[REFUSED],
        clock: &[250, 301],
        at_least: 450,
        ..REFUSING
    });
}

#[test]
fn a_flow_taken_for_dead_may_still_land() {
    explore(&Scenario {
        name: "silent",
        faults: 1,
        allowed: &[What::PresumeDead],
        rotating: false,
        at_least: 50_000,
        ..TWO
    });
}

#[test]
fn processes_with_one_store_renew_once() {
    explore(&Scenario {
        name: "shared by three",
        processes: 3,
        store: true,
        had: Some(0),
        callers: &[PLAIN, SECOND, THIRD],
        callers_first: true,
        at_least: 590,
        ..COLD
    });
}

#[test]
fn a_process_may_end_anywhere_in_a_renewal() {
    explore(&Scenario {
        name: "shared, and one dies",
        processes: 2,
        store: true,
        had: Some(0),
        callers: &[PLAIN, SECOND],
        callers_first: true,
        faults: 2,
        allowed: &[What::Drop, What::Orphan, What::Call(Fate::Busy), What::Call(Fate::Panic)],
        between_locks: 0,
        at_least: 33_000,
        ..COLD
    });
}
