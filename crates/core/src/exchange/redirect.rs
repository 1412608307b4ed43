//! Redirects (RFC 9110 section 15.4): where the next hop goes, and what it may carry.

use std::fmt;

use http::{HeaderMap, HeaderName, Method, StatusCode, header::LOCATION};

use super::kept::Kept;
use crate::{ResponseView, Target, encode, location, origin::same_origin};

/// The next hop of a redirect.
pub struct Follow {
    /// Absolute, ASCII, without user information and fragment.
    pub url: String,
    /// The method to use now.
    pub method: Method,
    /// The caller's header fields that may go there.
    pub headers: HeaderMap,
    /// Whether the body is sent again.
    pub keep_body: bool,
}

/// Shows the origin only: a `Location` may hold a secret.
impl fmt::Debug for Follow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = Target::parse(&self.url).map(|target| target.origin().to_string()).unwrap_or_default();
        f.debug_struct("Follow")
            .field("origin", &origin)
            .field("method", &self.method)
            .field("keep_body", &self.keep_body)
            .finish_non_exhaustive()
    }
}

pub(super) struct Followed {
    pub(super) next: Follow,
    pub(super) to: String,
    pub(super) dropped: Vec<String>,
    pub(super) same_origin: bool,
}

pub(super) enum NotFollowed {
    Location(location::Refused),
    Ambiguous,
    Stream,
}

impl fmt::Display for NotFollowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Location(refused) => write!(f, "its Location cannot be used: {refused}"),
            Self::Ambiguous => f.write_str("it has several Location fields"),
            Self::Stream => f.write_str("the body is a stream and cannot be sent again"),
        }
    }
}

pub(super) fn is_redirect(response: &ResponseView<'_>) -> bool {
    matches!(
        response.status,
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    ) && response.headers.contains_key(LOCATION)
}

pub(super) fn follow(
    kept: &mut Kept,
    response: &ResponseView<'_>,
    sent: &Target<'_>,
    replayable: bool,
    our_pairs: &str,
    is_written_by_us: impl Fn(&HeaderName) -> bool,
) -> Result<Followed, NotFollowed> {
    let mut locations = response.headers.get_all(LOCATION).iter();
    let (Some(location), None) = (locations.next(), locations.next()) else {
        return Err(NotFollowed::Ambiguous);
    };
    let method = next_method(&kept.method, response.status);
    // GET after POST has no body; every other change of method does not happen.
    let keep_body = method == kept.method;
    if keep_body && !replayable {
        return Err(NotFollowed::Stream);
    }
    let authority = sent.origin().to_string();
    let authority = authority.split_once("://").map_or("", |(_, authority)| authority);
    let base = location::Base { scheme: sent.scheme(), authority, path: sent.path(), query: sent.query() };
    let url = location::resolve(base, location.as_bytes()).map_err(NotFollowed::Location)?;
    // A server that keeps the query when it redirects hands our key back: the next hop gets its own, or none.
    let url = if our_pairs.is_empty() { url } else { encode::without_pairs(&url, our_pairs) };
    let Ok(target) = Target::parse(&url) else {
        return Err(NotFollowed::Location(location::Refused::BadHost));
    };
    let (to, same_origin) = (target.origin().to_string(), same_origin(&target, sent));
    let dropped = if same_origin { Vec::new() } else { kept.leave_origin(is_written_by_us) };
    if !keep_body {
        kept.method = method.clone();
        kept.drop_content_headers();
    }
    Ok(Followed {
        next: Follow { url, method, headers: kept.headers(), keep_body },
        to,
        dropped,
        same_origin,
    })
}

/// 303 asks for GET; for POST, so do 301 and 302 by old custom. 307 and 308 keep the method (RFC 9110 15.4.2 to 15.4.9).
fn next_method(method: &Method, status: StatusCode) -> Method {
    match status {
        StatusCode::SEE_OTHER if *method != Method::HEAD => Method::GET,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND if *method == Method::POST => Method::GET,
        _ => method.clone(),
    }
}
