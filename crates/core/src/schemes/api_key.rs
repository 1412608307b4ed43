//! API keys in a header, in the query or in a cookie.

use std::sync::Arc;

use http::{HeaderName, header};
use secrecy::{ExposeSecret, SecretString};

use super::{
    placed::{Form, Mould, check_characters, header_value},
    value::Value,
};
use crate::{Error, IntoScheme, Scheme, encode, secret::Resolved};

/// An API key, placed where the API wants it.
///
/// ```
/// use authwright_core::{ApiKey, Auth};
///
/// Auth::new("https://api.example.com", ApiKey::header("X-API-Key", "k3y"))?;                       // X-API-Key: k3y
/// Auth::new("https://api.example.com", ApiKey::header("Authorization", "k3y").prefix("ApiKey"))?;  // Authorization: ApiKey k3y
/// Auth::new("https://api.example.com", ApiKey::query("appid", "k3y"))?;                            // ?appid=k3y
/// Auth::new("https://api.example.com", ApiKey::cookie("session", "k3y"))?;                         // Cookie: session=k3y
/// # Ok::<(), authwright_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ApiKey {
    place: Place,
    name: String,
    prefix: Option<String>,
    token_in_query: bool,
    key: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Header,
    Query,
    Cookie,
}

impl ApiKey {
    /// A header field of this name. The name is matched without regard to case, the value sent as it is.
    pub fn header(name: impl Into<String>, key: impl Into<Value>) -> Self {
        Self::new(Place::Header, name, key)
    }

    /// A query parameter of this name, percent-encoded and appended when the request is sent.
    ///
    /// It is in no `Referer`, error or log of ours, but a server's access log will have it: use a header where the
    /// API offers one.
    pub fn query(name: impl Into<String>, key: impl Into<Value>) -> Self {
        Self::new(Place::Query, name, key)
    }

    /// A cookie of this name.
    pub fn cookie(name: impl Into<String>, key: impl Into<Value>) -> Self {
        Self::new(Place::Cookie, name, key)
    }

    /// A word before the key, with a blank between: `Authorization: ApiKey k3y`. For headers.
    pub fn prefix(mut self, word: impl Into<String>) -> Self {
        self.prefix = Some(word.into());
        self
    }

    /// Accepts that the query parameter is called `access_token`.
    ///
    /// RFC 6750 section 2.3 defines that name for bearer tokens, and RFC 9700 section 4.3.2 forbids it: URLs end up
    /// in histories and access logs. For an API that knows nothing else.
    pub fn danger_token_in_query(mut self) -> Self {
        self.token_in_query = true;
        self
    }

    fn new(place: Place, name: impl Into<String>, key: impl Into<Value>) -> Self {
        Self { place, name: name.into(), prefix: None, token_in_query: false, key: key.into() }
    }

    /// The key in the form in which it goes on a hop, checked.
    pub(super) fn form(&self, key: &Resolved) -> Result<Form, Error> {
        if self.prefix.is_some() && self.place != Place::Header {
            return Err(Error::caller(format!("{}: only a header key can have a prefix", self.what())));
        }
        match self.place {
            Place::Header => self.header_form(key),
            Place::Query => self.query_form(key),
            Place::Cookie => self.cookie_form(key),
        }
    }

    fn header_form(&self, key: &Resolved) -> Result<Form, Error> {
        let name = HeaderName::try_from(self.name.as_str()).map_err(|_| self.bad_name("a header"))?;
        if not_for_keys(&name) {
            return Err(Error::caller(format!(
                "header `{name}` belongs to the HTTP client and cannot carry a key{}",
                if name == header::COOKIE { "; use ApiKey::cookie" } else { "" }
            )));
        }
        let value = key.expose();
        if value.starts_with(' ') || value.ends_with(' ') {
            return Err(Error::unsendable(format!(
                "{} starts or ends with a blank, which a header loses on the way",
                key.subject
            )));
        }
        check_characters(key, |c| c == ' ' || c.is_ascii_graphic(), "a header key")?;
        let Some(prefix) = &self.prefix else {
            let value = header_value(&name, value, key)?;
            return Ok(Form::Header(name, value));
        };
        if !encode::is_token(prefix) {
            return Err(Error::caller("the prefix of a header key must be one word without blanks"));
        }
        let text = SecretString::from(format!("{prefix} {value}"));
        let value = header_value(&name, text.expose_secret(), key)?;
        Ok(Form::Header(name, value))
    }

    fn query_form(&self, key: &Resolved) -> Result<Form, Error> {
        // With these it is a whole pair, or several: the key would be shown as a name.
        if self.name.is_empty() || self.name.contains(['=', '&']) {
            return Err(self.bad_name("a query parameter"));
        }
        if self.name.eq_ignore_ascii_case("access_token") && !self.token_in_query {
            return Err(Error::caller(
                "`access_token` in the query would put a bearer token into histories and access logs (RFC 9700 \
                 section 4.3.2); use Bearer, or .danger_token_in_query() if the API knows nothing else",
            ));
        }
        check_characters(key, |c| !c.is_control(), "a query key")?;
        let pair = SecretString::from(encode::query_pair(&self.name, key.expose()));
        Ok(Form::Query(self.name.as_str().into(), pair))
    }

    fn cookie_form(&self, key: &Resolved) -> Result<Form, Error> {
        if !encode::is_token(&self.name) {
            return Err(self.bad_name("a cookie"));
        }
        let octet = |c: char| u8::try_from(c).is_ok_and(encode::is_cookie_octet);
        check_characters(key, octet, "a cookie")?;
        let Some(pair) = encode::cookie_pair(&self.name, key.expose()) else {
            return Err(self.bad_name("a cookie"));
        };
        drop(pair.clone()); // turns shared here, not with the first request
        Ok(Form::Cookie(self.name.as_str().into(), pair))
    }

    fn bad_name(&self, what: &str) -> Error {
        Error::caller(format!("`{}` cannot be the name of {what}", named(&self.name)))
    }
}

impl IntoScheme for ApiKey {
    fn into_scheme(self) -> Result<Arc<dyn Scheme>, Error> {
        let (what, key) = (self.what(), self.key.clone());
        key.placed(Mould::new(what, move |key| self.form(key)))
    }

    fn what(&self) -> String {
        let place = match self.place {
            Place::Header => "header",
            Place::Query => "query",
            Place::Cookie => "cookie",
        };
        format!("{place} key `{}`", named(&self.name))
    }
}

/// Fields that frame or route the message (RFC 9110 section 7.6.1; RFC 9112 section 6): a key there breaks requests.
/// A name for messages. What follows a colon or an equals sign is no part of it, and may be the key.
fn named(name: &str) -> String {
    const MOST: usize = 64;
    let mut shown: String = name
        .chars()
        .take_while(|c| !matches!(c, ':' | '='))
        .take(MOST)
        .flat_map(char::escape_debug)
        .collect();
    if name.contains([':', '=']) || name.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

fn not_for_keys(name: &HeaderName) -> bool {
    [
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::COOKIE,
        header::EXPECT,
        header::HOST,
        header::PROXY_AUTHORIZATION,
        header::REFERER,
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
    ]
    .contains(name)
}
