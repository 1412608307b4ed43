//! A request a flow wants sent, and its answer.

use std::{
    fmt,
    io::{self, Read},
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, Request, Response, StatusCode, Uri, header::RETRY_AFTER};
use secrecy::{ExposeSecret, SecretSlice};

use super::{Json, date, io::Desk};
use crate::{Error, ProxyDenied, Target};

/// The largest answer a flow takes, in bytes. A token is a few hundred.
pub const MAX_ANSWER: u64 = 1024 * 1024;

/// A request to be sent for a flow: without credentials of an [`Auth`](crate::Auth), without following redirects, within
/// [`timeout`](Call::timeout), reading at most [`MAX_ANSWER`] bytes.
pub struct Call {
    request: Box<Request<Vec<u8>>>,
    timeout: Duration,
    desk: Arc<Desk>,
}

impl Call {
    pub(super) fn new(request: Box<Request<Vec<u8>>>, timeout: Duration, desk: Arc<Desk>) -> Self {
        Self { request, timeout, desk }
    }

    /// The request.
    pub fn request(&self) -> &Request<Vec<u8>> {
        &self.request
    }

    /// Takes the request out, to be sent.
    pub fn take_request(&mut self) -> Request<Vec<u8>> {
        let uri = self.request.uri().clone();
        let request = std::mem::take(&mut *self.request);
        // For messages.
        *self.request.uri_mut() = uri;
        request
    }

    /// How long it may take, from connecting to the last byte.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Gives the answer, or why there is none. A 407 is none: a proxy gave it, and the server has not been asked.
    pub fn answer(self, answer: Result<Answer, Error>) {
        self.desk.put_answer(answer.and_then(|answer| match answer.status {
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                Err(ProxyDenied::before(&origin_of(self.request.uri()), Some(&answer.headers)).into())
            }
            _ => Ok(answer),
        }));
    }
}

/// Shows method and origin.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("method", self.request.method())
            .field("origin", &origin_of(self.request.uri()))
            .finish_non_exhaustive()
    }
}

fn origin_of(uri: &Uri) -> String {
    Target::from_uri(uri).map(|target| target.origin().to_string()).unwrap_or_default()
}

/// The body of an answer while it comes in: of more than [`MAX_ANSWER`] bytes, the rest is not read. For drivers.
#[derive(Default)]
pub struct Incoming(Vec<u8>);

impl Incoming {
    /// Takes a part that has come. False: there need not be another.
    pub fn push(&mut self, part: &[u8]) -> bool {
        self.0.extend_from_slice(part);
        self.room() > 0
    }

    /// Takes all that is there to read.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn read(&mut self, from: impl Read) -> io::Result<()> {
        from.take(self.room()).read_to_end(&mut self.0).map(drop)
    }

    /// The whole answer, with the head that came before the body. `origin`: who has sent it.
    ///
    /// # Errors
    /// It has more than [`MAX_ANSWER`] bytes.
    pub fn answer(
        self,
        status: StatusCode,
        headers: HeaderMap,
        origin: &dyn fmt::Display,
    ) -> Result<Answer, Error> {
        if self.0.len() as u64 > MAX_ANSWER {
            let most = MAX_ANSWER / 1024;
            return Err(Error::server(format!(
                "{origin} answered with more than {most} KiB, which no token needs"
            ))
            .transient());
        }
        let sent_at = SystemTime::UNIX_EPOCH;
        Ok(Answer { status, headers, body: self.0.into(), sent_at })
    }

    /// One more than is taken, by which it is seen that there is more.
    fn room(&self) -> u64 {
        (MAX_ANSWER + 1).saturating_sub(self.0.len() as u64)
    }
}

/// Shows how much there is.
impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Incoming({} bytes)", self.0.len())
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
    pub fn json(&self) -> Result<Json<'_>, Error> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_where_no_token_is_longer() {
        let whole =
            |body: Incoming| body.answer(StatusCode::OK, HeaderMap::new(), &"https://api.example.com");
        let mut body = Incoming::default();
        let mut server = io::repeat(b'x').take(3 * MAX_ANSWER);
        body.read(&mut server.by_ref().take(MAX_ANSWER - 1)).unwrap();
        assert!(body.push(b"x"), "what is as long as may be goes on, since it may be the end");
        body.read(&mut server).unwrap();
        assert_eq!(
            server.limit(),
            2 * MAX_ANSWER,
            "one byte more shows that it is too long, and is the last"
        );
        assert!(!body.push(b"x"));
        let error = whole(body).unwrap_err();
        assert!(error.fault() == crate::Fault::Server && error.is_transient());
        assert_eq!(
            error.to_string(),
            "https://api.example.com answered with more than 1024 KiB, which no token needs"
        );

        let mut body = Incoming::default();
        assert!(body.push(&vec![b'x'; 1024 * 1024]));
        assert_eq!(whole(body).unwrap().body().len(), 1024 * 1024);
    }
}
