//! One run of a scenario: whose turn it may be, and what must hold after every step.

use std::{
    cell::{Cell, RefCell},
    fmt::Write,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use super::{
    super::{Tokens, record},
    actors::{Actor, What},
    callers::{Caller, CallerState},
    explore::Choices,
    model::{Client, ModelStore, Server, at, number, token},
    scenario::Scenario,
};
use crate::Clock;

pub(super) struct World {
    pub(super) scenario: &'static Scenario,
    pub(super) processes: Vec<Tokens>,
    pub(super) now: Arc<AtomicU64>,
    pub(super) server: RefCell<Server>,
    pub(super) store: Option<ModelStore>,
    choices: RefCell<Choices>,
    /// One that takes its step is not in its place.
    actors: RefCell<Vec<Option<Actor>>>,
    /// How many things may still go wrong.
    faults_left: Cell<u32>,
    /// A flow was dropped with an answer that is nowhere else.
    pub(super) lost: Cell<bool>,
    pub(super) presumed: Cell<bool>,
    /// The tokens that a server has refused, by process and number.
    pub(super) refused: RefCell<Vec<(usize, u64)>>,
    /// Generation and number of the newest token, by process.
    newest: RefCell<Vec<(u64, u64)>>,
    /// How many flights have begun, by process.
    leads: RefCell<Vec<usize>>,
    trace: RefCell<Vec<(usize, What)>>,
    /// Locks taken within the step under way; None between steps.
    locks: Cell<Option<u32>>,
    nested: Cell<bool>,
    between_left: Cell<u32>,
    /// What did not hold. The flow that was under way may have caught the panic.
    broken: RefCell<Option<String>>,
}

impl World {
    pub(super) fn run(scenario: &'static Scenario, choices: Choices) -> Choices {
        let world = Rc::new(Self::new(scenario, choices));
        super::set_running(Some(Rc::clone(&world)));
        world.all_turns();
        super::set_running(None);
        world.at_the_end();
        world.choices.take()
    }

    fn new(scenario: &'static Scenario, choices: Choices) -> Self {
        let store = scenario.store.then(ModelStore::default);
        let processes: Vec<Tokens> =
            (0..scenario.processes).map(|_| tokens(scenario, store.as_ref())).collect();
        let mut actors = vec![Some(Actor::Clock(scenario.clock))];
        actors.extend(scenario.callers.iter().map(|kind| Some(Actor::Caller(Caller::new(*kind)))));
        let server =
            Server { lifetime: scenario.lifetime, rotating: scenario.rotating, issued: 0, reused: false };
        Self {
            leads: RefCell::new(vec![0; processes.len()]),
            newest: RefCell::new(vec![(0, 0); processes.len()]),
            scenario,
            processes,
            now: Arc::new(AtomicU64::new(0)),
            server: RefCell::new(server),
            store,
            choices: RefCell::new(choices),
            actors: RefCell::new(actors),
            faults_left: Cell::new(scenario.faults),
            lost: Cell::new(false),
            presumed: Cell::new(false),
            refused: RefCell::default(),
            trace: RefCell::default(),
            locks: Cell::new(None),
            nested: Cell::new(false),
            between_left: Cell::new(scenario.between_locks),
            broken: RefCell::default(),
        }
    }

    pub(super) fn now(&self) -> SystemTime {
        at(self.now.load(Ordering::Relaxed))
    }

    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        let now = Arc::clone(&self.now);
        Arc::new(move || at(now.load(Ordering::Relaxed)))
    }

    fn all_turns(&self) {
        loop {
            let moves = self.moves();
            if !moves.iter().any(|(_, what)| *what == What::Step) {
                break;
            }
            let (index, what) = moves[self.choices.borrow_mut().among(moves.len())];
            self.locks.set(Some(0));
            self.make(index, what);
            self.locks.set(None);
        }
    }

    /// Steps first: the schedule found first is the plain one.
    fn moves(&self) -> Vec<(usize, What)> {
        let actors = self.actors.borrow();
        let unbegun = |actor: &Option<Actor>| match actor {
            Some(Actor::Caller(caller)) => caller.unbegun(),
            _ => None,
        };
        // Of callers that are alike and have not begun, only the first may begin.
        let stands_back = |index: usize| {
            let kind = unbegun(&actors[index]);
            kind.is_some() && actors[..index].iter().any(|other| unbegun(other) == kind)
        };
        let present = || {
            let numbered = actors.iter().enumerate().filter(|(index, _)| !stands_back(*index));
            numbered.filter_map(|(index, actor)| Some((index, actor.as_ref()?)))
        };
        let mut moves: Vec<_> = present()
            .filter(|(_, actor)| actor.can_step(self))
            .map(|(index, _)| (index, What::Step))
            .collect();
        let is_caller = |(index, _): &(usize, What)| matches!(actors[*index], Some(Actor::Caller(_)));
        if self.scenario.callers_first
            && let Some(first) = moves.iter().copied().find(is_caller)
        {
            return vec![first];
        }
        if self.faults_left.get() > 0 {
            for (index, actor) in present() {
                let allowed = |what: &&What| self.scenario.allowed.contains(what);
                moves.extend(actor.faults(self).iter().filter(allowed).map(|what| (index, *what)));
            }
        }
        moves
    }

    fn make(&self, index: usize, what: What) {
        self.trace.borrow_mut().push((index, what));
        if what != What::Step {
            self.faults_left.set(self.faults_left.get() - 1);
        }
        let actor = self.actors.borrow_mut()[index].take().unwrap();
        let (actor, new) = actor.make(what, self);
        let mut actors = self.actors.borrow_mut();
        actors[index] = Some(actor);
        actors.extend(new.map(Some));
        drop(actors);
        self.check();
    }

    /// The product is about to take one of its locks. Before the first of a step others had their chance; before every
    /// further one they may come in between.
    pub(super) fn at_lock(&self) {
        let Some(locks) = self.locks.get().filter(|_| !self.nested.get()) else { return };
        self.locks.set(Some(locks + 1));
        if locks == 0 {
            return;
        }
        self.nested.set(true);
        while self.between_left.get() > 0 {
            let moves = self.moves();
            let chosen = self.choices.borrow_mut().among(moves.len() + 1);
            let Some((index, what)) = moves.get(chosen) else { break };
            self.between_left.set(self.between_left.get() - 1);
            self.make(*index, *what);
        }
        self.nested.set(false);
    }

    fn check(&self) {
        for (process, tokens) in self.processes.iter().enumerate() {
            let under_way = self.under_way(process);
            self.must(under_way <= 1 || self.presumed.get(), "two flights are under way");
            let current = tokens.0.cache.peek();
            let Some(current) = current.as_ref() else { continue };
            let newest = &mut self.newest.borrow_mut()[process];
            let seen = (current.generation, number(&current.token));
            if seen == *newest {
                continue;
            }
            let is_newer = seen.0 > newest.0 && (seen.1 >= newest.1 || self.presumed.get());
            self.must(is_newer, "an older token came back");
            *newest = seen;
            if let (Some(store), Some(place)) = (&self.store, &tokens.0.place) {
                let kept = store.kept();
                let record = record::read(kept.record.as_ref().unwrap(), &place.key).unwrap();
                self.must(number(&record) >= seen.1, "a token is in use before it is in the store");
            }
        }
        let locked_twice = self.store.as_ref().is_some_and(|store| store.kept().is_locked_twice);
        self.must(!locked_twice, "two hold one lock");
        let excused = self.lost.get() || self.presumed.get();
        self.must(!self.server.borrow().reused || excused, "a refresh token was presented twice");
    }

    /// How many hold the right to fetch. Not counted is who is about to give it back in the step that is interrupted.
    pub(super) fn under_way(&self, process: usize) -> usize {
        let leads = |actor: &&Actor| matches!(actor, Actor::Leader(leader) if leader.process == process);
        self.actors.borrow().iter().flatten().filter(leads).count()
    }

    pub(super) fn is_locked(&self) -> bool {
        self.store.as_ref().is_some_and(|store| store.kept().is_locked)
    }

    pub(super) fn leads(&self, process: usize) -> usize {
        self.leads.borrow()[process]
    }

    pub(super) fn next_lead(&self, process: usize) -> usize {
        self.leads.borrow_mut()[process] += 1;
        self.leads(process)
    }

    pub(super) fn generation(&self, process: usize) -> u64 {
        self.processes[process].0.cache.peek().as_ref().map_or(0, |current| current.generation)
    }

    pub(super) fn has_anything_failed(&self) -> bool {
        self.faults_left.get() < self.scenario.faults
    }

    fn at_the_end(&self) {
        if let Some(broken) = self.broken.take() {
            panic!("{broken}");
        }
        let issued = self.server.borrow().issued;
        self.must(issued == 1 || !self.scenario.needs_one_fetch(), "more tokens were fetched than one");
        for actor in self.actors.borrow().iter().flatten() {
            let Actor::Caller(caller) = actor else {
                let is_done = matches!(actor, Actor::Gone | Actor::Clock([]));
                self.must(is_done, "somebody was left behind");
                continue;
            };
            match &caller.state {
                CallerState::Ended(Ok(())) | CallerState::Cancelled => {}
                CallerState::Ended(Err(error)) => {
                    self.must(self.has_anything_failed(), &format!("an error where nothing failed: {error}"));
                }
                _ => self.must(false, "a caller waits, and nobody will wake it"),
            }
        }
        for (process, tokens) in self.processes.iter().enumerate() {
            let supply = tokens.0.cache.supply(self.now(), true, None);
            let follows = matches!(supply, Ok(super::super::cache::Supply::Follow(_)));
            self.must(!follows, "a flight was left that nobody runs");
            let knows_all = self.store.is_none() && !self.lost.get() && !self.presumed.get();
            self.must(
                !knows_all || self.newest.borrow()[process].1 == issued,
                "a token that was issued is not in use",
            );
        }
    }

    #[track_caller]
    pub(super) fn must(&self, holds: bool, what: &str) {
        if holds {
            return;
        }
        let mut story = String::new();
        for (index, what) in &*self.trace.borrow() {
            let _ = write!(story, " {index}:{what:?}");
        }
        super::set_running(None);
        let broken = format!("{}: {what}; schedule:{story}", self.scenario.name);
        self.broken.replace(Some(broken.clone()));
        panic!("{broken}");
    }
}

fn tokens(scenario: &Scenario, store: Option<&ModelStore>) -> Tokens {
    let builder = Tokens::builder(Client).store_as("model");
    let builder = match store {
        Some(store) => builder.store(store.clone()),
        None => builder,
    };
    let tokens = builder.build().unwrap();
    if let Some(lifetime) = scenario.had {
        let first = token(0, lifetime, at(0), scenario.rotating);
        if let (Some(store), Some(place)) = (store, &tokens.0.place) {
            store.kept().record = Some(record::write(&first, &place.key));
        }
        tokens.0.cache.fill(first, at(0));
    }
    tokens
}
