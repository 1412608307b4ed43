//! One event with what it says owned: until it is told, and on the way to where observers of tokens are called.

use std::time::Duration;

use super::{Event, Name, OTHER};
use crate::{Denied, Target, auth::Entry, origin, trail::TrailEvent};

/// What is to be told, but for the origin of a token's: each of its watchers has one.
#[derive(Clone)]
pub(crate) struct Told {
    name: Name,
    origin: String,
    label: Option<String>,
    why: Option<String>,
    status: Option<u16>,
    elapsed: Option<Duration>,
}

impl Told {
    pub(crate) fn new(name: Name) -> Self {
        Self { name, origin: OTHER.to_owned(), label: None, why: None, status: None, elapsed: None }
    }

    pub(crate) fn label(self, label: impl Into<String>) -> Self {
        Self { label: Some(label.into()), ..self }
    }

    pub(crate) fn why(self, why: impl Into<String>) -> Self {
        Self { why: Some(why.into()), ..self }
    }

    pub(crate) fn elapsed(self, elapsed: Option<Duration>) -> Self {
        Self { elapsed, ..self }
    }

    /// What the trail of a request says, as far as it is told.
    pub(crate) fn of(said: &TrailEvent, target: &Target<'_>, entries: &[Entry]) -> Option<Self> {
        let told = match said {
            TrailEvent::Attached(label) => Self::new(Name::Attached).label(label),
            TrailEvent::Withheld { label, why } => Self::new(Name::Withheld).label(label).why(why),
            TrailEvent::Unasked(label) => Self::new(Name::Unasked).label(label),
            TrailEvent::Resent(why) => Self::new(Name::Resent).why(why),
            TrailEvent::Followed { to, .. } => {
                let there = Target::parse(to);
                let told = Self::new(Name::Hop);
                return Some(there.map_or_else(|_| told.clone(), |there| told.clone().at(&there, entries)));
            }
            _ => return None,
        };
        Some(told.at(target, entries))
    }

    /// A refusal that remains.
    pub(crate) fn denied(denied: &Denied, target: &Target<'_>, entries: &[Entry]) -> Self {
        let why = match (denied.was_attached(), denied.is_forbidden()) {
            (false, _) => "not_attached",
            (true, true) => "forbidden",
            (true, false) => "refused",
        };
        let label = denied.was_attached().then(|| denied.sent.join(" and "));
        let told = Self { label, status: Some(denied.status().as_u16()), ..Self::new(Name::Denied).why(why) };
        told.at(target, entries)
    }

    /// A 401 about a token, in whose place there is no other.
    pub(crate) fn still_refused(label: &str, target: &Target<'_>, entries: &[Entry]) -> Self {
        let told = Self { status: Some(401), ..Self::new(Name::Denied).why("refused").label(label) };
        told.at(target, entries)
    }

    /// Whether it is told with the send that it leads to, however long that has to wait.
    pub(crate) fn leads_to_a_send(&self) -> bool {
        matches!(self.name, Name::Resent | Name::Hop)
    }

    /// With the origin of an entry, where the target is of it.
    fn at(mut self, target: &Target<'_>, entries: &[Entry]) -> Self {
        if let Some(origin) = origin::of_entry(entries.iter().map(|entry| &entry.area), target) {
            self.origin = origin;
        }
        self
    }

    pub(crate) fn event(&self) -> Event<'_> {
        self.event_at(&self.origin)
    }

    pub(crate) fn event_at<'a>(&'a self, origin: &'a str) -> Event<'a> {
        Event {
            name: self.name,
            origin,
            label: self.label.as_deref(),
            why: self.why.as_deref(),
            status: self.status,
            elapsed: self.elapsed,
        }
    }
}
