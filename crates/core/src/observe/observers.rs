//! Who is told: the observers of one `Auth`, and how they hear of its tokens.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use super::{Event, Told, traced};
use crate::auth::Entry;

type Observer = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

/// Those of one `Auth`, in the order in which they were given.
#[derive(Clone, Default)]
pub(crate) struct Observers {
    list: Vec<Observer>,
    /// What the tokens of its entries tell, for as long as somebody has this.
    watchers: Vec<Arc<Watcher>>,
}

/// One observer at the tokens of one entry. The tokens hold it weakly: they are shared, and outlive an `Auth`.
pub(crate) struct Watcher {
    origin: String,
    observer: Observer,
}

impl Observers {
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// One more, for the entries there are.
    pub(crate) fn add(&mut self, observer: impl Fn(&Event<'_>) + Send + Sync + 'static, entries: &[Entry]) {
        let observer: Observer = Arc::new(observer);
        for (index, entry) in entries.iter().enumerate() {
            self.watch(&observer, entry, &entries[..index]);
        }
        self.list.push(observer);
    }

    /// One more entry, beside `others`, for the observers there are.
    pub(crate) fn add_entry(&mut self, entry: &Entry, others: &[Entry]) {
        for observer in self.list.clone() {
            self.watch(&observer, entry, others);
        }
    }

    /// A renewal is told once for each origin that the token is for, whatever paths of it have entries.
    fn watch(&mut self, observer: &Observer, entry: &Entry, others: &[Entry]) {
        let Some(tokens) = entry.scheme.tokens() else { return };
        let is_same = |other: &Entry| {
            other.area.same_origin(&entry.area) && other.scheme.tokens().is_some_and(|it| it.is_same(tokens))
        };
        if !others.iter().any(is_same) {
            let watcher = Watcher { origin: entry.area.to_string(), observer: Arc::clone(observer) };
            let watcher = Arc::new(watcher);
            tokens.add_watcher(&watcher);
            self.watchers.push(watcher);
        }
    }

    /// Tells everybody what has happened to a request.
    pub(crate) fn tell(&self, told: &Told) {
        let event = told.event();
        for observer in &self.list {
            call(observer, &event);
        }
        traced::request(&event);
    }
}

impl Watcher {
    /// Tells it what has happened to a token.
    pub(crate) fn tell(&self, told: &Told) {
        call(&self.observer, &told.event_at(&self.origin));
    }
}

/// A panic there is the observer's own affair: what it is told of goes on, and the others are told.
fn call(observer: &Observer, event: &Event<'_>) {
    drop(catch_unwind(AssertUnwindSafe(|| observer(event))));
}
