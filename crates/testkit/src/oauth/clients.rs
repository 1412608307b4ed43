//! Who may ask: the clients, and how each says who it is (RFC 6749 sections 2.2 and 2.3).

use std::{fmt, time::SystemTime};

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use serde_json::Value;

use super::{
    AuthServer, assertion,
    form::{Form, decoded},
    refused::Refused,
    state::State,
    token::JWT_BEARER,
};
use crate::Received;

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
        }
    }

    /// Whether it cannot authenticate (RFC 6749 section 2.1).
    pub(super) fn is_public(&self) -> bool {
        matches!(self.authentication, Authentication::None)
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

/// What a request has to say about its client.
enum Shown<'a> {
    Id,
    Basic(String, String),
    Post(&'a str),
    Assertion(&'a str),
}

impl AuthServer {
    /// Who sends this request: one known client, by its one method (RFC 6749 section 2.3).
    pub(super) fn authenticate(
        &self,
        state: &mut State,
        request: &Received,
        form: &Form,
    ) -> Result<RegisteredClient, Refused> {
        let shown = shown(request, form)?;
        let id = match &shown {
            Shown::Basic(id, _) => id.clone(),
            Shown::Assertion(assertion) => assertion::client_of(assertion)?,
            Shown::Id | Shown::Post(_) => form.get("client_id").unwrap_or_default().to_owned(),
        };
        // An assertion speaks for itself (RFC 7521 section 4.1).
        if id.is_empty() && form.get("grant_type") == Some(JWT_BEARER) {
            return Ok(RegisteredClient::public(""));
        }
        if id.is_empty() {
            return Err(Refused::broken("invalid_client", "the client does not say who it is").status(401));
        }
        if form.get("client_id").is_some_and(|said| said != id) {
            return Err(Refused::broken(
                "invalid_request",
                "`client_id` is not the client that authenticates",
            ));
        }
        let Some(client) = state.client(&id).cloned() else {
            return Err(self.unknown_client("there is no such client", &shown));
        };
        if client.secret_expires.is_some_and(|end| end <= self.setting.clock.now()) {
            let refused = self.unknown_client("the secret is used after its end", &shown);
            return Err(Refused { broken: true, ..refused });
        }
        let right = match (&client.authentication, &shown) {
            (Authentication::None | Authentication::Tls, Shown::Id) => true,
            (Authentication::Basic(ours), Shown::Basic(_, theirs)) => ours == theirs,
            (Authentication::Post(ours), Shown::Post(theirs)) => ours == theirs,
            (
                Authentication::SecretJwt(_) | Authentication::PrivateKeyJwt(_),
                Shown::Assertion(assertion),
            ) => {
                self.check_client_assertion(state, &client, assertion)?;
                true
            }
            (registered, _) => {
                let why = format!("the client did not authenticate by {}", registered.name());
                return Err(Refused { broken: true, ..self.unknown_client(&why, &shown) });
            }
        };
        if right { Ok(client) } else { Err(self.unknown_client("the secret is wrong", &shown)) }
    }

    /// A client that tried by a header field is told how (RFC 6749 section 5.2).
    fn unknown_client(&self, why: &str, shown: &Shown<'_>) -> Refused {
        let refused = Refused::denied("invalid_client", why).status(401);
        match shown {
            Shown::Basic(..) => {
                refused.field("www-authenticate", format!("Basic realm=\"{}\"", self.setting.issuer))
            }
            _ => refused,
        }
    }
}

/// Finds the one method that is used.
fn shown<'a>(request: &Received, form: &'a Form) -> Result<Shown<'a>, Refused> {
    let broken = |why: &str| Err(Refused::broken("invalid_request", why));
    let fields: Vec<_> = request.headers.iter().filter(|(name, _)| name == "authorization").collect();
    let secret = form.get("client_secret");
    let assertion = match (form.get("client_assertion"), form.get("client_assertion_type")) {
        (None, None) => None,
        (Some(assertion), Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")) => Some(assertion),
        (Some(_), Some(_)) => return broken("`client_assertion_type` is not the one of RFC 7523"),
        _ => return broken("`client_assertion` and `client_assertion_type` are not there together"),
    };
    match (&fields[..], secret, assertion) {
        ([], None, None) => Ok(Shown::Id),
        ([], Some(secret), None) => Ok(Shown::Post(secret)),
        ([], None, Some(assertion)) => Ok(Shown::Assertion(assertion)),
        ([(_, value)], None, None) => {
            let (id, secret) = basic(value).map_err(|why| {
                Refused::broken("invalid_client", why).status(401).field("www-authenticate", "Basic")
            })?;
            Ok(Shown::Basic(id, secret))
        }
        _ => broken("the client authenticates in more than one way"),
    }
}

/// Both halves are form-encoded before they are joined (RFC 6749 section 2.3.1).
fn basic(value: &[u8]) -> Result<(String, String), &'static str> {
    let pair = value.strip_prefix(b"Basic ").ok_or("the scheme is not `Basic`")?;
    let pair = BASE64.decode(pair).map_err(|_| "what follows `Basic` is no base64")?;
    let colon =
        pair.iter().position(|byte| *byte == b':').ok_or("id and secret have no colon between them")?;
    let id = decoded(&pair[..colon]).ok_or("the client id in Basic is not form-encoded")?;
    let secret = decoded(&pair[colon + 1..]).ok_or("the client secret in Basic is not form-encoded")?;
    Ok((id, secret))
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
