//! Settings of an agent, checked when it is built.

use std::{fmt, sync::Arc, time::Duration};

use authwright_core::{Auth, BaseUrl, Clock, IntoProxyCredential, Policy, ProxyAccess};
use http::{HeaderMap, Uri};
use ureq::{
    config::{Config, ConfigBuilder},
    typestate::AgentScope,
    unversioned::{resolver::Resolver, transport::Connector},
};

use crate::{
    Agent, Error,
    agent::Inner,
    config::{self, Conventions},
    flow::{Fresh, UnderWay},
};

/// Settings for an [`Agent`]. Nothing is checked before [`build`](AgentBuilder::build).
///
/// ```
/// use std::time::Duration;
/// use authwright_ureq::{Agent, ApiKey, Auth};
///
/// let auth = Auth::new("https://orders.example.com", ApiKey::header("X-API-Key", "k3y"))?;
/// let agent = Agent::builder(auth)
///     .http(ureq::Agent::config_builder().user_agent("shop/2.1").https_only(true))
///     .base_url("https://orders.example.com/v1")
///     .timeout(Duration::from_secs(5))
///     .build()?;
/// # Ok::<(), authwright_ureq::Error>(())
/// ```
pub struct AgentBuilder {
    auth: Auth,
    http: Option<ConfigBuilder<AgentScope>>,
    connect: Option<Connect>,
    base: Option<String>,
    timeout: Option<Duration>,
    max_redirects: Option<u32>,
    policy: Policy,
    proxy: Option<Result<ProxyAccess, authwright_core::Error>>,
}

type Connect = Box<dyn FnOnce(Config) -> ureq::Agent + Send>;

impl AgentBuilder {
    pub(crate) fn new(auth: Auth) -> Self {
        Self {
            auth,
            http: None,
            connect: None,
            base: None,
            timeout: None,
            max_redirects: None,
            policy: Policy::default(),
            proxy: None,
        }
    }

    /// ureq's own settings: TLS, proxies, pool, user agent, statuses, redirects, middleware and the rest.
    ///
    /// All of them count, but for `redirect_auth_headers`: where credentials may go is said in [`Auth`] alone.
    pub fn http(mut self, http: ConfigBuilder<AgentScope>) -> Self {
        self.http = Some(http);
        self
    }

    /// A transport and a resolver of your own, for [`ureq::Agent::with_parts`]. They are part of ureq's unversioned
    /// API, which may change with any release of ureq.
    pub fn transport(mut self, connector: impl Connector, resolver: impl Resolver) -> Self {
        self.connect = Some(Box::new(move |config| ureq::Agent::with_parts(config, connector, resolver)));
        self
    }

    /// A prefix for requests that name only a path: `orders` and `/orders` are appended to it, `..` is refused.
    ///
    /// It grants nothing: where credentials may go is said in [`Auth`] alone.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base = Some(url.into());
        self
    }

    /// How long a whole request may take: every hop, every resend and the body of the response. It takes the place of
    /// ureq's `timeout_global`.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Fields for every request that does not set them. Where a redirect leaves the origin they stay behind, but for
    /// `Accept`, `Accept-Encoding`, `Accept-Language` and `User-Agent`.
    pub fn default_headers(mut self, headers: HeaderMap) -> Self {
        self.policy.default_headers = headers;
        self
    }

    /// A proxy that everything goes through, and the credential for it, in place of the one in ureq's configuration or in
    /// the environment.
    ///
    /// ureq builds a tunnel for every request, plain http included, and no client can answer a challenge for a tunnel. So
    /// this is Basic, as in ureq's own `Proxy`; [`Digest`](crate::Digest) is an error when the agent is built.
    /// [`Password`](crate::Password) is Basic where the way to the proxy is protected (https, or this machine), and else an
    /// error. Tokens are fetched through it too.
    ///
    /// ```
    /// use authwright_ureq::{Agent, Auth, Secret};
    ///
    /// let agent = Agent::builder(Auth::none()).proxy("http://proxy.corp:3128", ("sam", Secret::new("pr0xy"))).build()?;
    /// # Ok::<(), authwright_ureq::Error>(())
    /// ```
    pub fn proxy(mut self, url: &str, credential: impl IntoProxyCredential) -> Self {
        self.proxy = Some(ProxyAccess::new(url, credential));
        self
    }

    /// The clock that schemes read, for tests. Timeouts do not follow it.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.policy.clock = Arc::new(clock);
        self
    }

    /// How many redirects are followed: what ureq's configuration says where nothing is said here, 10 if neither does.
    /// 0 delivers every 3xx.
    pub fn max_redirects(mut self, limit: u32) -> Self {
        self.max_redirects = Some(limit);
        self
    }

    /// Whether a 401 or 403 becomes an error that explains it: true where nothing is said. If not, ureq's own
    /// `http_status_as_error` decides.
    pub fn denied_as_error(mut self, yes: bool) -> Self {
        self.policy.denied_as_error = yes;
        self
    }

    /// Checks everything and builds the agent.
    ///
    /// # Errors
    /// The base URL is malformed, the proxy's URL or credential cannot be used, or ureq's configuration cannot.
    pub fn build(self) -> Result<Agent, Error> {
        self.auth.check_blocking()?;
        let base = self.base.as_deref().map(BaseUrl::parse).transpose().map_err(Error::base_url)?;
        let http = self.http.unwrap_or_else(ureq::Agent::config_builder);
        let proxy = self.proxy.transpose()?;
        let config = match &proxy {
            Some(proxy) => http.proxy(Some(through(proxy)?)).build(),
            None => http.build(),
        };
        let mut conventions = Conventions::of(&config);
        conventions.timeout = self.timeout.or(conventions.timeout);
        conventions.max_redirects = self.max_redirects.unwrap_or(conventions.max_redirects);
        let config = config::one_hop(config, conventions.timeout)?;
        let (http, for_flows) = if let Some(connect) = self.connect {
            let http = connect(config);
            (http.clone(), Fresh::This(http))
        } else {
            let http = ureq::Agent::new_with_config(config);
            (http.clone(), Fresh::Like(http))
        };
        let policy = Policy { max_redirects: conventions.max_redirects, ..self.policy };
        let under_way = UnderWay::default();
        Ok(Agent {
            inner: Arc::new(Inner { http, for_flows, auth: self.auth, policy, base, conventions, under_way }),
        })
    }
}

fn through(proxy: &ProxyAccess) -> Result<ureq::Proxy, Error> {
    if let Some(why) = proxy.no_tunnel() {
        return Err(Error::caller(format!(
            "proxy {}: ureq goes through tunnels alone, and {why}; nothing was sent",
            proxy.address()
        )));
    }
    let uri: Uri = proxy.url().parse().map_err(ureq::http::Error::from).map_err(ureq::Error::from)?;
    let protocol = if uri.scheme_str() == Some("https") {
        ureq::ProxyProtocol::Https
    } else {
        ureq::ProxyProtocol::Http
    };
    let mut own = ureq::Proxy::builder(protocol).host(uri.host().unwrap_or_default());
    if let Some(port) = uri.port_u16() {
        own = own.port(port);
    }
    if let Some((user, password)) = proxy.user_and_password() {
        own = own.username(user).password(password);
    }
    if proxy.spares_loopback() {
        own = own.no_proxy("localhost").no_proxy("127.*").no_proxy("[::1]");
    }
    Ok(own.build()?)
}

/// Shows no header value.
impl fmt::Debug for AgentBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentBuilder")
            .field("auth", &self.auth)
            .field("timeout", &self.timeout)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
