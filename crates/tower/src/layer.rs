//! The layer and its settings.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use authwright_core::{Acquired, Auth, Clock, Error as CoreError, Flow, Policy, Token, Tokens};
use bytes::Bytes;
use http::{HeaderMap, Request, Response, Uri};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use crate::{
    AnyBody, AuthService, Buffer, Buffered, Replayed,
    flow::{self, Runner, UnderWay},
    uri,
};

/// Puts credentials on requests, around any `Service<http::Request<B>>`. `M` says how bodies are taken.
///
/// Cheap to clone. The client inside must not follow redirects.
///
/// ```
/// use authwright_tower::{ApiKey, Auth, AuthLayer, Secret};
/// use bytes::Bytes;
/// use http_body_util::Empty;
/// use tower_layer::Layer;
/// # use {http::{Request, Response}, std::{convert::Infallible, future::{Ready, ready}, task::{Context, Poll}}};
/// # #[derive(Clone)]
/// # struct Client;
/// # impl tower_service::Service<Request<Empty<Bytes>>> for Client {
/// #     type Response = Response<Empty<Bytes>>;
/// #     type Error = Infallible;
/// #     type Future = Ready<Result<Self::Response, Infallible>>;
/// #     fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> { Poll::Ready(Ok(())) }
/// #     fn call(&mut self, request: Request<Empty<Bytes>>) -> Self::Future {
/// #         assert_eq!(request.headers()["x-api-key"], "k3y");
/// #         ready(Ok(Response::default()))
/// #     }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let client = Client; // of hyper-util, say
/// use tower_service::Service;
///
/// let auth = Auth::new("https://api.example.com", ApiKey::header("X-API-Key", Secret::new("k3y")))?;
/// let mut api = AuthLayer::new(auth).layer(client);
///
/// let request = Request::get("https://api.example.com/orders").body(Empty::<Bytes>::new())?;
/// std::future::poll_fn(|context| api.poll_ready(context)).await?;
/// assert_eq!(api.call(request).await?.status(), 200);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct AuthLayer<M = Replayed> {
    pub(crate) settings: Settings,
    pub(crate) bodies: M,
}

/// What the layer's services share.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) auth: Auth,
    pub(crate) policy: Policy,
    /// Scheme and authority of the one server that the client is for, where it is for one.
    pub(crate) origin: Option<Uri>,
    pub(crate) grpc: bool,
    pub(crate) runner: Option<Runner>,
    pub(crate) under_way: UnderWay,
}

impl AuthLayer {
    /// A layer for bodies that say themselves whether they can be sent again: [`Replay`](crate::Replay), which `Full<Bytes>` and
    /// `Empty<Bytes>` do.
    pub fn new(auth: impl Into<Auth>) -> Self {
        let settings = Settings {
            auth: auth.into(),
            // As hyper-util's client and tonic's: what a client for one server would make of another's URL is not known here.
            policy: Policy { max_redirects: 0, ..Policy::default() },
            origin: None,
            grpc: false,
            runner: None,
            under_way: UnderWay::default(),
        };
        Self { settings, bodies: Replayed }
    }
}

impl<M> AuthLayer<M> {
    /// Any body, as a stream: it is sent once and never again, and no scheme can sign it. A renewed token then serves the
    /// next request.
    pub fn any_body(self) -> AuthLayer<AnyBody> {
        AuthLayer { settings: self.settings, bodies: AnyBody }
    }

    /// Any body. One that is ready at once and whole, with at most `limit` bytes, is kept: it is sent again where a credential
    /// was renewed, as a unary call of gRPC is. Any other is a stream. Nothing is waited for to find out.
    ///
    /// `wrap` makes a body of the client's type: `tonic::body::Body::new`, or `BoxBody::new`.
    pub fn buffered<B>(self, limit: usize, wrap: fn(Buffer<B>) -> B) -> AuthLayer<Buffered<B>>
    where
        B: Body<Data = Bytes> + Unpin + 'static,
    {
        AuthLayer { settings: self.settings, bodies: Buffered { limit, wrap } }
    }

