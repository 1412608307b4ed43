//! A program as a client of an authorization server: what everything else here is made of.

use std::{fmt, sync::Arc};

use authwright_core::{Error, Fault, Secret, SecretValue, Target};

use crate::{
    client::{Authentication, Client, ClientSecret, Placed},
    dpop::{Binding, BoundKey},
    keys::{IntoSigner, Signer},
    register::Obtained,
    server::Server,
    service::Service,
};

/// An OAuth client at a server: who issues its tokens, its id, how it shows that it is itself, and what it asks for. Its
/// grants are its verbs.
///
/// Nothing is checked, read or sent before it is used; what is wrong is then named.
///
/// ```
/// use authwright_core::{Auth, Secret, Tokens};
/// use authwright_oauth2::Registration;
///
/// let app = Registration::new("https://login.example.com", "billing").secret(Secret::new("s3cret")).scope("orders.read");
/// let auth = Auth::new("https://orders.example.com", Tokens::new(app.client_credentials())?)?;
/// # Ok::<(), authwright_core::Error>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Registration {
    pub(crate) server: Server,
    client_id: String,
    pub(crate) authentication: Given,
    pub(crate) scope: String,
    resources: Vec<String>,
    parameters: Vec<(String, String)>,
    pub(crate) binding: GivenBinding,
    /// Where the program has registered itself.
    pub(crate) obtained: Option<Arc<Obtained>>,
    pushed: bool,
    requires_pkce: bool,
    #[cfg(feature = "openid")]
    openid: bool,
}

/// How the client shows itself, before that is checked.
#[derive(Clone)]
pub(crate) enum Given {
    None,
    Secret(Secret, Placed),
    #[cfg(feature = "keys")]
    SecretJwt(Secret),
    Key(Result<Arc<dyn Signer>, Error>),
    Certificate,
}

/// What tokens are bound to, before that is checked.
#[derive(Clone)]
pub(crate) enum GivenBinding {
    Nothing,
    #[cfg(feature = "keys")]
    NewKey,
    Key(Result<Arc<dyn Signer>, Error>),
}

impl Registration {
    /// A client by its id at a server, where it is registered; one that is not can [register itself](Self::obtain). Without a [secret](Self::secret) or a [key](Self::key) it is a public one, which only
    /// says its id. A secret that is shipped with a program is none (RFC 8252 section 8.5).
    pub fn new(server: impl Into<Server>, client_id: impl Into<String>) -> Self {
        Self {
            server: server.into(),
            client_id: client_id.into(),
            authentication: Given::None,
            scope: String::new(),
            resources: Vec::new(),
            parameters: Vec::new(),
            binding: GivenBinding::Nothing,
            obtained: None,
            pushed: false,
            requires_pkce: false,
            #[cfg(feature = "openid")]
            openid: false,
        }
    }

    /// The client's secret, sent by Basic (RFC 6749 section 2.3.1), or in the body where the server's metadata say that it
    /// takes nothing else.
    pub fn secret(mut self, secret: impl Into<Secret>) -> Self {
        self.authentication = Given::Secret(secret.into(), Placed::AsServerSays);
        self
    }

    /// Sends the client's secret as a parameter, whatever the metadata say: for a client that is registered so.
    pub fn secret_in_body(mut self, secret: impl Into<Secret>) -> Self {
        self.authentication = Given::Secret(secret.into(), Placed::InBody);
        self
    }

    /// The client's secret, which signs an assertion (HS256) and is never sent: `client_secret_jwt`.
    #[cfg(feature = "keys")]
    pub fn secret_jwt(mut self, secret: impl Into<Secret>) -> Self {
        self.authentication = Given::SecretJwt(secret.into());
        self
    }

    /// The client's key, which signs an assertion: `private_key_jwt` (RFC 7523 section 2.2). It may be a
    /// [`Signer`] of your own, whose key is in somebody else's keeping.
    pub fn key(mut self, key: impl IntoSigner) -> Self {
        self.authentication = Given::Key(key.into_signer());
        self
    }

    /// The client shows a certificate (RFC 8705): the identity that your HTTP client is set up with. The server's endpoints
    /// for such clients are used, where its metadata have them.
    pub fn certificate(mut self) -> Self {
        self.authentication = Given::Certificate;
        self
    }

