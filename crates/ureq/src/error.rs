//! The error of this crate.

use std::{error::Error as StdError, fmt, io, time::Duration};

use authwright_core::{BaseUrlError, Denied, Fault, ProxyDenied, Target, Trail};
use http::{HeaderName, Response, StatusCode};
use ureq::{Body, Error as UreqError};

use crate::failed::{self, Failed};

/// Why there is no response to work with. Opaque, one pointer wide.
///
/// Its text names origins, never a path, a query or a secret. A 401, 403 or 407 owns its response.
///
/// ```no_run
/// # fn run(agent: authwright_ureq::Agent) -> Result<(), authwright_ureq::Error> {
/// match agent.get("orders").call() {
///     Ok(mut response) => println!("{}", response.body_mut().read_to_string()?),
///     Err(e) if e.is_login_required() => eprintln!("{e}"),
///     Err(e) if e.is_transient() => eprintln!("again in {:?}", e.retry_after()),
///     Err(e) => match e.denied() {
///         Some(denied) if denied.is_forbidden() => eprintln!("ask for {:?}", denied.required_scope()),
///         Some(denied) => eprintln!("{e}; offered: {:?}", denied.challenges()),
///         None => return Err(e),
///     },
/// }
/// # Ok(()) }
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    trail: Option<Trail>,
}

enum Kind {
    Core(authwright_core::Error),
    Client(Failed),
    Denied(Box<Denied>, Response<Body>),
    ProxyDenied(Box<ProxyDenied>, Refusal),
}

/// How a proxy refused.
enum Refusal {
    Response(Response<Body>),
    /// ureq's error, which holds no response.
    Tunnel(UreqError),
}

impl Error {
    /// The refusal of the server, where this is a 401 or 403.
    pub fn denied(&self) -> Option<&Denied> {
        match &self.0.kind {
            Kind::Denied(denied, _) => Some(denied),
            _ => None,
        }
    }

    /// The refusal of a proxy, where this is a 407. A [`denied`](Self::denied) request it is not: the server was not reached.
    pub fn proxy_denied(&self) -> Option<&ProxyDenied> {
        match &self.0.kind {
            Kind::ProxyDenied(denied, _) => Some(denied),
            _ => None,
        }
    }

    /// The response this error owns.
    ///
    /// # Errors
    /// It owns none: the error itself.
    pub fn into_response(self) -> Result<Response<Body>, Self> {
        match self.0.kind {
            Kind::Denied(_, response) | Kind::ProxyDenied(_, Refusal::Response(response)) => Ok(response),
            kind => Err(Self(Box::new(Inner { kind, trail: self.0.trail }))),
        }
    }

    /// What was decided on the way, where the request asked with `.explain()`.
    pub fn trail(&self) -> Option<&Trail> {
        self.0.trail.as_ref()
    }

    /// ureq's own error, any URL in it cut down to its origin.
    pub fn client(&self) -> Option<&UreqError> {
        match &self.0.kind {
            Kind::Client(failed) => Some(&failed.error),
            Kind::ProxyDenied(_, Refusal::Tunnel(error)) => Some(error),
            _ => None,
        }
    }

