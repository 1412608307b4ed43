//! A request under construction, with the names reqwest's users know.

use std::{fmt, time::Duration};

use authwright_core::{Auth, Exchange, Ready};
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Body, Request, Response, Version};

use crate::{Client, Error, run};

/// A request under construction. Made by [`Client::get`] and its siblings; [`send`](RequestBuilder::send) sends it.
///
/// The first thing that is wrong is kept and reported by `send`, and nothing is sent then.
#[must_use = "RequestBuilder does nothing until you 'send' it"]
pub struct RequestBuilder {
    client: Client,
    /// None where something is wrong.
    request: Option<Request>,
    wrong: Option<Error>,
    auth: Choice,
    explain: bool,
}

/// Whose credentials a request carries.
enum Choice {
    Client,
    Other(Auth),
    None,
}

impl RequestBuilder {
    pub(crate) fn new(client: Client, request: Result<Request, Error>) -> Self {
        let (request, wrong) = match request {
            Ok(request) => (Some(request), None),
            Err(error) => (None, Some(error)),
        };
        Self { client, request, wrong, auth: Choice::Client, explain: false }
    }

    /// Sets a header field, in place of any field of that name.
    pub fn header<K, V>(mut self, name: K, value: V) -> Self
    where
        HeaderName: TryFrom<K>,
        HeaderValue: TryFrom<V>,
    {
        let Some(request) = &mut self.request else { return self };
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => {
                request.headers_mut().insert(name, value);
            }
            (Ok(name), Err(_)) => self.fail(Error::caller(format!(
                "the value for header `{name}` has a line break or another character that headers cannot have; \
                 nothing was sent"
            ))),
            (Err(_), _) => self.fail(Error::caller("a header name is malformed; nothing was sent")),
        }
        self
    }

    /// Sets several header fields, each in place of any field of that name.
    pub fn headers(self, headers: HeaderMap) -> Self {
        self.configure(|request| request.headers(headers))
    }

    /// Adds pairs to the query of the URL: a slice of pairs, a struct or a map.
    #[cfg(feature = "query")]
    pub fn query<T: serde::Serialize + ?Sized>(self, query: &T) -> Self {
        self.configure(|request| request.query(query))
    }

    /// Sends a value as JSON.
    #[cfg(feature = "json")]
    pub fn json<T: serde::Serialize + ?Sized>(self, json: &T) -> Self {
        self.configure(|request| request.json(json))
    }

    /// Sends a value as a form.
    #[cfg(feature = "form")]
    pub fn form<T: serde::Serialize + ?Sized>(self, form: &T) -> Self {
        self.configure(|request| request.form(form))
    }

    /// Sends a multipart form. It is a stream: it is sent once.
    #[cfg(feature = "multipart")]
    pub fn multipart(self, form: reqwest::multipart::Form) -> Self {
        self.configure(|request| request.multipart(form))
    }

    /// Sends bytes, text or a stream. Bytes and text can be sent again where a redirect or a renewed credential asks
    /// for it; a stream is sent once and whole.
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        if let Some(request) = &mut self.request {
            *request.body_mut() = Some(body.into());
        }
        self
    }

    /// How long the whole request may take: every hop, every resend and the body of the response.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        if let Some(request) = &mut self.request {
            *request.timeout_mut() = Some(timeout);
        }
        self
    }

    /// The HTTP version.
    pub fn version(mut self, version: Version) -> Self {
        if let Some(request) = &mut self.request {
            *request.version_mut() = version;
        }
        self
    }

    /// Anything reqwest's own builder can do and this one does not forward.
    ///
    /// ```no_run
    /// # async fn run(api: authwright_reqwest::Client) -> Result<(), authwright_reqwest::Error> {
    /// api.get("https://api.example.com/").configure(|request| request.header("X-Twice", "1").header("X-Twice", "2"))
    ///     .send().await?;
    /// # Ok(()) }
    /// ```
    pub fn configure(
        mut self,
        change: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> Self {
        let Some(request) = self.request.take() else { return self };
        let http = self.client.inner.http.clone();
        match change(reqwest::RequestBuilder::from_parts(http, request)).build() {
            Ok(request) => self.request = Some(request),
            Err(error) => self.fail(Error::from(error)),
        }
        self
    }

    /// Uses other credentials for this request, in place of the client's: for tenants on one client.
    pub fn auth(mut self, auth: &Auth) -> Self {
        self.auth = Choice::Other(auth.clone());
        self
    }

    /// Sends the request bare. A 401 or 403 is then delivered as a response.
    pub fn without_auth(mut self) -> Self {
        self.auth = Choice::None;
        self
    }

    /// Records what is decided and why; find it as a [`Trail`](crate::Trail) in the response's extensions, or with the
    /// error's [`trail`](Error::trail).
    pub fn explain(mut self) -> Self {
        self.explain = true;
        self
    }

    /// Sends the request and waits for the head of the response.
    ///
    /// # Errors
    /// Something about the request is wrong (nothing was sent), the network failed, too many redirects, or a 401 or
    /// 403: see [`Error`].
    pub async fn send(mut self) -> Result<Response, Error> {
        if let Some(error) = self.wrong {
            return Err(error);
        }
        let client = &self.client.inner;
        let auth = match &self.auth {
            Choice::Client => Some(&client.auth),
            Choice::Other(auth) => Some(auth),
            Choice::None => None,
        };
        let mut exchange = Exchange::new(auth, &client.policy);
        if !self.explain {
            return run::run(client, &mut self.request, &mut exchange).await;
        }
        exchange.record_trail();
        let outcome = run::run(client, &mut self.request, &mut exchange).await;
        run::finish(outcome, &mut exchange)
    }

    /// The request as it would be sent first. For the benchmarks alone: what leads to more hops is lost.
    #[doc(hidden)]
    pub fn build_ready(mut self) -> Result<Request, Error> {
        let client = &self.client.inner;
        let mut exchange = Exchange::new(Some(&client.auth), &client.policy);
        match (&mut self.request, self.wrong) {
            (Some(request), None) => {
                let mut body = crate::body::KeptBody::new(request.body_mut().take());
                if let Ready::Send(line) = run::step(&mut exchange, request, &body)? {
                    run::finish_hop(client, request, line, &mut body, true)?;
                }
            }
            (_, Some(error)) => return Err(error),
            (None, None) => {}
        }
        self.request.ok_or_else(|| Error::caller("there is no request; nothing was sent"))
    }

    /// Keeps the first thing that is wrong.
    fn fail(&mut self, error: Error) {
        self.request = None;
        self.wrong.get_or_insert(error);
    }
}

/// Shows no header value, path or query.
impl fmt::Debug for RequestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("RequestBuilder");
        if let Some(error) = &self.wrong {
            shown.field("error", error);
        }
        if let Some(request) = &self.request {
            shown
                .field("method", request.method())
                .field("origin", &request.url().origin().ascii_serialization())
                .field("headers", &request.headers().keys().collect::<Vec<_>>());
        }
        shown.finish_non_exhaustive()
    }
}
