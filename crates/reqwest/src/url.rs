//! What may stand for a URL.

use authwright_core::{BaseUrl, Target};
use url::Url;

use crate::Error;

/// What may stand for a URL in a request: text, which is joined to the base URL where there is one, or a `Url`.
///
/// Sealed: it is implemented for `&str`, `&String`, `String`, `Url` and `&Url`.
pub trait IntoUrl: sealed::Sealed {
    #[doc(hidden)]
    fn into_url(self, base: Option<&BaseUrl>) -> Result<Url, Error>;
}

mod sealed {
    pub trait Sealed {}
}

impl sealed::Sealed for &str {}
impl IntoUrl for &str {
    fn into_url(self, base: Option<&BaseUrl>) -> Result<Url, Error> {
        match base {
            Some(base) => parse(&base.join(self).map_err(Error::base_url)?),
            None => parse(self),
        }
    }
}

impl sealed::Sealed for &String {}
impl IntoUrl for &String {
    fn into_url(self, base: Option<&BaseUrl>) -> Result<Url, Error> {
        self.as_str().into_url(base)
    }
}

impl sealed::Sealed for String {}
impl IntoUrl for String {
    fn into_url(self, base: Option<&BaseUrl>) -> Result<Url, Error> {
        self.as_str().into_url(base)
    }
}

impl sealed::Sealed for Url {}
impl IntoUrl for Url {
    fn into_url(self, _: Option<&BaseUrl>) -> Result<Url, Error> {
        Ok(self)
    }
}

impl sealed::Sealed for &Url {}
impl IntoUrl for &Url {
    fn into_url(self, _: Option<&BaseUrl>) -> Result<Url, Error> {
        Ok(self.clone())
    }
}

fn parse(text: &str) -> Result<Url, Error> {
    Url::parse(text).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => {
            Error::caller("the URL has no scheme and host, and no base URL was set; nothing was sent")
        }
        other => Error::caller(format!("the URL is malformed ({other}); nothing was sent")),
    })
}

/// The parts of a `Url`, borrowed.
#[inline]
pub(crate) fn target(url: &Url) -> Result<Target<'_>, Error> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Target::refuse_user_information().into());
    }
    target_sent(url)
}

/// The same for a URL that was sent, and so has been checked.
#[inline]
pub(crate) fn target_sent(url: &Url) -> Result<Target<'_>, Error> {
    // Path and query lie side by side, before the fragment. (Slicing by `url::Position` costs five times as much.)
    let (text, path_len) = (url.as_str(), url.path().len());
    let end = text.len() - url.fragment().map_or(0, |fragment| 1 + fragment.len());
    let start = end - url.query().map_or(0, |query| 1 + query.len()) - path_len;
    let path_and_query = text.get(start..end).unwrap_or_default();
    let host = url.host_str().unwrap_or_default();
    Ok(Target::with_path_len(url.scheme(), host, url.port(), path_and_query, path_len)?)
}
