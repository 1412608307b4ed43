//! A proxy that a client goes through with everything, and the credential for it.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use secrecy::ExposeSecret;

#[cfg(feature = "digest")]
use crate::schemes::{Asked, MD5_IS_OFF};
use crate::{
    Challenges, Error, Hop, IntoProxyCredential, ProxyDenied, Resend, Stamp, Target, Verdict,
    proxy::credential::{Parts, parts},
};

/// A proxy that everything goes through, and who is asking there. Adapters make it from their own builders, and tell their
/// client of it; the [`Exchange`](crate::Exchange) answers its challenges.
///
/// What is known of the proxy (which nonce it gave out, that it wants Basic) is shared by clones.
#[derive(Clone)]
pub struct ProxyAccess(Arc<Inner>);

struct Inner {
    url: String,
    address: String,
    parts: Parts,
    /// It runs on this machine.
    is_local: bool,
    /// Basic may go to this proxy.
    takes_basic: bool,
    /// It has asked for Basic.
    asked_for_basic: AtomicBool,
}

/// No session of Digest has it.
const BASIC: Stamp = Stamp(u64::MAX);

/// RFC 7615 section 4; RFC 9110 section 11.7.3.
const PROXY_AUTHENTICATION_INFO: HeaderName = HeaderName::from_static("proxy-authentication-info");

impl ProxyAccess {
    /// `url`: `http://proxy.corp:3128`, or `https` where the way to the proxy itself is to be protected.
    ///
    /// # Errors
    /// The URL is not that of a proxy, or has user information; the credential has characters its place cannot have.
    pub fn new(url: &str, credential: impl IntoProxyCredential) -> Result<Self, Error> {
        if url.contains('@') {
            return Err(Error::caller(
                "the proxy's URL contains a user name or password; take it out and give it to .proxy(url, (user, password))",
            ));
        }
        let malformed =
            || Error::caller("the proxy's URL is not of the form `http://proxy.example.com:3128`");
        let target = Target::parse(url).map_err(|_| malformed())?;
        let is_http = url.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"));
        if !is_http || target.path_and_query() != "/" {
            return Err(malformed());
        }
        let parts = parts(credential).map_err(|error| error.at(&"the proxy's credential"))?;
        let takes_basic = parts.basic.is_some() && (parts.in_clear || target.is_protected());
        let address = format!("{}:{}", target.host(), target.port());
        let (url, asked_for_basic) = (target.origin().to_string(), AtomicBool::new(false));
        let is_local = target.is_loopback();
        Ok(Self(Arc::new(Inner { url, address, parts, is_local, takes_basic, asked_for_basic })))
    }

    /// `http://proxy.corp:3128`
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// `proxy.corp:3128`
    pub fn address(&self) -> &str {
        &self.0.address
    }

    /// What the client is to send with the request for a tunnel: Basic, where it may be sent.
    pub fn for_tunnels(&self) -> Option<&HeaderValue> {
        self.0.parts.basic.as_ref().filter(|_| self.0.takes_basic).map(|basic| &basic.value)
    }

    /// What the client is to send with every request that goes to the proxy as it is: Basic, where it was chosen. Else the
    /// exchange waits to be asked.
    pub fn for_requests(&self) -> Option<&HeaderValue> {
        self.for_tunnels().filter(|_| self.0.parts.ahead)
    }

    /// The same as [`for_tunnels`](Self::for_tunnels) for a client that makes the field itself: user and password.
    #[doc(hidden)]
    pub fn user_and_password(&self) -> Option<(&str, &str)> {
        let basic = self.0.parts.basic.as_ref().filter(|_| self.0.takes_basic)?;
        Some((basic.user.expose_secret(), basic.password.expose_secret()))
    }

    /// Its refusal of a tunnel to this target.
    pub fn refused_tunnel(&self, target: &Target<'_>) -> ProxyDenied {
        let denied = ProxyDenied::on_the_way(target, None).by(self.address());
        match self.no_tunnel() {
            None => denied.given(true),
            Some(why) => denied.given(false).because(why),
        }
    }

