//! What a listener is told, and the observers of every `Auth` that uses the tokens.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Weak},
    time::{Duration, SystemTime},
};

use arc_swap::ArcSwap;

use super::{Inner, Token, current::Current};
use crate::{
    Error,
    flow::Io,
    observe::{Name, Told, Watcher, traced},
};

/// Something that has happened to a token. A listener is called where it may block, one event after the other.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TokenEvent {
    /// A new token, from its source. It is in the store already, where there is one, and not yet in use: whoever keeps
    /// tokens by themselves can do so here before anything depends on it.
    Renewed(Token),
    /// A token that another process has put into the store.
    Adopted(Token),
    /// The token is in use but could not be stored. Storing is tried again; a restart before that loses it.
    NotSaved(Error),
    /// There is no new token.
    Failed(Error),
}

pub(super) type Listener = Arc<dyn Fn(&TokenEvent) + Send + Sync>;

/// Why there is a new token.
#[derive(Clone, Copy)]
pub(super) enum Because {
    First,
    Expiring,
    Expired,
    Refused,
    /// A person has signed in.
    Login,
}

impl Because {
    /// What was wrong with the one there was, when its renewal began.
    pub(super) fn of(old: Option<&Current>, began: SystemTime) -> Self {
        match old {
            None => Self::First,
            Some(old) if old.rejected => Self::Refused,
            Some(old) if old.left(began).is_zero() => Self::Expired,
            Some(_) => Self::Expiring,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Expiring => "expiring",
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::Login => "login",
        }
    }
}

/// The observers of all that use these tokens. Behind no lock: an `Auth` may be built while they are told.
#[derive(Default)]
pub(super) struct Watchers(ArcSwap<Vec<Weak<Watcher>>>);

impl Watchers {
    /// One more, in place of those whose `Auth` is gone.
    pub(super) fn add(&self, watcher: &Arc<Watcher>) {
        self.0.rcu(|all| {
            let alive = all.iter().filter(|other| other.strong_count() > 0).cloned();
            alive.chain([Arc::downgrade(watcher)]).collect::<Vec<_>>()
        });
    }

    fn alive(&self) -> Vec<Arc<Watcher>> {
        self.0.load().iter().filter_map(Weak::upgrade).collect()
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.0.load().len()
    }
}

impl Inner {
    /// A new token, for observers; for the listener it may be something else.
    pub(super) async fn tell_renewed(
        &self,
        io: &Io,
        token: &Token,
        because: Because,
        elapsed: Option<Duration>,
    ) {
        let told = || Told::new(Name::Renewed).label(self.named(token)).why(because.word()).elapsed(elapsed);
        self.tell_observers(io, told).await;
    }

    /// A token of another process.
    pub(super) async fn tell_adopted(&self, io: &Io, token: Token, elapsed: Option<Duration>) {
        let told = || Told::new(Name::Adopted).label(self.named(&token)).elapsed(elapsed);
        self.tell_observers(io, told).await;
        self.tell(io, || TokenEvent::Adopted(token)).await;
    }

    pub(super) async fn tell_not_saved(&self, io: &Io, error: Error) {
        let told = || Told::new(Name::NotSaved).label(self.name()).why(error.to_string());
        self.tell_observers(io, told).await;
        self.tell(io, || TokenEvent::NotSaved(error)).await;
    }

    /// For observers, which count. A listener may take its time, and is told when nobody waits any more.
    pub(super) async fn tell_failed(&self, io: &Io, error: &Error, elapsed: Option<Duration>) {
        let told =
            || Told::new(Name::RenewalFailed).label(self.name()).why(error.to_string()).elapsed(elapsed);
        self.tell_observers(io, told).await;
    }

    /// Tells the listener, where blocking is allowed. A panic there is the listener's own affair: the token must not be lost
    /// for it.
    pub(super) async fn tell(&self, io: &Io, event: impl FnOnce() -> TokenEvent) {
        let Some(listener) = self.listener.clone() else { return };
        let event = event();
        let told = io.block(move || drop(catch_unwind(AssertUnwindSafe(|| listener(&event)))));
        let _ = told.await;
    }

    /// The same for observers.
    async fn tell_observers(&self, io: &Io, told: impl Fn() -> Told) {
        traced::token(&told, self.name());
        let watchers = self.watchers.alive();
        if !watchers.is_empty() {
            let told = told();
            let _ = io.block(move || watchers.iter().for_each(|watcher| watcher.tell(&told))).await;
        }
    }

    fn name(&self) -> &str {
        &self.cache.settings().what
    }

    fn named(&self, token: &Token) -> String {
        format!("{}, {}", self.name(), token.fingerprint())
    }
}
