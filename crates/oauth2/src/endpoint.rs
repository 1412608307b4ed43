//! An endpoint of an authorization server, and the one request that is sent to any of them: a form.

use authwright_core::{
    Error, Fault, Target,
    flow::{Answer, Io},
};
use http::{Request, Uri, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::client::Client;

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
                "the URL of the {what} has a fragment (`#`), which RFC 6749 section 3.2 forbids"
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

    /// Path and query, by which endpoints of one origin differ.
    pub(crate) fn path_and_query(&self) -> &str {
        self.uri.path_and_query().map_or("/", |line| line.as_str())
    }

    /// A POST with each parameter once and no empty one (RFC 6749 section 3.2), by which the client also says who it is.
    pub(crate) fn request(
        &self,
        client: &Client,
        parameters: &[(&str, &str)],
    ) -> Result<Request<Vec<u8>>, Error> {
        let mut names = Vec::new();
        let mut form = String::new();
        for (name, value) in parameters.iter().copied().chain(client.parameters()) {
            if names.contains(&name) {
                let message = format!(
                    "parameter `{}` is given twice, which RFC 6749 section 3.2 forbids",
                    name.escape_debug()
                );
                return Err(Error::new(Fault::Caller, message));
            }
            names.push(name);
            if value.is_empty() {
                continue;
            }
            if !form.is_empty() {
                form.push('&');
            }
            form.push_str(&form_encoded(name));
            form.push('=');
            form.push_str(&form_encoded(value));
        }
        let mut request = Request::post(self.uri.clone())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json");
        if let Some(value) = client.authorization()? {
            request = request.header(header::AUTHORIZATION, value);
        }
        request
            .body(form.into_bytes())
            .map_err(|_| Error::new(Fault::Caller, "the token request is malformed"))
    }

    /// Sends it. No client follows a redirect for a flow, so the form goes to this endpoint and nowhere else.
    pub(crate) async fn call(
        &self,
        client: &Client,
        parameters: &[(&str, &str)],
        io: &Io,
    ) -> Result<Answer, Error> {
        let request = self.request(client, parameters)?;
        if self.plain_http { io.danger_send_plain_http(request).await } else { io.send(request).await }
    }
}

/// Everything but the unreserved characters of RFC 3986 section 2.3. A blank becomes `%20` and not `+`: both say the same
/// in a form, and `%20` also to servers that decode Basic as they would a URL.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(crate) fn form_encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use authwright_core::Secret;
    use base64::{Engine, engine::general_purpose::STANDARD};
    use percent_encoding::percent_decode_str;

    use super::*;

    fn endpoint() -> Endpoint {
        Endpoint::parse("https://login.example.com/token?tenant=7", "token endpoint", false).unwrap()
    }

    fn client(secret: Option<&str>, in_body: bool) -> Client {
        Client::new("my app".into(), secret.map(Secret::new).as_ref(), in_body).unwrap()
    }

    fn body(request: &Request<Vec<u8>>) -> &str {
        std::str::from_utf8(request.body()).unwrap()
    }

    #[test]
    fn e3_a_form_has_each_parameter_once_and_no_empty_one() {
        let request = endpoint()
            .request(
                &client(None, false),
                &[("grant_type", "refresh_token"), ("scope", ""), ("refresh_token", "a+b&c=ä")],
            )
            .unwrap();
        assert_eq!(request.method(), "POST");
        assert_eq!(request.uri(), "https://login.example.com/token?tenant=7");
        assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded");
        assert_eq!(
            body(&request),
            "grant_type=refresh_token&refresh_token=a%2Bb%26c%3D%C3%A4&client_id=my%20app"
        );
        for twice in ["scope", "client_id"] {
            let error = endpoint()
                .request(&client(None, false), &[("scope", ""), (twice, "x"), (twice, "y")])
                .unwrap_err();
            assert!(error.to_string().contains(&format!("`{twice}` is given twice")), "{error}");
        }
    }

    /// RFC 6749 section 2.3.1 and appendix B, whose example is ` %&+£€`.
    #[test]
    fn e1_basic_gives_back_id_and_secret_exactly() {
        for text in [" %&+£€", "a:b", "%3A", "+/=", "plain-._~", "ä\u{1f511}\n"] {
            let client = Client::new(text.into(), Some(&Secret::new(text)), false).unwrap();
            let request = endpoint().request(&client, &[]).unwrap();
            let field = request.headers()["authorization"].to_str().unwrap();
            let pair = STANDARD.decode(field.strip_prefix("Basic ").unwrap()).unwrap();
            let pair = String::from_utf8(pair).unwrap();
            let (id, secret) = pair.split_once(':').unwrap();
            // As a form decodes it.
            let decoded =
                |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8().unwrap().into_owned();
            assert_eq!((decoded(id), decoded(secret)), (text.into(), text.into()));
        }
    }

    #[test]
    fn e2_a_client_authenticates_in_one_way() {
        let request = endpoint().request(&client(Some("s3cret"), false), &[]).unwrap();
        assert!(request.headers()["authorization"].is_sensitive());
        assert_eq!(body(&request), "");
        let request = endpoint().request(&client(Some("s3cret"), true), &[]).unwrap();
        assert!(!request.headers().contains_key("authorization"));
        assert_eq!(body(&request), "client_id=my%20app&client_secret=s3cret");
        let request = endpoint().request(&client(None, false), &[]).unwrap();
        assert!(!request.headers().contains_key("authorization"));
        assert_eq!(body(&request), "client_id=my%20app");
    }

    #[test]
    fn what_is_wrong_is_found_before_anything_is_sent() {
        let parse = |url| Endpoint::parse(url, "token endpoint", false).map(|endpoint| endpoint.origin);
        assert_eq!(parse("http://127.0.0.1:1/t").unwrap(), "http://127.0.0.1:1");
        for (url, says) in [
            ("", "is malformed"),
            ("login.example.com", "no scheme and host"),
            ("https://login.example.com/t#f", "has a fragment"),
            ("http://login.example.com/s3cret", "http://login.example.com is plain http"),
            ("https://sam:s3cret@login.example.com/", "user name or password"),
        ] {
            let error = parse(url).unwrap_err();
            assert!(error.to_string().contains(says) && !error.to_string().contains("s3cret"), "{error}");
        }
        assert!(Endpoint::parse("http://login.example.com/", "token endpoint", true).is_ok());
        for (id, secret, in_body, says) in [
            ("", None, false, "the client id is empty"),
            ("a", None, true, "no client secret"),
            ("a", Some(""), false, "the client secret of `a` is empty"),
        ] {
            let error = Client::new(id.into(), secret.map(Secret::new).as_ref(), in_body).err().unwrap();
            assert!(error.to_string().contains(says), "{error}");
        }
    }
}
