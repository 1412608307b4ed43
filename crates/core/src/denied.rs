//! A 401 or 403 that remains, explained.

use std::{borrow::Cow, fmt, time::Duration};

use http::{HeaderMap, HeaderValue, StatusCode, header::RETRY_AFTER};

use crate::challenge::{self, Challenges, ParamValue};

/// The server refused, and this is what it refused: a credential that was sent, an identity it knows but does not
/// permit, or a request that carried nothing, and why.
///
/// The adapters' errors own it together with the response. What the server sent is shown escaped and shortened.
#[derive(Clone)]
pub struct Denied {
    pub(crate) status: StatusCode,
    pub(crate) origin: String,
    pub(crate) sent: Vec<String>,
    pub(crate) withheld: Vec<String>,
    /// What kept entries from answering what the server asks.
    pub(crate) unanswered: Vec<String>,
    pub(crate) stream_gone: bool,
    /// A renewed token was refused as well.
    pub(crate) renewed: bool,
    /// The `WWW-Authenticate` lines, read where somebody asks.
    pub(crate) lines: Vec<HeaderValue>,
}

impl Denied {
    /// 401 or 403.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// 403: the server knows who is asking and does not permit it (RFC 9110 section 15.5.4). The same credential will
    /// not do, now or later.
    pub fn is_forbidden(&self) -> bool {
        self.status == StatusCode::FORBIDDEN
    }

    /// Whether a credential of ours was on the request that was refused.
    pub fn was_attached(&self) -> bool {
        !self.sent.is_empty()
    }

    /// The origin that refused.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What the server offered in `WWW-Authenticate` (RFC 9110 section 11.6.1).
    pub fn challenges(&self) -> Challenges<'_> {
        Challenges::of_lines(&self.lines)
    }

    /// The scope the server asks for, where it said `insufficient_scope` (RFC 6750 section 3.1).
    pub fn required_scope(&self) -> Option<Cow<'_, str>> {
        challenge::required_scope(self.challenges()).map(ParamValue::text)
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from {}: ", self.status.as_u16(), self.origin)?;
        if self.sent.is_empty() {
            return write!(f, "no credential was attached, because {}", Reasons(&self.withheld));
        }
        let (were, they, are) =
            if self.sent.len() == 1 { ("was", "it", "is") } else { ("were", "they", "are") };
        write!(f, "{} {were} sent", self.sent.join(" and "))?;
        if self.is_forbidden() {
            f.write_str(" and accepted, but does not permit this")?;
            if let Some(scope) = self.required_scope() {
                let scope: String = scope.chars().take(200).collect();
                write!(f, "; the server asks for scope `{}`", scope.escape_debug())?;
            }
        } else {
            f.write_str(" and refused; ")?;
            if self.renewed {
                f.write_str("so was the token before it; ")?;
            }
            write!(f, "check that {they} {are} correct and active")?;
            self.unanswered.iter().try_for_each(|why| write!(f, "; {why}"))?;
        }
        if self.stream_gone {
            f.write_str("; the body was a stream and is gone: send again with a fresh one")?;
        }
        Ok(())
    }
}

/// How long a server asks to wait (RFC 9110 section 10.2.3), where it says so in seconds. Its other form, a date, needs a
/// clock and is left to the caller.
#[doc(hidden)]
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

struct Reasons<'a>(&'a [String]);

impl fmt::Display for Reasons<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            f.write_str("this client's Auth is empty")
        } else {
            f.write_str(&self.0.join("; "))
        }
    }
}

impl fmt::Debug for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Denied")
            .field("message", &self.to_string())
            .field("challenges", &self.challenges())
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Denied {}
