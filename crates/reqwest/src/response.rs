//! Responses without the key in their URL.

use reqwest::{Response, ResponseBuilderExt};
use url::Url;

/// Gives a response another URL: `Response::url`, its `Debug`, `error_for_status` and the errors of its body all show
/// the URL that was sent, key included. Extensions, timeouts and the remote address stay.
pub(crate) fn with_url(response: Response, url: Url) -> Response {
    let (mut parts, body) = http::Response::from(response).into_parts();
    if let Ok(carrier) = http::Response::builder().url(url).body(()) {
        parts.extensions.extend(carrier.into_parts().0.extensions);
    }
    Response::from(http::Response::from_parts(parts, body))
}
