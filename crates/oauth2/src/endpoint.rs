//! An endpoint of an authorization server, and what is sent to it: a form, or JSON where a program registers itself.

use authwright_core::{
    Error, Fault, Target,
    flow::{Answer, Io},
};
use http::{Request, Uri, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::client::Shown;

/// A URL that has been checked: https, or http on this machine, or http because somebody insists.
pub(crate) struct Endpoint {
    uri: Uri,
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
        let uri: Uri = url.parse().map_err(|_| {
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
        Ok(Self { uri, origin, plain_http })
    }

    /// The whole URL. It may hold a secret: for the store, not for messages.
    pub(crate) fn url(&self) -> String {
        self.uri.to_string()
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// A POST with each parameter once and no empty one (RFC 6749 section 3.2), by which the client also says who it is.
    pub(crate) fn request(
        &self,
        parameters: &[(&str, &str)],
        shown: &Shown<'_>,
    ) -> Result<Request<Vec<u8>>, Error> {
        let mut form = Form::default();
        // An authorization request that is pushed says the client's id by itself (RFC 9126 section 2.1).
        let shown_too = shown.parameters().filter(|pair| !parameters.contains(pair));
        for (name, value) in parameters.iter().copied().chain(shown_too) {
            form.push(name, value)?;
        }
        let mut request = Request::post(self.uri.clone())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json");
        if let Some(value) = &shown.authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        request
            .body(form.text.into_bytes())
            .map_err(|_| Error::new(Fault::Caller, "the token request is malformed"))
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
    pub(crate) async fn send(&self, request: Request<Vec<u8>>, io: &Io) -> Result<Answer, Error> {
        if self.plain_http { io.danger_send_plain_http(request).await } else { io.send(request).await }
    }
}

/// Parameters as `application/x-www-form-urlencoded`, in a body or behind a question mark.
#[derive(Default)]
pub(crate) struct Form<'a> {
    names: Vec<&'a str>,
    text: String,
}

impl<'a> Form<'a> {
    /// Adds a parameter, unless it is empty.
    pub(crate) fn push(&mut self, name: &'a str, value: &str) -> Result<(), Error> {
        // But for this one (RFC 8707 section 2).
        if name != "resource" && self.names.contains(&name) {
            let message = format!(
                "parameter `{}` is given twice, which RFC 6749 section 3.2 forbids",
                name.escape_debug()
            );
            return Err(Error::new(Fault::Caller, message));
        }
        if value.is_empty() {
            return Ok(());
        }
        self.names.push(name);
        if !self.text.is_empty() {
            self.text.push('&');
        }
        self.text.extend(utf8_percent_encode(name, RESERVED));
        self.text.push('=');
        self.text.extend(utf8_percent_encode(value, RESERVED));
        Ok(())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.contains(&name)
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

/// Everything but the unreserved characters of RFC 3986 section 2.3. A blank becomes `%20` and not `+`: both say the same
/// in a form, and `%20` also to servers that decode Basic as they would a URL.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(crate) fn form_encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
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
