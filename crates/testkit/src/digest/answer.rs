//! What the referee says of a request.

use std::fmt;

/// An answer in which nothing was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Who asks.
    pub user: String,
    /// The algorithm as the challenge names it; `MD5` where it names none.
    pub algorithm: String,
    /// The quality of protection; none as in RFC 2069.
    pub qop: Option<String>,
    /// The nonce, as it stands between the quotes.
    pub nonce: String,
    /// The nonce count.
    pub nc: Option<u32>,
    /// The client's nonce.
    pub cnonce: Option<String>,
    /// Whether the name came hashed.
    pub userhash: bool,
    /// Whether the name came as `username*`.
    pub extended: bool,
}

/// Why a request is not let through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// It has no credentials.
    Missing,
    /// They are right, but for a nonce that is over.
    Stale,
    /// They are well formed and not right: another scheme, an unknown user, the hash of something else.
    Wrong(String),
    /// They break a rule, told in words: a bug of the client.
    Broken(String),
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("there are no credentials"),
            Self::Stale => f.write_str("the nonce is stale"),
            Self::Wrong(what) | Self::Broken(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Rejected {}
