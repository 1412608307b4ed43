//! The client.

use std::{fmt, sync::Arc, time::Duration};

use authwright_core::{Acquired, Auth, BaseUrl, Exchange, Flow, Policy, Token, Tokens};
use reqwest::{Method, Request, Response};

use crate::{Authorize, ClientBuilder, Error, IntoUrl, RequestBuilder, authorize, flow, run};

/// A `reqwest::Client` that knows who is asking. Cheap to clone; clones share pool, cookies and settings.
///
/// ```no_run
/// # async fn run() -> Result<(), authwright_reqwest::Error> {
/// use authwright_reqwest::{ApiKey, Auth, Client, Secret};
///
/// let auth = Auth::new("https://api.example.com", ApiKey::header("X-API-Key", Secret::env("EXAMPLE_KEY")))?;
/// let api = Client::new(auth)?;
/// let text = api.get("https://api.example.com/orders").send().await?.text().await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) http: reqwest::Client,
    pub(crate) auth: Auth,
    pub(crate) policy: Policy,
    pub(crate) base: Option<BaseUrl>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) jar: run::Jar,
    pub(crate) has_tls: bool,
    pub(crate) under_way: flow::UnderWay,
}

impl Client {
    /// A client with reqwest's defaults.
    ///
    /// # Errors
    /// reqwest cannot be set up: no TLS backend, say.
    pub fn new(auth: impl Into<Auth>) -> Result<Self, Error> {
        Self::builder(auth).build()
    }

    /// A client with settings of your own.
    pub fn builder(auth: impl Into<Auth>) -> ClientBuilder {
        ClientBuilder::new(auth.into())
    }

    /// A GET request.
    pub fn get(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::GET, url)
    }

    /// A POST request.
    pub fn post(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::POST, url)
    }

    /// A PUT request.
    pub fn put(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::PUT, url)
    }

    /// A PATCH request.
    pub fn patch(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::PATCH, url)
    }

    /// A DELETE request.
    pub fn delete(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::DELETE, url)
    }

    /// A HEAD request.
    pub fn head(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::HEAD, url)
    }

    /// A request with any method. With a base URL, `url` may be a path, which is appended to it.
    ///
    /// A malformed URL is reported by [`send`](RequestBuilder::send).
    pub fn request(&self, method: Method, url: impl IntoUrl) -> RequestBuilder {
        let url = url.into_url(self.inner.base.as_ref());
        RequestBuilder::new(self.clone(), url.map(|url| Request::new(method, url)))
    }

    /// Sends a request built elsewhere, by the same rules.
    ///
    /// # Errors
    /// As for [`RequestBuilder::send`].
    pub async fn execute(&self, request: Request) -> Result<Response, Error> {
        let mut exchange = Exchange::new(Some(&self.inner.auth), &self.inner.policy);
        run::run(&self.inner, &mut Some(request), &mut exchange).await
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
    /// # async fn run(api: authwright_reqwest::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut request = http::Request::get("wss://stream.example.com/feed").body(())?; // or a reqwest::Request
    /// api.authorize(&mut request).await?;
    /// # Ok(()) }
    /// ```
    pub async fn authorize(&self, request: &mut impl Authorize) -> Result<(), Error> {
        authorize::authorize(&self.inner, request).await
    }

    /// Runs a conversation besides any request: a login, a discovery. It uses this client's TLS, proxies and pool, and
    /// carries no credential of its [`Auth`].
    ///
    /// # Errors
    /// Those of the flow.
    pub async fn run_flow<T: 'static>(&self, flow: Flow<T>) -> Result<T, Error> {
        Ok(flow::run(&self.inner, flow).await?)
    }

    /// A token that can be used now, fetched if need be: to fail at start-up rather than at the first request, or for a
    /// client of somebody else's.
    ///
    /// # Errors
    /// There is none: the source has failed.
    pub async fn token(&self, tokens: &Tokens) -> Result<Token, Error> {
        let mut acquire = tokens.acquire();
        let mut deadline = None;
        loop {
            match acquire.step(self.inner.policy.clock.now())? {
                Acquired::Token(token) => return Ok(token),
                Acquired::Start(flow) => flow::detach(&self.inner, flow)?,
                Acquired::Wait(flight) => {
                    let deadline = deadline.get_or_insert_with(|| run::Deadline::after(self.inner.timeout));
                    acquire.landed(flow::wait(flight, deadline.left()).await);
                }
            }
        }
    }

    /// Waits until no token is being renewed on this client, at most `patience`. Worth a line at the end of a program whose tokens rotate: a
    /// runtime that shuts down drops a renewal under way, and with it the new token.
    pub async fn settled(&self, patience: Duration) {
        self.inner.under_way.none(patience).await;
    }

    /// What this client was given.
    pub fn auth(&self) -> &Auth {
        &self.inner.auth
    }

    /// The client inside: same pool, TLS, proxies. A request sent on it carries no credential of ours, and its
    /// redirects are not followed.
    pub fn http(&self) -> &reqwest::Client {
        &self.inner.http
    }
}

/// Shows who may go where, no secret.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("auth", &self.inner.auth)
            .field("base_url", &self.inner.base)
            .field("timeout", &self.inner.timeout)
            .field("policy", &self.inner.policy)
            .finish_non_exhaustive()
    }
}
