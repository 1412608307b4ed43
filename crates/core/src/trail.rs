//! The trail of one request: what was decided on each hop, and by which rule.

use std::fmt;

/// What was attached and withheld, hop by hop, and why. Asked for with `.explain()` on a request; found in the
/// response's extensions, or with the error's `trail()`.
///
/// It shows origins, labels and fingerprints: no path, no query, no secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Trail {
    lines: Vec<TrailLine>,
}

/// One line of a [`Trail`].
#[derive(Clone, PartialEq, Eq)]
pub struct TrailLine {
    hop: u32,
    origin: String,
    event: TrailEvent,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrailEvent {
    /// The credential with this label went onto the request.
    Attached(String),
    /// It did not.
    Withheld {
        /// Which credential.
        label: String,
        /// Which rule kept it back.
        why: String,
    },
    /// It did not go yet: the server has to ask for it first.
    Unasked(String),
    /// There is nothing that could be attached, and why.
    Bare(&'static str),
    /// The request was sent, and this came back.
    Answered(u16),
    /// The redirect was followed to another place; on a change of origin, fields the caller had set were dropped.
    Followed {
        /// The origin it led to.
        to: String,
        /// The names of dropped fields.
        dropped: Vec<String>,
    },
    /// The redirect was not followed.
    NotFollowed(String),
    /// The request is sent once more.
    Resent(String),
    /// The request waits for a token.
    Waited(String),
}

impl Trail {
    pub(crate) fn push(&mut self, hop: u32, origin: String, event: TrailEvent) {
        self.lines.push(TrailLine { hop, origin, event });
    }

    /// Takes back what was said about entries since the last send.
    pub(crate) fn forget_attachments(&mut self) {
        let said = |line: &TrailLine| {
            !matches!(
                line.event,
                TrailEvent::Attached(_)
                    | TrailEvent::Unasked(_)
                    | TrailEvent::Withheld { .. }
                    | TrailEvent::Bare(_)
            )
        };
        let keep = self.lines.iter().rposition(said).map_or(0, |last| last + 1);
        self.lines.truncate(keep);
    }

    /// The lines, in order.
    pub fn lines(&self) -> &[TrailLine] {
        &self.lines
    }
}

impl TrailLine {
    /// Which hop, counted from 1.
    pub fn hop(&self) -> u32 {
        self.hop
    }

    /// The origin of the hop.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Which credential it is about, if it is about one: ``header key `X-API-Key` (env NAME, #3f9a)``.
    pub fn label(&self) -> Option<&str> {
        match &self.event {
            TrailEvent::Attached(label)
            | TrailEvent::Unasked(label)
            | TrailEvent::Waited(label)
            | TrailEvent::Withheld { label, .. } => Some(label),
            _ => None,
        }
    }

    /// What happened.
    pub fn event(&self) -> &TrailEvent {
        &self.event
    }
}

impl fmt::Display for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, line) in self.lines.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(f, "{line_break}{line}")?;
        }
        Ok(())
    }
}

impl fmt::Display for TrailLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}  ", self.hop, self.origin)?;
        match &self.event {
            TrailEvent::Attached(label) => write!(f, "{label}  attached"),
            TrailEvent::Withheld { label, why } => write!(f, "{label}  withheld: {why}"),
            TrailEvent::Unasked(label) => write!(f, "{label}  not sent before the server asks for it"),
            TrailEvent::Bare(why) => write!(f, "no credential: {why}"),
            TrailEvent::Answered(status) => write!(f, "answered {status}"),
            TrailEvent::Followed { to, dropped } if dropped.is_empty() => write!(f, "followed to {to}"),
            TrailEvent::Followed { to, dropped } => {
                write!(f, "followed to {to}, without {}", dropped.join(", "))
            }
            TrailEvent::NotFollowed(why) => write!(f, "redirect not followed: {why}"),
            TrailEvent::Resent(why) => write!(f, "sent again: {why}"),
            TrailEvent::Waited(label) => write!(f, "{label}  waited for a token"),
        }
    }
}

impl fmt::Debug for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.lines.iter().map(TrailLine::to_string)).finish()
    }
}

impl fmt::Debug for TrailLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