    /// The status of the response, where there was one.
    pub fn status(&self) -> Option<StatusCode> {
        match &self.0.kind {
            Kind::Denied(denied, _) => Some(denied.status()),
            Kind::ProxyDenied(denied, _) => Some(denied.status()),
            Kind::Client(Failed { error: UreqError::StatusCode(code), .. }) => {
                StatusCode::from_u16(*code).ok()
            }
            _ => None,
        }
    }

    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match &self.0.kind {
            Kind::Core(error) => error.fault(),
            Kind::ProxyDenied(..) => Fault::Credential,
            Kind::Denied(denied, _) if denied.was_attached() => Fault::Credential,
            Kind::Denied(..) => Fault::Caller,
            Kind::Client(failed) => failed.fault(),
        }
    }

    /// Whether a person must sign in or supply another credential before anything can work. A [`denied`](Self::denied)
    /// request is not that: it was made, and refused.
    pub fn is_login_required(&self) -> bool {
        matches!(&self.0.kind, Kind::Core(error) if error.is_login_required())
    }

    /// Whether the same request may succeed later without anybody doing anything: the network, a timeout, a 5xx.
    pub fn is_transient(&self) -> bool {
        match &self.0.kind {
            Kind::Core(error) => error.is_transient(),
            Kind::Client(_) => {
                self.fault() == Fault::Network || self.status().is_some_and(|status| status.is_server_error())
            }
            Kind::Denied(..) | Kind::ProxyDenied(..) => false,
        }
    }

    /// How long to wait before trying again, where the other side said so in seconds (RFC 9110 section 10.2.3).
    pub fn retry_after(&self) -> Option<Duration> {
        match &self.0.kind {
            Kind::Core(error) => error.retry_after(),
            Kind::Client(failed) => failed.retry_after,
            Kind::ProxyDenied(_, Refusal::Tunnel(_)) => None,
            Kind::Denied(_, response) | Kind::ProxyDenied(_, Refusal::Response(response)) => {
                authwright_core::retry_after(response.headers())
            }
        }
    }

    /// Whether time ran out.
    pub fn is_timeout(&self) -> bool {
        if let Kind::Core(error) = &self.0.kind {
            return error.is_timeout();
        }
        match self.client() {
            Some(UreqError::Timeout(_)) => true,
            Some(UreqError::Io(error)) => error.kind() == io::ErrorKind::TimedOut,
            _ => false,
        }
    }

    /// Whether a redirect led past the limit.
    pub fn is_too_many_redirects(&self) -> bool {
        matches!(self.client(), Some(UreqError::TooManyRedirects))
    }

    /// Whether a proxy refused its credentials, or asks for some (407): the server was not reached. True for a token that
    /// could not be fetched for that reason, too.
    pub fn is_proxy_denied(&self) -> bool {
        match &self.0.kind {
            Kind::Core(error) => error.is_proxy_denied(),
            kind => matches!(kind, Kind::ProxyDenied(..)),
        }
    }

    pub(crate) fn caller(message: impl Into<String>) -> Self {
        authwright_core::Error::new(Fault::Caller, message).into()
    }

    #[allow(clippy::needless_pass_by_value)] // a `map_err` target
    pub(crate) fn base_url(error: BaseUrlError) -> Self {
        Self::caller(format!("{error}; nothing was sent"))
    }

    pub(crate) fn header_value(name: &HeaderName) -> Self {
        Self::caller(format!(
            "the value for header `{name}` has a line break or another character that headers cannot have; nothing was \
             sent"
        ))
    }

    /// What ureq said of a hop, and the proxy that may have been between.
    pub(crate) fn sending(error: UreqError, target: &Target<'_>, proxy: Option<&ureq::Proxy>) -> Self {
        Self::from_kind(match failed::tunnel_refused(&error, target, proxy) {
            Some(denied) => Kind::ProxyDenied(Box::new(denied), Refusal::Tunnel(error)),
            None => Kind::Client(Failed::sending(error, target, proxy)),
        })
    }

    /// A status that ureq's users expect as an error.
    pub(crate) fn unwanted_status(response: &Response<Body>, target: &Target<'_>) -> Self {
        Self::from_kind(Kind::Client(Failed::status(response, target)))
    }

    pub(crate) fn too_many_redirects(limit: u32, target: &Target<'_>) -> Self {
        Self::from_kind(Kind::Client(Failed::too_many_redirects(limit, target)))
    }

    pub(crate) fn refused(denied: Box<Denied>, response: Response<Body>) -> Self {
        Self::from_kind(Kind::Denied(denied, response))
    }

    pub(crate) fn refused_by_proxy(denied: ProxyDenied, response: Response<Body>) -> Self {
        Self::from_kind(Kind::ProxyDenied(Box::new(denied), Refusal::Response(response)))
    }

    /// The same, for a flow that has called.
    pub(crate) fn into_core(self) -> authwright_core::Error {
        if let Some(denied) = self.proxy_denied() {
            return denied.clone().into();
        }
        let (fault, is_transient, is_timeout) = (self.fault(), self.is_transient(), self.is_timeout());
        authwright_core::Error::of_client(fault, is_transient, is_timeout, self.to_string())
    }

    pub(crate) fn with_trail(mut self, trail: Option<Trail>) -> Self {
        self.0.trail = trail;
        self
    }

    fn from_kind(kind: Kind) -> Self {
        Self(Box::new(Inner { kind, trail: None }))
    }
}

impl From<UreqError> for Error {
    fn from(error: UreqError) -> Self {
        Self::from_kind(Kind::Client(Failed::new(error)))
    }
}

impl From<authwright_core::Error> for Error {
    fn from(error: authwright_core::Error) -> Self {
        Self::from_kind(Kind::Core(error))
    }
}

/// For bodies: a file that cannot be opened, a response that breaks off.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        UreqError::from(error).into()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            Kind::Core(error) => error.fmt(f),
            Kind::Denied(denied, _) => denied.fmt(f),
            Kind::ProxyDenied(denied, _) => denied.fmt(f),
            Kind::Client(Failed { says: Some(text), .. }) => f.write_str(text),
            Kind::Client(Failed { error: UreqError::Io(error), origin: Some(origin), .. }) => {
                write!(f, "{origin}: {error}")
            }
            Kind::Client(Failed { error, origin: Some(origin), .. }) => write!(f, "{origin}: {error}"),
            Kind::Client(Failed { error, .. }) => error.fmt(f),
        }
    }
}

/// The text of `Display`, and the trail under it: it is what a `main` that returns an error prints.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        self.0.trail.iter().try_for_each(|trail| write!(f, "\n{trail}"))
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.kind {
            // Where our text quotes ureq's, a chain of causes must not say it twice.
            Kind::Client(Failed { error, says: Some(_), .. })
            | Kind::ProxyDenied(_, Refusal::Tunnel(error)) => Some(error),
            _ => None,
        }
    }
}
