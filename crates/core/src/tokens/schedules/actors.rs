//! Who takes part: callers, the flows they start, a clock. A step is one thing that nobody can come in between of, but for
//! the locks that `World::at_lock` sees to.

use std::sync::atomic::Ordering;

use super::{
    callers::{Caller, CallerState},
    leaders::Leader,
    model::Fate,
    world::World,
};
use crate::flow::Job;

pub(super) enum Actor {
    Caller(Caller),
    Leader(Leader),
    /// A blocking part whose flow is gone, and whether it is the one that takes the lock.
    Orphan(Job, bool),
    /// The moments still to come.
    Clock(&'static [u64]),
    Gone,
}

/// What an actor may do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Step,
    /// A leader's call to the server, where it does not simply succeed.
    Call(Fate),
    /// The caller is dropped.
    Cancel,
    /// The caller stops waiting early.
    GiveUp,
    /// The caller has waited for as long as anybody waits.
    PresumeDead,
    /// The runtime of the flow is shut down, or the flow never gets to one.
    Drop,
    /// The flow is dropped, and the blocking part it is in goes on.
    Orphan,
}

impl Actor {
    pub(super) fn can_step(&self, world: &World) -> bool {
        match self {
            Self::Caller(caller) => caller.can_step(),
            Self::Leader(leader) => leader.can_step(world),
            Self::Orphan(_, locks) => !(*locks && world.is_locked()),
            Self::Clock(moments) => !moments.is_empty(),
            Self::Gone => false,
        }
    }

    /// What may go wrong here.
    pub(super) fn faults(&self, world: &World) -> &'static [What] {
        match self {
            Self::Caller(caller) => match caller.state {
                CallerState::Asking | CallerState::Following(_) => &[What::Cancel],
                CallerState::Parked(_) => &[What::Cancel, What::GiveUp, What::PresumeDead],
                _ => &[],
            },
            Self::Leader(leader) => leader.faults(world),
            _ => &[],
        }
    }

    /// Gives back what has become of the actor, and an actor that is new.
    pub(super) fn make(self, what: What, world: &World) -> (Self, Option<Self>) {
        match self {
            Self::Caller(caller) => caller.make(what, world),
            Self::Leader(leader) => (leader.make(what, world), None),
            Self::Orphan(job, _) => {
                job.run();
                (Self::Gone, None)
            }
            Self::Clock(moments) => {
                world.now.store(moments[0], Ordering::Relaxed);
                (Self::Clock(&moments[1..]), None)
            }
            Self::Gone => (Self::Gone, None),
        }
    }
}
