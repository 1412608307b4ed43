//! A caller: asks, waits, sends, is refused, asks again; and may leave at any time.

use std::{
    mem,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use http::{HeaderMap, StatusCode};

use super::{
    super::{
        cache::{Standing, Supply},
        current::Current,
        flight::{Flight, Landing, Outcome},
        unsettled,
    },
    actors::{Actor, What},
    leaders::Leader,
    model::number,
    scenario::Kind,
    world::World,
};
use crate::{Error, ResponseView, Stamp, Target, Verdict};

/// As for `Acquire`.
const TURNS: u32 = 8;

pub(super) struct Caller {
    kind: Kind,
    refusals_left: u32,
    turns: u32,
    woken: Arc<Woken>,
    landing: Option<Landing>,
    pub(super) state: CallerState,
}

pub(super) enum CallerState {
    Asking,
    /// To be polled.
    Following(Flight),
    /// Polled: runs again once it is woken.
    Parked(Flight),
    /// A request went out with the token of this generation.
    Sent(u64),
    Ended(Result<(), Error>),
    Cancelled,
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Caller {
    pub(super) fn new(kind: Kind) -> Self {
        let (woken, state) = (Arc::default(), CallerState::Asking);
        Self { kind, refusals_left: kind.refusals, turns: 0, woken, landing: None, state }
    }

    pub(super) fn can_step(&self) -> bool {
        match self.state {
            CallerState::Parked(_) => self.woken.0.load(Ordering::Relaxed),
            CallerState::Ended(_) | CallerState::Cancelled => false,
            _ => true,
        }
    }

    /// Which of those that have not begun it is like: one of these stands for all.
    pub(super) fn unbegun(&self) -> Option<Kind> {
        (self.turns == 0 && matches!(self.state, CallerState::Asking)).then_some(self.kind)
    }

    pub(super) fn make(mut self, what: What, world: &World) -> (Actor, Option<Actor>) {
        let mut new = None;
        self.state = match (mem::replace(&mut self.state, CallerState::Cancelled), what) {
            (_, What::Cancel) => CallerState::Cancelled,
            (CallerState::Parked(flight), What::GiveUp) => {
                let limit = flight.limit(None);
                self.landing = Some(flight.give_up(limit / 2));
                CallerState::Asking
            }
            (CallerState::Parked(flight), What::PresumeDead) => {
                world.presumed.set(true);
                let limit = flight.limit(None);
                self.landing = Some(flight.give_up(limit));
                CallerState::Asking
            }
            (CallerState::Asking, _) => self.ask(world, &mut new),
            (CallerState::Following(flight) | CallerState::Parked(flight), _) => self.poll(flight),
            (CallerState::Sent(generation), _) => self.observe(generation, world),
            (ended, _) => ended,
        };
        (Actor::Caller(self), new)
    }

    fn ask(&mut self, world: &World, new: &mut Option<Actor>) -> CallerState {
        self.turns += 1;
        if self.turns > TURNS {
            return CallerState::Ended(Err(unsettled()));
        }
        let process = self.kind.process;
        let tokens = &world.processes[process];
        let (generation, under_way) = (world.generation(process), world.under_way(process));
        let outcome = self.landing.as_ref().map(|landing| &landing.outcome);
        let has_waited = matches!(outcome, Some(Outcome::Token(_)));
        let is_refused = tokens.0.cache.peek().as_ref().is_some_and(|current| current.rejected);
        let supply = tokens.0.cache.supply(world.now(), self.kind.must_last, self.landing.as_ref());
        let got = matches!(supply, Ok(Supply::Token(_)));
        world.must(got || !has_waited || is_refused, "what was waited for is not handed out");
        match supply {
            Err(error) if self.kind.comes_back && error.is_timeout() => {
                self.kind.comes_back = false;
                self.landing = None;
                CallerState::Asking
            }
            Err(error) => CallerState::Ended(Err(error)),
            Ok(Supply::Token(current)) => {
                world.must(current.generation == generation, "not the newest token");
                self.must_be_usable(&current, has_waited, world);
                if !world.scenario.has_refusals() {
                    return CallerState::Ended(Ok(()));
                }
                CallerState::Sent(current.generation)
            }
            Ok(Supply::Follow(flight)) => {
                world.must(under_way > 0, "a flight is followed that nobody runs");
                CallerState::Following(flight)
            }
            Ok(Supply::Lead(lead)) => {
                let then = lead.waits.then(|| lead.flight());
                *new = Some(Actor::Leader(Leader::new(process, generation, lead, world)));
                then.map_or(CallerState::Asking, CallerState::Following)
            }
        }
    }

    fn must_be_usable(&self, current: &Current, has_waited: bool, world: &World) {
        let standing = current.standing(world.now());
        let this = (self.kind.process, number(&current.token));
        world.must(!world.refused.borrow().contains(&this), "a refused token was handed out");
        world.must(standing != Standing::Over || has_waited, "an ended token was handed out");
        let lasts = standing == Standing::Fresh || has_waited || world.has_anything_failed();
        world.must(
            lasts || (standing == Standing::Stale && !self.kind.must_last),
            "a token about to end was handed out to one who should wait",
        );
    }

    fn poll(&mut self, mut flight: Flight) -> CallerState {
        self.woken.0.store(false, Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&self.woken));
        match Pin::new(&mut flight).poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(landing) => {
                self.landing = Some(landing);
                CallerState::Asking
            }
            Poll::Pending => CallerState::Parked(flight),
        }
    }

    /// The server has answered: 401, as often as it does that, else well.
    fn observe(&mut self, generation: u64, world: &World) -> CallerState {
        let process = self.kind.process;
        let tokens = &world.processes[process];
        let (clock, headers) = (world.clock(), HeaderMap::new());
        let target = Target::parse("https://api.example.com/").unwrap();
        let observe = |status| {
            let response = ResponseView::new(status, &headers).of(&*clock, target, "", false);
            tokens.observed(&response, Stamp(generation))
        };
        if self.refusals_left == 0 {
            let verdict = observe(StatusCode::OK);
            world.must(verdict == Verdict::Deliver, "an accepted request is repeated");
            return CallerState::Ended(Ok(()));
        }
        self.refusals_left -= 1;
        let before = tokens.0.cache.peek().clone().unwrap();
        let verdict = observe(StatusCode::UNAUTHORIZED);
        let after = tokens.0.cache.peek().clone().unwrap();
        world.must(before.generation == after.generation, "a refusal changes the generation");
        if before.generation > generation {
            world.must(before.rejected == after.rejected, "a late refusal hits the successor");
            world.must(verdict != Verdict::Deliver, "there is a newer token, and it is not tried");
        } else if !before.rejected {
            let at_once = before.landed == world.now() && !before.is_accepted();
            let stands = at_once && before.refused_before > 0;
            world.must(after.rejected != stands, "a refusal is not heeded, or heeded where it should not be");
            world.must(stands == (verdict == Verdict::Deliver), "the verdict does not say what was done");
            if after.rejected {
                world.refused.borrow_mut().push((process, number(&after.token)));
            }
        }
        if verdict == Verdict::Deliver {
            return CallerState::Ended(Ok(()));
        }
        (self.landing, self.turns) = (None, 1);
        CallerState::Asking
    }
}
