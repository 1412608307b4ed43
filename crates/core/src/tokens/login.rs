//! A login endpoint that is nobody's standard: user and password in, a token out.

use std::{
    fmt::{self, Write},
    time::Duration,
};

use http::{HeaderName, HeaderValue, Request, StatusCode, Uri, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::{IntoSource, Source, Token, TokenSource};
use crate::{
    Error, Fault, Secret, Target, encode,
    flow::{Answer, Io},
    origin,
    secret::{Resolved, Shown},
    store::fnv_1a,
};

/// How long a token lives where the endpoint does not say.
const LIFETIME: Duration = Duration::from_secs(3600);

/// A login endpoint: a POST with user and password, as JSON or as a form, whose JSON answer holds a token.
///
/// The call carries no credential of an [`Auth`](crate::Auth) and follows no redirect. One login serves all callers; the
/// next one happens ahead of the token's end, or after a 401.
///
/// ```
/// use authwright_core::{Auth, LoginEndpoint, Secret, Tokens};
///
/// let login = LoginEndpoint::json("https://api.example.com/login")
///     .field("email", "sam@example.com")
///     .secret("password", Secret::new("hunter2"))
///     .token_at("/data/token")
///     .expires_in_at("/data/ttl");
/// let auth = Auth::new("https://api.example.com", Tokens::new(login)?)?;
/// # Ok::<(), authwright_core::Error>(())
/// ```
#[derive(Clone)]
pub struct LoginEndpoint {
    url: String,
    format: Format,
    fields: Vec<(String, Given)>,
    headers: Vec<(String, Secret)>,
    token_at: String,
    expires_in_at: String,
    lifetime: Duration,
    plain_http: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Json,
    Form,
}

#[derive(Clone)]
enum Given {
    Text(String),
    Secret(Secret),
}

impl LoginEndpoint {
    /// An endpoint that takes a JSON object.
    pub fn json(url: impl Into<String>) -> Self {
        Self::new(url.into(), Format::Json)
    }

    /// An endpoint that takes a form (`application/x-www-form-urlencoded`).
    pub fn form(url: impl Into<String>) -> Self {
        Self::new(url.into(), Format::Form)
    }

    fn new(url: String, format: Format) -> Self {
        Self {
            url,
            format,
            fields: Vec::new(),
            headers: Vec::new(),
            token_at: "/access_token".into(),
            expires_in_at: "/expires_in".into(),
            lifetime: LIFETIME,
            plain_http: false,
        }
    }

    /// A field that is no secret: the user's name, a tenant. It tells this login from others, in messages and in a store.
    pub fn field(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.fields.push((name.into(), Given::Text(value.into())));
        self
    }

    /// A field that is a secret: the password.
    pub fn secret(mut self, name: impl Into<String>, value: impl Into<Secret>) -> Self {
        self.fields.push((name.into(), Given::Secret(value.into())));
        self
    }

    /// A header field for the login call alone, counted as secret: the key some APIs want even for a login.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Secret>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Where the token stands in the answer, as a JSON pointer (RFC 6901): `/access_token` where nothing is said.
    pub fn token_at(mut self, pointer: impl Into<String>) -> Self {
        self.token_at = pointer.into();
        self
    }

    /// Where its lifetime stands, in seconds: `/expires_in` where nothing is said.
    pub fn expires_in_at(mut self, pointer: impl Into<String>) -> Self {
        self.expires_in_at = pointer.into();
        self
    }

    /// How long a token lives where the answer does not say: an hour where nothing is said.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Accepts that the endpoint is plain http on another machine: everyone on the way can read the password.
    pub fn danger_plain_http(mut self) -> Self {
        self.plain_http = true;
        self
    }
}

impl IntoSource for LoginEndpoint {
    fn into_source(self) -> Result<Source, Error> {
        let malformed = || {
            Error::caller(
                "the URL of the login endpoint is malformed; write it like https://api.example.com/login",
            )
        };
        let uri: Uri = self.url.parse().map_err(|_| malformed())?;
        if uri.scheme().is_none() || uri.authority().is_none() {
            return Err(malformed());
        }
        let target = Target::from_uri(&uri)?;
        let origin = target.origin().to_string();
        if !origin::is_protected(&target) && !self.plain_http {
            return Err(Error::caller(format!(
                "{origin} is plain http: the password could be read on the way; use https, or .danger_plain_http() if \
                 you accept that"
            )));
        }
        for (name, pointer) in [("token_at", &self.token_at), ("expires_in_at", &self.expires_in_at)] {
            if !pointer.starts_with('/') {
                return Err(Error::caller(format!(
                    "{name} of the login at {origin} must be a JSON pointer, which starts with `/`: `/access_token`"
                )));
            }
        }
        let mut login = Login {
            uri,
            origin,
            format: self.format,
            fields: Vec::new(),
            headers: Vec::new(),
            hints: Vec::new(),
            token_at: self.token_at,
            expires_in_at: self.expires_in_at,
            lifetime: self.lifetime,
            plain_http: self.plain_http,
        };
        for (name, given) in self.fields {
            login.add_field(name, given)?;
        }
        for (name, value) in self.headers {
            login.add_header(&name, &value)?;
        }
        Ok(Source::new(login))
    }
}

/// Shows no value.
impl fmt::Debug for LoginEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields: Vec<_> = self.fields.iter().map(|(name, _)| name).collect();
        f.debug_struct("LoginEndpoint").field("fields", &fields).finish_non_exhaustive()
    }
}

