//! The base URL of a client, to which request paths are appended.
//!
//! Appending is not what RFC 3986 section 5.2 calls resolving: `orders` and `/orders` both go below the base, so a base
//! with a path works whichever of them a program writes. A base URL never grants anything: whether a credential applies
//! is decided on the URL that comes out.

use std::fmt;

use percent_encoding::percent_decode_str;

use crate::location::{self, Base, Refused};

/// `https://host[:port][/path]`, in the spelling of the URL standard.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    url: String,
    /// Where the path begins in `url`; it is at least a slash.
    path_start: usize,
}

/// What is wrong with a base URL, or with a path to be joined to it. Names no part of either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BaseUrlError {
    /// The base is not `scheme://…`.
    NotAbsolute,
    /// The base has a user name or a password.
    UserInfo,
    /// The base has a query.
    Query,
    /// The base has a fragment.
    Fragment,
    /// Scheme, host or port of the base, or its length.
    Refused(Refused),
    /// A control character or a blank.
    Blank,
    /// A backslash before the query.
    Backslash,
    /// A path that starts with two slashes.
    DoubleSlash,
    /// A segment `.` or `..`, in whatever spelling.
    DotSegment,
}

impl BaseUrl {
    /// Reads a base URL.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let (scheme, rest) = split_scheme(text).ok_or(BaseUrlError::NotAbsolute)?;
        if text.contains('#') {
            return Err(BaseUrlError::Fragment);
        }
        if text.contains('?') {
            return Err(BaseUrlError::Query);
        }
        check(rest)?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(BaseUrlError::UserInfo);
        }
        let base = Base { scheme, authority, path, query: None };
        let url = location::resolve(base, b"").map_err(BaseUrlError::Refused)?;
        let authority_start = url.find("://").map_or(0, |at| at + "://".len());
        let path_start = url[authority_start..].find('/').map_or(url.len(), |at| authority_start + at);
        Ok(Self { url, path_start })
    }

    /// The URL of `path` below this base, or `path` itself where it is an absolute URL.
    ///
    /// The path is taken as it is: what it inserts has to be percent-encoded already. One that could leave the base is
    /// refused.
    pub fn join(&self, path: &str) -> Result<String, BaseUrlError> {
        if split_scheme(path).is_some() {
            return Ok(path.to_owned());
        }
        if path.starts_with("//") {
            return Err(BaseUrlError::DoubleSlash);
        }
        check(path)?;
        if path.is_empty() || path.starts_with(['?', '#']) {
            return Ok(format!("{}{path}", self.url));
        }
        let base = self.url.strip_suffix('/').unwrap_or(&self.url);
        Ok(format!("{base}/{}", path.strip_prefix('/').unwrap_or(path)))
    }

    /// Scheme, host and port: what may be shown.
    pub fn origin(&self) -> &str {
        &self.url[..self.path_start]
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({})", self.origin())
    }
}

impl fmt::Display for BaseUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAbsolute => "the base URL has no scheme; write it like https://api.example.com/v1",
            Self::UserInfo => "the base URL contains a user name or password; give them to the client as a credential",
            Self::Query => "the base URL has a query; add it to each request, or as an API key if it is one",
            Self::Fragment => "the base URL has a fragment, which is never sent; write it without",
            Self::Refused(reason) => return write!(f, "the base URL cannot be used: {reason}"),
            Self::Blank => "the path contains a control character or a blank; percent-encode it, a blank as %20",
            Self::Backslash => "the path contains a backslash, which clients read as a slash; percent-encode it as %5C",
            Self::DoubleSlash => {
                "the path starts with `//`, which could name another host; write it with one slash, or the whole URL"
            }
            Self::DotSegment => {
                "the path contains `.` or `..` as a segment, which could leave the base URL; write the path without it"
            }
        })
    }
}

impl std::error::Error for BaseUrlError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Refused(reason) => Some(reason),
            _ => None,
        }
    }
}

/// Splits `scheme://rest` (RFC 3986 section 3.1).
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let is_scheme_byte = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    (scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(is_scheme_byte))
        .then_some((scheme, rest))
}

