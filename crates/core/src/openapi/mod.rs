//! Who a program is at an API that is described by an OpenAPI document, 3.0 or 3.1. Of a document of 3.2 it
//! reads what is the same there, and the flow `deviceAuthorization`.
//!
//! The document says which credentials the API wants and where it is; a table says, by the names of the document's
//! `securitySchemes`, where the program has them. Together they are an [`AuthConfig`].
//!
//! ```
//! use authwright_core::OpenApi;
//!
//! let document = r#"{
//!     "openapi": "3.1.0",
//!     "servers": [{"url": "https://api.example.com/v1"}],
//!     "security": [{"app": []}],
//!     "components": {"securitySchemes": {"app": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}}
//! }"#;
//! let api: OpenApi = serde_json::from_str(document)?;
//! let config = api.credential("app", "env:EXAMPLE_KEY").config()?;
//! assert_eq!(
//!     serde_json::to_string(&config)?,
//!     r#"[{"origins":["https://api.example.com/v1"],"type":"api_key","header":"X-API-Key","key":"env:EXAMPLE_KEY"}]"#
//! );
//!
//! let error = config.build().unwrap_err().to_string(); // which reads the secret
//! assert_eq!(error, "securitySchemes.app.key: environment variable EXAMPLE_KEY is not set");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is given for a scheme
//!
//! | the document says | one reference | or members |
//! |---|---|---|
//! | `apiKey` | the key | `key`, and `prefix` where a word goes before it |
//! | `http`, `bearer` | the token | `token` |
//! | `http`, `basic` | | `user` and `password`, which is `""` where the user is a key |
//! | `http`, `digest` | | `user` and `password`; needs the feature `digest` |
//! | `oauth2`, `openIdConnect` | a token that is there | `client_id`, `client_secret`, and what else the type has; needs `authwright_oauth2::schemes` |
//! | `mutualTLS` | | nothing: it is the client's certificate |
//!
//! The members are those of the [types](crate::config) of an `AuthConfig`, and what is given wins over what the document says: `type`,
//! `scope`, `issuer`, `origins`. Of OAuth 2, `clientCredentials` becomes the type `client_credentials`, `authorizationCode` and
//! `deviceAuthorization` become `session`, and a table with a `refresh_token` becomes that. The implicit and the password flow are
//! refused.
//!
//! # Which schemes are used
//!
//! Of the alternatives of `security` the first for which all is given. Operations that have a `security` of their own are served too,
//! where what they want is given; a scheme that is named and that nothing requires is used. It is an error where none of these lists is
//! met. An `Auth` is for servers, not for operations: two schemes that write the same field are an error, and it is the table that
//! decides, or [`OpenApi::only`].
//!
//! Scopes are those of the document's own `security`. Of a scheme that operations alone require they are the union.
//!
//! A document that says so much is believed: read it from where you would read your own configuration.

mod document;
mod flows;
mod requirement;
mod scheme;
mod servers;
#[cfg(test)]
mod tests;

use std::fmt;

use serde_core::{Deserialize, Deserializer};

use self::{
    document::{Document, SECURITY_PART, place},
    scheme::{Given, Wanted},
};
use crate::{
    Error,
    config::{AuthConfig, Node, quoted},
};

/// One alternative of a `security`: schemes that are wanted together, each with its scopes.
type Alternative<'a> = Vec<(&'a str, Vec<&'a str>)>;

/// The security part of an OpenAPI document, and what a program has for it. See the [module](self).
///
/// It is read by `serde`, from JSON, YAML or whatever the document is in. What is not about security is passed over. Everything is
/// checked by [`config`](Self::config).
#[derive(Clone)]
pub struct OpenApi {
    document: Node,
    credentials: Credentials,
    variables: Vec<(String, String)>,
    found_at: Option<String>,
    origins: Vec<String>,
    only: Option<Vec<String>>,
}

impl OpenApi {
    /// What the program has for the scheme of this name: a reference such as `env:NAME` or `file:PATH`, or members, each by its name.
    /// It takes the place of what was given before.
    ///
    /// ```
    /// # fn of(api: authwright_core::OpenApi) -> Result<(), authwright_core::Error> {
    /// let config = api
    ///     .credential("app_key", "env:APP_KEY")
    ///     .credential("login", [("user", "sam"), ("password", "file:/run/secrets/sam")])
    ///     .config()?;
    /// # Ok(()) }
    /// ```
    pub fn credential(mut self, scheme: impl Into<String>, given: impl Into<Credential>) -> Self {
        self.credentials.set(scheme.into(), given.into());
        self
    }

    /// The same from a document: a table of scheme names.
    pub fn credentials(mut self, table: Credentials) -> Self {
        for (scheme, credential) in table.0 {
            self.credentials.set(scheme, credential);
        }
        self
    }

