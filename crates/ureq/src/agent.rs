//! The agent.

use std::{fmt, sync::Arc};

use authwright_core::{Acquired, Auth, BaseUrl, Flow, Policy, Token, Tokens};
use http::{Method, Request, Response};
use ureq::{AsSendBody, Body, config::ConfigBuilder, typestate::HttpCrateScope};

use crate::{
    AgentBuilder, AnyBody, Error, IntoBody, IntoUrl, RequestBuilder, WithBody, WithoutBody, authorize,
    config::Conventions,
    flow,
    run::{self, Deadline, Options},
};

/// A `ureq::Agent` that knows who is asking. Cheap to clone; clones share pool, cookies and settings.
///
/// ```no_run
/// # fn run() -> Result<(), authwright_ureq::Error> {
/// use authwright_ureq::{Agent, ApiKey, Auth, Secret};
///
/// let auth = Auth::new("https://api.example.com", ApiKey::header("X-API-Key", Secret::env("EXAMPLE_KEY")))?;
/// let agent = Agent::new(auth)?;
/// let text = agent.get("https://api.example.com/orders").call()?.body_mut().read_to_string()?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Agent {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) http: ureq::Agent,
    /// The same settings, for calls beside requests.
    pub(crate) for_flows: flow::Fresh,
    pub(crate) auth: Auth,
    pub(crate) policy: Policy,
    pub(crate) base: Option<BaseUrl>,
    /// What the caller's configuration said, before ours was put in its place.
    pub(crate) conventions: Conventions,
    pub(crate) under_way: flow::UnderWay,
}

impl Agent {
    /// An agent with ureq's defaults.
    ///
    /// # Errors
    /// As for [`AgentBuilder::build`].
    pub fn new(auth: impl Into<Auth>) -> Result<Self, Error> {
        Self::builder(auth).build()
    }

    /// An agent with settings of your own.
    pub fn builder(auth: impl Into<Auth>) -> AgentBuilder {
        AgentBuilder::new(auth.into())
    }

    /// A GET request.
    pub fn get(&self, url: impl IntoUrl) -> RequestBuilder<WithoutBody> {
        RequestBuilder::new(self, Method::GET, url)
    }

    /// A POST request.
    pub fn post(&self, url: impl IntoUrl) -> RequestBuilder<WithBody> {
        RequestBuilder::new(self, Method::POST, url)
    }

    /// A PUT request.
    pub fn put(&self, url: impl IntoUrl) -> RequestBuilder<WithBody> {
        RequestBuilder::new(self, Method::PUT, url)
    }

    /// A PATCH request.
    pub fn patch(&self, url: impl IntoUrl) -> RequestBuilder<WithBody> {
        RequestBuilder::new(self, Method::PATCH, url)
    }

    /// A DELETE request.
    pub fn delete(&self, url: impl IntoUrl) -> RequestBuilder<WithoutBody> {
        RequestBuilder::new(self, Method::DELETE, url)
    }

    /// A HEAD request.
    pub fn head(&self, url: impl IntoUrl) -> RequestBuilder<WithoutBody> {
        RequestBuilder::new(self, Method::HEAD, url)
    }

    /// An OPTIONS request.
    pub fn options(&self, url: impl IntoUrl) -> RequestBuilder<WithoutBody> {
        RequestBuilder::new(self, Method::OPTIONS, url)
    }

    /// A request with any method, with or without a body. With a base URL, `url` may be a path, which is appended to
    /// it.
    ///
    /// A malformed URL is reported when the request is sent. Methods that HTTP/1.1 does not define (`PROPFIND`, say)
    /// need ureq's own `allow_non_standard_methods(true)`.
    pub fn request(&self, method: Method, url: impl IntoUrl) -> RequestBuilder<AnyBody> {
        RequestBuilder::new(self, method, url)
    }

    /// Sends a request built elsewhere, by the same rules.
    ///
    /// # Errors
    /// As for [`RequestBuilder::call`].
    ///
    /// ```no_run
    /// # fn run(agent: authwright_ureq::Agent) -> Result<(), Box<dyn std::error::Error>> {
    /// let request = http::Request::post("https://api.example.com/orders").body(r#"{"item": 7}"#)?;
    /// let response = agent.run(request)?;
    /// # Ok(()) }
    /// ```
    pub fn run(&self, request: Request<impl IntoBody>) -> Result<Response<Body>, Error> {
        let (mut parts, body) = request.into_parts();
        parts.uri = parts.uri.into_url(self.inner.base.as_ref())?;
        let options = Options { auth: Some(&self.inner.auth), timeout: None, explain: false };
        run::run(&self.inner, Request::from_parts(parts, ()), body, &options)
    }

