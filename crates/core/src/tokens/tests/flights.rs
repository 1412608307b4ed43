//! Waiting for a fetch that somebody else runs: shared, given up, taken for dead.

use std::{
    mem,
    pin::Pin,
    sync::{Arc, Mutex, mpsc},
    task::{Context, Poll, Wake, Waker},
    thread,
    time::Duration,
};

use super::{
    super::{Acquired, Flight, Landing, Token, cache::Supply, flight::Outcome},
    Bench, at, cache, lead, run, seconds, supplied,
};

fn poll(flight: &mut Flight, waker: &Waker) -> Poll<Landing> {
    Pin::new(flight).poll(&mut Context::from_waker(waker))
}

#[track_caller]
fn landing(mut flight: Flight) -> Landing {
    let Poll::Ready(landing) = poll(&mut flight, Waker::noop()) else { panic!("it has not landed") };
    landing
}

#[test]
fn a_token_without_a_lifetime_is_fetched_for_each_use() {
    let bench = Bench::new(None);
    for round in 1..4 {
        let mut acquire = bench.tokens.acquire();
        let Ok(Acquired::Start(flow)) = acquire.step(bench.now()) else { panic!("not fetched") };
        let Ok(Acquired::Wait(flight)) = acquire.step(bench.now()) else { panic!("not waited for") };
        let body = format!(r#"{{"access_token": "a{round}", "expires_in": 0}}"#);
        assert_eq!(run(bench.start(flow), 200, &body), ["login"]);
        acquire.landed(landing(flight));
        let Ok(Acquired::Token(token)) = acquire.step(bench.now()) else { panic!("not handed out") };
        assert_eq!(token.expose(), format!("a{round}"));
    }
}

#[test]
fn a_burst_of_waiters_shares_a_token_without_a_lifetime() {
    let bench = Bench::new(None);
    let mut first = bench.tokens.acquire();
    let Ok(Acquired::Start(flow)) = first.step(bench.now()) else { panic!("not fetched") };
    let mut waiters: Vec<_> = (0..50).map(|_| bench.tokens.acquire()).chain([first]).collect();
    let flights: Vec<_> = waiters
        .iter_mut()
        .map(|waiter| match waiter.step(bench.now()) {
            Ok(Acquired::Wait(flight)) => flight,
            other => panic!("{other:?}"),
        })
        .collect();
    run(bench.start(flow), 200, r#"{"access_token": "a", "expires_in": 0}"#);
    for (mut waiter, flight) in waiters.into_iter().zip(flights) {
        waiter.landed(landing(flight));
        assert!(matches!(waiter.step(bench.now()), Ok(Acquired::Token(token)) if token.expose() == "a"));
    }
}

#[test]
fn a_source_that_never_settles_ends_with_an_error() {
    let bench = Bench::new(None);
    let mut acquire = bench.tokens.acquire();
    let error = loop {
        match acquire.step(bench.now()) {
            Ok(Acquired::Start(flow)) => drop(flow),
            Ok(Acquired::Wait(flight)) => acquire.landed(landing(flight)),
            Ok(Acquired::Token(_)) => panic!("a token from nowhere"),
            Err(error) => break error,
        }
    };
    assert!(error.is_transient() && error.to_string().contains("no token could be settled on"));
}

#[test]
fn whoever_is_silent_for_the_whole_limit_is_taken_for_dead() {
    let cache = cache(seconds(60));
    let silent = lead(&cache, at(0));
    let (early, late, waiting) = (silent.flight(), silent.flight(), silent.flight());
    let error = early.give_up(seconds(29)).error().unwrap().clone();
    assert!(error.is_timeout() && error.to_string() == "no token from the test within 29.0 s");
    assert!(matches!(cache.supply(at(0), false, None), Ok(Supply::Follow(_))), "not dead yet");
    assert!(late.give_up(seconds(30)).error().is_some());
    let abandoned = landing(waiting);
    assert!(abandoned.error().is_none());
    assert!(matches!(cache.supply(at(0), false, Some(&abandoned)), Ok(Supply::Lead(_))));
}

#[test]
fn a_caller_waits_as_long_as_it_has_time_and_never_past_the_limit() {
    let cache = cache(seconds(60));
    let lead = lead(&cache, at(0));
    let flight = lead.flight();
    assert_eq!(flight.limit(None), seconds(30));
    assert_eq!(flight.limit(Some(seconds(2))), seconds(2));
    assert_eq!(flight.limit(Some(seconds(90))), seconds(30));
    assert!(flight.block(Some(Duration::ZERO)).error().is_some_and(crate::Error::is_timeout));
    assert!(matches!(cache.supply(at(0), false, None), Ok(Supply::Follow(_))), "the fetch goes on");
    let waiting = lead.flight();
    lead.land(Token::new("t"), at(0), crate::tokens::cache::Landed::default());
    assert!(
        matches!(waiting.block(Some(Duration::ZERO)).outcome, Outcome::Token(1)),
        "what is there is taken"
    );
}

#[test]
fn a_late_landing_counts_where_nothing_newer_came() {
    let cache = cache(seconds(60));
    let silent = lead(&cache, at(0));
    silent.flight().give_up(seconds(30));
    silent.land(Token::new("late"), at(0), crate::tokens::cache::Landed::default());
    assert_eq!(supplied(&cache, at(0)), "late");
}

#[test]
fn a_late_landing_leaves_what_is_newer() {
    let cache = cache(seconds(60));
    let silent = lead(&cache, at(0));
    silent.flight().give_up(seconds(30));
    let next = lead(&cache, at(0));
    let followers = next.flight();
    next.land(Token::new("newer"), at(0), crate::tokens::cache::Landed::default());
    silent.land(Token::new("late"), at(0), crate::tokens::cache::Landed::default());
    assert_eq!(supplied(&cache, at(0)), "newer");
    assert!(matches!(landing(followers).outcome, Outcome::Token(1)));
}

#[test]
fn a_late_end_does_not_end_the_flight_of_another() {
    let cache = cache(seconds(60));
    let silent = lead(&cache, at(0));
    silent.flight().give_up(seconds(30));
    let _next = lead(&cache, at(0));
    drop(silent);
    assert!(matches!(cache.supply(at(0), false, None), Ok(Supply::Follow(_))));
}

#[test]
fn a_lead_that_is_dropped_lets_another_begin() {
    let cache = cache(seconds(60));
    let flight = {
        let dropped = lead(&cache, at(0));
        dropped.flight()
    };
    assert!(landing(flight).error().is_none());
    lead(&cache, at(0));
}

#[test]
fn callers_that_give_up_and_come_back_do_not_pile_up() {
    let cache = cache(seconds(60));
    let lead = lead(&cache, at(0));
    for _ in 0..100 {
        let mut callers: Vec<_> = (0..50).map(|_| lead.flight()).collect();
        for caller in &mut callers {
            for _ in 0..3 {
                assert!(poll(caller, Waker::noop()).is_pending());
            }
        }
        for caller in callers {
            caller.give_up(seconds(1));
        }
    }
    assert!(lead.flight().seats() <= 50, "{} seats", lead.flight().seats());
}

#[derive(Default)]
struct Woken(Mutex<u32>);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        *self.0.lock().unwrap() += 1;
    }
}

