//! The server as a test holds it: it answers, can be told things, and can be asked.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    AuthServerBuilder, Callback, DpopVerifier, Endpoint,
    form::SECRETS,
    id_token::SigningKey,
    nonces::Nonces,
    refused::Refused,
    state::{Replaced, State},
    token::DEVICE_CODE,
};
use crate::{Received, Reply, TestClock};

/// An authorization server that takes nothing that is not by the letter. Clones share one memory.
///
/// Its endpoints are below the issuer: [`Endpoint`] has their paths. [`answer`](Self::answer) serves them all, from the
/// script of a [`Net`](crate::Net) and so for every driver; [`resource`](Self::resource) is a protected resource at an
/// origin of its own. Time is that of the [`TestClock`] alone.
///
/// ```
/// use authwright_testkit::{AuthServer, Endpoint, Host, Net, Place, RegisteredClient, Reply, TestClock};
///
/// let clock = TestClock::new();
/// let net = Net::start(&[Place::http(Host::V4), Place::http(Host::V4)], |_| Reply::status(404))?;
/// let server = AuthServer::builder(net.origin(1), &clock)
///     .client(RegisteredClient::public("my-app").redirect_uri("http://127.0.0.1/callback").scopes("read write"))
///     .resource_origin(net.origin(0))
///     .build();
/// let asked = server.clone();
/// net.set_script(move |request| if request.origin == 1 { asked.answer(request) } else { asked.resource(request) });
///
/// // What the client under test opens in the browser (RFC 7636 appendix B has the verifier) ...
/// let url = format!(
///     "{}?response_type=code&client_id=my-app&redirect_uri=http%3A%2F%2F127.0.0.1%3A4711%2Fcallback&scope=read\
///      &state=5RTsrsNGYOsXmpoJ5zmqDA&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
///      &code_challenge_method=S256",
///     server.url(Endpoint::Authorize),
/// );
/// // ... leads back to it at once, as if the user had said yes.
/// let callback = server.follow(&url);
/// assert!(callback.starts_with("http://127.0.0.1:4711/callback?code="));
///
/// // The client redeems the code at `/token` and uses the token at the resource. Afterwards:
/// assert_eq!(server.violations(), [] as [String; 0]);
/// assert_eq!((server.issued(), server.revocations()), (0, 0));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct AuthServer {
    pub(super) setting: Arc<AuthServerBuilder>,
    pub(super) proofs: DpopVerifier,
    pub(super) signing_key: Arc<SigningKey>,
    state: Arc<Mutex<State>>,
}

impl AuthServer {
    /// Describes a server with this issuer identifier (RFC 8414 section 2). Its endpoints are below it.
    pub fn builder(issuer: &str, clock: &TestClock) -> AuthServerBuilder {
        AuthServerBuilder::new(issuer, clock)
    }

    pub(super) fn of(mut setting: AuthServerBuilder) -> Self {
        let clients = std::mem::take(&mut setting.clients);
        let (token, resource) = (Nonces::new(setting.token_nonces), Nonces::new(setting.resource_nonces));
        let proofs = DpopVerifier::of(&setting.clock, setting.dpop_algorithms.clone());
        let state = State::new(clients, token, resource);
        let signing_key = Arc::new(SigningKey::new());
        Self { setting: Arc::new(setting), proofs, signing_key, state: Arc::new(Mutex::new(state)) }
    }

    // --- what it answers ---

    /// Answers a request to any endpoint but the protected resource; 404 where there is none.
    pub fn answer(&self, request: &Received) -> Reply {
        let Some(endpoint) = Endpoint::at(&self.setting.issuer, request.path()) else {
            return Reply::status(404);
        };
        let mut state = self.state();
        harvest(&mut state, request);
        if endpoint == Endpoint::Token {
            let grant_type = request.form_value("grant_type");
            if grant_type.as_deref() == Some(DEVICE_CODE) {
                state.device_polls.push(self.setting.clock.now());
            }
            state.grants.extend(grant_type);
        }
        replaced_or(&mut state, endpoint, request, |state| self.serve(state, endpoint, request))
    }

    /// Plays the browser of a user who consents at once: asks for this URL, and gives the `Location` of the answer.
    ///
    /// # Panics
    /// If it is no URL of this server's, or the answer is no redirect.
    #[track_caller]
    pub fn follow(&self, authorization_url: &str) -> String {
        let origin = origin_of(&self.setting.issuer);
        let target = authorization_url.strip_prefix(origin).unwrap_or_default();
        assert!(target.starts_with('/'), "the browser is sent to another server than {origin}");
        let reply = self.answer(&Received {
            origin: 0,
            method: "GET".to_owned(),
            target: target.to_owned(),
            version: "HTTP/1.1".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            raw: Vec::new(),
            complete: true,
        });
        let location = reply.headers().iter().find(|(name, _)| name == "location");
        let location = location.map(|(_, value)| String::from_utf8_lossy(value).into_owned());
        location.unwrap_or_else(|| {
            let (status, body) = (reply.status_code(), String::from_utf8_lossy(reply.body_bytes()));
            panic!("the server answers the browser with {status}: {body}")
        })
    }

    // --- what it is told ---

    /// Answers the next request to this endpoint with this instead, and does nothing. Said more than once, one after the
    /// other.
    pub fn next(&self, endpoint: Endpoint, reply: Reply) {
        self.state().replaced.entry(endpoint).or_default().push_back(Replaced { reply, served: false });
    }

    /// Serves the next request to this endpoint, and answers this instead, as when the answer is lost on its way.
    pub fn lose(&self, endpoint: Endpoint, reply: Reply) {
        self.state().replaced.entry(endpoint).or_default().push_back(Replaced { reply, served: true });
    }

