//! The types of this crate: how the scheme of each is made.

use std::sync::Arc;

use super::{Entry, Made};
use crate::{ApiKey, Basic, Bearer, Error, IntoScheme, IntoSource, LoginEndpoint, Scheme, Tokens, Value};

/// What other crates bring, so that an error can say which.
const OAUTH2: [&str; 5] = ["client_credentials", "jwt_bearer", "refresh_token", "session", "token_exchange"];

pub(super) fn names_elsewhere() -> impl Iterator<Item = &'static str> {
    OAUTH2.into_iter()
}

/// What a type needs that is known and not here.
pub(super) fn elsewhere(kind: &str) -> Option<&'static str> {
    if OAUTH2.contains(&kind) {
        return Some("the crate authwright-oauth2: build_with(&[authwright_oauth2::schemes])");
    }
    if kind == "danger_password" {
        return Some("the feature `danger-password-grant` of authwright-oauth2");
    }
    matches!(kind, "digest" | "password").then_some("the feature `digest`")
}

pub(super) fn make(entry: &Entry<'_>) -> Made {
    entry.made_by(&[
        ("api_key", api_key),
        ("basic", basic),
        ("bearer", bearer),
        #[cfg(feature = "digest")]
        ("digest", digest),
        #[cfg(feature = "digest")]
        ("password", password),
        ("login", login),
    ])
}

fn api_key(entry: &Entry<'_>) -> Result<Arc<dyn Scheme>, Error> {
    let (place, key) = (Place::of(entry)?, entry.secret("key")?);
    place.ok_or_else(|| entry.missing_place())?.key(key).into_scheme()
}

fn basic(entry: &Entry<'_>) -> Result<Arc<dyn Scheme>, Error> {
    let user = entry.text_or_secret("user")?;
    // With an empty password the user is the secret: a key, at some APIs.
    if entry.is_empty_text("password") {
        return Basic::new(entry.secret("user")?, "").into_scheme();
    }
    Basic::new(user, entry.secret("password")?).into_scheme()
}

fn bearer(entry: &Entry<'_>) -> Result<Arc<dyn Scheme>, Error> {
    Bearer::new(entry.secret("token")?).into_scheme()
}

#[cfg(feature = "digest")]
fn digest(entry: &Entry<'_>) -> Result<Arc<dyn Scheme>, Error> {
    let digest = crate::Digest::new(entry.text_or_secret("user")?, entry.secret("password")?);
    if entry.flag("without_md5")? { digest.without_md5() } else { digest }.into_scheme()
}

#[cfg(feature = "digest")]
fn password(entry: &Entry<'_>) -> Result<Arc<dyn Scheme>, Error> {
    let password = crate::Password::new(entry.text_or_secret("user")?, entry.secret("password")?);
    if entry.flag("without_md5")? { password.without_md5() } else { password }.into_scheme()
}

fn login(entry: &Entry<'_>) -> Result<Arc<dyn Scheme>, Error> {
    let url = entry.text("url")?;
    let mut login = match entry.choice("format", &["json", "form"])? {
        Some("form") => LoginEndpoint::form(url),
        _ => LoginEndpoint::json(url),
    };
    for (name, text) in entry.texts_besides("fields", "move it to secrets, as a reference")? {
        login = login.field(name, text);
    }
    for (name, secret) in entry.secrets("secrets")? {
        login = login.secret(name, secret);
    }
    for (name, secret) in entry.secrets("headers")? {
        login = login.header(name, secret);
    }
    if let Some(pointer) = entry.optional_text("token_at")? {
        login = login.token_at(pointer);
    }
    if let Some(pointer) = entry.optional_text("expires_in_at")? {
        login = login.expires_in_at(pointer);
    }
    if let Some(lifetime) = entry.seconds("lifetime")? {
        login = login.lifetime(lifetime);
    }
    if entry.flag("danger_plain_http")? {
        login = login.danger_plain_http();
    }
    entry.tokens(login)
}

/// Messages name the place of a key: this bounds them.
const LONGEST_NAME: usize = 128;

/// Where a key or a token goes.
struct Place<'a> {
    member: &'static str,
    name: &'a str,
    prefix: Option<&'a str>,
    in_query: bool,
}

impl<'a> Place<'a> {
    fn of(entry: &Entry<'a>) -> Result<Option<Self>, Error> {
        let (prefix, in_query) = (entry.optional_text("prefix")?, entry.flag("danger_token_in_query")?);
        let mut found: Option<Self> = None;
        for member in ["header", "query", "cookie"] {
            let Some(name) = entry.optional_text(member)? else { continue };
            if let Some(other) = found {
                return Err(
                    entry.error(member, format!("is there beside {}; keep one of the two", other.member))
                );
            }
            if name.len() > LONGEST_NAME {
                return Err(entry.error(member, format!("is longer than {LONGEST_NAME} bytes")));
            }
            found = Some(Self { member, name, prefix, in_query });
        }
        if let Some(place) = &found
            && place.member != "header"
            && prefix.is_some()
        {
            return Err(entry.error("prefix", "goes with header alone"));
        }
        Ok(found)
    }

    fn key(&self, value: impl Into<Value>) -> ApiKey {
        let key = match self.member {
            "header" => ApiKey::header(self.name, value),
            "query" => ApiKey::query(self.name, value),
            _ => ApiKey::cookie(self.name, value),
        };
        let key = if self.in_query { key.danger_token_in_query() } else { key };
        match self.prefix {
            Some(prefix) => key.prefix(prefix),
            None => key,
        }
    }
}

impl Entry<'_> {
    /// A scheme of tokens from this source, renewed and kept as the document and the program say:
    /// [`TOKEN_MEMBERS`](super::TOKEN_MEMBERS) and
    /// [`store`](Self::store). They go as Bearer, or in their source's own way, or in the header, query parameter or cookie that is
    /// named.
    ///
    /// # Errors
    /// The source is malformed, or a member is.
    pub fn tokens(&self, source: impl IntoSource) -> Result<Arc<dyn Scheme>, Error> {
        let source = source.into_source()?;
        let names_itself = source.names_itself();
        let mut tokens = Tokens::builder(source);
        if let Some(margin) = self.seconds("margin")? {
            tokens = tokens.margin(margin);
        }
        let identity = self.optional_text("store_as")?;
        // One that nobody can tell from others is fetched anew at each start.
        if let Some(store) = self.store().filter(|_| names_itself || identity.is_some()) {
            tokens = tokens.store(store);
        }
        if let Some(identity) = identity {
            tokens = tokens.store_as(identity);
        }
        self.put(tokens.build()?)
    }

    /// A scheme that puts these tokens where the document says, for sources that keep them by themselves.
    ///
    /// # Errors
    /// A member is malformed, or the tokens go in no other way than their own.
    pub fn put(&self, tokens: Tokens) -> Result<Arc<dyn Scheme>, Error> {
        match Place::of(self)? {
            Some(place) => place.key(tokens).into_scheme(),
            None => tokens.into_scheme(),
        }
    }

    fn missing_place(&self) -> Error {
        let what =
            "has none of header, query and cookie; write where the key goes, like header = \"X-API-Key\"";
        Error::caller(format!("{} {what}", self.place))
    }

    fn is_empty_text(&self, name: &'static str) -> bool {
        matches!(self.ask(name), Some(super::Node::Text(text)) if text.is_empty())
    }
}