#[test]
fn each_waiter_is_woken_once_by_its_last_waker() {
    let cache = cache(seconds(60));
    let lead = lead(&cache, at(0));
    let wakers: Vec<Arc<Woken>> = (0..4).map(|_| Arc::default()).collect();
    let woken = |index: usize| *wakers[index].0.lock().unwrap();
    let waker = |index: usize| Waker::from(Arc::clone(&wakers[index]));
    let (mut moved, mut left, mut stays) = (lead.flight(), lead.flight(), lead.flight());
    assert!(poll(&mut moved, &waker(0)).is_pending());
    assert!(poll(&mut left, &waker(2)).is_pending());
    drop(left);
    assert!(poll(&mut stays, &waker(3)).is_pending(), "takes the free seat");
    assert!(poll(&mut moved, &waker(1)).is_pending());
    lead.land(Token::new("t"), at(0), crate::tokens::cache::Landed::default());
    assert_eq!([woken(0), woken(1), woken(2), woken(3)], [0, 1, 0, 1]);
    assert!(poll(&mut moved, &waker(1)).is_ready() && poll(&mut moved, &waker(1)).is_ready());
}

/// A waker may be the last to hold a task, and the task another waiter.
#[test]
fn a_waker_that_is_replaced_is_dropped_outside_the_lock() {
    struct Holds(#[allow(dead_code)] Mutex<Flight>);
    impl Wake for Holds {
        fn wake(self: Arc<Self>) {}
    }
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        let cache = cache(seconds(60));
        let lead = lead(&cache, at(0));
        let (mut waiter, mut held) = (lead.flight(), lead.flight());
        assert!(poll(&mut held, Waker::noop()).is_pending());
        let holds = Waker::from(Arc::new(Holds(Mutex::new(held))));
        assert!(poll(&mut waiter, &holds).is_pending());
        drop(holds);
        assert!(poll(&mut waiter, Waker::noop()).is_pending());
        done.send(()).unwrap();
        mem::forget(lead);
    });
    is_done.recv_timeout(seconds(10)).expect("a lock was held while a waker was dropped");
}

/// Callers whose own timeouts are shorter than the limit never wait for the whole of it.
#[test]
fn a_fetch_that_hangs_is_dead_after_a_while_whatever_callers_wait() {
    let cache = cache(seconds(60));
    let hung = lead(&cache, at(0));
    for second in (0..90).step_by(10) {
        let Ok(Supply::Follow(flight)) = cache.supply(at(second * 1000), false, None) else {
            panic!("it is not {second} s that makes it dead");
        };
        drop(flight.give_up(seconds(10)));
    }
    let waiting = hung.flight();
    assert!(matches!(cache.supply(at(90_000), false, None), Ok(Supply::Lead(_))), "somebody starts anew");
    assert!(matches!(landed(waiting), Outcome::Abandoned), "and who still waits is told");
}

/// A token that is still valid is not waited for until it has ended.
#[test]
fn who_holds_a_valid_token_waits_for_half_of_what_it_has_left() {
    let cache = cache(seconds(60));
    lead(&cache, at(0)).land(
        Token::new("t").lifetime(at(0), seconds(300)),
        at(0),
        crate::tokens::cache::Landed::default(),
    );
    let now = at(292_000);
    let Ok(Supply::Lead(lead)) = cache.supply(now, false, None) else { panic!("it is close to its end") };
    let flight = lead.flight();
    assert_eq!(flight.limit(None), seconds(4));
    let landing = flight.give_up(seconds(4));
    assert!(
        matches!(cache.supply(at(296_000), false, Some(&landing)), Ok(Supply::Token(_))),
        "and then used"
    );
}

fn landed(flight: Flight) -> Outcome {
    let mut flight = std::pin::pin!(flight);
    match flight.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(landing) => landing.outcome,
        Poll::Pending => panic!("it has not landed"),
    }
}
