//! Settings of a client, checked when it is built.

use std::{fmt, sync::Arc, time::Duration};

use authwright_core::{Auth, BaseUrl, Clock, IntoProxyCredential, Policy, ProxyAccess};
use http::HeaderMap;
use reqwest::redirect;

use crate::{
    Client, Error,
    client::Inner,
    flow::UnderWay,
    inspect::{self, Found},
    run::Jar,
    tls,
};

/// Settings for a [`Client`]. Nothing is checked before [`build`](ClientBuilder::build).
///
/// ```no_run
/// use std::time::Duration;
/// use authwright_reqwest::{ApiKey, Auth, Client, Secret};
///
/// let auth = Auth::new("https://orders.example.com", ApiKey::header("X-API-Key", Secret::env("ORDERS_KEY")))?;
/// let api = Client::builder(auth)
///     .http(reqwest::Client::builder().user_agent("shop/2.1").pool_max_idle_per_host(4))
///     .base_url("https://orders.example.com/v1")
///     .timeout(Duration::from_secs(5))
///     .build()?;
/// # Ok::<(), authwright_reqwest::Error>(())
/// ```
pub struct ClientBuilder {
    auth: Auth,
    http: reqwest::ClientBuilder,
    base: Option<String>,
    timeout: Option<Duration>,
    policy: Policy,
    proxy: Option<Result<ProxyAccess, authwright_core::Error>>,
    #[cfg(feature = "cookies")]
    jar: Option<crate::jar::SharedJar>,
}

impl ClientBuilder {
    pub(crate) fn new(auth: Auth) -> Self {
        Self {
            auth,
            http: reqwest::Client::builder(),
            base: None,
            timeout: None,
            policy: Policy::default(),
            proxy: None,
            #[cfg(feature = "cookies")]
            jar: None,
        }
    }

    /// reqwest's own builder: TLS, proxies, pool, compression, user agent, DNS and the rest.
    ///
    /// A timeout, a redirect policy, and default headers other than `Accept`, `Accept-Encoding`, `Accept-Language` and
    /// `User-Agent` set there are refused by [`build`](Self::build): reqwest would apply them to every hop anew, foreign
    /// hosts included.
    pub fn http(mut self, http: reqwest::ClientBuilder) -> Self {
        self.http = http;
        self
    }

