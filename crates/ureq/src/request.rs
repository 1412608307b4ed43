//! A request under construction, with the names ureq's users know.

use std::{any::Any, fmt, marker::PhantomData, time::Duration};

use authwright_core::{Auth, Target};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Version};
use ureq::{config::ConfigBuilder, typestate::HttpCrateScope};

use crate::{Agent, Error, IntoUrl, query};

/// A request under construction. Made by [`Agent::get`] and its siblings; [`call`](RequestBuilder::call) or
/// [`send`](RequestBuilder::send) sends it.
///
/// The first thing that is wrong is kept and reported then, and nothing is sent.
#[must_use = "RequestBuilder does nothing until it is sent"]
pub struct RequestBuilder<B> {
    pub(crate) agent: Agent,
    pub(crate) request: Request<()>,
    pub(crate) wrong: Option<Error>,
    /// Encoded pairs to be appended to the URL.
    pub(crate) query: String,
    pub(crate) timeout: Option<Duration>,
    pub(crate) auth: Choice,
    pub(crate) explain: bool,
    /// The extensions hold settings of its own.
    pub(crate) configured: bool,
    pub(crate) body: PhantomData<B>,
}

/// Whose credentials a request carries.
pub(crate) enum Choice {
    Agent,
    Other(Auth),
    None,
}

/// The state of a [`RequestBuilder`] that is sent by `call()`: GET, DELETE, HEAD, OPTIONS.
#[derive(Debug)]
pub enum WithoutBody {}

/// The state of a [`RequestBuilder`] that is sent by `send(..)` and its siblings: POST, PUT, PATCH.
#[derive(Debug)]
pub enum WithBody {}

/// The state of a [`RequestBuilder`] that can be sent in either way, whatever its method.
#[derive(Debug)]
pub enum AnyBody {}

impl<B> RequestBuilder<B> {
    pub(crate) fn new(agent: &Agent, method: Method, url: impl IntoUrl) -> Self {
        let mut request = Request::new(());
        *request.method_mut() = method;
        let wrong = match url.into_url(agent.inner.base.as_ref()) {
            Ok(uri) => {
                *request.uri_mut() = uri;
                None
            }
            Err(error) => Some(error),
        };
        Self {
            agent: agent.clone(),
            request,
            wrong,
            query: String::new(),
            timeout: None,
            auth: Choice::Agent,
            explain: false,
            configured: false,
            body: PhantomData,
        }
    }

    /// Sets a header field, in place of any field of that name.
    pub fn header<K, V>(mut self, name: K, value: V) -> Self
    where
        HeaderName: TryFrom<K>,
        HeaderValue: TryFrom<V>,
    {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => {
                self.request.headers_mut().insert(name, value);
                self
            }
            (Ok(name), Err(_)) => self.wrong(Error::header_value(&name)),
            (Err(_), _) => self.wrong(Error::caller("a header name is malformed; nothing was sent")),
        }
    }

    /// Sets several header fields, each in place of any field of that name.
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        let fields = self.request.headers_mut();
        let mut last = None;
        for (name, value) in headers {
            // A name is given once, with the first of its values.
            if let Some(name) = name {
                fields.insert(name.clone(), value);
                last = Some(name);
            } else if let Some(name) = &last {
                fields.append(name.clone(), value);
            }
        }
        self
    }

    /// Adds a pair to the query of the URL, percent-encoded.
    pub fn query(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        query::push(&mut self.query, name.as_ref(), value.as_ref());
        self
    }

    /// Adds a pair to the query of the URL that is percent-encoded already.
    pub fn query_raw(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        query::push_raw(&mut self.query, name.as_ref(), value.as_ref());
        self
    }

    /// Adds pairs to the query of the URL, percent-encoded.
    pub fn query_pairs<K: AsRef<str>, V: AsRef<str>>(
        mut self,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        for (name, value) in pairs {
            query::push(&mut self.query, name.as_ref(), value.as_ref());
        }
        self
    }

    /// How long the whole request may take: every hop, every resend and the body of the response. It takes the place of
    /// the agent's timeout.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The HTTP version.
    pub fn version(mut self, version: Version) -> Self {
        *self.request.version_mut() = version;
        self
    }

    /// A value for middleware of yours to find.
    pub fn extension<T: Clone + Any + Send + Sync>(mut self, extension: T) -> Self {
        self.request.extensions_mut().insert(extension);
        self
    }

    /// Anything of ureq's settings, for this request. (Middleware belongs to an agent; ureq panics here.)
    ///
    /// ```no_run
    /// # fn run(agent: authwright_ureq::Agent) -> Result<(), authwright_ureq::Error> {
    /// let url = "https://api.example.com/report";
    /// let response = agent.get(url).configure(|ureq| ureq.max_redirects(0).https_only(true)).call()?;
    /// # Ok(()) }
    /// ```
    pub fn configure(
        mut self,
        change: impl FnOnce(ConfigBuilder<HttpCrateScope<()>>) -> ConfigBuilder<HttpCrateScope<()>>,
    ) -> Self {
        // ureq keeps the settings in the request's extensions; URL and headers stay out of its hands.
        let mut carrier = Request::new(());
        let extensions = self.request.extensions_mut();
        std::mem::swap(carrier.extensions_mut(), extensions);
        // A second call goes on from the first one's settings.
        let mut carrier = if self.configured {
            change(self.agent.http().configure_request(carrier)).build()
        } else {
            change(self.agent.configure_request(carrier)).build()
        };
        std::mem::swap(carrier.extensions_mut(), extensions);
        self.configured = true;
        self
    }

    /// Uses other credentials for this request, in place of the agent's: for tenants on one agent.
    pub fn auth(mut self, auth: &Auth) -> Self {
        self.auth = Choice::Other(auth.clone());
        self
    }

    /// Sends the request bare. A 401 or 403 is then treated as ureq treats it.
    pub fn without_auth(mut self) -> Self {
        self.auth = Choice::None;
        self
    }

    /// Records what is decided and why; find it as a [`Trail`](crate::Trail) in the response's extensions, or with the
    /// error's [`trail`](Error::trail).
    ///
    /// ```no_run
    /// # fn run(agent: authwright_ureq::Agent) -> Result<(), authwright_ureq::Error> {
    /// let response = agent.get("https://api.github.com/user").explain().call()?;
    /// println!("{}", response.extensions().get::<authwright_ureq::Trail>().unwrap());
    /// # Ok(()) }
    /// ```
    pub fn explain(mut self) -> Self {
        self.explain = true;
        self
    }

    /// Keeps the first thing that is wrong.
    pub(crate) fn wrong(mut self, error: Error) -> Self {
        self.wrong.get_or_insert(error);
        self
    }
}

/// Shows no header value, path or query.
impl<B> fmt::Debug for RequestBuilder<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("RequestBuilder");
        shown.field("method", self.request.method());
        match (&self.wrong, Target::from_uri(self.request.uri())) {
            (Some(error), _) => shown.field("error", error),
            (None, Ok(target)) => shown.field("origin", &target.origin()),
            (None, Err(error)) => shown.field("error", &error),
        };
        shown.field("headers", &self.request.headers().keys().collect::<Vec<_>>()).finish_non_exhaustive()
    }
}
