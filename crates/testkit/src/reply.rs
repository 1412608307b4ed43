//! What a script answers: an ordinary response, or one that misbehaves in a chosen way.

use std::time::Duration;

/// A response, and how badly the server behaves while it sends it.
///
/// Content-Length is set from the body unless the script sets a framing header itself (then the connection is closed after the response,
/// because its end may be anywhere). A response to HEAD, and one with status 1xx, 204 or 304, is sent without a body.
#[derive(Clone, Debug)]
#[must_use]
pub struct Reply {
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    filler: Option<u64>,
    delay: Duration,
    chunked: bool,
    early: bool,
    ending: Ending,
}

/// How far a response gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// To its end.
    Whole,
    /// Its head announces the whole body, half of which is sent.
    MidBody,
    /// The connection is closed instead.
    BeforeHead,
    /// There is none of our own: the request is passed on.
    #[cfg(feature = "contract")]
    PassedOn,
}

impl Reply {
    /// An empty response with this status.
    ///
    /// # Panics
    /// If the status does not have three digits.
    pub fn status(status: u16) -> Self {
        assert!((100..=999).contains(&status), "a status code has three digits, not {status}");
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            filler: None,
            delay: Duration::ZERO,
            chunked: false,
            early: false,
            ending: Ending::Whole,
        }
    }

    /// 200 with a text.
    pub fn ok(text: &str) -> Self {
        Self::status(200).header("content-type", "text/plain; charset=utf-8").body(text)
    }

    /// 200 with a JSON text, sent as it is.
    pub fn json(text: &str) -> Self {
        Self::status(200).header("content-type", "application/json").body(text)
    }

    /// A redirect to a `Location`, which may be relative, foreign or broken.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::status(status).header("location", location)
    }

    /// What a proxy does: the request is passed on to where it says, or a tunnel to there is built, on the loopback interface alone.
    /// `Proxy-Authorization` stays here, as it should (RFC 9110 section 11.7.2). A tunnel needs a place without TLS.
    #[cfg(feature = "contract")]
    pub fn passed_on() -> Self {
        Self { ending: Ending::PassedOn, ..Self::status(502) }
    }

    /// 407 with one `Proxy-Authenticate` field.
    #[cfg(feature = "contract")]
    pub fn proxy_unauthorized(challenge: &str) -> Self {
        Self::status(407).header("proxy-authenticate", challenge)
    }

    /// 401 with one `WWW-Authenticate` field.
    pub fn unauthorized(challenge: &str) -> Self {
        Self::status(401).header("www-authenticate", challenge)
    }

    /// Adds a header field; fields of one name are sent as separate lines, in this order. The name is sent in the case given here, the
    /// value may be any bytes that keep the field on its line.
    ///
    /// # Panics
    /// If the name is empty or not a token, or the value contains CR or LF.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref();
        assert!(crate::parse::is_token(name.as_bytes()), "not a header name: {name:?}");
        assert!(
            !value.iter().any(|byte| matches!(byte, b'\r' | b'\n')),
            "the value of {name} would break the head"
        );
        self.headers.push((name.to_owned(), value.to_vec()));
        self
    }

    /// The same with another status.
    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status: Self::status(status).status, ..self }
    }

    /// The same with another body and the media type that goes with it.
    pub(crate) fn with_content(mut self, media_type: &str, body: String) -> Self {
        self.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
        self.header("content-type", media_type).body(body)
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Misbehaviour: waits this long before the head is written. The wait ends at once when the server is dropped.
    pub fn delay(mut self, time: Duration) -> Self {
        self.delay = time;
        self
    }

    /// Misbehaviour: a body of this many filler bytes, made while it is sent. Takes the place of [`body`](Self::body).
    pub fn huge(mut self, bytes: u64) -> Self {
        self.filler = Some(bytes);
        self
    }

    /// Misbehaviour: announces the whole body, sends half of it and closes the connection.
    pub fn close_mid_body(mut self) -> Self {
        self.ending = Ending::MidBody;
        self
    }

    /// Misbehaviour: closes the connection instead of answering.
    pub fn close_before_head(mut self) -> Self {
        self.ending = Ending::BeforeHead;
        self
    }

    /// Misbehaviour: answers without waiting for the request body, then closes the connection.
    ///
    /// This needs a script that is asked before the body is there: see `Net::set_script_on_head`. From an ordinary script, which sees the body, the answer is not early any more, and only the closing remains.
    pub fn early(mut self) -> Self {
        self.early = true;
        self
    }

    /// Sends the body in at least two chunks (if it has two bytes) instead of announcing its length.
    pub fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// The status code.
    pub fn status_code(&self) -> u16 {
        self.status
    }

    /// The header fields the script set, names in the case it gave them. Framing is not among them.
    pub fn headers(&self) -> &[(String, Vec<u8>)] {
        &self.headers
    }

    /// The body the script set; a [`huge`](Self::huge) one is not in it.
    pub fn body_bytes(&self) -> &[u8] {
        &self.body
    }

    pub(crate) fn filler(&self) -> Option<u64> {
        self.filler
    }

    pub(crate) fn delay_time(&self) -> Duration {
        self.delay
    }

    pub(crate) fn is_chunked(&self) -> bool {
        self.chunked
    }

    pub(crate) fn is_early(&self) -> bool {
        self.early
    }

    pub(crate) fn ending(&self) -> Ending {
        self.ending
    }
}
