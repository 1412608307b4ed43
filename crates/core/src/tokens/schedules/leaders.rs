//! A flow under way: the real one, answered by hand. Its driver may be shut down at any time.

use std::{mem, sync::Arc};

use super::{
    super::{cache::Lead, renewal},
    actors::{Actor, What},
    model::{Fate, number},
    world::World,
};
use crate::{
    Flow,
    flow::{FlowStep, Job, Running},
};

pub(super) struct Leader {
    pub(super) process: usize,
    /// The how-manieth of its world it is.
    serial: usize,
    /// The generation there was.
    began_at: u64,
    /// What the server has issued to it.
    issued: Option<u64>,
    /// How many blocking parts there were: the second one takes the lock.
    blocks: u32,
    state: LeaderState,
}

enum LeaderState {
    Held(Flow<()>),
    Answered(Running<()>),
    Blocked(Running<()>, Job),
    Stepping,
}

impl Leader {
    pub(super) fn new(process: usize, began_at: u64, lead: Lead, world: &World) -> Self {
        let state = LeaderState::Held(renewal::flow(Arc::clone(&world.processes[process].0), lead));
        Self { process, serial: world.next_lead(process), began_at, issued: None, blocks: 0, state }
    }

    /// What takes the lock waits for it.
    pub(super) fn can_step(&self, world: &World) -> bool {
        !(self.locks() && world.is_locked())
    }

    fn locks(&self) -> bool {
        self.blocks == 2 && matches!(self.state, LeaderState::Blocked(..))
    }

    /// What may go wrong in the next step, or instead of it.
    pub(super) fn faults(&self, world: &World) -> &'static [What] {
        const CALLS: &[What] = &[
            What::Call(Fate::Busy),
            What::Call(Fate::Refused),
            What::Call(Fate::Panic),
            What::Drop,
            What::Orphan,
        ];
        match self.state {
            LeaderState::Held(_) if world.store.is_none() => &CALLS[..4],
            LeaderState::Blocked(..) if self.locks() && !world.is_locked() => CALLS,
            LeaderState::Blocked(..) => &CALLS[3..],
            LeaderState::Held(_) | LeaderState::Answered(_) => &[What::Drop],
            LeaderState::Stepping => &[],
        }
    }

    pub(super) fn make(mut self, what: What, world: &World) -> Actor {
        if what == What::Drop && self.issued.is_some() {
            world.lost.set(true);
        }
        let fate = if let What::Call(fate) = what { fate } else { Fate::Answered };
        let locks = self.locks();
        let running = match (mem::replace(&mut self.state, LeaderState::Stepping), what) {
            (LeaderState::Blocked(running, job), What::Orphan) => {
                drop(running);
                return Actor::Orphan(job, locks);
            }
            (_, What::Drop) | (LeaderState::Stepping, _) => return Actor::Gone,
            (LeaderState::Held(flow), _) => {
                let mut running = flow.start(world.clock());
                if world.store.is_some() {
                    // A look into the store, which nobody can notice.
                    let FlowStep::Block(look) = running.step() else { unreachable!("a look comes first") };
                    self.blocks += 1;
                    look.run();
                }
                running
            }
            (LeaderState::Answered(running), _) => running,
            (LeaderState::Blocked(running, job), _) => {
                job.run();
                running
            }
        };
        let ended = Ended { generation_before: world.generation(self.process) };
        let Some(state) = self.on(running, fate, world) else {
            ended.check(&self, world);
            return Actor::Gone;
        };
        self.state = state;
        Actor::Leader(self)
    }

    fn on(&mut self, mut running: Running<()>, fate: Fate, world: &World) -> Option<LeaderState> {
        match running.step() {
            FlowStep::Send(call) => {
                let (answer, issued) = world.server.borrow_mut().answer(call.request(), fate);
                call.answer(Ok(answer));
                self.issued = issued;
                Some(LeaderState::Answered(running))
            }
            FlowStep::Block(job) => {
                self.blocks += 1;
                Some(LeaderState::Blocked(running, job))
            }
            FlowStep::Done(_) => None,
            FlowStep::Sleep(_) | FlowStep::Await(_) => unreachable!("a renewal does neither"),
        }
    }
}

/// What there was before the last step of a flow.
struct Ended {
    generation_before: u64,
}

impl Ended {
    /// What the server has issued is in use, unless this flow was taken for dead, and another one has brought a token since.
    fn check(&self, leader: &Leader, world: &World) {
        let Some(issued) = leader.issued else { return };
        let current = world.processes[leader.process].0.cache.peek().clone();
        let (generation, newest) =
            current.map_or((0, 0), |current| (current.generation, number(&current.token)));
        world.must(generation > leader.began_at, "a token has landed, and there is none");
        if self.generation_before == leader.began_at {
            world.must(newest >= issued || world.presumed.get(), "a token that has landed is lost");
        } else if leader.serial != world.leads(leader.process) {
            world.must(generation == self.generation_before, "a late landing replaces what is newer");
        }
    }
}
