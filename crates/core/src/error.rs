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

struct Inner {
    fault: Fault,
    message: String,
    /// The message says it all; no place needs to be added.
    complete: bool,
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
        Self(Arc::new(Inner { fault, message: message.into(), complete: false }))
    }

    pub(crate) fn caller(message: impl Into<String>) -> Self {
        Self::new(Fault::Caller, message)
    }

    pub(crate) fn credential(message: impl Into<String>) -> Self {
        Self::new(Fault::Credential, message)
    }

    pub(crate) fn store(message: impl Into<String>) -> Self {
        Self::new(Fault::Store, message)
    }

    /// A secret has a character its place cannot have. Says all there is to say.
    pub(crate) fn unsendable(what: impl fmt::Display) -> Self {
        let message = format!("{what}; nothing was sent");
        Self(Arc::new(Inner { fault: Fault::Credential, message, complete: true }))
    }

    /// The same error, with the place it belongs to added in parentheses where that says more.
    pub(crate) fn at(self, place: &dyn fmt::Display) -> Self {
        if self.0.complete {
            return self;
        }
        Self::new(self.0.fault, format!("{} ({place})", self.0.message))
    }

    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        self.0.fault
    }

    /// Whether a person must act before this can work: sign in, or supply another credential.
    pub fn is_login_required(&self) -> bool {
        self.0.fault == Fault::Credential
    }

    /// Whether the same call may succeed later without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        self.0.fault == Fault::Network
    }

    /// How long to wait before trying again, where the other side said so (RFC 9110 section 10.2.3).
    pub fn retry_after(&self) -> Option<Duration> {
        None
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
