//! Who a program is, said by a document: TOML, JSON, YAML, or whatever else `serde` reads.
//!
//! ```toml
//! [[auth]]
//! origins = ["https://api.example.com", "https://files.example.com"]
//! type = "api_key"
//! header = "X-API-Key"
//! key = "env:EXAMPLE_KEY"
//!
//! [[auth]]
//! origins = "https://wiki.example.com"
//! type = "basic"
//! user = "sam"
//! password = "file:/run/secrets/wiki"
//! ```
//!
//! An entry has `origins` (one, or a list), a `type`, and what that type needs; [`KINDS`] lists them all. The words are those of the
//! Rust API. **A secret is written as a reference**: `env:NAME`, `file:PATH`, or with the feature `dotenv` `dotenv:NAME`. Anything
//! else in its place is an error that does not repeat it.
//!
//! A type that is not among them comes from a plain function, given to [`AuthConfig::build_with`]: `authwright_oauth2::schemes` brings
//! the grants of OAuth 2, and one of yours whatever you have.
//!
//! ```
//! use std::sync::Arc;
//! use authwright_core::{AuthConfig, Error, Hop, Scheme, Secret, SecretValue, Step, config::{Entry, Made}};
//!
//! #[derive(Debug)]
//! struct Pin(SecretValue);
//!
//! impl Scheme for Pin {
//!     fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
//!         hop.header("x-pin", &*self.0)?;
//!         Ok(Step::Send)
//!     }
//! }
//!
//! fn my_schemes(entry: &Entry<'_>) -> Made {
//!     entry.is("pin").then(|| {
//!         let pin = entry.secret("pin")?.read()?;
//!         Ok(Arc::new(Pin(pin)) as _)
//!     })
//! }
//!
//! # let folder = std::env::temp_dir().join("authwright-doctest-pin");
//! # std::fs::write(&folder, "4711").unwrap();
//! # let document = r#"{"auth": [{"origins": "https://door.example.com", "type": "pin", "pin": "file:PATH"}]}"#;
//! # let document = document.replace("PATH", &folder.to_str().unwrap().replace('\\', "\\\\"));
//! let config: AuthConfig = serde_json::from_str(&document).unwrap();
//! let auth = config.build_with(&[my_schemes])?;
//!
//! let error = config.build().unwrap_err().to_string();
//! assert!(error.starts_with("auth[0] (https://door.example.com): unknown type \"pin\""), "{error}");
//! # Ok::<(), Error>(())
//! ```

mod entry;
mod kinds;
mod make;
mod members;
mod node;
mod reference;
mod schema;
mod suggest;

use std::{fmt, sync::Arc};

pub(crate) use self::node::Node;
pub use self::{
    entry::Entry,
    kinds::{Holds, KINDS, Kind, Member, PLACE_MEMBERS, TOKEN_MEMBERS},
    schema::schema,
};
#[cfg(feature = "openapi")]
pub(crate) use self::{
    node::{Keep, all},
    suggest::{did_you_mean, listed, quoted, shown},
};
use crate::{Auth, Error, Scheme, TokenStore};

/// What a function for types of entries answers: nothing where the type is none of its own.
pub type Made = Option<Result<Arc<dyn Scheme>, Error>>;

/// What makes the scheme of one type.
pub type Make = fn(&Entry<'_>) -> Result<Arc<dyn Scheme>, Error>;

/// A function for types of entries. It asks the entry [what it is](Entry::is), and then for its members.
pub type Schemes = fn(&Entry<'_>) -> Made;

/// Who a program is and where that may be used, as a document says it. See the [module](self).
///
/// It keeps what it has read, and is written out as that: a document that is read, written and read again is the same, unless it has
/// what the formats do not share (a number past 64 bits), which is an error then. Everything is checked by
/// [`build`](Self::build), whose errors say where: `auth[2].user`. In a document of your own, give it a member: `auth: AuthConfig`
/// takes the list itself.
#[derive(Clone)]
pub struct AuthConfig {
    document: Node,
    literal_secrets: bool,
    store: Option<Arc<dyn TokenStore>>,
    /// What messages call the entries, where they were not read as such.
    places: Arc<[String]>,
}

impl AuthConfig {
    pub(crate) fn new(document: Node) -> Self {
        Self { document, literal_secrets: false, store: None, places: Arc::default() }
    }

    /// Entries that were made of another document, with what messages call each of them.
    #[cfg(feature = "openapi")]
    pub(crate) fn of_entries(entries: Vec<(String, Node)>) -> Self {
        let (places, entries): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
        Self { places: places.into(), ..Self::new(Node::List(entries)) }
    }

    fn place(&self, index: usize) -> String {
        self.places.get(index).cloned().unwrap_or_else(|| format!("auth[{index}]"))
    }

    /// Builds it, where all types are those of this crate. Reads the secrets it refers to.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place and what to write there. It shows no secret, also where one has been
    /// written into the document.
    pub fn build(&self) -> Result<Auth, Error> {
        self.build_with(&[])
    }

    /// Builds it, with types that other crates bring, or the program itself. The first function that knows a type makes it; none can
    /// replace one of this crate.
    ///
    /// # Errors
    /// As for [`build`](Self::build); and those of the functions, at the place of their entry.
    pub fn build_with(&self, schemes: &[Schemes]) -> Result<Auth, Error> {
        self.entries()?.iter().try_fold(Auth::none(), |auth, entry| entry.add_to(auth, schemes))
    }

    /// The entries, for what a program does with one besides building all: signing people in by what it says, with
    /// `authwright_oauth2::config::session`.
    ///
    /// # Errors
    /// Something is wrong with the place, the origins or the type of one.
    pub fn entries(&self) -> Result<Vec<Entry<'_>>, Error> {
        let tables = self.document.entries()?.iter().enumerate();
        tables.map(|(index, table)| Entry::read(index, table, self)).collect()
    }

    /// Where tokens are kept that are worth it: those of a login, so that people need not sign in at every start. The type `session`
    /// needs one.
    pub fn store(self, store: impl TokenStore) -> Self {
        Self { store: Some(Arc::new(store)), ..self }
    }

    /// Accepts secrets that stand in the document itself: everyone who can read it, a copy of it or the history of its repository can use
    /// them.
    ///
    /// Text that begins with `env:`, `file:` or `dotenv:` is a reference still.
    pub fn danger_literal_secrets(self) -> Self {
        Self { literal_secrets: true, ..self }
    }
}

/// No entries.
impl Default for AuthConfig {
    fn default() -> Self {
        Self::new(Node::List(Vec::new()))
    }
}

/// Two are equal where their documents are.
impl PartialEq for AuthConfig {
    fn eq(&self, other: &Self) -> bool {
        self.document == other.document
    }
}

impl<'de> serde_core::Deserialize<'de> for AuthConfig {
    fn deserialize<D: serde_core::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Node::deserialize(deserializer).map(Self::new)
    }
}

/// Writes what was read, literal secrets too, where the document had any.
impl serde_core::Serialize for AuthConfig {
    fn serialize<S: serde_core::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document.serialize(serializer)
    }
}

/// Shows how many entries there are. What a document says may be a secret in a wrong place.
impl fmt::Debug for AuthConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.document.entries() {
            Ok(entries) => write!(f, "AuthConfig({} entries)", entries.len()),
            Err(_) => f.write_str("AuthConfig(malformed)"),
        }
    }
}
