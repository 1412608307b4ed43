//! The types of this crate: what each has, in words for people and for a schema, and how its scheme is made.

use std::sync::Arc;

use super::{Entry, Made};
use crate::{ApiKey, Basic, Bearer, Error, IntoScheme, IntoSource, LoginEndpoint, Scheme, Tokens, Value};

/// A type of entry.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The word after `type`.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// What it has besides `origins`, `type` and `danger_plain_http`.
    pub members: &'static [Member],
    /// Of these, just one has to be there; or at most one, where the first is empty.
    pub one_of: &'static [&'static str],
}

/// What an entry of a type may or must have.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// Whether it has to be there.
    pub required: bool,
}

/// What a member holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Holds {
    /// Text.
    Text,
    /// A secret, by reference: `env:NAME`, `file:PATH`, `dotenv:NAME`.
    Secret,
    /// Text, or a reference.
    TextOrSecret,
    /// True or false.
    Flag,
    /// Whole seconds.
    Seconds,
    /// Text or a list of texts.
    List,
    /// A table of texts.
    Texts,
    /// A table of secrets.
    Secrets,
    /// One of these words.
    Choice(&'static [&'static str]),
}

impl Member {
    /// One that has to be there.
    pub const fn required(name: &'static str, holds: Holds, about: &'static str) -> Self {
        Self { name, about, holds, required: true }
    }

    /// One that may be there.
    pub const fn optional(name: &'static str, holds: Holds, about: &'static str) -> Self {
        Self { name, about, holds, required: false }
    }
}

const HEADER: Member = Member::optional("header", Holds::Text, "The header field that carries it.");
const QUERY: Member = Member::optional("query", Holds::Text, "The query parameter that carries it.");
const COOKIE: Member = Member::optional("cookie", Holds::Text, "The cookie that carries it.");
const PREFIX: Member =
    Member::optional("prefix", Holds::Text, "A word before it, in a header: `Token`, `ApiKey`.");
const DANGER_QUERY: Member = Member::optional(
    "danger_token_in_query",
    Holds::Flag,
    "Accepts the query parameter `access_token`, which ends up in histories and access logs.",
);
const USER: Member = Member::required("user", Holds::TextOrSecret, "The user.");
const WITHOUT_MD5: Member =
    Member::optional("without_md5", Holds::Flag, "Does not answer a Digest challenge with MD5.");

/// How tokens go and are renewed: members of every type whose source makes tokens, whichever crate it is from.
pub const TOKEN_MEMBERS: [Member; 5] = [
    Member::optional(
        "header",
        Holds::Text,
        "The header field that carries the token, instead of `Authorization: Bearer`.",
    ),
    Member::optional("query", Holds::Text, "The query parameter that carries the token."),
    Member::optional("cookie", Holds::Text, "The cookie that carries the token."),
    PREFIX,
    Member::optional(
        "margin",
        Holds::Seconds,
        "How long before its end a token is renewed: 60 s where nothing is said.",
    ),
];

/// The types of this crate. `digest` and `password` need the feature `digest`.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "api_key",
        about: "A key in a header, in the query or in a cookie.",
        members: &[
            HEADER,
            QUERY,
            COOKIE,
            Member::required("key", Holds::Secret, "The key."),
            PREFIX,
            DANGER_QUERY,
        ],
        one_of: &["header", "query", "cookie"],
    },
    Kind {
        name: "basic",
        about: "A user and a password (RFC 7617).",
        members: &[
            USER,
            Member::required(
                "password",
                Holds::Secret,
                "The password; \"\" where the user is the secret, and written as a reference.",
            ),
        ],
        one_of: &[],
    },
    Kind {
        name: "bearer",
        about: "A token that stays the same (RFC 6750).",
        members: &[Member::required("token", Holds::Secret, "The token, without the word Bearer.")],
        one_of: &[],
    },
    Kind {
        name: "digest",
        about: "A user and a password that is never sent (RFC 7616).",
        members: &[USER, Member::required("password", Holds::Secret, "The password."), WITHOUT_MD5],
        one_of: &[],
    },
    Kind {
        name: "password",
        about: "A user and a password for whichever scheme the server asks for: Digest, else Basic.",
        members: &[USER, Member::required("password", Holds::Secret, "The password."), WITHOUT_MD5],
        one_of: &[],
    },
    Kind {
        name: "login",
        about: "A login endpoint: a POST whose JSON answer holds a token.",
        members: &[
            Member::required("url", Holds::Text, "Where to log in."),
            Member::optional(
                "format",
                Holds::Choice(&["json", "form"]),
                "What is posted: json where nothing is said.",
            ),
            Member::optional("fields", Holds::Texts, "Fields that are no secrets: the user's name."),
            Member::optional("secrets", Holds::Secrets, "Fields that are: the password."),
            Member::optional("headers", Holds::Secrets, "Header fields of the login alone."),
            Member::optional(
                "token_at",
                Holds::Text,
                "A JSON pointer to the token: /access_token where nothing is said.",
            ),
            Member::optional(
                "expires_in_at",
                Holds::Text,
                "A JSON pointer to its lifetime in seconds: /expires_in.",
            ),
            Member::optional(
                "lifetime",
                Holds::Seconds,
                "How long it lives where the answer does not say: an hour.",
            ),
            TOKEN_MEMBERS[0],
            TOKEN_MEMBERS[1],
            TOKEN_MEMBERS[2],
            TOKEN_MEMBERS[3],
            TOKEN_MEMBERS[4],
        ],
        one_of: &["", "header", "query", "cookie"],
    },
];

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
    matches!(kind, "digest" | "password").then_some("the feature `digest`")
}

