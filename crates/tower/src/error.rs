//! The error of this crate.

use std::{
    error::Error as StdError,
    fmt, io,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use authwright_core::{Denied, Fault, ProxyDenied, Trail};
use http::{Response, StatusCode};
use percent_encoding::percent_decode_str;

/// Why there is no response to work with. Opaque, one pointer wide. `R` is the body of the client's responses.
///
/// Its text names origins, never a path, a query or a secret; what the client itself says is added. A 401, 403 or 407 owns its
/// response.
///
/// ```
/// fn told<R>(error: &authwright_tower::Error<R>) {
///     match error.denied() {
///         Some(denied) if denied.is_forbidden() => eprintln!("ask for {:?}", denied.required_scope()),
///         Some(denied) => eprintln!("{error}; offered: {:?}", denied.challenges()),
///         None if error.is_transient() => eprintln!("again in {:?}", error.retry_after()),
///         None => eprintln!("{error}"),
///     }
/// }
/// ```
pub struct Error<R>(Box<Inner<R>>);

pub(crate) type Boxed = Box<dyn StdError + Send + Sync>;

struct Inner<R> {
    kind: Kind<R>,
    trail: Option<Trail>,
}

enum Kind<R> {
    Core(authwright_core::Error),
    Client(Failed),
    Denied(Box<Denied>, Owned<R>),
    ProxyDenied(Box<ProxyDenied>, Owned<R>),
    TooManyRedirects { origin: String, limit: u32 },
}

/// What the client said.
struct Failed {
    /// The origin that was talked to, where it is known.
    origin: Option<String>,
    error: Boxed,
    /// Where it is an error of ours, from inside.
    said_by_us: Option<SaidByUs>,
}

/// A refused response. Bodies of responses are rarely `Sync`, errors have to be.
struct Owned<R> {
    retry_after: Option<Duration>,
    response: Mutex<Response<R>>,
}

/// What an error of ours says that came from inside: from another layer of this crate, or a service that is built on our core.
struct SaidByUs {
    fault: Fault,
    is_transient: bool,
}

impl SaidByUs {
    fn find<R: 'static>(error: &(dyn StdError + 'static)) -> Option<Self> {
        chain(error).find_map(|error| {
            if let Some(error) = error.downcast_ref::<Error<R>>() {
                return Some(Self { fault: error.fault(), is_transient: error.is_transient() });
            }
            let error = error.downcast_ref::<authwright_core::Error>()?;
            Some(Self { fault: error.fault(), is_transient: error.is_transient() })
        })
    }
}

impl<R> Owned<R> {
    fn new(response: Response<R>) -> Self {
        let retry_after = authwright_core::retry_after(response.headers());
        Self { retry_after, response: Mutex::new(response) }
    }
}

impl<R> Error<R> {
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
    pub fn into_response(self) -> Result<Response<R>, Self> {
        match self.0.kind {
            Kind::Denied(_, owned) | Kind::ProxyDenied(_, owned) => {
                Ok(owned.response.into_inner().unwrap_or_else(PoisonError::into_inner))
            }
            kind => Err(Self(Box::new(Inner { kind, trail: self.0.trail }))),
        }
    }

    /// What was decided on the way, where the request asked with [`Explain`](crate::Explain).
    pub fn trail(&self) -> Option<&Trail> {
        self.0.trail.as_ref()
    }

    /// The client's own error, to be looked at with `downcast_ref`.
    pub fn client(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.kind {
            Kind::Client(failed) => Some(&*failed.error),
            _ => None,
        }
    }

    /// The status of the response, where there was one.
    pub fn status(&self) -> Option<StatusCode> {
        match &self.0.kind {
            Kind::Denied(denied, _) => Some(denied.status()),
            Kind::ProxyDenied(denied, _) => Some(denied.status()),
            _ => None,
        }
    }

    /// Whose fault it is. What the client says counts as the network: the layer does not know its client.
    pub fn fault(&self) -> Fault {
        match &self.0.kind {
            Kind::Core(error) => error.fault(),
            Kind::ProxyDenied(..) => Fault::Credential,
            Kind::Denied(denied, _) if denied.was_attached() => Fault::Credential,
            Kind::Denied(..) => Fault::Caller,
            Kind::TooManyRedirects { .. } => Fault::Server,
            Kind::Client(failed) => failed.said_by_us.as_ref().map_or(Fault::Network, |said| said.fault),
        }
    }

    /// Whether a person must sign in or supply another credential before anything can work. A [`denied`](Self::denied)
    /// request is not that: it was made, and refused.
    pub fn is_login_required(&self) -> bool {
        matches!(&self.0.kind, Kind::Core(error) if error.is_login_required())
    }