    /// The value of a variable that servers have in their URLs, instead of its default. It is one of the values
    /// that the document lists, or else stays in its place: part of a host in a host, `http` or `https` before `://`. It takes the place
    /// of a value that was given before.
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        self.variables.retain(|(other, _)| *other != name);
        self.variables.push((name, value.into()));
        self
    }

    /// Where the document was found, for those whose servers are relative to that.
    pub fn found_at(self, url: impl Into<String>) -> Self {
        Self { found_at: Some(url.into()), ..self }
    }

    /// Where credentials may travel, instead of to the servers of the document.
    ///
    /// That is for requests. It does not bound where the document sends an OAuth client for its tokens, but for endpoints that are
    /// relative: those are relative to the first of these. A program that does not believe the document there names `token_endpoint` or
    /// `issuer` itself, in what it gives for the scheme.
    pub fn origins(self, origins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { origins: origins.into_iter().map(Into::into).collect(), ..self }
    }

    /// The names of the schemes that are used, whatever `security` says: for a document that requires more than its API does. Each is
    /// asked for the scopes of the first alternative that names it, of the document and of every operation.
    ///
    /// ```
    /// # use authwright_core::OpenApi;
    /// let document = r#"{
    ///     "openapi": "3.0.3",
    ///     "servers": [{"url": "https://api.example.com"}],
    ///     "security": [{"code": [], "implicit": []}],
    ///     "components": {"securitySchemes": {
    ///         "code": {"type": "http", "scheme": "bearer"}, "implicit": {"type": "http", "scheme": "bearer"}
    ///     }}
    /// }"#;
    /// let api: OpenApi = serde_json::from_str(document)?;
    /// let config = api.credential("code", "env:TOKEN").only(["code"]).config()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn only(self, schemes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { only: Some(schemes.into_iter().map(Into::into).collect()), ..self }
    }

    /// The same as an [`AuthConfig`], to be built with what the types of its entries need. Written out, it shows what the document was
    /// understood to say, and all that was given: do not print it where that has literal secrets.
    ///
    /// # Errors
    /// The document is malformed, or it wants something that is not given or cannot be done; the error names the place and the fix.
    pub fn config(&self) -> Result<AuthConfig, Error> {
        let document = Document::of(&self.document)?;
        let servers = servers::servers(self, &document)?;
        let given: Vec<_> = self.credentials.0.iter().map(|(name, _)| &**name).collect();
        let mut plain_http = None;
        for server in &servers {
            plain_http = plain_http.or(server.plain_http()?.map(|area| (&server.place, area)));
        }
        let base = servers.first().map_or("", |server| &server.url);
        let origins = servers.iter().map(|server| Node::Text(server.url.clone())).collect();
        let origins = ("origins".to_owned(), Node::List(origins));

        let mut entries = Vec::new();
        for chosen in requirement::choose(&document, &given, self.only.as_deref())? {
            let credential = self.credentials.0.iter().find(|(name, _)| name == chosen.name);
            let (Some((_, credential)), Some(scheme)) = (credential, document.scheme(chosen.name)?) else {
                continue;
            };
            let given = Given::of(chosen.name, credential)?;
            if let Some((place, area)) = &plain_http
                && !given.has("origins")
                && given.get("danger_plain_http") != Some(&Node::Flag(true))
            {
                return Err(Error::caller(format!(
                    "{place}: {area} is plain http: the credential could be read on the way; name the servers with \
                     .origins(..), or give {} danger_plain_http = true if you accept that",
                    document::place(chosen.name)
                )));
            }
            let mut entry = Vec::new();
            if !given.has("origins") {
                entry.push(origins.clone());
            }
            // Who says where the API is means its endpoints too.
            let base = given.first_origin().unwrap_or(base);
            entry.extend(Wanted { scheme, chosen: &chosen, given, base }.entry()?);
            entries.push((place(chosen.name), Node::Table(entry)));
        }
        Ok(AuthConfig::of_entries(entries))
    }
}

impl<'de> Deserialize<'de> for OpenApi {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self {
            document: SECURITY_PART.read(deserializer)?,
            credentials: Credentials::default(),
            variables: Vec::new(),
            found_at: None,
            origins: Vec::new(),
            only: None,
        })
    }
}

/// Shows for which schemes something is given, and not what.
impl fmt::Debug for OpenApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenApi").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

/// A table of scheme names and what a program has for each: a reference, or a table of members.
///
/// ```toml
/// api_key = "env:PETSTORE_KEY"
/// basic = { user = "env:STRIPE_KEY", password = "" }
/// oauth = { client_id = "billing", client_secret = "file:/run/secrets/billing" }
/// ```
#[derive(Clone, Default)]
pub struct Credentials(Vec<(String, Credential)>);

/// What a program has for a scheme.
#[derive(Clone)]
pub struct Credential(Node);

impl Credentials {
    fn set(&mut self, scheme: String, credential: Credential) {
        match self.0.iter_mut().find(|(name, _)| *name == scheme) {
            Some((_, known)) => *known = credential,
            None => self.0.push((scheme, credential)),
        }
    }
}

impl<'de> Deserialize<'de> for Credentials {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Node::Table(members) = Node::deserialize(deserializer)? else {
            return Err(serde_core::de::Error::custom("credentials must be a table of scheme names"));
        };
        let mut table = Self::default();
        for (name, node) in members {
            if table.0.iter().any(|(other, _)| *other == name) {
                return Err(serde_core::de::Error::custom(format_args!(
                    "credentials has {} twice",
                    quoted(&name)
                )));
            }
            table.0.push((name, Credential(node)));
        }
        Ok(table)
    }
}

/// Shows the names.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|(name, _)| quoted(name)).collect();
        write!(f, "Credentials({})", names.join(", "))
    }
}

/// Shows nothing of it.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(..)")
    }
}

impl From<&str> for Credential {
    fn from(reference: &str) -> Self {
        Self(Node::Text(reference.to_owned()))
    }
}

impl From<String> for Credential {
    fn from(reference: String) -> Self {
        Self(Node::Text(reference))
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Credential {
    fn from(members: [(&str, &str); N]) -> Self {
        let member = |(name, text): (&str, &str)| (name.to_owned(), Node::Text(text.to_owned()));
        Self(Node::Table(members.into_iter().map(member).collect()))
    }
}