    /// The client that fetches tokens, which may be the one inside. It must not follow redirects, and should reach any host.
    ///
    /// A fetch runs on a task of tokio of its own, whatever becomes of the request it was begun for.
    pub fn flows<S, B, R>(mut self, client: S) -> Self
    where
        S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
        S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
        S::Future: Send,
        B: From<Bytes> + Send + 'static,
        R: Body + Send + 'static,
        R::Data: Send,
        R::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.settings.runner = Some(flow::over(client));
        self
    }

    /// The same by a function: one that calls `run_flow` of an adapter's client, which is the better one to fetch tokens with where
    /// a program has it. What comes of the flow is told to those who wait for it.
    ///
    /// ```
    /// use authwright_tower::{Auth, AuthLayer};
    /// # mod authwright_reqwest {
    /// #     use authwright_tower::{Flow, SchemeError};
    /// #     #[derive(Clone)]
    /// #     pub struct Client;
    /// #     impl Client { pub async fn run_flow(&self, _: Flow<()>) -> Result<(), SchemeError> { Ok(()) } }
    /// # }
    ///
    /// fn layer(auth: Auth, client: authwright_reqwest::Client) -> AuthLayer {
    ///     AuthLayer::new(auth).flows_by(move |flow| {
    ///         let client = client.clone();
    ///         async move { drop(client.run_flow(flow).await) }
    ///     })
    /// }
    /// ```
    pub fn flows_by<F, Fut>(mut self, run: F) -> Self
    where
        F: Fn(Flow<()>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.settings.runner = Some(flow::by(run));
        self
    }

    /// The one server that the client inside sends everything to, as tonic's `Channel` does: the origin of requests whose URI has no
    /// host, such as `/package.Service/Method`. It is judged like any other, and the URI stays as it is.
    ///
    /// A request that names another origin is an error then, and redirects are not followed: both would end at that server, with
    /// credentials for another.
    ///
    /// # Errors
    /// It is malformed, or more than an origin.
    pub fn origin(mut self, origin: &str) -> Result<Self, CoreError> {
        self.settings.origin = Some(uri::origin(origin)?);
        Ok(self)
    }

    /// For calls of gRPC to this [origin](Self::origin): refusals as responses (of which tonic makes its own error), and an answer
    /// that is `grpc-status: 16` (UNAUTHENTICATED) alone counts as a 401, for which a token is renewed. A status that comes after a
    /// message is not seen.
    ///
    /// # Errors
    /// As for [`origin`](Self::origin).
    pub fn grpc(mut self, origin: &str) -> Result<Self, CoreError> {
        self.settings.grpc = true;
        self.denied_as_error(false).origin(origin)
    }

    /// Fields for every request that does not set them. Where a redirect leaves the origin they stay behind, but for
    /// `Accept`, `Accept-Encoding`, `Accept-Language` and `User-Agent`.
    pub fn default_headers(mut self, headers: HeaderMap) -> Self {
        self.settings.policy.default_headers = headers;
        self
    }

    /// The clock that schemes read, for tests.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.settings.policy.clock = Arc::new(clock);
        self
    }

    /// How many redirects are followed: none where nothing is said, and none where there is an [`origin`](Self::origin): every 3xx is
    /// delivered. Say a number where the client inside goes to whatever host the URI names, and follows none by itself. One for a single
    /// server would get what is for another.
    pub fn max_redirects(mut self, limit: u32) -> Self {
        self.settings.policy.max_redirects = limit;
        self
    }

    /// Whether a 401 or 403 becomes an error that explains it: true where nothing is said.
    pub fn denied_as_error(mut self, yes: bool) -> Self {
        self.settings.policy.denied_as_error = yes;
        self
    }

    /// Runs a conversation besides any request, with the client for [flows](Self::flows): a login, a discovery.
    ///
    /// # Errors
    /// Those of the flow, and where there is no such client.
    pub async fn run_flow<T: Send + 'static>(&self, flow: Flow<T>) -> Result<T, CoreError> {
        let Settings { runner, policy, .. } = &self.settings;
        flow::run_here(runner.as_ref(), &policy.clock, flow).await
    }

    /// A token that can be used now, fetched if need be: to fail at start-up rather than at the first request.
    ///
    /// # Errors
    /// There is none: the source has failed. Or there is no client for [flows](Self::flows).
    pub async fn token(&self, tokens: &Tokens) -> Result<Token, CoreError> {
        let mut acquire = tokens.acquire();
        loop {
            match acquire.step(self.settings.policy.clock.now())? {
                Acquired::Token(token) => return Ok(token),
                Acquired::Start(flow) => self.settings.detach(flow)?,
                Acquired::Wait(flight) => acquire.landed(flow::wait(flight).await),
            }
        }
    }

    /// Waits until no token is being renewed by this layer and its services, at most `patience`. Worth a line at the end of a program
    /// whose tokens rotate: a runtime that shuts down drops a renewal under way, and with it the new token.
    pub async fn settled(&self, patience: Duration) {
        self.settings.under_way.none(patience).await;
    }

    /// What this layer was given.
    pub fn auth(&self) -> &Auth {
        &self.settings.auth
    }
}

impl Settings {
    pub(crate) fn detach(&self, flow: Flow<()>) -> Result<(), CoreError> {
        flow::detach(self.runner.as_ref(), &self.policy.clock, &self.under_way, flow)
    }
}

impl<S, M: Clone> Layer<S> for AuthLayer<M> {
    type Service = AuthService<S, M>;

    fn layer(&self, client: S) -> AuthService<S, M> {
        let mut layer = self.clone();
        if layer.settings.origin.is_some() {
            layer.settings.policy.max_redirects = 0;
        }
        AuthService::new(client, layer)
    }
}

/// Shows who may go where, no secret and no header value.
impl<M: fmt::Debug> fmt::Debug for AuthLayer<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthLayer")
            .field("auth", &self.settings.auth)
            .field("policy", &self.settings.policy)
            .field("origin", &self.settings.origin)
            .field("bodies", &self.bodies)
            .field("flows", &self.settings.runner.is_some())
            .finish_non_exhaustive()
    }
}
