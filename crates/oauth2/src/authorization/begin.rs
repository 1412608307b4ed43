//! Beginning a login: the URL that the person goes to, and what has to be remembered until they come back.

use std::{fmt, sync::Arc, time::Duration};

use authwright_core::{Error, Fault, StepUp, flow::Io};
use http::StatusCode;
use secrecy::ExposeSecret;

use super::{
    Pending,
    callback::decoded,
    pending::Remembered,
    pkce::{challenge, text, two_unguessable, unguessable},
};
use crate::{
    answer::{Asked, granted_with},
    dpop::BoundKey,
    endpoint::{Endpoint, Form, Ours, USUAL_LENGTH},
    register,
    registration::{check_parameter, check_redirect_uri},
    said::names,
    server::{Metadata, Which},
    service::Service,
};

/// What one login asks for, besides what the registration says.
#[derive(Clone, Default)]
pub(crate) struct Request {
    pub(crate) redirect_uri: String,
    /// On top of the registration's.
    pub(crate) scope: String,
    /// How long ago the person may have signed in.
    pub(crate) max_age: Option<Duration>,
    /// `prompt`, `login_hint` and others.
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) step_up: Option<StepUp>,
}

impl Service {
    /// Makes an authorization request: pushed, where the server or the program wants that, else in the URL.
    pub(crate) async fn begin(&self, request: Request, io: &Io) -> Result<Pending, Error> {
        check_redirect_uri(&request.redirect_uri)?;
        if let Some(obtained) = self.client.registered() {
            Box::pin(obtained.check_login(register::CODE, Some(&request.redirect_uri), io)).await?;
        }
        let metadata = self.metadata(io).await?;
        self.check_pkce(&metadata)?;
        let (state, verifier) = two_unguessable()?;
        let scope = self.scope_with(&request);
        let is_openid = self.is_openid || request.scope().split_whitespace().any(|name| name == "openid");
        let nonce = if is_openid { Some(unguessable()?) } else { None };
        let key = self.binding.begin(&metadata)?;

        let challenge = challenge(&verifier)?;
        let (age, max_age) = (request.age(), request.max_age());
        let ours = [
            ("response_type", "code"),
            ("client_id", self.client.id()),
            ("redirect_uri", &*request.redirect_uri),
            ("scope", &*scope),
            ("state", state.expose_secret()),
            ("code_challenge", text(&challenge)?),
            ("code_challenge_method", "S256"),
            ("nonce", nonce.as_ref().map_or("", |nonce| nonce.expose_secret())),
            ("dpop_jkt", key.as_ref().map_or("", |key| key.thumbprint())),
            ("acr_values", request.acr_values()),
            ("max_age", &*max_age),
        ];
        let url = self.url(&metadata, &ours, &self.more(&request), key.as_ref(), io).await?;
        Ok(Pending::new(Remembered {
            url,
            issuer: metadata.issuer.clone(),
            client_id: self.client.shared_id(),
            redirect_uri: request.redirect_uri,
            state,
            verifier,
            nonce,
            scope,
            key: key.as_ref().and_then(|key| key.record()).map(Into::into),
            max_age: age,
            begun_at: io.now(),
        }))
    }

    /// RFC 7636 section 7.2 and RFC 9700 section 2.1.1: a server that lists methods and not S256 would take the verifier in the
    /// clear, which protects nothing.
    fn check_pkce(&self, metadata: &Metadata) -> Result<(), Error> {
        let is_refused = match &metadata.challenge_methods {
            Some(methods) => !methods.iter().any(|method| method == "S256"),
            None => self.requires_pkce,
        };
        if !is_refused {
            return Ok(());
        }
        let message = format!(
            "{} does not say that it knows PKCE with S256, so a code of its could be redeemed by whoever steals it; nobody is \
             sent there",
            self.origin()
        );
        Err(Error::new(Fault::Server, message))
    }

    /// The scope of the registration, and what this login asks for on top of that, or a refusal did.
    pub(crate) fn scope_with(&self, request: &Request) -> Arc<str> {
        let wanted = request.scope();
        if request.scope.is_empty() && wanted.is_empty() {
            return Arc::clone(&self.scope);
        }
        let mut scope = self.scope.to_string();
        for name in request.scope.split_whitespace().chain(wanted.split_whitespace()) {
            if !scope.split(' ').any(|known| known == name) {
                let blank = if scope.is_empty() { "" } else { " " };
                scope.extend([blank, name]);
            }
        }
        scope.into()
    }