    /// ureq's settings for one request that goes to [`run`](Self::run). Redirects, statuses and timeouts among them
    /// are honoured as those of the agent are.
    ///
    /// ```no_run
    /// # fn run(agent: authwright_ureq::Agent) -> Result<(), Box<dyn std::error::Error>> {
    /// let request = http::Request::get("https://api.example.com/report").body(())?;
    /// let request = agent.configure_request(request).max_redirects(0).build();
    /// let response = agent.run(request)?;
    /// # Ok(()) }
    /// ```
    pub fn configure_request<B: AsSendBody>(&self, request: Request<B>) -> ConfigBuilder<HttpCrateScope<B>> {
        self.inner.conventions.apply(self.inner.http.configure_request(request))
    }

    /// Puts the credentials on a request that somebody else sends: a WebSocket, gRPC, the hook of a generated client. A token is
    /// fetched first where that is needed.
    ///
    /// **Whoever sends it must not follow redirects with it**, and a refusal (401) is theirs to handle: nothing is renewed for it, and
    /// nothing sent again. `wss` is judged as `https`.
    ///
    /// # Errors
    /// No credential of this client is for that URL, or a token cannot be had. The request is then as it was.
    ///
    /// ```no_run
    /// # fn run(agent: authwright_ureq::Agent) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut request = http::Request::get("wss://stream.example.com/feed").body(())?;
    /// agent.authorize(&mut request)?;
    /// # Ok(()) }
    /// ```
    pub fn authorize<B: IntoBody>(&self, request: &mut Request<B>) -> Result<(), Error> {
        authorize::authorize(&self.inner, request)
    }

    /// Runs a conversation besides any request: a login, a discovery. It uses this agent's TLS, proxies and pool, and
    /// carries no credential of its [`Auth`].
    ///
    /// # Errors
    /// Those of the flow.
    pub fn run_flow<T: 'static>(&self, flow: Flow<T>) -> Result<T, Error> {
        Ok(flow::run(&self.inner.for_flows, &self.inner.policy.clock, flow)?)
    }

    /// A token that can be used now, fetched if need be: to fail at start-up rather than at the first request, or for a
    /// client of somebody else's.
    ///
    /// # Errors
    /// There is none: the source has failed, or it awaits futures.
    pub fn token(&self, tokens: &Tokens) -> Result<Token, Error> {
        tokens.check_blocking()?;
        let mut acquire = tokens.acquire();
        let mut deadline = None;
        loop {
            match acquire.step(self.inner.policy.clock.now())? {
                Acquired::Token(token) => return Ok(token),
                Acquired::Start(flow) => flow::detach(&self.inner, flow),
                Acquired::Wait(flight) => {
                    let deadline =
                        deadline.get_or_insert_with(|| Deadline::new(None, self.inner.conventions.timeout));
                    acquire.landed(flight.block(deadline.left()));
                }
            }
        }
    }

    /// Waits until no token is being renewed on this agent, at most `patience`. The last clone of an agent does so by
    /// itself when it is dropped; worth a line before `std::process::exit`.
    pub fn settled(&self, patience: std::time::Duration) {
        self.inner.under_way.none(patience);
    }

    /// What this agent was given.
    pub fn auth(&self) -> &Auth {
        &self.inner.auth
    }

    /// The agent inside: same pool, TLS, proxies, cookies. A request sent on it carries no credential of ours, its
    /// redirects are not followed, and a status of 400 or more is no error.
    pub fn http(&self) -> &ureq::Agent {
        &self.inner.http
    }

    /// ureq's cookie jar. The lock must be dropped before the next request.
    #[cfg(feature = "cookies")]
    pub fn cookie_jar_lock(&self) -> ureq::CookieJar<'_> {
        self.inner.http.cookie_jar_lock()
    }
}

/// Shows who may go where, no secret.
impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agent")
            .field("auth", &self.inner.auth)
            .field("base_url", &self.inner.base)
            .field("timeout", &self.inner.conventions.timeout)
            .field("policy", &self.inner.policy)
            .finish_non_exhaustive()
    }
}