    /// Why it can be given nothing for a tunnel, if so.
    pub fn no_tunnel(&self) -> Option<&'static str> {
        match (self.for_tunnels(), &self.0.parts.basic) {
            (Some(_), _) => None,
            (None, Some(_)) => Some(NOT_IN_CLEAR),
            (None, None) => Some(NO_TUNNEL),
        }
    }

    /// Whether requests to this machine itself go past it. What is sent to `http://localhost` counts as not leaving the machine,
    /// so it must not go to a proxy on another. Drivers tell their client.
    pub fn spares_loopback(&self) -> bool {
        !self.0.is_local
    }

    /// Whether it gets the request for this target as it is. What is for https goes through a tunnel, to the origin.
    pub(crate) fn takes(&self, target: &Target<'_>) -> bool {
        !target.is_https() && (self.0.is_local || !target.is_loopback())
    }

    /// Whether there is something to say where the proxy asks.
    pub(crate) fn answers(&self) -> bool {
        !self.0.parts.ahead
    }

    /// What is known to be wanted, for a request in absolute form.
    #[cfg_attr(not(feature = "digest"), allow(clippy::unnecessary_wraps))]
    pub(crate) fn authorize(
        &self,
        hop: &Hop<'_>,
        promised: Option<Stamp>,
    ) -> Result<Option<(HeaderValue, Stamp)>, Error> {
        let asked_for = promised == Some(BASIC) || self.0.asked_for_basic.load(Ordering::Relaxed);
        #[cfg(feature = "digest")]
        if let Some(digest) = self.0.parts.digest.as_ref().filter(|_| !asked_for) {
            let uri = line_sent(hop.goes_to(), hop.target());
            let asked =
                Asked { method: hop.method(), uri: &uri, body: hop.body(), streams: hop.has_stream() };
            if let Some(answer) = digest.answer_to(&Target::parse(self.url())?, asked, promised)? {
                return Ok(Some(answer));
            }
        }
        let _ = hop;
        let basic = self.for_tunnels().filter(|_| asked_for);
        Ok(basic.map(|value| (value.clone(), BASIC)))
    }

    /// A 407 to a request that was sent with `sent`, if with anything.
    pub(crate) fn challenged(&self, headers: &HeaderMap, sent: Option<Stamp>, sent_once: bool) -> Verdict {
        let _ = sent_once;
        let challenges = Challenges::of_proxy(headers);
        #[cfg(feature = "digest")]
        let mut why = "it offers only what is not known here";
        #[cfg(not(feature = "digest"))]
        let why = "it offers only what is not known here";
        #[cfg(feature = "digest")]
        if let (Some(digest), Ok(proxy)) = (&self.0.parts.digest, Target::parse(self.url())) {
            match digest.challenged(challenges.clone(), &proxy, sent.unwrap_or_default(), sent_once) {
                Verdict::Unanswered(MD5_IS_OFF) => return Verdict::Unanswered(MD5_IS_OFF),
                Verdict::Unanswered(because) => why = because,
                answer => {
                    self.0.asked_for_basic.store(false, Ordering::Relaxed);
                    return answer;
                }
            }
        }
        if !challenges.clone().any(|challenge| challenge.is("Basic")) {
            return Verdict::Unanswered(why);
        }
        match (self.for_tunnels(), &self.0.parts.basic) {
            (Some(_), _) if sent == Some(BASIC) => {
                self.0.asked_for_basic.store(false, Ordering::Relaxed);
                Verdict::Deliver
            }
            (Some(_), _) => {
                self.0.asked_for_basic.store(true, Ordering::Relaxed);
                Verdict::Resend { because: Resend::Challenged, stamp: BASIC }
            }
            (None, Some(_)) => {
                Verdict::Unanswered("it offers only Basic, which Password never sends over plain http")
            }
            (None, None) => Verdict::Unanswered(why),
        }
    }

    /// Any other response to a request that was sent with `sent`: the proxy has let it through.
    #[cfg_attr(not(feature = "digest"), allow(clippy::unnecessary_wraps, clippy::unused_self))]
    pub(crate) fn let_through(
        &self,
        headers: &HeaderMap,
        status: StatusCode,
        uri: &str,
        sent: Stamp,
    ) -> Result<(), Error> {
        #[cfg(feature = "digest")]
        if let Some(digest) = self.0.parts.digest.as_ref().filter(|_| sent != BASIC) {
            let info = headers.get_all(PROXY_AUTHENTICATION_INFO).iter();
            digest.answered(info, status, (&Target::parse(self.url())?, uri), sent)?;
        }
        let _ = (headers, status, uri, sent, PROXY_AUTHENTICATION_INFO);
        Ok(())
    }
}

/// The request target as a proxy gets it (RFC 9112 section 3.2.2).
pub(crate) fn line_sent(target: &Target<'_>, line: &str) -> String {
    format!("{}{line}", target.origin())
}

const NO_TUNNEL: &str = "a tunnel (CONNECT) can be given Basic only, never an answer to Digest";
const NOT_IN_CLEAR: &str = "a tunnel (CONNECT) can be given Basic only, which Password never sends over plain http; \
                            where that is meant, say Basic";

/// Shows the address.
impl fmt::Debug for ProxyAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProxyAccess").field(&self.0.address).finish()
    }
}