    /// How the browser comes back from now on.
    pub fn callback(&self, callback: Callback) {
        self.state().callback = callback;
    }

    /// Whether the user says no from now on.
    pub fn user_denies(&self, denies: bool) {
        self.state().user_denies = denies;
    }

    /// Demands these scopes, separated by blanks, at the protected resource from now on.
    pub fn demand_scope(&self, scopes: &str) {
        scopes.clone_into(&mut self.state().scope_demanded);
    }

    /// Demands a login of this class at the protected resource from now on, of no more than so many seconds ago (RFC 9470).
    pub fn demand_acr(&self, acr: &str, max_age: Option<u64>) {
        self.state().acr_demanded = Some((acr.to_owned(), max_age));
    }

    /// Takes new nonces, at both kinds of endpoint.
    pub fn rotate_nonces(&self) {
        let mut state = self.state();
        state.token_nonces.rotate();
        state.resource_nonces.rotate();
    }

    /// Ends all access tokens before their time.
    pub fn revoke_access_tokens(&self) {
        self.state().access_tokens.values_mut().for_each(|token| token.revoked = true);
    }

    /// Ends all logins: no refresh token is good any more, and no access token.
    pub fn revoke_logins(&self) {
        self.state().families.iter_mut().for_each(|family| family.revoked = true);
    }

    /// Does not know this client any more.
    pub fn forget_client(&self, id: &str) {
        self.state().clients.retain(|client| client.id != id);
    }

    // --- what it is asked ---

    /// The URL of an endpoint.
    pub fn url(&self, endpoint: Endpoint) -> String {
        endpoint.url(&self.setting.issuer)
    }

    /// Every rule that a request has broken so far.
    pub fn violations(&self) -> Vec<String> {
        self.state().violations.clone()
    }

    /// How many access tokens were issued.
    pub fn issued(&self) -> usize {
        self.state().issued
    }

    /// The grant types seen at the token endpoint, in order, also of requests that were refused or answered by the test.
    pub fn grants(&self) -> Vec<String> {
        self.state().grants.clone()
    }

    /// The refresh tokens that are good now.
    pub fn live_refresh_tokens(&self) -> Vec<String> {
        let state = self.state();
        let live = state
            .refresh_tokens
            .iter()
            .filter(|(_, token)| !token.spent && !state.families[token.family].revoked);
        live.map(|(text, _)| text.clone()).collect()
    }

    /// How many logins were revoked because a code or a refresh token was presented again.
    pub fn revocations(&self) -> usize {
        self.state().revocations
    }

    /// Everything secret it ever handed out or received, for a search in what was printed: tokens, codes, verifiers,
    /// passwords, assertions, `request_uri`s. Where one looks different in a URL, its longest part that does not is here
    /// too.
    pub fn secrets(&self) -> Vec<String> {
        self.state().secrets()
    }

    // --- how ---

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, state: &mut State, endpoint: Endpoint, request: &Received) -> Result<Reply, Refused> {
        let method = match endpoint {
            Endpoint::Metadata | Endpoint::Authorize | Endpoint::Jwks => "GET",
            _ => "POST",
        };
        if request.method != method {
            let refused = Refused::broken("invalid_request", format!("the method is not {method}"));
            return Err(refused.status(405).field("allow", method));
        }
        match endpoint {
            Endpoint::Metadata => Ok(self.metadata()),
            Endpoint::Authorize => self.authorize(state, request),
            Endpoint::Token => self.token(state, request),
            Endpoint::Pushed => self.push(state, request),
            Endpoint::DeviceAuthorization => self.begin_device(state, request),
            Endpoint::Revocation => self.revocation(state, request),
            Endpoint::Introspection => self.introspection(state, request),
            Endpoint::Registration => self.register(state, request),
            Endpoint::Jwks => Ok(Reply::json(&self.jwks().to_string())),
            Endpoint::Resource => Ok(Reply::status(404)),
        }
    }
}

/// Whether the test has set another answer; else, or besides, what the request leads to.
pub(super) fn replaced_or(
    state: &mut State,
    endpoint: Endpoint,
    request: &Received,
    serve: impl FnOnce(&mut State) -> Result<Reply, Refused>,
) -> Reply {
    let replaced = state.replaced.get_mut(&endpoint).and_then(VecDeque::pop_front);
    if let Some(Replaced { reply, served: false }) = replaced {
        return reply;
    }
    let reply = serve(state).unwrap_or_else(|refused| {
        if refused.broken {
            let (method, path) = (&request.method, request.path());
            state.violations.push(format!("{method} {path}: {}", refused.description));
        }
        refused.reply()
    });
    replaced.map_or(reply, |replaced| replaced.reply)
}

/// Remembers what is secret in a request.
pub(super) fn harvest(state: &mut State, request: &Received) {
    let fields = request.header_all("authorization").into_iter().filter_map(|value| value.split_once(' '));
    let shown: Vec<_> = fields.map(|(_, secret)| secret).chain(request.header_all("dpop")).collect();
    for secret in shown {
        state.keep(secret);
    }
    for name in SECRETS {
        if let Some(secret) = request.form_value(name).filter(|secret| !secret.is_empty()) {
            state.keep(&secret);
        }
    }
}

/// Scheme and authority of a URL.
pub(super) fn origin_of(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    url[start..].find(['/', '?', '#']).map_or(url, |end| &url[..start + end])
}

impl fmt::Debug for AuthServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthServer").field("setting", &self.setting).finish_non_exhaustive()
    }
}
