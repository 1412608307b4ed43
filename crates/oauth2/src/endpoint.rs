//! An endpoint of an authorization server, and what is sent to it: a form, or JSON where a program registers itself.

use authwright_core::{
    Error, Fault, SecretValue, Target,
    flow::{Io, Sending},
};
use http::{HeaderMap, HeaderValue, Method, Request, Uri, header};
use percent_encoding::percent_encode_byte;

use crate::client::Shown;

/// A URL that has been checked: https, or http on this machine, or http because somebody insists.
pub(crate) struct Endpoint {
    uri: Uri,
    /// The same as a text. It may hold a secret: for the store, not for messages.
    pub(crate) url: SecretValue,
    /// For messages, which never show a path.
    pub(crate) origin: String,
    plain_http: bool,
}

impl Endpoint {
    /// `what` names it in messages: `token endpoint`.
    pub(crate) fn parse(url: &str, what: &str, plain_http: bool) -> Result<Self, Error> {
        let caller = |message| Error::new(Fault::Caller, message);
        // `http::Uri` drops a fragment without a word.
        if url.contains('#') {
            return Err(caller(format!(
                "the URL of the {what} has a fragment (`#`), which RFC 6749 sections 3.1 and 3.2 forbid"
            )));
        }
        // It takes what is no ASCII, which people and browsers would be shown.
        let uri = Some(url).filter(|url| url.bytes().all(|byte| byte.is_ascii_graphic()));
        let uri: Uri = uri.and_then(|url| url.parse().ok()).ok_or_else(|| {
            caller(format!(
                "the URL of the {what} is malformed; write it like https://login.example.com/token"
            ))
        })?;
        let target = Target::from_uri(&uri)?;
        let origin = target.origin().to_string();
        if !target.is_protected() && !plain_http {
            return Err(caller(format!(
                "{origin} is plain http: refresh tokens and secrets could be read on the way; use https, or \
                 .danger_plain_http() if you accept that"
            )));
        }
        let url = uri.to_string().into();
        Ok(Self { uri, url, origin, plain_http })
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// A POST with each parameter once and no empty one (RFC 6749 section 3.2), by which the client also says who it is: `ours`,
    /// which are each there once, and what a program adds.
    pub(crate) fn request(
        &self,
        ours: &[Ours<'_>],
        more: &[(&str, &str)],
        shown: &Shown<'_>,
    ) -> Result<Request<Vec<u8>>, Error> {
        let mut form = Form::after(String::with_capacity(USUAL_LENGTH), ours);
        // An authorization request that is pushed says the client's id by itself (RFC 9126 section 2.1).
        let shown_too = shown.parameters().filter(|pair| !ours.iter().any(|said| said == pair));
        for (name, value) in more.iter().copied().chain(shown_too) {
            form.push(name, value)?;
        }
        let mut request = Request::new(form.into_text().into_bytes());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        // The three, and a proof.
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(header::CONTENT_TYPE, FORM);
        headers.insert(header::ACCEPT, JSON);
        if let Some(value) = &shown.authorization {
            headers.insert(header::AUTHORIZATION, value.clone());
        }
        *request.headers_mut() = headers;
        Ok(request)
    }

    /// A POST of JSON (RFC 7591 section 3.1).
    pub(crate) fn json_request(&self, body: String) -> Result<Request<Vec<u8>>, Error> {
        Request::post(self.uri.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .body(body.into_bytes())
            .map_err(|_| Error::new(Fault::Caller, "the registration request is malformed"))
    }

    /// Sends a request. No client follows a redirect for a flow, so what is in it goes to this endpoint and nowhere else.
    pub(crate) fn send<'a>(&self, request: Request<Vec<u8>>, io: &'a Io) -> Sending<'a> {
        if self.plain_http { io.danger_send_plain_http(request) } else { io.send(request) }
    }
}

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A parameter whose name is a standard's, so that it need not be encoded.
pub(crate) type Ours<'a> = (&'static str, &'a str);

/// Parameters as `application/x-www-form-urlencoded`, in a body or behind a question mark.
pub(crate) struct Form<'a> {
    ours: &'a [Ours<'a>],
    more: Vec<&'a str>,
    text: String,
}

/// So many bytes all parameters of a request usually are.
pub(crate) const USUAL_LENGTH: usize = 512;

impl<'a> Form<'a> {
    /// Begins with ours, but for those that are empty, behind a text: nothing, or a URL as far as its query.
    pub(crate) fn after(text: String, ours: &'a [Ours<'a>]) -> Self {
        let mut form = Self { ours, more: Vec::new(), text };
        for (name, value) in ours.iter().filter(|(_, value)| !value.is_empty()) {
            form.separate();
            form.text.push_str(name);
            form.text.push('=');
            push_encoded(value, &mut form.text);
        }
        form
    }

    /// Adds a parameter, unless it is empty.
    pub(crate) fn push(&mut self, name: &'a str, value: &str) -> Result<(), Error> {
        if value.is_empty() {
            return Ok(());
        }
        // But for this one (RFC 8707 section 2).
        if name != "resource" && self.has(name) {
            let message = format!(
                "parameter `{}` is given twice, which RFC 6749 section 3.2 forbids",
                name.escape_debug()
            );
            return Err(Error::new(Fault::Caller, message));
        }
        self.more.push(name);
        self.separate();
        push_encoded(name, &mut self.text);
        self.text.push('=');
        push_encoded(value, &mut self.text);
        Ok(())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.ours.iter().any(|(known, value)| *known == name && !value.is_empty())
            || self.more.contains(&name)
    }

    fn separate(&mut self) {
        if !matches!(self.text.as_bytes().last(), None | Some(b'?' | b'&')) {
            self.text.push('&');
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

/// The unreserved characters of RFC 3986 section 2.3. All others are encoded, a blank as `%20` and not as `+`: both say the same
/// in a form, and `%20` also to servers that decode Basic as they would a URL.
const UNRESERVED: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] =
            (byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')) as u8;
        byte += 1;
    }
    table
};

pub(crate) fn form_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    push_encoded(text, &mut encoded);
    encoded
}

fn push_encoded(text: &str, to: &mut String) {
    let unreserved = |byte: &u8| UNRESERVED[usize::from(*byte)];
    let are_all = |bytes: &[u8]| bytes.iter().fold(1, |all, byte| all & unreserved(byte)) == 1;
    // Most have nothing to encode. Eight bytes looked at in one go cost half of one after the other.
    let (parts, rest) = text.as_bytes().as_chunks::<8>();
    if parts.iter().all(|part| are_all(part)) && are_all(rest) {
        return to.push_str(text);
    }
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| unreserved(byte) == 0) {
        to.push_str(text.get(from..at).unwrap_or_default());
        to.push_str(percent_encode_byte(byte));
        from = at + 1;
    }
    to.push_str(text.get(from..).unwrap_or_default());
}

/// For messages, which never show a path. Escaped: not every URL that comes here has been checked.
pub(crate) fn origin_of(url: &str) -> String {
    Target::parse(url)
        .map(|target| target.origin().to_string().escape_debug().to_string())
        .unwrap_or_default()
}

#[cfg(test)]
#[path = "endpoint_tests.rs"]
mod tests;
