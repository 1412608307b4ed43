//! What is told to whoever counts or logs: what was decided about credentials, send by send, and what became of tokens.

mod observers;
mod told;
pub(crate) mod traced;

use std::{fmt, time::Duration};

pub(crate) use self::{
    observers::{Observers, Watcher},
    told::Told,
};

/// Something that has happened to a credential. What [`Auth::observe`](crate::Auth::observe) is given is told of each.
///
/// [`name`](Self::name) and [`origin`](Self::origin) are bounded, and made to be labels of a metric. Everything else is for
/// logs, where the table does not say that it is one of a few words.
///
/// | `name` | it means | besides |
/// |---|---|---|
/// | `attached` | a send is ready, and this credential is on it | `label` |
/// | `withheld` | a send is ready, and this one is not: no entry is for its target, or its place is taken | `label`, `why` |
/// | `unasked` | it is not on yet: the server has to ask for it first | `label` |
/// | `resent` | the request is sent once more | `why` |
/// | `hop` | a redirect is followed; the origin is where it leads | |
/// | `denied` | a 401 or 403 remains | `label` of what was sent, `status`, `why`: `refused`, `forbidden` or `not_attached` |
/// | `renewed` | there is a new token, from its source | `label`, `elapsed`, `why`: `first`, `expiring`, `expired`, `refused` or `login` |
/// | `adopted` | there is a new token, from the store, where another process has put it | `label`, `elapsed` |
/// | `not_saved` | a new token is in use and could not be stored | `label`, `why` |
/// | `renewal_failed` | there is no new token | `label`, `why`, `elapsed` |
///
/// It holds no secret, no path, no query, and no text of a server unescaped; shown, it is one line.
#[derive(Clone, Copy)]
pub struct Event<'a> {
    name: Name,
    origin: &'a str,
    label: Option<&'a str>,
    why: Option<&'a str>,
    status: Option<u16>,
    elapsed: Option<Duration>,
}

/// The origin of events about a target that is of no entry's origin.
pub(crate) const OTHER: &str = "other";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Attached,
    Withheld,
    Unasked,
    Resent,
    Hop,
    Denied,
    Renewed,
    Adopted,
    NotSaved,
    RenewalFailed,
}

impl Event<'_> {
    /// What has happened: one of the names of the table above.
    pub fn name(&self) -> &'static str {
        match self.name {
            Name::Attached => "attached",
            Name::Withheld => "withheld",
            Name::Unasked => "unasked",
            Name::Resent => "resent",
            Name::Hop => "hop",
            Name::Denied => "denied",
            Name::Renewed => "renewed",
            Name::Adopted => "adopted",
            Name::NotSaved => "not_saved",
            Name::RenewalFailed => "renewal_failed",
        }
    }

    /// The origin of an entry of the [`Auth`](crate::Auth), such as `https://api.example.com`. `other`, where the target is
    /// of no entry's origin: whatever hosts servers redirect to, there are never more than the entries and one.
    pub fn origin(&self) -> &str {
        self.origin
    }

    /// Which credential it is about, with its fingerprint: ``header key `X-API-Key` (env NAME, #3f9a)``. For logs: fingerprints
    /// differ from run to run.
    pub fn label(&self) -> Option<&str> {
        self.label
    }

    /// Why: one of the words of the table, or a text for logs.
    pub fn why(&self) -> Option<&str> {
        self.why
    }

    /// The status of a refusal.
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// How long it took, from the moment the renewal began, by the client's clock.
    pub fn elapsed(&self) -> Option<Duration> {
        self.elapsed
    }
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}", self.origin, self.name())?;
        for part in [self.label, self.why].into_iter().flatten() {
            write!(f, "  {part}")?;
        }
        if let Some(status) = self.status {
            write!(f, "  {status}")?;
        }
        self.elapsed.map_or(Ok(()), |elapsed| write!(f, "  {:.3} s", elapsed.as_secs_f64()))
    }
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event({self})")
    }
}
