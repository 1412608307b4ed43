//! Which proxies a `reqwest::Client` uses, as far as its `Debug` text shows it: to name in an error the one that refused.
//!
//! There are no getters, and which of several proxies a request went through is not told. So a proxy is named where there is only
//! one for that scheme. A test pins the text to the version in use; where it cannot be read, nobody is named.

use std::net::SocketAddr;

use authwright_core::{ProxyDenied, Target};
use http::Uri;

use crate::{
    error::causes,
    inspect::{fields, items},
};

/// The proxies of a client, those of the environment included.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Proxies {
    http: Named,
    https: Named,
    /// Some hosts are exempt.
    exempt: bool,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Named {
    #[default]
    None,
    One(Address),
    Several,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Address {
    host: String,
    port: u16,
}

impl Proxies {
    pub(crate) fn of(client: &reqwest::Client) -> Self {
        let text = format!("{client:?}");
        let mut proxies = Self::default();
        for (_, list) in fields(inside(&text)).filter(|(name, _)| *name == "proxies") {
            items(inside(list)).for_each(|matcher| proxies.add(matcher));
        }
        proxies
    }

    fn add(&mut self, matcher: &str) {
        if !matcher.starts_with("Matcher") {
            // A function of the user's.
            (self.http, self.https) = (Named::Several, Named::Several);
            return;
        }
        for (name, value) in fields(inside(matcher)) {
            match name {
                "http" => self.http.add(value),
                "https" => self.https.add(value),
                "no" => self.exempt = true,
                _ => {}
            }
        }
    }

    /// A tunnel was refused: there was a proxy for sure.
    pub(crate) fn refused_tunnel(&self, target: &Target<'_>) -> ProxyDenied {
        let denied = ProxyDenied::on_the_way(target, None);
        match &self.https {
            Named::One(proxy) => denied.by(proxy.to_string()),
            _ => denied,
        }
    }

    /// A response says 407. Whether a proxy of ours said so is seen by who was connected to, where it can be seen.
    pub(crate) fn refused(
        &self,
        denied: ProxyDenied,
        target: &Target<'_>,
        peer: Option<SocketAddr>,
    ) -> ProxyDenied {
        match (&self.http, target.is_https()) {
            // Inside a tunnel, or where there is none, it comes from somebody we gave nothing.
            (_, true) | (Named::None, _) => denied.given(false),
            (Named::One(proxy), _) if !self.exempt || peer.is_some_and(|peer| proxy.is_at(peer, target)) => {
                denied.by(proxy.to_string())
            }
            _ => denied,
        }
    }
}

/// Whether a proxy refused to build a tunnel for want of a credential. Nothing else is told of its answer.
pub(crate) fn is_tunnel_refused(error: &reqwest::Error) -> bool {
    error.is_connect()
        && causes(error).any(|cause| cause.to_string().contains("proxy authorization required"))
}

/// What stands between the outermost brackets.
fn inside(text: &str) -> &str {
    let start = text.find(['{', '[']).map_or(text.len(), |at| at + 1);
    let end = text.rfind(['}', ']']).unwrap_or(text.len());
    text.get(start..end).unwrap_or_default()
}

impl Named {
    fn add(&mut self, intercept: &str) {
        let uri = fields(inside(intercept)).find(|(name, _)| *name == "uri");
        *self = match (&self, uri.and_then(|(_, uri)| Address::parse(uri))) {
            (Self::None, Some(address)) => Self::One(address),
            (Self::One(known), Some(address)) if *known == address => Self::One(address),
            _ => Self::Several,
        };
    }
}

impl Address {
    fn parse(uri: &str) -> Option<Self> {
        let uri: Uri = uri.parse().ok()?;
        let default = match uri.scheme_str()? {
            "http" => 80,
            "https" => 443,
            _ => 1080,
        };
        // Of the authority only these: it could hold a password.
        Some(Self { host: uri.host()?.to_owned(), port: uri.port_u16().unwrap_or(default) })
    }

    fn is_at(&self, peer: SocketAddr, target: &Target<'_>) -> bool {
        peer.port() == self.port && target.port() != self.port
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(builder: reqwest::ClientBuilder) -> Proxies {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Proxies::of(&builder.build().unwrap())
    }

    fn one(host: &str, port: u16) -> Named {
        Named::One(Address { host: host.into(), port })
    }

    /// Fails when reqwest changes the text this file reads.
    #[test]
    fn a_proxy_is_named_where_there_is_one() {
        use reqwest::{Client, NoProxy, Proxy};
        let builder = Client::builder;
        assert_eq!(of(builder().no_proxy()), Proxies::default());
        let all = Proxy::all("http://sam:s3cret@proxy.corp:3128").unwrap();
        let both = Proxies { http: one("proxy.corp", 3128), https: one("proxy.corp", 3128), exempt: false };
        assert_eq!(of(builder().proxy(all.clone())), both);
        let exempt = all.clone().no_proxy(NoProxy::from_string("10.0.0.0/8, .corp"));
        assert_eq!(of(builder().proxy(exempt)), Proxies { exempt: true, ..both });
        let (http, https) = (
            Proxy::http("http://[::1]").unwrap(),
            Proxy::https("https://b.corp").unwrap().basic_auth("sam", "s3cret"),
        );
        let each = Proxies { http: one("[::1]", 80), https: one("b.corp", 443), exempt: false };
        assert_eq!(of(builder().proxy(http.clone()).proxy(https)), each);
        let several = of(builder().proxy(all).proxy(http));
        assert_eq!((several.http, several.https), (Named::Several, one("proxy.corp", 3128)));
        let function = of(builder().proxy(Proxy::custom(|_| None::<reqwest::Url>)));
        assert_eq!((function.http, function.https), (Named::Several, Named::Several));
    }

    /// Where some hosts are exempt, the address that was connected to decides.
    #[test]
    fn nobody_is_named_who_may_not_have_been_asked() {
        let exempt = Proxies { http: one("proxy.corp", 3128), https: Named::None, exempt: true };
        let named = |proxies: &Proxies, url: &str, peer: Option<&str>| {
            let target = Target::parse(url).unwrap();
            let denied = ProxyDenied::on_the_way(&target, None);
            proxies.refused(denied, &target, peer.map(|peer| peer.parse().unwrap())).to_string()
        };
        let by_proxy = "proxy proxy.corp:3128 refused its credentials (407); http://a.corp was not reached";
        assert_eq!(named(&exempt, "http://a.corp/", Some("10.0.0.1:3128")), by_proxy);
        assert!(named(&exempt, "http://a.corp/", Some("10.0.0.1:80")).starts_with("a proxy refused"));
        assert!(named(&exempt, "http://a.corp/", None).starts_with("a proxy refused"));
        assert!(named(&exempt, "http://a.corp:3128/", Some("10.0.0.1:3128")).starts_with("a proxy refused"));
        assert!(named(&exempt, "https://a.corp/", Some("10.0.0.1:3128")).starts_with("a proxy asks"));
        assert_eq!(named(&Proxies { exempt: false, ..exempt }, "http://a.corp/", None), by_proxy);
    }
}