/// Refuses what could leave the base (RFC 3986 section 5.2.4), and what no URL may contain.
fn check(path_and_query: &str) -> Result<(), BaseUrlError> {
    if path_and_query.chars().any(|c| c.is_control() || c == ' ') {
        return Err(BaseUrlError::Blank);
    }
    let path = path_and_query.split(['?', '#']).next().unwrap_or_default();
    if path.contains('\\') {
        return Err(BaseUrlError::Backslash);
    }
    // `%2f` and `%5c` are separators to some servers, and `..;x` is a dot segment to those that cut path parameters
    // off.
    let decoded: Vec<u8> = percent_decode_str(path).collect();
    let is_dots = |segment: &[u8]| matches!(segment.split(|&b| b == b';').next(), Some(b"." | b".."));
    if decoded.split(|b| matches!(b, b'/' | b'\\')).any(is_dots) {
        return Err(BaseUrlError::DotSegment);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    proptest! {
        #[test]
        fn a_joined_path_stays_below_the_base(
            parts in prop::collection::vec(prop::sample::select(vec![
                "/", "\\", ".", "..", "%2e", "%2E", "%2f", "%5C", "%", "?", "#", "@", ":", "//", "\t", " ", "x", ";",
                "g.example",
            ]), 0..8),
        ) {
            let path = parts.concat();
            if let Ok(url) = BaseUrl::parse("https://h.example/v1").unwrap().join(&path)
                && split_scheme(&path).is_none()
            {
                let url = Url::parse(&url).unwrap();
                prop_assert_eq!(url.origin().ascii_serialization(), "https://h.example");
                prop_assert!(url.path() == "/v1" || url.path().starts_with("/v1/"), "{url}");
            }
        }
    }

    #[test]
    fn a_path_is_appended() {
        for (base, path, expected) in [
            ("https://h.example", "", "https://h.example/"),
            ("https://h.example", "/", "https://h.example/"),
            ("https://h.example", "orders", "https://h.example/orders"),
            ("https://h.example", "/orders", "https://h.example/orders"),
            ("https://h.example", "?x=1", "https://h.example/?x=1"),
            ("https://h.example/base/v1", "", "https://h.example/base/v1"),
            ("https://h.example/base/v1/", "", "https://h.example/base/v1/"),
            ("https://h.example/base/v1", "/", "https://h.example/base/v1/"),
            ("https://h.example/base/v1", "orders?x=1", "https://h.example/base/v1/orders?x=1"),
            ("https://h.example/base/v1/", "/orders/", "https://h.example/base/v1/orders/"),
            ("https://h.example/base/v1", "?x=1", "https://h.example/base/v1?x=1"),
            ("https://h.example/v1", "a//b", "https://h.example/v1/a//b"),
            ("https://h.example/v1", "models/x:run", "https://h.example/v1/models/x:run"),
            ("https://h.example/v1", "localhost:80/x", "https://h.example/v1/localhost:80/x"),
            ("https://h.example/v1", "https:/x", "https://h.example/v1/https:/x"),
            ("https://h.example/v1", "1x://y", "https://h.example/v1/1x://y"),
            ("https://h.example/v1", "a?u=http://x/../y\\z", "https://h.example/v1/a?u=http://x/../y\\z"),
            ("https://h.example/v1", "a...b/..c/.well-known", "https://h.example/v1/a...b/..c/.well-known"),
            ("https://h.example/v1", "a%2Fb/%252e%252e", "https://h.example/v1/a%2Fb/%252e%252e"),
            ("https://h.example/v1", "caf\u{e9}", "https://h.example/v1/caf\u{e9}"),
            ("HTTP://H.Example:080/v1", "x", "http://h.example/v1/x"),
            ("http://[::1]:8080", "x", "http://[::1]:8080/x"),
            ("https://h.example/caf\u{e9}", "x", "https://h.example/caf%C3%A9/x"),
        ] {
            assert_eq!(BaseUrl::parse(base).unwrap().join(path).as_deref(), Ok(expected), "{base} + {path}");
        }
    }

    #[test]
    fn an_absolute_url_is_taken_as_it_is() {
        let base = BaseUrl::parse("https://h.example/v1").unwrap();
        for url in ["https://g.example/a/../b#c", "HTTP://g.example", "custom+x.1-y://z", "https://"] {
            assert_eq!(base.join(url).as_deref(), Ok(url));
        }
    }

    #[test]
    fn a_path_that_could_leave_the_base_is_refused() {
        let base = BaseUrl::parse("https://h.example/v1").unwrap();
        for (error, paths) in [
            (
                BaseUrlError::DotSegment,
                &[
                    "..",
                    ".",
                    "../x",
                    "/../x",
                    "a/..",
                    "a/./b",
                    "a/../../b?x",
                    "%2e%2e",
                    "%2E./x",
                    ".%2e",
                    "a/%2e",
                    "a%2f..%2fb",
                    "..%5cx",
                    "a%5C%2e%2E",
                    "..;x/y",
                    "..?x",
                    "..#x",
                    "a/%2e%2e%3bx",
                ][..],
            ),
            (BaseUrlError::DoubleSlash, &["//", "//g.example", "//g.example/x", "///x"]),
            (
                BaseUrlError::Backslash,
                &["\\", "\\\\g.example", "/\\g.example", "a\\..\\b", "https:/\\g.example"],
            ),
            (
                BaseUrlError::Blank,
                &[
                    " ",
                    "a b",
                    "a\tb",
                    "/\t/g.example",
                    "\nx",
                    "a?b c",
                    "a?\r\nX: y",
                    "\0",
                    "\u{85}",
                    " https://g",
                ],
            ),
        ] {
            for path in paths {
                assert_eq!(base.join(path), Err(error), "{path:?}");
            }
        }
    }

    #[test]
    fn a_base_is_an_origin_with_a_path() {
        for (text, error) in [
            ("", BaseUrlError::NotAbsolute),
            ("h.example/v1", BaseUrlError::NotAbsolute),
            ("//h.example", BaseUrlError::NotAbsolute),
            ("https:h.example", BaseUrlError::NotAbsolute),
            (" https://h.example", BaseUrlError::NotAbsolute),
            ("https://u:p@h.example", BaseUrlError::UserInfo),
            ("https://@h.example", BaseUrlError::UserInfo),
            ("https://h.example?", BaseUrlError::Query),
            ("https://h.example/v1?k=v", BaseUrlError::Query),
            ("https://h.example/v1#x", BaseUrlError::Fragment),
            ("https://h.example/v1 ", BaseUrlError::Blank),
            ("https://h.example\\v1", BaseUrlError::Backslash),
            ("https://h.example/v1/..", BaseUrlError::DotSegment),
            ("ftp://h.example", BaseUrlError::Refused(Refused::NotHttp)),
            ("https://", BaseUrlError::Refused(Refused::NoHost)),
            ("https:///v1", BaseUrlError::Refused(Refused::NoHost)),
            ("https://h_\u{f6}", BaseUrlError::Refused(Refused::BadHost)),
            ("https://127.1", BaseUrlError::Refused(Refused::BadAddress)),
            ("https://h.example:x", BaseUrlError::Refused(Refused::BadPort)),
        ] {
            assert_eq!(BaseUrl::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn debug_shows_the_origin_only() {
        let base = BaseUrl::parse("https://H.Example:8443/bot-key/v1").unwrap();
        assert_eq!(format!("{base:?}"), "BaseUrl(https://h.example:8443)");
        assert_eq!(base.origin(), "https://h.example:8443");
    }

    #[test]
    fn an_error_says_what_to_do() {
        let text = BaseUrlError::DotSegment.to_string();
        assert!(text.ends_with("could leave the base URL; write the path without it"), "{text}");
        let text = BaseUrlError::Refused(Refused::BadPort).to_string();
        assert_eq!(text, "the base URL cannot be used: the URL's port is not a number up to 65535");
    }
}
