//! What a run begins with, and what may happen in it.

use super::actors::What;

pub(super) struct Scenario {
    pub(super) name: &'static str,
    pub(super) callers: &'static [Kind],
    /// Several share one store.
    pub(super) processes: usize,
    pub(super) store: bool,
    /// The lifetime of the token there is at first, in seconds.
    pub(super) had: Option<u64>,
    /// That of those which follow.
    pub(super) lifetime: u64,
    /// Whether tokens are renewed with refresh tokens that work once.
    pub(super) rotating: bool,
    /// Callers take their steps as soon as they can: where each is alone in its process, nobody else can tell.
    pub(super) callers_first: bool,
    /// The moments the clock goes to, each at any time.
    pub(super) clock: &'static [u64],
    /// How often something of what is allowed goes wrong.
    pub(super) faults: u32,
    pub(super) allowed: &'static [What],
    /// How often, in one run, a step of another comes in between two locks of one step.
    pub(super) between_locks: u32,
    /// The floor under the number of schedules: a scenario must not shrink unnoticed.
    pub(super) at_least: usize,
}

/// A caller.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) process: usize,
    /// Its request cannot be sent again.
    pub(super) must_last: bool,
    /// How many of its requests are answered 401.
    pub(super) refusals: u32,
    /// Asks once more after it has given up.
    pub(super) comes_back: bool,
}

pub(super) const PLAIN: Kind = Kind { process: 0, must_last: false, refusals: 0, comes_back: false };

impl Scenario {
    /// Whether one token is all that is ever needed.
    pub(super) fn needs_one_fetch(&self) -> bool {
        self.faults == 0 && self.clock.is_empty() && self.lifetime > 0 && !self.has_refusals()
    }

    pub(super) fn has_refusals(&self) -> bool {
        self.callers.iter().any(|kind| kind.refusals > 0)
    }
}

/// Nobody has a token, and nothing goes wrong.
pub(super) const COLD: Scenario = Scenario {
    name: "cold",
    callers: &[PLAIN; 3],
    processes: 1,
    store: false,
    had: None,
    lifetime: 300,
    rotating: true,
    callers_first: false,
    clock: &[],
    faults: 0,
    allowed: &[],
    between_locks: 1,
    at_least: 30_000,
};