    /// What the program adds to a login.
    pub(crate) fn more<'a>(&'a self, request: &'a Request) -> Vec<(&'a str, &'a str)> {
        let mut more = Vec::new();
        more.extend(self.resources.iter().map(|resource| ("resource", &**resource)));
        more.extend(self.parameters.iter().map(|(name, value)| (&**name, &**value)));
        more.extend(request.parameters.iter().map(|(name, value)| (&**name, &**value)));
        more
    }

    /// Where to send the person. The query that the endpoint has is kept (RFC 6749 section 3.1).
    async fn url(
        &self,
        metadata: &Metadata,
        ours: &[Ours<'_>],
        more: &[(&str, &str)],
        key: Option<&Arc<BoundKey>>,
        io: &Io,
    ) -> Result<String, Error> {
        let endpoint = metadata.endpoint(Which::Authorization, false)?;
        let (request_uri, in_its_place);
        // RFC 9126 section 5: it must be, where the metadata say so.
        let (ours, more) = if self.pushed || metadata.requires_pushed {
            // In a box: hardly any login needs it, and it is most of what a login could have to remember.
            request_uri = Box::pin(self.push(metadata, ours, more, key, io)).await?;
            // And nothing else beside it (RFC 9126 section 4).
            in_its_place = [("client_id", self.client.id()), ("request_uri", &*request_uri)];
            (&in_its_place[..], &[][..])
        } else {
            (ours, more)
        };
        let mut form = Form::after(before_query(endpoint), ours);
        for (name, value) in more {
            form.push(name, value)?;
        }
        check_query(endpoint, &form)?;
        Ok(form.into_text())
    }

    /// RFC 9126 section 2: the client authenticates as at the token endpoint.
    async fn push(
        &self,
        metadata: &Metadata,
        ours: &[Ours<'_>],
        more: &[(&str, &str)],
        key: Option<&Arc<BoundKey>>,
        io: &Io,
    ) -> Result<String, Error> {
        let certificate = self.client.has_certificate();
        let answer = self.call(metadata, Which::Pushed, ours, more, key.map(|key| &**key), io).await?;
        let endpoint = metadata.endpoint(Which::Pushed, certificate)?;
        let what = Which::Pushed.name();
        // Nobody but the server has seen these yet, and it may repeat them.
        let is_secret = |name: &str| ["state", "nonce", "id_token_hint"].contains(&name);
        let secrets: Vec<_> =
            ours.iter().chain(more).filter(|(name, _)| is_secret(name)).map(|(_, value)| *value).collect();
        let asked = Asked {
            what,
            origin: &endpoint.origin,
            client: &self.client,
            grant: "",
            remedy: "",
            secrets: &secrets,
            now: io.now(),
        };
        // RFC 9126 section 2.2: 201, and no other.
        let json = granted_with(StatusCode::CREATED, &answer, &asked)?;
        let lives = json.lifetime("expires_in").is_some_and(|lifetime| !lifetime.is_zero());
        if let Some(uri) = json.text("request_uri").filter(|uri| lives && !uri.is_empty()) {
            return Ok(uri.to_owned());
        }
        let names = names(&answer, &asked.secrets());
        let message = format!(
            "{what} at {} answered 201, but without a `request_uri` that lives (members: {names})",
            endpoint.origin
        );
        Err(Error::new(Fault::Server, message))
    }
}

/// The URL of an endpoint, as far as more can be said in its query.
fn before_query(endpoint: &Endpoint) -> String {
    let mut url = String::with_capacity(endpoint.url.len() + USUAL_LENGTH);
    url.push_str(&endpoint.url);
    if endpoint.uri().query().is_none() {
        url.push('?');
    }
    url
}

/// No parameter is there twice (RFC 6749 section 3.1), also not where the URL of the endpoint was copied with some of them.
fn check_query(endpoint: &Endpoint, form: &Form<'_>) -> Result<(), Error> {
    let Some(query) = endpoint.uri().query() else { return Ok(()) };
    let mut names = query.split('&').filter_map(|pair| decoded(pair.split('=').next().unwrap_or_default()));
    let Some(name) = names.find(|name| form.has(name)) else { return Ok(()) };
    let message = format!(
        "the URL of the authorization endpoint at {} has `{}` in its query, which is said here: leave it out there",
        endpoint.origin,
        name.escape_debug()
    );
    Err(Error::new(Fault::Caller, message))
}

impl Request {
    /// What a refusal asked for, on top of the registration's.
    fn scope(&self) -> &str {
        self.step_up.as_ref().and_then(|step_up| step_up.scope.as_deref()).unwrap_or_default()
    }

    /// RFC 9470 section 4. Empty: nothing is said.
    pub(crate) fn acr_values(&self) -> &str {
        self.step_up.as_ref().and_then(|step_up| step_up.acr_values.as_deref()).unwrap_or_default()
    }

    /// The shorter of what the program says and what an API has asked for.
    fn age(&self) -> Option<Duration> {
        let wanted = self.step_up.as_ref().and_then(|step_up| step_up.max_age);
        self.max_age.into_iter().chain(wanted).min()
    }

    /// In seconds.
    pub(crate) fn max_age(&self) -> String {
        self.age().map(|age| age.as_secs().to_string()).unwrap_or_default()
    }

    /// Checks what the program adds.
    pub(crate) fn check(&self) -> Result<(), Error> {
        for (name, _) in &self.parameters {
            check_parameter(name)?;
        }
        Ok(())
    }
}

/// Shows no value of a parameter: a hint may be a token.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.parameters.iter().map(|(name, _)| name).collect();
        f.debug_struct("Request")
            .field("parameters", &names)
            .field("step_up", &self.step_up)
            .finish_non_exhaustive()
    }
}
