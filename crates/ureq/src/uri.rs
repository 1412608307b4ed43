//! What may stand for a URL.

use authwright_core::BaseUrl;
use http::{Uri, uri::PathAndQuery};

use crate::Error;

/// What may stand for a URL in a request: text or a `Uri`. Where there is a base URL, a relative one is joined to it.
///
/// Sealed: it is implemented for `&str`, `&String`, `String`, `Uri` and `&Uri`.
pub trait IntoUrl: sealed::Sealed {
    #[doc(hidden)]
    fn into_url(self, base: Option<&BaseUrl>) -> Result<Uri, Error>;
}

mod sealed {
    pub trait Sealed {}
}

impl sealed::Sealed for &str {}
impl IntoUrl for &str {
    fn into_url(self, base: Option<&BaseUrl>) -> Result<Uri, Error> {
        match base {
            Some(base) => parse(Uri::try_from(base.join(self).map_err(Error::base_url)?)),
            None => parse(Uri::try_from(self)),
        }
    }
}

impl sealed::Sealed for &String {}
impl IntoUrl for &String {
    fn into_url(self, base: Option<&BaseUrl>) -> Result<Uri, Error> {
        self.as_str().into_url(base)
    }
}

impl sealed::Sealed for String {}
impl IntoUrl for String {
    fn into_url(self, base: Option<&BaseUrl>) -> Result<Uri, Error> {
        match base {
            Some(_) => self.as_str().into_url(base),
            None => parse(Uri::try_from(self)),
        }
    }
}

impl sealed::Sealed for Uri {}
impl IntoUrl for Uri {
    fn into_url(self, base: Option<&BaseUrl>) -> Result<Uri, Error> {
        match base {
            Some(_) if self.scheme().is_none() => self.to_string().into_url(base),
            _ => with_slash(self),
        }
    }
}

impl sealed::Sealed for &Uri {}
impl IntoUrl for &Uri {
    fn into_url(self, base: Option<&BaseUrl>) -> Result<Uri, Error> {
        self.clone().into_url(base)
    }
}

/// The same place with another path and query. Nothing else is parsed again.
pub(crate) fn with_line(uri: &Uri, line: String) -> Result<Uri, Error> {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(line).map_err(malformed)?);
    Uri::from_parts(parts).map_err(malformed)
}

/// Appends pairs to what the query already has.
pub(crate) fn with_pairs(uri: &Uri, pairs: &str) -> Result<Uri, Error> {
    let line = match uri.query() {
        None | Some("") => format!("{}?{pairs}", uri.path()),
        Some(query) => format!("{}?{query}&{pairs}", uri.path()),
    };
    with_line(uri, line)
}

fn parse<E: std::fmt::Display>(uri: Result<Uri, E>) -> Result<Uri, Error> {
    with_slash(uri.map_err(malformed)?)
}

/// `https://host?x` has no path, and is sent with `/` for one: so that is what is judged and signed.
fn with_slash(uri: Uri) -> Result<Uri, Error> {
    match uri.path_and_query() {
        Some(line) if line.as_str().starts_with('?') => with_line(&uri, format!("/{}", line.as_str())),
        _ => Ok(uri),
    }
}

/// The texts of `http`'s errors name no part of the URL.
#[allow(clippy::needless_pass_by_value)] // a `map_err` target
fn malformed(error: impl std::fmt::Display) -> Error {
    Error::caller(format!("the URL is malformed ({error}); nothing was sent"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_appended() {
        for (url, expected) in [
            ("https://h.example", "https://h.example/?a=1"),
            ("https://h.example?", "https://h.example/?a=1"),
            ("https://h.example?x", "https://h.example/?x&a=1"),
            ("https://h.example/p?x=%20#f", "https://h.example/p?x=%20&a=1"),
        ] {
            let uri = url.into_url(None).unwrap();
            assert_eq!(with_pairs(&uri, "a=1").unwrap(), expected, "{url}");
        }
    }

    #[test]
    fn a_relative_url_is_joined_in_every_form() {
        let base = BaseUrl::parse("https://h.example/v1").unwrap();
        let expected = "https://h.example/v1/orders?x=1";
        assert_eq!("orders?x=1".into_url(Some(&base)).unwrap(), expected);
        assert_eq!("/orders?x=1".to_owned().into_url(Some(&base)).unwrap(), expected);
        assert_eq!(Uri::from_static("/orders?x=1").into_url(Some(&base)).unwrap(), expected);
        assert_eq!("https://g.example/".into_url(Some(&base)).unwrap(), "https://g.example/");
        assert!("../x".into_url(Some(&base)).is_err());
    }
}