    /// The scope to ask for, separated by blanks (RFC 6749 section 3.3).
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = scope.into();
        self
    }

    /// The API that tokens are for, as its URL (RFC 8707): asked for with every token, so that a token for one API is worth
    /// nothing at another.
    ///
    /// Said again, one login is asked for several: its own tokens are for the first, and those for the others come from
    /// [`Session::tokens_for`](crate::Session::tokens_for). Grants without a login ask for the first.
    pub fn resource(mut self, url: impl Into<String>) -> Self {
        self.resources.push(url.into());
        self
    }

    /// A parameter of the server's own, such as `audience`: sent to its authorization and its token endpoint.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// Binds tokens to a key that is made for each login, and kept with its tokens (RFC 9449): who steals a token can do
    /// nothing with it.
    #[cfg(feature = "keys")]
    pub fn dpop(mut self) -> Self {
        self.binding = GivenBinding::NewKey;
        self
    }

    /// The same with a key of yours. It signs each request, and must not block.
    pub fn dpop_key(mut self, key: impl IntoSigner) -> Self {
        self.binding = GivenBinding::Key(key.into_signer());
        self
    }

    /// Pushes authorization requests to the server instead of sending them through the browser (RFC 9126), also where its
    /// metadata do not demand it.
    pub fn pushed(mut self) -> Self {
        self.pushed = true;
        self
    }

    /// Refuses a server whose metadata do not say that it knows PKCE with S256 (RFC 9700 section 2.1.1).
    pub fn require_pkce(mut self) -> Self {
        self.requires_pkce = true;
        self
    }

    /// Asks who signs in: the scope `openid`, and an ID token, which is validated with the server's keys (`OpenID` Connect
    /// Core section 3.1.3.7). Without this ID tokens are not read.
    #[cfg(feature = "openid")]
    pub fn openid(mut self) -> Self {
        self.openid = true;
        self
    }

    /// Checks everything.
    pub(crate) fn check(&self) -> Result<Service, Error> {
        let known = self.server.check()?;
        let authentication = match &self.authentication {
            Given::None => Authentication::None,
            Given::Secret(secret, placed) => {
                Authentication::Secret(ClientSecret::read(secret, &self.client_id)?, *placed)
            }
            #[cfg(feature = "keys")]
            Given::SecretJwt(secret) => {
                Authentication::by_signing_secret(ClientSecret::read(secret, &self.client_id)?)
            }
            Given::Key(signer) => Authentication::by_key(signer.clone()?),
            Given::Certificate => Authentication::Certificate,
        };
        let client = Client::new(&self.client_id, authentication)?.obtained(self.obtained.clone());
        let binding = match &self.binding {
            GivenBinding::Nothing => Binding::Nothing,
            #[cfg(feature = "keys")]
            GivenBinding::NewKey => Binding::NewKey,
            GivenBinding::Key(signer) => Binding::Key(Arc::new(BoundKey::new(signer.clone()?)?)),
        };
        for resource in &self.resources {
            check_resource(resource)?;
        }
        for (name, _) in &self.parameters {
            check_parameter(name)?;
        }
        let mut scope: Vec<String> = self.scope.split_whitespace().map(Into::into).collect();
        #[cfg(feature = "openid")]
        if self.openid {
            scope.push("openid".into());
        }
        // Their order says nothing (RFC 6749 section 3.3), so it must not make another record.
        scope.sort();
        scope.dedup();
        let is_openid = scope.iter().any(|name| name == "openid");
        let scope = scope.join(" ").into();
        Ok(Service {
            server: self.server.clone(),
            client: Arc::new(client),
            scope,
            is_openid,
            resources: self.resources.clone(),
            parameters: self.parameters.clone(),
            binding,
            pushed: self.pushed,
            requires_pkce: self.requires_pkce,
            #[cfg(feature = "openid")]
            openid: self.openid,
            #[cfg(feature = "openid")]
            keys: crate::openid::KeySet::default(),
            known: known.map(Arc::new).into(),
            nonces: crate::dpop::Nonces::default(),
            api_nonces: crate::dpop::Nonces::default(),
        })
    }
}

/// RFC 8707 section 2: an absolute URI without a fragment.
pub(crate) fn check_resource(resource: &str) -> Result<(), Error> {
    let what = "the resource";
    check_uri(resource, what, "the URL of the API, such as https://api.example.com (RFC 8707 section 2)")
}

/// The same of a redirect URI (RFC 6749 section 3.1.2).
pub(crate) fn check_redirect_uri(uri: &str) -> Result<(), Error> {
    let is = "the one that is registered with the server, such as https://app.example.com/signed-in (RFC 6749 section 3.1.2)";
    check_uri(uri, "the redirect URI", is)
}

fn check_uri(uri: &str, what: &str, is: &str) -> Result<(), Error> {
    let malformed = |how: &str| Err(Error::new(Fault::Caller, format!("{what} {how}; it is {is}")));
    if uri.contains('#') {
        return malformed("has a fragment (`#`)");
    }
    let rest = uri.split_once(':').filter(|(scheme, _)| {
        matches!(*scheme, "http" | "https")
            || scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.bytes().all(|c| c.is_ascii_alphanumeric() || b"+-.".contains(&c))
    });
    let is_uri = |text: &str| !text.is_empty() && text.bytes().fold(true, |is, c| is & c.is_ascii_graphic());
    match rest {
        Some(("http" | "https", _)) if Target::parse(uri).is_err() => malformed("is no URL"),
        Some((_, rest)) if is_uri(rest) => Ok(()),
        _ => malformed("is not absolute"),
    }
}

/// Parameters that have a meaning here are set by their own methods, or not at all.
pub(crate) fn check_parameter(name: &str) -> Result<(), Error> {
    const OURS: [&str; 27] = [
        "actor_token",
        "actor_token_type",
        "assertion",
        "client_assertion",
        "client_assertion_type",
        "client_id",
        "client_secret",
        "code",
        "code_challenge",
        "code_challenge_method",
        "code_verifier",
        "device_code",
        "dpop_jkt",
        "grant_type",
        "max_age",
        "nonce",
        "redirect_uri",
        "refresh_token",
        "request",
        "request_uri",
        "resource",
        "response_mode",
        "response_type",
        "scope",
        "state",
        "subject_token",
        "subject_token_type",
    ];
    if name.is_empty() || OURS.contains(&name) {
        let name = name.escape_debug();
        let message = format!(
            "parameter `{name}` cannot be given by hand: it is set by what it belongs to, or not sent"
        );
        return Err(Error::new(Fault::Caller, message));
    }
    Ok(())
}

/// A secret of the program's, or a text.
pub(crate) fn read_secret(secret: &Secret, what: &str) -> Result<(SecretValue, String), Error> {
    let (value, reference) = crate::client::resolve(secret)?;
    if value.is_empty() {
        return Err(Error::new(Fault::Credential, format!("{what} is empty ({reference})")));
    }
    Ok((value, reference))
}

/// Shows no value of a secret.
impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration")
            .field("server", &self.server)
            .field("client_id", &self.client_id)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
