//! Where a request goes: as it is judged, and as it is sent.

use std::borrow::Cow;

use authwright_core::{Error, Fault, Target};
use http::{Uri, uri::PathAndQuery};

/// Scheme and authority, checked.
pub(crate) fn origin(url: &str) -> Result<Uri, Error> {
    let malformed = |why: &str| Error::new(Fault::Caller, format!("the layer's origin {why}"));
    let uri = Uri::try_from(url).map_err(|error| malformed(&format!("is malformed ({error})")))?;
    if uri.authority().is_none() || uri.scheme().is_none() {
        return Err(malformed("must start with https:// or http://, and have a host"));
    }
    let target = Target::from_uri(&uri)?;
    if target.path_and_query() != "/" {
        return Err(malformed("must end after host and port: paths are each request's own"));
    }
    Ok(uri)
}

/// The URI that is judged: the request's own, or, where that names no host, the same line at the layer's origin.
///
/// A client for one server sends everything there, whatever the URI names: so one that names another would take that one's
/// credential to the wrong place.
pub(crate) fn judged<'a>(uri: &'a Uri, origin: Option<&Uri>) -> Result<Cow<'a, Uri>, Error> {
    let refused = |why: String| Err(Error::new(Fault::Caller, why));
    match (uri.authority(), origin) {
        (Some(_), None) => Ok(Cow::Borrowed(uri)),
        (Some(_), Some(origin)) => {
            let (named, ours) = (Target::from_uri(uri)?, Target::from_uri(origin)?);
            if named.is_same_origin(&ours) {
                return Ok(Cow::Borrowed(uri));
            }
            let (named, ours) = (named.origin(), ours.origin());
            refused(format!("the request is for {named}, and the layer's client is for {ours} alone; nothing was sent"))
        }
        (None, None) => refused(
            "the URI has no host, as behind a layer for one server, and nobody has said which that is; name it by \
             .origin(\"https://..\") on the layer; nothing was sent"
                .to_owned(),
        ),
        (None, Some(origin)) => {
            let mut parts = origin.clone().into_parts();
            parts.path_and_query = uri.path_and_query().cloned().or(parts.path_and_query);
            Uri::from_parts(parts).map(Cow::Owned).map_err(malformed)
        }
    }
}

/// The same place with another path and query.
pub(crate) fn with_line(uri: &Uri, line: &str) -> Result<Uri, Error> {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(line).map_err(malformed)?);
    Uri::from_parts(parts).map_err(malformed)
}

/// The texts of `http`'s errors name no part of the URL.
#[allow(clippy::needless_pass_by_value)] // a `map_err` target
fn malformed(error: impl std::fmt::Display) -> Error {
    Error::new(Fault::Caller, format!("the URL is malformed ({error}); nothing was sent"))
}