pub(super) fn make(entry: &Entry<'_>) -> Made {
    let make = [
        ("api_key", api_key as fn(&Entry<'_>) -> Result<Arc<dyn Scheme>, Error>),
        ("basic", basic),
        ("bearer", bearer),
        #[cfg(feature = "digest")]
        ("digest", digest),
        #[cfg(feature = "digest")]
        ("password", password),
        ("login", login),
    ];
    // Each is asked for, so that a misspelling finds its neighbour.
    let mut made = make.into_iter().filter(|(name, _)| entry.is(name)).collect::<Vec<_>>();
    made.pop().map(|(_, make)| make(entry))
}

fn api_key(entry: &Entry<'_>) -> Result<Arc<dyn Scheme>, Error> {
    let (place, key) = (Place::of(entry)?, entry.secret("key")?);
    let in_query = entry.flag("danger_token_in_query")?;
    let Some(place) = place else {
        return Err(entry.missing_place());
    };
    let key = place.key(key);
    if in_query { key.danger_token_in_query() } else { key }.into_scheme()
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
    for (name, text) in entry.texts("fields")? {
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

/// Where a key or a token goes.
struct Place<'a> {
    member: &'static str,
    name: &'a str,
    prefix: Option<&'a str>,
}

impl<'a> Place<'a> {
    fn of(entry: &Entry<'a>) -> Result<Option<Self>, Error> {
        let prefix = entry.optional_text("prefix")?;
        let mut found: Option<Self> = None;
        for member in ["header", "query", "cookie"] {
            let Some(name) = entry.optional_text(member)? else { continue };
            if let Some(other) = found {
                return Err(
                    entry.error(member, format!("{} is there too; keep one of the two", other.member))
                );
            }
            found = Some(Self { member, name, prefix });
        }
        if let Some(place) = &found
            && place.member != "header"
            && prefix.is_some()
        {
            return Err(entry.error("prefix", "only a header can have one"));
        }
        Ok(found)
    }

    fn key(&self, value: impl Into<Value>) -> ApiKey {
        let key = match self.member {
            "header" => ApiKey::header(self.name, value),
            "query" => ApiKey::query(self.name, value),
            _ => ApiKey::cookie(self.name, value),
        };
        match self.prefix {
            Some(prefix) => key.prefix(prefix),
            None => key,
        }
    }
}

impl Entry<'_> {
    /// A scheme of tokens from this source, renewed and kept as the document and the program say: [`TOKEN_MEMBERS`] and
    /// [`store`](Self::store). They go as Bearer, or in their source's own way, or in the header, query parameter or cookie that is
    /// named.
    ///
    /// # Errors
    /// The source is malformed, or a member is.
    pub fn tokens(&self, source: impl IntoSource) -> Result<Arc<dyn Scheme>, Error> {
        let mut tokens = Tokens::builder(source);
        if let Some(margin) = self.seconds("margin")? {
            tokens = tokens.margin(margin);
        }
        if let Some(store) = self.store() {
            tokens = tokens.store(store);
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