/// A login endpoint that has been checked.
struct Login {
    uri: Uri,
    origin: String,
    format: Format,
    fields: Vec<(String, FieldValue)>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// How to speak of each field when a login is refused.
    hints: Vec<String>,
    token_at: String,
    expires_in_at: String,
    lifetime: Duration,
    plain_http: bool,
}

enum FieldValue {
    Text(String),
    Secret(SecretString),
}

impl FieldValue {
    fn expose(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Secret(secret) => secret.expose_secret(),
        }
    }
}

impl Login {
    fn add_field(&mut self, name: String, given: Given) -> Result<(), Error> {
        let value = match given {
            Given::Text(_) if is_secret_name(&name) => {
                return Err(Error::caller(format!(
                    "field `{}` of the login at {} looks like a secret: give it with .secret(..), so that it is never \
                     shown",
                    Shown(&name),
                    self.origin
                )));
            }
            Given::Text(text) => {
                self.hints.push(format!("`{}`", Shown(&name)));
                FieldValue::Text(text)
            }
            Given::Secret(secret) => {
                let place = format!("field `{}` of the login at {}", Shown(&name), self.origin);
                let secret = Resolved::from(&secret).map_err(|error| error.at(&place))?;
                self.hints.push(format!(
                    "`{}` ({}, {})",
                    Shown(&name),
                    secret.reference,
                    secret.fingerprint()
                ));
                FieldValue::Secret(secret.expose().into())
            }
        };
        self.fields.push((name, value));
        Ok(())
    }

    fn add_header(&mut self, name: &str, value: &Secret) -> Result<(), Error> {
        let wrong = || Error::caller(format!("header `{}` of a login is malformed", name.escape_debug()));
        let field = HeaderName::try_from(name).map_err(|_| wrong())?;
        let secret =
            Resolved::from(value).map_err(|error| error.at(&format!("header `{field}` of the login")))?;
        let mut value = HeaderValue::from_str(secret.expose()).map_err(|_| {
            Error::unsendable(format!("{} has a character that header `{field}` cannot have", secret.subject))
        })?;
        value.set_sensitive(true);
        self.headers.push((field, value));
        Ok(())
    }

    fn request(&self) -> Result<Request<Vec<u8>>, Error> {
        let (kind, body) = match self.format {
            Format::Json => {
                let fields = self.fields.iter();
                let object: Map<_, _> =
                    fields.map(|(name, value)| (name.clone(), value.expose().into())).collect();
                ("application/json", Value::Object(object).to_string())
            }
            Format::Form => {
                let pairs = self.fields.iter().map(|(name, value)| encode::query_pair(name, value.expose()));
                let form: String = pairs.collect();
                ("application/x-www-form-urlencoded", form.trim_start_matches('&').to_owned())
            }
        };
        let mut request = Request::post(self.uri.clone())
            .header(header::CONTENT_TYPE, kind)
            .header(header::ACCEPT, "application/json");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(body.into_bytes()).map_err(|_| Error::caller("the login request is malformed"))
    }

    fn read(&self, answer: &Answer, io: &Io) -> Result<Token, Error> {
        let status = answer.status();
        if !status.is_success() {
            return Err(self.refused(answer, io));
        }
        let says = format!("login at {} answered {}", self.origin, status.as_u16());
        // A page of a gateway or a captive portal rather than the endpoint's own answer: that passes.
        let json =
            answer.json().map_err(|_| Error::server(format!("{says}, but not with JSON")).transient())?;
        let Some(token) = json.text(&self.token_at).filter(|token| !token.is_empty()) else {
            return Err(Error::server(format!(
                "{says}, but there is no string at {} (members: {})",
                Shown(&self.token_at),
                json.member_names()
            )));
        };
        let lifetime = json.lifetime(&self.expires_in_at).unwrap_or(self.lifetime);
        Ok(Token::new(token).lifetime(answer.asked_at(), lifetime))
    }

