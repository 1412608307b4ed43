//! Where on a request a credential goes.

use std::fmt;

use http::HeaderName;

/// A field a scheme writes.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Slot {
    /// A header field.
    Header(HeaderName),
    /// A query parameter, by its decoded name.
    Query(Box<str>),
    /// A cookie.
    Cookie(Box<str>),
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "`{}`", TitleCase(name.as_str())),
            Self::Query(name) => write!(f, "query key `{}`", name.escape_debug()),
            Self::Cookie(name) => write!(f, "cookie `{}`", name.escape_debug()),
        }
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `x-api-key` as people write it: `X-API-Key`.
struct TitleCase<'a>(&'a str);

impl fmt::Display for TitleCase<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.0.split('-').enumerate() {
            f.write_str(if index == 0 { "" } else { "-" })?;
            match word.split_at_checked(1) {
                _ if word == "api" => f.write_str("API")?,
                Some((first, rest)) => write!(f, "{}{rest}", first.to_ascii_uppercase())?,
                None => {}
            }
        }
        Ok(())
    }
}