    /// Whether the same request may succeed later without anybody doing anything. A refusal never is, so that a layer that
    /// retries what is does not multiply refusals.
    pub fn is_transient(&self) -> bool {
        match &self.0.kind {
            Kind::Core(error) => error.is_transient(),
            Kind::Client(failed) => failed.said_by_us.as_ref().is_none_or(|said| said.is_transient),
            _ => false,
        }
    }

    /// How long to wait before trying again, where the other side said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match &self.0.kind {
            Kind::Core(error) => error.retry_after(),
            Kind::Denied(_, owned) | Kind::ProxyDenied(_, owned) => owned.retry_after,
            _ => None,
        }
    }

    /// Whether time ran out.
    pub fn is_timeout(&self) -> bool {
        match &self.0.kind {
            Kind::Core(error) => error.is_timeout(),
            Kind::Client(failed) => is_timeout(&*failed.error),
            _ => false,
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
}

impl<R> Error<R> {
    pub(crate) fn caller(message: impl Into<String>) -> Self {
        authwright_core::Error::new(Fault::Caller, message).into()
    }

    /// What the client said. Where it quotes a query pair of ours, nothing of it is kept.
    pub(crate) fn client_said(error: impl Into<Boxed>, origin: Option<String>, pairs: &str) -> Self
    where
        R: 'static,
    {
        let error = error.into();
        let said_by_us = SaidByUs::find::<R>(&*error);
        Self::from_kind(Kind::Client(Failed { origin, said_by_us, error: without_quotes(error, pairs) }))
    }

    pub(crate) fn refused(denied: Box<Denied>, response: Response<R>) -> Self {
        Self::from_kind(Kind::Denied(denied, Owned::new(response)))
    }

    pub(crate) fn refused_by_proxy(denied: ProxyDenied, response: Response<R>) -> Self {
        Self::from_kind(Kind::ProxyDenied(Box::new(denied), Owned::new(response)))
    }

    pub(crate) fn too_many_redirects(origin: String, limit: u32) -> Self {
        Self::from_kind(Kind::TooManyRedirects { origin, limit })
    }

    pub(crate) fn with_trail(mut self, trail: Option<Trail>) -> Self {
        self.0.trail = trail;
        self
    }

    fn from_kind(kind: Kind<R>) -> Self {
        Self(Box::new(Inner { kind, trail: None }))
    }
}

const QUOTED: &str = "the client's error quotes the URL, and with it a key: it is not shown";

/// The error, unless it quotes one of these pairs of a query, or the value of one, as it is or encoded.
pub(crate) fn without_quotes(error: Boxed, pairs: &str) -> Boxed {
    let values = pairs.split('&').filter_map(|pair| pair.split_once('=')).map(|(_, value)| value);
    let mut secrets: Vec<String> = pairs.split('&').chain(values).map(str::to_owned).collect();
    let decoded: Vec<_> =
        secrets.iter().map(|text| percent_decode_str(text).decode_utf8_lossy().into_owned()).collect();
    secrets.extend(decoded);
    secrets.retain(|secret| !secret.is_empty());
    if secrets.is_empty() {
        return error;
    }
    let said: Vec<String> = chain(&*error).map(|error| format!("{error} {error:?}")).collect();
    let is_said = |secret: &String| said.iter().any(|said| said.contains(secret));
    if secrets.iter().any(is_said) { QUOTED.into() } else { error }
}

fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

pub(crate) fn is_timeout(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(|error| {
        error.is::<tokio::time::error::Elapsed>()
            || error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
    })
}

/// An error's text often ends where the reason begins.
/// An error and what it comes from, in one line.
pub(crate) fn with_last_cause(error: &(dyn StdError + 'static), f: &mut impl fmt::Write) -> fmt::Result {
    let mut text = error.to_string();
    if let Some(cause) = chain(error).skip(1).last() {
        text = format!("{text}: {cause}");
    }
    text.chars()
        .try_for_each(|c| if c.is_control() { write!(f, "{}", c.escape_debug()) } else { f.write_char(c) })
}

impl<R> From<authwright_core::Error> for Error<R> {
    fn from(error: authwright_core::Error) -> Self {
        Self::from_kind(Kind::Core(error))
    }
}

impl<R> fmt::Display for Error<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            Kind::Core(error) => error.fmt(f),
            Kind::Client(Failed { origin, error, .. }) => {
                origin.iter().try_for_each(|origin| write!(f, "{origin}: "))?;
                with_last_cause(&**error, f)
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
impl<R> fmt::Debug for Error<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        self.0.trail.iter().try_for_each(|trail| write!(f, "\n{trail}"))
    }
}

impl<R> StdError for Error<R> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        // Its own text and its last cause are part of ours; itself is what tonic and others look for.
        self.client()
    }
}
