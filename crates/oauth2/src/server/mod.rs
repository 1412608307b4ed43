//! The authorization server as a program describes it: an issuer whose metadata say the rest, or endpoints given by hand.

mod discovery;
mod metadata;
pub mod providers;

use std::fmt;

use authwright_core::{Error, Fault, Target, flow::Io, store::fnv_1a};

pub(crate) use self::metadata::{Metadata, Which};

/// An authorization server. A text is its issuer, and the rest is read from its metadata when it is first needed (RFC 8414,
/// `OpenID` Connect Discovery 1.0).
///
/// Where a server has no metadata, or they are wrong, its endpoints are given by hand. As soon as one is, no metadata are
/// fetched: what is not given is not there.
///
/// ```
/// use authwright_oauth2::{Registration, Server};
///
/// let found = Registration::new("https://login.example.com", "billing");
/// let by_hand = Server::new("https://forge.example.com")
///     .authorization_endpoint("https://forge.example.com/login/oauth/authorize")
///     .token_endpoint("https://forge.example.com/login/oauth/access_token");
/// let told = Registration::new(by_hand, "billing");
/// ```
#[derive(Clone)]
#[must_use]
pub struct Server {
    pub(crate) issuer: String,
    by_hand: Vec<(Which, String)>,
    pub(crate) plain_http: bool,
    sends_issuer: bool,
    secret_in_body: bool,
}

impl Server {
    /// A server by its issuer identifier, exactly as its metadata have it: they are compared code point by code point (RFC
    /// 8414 section 3.3), a slash at the end included.
    pub fn new(issuer: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            by_hand: Vec::new(),
            plain_http: false,
            sends_issuer: false,
            secret_in_body: false,
        }
    }

    /// Where tokens are got (RFC 6749 section 3.2).
    pub fn token_endpoint(self, url: impl Into<String>) -> Self {
        self.endpoint(Which::Token, url)
    }

    /// Where a person signs in (RFC 6749 section 3.1).
    pub fn authorization_endpoint(self, url: impl Into<String>) -> Self {
        self.endpoint(Which::Authorization, url)
    }

    /// Where a device gets its code (RFC 8628 section 3.1).
    pub fn device_authorization_endpoint(self, url: impl Into<String>) -> Self {
        self.endpoint(Which::Device, url)
    }

    /// Where tokens are given up (RFC 7009).
    pub fn revocation_endpoint(self, url: impl Into<String>) -> Self {
        self.endpoint(Which::Revocation, url)
    }

    /// Where tokens are asked about (RFC 7662).
    pub fn introspection_endpoint(self, url: impl Into<String>) -> Self {
        self.endpoint(Which::Introspection, url)
    }

    /// Where authorization requests are pushed (RFC 9126). Given by hand, it is used.
    pub fn pushed_authorization_request_endpoint(self, url: impl Into<String>) -> Self {
        self.endpoint(Which::Pushed, url)
    }

    /// Where clients register themselves (RFC 7591).
    pub fn registration_endpoint(self, url: impl Into<String>) -> Self {
        self.endpoint(Which::Registration, url)
    }

    /// Where the keys are that ID tokens are signed with (RFC 7517 section 5).
    pub fn jwks_uri(self, url: impl Into<String>) -> Self {
        self.endpoint(Which::Keys, url)
    }

    /// The server names itself in every answer of its authorization endpoint (RFC 9207): one without `iss` is refused. For
    /// endpoints given by hand; metadata say it themselves.
    pub fn sends_issuer(mut self) -> Self {
        self.sends_issuer = true;
        self
    }

    /// The server takes a client's secret as a parameter and not by Basic. For endpoints given by hand; metadata say it
    /// themselves.
    pub fn takes_secret_in_body(mut self) -> Self {
        self.secret_in_body = true;
        self
    }

    /// Accepts that the server is plain http on another machine: everyone on the way can read secrets and tokens.
    pub fn danger_plain_http(mut self) -> Self {
        self.plain_http = true;
        self
    }

    fn endpoint(mut self, which: Which, url: impl Into<String>) -> Self {
        self.by_hand.retain(|(other, _)| *other != which);
        self.by_hand.push((which, url.into()));
        self
    }

    /// Checks what is given by hand. `None`: the metadata have to be fetched.
    pub(crate) fn check(&self) -> Result<Option<Metadata>, Error> {
        check_issuer(&self.issuer, self.plain_http)?;
        if self.by_hand.is_empty() {
            return Ok(None);
        }
        let mut metadata = Metadata::by_hand(&self.issuer);
        for (which, url) in &self.by_hand {
            metadata.insert(*which, url, self.plain_http)?;
        }
        metadata.sends_issuer = self.sends_issuer;
        if self.secret_in_body {
            metadata.authentication_methods = Some(vec!["client_secret_post".into()]);
        }
        Ok(Some(metadata))
    }

    /// What tells it from others in the key of a record. Its path stands there as a hash: keys are shown in messages.
    pub(crate) fn mark(&self) -> String {
        let origin = crate::endpoint::origin_of(&self.issuer);
        let rest = self.issuer.strip_prefix(&*origin).unwrap_or(&self.issuer);
        if rest.is_empty() { origin } else { format!("{origin} {:016x}", fnv_1a(rest.as_bytes()) >> 64) }
    }

    /// Fetches the metadata.
    pub(crate) async fn discover(&self, io: &Io) -> Result<Metadata, Error> {
        discovery::discover(&self.issuer, self.plain_http, io).await
    }
}

/// RFC 8414 section 2: https, without query and fragment.
fn check_issuer(issuer: &str, plain_http: bool) -> Result<(), Error> {
    let caller = |message: String| Err(Error::new(Fault::Caller, message));
    let Ok(target) = Target::parse(issuer) else {
        return caller("the issuer is malformed; write it like https://login.example.com".to_owned());
    };
    let origin = target.origin();
    if target.query().is_some() || issuer.contains(['?', '#']) {
        return caller(format!(
            "the issuer at {origin} has a query or a fragment, which RFC 8414 section 2 forbids"
        ));
    }
    if !target.is_protected() && !plain_http {
        return caller(format!(
            "{origin} is plain http: refresh tokens and secrets could be read on the way; use https, or \
             .danger_plain_http() if you accept that"
        ));
    }
    Ok(())
}

impl From<&str> for Server {
    fn from(issuer: &str) -> Self {
        Self::new(issuer)
    }
}

impl From<String> for Server {
    fn from(issuer: String) -> Self {
        Self::new(issuer)
    }
}

impl From<&String> for Server {
    fn from(issuer: &String) -> Self {
        Self::new(issuer)
    }
}

/// Shows the origin of its issuer.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = Target::parse(&self.issuer).map(|target| target.origin().to_string());
        f.debug_struct("Server").field("issuer", &origin.unwrap_or_default()).finish_non_exhaustive()
    }
}
