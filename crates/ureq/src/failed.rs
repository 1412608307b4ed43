//! What ureq said, freed of what it quotes.

use std::{io, time::Duration};

use authwright_core::{Fault, ProxyDenied, Target};
use http::Response;
use ureq::{Body, Error as UreqError};

/// What ureq said, and what is known around it.
pub(crate) struct Failed {
    pub(crate) error: UreqError,
    /// The origin that was talked to, where it is known.
    pub(crate) origin: Option<String>,
    /// What to say in place of ureq's own text.
    pub(crate) says: Option<String>,
    pub(crate) retry_after: Option<Duration>,
}

impl Failed {
    pub(crate) fn new(error: UreqError) -> Self {
        Self { error: cleaned(error), origin: None, says: None, retry_after: None }
    }

    /// What ureq said of a hop, and the proxy that may have been between.
    pub(crate) fn sending(error: UreqError, target: &Target<'_>, proxy: Option<&ureq::Proxy>) -> Self {
        let origin = target.origin().to_string();
        let mut says = None;
        match (&error, proxy) {
            (UreqError::TlsRequired, _) => says = Some(NO_TLS.to_owned()),
            (UreqError::ConnectProxyFailed(_), Some(proxy)) => {
                says = Some(format!("proxy {} did not connect; {origin} was not reached", address(proxy)));
            }
            // It has no name outside ureq's protocol crate.
            (UreqError::Protocol(why), _) if why.to_string().starts_with("authorization header") => {
                says = Some(format!(
                    "{origin}: ureq sends no `Authorization` with characters beyond ASCII, as the answer to a Digest challenge with \
                     such has"
                ));
            }
            _ => {}
        }
        Self { origin: Some(origin), says, ..Self::new(error) }
    }

    /// A status that ureq's users expect as an error.
    pub(crate) fn status(response: &Response<Body>, target: &Target<'_>) -> Self {
        let error = UreqError::StatusCode(response.status().as_u16());
        let (origin, retry_after) =
            (Some(target.origin().to_string()), authwright_core::retry_after(response.headers()));
        Self { origin, retry_after, ..Self::new(error) }
    }

    pub(crate) fn too_many_redirects(limit: u32, target: &Target<'_>) -> Self {
        let says = format!("more than {limit} redirects; the last one came from {}", target.origin());
        Self { says: Some(says), ..Self::new(UreqError::TooManyRedirects) }
    }

    pub(crate) fn fault(&self) -> Fault {
        fault(&self.error)
    }
}

/// A refusal of the proxy that was asked for a tunnel. ureq asks for one with plain http too, so that nobody else can be meant;
/// of the proxy's answer it tells the status alone, as `proxy server responded 407/407`.
pub(crate) fn tunnel_refused(
    error: &UreqError,
    target: &Target<'_>,
    proxy: Option<&ureq::Proxy>,
) -> Option<ProxyDenied> {
    match error {
        UreqError::ConnectProxyFailed(why) if why.ends_with("responded 407/407") => {
            let denied = ProxyDenied::on_the_way(target, None);
            Some(match proxy {
                Some(proxy) => {
                    denied.by(address(proxy)).given(proxy.username().or(proxy.password()).is_some())
                }
                None => denied,
            })
        }
        _ => None,
    }
}

fn address(proxy: &ureq::Proxy) -> String {
    format!("{}:{}", proxy.host(), proxy.port())
}

const NO_TLS: &str =
    "this build of ureq has no TLS; enable one of its TLS features (rustls, native-tls) in Cargo.toml";

/// The three errors of ureq that quote something take it whole.
fn cleaned(error: UreqError) -> UreqError {
    let origin = |text: String| match Target::parse(text.split(' ').next().unwrap_or_default()) {
        Ok(target) => target.origin().to_string(),
        Err(_) => "the URL".to_owned(),
    };
    match error {
        UreqError::BadUri(text) => {
            let why = ["is missing scheme", "is missing host"].into_iter().find(|why| text.ends_with(why));
            UreqError::BadUri(format!("{} {}", origin(text), why.unwrap_or("is neither http nor https")))
        }
        UreqError::RequireHttpsOnly(text) => UreqError::RequireHttpsOnly(origin(text)),
        UreqError::ConnectProxyFailed(why) if !why.starts_with("proxy server ") => {
            UreqError::ConnectProxyFailed("no connection through the proxy".to_owned())
        }
        error => error,
    }
}

fn fault(error: &UreqError) -> Fault {
    match error {
        UreqError::StatusCode(code) if *code < 500 => Fault::Caller,
        UreqError::StatusCode(_)
        | UreqError::Protocol(_)
        | UreqError::Tls(_)
        | UreqError::TooManyRedirects
        | UreqError::LargeResponseHeader(..) => Fault::Server,
        UreqError::Timeout(_)
        | UreqError::HostNotFound
        | UreqError::ConnectionFailed
        | UreqError::ConnectProxyFailed(_) => Fault::Network,
        UreqError::Io(error) => match error.kind() {
            // A certificate that is not to be trusted, a body that cannot be decompressed.
            io::ErrorKind::InvalidData => Fault::Server,
            // From a body that could not be read: a file, say.
            io::ErrorKind::NotFound
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::Other => Fault::Caller,
            // A name that cannot be resolved has no kind of its own.
            _ => Fault::Network,
        },
        _ => Fault::Caller,
    }
}
