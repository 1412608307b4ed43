//! How a request is sent: without a body, or with one.

use std::marker::PhantomData;

use authwright_core::Auth;
use http::{HeaderValue, Response, header::CONTENT_TYPE};
use ureq::Body;

use crate::{
    AnyBody, Error, IntoBody, RequestBuilder, WithBody, WithoutBody, query,
    request::Choice,
    run::{self, Options},
    uri,
};

/// The states whose requests go without a body.
pub trait Call: sealed::Sealed {}
impl Call for WithoutBody {}
impl Call for AnyBody {}

/// The states whose requests go with a body.
pub trait Send: sealed::Sealed {}
impl Send for WithBody {}
impl Send for AnyBody {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::WithoutBody {}
    impl Sealed for super::WithBody {}
    impl Sealed for super::AnyBody {}
}

impl<B: Call> RequestBuilder<B> {
    /// Sends the request and waits for the head of the response.
    ///
    /// # Errors
    /// Something about the request is wrong (nothing was sent), the network failed, too many redirects, a 401 or 403, or
    /// (unless ureq was told otherwise) another status of 400 or more: see [`Error`].
    pub fn call(self) -> Result<Response<Body>, Error> {
        self.send_body(())
    }
}

impl RequestBuilder<WithoutBody> {
    /// Allows a body where HTTP gives it no meaning: DELETE, say.
    pub fn force_send_body(self) -> RequestBuilder<WithBody> {
        let Self { agent, request, wrong, query, timeout, auth, explain, configured, body: _ } = self;
        let body = PhantomData;
        RequestBuilder { agent, request, wrong, query, timeout, auth, explain, configured, body }
    }
}

impl<B: Send> RequestBuilder<B> {
    /// Sets `Content-Type`.
    pub fn content_type<V>(self, value: V) -> Self
    where
        HeaderValue: TryFrom<V>,
    {
        self.header(CONTENT_TYPE, value)
    }

    /// Sends the request with a body, and waits for the head of the response. See [`IntoBody`] for what may be a body.
    ///
    /// # Errors
    /// As for [`call`](RequestBuilder::call).
    ///
    /// ```no_run
    /// # fn run(agent: authwright_ureq::Agent) -> Result<(), authwright_ureq::Error> {
    /// agent.put("https://api.example.com/backup").send(std::fs::File::open("backup.tar")?)?;
    /// # Ok(()) }
    /// ```
    pub fn send(self, body: impl IntoBody) -> Result<Response<Body>, Error> {
        self.send_body(body)
    }

    /// Sends the request with an empty body: `Content-Length: 0`.
    ///
    /// # Errors
    /// As for [`call`](RequestBuilder::call).
    pub fn send_empty(self) -> Result<Response<Body>, Error> {
        self.send_body(&[])
    }

    /// Sends pairs as a form.
    ///
    /// # Errors
    /// As for [`call`](RequestBuilder::call).
    pub fn send_form<K: AsRef<str>, V: AsRef<str>>(
        self,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Response<Body>, Error> {
        let mut form = String::new();
        for (name, value) in pairs {
            query::push_form(&mut form, name.as_ref(), value.as_ref());
        }
        self.default_type("application/x-www-form-urlencoded").send_body(form)
    }

    /// Sends a value as JSON.
    ///
    /// # Errors
    /// The value cannot be written as JSON; and as for [`call`](RequestBuilder::call).
    #[cfg(feature = "json")]
    pub fn send_json(self, value: impl serde::Serialize) -> Result<Response<Body>, Error> {
        let json = serde_json::to_vec(&value).map_err(ureq::Error::Json)?;
        self.default_type("application/json").send_body(json)
    }

    fn default_type(mut self, value: &'static str) -> Self {
        self.request.headers_mut().entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(value));
        self
    }
}

impl<B> RequestBuilder<B> {
    fn send_body(self, body: impl IntoBody) -> Result<Response<Body>, Error> {
        if let Some(error) = self.wrong {
            return Err(error);
        }
        let (agent, mut request) = (self.agent.inner, self.request);
        if !self.query.is_empty() {
            *request.uri_mut() = uri::with_pairs(request.uri(), &self.query)?;
        }
        let auth: Option<&Auth> = match &self.auth {
            Choice::Agent => Some(&agent.auth),
            Choice::Other(auth) => {
                auth.check_blocking()?;
                Some(auth)
            }
            Choice::None => None,
        };
        let options = Options { auth, timeout: self.timeout, explain: self.explain };
        run::run(&agent, request, body, &options)
    }
}
