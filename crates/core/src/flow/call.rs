//! A request a flow wants sent, and its answer.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, Request, Response, StatusCode, header::RETRY_AFTER};
use secrecy::{ExposeSecret, SecretSlice};

use super::{Json, date, io::Slot};
use crate::{Error, ProxyDenied, Target};

/// The largest answer a flow takes, in bytes. A token is a few hundred.
pub const MAX_ANSWER: u64 = 1024 * 1024;

/// A request to be sent for a flow: without credentials of an [`Auth`](crate::Auth), without following redirects, within
/// [`timeout`](Call::timeout), reading at most [`MAX_ANSWER`] bytes.
pub struct Call {
    request: Box<Request<Vec<u8>>>,
    timeout: Duration,
    origin: String,
    reply: Slot<Result<Answer, Error>>,
}

impl Call {
    pub(super) fn new(
        request: Request<Vec<u8>>,
        timeout: Duration,
        reply: Slot<Result<Answer, Error>>,
    ) -> Self {
        let origin = Target::from_uri(request.uri()).map(|target| target.origin().to_string());
        Self { request: Box::new(request), timeout, origin: origin.unwrap_or_default(), reply }
    }

    /// The request.
    pub fn request(&self) -> &Request<Vec<u8>> {
        &self.request
    }

    /// Takes the request out, to be sent.
    pub fn take_request(&mut self) -> Request<Vec<u8>> {
        std::mem::take(&mut *self.request)
    }

    /// How long it may take, from connecting to the last byte.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Gives the answer, or why there is none. A 407 is none: a proxy gave it, and the server has not been asked.
    pub fn answer(self, answer: Result<Answer, Error>) {
        self.reply.put(answer.and_then(|answer| match answer.status {
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                Err(ProxyDenied::before(&self.origin, Some(&answer.headers)).into())
            }
            _ => Ok(answer),
        }));
    }

    /// The error for an answer of more than [`MAX_ANSWER`] bytes. For drivers.
    pub fn too_large(origin: &dyn fmt::Display) -> Error {
        Error::server(format!(
            "{origin} answered with more than {} KiB, which no token needs",
            MAX_ANSWER / 1024
        ))
        .transient()
    }
}

/// Shows method and origin.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = Target::from_uri(self.request.uri()).map(|target| target.origin().to_string());
        f.debug_struct("Call")
            .field("method", self.request.method())
            .field("origin", &origin.unwrap_or_default())
            .finish_non_exhaustive()
    }
}

/// What a server answered to a call. It may hold tokens: nothing of it is printed.
pub struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: SecretSlice<u8>,
    sent_at: SystemTime,
}

impl Answer {
    /// An answer as a client has received it.
    pub fn new(response: Response<Vec<u8>>) -> Self {
        let (parts, body) = response.into_parts();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: body.into(),
            sent_at: SystemTime::UNIX_EPOCH,
        }
    }

    pub(super) fn sent_at(mut self, sent_at: SystemTime) -> Self {
        self.sent_at = sent_at;
        self
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The header fields.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        self.body.expose_secret()
    }

    /// When the call was sent, by the clock of the client: what a lifetime counts from.
    pub fn asked_at(&self) -> SystemTime {
        self.sent_at
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// It is not JSON. Nothing of it is quoted.
    pub fn json(&self) -> Result<Json, Error> {
        Json::parse(self.body())
    }

    /// How long the server asks to wait, as seconds or as a date (RFC 9110 section 10.2.3).
    pub fn retry_after(&self, now: SystemTime) -> Option<Duration> {
        let value = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        match value.parse() {
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            Err(_) => date::parse(value)?.duration_since(now).ok(),
        }
    }
}

/// Shows the status.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}