    fn refused(&self, answer: &Answer, io: &Io) -> Error {
        let (status, origin) = (answer.status(), &self.origin);
        let code = status.as_u16();
        let error = match status {
            StatusCode::BAD_REQUEST
            | StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::UNPROCESSABLE_ENTITY => Error::credential(format!(
                "login at {origin} was refused ({code}); check {}",
                if self.hints.is_empty() { "its fields".to_owned() } else { self.hints.join(" and ") }
            )),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                Error::server(format!("login at {origin} answered {code}; try again later")).transient()
            }
            _ if status.is_server_error() => {
                Error::server(format!("login at {origin} answered {code}; try again later")).transient()
            }
            _ if status.is_redirection() => Error::server(format!(
                "login at {origin} answered {code}, a redirect, which is not followed with a password; use the URL it \
                 leads to"
            )),
            _ => Error::new(Fault::Caller, format!("login at {origin} answered {code}; check its URL")),
        };
        match answer.retry_after(io.now()) {
            Some(wait) if error.is_transient() => error.with_retry_after(wait),
            _ => error,
        }
    }
}

impl TokenSource for Login {
    async fn fetch(&self, io: &Io) -> Result<Token, Error> {
        let request = self.request()?;
        let answer =
            if self.plain_http { io.danger_send_plain_http(request).await } else { io.send(request).await };
        let answer = answer.map_err(|error| error.because(&format_args!("login at {}", self.origin)))?;
        self.read(&answer, io)
    }

    /// Path and query stand in it as a hash: it is shown in messages.
    fn identity(&self) -> Option<String> {
        let place = self.uri.path_and_query().map_or("/", |place| place.as_str());
        let mut identity = format!("login {} {:x}", self.origin, fnv_1a(place.as_bytes()));
        let mut is_told_apart = false;
        for (name, value) in &self.fields {
            if let FieldValue::Text(text) = value {
                is_told_apart = true;
                let _ = write!(identity, " {}={text:?}", Shown(name));
            }
        }
        // Where all is secret, or a header may say who it is, two users would share a record: the program has to name it.
        (is_told_apart && self.headers.is_empty()).then_some(identity)
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "login at {}", self.origin)
    }
}

/// Shows no value.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({})", self.origin)
    }
}

/// Names under which nobody gives anything but a secret: `password`, `user_password`, `secretKey`, `access-token`; not `token_type`.
pub(crate) fn is_secret_name(name: &str) -> bool {
    const SECRET: [&str; 12] = [
        "password",
        "passwd",
        "passphrase",
        "passcode",
        "pass",
        "pwd",
        "secret",
        "token",
        "apikey",
        "pin",
        "otp",
        "totp",
    ];
    const ABOUT_ONE: [&str; 7] = ["type", "format", "id", "name", "url", "uri", "hint"];
    const WITH_KEY: [&str; 3] = ["api", "private", "access"];
    let mut parts = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            parts.push(' ');
        }
        parts.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' });
    }
    // In capitals throughout, each letter would be a part.
    let whole = name.to_ascii_lowercase();
    let parts: Vec<_> = parts.split(' ').filter(|part| !part.is_empty()).collect();
    if parts.last().is_some_and(|last| ABOUT_ONE.contains(last)) {
        return false;
    }
    let is_key = |pair: &[&str]| pair[1] == "key" && WITH_KEY.contains(&pair[0]);
    SECRET.contains(&&*whole)
        || parts.iter().any(|part| SECRET.contains(part))
        || parts.windows(2).any(is_key)
}

#[cfg(test)]
mod tests {
    use super::is_secret_name;

    #[test]
    fn what_looks_like_a_secret() {
        for name in [
            "password",
            "PASSWORD",
            "Pwd",
            "user_password",
            "userPassword",
            "secretKey",
            "access-token",
            "api_key",
            "apiKey",
            "ApiKey",
            "private_key",
            "passcode",
            "otp",
            "client_secret",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "email",
            "user",
            "passenger",
            "token_type",
            "tokenFormat",
            "key",
            "tenant",
            "spin",
            "secret_name",
            "",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
