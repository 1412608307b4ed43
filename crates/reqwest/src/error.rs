//! The error of this crate.

use std::{error::Error as StdError, fmt, io, time::Duration};

use authwright_core::{BaseUrlError, Denied, Fault, ProxyDenied, Trail};
use reqwest::{Response, StatusCode};

/// Why there is no response to work with. Opaque, one pointer wide.
///
/// Its text names origins, never a path, a query or a secret. A 401, 403 or 407 owns its response.
///
/// ```no_run
/// # async fn run(api: authwright_reqwest::Client) -> Result<(), authwright_reqwest::Error> {
/// match api.get("orders").send().await {
///     Ok(response) => println!("{}", response.text().await?),
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
    /// The origin that was talked to, where it is known.
    Client(reqwest::Error, Option<String>),
    Denied(Box<Denied>, Box<Response>),
    ProxyDenied(Box<ProxyDenied>, Refusal),
    TooManyRedirects {
        origin: String,
        limit: u32,
    },
}

/// How a proxy refused.
enum Refusal {
    Response(Box<Response>),
    /// reqwest's error, which holds no response.
    Tunnel(reqwest::Error),
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
    pub fn into_response(self) -> Result<Response, Self> {
        match self.0.kind {
            Kind::Denied(_, response) | Kind::ProxyDenied(_, Refusal::Response(response)) => Ok(*response),
            kind => Err(Self(Box::new(Inner { kind, trail: self.0.trail }))),
        }
    }

    /// What was decided on the way, where the request asked with `.explain()`.
    pub fn trail(&self) -> Option<&Trail> {
        self.0.trail.as_ref()
    }

    /// reqwest's own error, its URL taken out.
    pub fn client(&self) -> Option<&reqwest::Error> {
        match &self.0.kind {
            Kind::Client(error, _) | Kind::ProxyDenied(_, Refusal::Tunnel(error)) => Some(error),
            _ => None,
        }
    }

    /// The status of the response, where there was one.
    pub fn status(&self) -> Option<StatusCode> {
        match &self.0.kind {
            Kind::Denied(denied, _) => Some(denied.status()),
            Kind::ProxyDenied(denied, _) => Some(denied.status()),
            Kind::Client(error, _) => error.status(),
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
            Kind::TooManyRedirects { .. } => Fault::Server,
            Kind::Client(error, _) if error.is_builder() => Fault::Caller,
            Kind::Client(error, _) if error.status().is_some_and(|status| status.is_client_error()) => {
                Fault::Caller
            }
            Kind::Client(error, _) if error.is_status() => Fault::Server,
            Kind::Client(error, _) if error.is_decode() && !is_cut_off(error) => Fault::Server,
            Kind::Client(..) => Fault::Network,
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
            Kind::Client(error, _) => {
                self.fault() == Fault::Network
                    || error.status().is_some_and(|status| status.is_server_error())
            }
            _ => false,
        }
    }

    /// How long to wait before trying again, where the other side said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match &self.0.kind {
            Kind::Core(error) => error.retry_after(),
            Kind::Denied(_, response) | Kind::ProxyDenied(_, Refusal::Response(response)) => {
                authwright_core::retry_after(response.headers())
            }
            _ => None,
        }
    }

    /// Whether time ran out.
    pub fn is_timeout(&self) -> bool {
        match &self.0.kind {
            Kind::Core(error) => error.is_timeout(),
            _ => self.client().is_some_and(reqwest::Error::is_timeout),
        }
    }

    /// Whether a redirect led past the limit.
    pub fn is_too_many_redirects(&self) -> bool {
        matches!(self.0.kind, Kind::TooManyRedirects { .. })
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

    pub(crate) fn jar_inside() -> Self {
        Self::caller(
            "the cookie jar is set inside http(..), where a cookie key silences it and logins fill it; set .cookie_store(true) or \
             .cookie_provider(..) on Authwright's builder (feature `cookies`), which sends both in one field",
        )
    }

    pub(crate) fn two_proxies() -> Self {
        Self::caller("a proxy is set inside http(..) and another by .proxy(..); set one of them")
    }

    pub(crate) fn no_tls() -> Self {
        Self::caller("this build of reqwest has no TLS; enable one of its TLS features in Cargo.toml")
    }

    pub(crate) fn client_at(error: reqwest::Error, origin: String) -> Self {
        Self::from_kind(Kind::Client(error.without_url(), Some(origin)))
    }

    pub(crate) fn refused(denied: Box<Denied>, response: Response) -> Self {
        Self::from_kind(Kind::Denied(denied, Box::new(response)))
    }

    pub(crate) fn refused_by_proxy(denied: ProxyDenied, response: Response) -> Self {
        Self::from_kind(Kind::ProxyDenied(Box::new(denied), Refusal::Response(Box::new(response))))
    }

    pub(crate) fn tunnel_refused(denied: ProxyDenied, error: reqwest::Error) -> Self {
        Self::from_kind(Kind::ProxyDenied(Box::new(denied), Refusal::Tunnel(error.without_url())))
    }

    pub(crate) fn too_many_redirects(origin: String, limit: u32) -> Self {
        Self::from_kind(Kind::TooManyRedirects { origin, limit })
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

/// Where reqwest may have something to decompress, it calls a connection that is lost in the body an error in decoding.
fn is_cut_off(error: &reqwest::Error) -> bool {
    let mut kinds = causes(error).filter_map(|cause| Some(cause.downcast_ref::<io::Error>()?.kind()));
    kinds.any(|kind| !matches!(kind, io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput))
}

pub(crate) fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        Self::from_kind(Kind::Client(error.without_url(), None))
    }
}

impl From<authwright_core::Error> for Error {
    fn from(error: authwright_core::Error) -> Self {
        Self::from_kind(Kind::Core(error))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            Kind::Core(error) => error.fmt(f),
            Kind::Client(error, origin) => {
                origin.iter().try_for_each(|origin| write!(f, "{origin}: "))?;
                error.fmt(f)?;
                // reqwest's own text ends where the reason begins.
                causes(error).last().map_or(Ok(()), |cause| write!(f, ": {cause}"))
            }
            Kind::Denied(denied, _) => denied.fmt(f),
            Kind::ProxyDenied(denied, _) => denied.fmt(f),
            Kind::TooManyRedirects { origin, limit } => {
                write!(f, "more than {limit} redirects; the last one came from {origin}")
            }
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
            // Its own text and its last cause are part of ours.
            Kind::Client(error, _) => error.source(),
            Kind::ProxyDenied(_, Refusal::Tunnel(error)) => Some(error),
            _ => None,
        }
    }
}