    /// A prefix for requests that name only a path: `orders` and `/orders` are appended to it, `..` is refused.
    ///
    /// It grants nothing: where credentials may go is said in [`Auth`] alone.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base = Some(url.into());
        self
    }

    /// How long a whole request may take: every hop, every resend and the body of the response.
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

    /// A proxy that everything goes through, and the credential for it; `NO_PROXY` and other proxies do not count then.
    /// What is for this machine itself (`localhost`, 127.0.0.0/8, `::1`) goes past a proxy that does not run here.
    ///
    /// reqwest's own `Proxy` inside [`http`](Self::http) can be given Basic, which it sends at once. What is added here:
    /// [`Digest`](crate::Digest) and [`Password`](crate::Password) (feature `digest`), for plain http. What is for https goes
    /// through a tunnel, for which no client can answer a challenge: Basic can be given beforehand, Digest cannot. `Password`
    /// gives it where the way to the proxy is protected (https, or this machine).
    ///
    /// The credential goes to the proxy alone, and never to it from inside a tunnel. Tokens are fetched through it too; over
    /// plain http only Basic is given then.
    ///
    /// ```no_run
    /// use authwright_reqwest::{Auth, Basic, Client, Secret};
    ///
    /// let proxy = Basic::new("sam", Secret::env("PROXY_PASSWORD"));
    /// let api = Client::builder(Auth::none()).proxy("http://proxy.corp:3128", proxy).build()?;
    /// # Ok::<(), authwright_reqwest::Error>(())
    /// ```
    pub fn proxy(mut self, url: &str, credential: impl IntoProxyCredential) -> Self {
        self.proxy = Some(ProxyAccess::new(url, credential));
        self
    }

    /// The clock that schemes read, for tests.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.policy.clock = Arc::new(clock);
        self
    }

    /// How many redirects are followed: 10 where nothing is said. 0 delivers every 3xx.
    pub fn max_redirects(mut self, limit: u32) -> Self {
        self.policy.max_redirects = limit;
        self
    }

    /// Whether a 401 or 403 becomes an error that explains it: true where nothing is said.
    pub fn denied_as_error(mut self, yes: bool) -> Self {
        self.policy.denied_as_error = yes;
        self
    }

    /// A cookie jar of reqwest's own kind. A cookie key and the jar's cookies then go into one field.
    #[cfg(feature = "cookies")]
    pub fn cookie_store(mut self, enable: bool) -> Self {
        self.jar = enable.then(|| crate::jar::SharedJar::new(Arc::new(reqwest::cookie::Jar::default())));
        self
    }

    /// A cookie jar you keep a hand on.
    #[cfg(feature = "cookies")]
    pub fn cookie_provider<C: reqwest::cookie::CookieStore + 'static>(mut self, jar: Arc<C>) -> Self {
        self.jar = Some(crate::jar::SharedJar::new(jar));
        self
    }

    /// Checks everything and builds the client.
    ///
    /// # Errors
    /// A setting of reqwest's builder would undo a rule (the error says what to write instead), the base URL is
    /// malformed, the proxy's URL or credential cannot be used, or reqwest cannot be set up.
    pub fn build(self) -> Result<Client, Error> {
        let found = inspect::settings(&self.http);
        refuse(&found)?;
        let base = self.base.as_deref().map(BaseUrl::parse).transpose().map_err(Error::base_url)?;
        let proxy = self.proxy.transpose()?;
        let http = self.http.redirect(redirect::Policy::none()).referer(false);
        let http = match &proxy {
            Some(_) if found.proxy => return Err(Error::two_proxies()),
            Some(proxy) => through(http, proxy)?,
            None => http,
        };
        #[cfg(feature = "cookies")]
        let (http, jar) = match self.jar {
            Some(jar) => (http.cookie_provider(Arc::new(jar.clone())), Jar::Ours(jar)),
            None => (http, if found.jar { Jar::Inside } else { Jar::None }),
        };
        #[cfg(not(feature = "cookies"))]
        let jar = if found.jar { Jar::Inside } else { Jar::None };
        if matches!(jar, Jar::Inside) && self.auth.writes_cookies() {
            return Err(Error::jar_inside());
        }
        let http = http.build().map_err(Error::from)?;
        let (auth, policy, timeout) = (self.auth, Policy { proxy, ..self.policy }, self.timeout);
        let (has_tls, under_way) = (tls::is_built_in(), UnderWay::default());
        Ok(Client { inner: Arc::new(Inner { http, auth, policy, base, timeout, jar, has_tls, under_way }) })
    }
}

/// reqwest takes the first proxy that a URL fits, and sends what it is told to with each request or tunnel.
fn through(http: reqwest::ClientBuilder, proxy: &ProxyAccess) -> Result<reqwest::ClientBuilder, Error> {
    let spared = proxy.spares_loopback().then(|| reqwest::NoProxy::from_string("localhost,127.0.0.0/8,::1"));
    let with = |setting: reqwest::Proxy, basic: Option<&http::HeaderValue>| {
        let setting = setting.no_proxy(spared.clone().flatten());
        match basic {
            Some(basic) => setting.custom_http_auth(basic.clone()),
            None => setting,
        }
    };
    let plain = with(reqwest::Proxy::http(proxy.url())?, proxy.for_requests());
    let tunnels = with(reqwest::Proxy::https(proxy.url())?, proxy.for_tunnels());
    Ok(http.proxy(plain).proxy(tunnels))
}

fn refuse(found: &Found) -> Result<(), Error> {
    if found.timeout {
        return Err(Error::caller(
            "a timeout is set inside http(..), where it would start anew with every hop; set .timeout(..) on \
             Authwright's builder or on the request",
        ));
    }
    if found.redirect_policy {
        return Err(Error::caller(
            "a redirect policy is set inside http(..), but redirects are followed by Authwright, which judges every \
             hop; use .max_redirects(..) on Authwright's builder (0 follows none)",
        ));
    }
    if let Some(name) = &found.header {
        return Err(Error::caller(format!(
            "default header `{name}` is set inside http(..), where reqwest adds it on every hop, foreign hosts \
             included; give the credential to Auth, or the header to .default_headers(..) on Authwright's builder"
        )));
    }
    if found.unreadable {
        return Err(Error::caller(
            "a setting inside http(..) has a quote or a backslash, which hides the settings that must be checked; set \
             default headers by .default_headers(..) on Authwright's builder",
        ));
    }
    Ok(())
}

/// Shows no header value.
impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("auth", &self.auth)
            .field("timeout", &self.timeout)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
