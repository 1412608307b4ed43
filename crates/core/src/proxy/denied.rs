//! A 407 on the way: a proxy refused, and nobody behind it was reached.

use std::fmt;

use http::{HeaderMap, HeaderValue, StatusCode, header::PROXY_AUTHENTICATE};

use crate::{Challenges, Error, Fault, Target};

/// A proxy wants credentials, or refused those it was given (407, RFC 9110 section 15.5.8).
///
/// It says nothing about the credentials for the API, which the API has not seen. Where the refusal is a response (plain
/// http), the adapters' errors own it; where it ends the building of a tunnel (https), the clients show no more of it than
/// that it came.
#[derive(Clone)]
pub struct ProxyDenied {
    origin: String,
    proxy: Option<String>,
    given: Option<bool>,
    why: Option<&'static str>,
    /// The `Proxy-Authenticate` lines, read where somebody asks.
    lines: Vec<HeaderValue>,
}

impl ProxyDenied {
    /// A refusal on the way to this target, with what the response says, if there is one.
    pub fn on_the_way(target: &Target<'_>, response: Option<&HeaderMap>) -> Self {
        Self::before(&target.origin().to_string(), response)
    }

    pub(crate) fn before(origin: &str, response: Option<&HeaderMap>) -> Self {
        let lines = response.iter().flat_map(|headers| headers.get_all(PROXY_AUTHENTICATE));
        Self {
            origin: origin.to_owned(),
            proxy: None,
            given: None,
            why: None,
            lines: lines.cloned().collect(),
        }
    }

    /// The same, where the driver knows which proxy it was: `proxy.corp:3128`.
    pub fn by(mut self, proxy: impl Into<String>) -> Self {
        self.proxy = Some(proxy.into());
        self
    }

    /// The same, where the driver knows whether the proxy was given credentials.
    pub fn given(mut self, credentials: bool) -> Self {
        self.given = Some(credentials);
        self
    }

    /// The same, where it is known why what there is could not be given.
    pub(crate) fn because(mut self, why: &'static str) -> Self {
        self.why = Some(why);
        self
    }

    /// Always 407.
    pub fn status(&self) -> StatusCode {
        StatusCode::PROXY_AUTHENTICATION_REQUIRED
    }

    /// The proxy, as `host:port`, where the client lets it be known.
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    /// The origin that was not reached.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What the proxy offers in `Proxy-Authenticate` (RFC 9110 section 11.7.1). None where it refused a tunnel: no client shows them.
    pub fn challenges(&self) -> Challenges<'_> {
        Challenges::of_lines(&self.lines)
    }
}

impl fmt::Display for ProxyDenied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.proxy {
            Some(proxy) => write!(f, "proxy {}", proxy.escape_debug())?,
            None => f.write_str("a proxy")?,
        }
        f.write_str(match self.given {
            Some(false) => " asks for credentials (407), and none were given to it",
            _ => " refused its credentials (407)",
        })?;
        if let Some(why) = self.why {
            write!(f, ": {why}")?;
        }
        write!(f, "; {} was not reached", self.origin)
    }
}

impl fmt::Debug for ProxyDenied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyDenied")
            .field("message", &self.to_string())
            .field("challenges", &self.challenges())
            .finish_non_exhaustive()
    }
}

impl std::error::Error for ProxyDenied {}

/// For calls of flows, which know no responses but those of the server they ask.
impl From<ProxyDenied> for Error {
    fn from(denied: ProxyDenied) -> Self {
        Self::new(Fault::Credential, denied.to_string()).by_proxy()
    }
}
