//! The error of this crate: opaque, cheap to clone, with predicates a program can act on.

use std::{fmt, sync::Arc, time::Duration};

/// What went wrong, and whose move is next.
///
/// The text names the piece at fault and says what to do. It never contains a secret, a path, a query string or
/// anything a server sent.
///
/// ```
/// use authwright_core::{Auth, Bearer, Fault, Secret};
///
/// let error = Auth::new("https://api.example.com", Bearer::new("two words")).unwrap_err();
/// assert_eq!(error.fault(), Fault::Credential);
/// assert_eq!(
///     error.to_string(),
///     "the given value has a blank at byte 3, which a bearer token cannot have; nothing was sent"
/// );
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
#[allow(clippy::struct_excessive_bools)] // independent of each other
struct Inner {
    fault: Fault,
    message: String,
    /// The message says it all; no place needs to be added.
    complete: bool,
    /// The same call may succeed later.
    transient: bool,
    timeout: bool,
    /// A proxy refused, not who was asked.
    by_proxy: bool,
    retry_after: Option<Duration>,
}

/// Whose fault an [`Error`] is, so that a program knows who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The program asked for something that cannot be: fix the call or the configuration.
    Caller,
    /// The credential is missing, malformed or was refused: a person must supply another.
    Credential,
    /// The server answered with something that cannot be right.
    Server,
    /// A place where secrets are kept could not be read or written.
    Store,
    /// The network failed: trying again later may help.
    Network,
}

impl Error {
    /// An error of your own [`Scheme`](crate::Scheme).
    ///
    /// The text is shown to people and written to logs: keep secrets, paths and query strings out of it.
    pub fn new(fault: Fault, message: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            fault,
            message: message.into(),
            complete: false,
            transient: fault == Fault::Network,
            timeout: false,
            by_proxy: false,
            retry_after: None,
        }))
    }

    /// The same error, said to be one that may be gone on a later try: a store that is busy, a server that is down.
    pub fn transient(self) -> Self {
        self.with(|inner| inner.transient = true)
    }

    /// The same error, with how long the other side asks to wait (RFC 9110 section 10.2.3). It is then transient too.
    pub fn with_retry_after(self, wait: Duration) -> Self {
        self.with(|inner| (inner.transient, inner.retry_after) = (true, Some(wait)))
    }

    /// Time ran out. Transient.
    #[doc(hidden)]
    pub fn timed_out(message: impl Into<String>) -> Self {
        Self::new(Fault::Network, message).with(|inner| inner.timeout = true)
    }

    /// The same error, said to be a proxy's refusal.
    pub(crate) fn by_proxy(self) -> Self {
        self.with(|inner| inner.by_proxy = true)
    }

    /// What a client says of a call that failed, in the words of this crate. For drivers.
    #[doc(hidden)]
    pub fn of_client(fault: Fault, is_transient: bool, is_timeout: bool, message: String) -> Self {
        match (is_timeout, is_transient) {
            (true, _) => Self::timed_out(message),
            (false, true) => Self::new(fault, message).transient(),
            (false, false) => Self::new(fault, message),
        }
    }

    /// The same error, with a text of its own before it.
    #[allow(dead_code)]
    pub(crate) fn because(self, what: &dyn fmt::Display) -> Self {
        self.with(|inner| inner.message = format!("{what}: {}", inner.message))
    }

    fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    pub(crate) fn caller(message: impl Into<String>) -> Self {
        Self::new(Fault::Caller, message)
    }

    pub(crate) fn credential(message: impl Into<String>) -> Self {
        Self::new(Fault::Credential, message)
    }

    #[allow(dead_code)]
    pub(crate) fn server(message: impl Into<String>) -> Self {
        Self::new(Fault::Server, message)
    }

    #[allow(dead_code)]
    pub(crate) fn network(message: impl Into<String>) -> Self {
        Self::new(Fault::Network, message)
    }

    pub(crate) fn store(message: impl Into<String>) -> Self {
        Self::new(Fault::Store, message)
    }

    /// A secret has a character its place cannot have. Says all there is to say.
    pub(crate) fn unsendable(what: impl fmt::Display) -> Self {
        Self::credential(format!("{what}; nothing was sent")).with(|inner| inner.complete = true)
    }

    /// The same error, of a secret that was to take the place of another.
    pub(crate) fn and_the_old_one_stays(self) -> Self {
        self.with(|inner| {
            let what = inner.message.trim_end_matches("; nothing was sent");
            inner.message = format!("{what}; the old one stays in use");
        })
    }

    /// The same error, with the place it belongs to added in parentheses where that says more.
    pub(crate) fn at(self, place: &dyn fmt::Display) -> Self {
        if self.0.complete {
            return self;
        }
        self.with(|inner| inner.message = format!("{} ({place})", inner.message))
    }

    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        self.0.fault
    }

    /// Whether a person must act before this can work: sign in, or supply another credential.
    pub fn is_login_required(&self) -> bool {
        self.0.fault == Fault::Credential && !self.0.transient
    }

    /// Whether the same call may succeed later without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        self.0.transient
    }

    /// Whether time ran out.
    pub fn is_timeout(&self) -> bool {
        self.0.timeout
    }

    /// Whether a proxy refused (407): the server that was asked has not been reached.
    pub fn is_proxy_denied(&self) -> bool {
        self.0.by_proxy
    }

    /// How long to wait before trying again, where the other side said so (RFC 9110 section 10.2.3).
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }
}

/// For requests that a [`TokenSource`](crate::TokenSource) builds. The text says which part is malformed, not what it was.
impl From<http::Error> for Error {
    fn from(error: http::Error) -> Self {
        Self::caller(format!("a request of this program is malformed: {error}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("fault", &self.0.fault).field("message", &self.0.message).finish()
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_request_is_the_callers_fault_and_is_not_quoted() {
        let parts = [
            http::Request::get("https://api.example.com/s3cret path").body(()),
            http::Request::get("https://api.example.com/").header("s3cret name", "1").body(()),
            http::Request::get("https://api.example.com/").header("x-key", "s3cret\n").body(()),
            http::Request::builder().method("S3CRET METHOD").body(()),
        ];
        for part in parts {
            let error = Error::from(part.unwrap_err());
            assert_eq!(error.fault(), Fault::Caller);
            let text = error.to_string();
            assert!(text.starts_with("a request of this program is malformed: "), "{text}");
            assert!(!text.to_lowercase().contains("s3cret"), "{text}");
        }
    }
}
