//! Who may ask: the clients, and what each may have (RFC 6749 section 2).

use std::{fmt, time::SystemTime};

use serde_json::Value;

use super::refused::Refused;

/// A client that an [`AuthServer`](super::AuthServer) knows, with the one way in which it authenticates.
///
/// ```
/// use authwright_testkit::RegisteredClient;
///
/// let app = RegisteredClient::public("my-app").redirect_uri("http://127.0.0.1/callback").scopes("read write");
/// let service = RegisteredClient::basic("billing", "s3cret").dpop_bound();
/// # let _ = (app, service);
/// ```
#[derive(Clone)]
#[must_use]
pub struct RegisteredClient {
    pub(super) id: String,
    pub(super) authentication: Authentication,
    pub(super) redirect_uris: Vec<String>,
    pub(super) scopes: Vec<String>,
    pub(super) dpop_bound: bool,
    pub(super) secret_expires: Option<SystemTime>,
    /// None: any.
    pub(super) grants: Option<Vec<String>>,
}

/// As `token_endpoint_auth_method` has it (RFC 7591 section 2, RFC 8705 section 2). It has no `Debug`.
#[derive(Clone)]
pub(super) enum Authentication {
    None,
    Basic(String),
    Post(String),
    SecretJwt(String),
    PrivateKeyJwt(Value),
    Tls,
}

impl RegisteredClient {
    /// A public client: it says its id, and no more.
    pub fn public(id: &str) -> Self {
        Self::new(id, Authentication::None)
    }

    /// `client_secret_basic`.
    pub fn basic(id: &str, secret: &str) -> Self {
        Self::new(id, Authentication::Basic(secret.to_owned()))
    }

    /// `client_secret_post`.
    pub fn post(id: &str, secret: &str) -> Self {
        Self::new(id, Authentication::Post(secret.to_owned()))
    }

    /// `client_secret_jwt`: assertions signed with HS256.
    pub fn secret_jwt(id: &str, secret: &str) -> Self {
        Self::new(id, Authentication::SecretJwt(secret.to_owned()))
    }

    /// `private_key_jwt`: assertions signed with the key of which this is the public half (a JWK of RFC 7517).
    pub fn private_key_jwt(id: &str, public_jwk: Value) -> Self {
        Self::new(id, Authentication::PrivateKeyJwt(public_jwk))
    }

    /// `tls_client_auth`: its id in the body is enough here; the certificate is not looked at.
    pub fn tls(id: &str) -> Self {
        Self::new(id, Authentication::Tls)
    }

    /// Where answers may go, exactly. At `127.0.0.1` and `[::1]` any port will do (RFC 8252 section 7.3).
    pub fn redirect_uri(mut self, uri: &str) -> Self {
        self.redirect_uris.push(uri.to_owned());
        self
    }

    /// What it may ask for, separated by blanks; this is also what it gets when it does not say. Without it, anything.
    pub fn scopes(mut self, scopes: &str) -> Self {
        self.scopes = words(scopes);
        self
    }

    /// Gets bound tokens only (`dpop_bound_access_tokens`, RFC 9449 section 5.2).
    pub fn dpop_bound(mut self) -> Self {
        self.dpop_bound = true;
        self
    }

    pub(super) fn new(id: &str, authentication: Authentication) -> Self {
        Self {
            id: id.to_owned(),
            authentication,
            redirect_uris: Vec::new(),
            scopes: Vec::new(),
            dpop_bound: false,
            secret_expires: None,
            grants: None,
        }
    }

    /// Whether it cannot authenticate (RFC 6749 section 2.1).
    pub(super) fn is_public(&self) -> bool {
        matches!(self.authentication, Authentication::None)
    }

    /// Whether it is registered for this grant (RFC 7591 section 2).
    pub(super) fn may_use(&self, grant: &str) -> bool {
        self.grants.as_ref().is_none_or(|grants| grants.iter().any(|known| known == grant))
    }

    pub(super) fn secret(&self) -> Option<&str> {
        match &self.authentication {
            Authentication::Basic(secret)
            | Authentication::Post(secret)
            | Authentication::SecretJwt(secret) => Some(secret),
            _ => None,
        }
    }

    /// What is granted of what was asked for.
    pub(super) fn scope(&self, asked: Option<&str>) -> Result<String, Refused> {
        let Some(asked) = asked else { return Ok(self.scopes.join(" ")) };
        let asked_words = scope_words(asked)?;
        match asked_words.iter().find(|word| !self.scopes.is_empty() && !self.scopes.contains(word)) {
            Some(word) => Err(Refused::denied(
                "invalid_scope",
                format!("this client may not have `{}`", word.escape_debug()),
            )),
            None => Ok(asked.to_owned()),
        }
    }

    pub(super) fn may_redirect_to(&self, uri: &str) -> bool {
        let loopback = |uri: &str| without_loopback_port(uri).is_some_and(|plain| plain != uri);
        self.redirect_uris.iter().any(|known| {
            known == uri || (loopback(uri) && without_loopback_port(known) == without_loopback_port(uri))
        })
    }
}

impl Authentication {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic(_) => "client_secret_basic",
            Self::Post(_) => "client_secret_post",
            Self::SecretJwt(_) => "client_secret_jwt",
            Self::PrivateKeyJwt(_) => "private_key_jwt",
            Self::Tls => "tls_client_auth",
        }
    }
}

impl fmt::Debug for RegisteredClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisteredClient")
            .field("id", &self.id)
            .field("authentication", &self.authentication.name())
            .finish_non_exhaustive()
    }
}

/// A list of scopes: one blank between two, each once, of the characters they can have (RFC 6749 section 3.3).
pub(super) fn scope_words(scope: &str) -> Result<Vec<String>, Refused> {
    let words: Vec<String> = scope.split(' ').map(str::to_owned).collect();
    let fits = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    if words.iter().any(|word| word.is_empty() || !word.bytes().all(fits)) {
        return Err(Refused::broken("invalid_scope", "`scope` is no list of scopes"));
    }
    if words.iter().enumerate().any(|(at, word)| words[..at].contains(word)) {
        return Err(Refused::broken("invalid_scope", "`scope` names one twice"));
    }
    Ok(words)
}

pub(super) fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// The URI as it would be without its port, if it is one of a loopback address.
fn without_loopback_port(uri: &str) -> Option<String> {
    let host = ["http://127.0.0.1", "http://[::1]"].into_iter().find(|host| uri.starts_with(host))?;
    let rest = &uri[host.len()..];
    match rest.strip_prefix(':') {
        Some(port) => {
            let end = port.find(|char: char| !char.is_ascii_digit()).unwrap_or(port.len());
            Some(format!("{host}{}", &port[end..]))
        }
        None => Some(rest).filter(|rest| rest.is_empty() || rest.starts_with('/')).map(|_| uri.to_owned()),
    }
}
