//! What a scheme learns from: the head of a response, and where the request went.

use std::{borrow::Cow, fmt, time::SystemTime};

use http::{HeaderMap, StatusCode};

use crate::{Clock, Target};

/// The head of a response, as a scheme sees it.
#[derive(Clone, Copy)]
pub struct ResponseView<'a> {
    /// The status.
    pub status: StatusCode,
    /// The header fields.
    pub headers: &'a HeaderMap,
    clock: Option<&'a dyn Clock>,
    sent_to: Option<Target<'a>>,
    /// The query pairs that were added to it, in the form `&name=value`.
    added: &'a str,
    sent_once: bool,
}

impl<'a> ResponseView<'a> {
    /// A response as a client has received it.
    #[inline]
    pub fn new(status: StatusCode, headers: &'a HeaderMap) -> Self {
        Self { status, headers, clock: None, sent_to: None, added: "", sent_once: false }
    }

    /// The same, as the answer of a place. For tests of a scheme that asks where an answer comes from.
    pub fn sent_to(self, target: Target<'a>) -> Self {
        Self { sent_to: Some(target), ..self }
    }

    /// The same, with what the exchange knows: the clock schemes read, where the hop went, the pairs added to that, and
    /// whether it can go again.
    #[inline]
    pub(crate) fn of(
        self,
        clock: &'a dyn Clock,
        sent_to: Target<'a>,
        added: &'a str,
        sent_once: bool,
    ) -> Self {
        Self { clock: Some(clock), sent_to: Some(sent_to), added, sent_once, ..self }
    }

    /// Whether the request cannot be sent again, because its body was a stream: what is learnt is for the next one.
    pub fn is_sent_once(&self) -> bool {
        self.sent_once
    }

    /// Where the hop went, without the query pairs that were added to it. `None` where a test has made the view and has
    /// not said so.
    pub fn target(&self) -> Option<Target<'a>> {
        self.sent_to
    }

    /// Path and query as they were sent, with the pairs that were added: what [`Hop::target`](crate::Hop::target) was.
    pub fn line(&self) -> Cow<'a, str> {
        let line = self.sent_to.map_or("/", |target| target.path_and_query());
        if self.added.is_empty() {
            return Cow::Borrowed(line);
        }
        let query = self.sent_to.and_then(|target| target.query());
        let (joiner, added) = match query {
            None => ("?", self.added.trim_start_matches('&')),
            Some("") => ("", self.added.trim_start_matches('&')),
            Some(_) => ("", self.added),
        };
        Cow::Owned([line, joiner, added].concat())
    }

    /// The time now, by the clock of the client; the Unix epoch where a test has made the view. The clock is read when
    /// this is called, and only then.
    pub fn now(&self) -> SystemTime {
        self.clock.map_or(SystemTime::UNIX_EPOCH, Clock::now)
    }
}

/// Field values stay out: a response can hold a session cookie or a token.
impl fmt::Debug for ResponseView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseView")
            .field("status", &self.status)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .finish()
    }
}
