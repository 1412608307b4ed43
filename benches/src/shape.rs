//! The request every case works on, and the credentials.

use authwright_core::{Auth, IntoOrigins, IntoScheme, Policy};
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Where the requests of the cases without network go.
pub const URL: &str = "https://api.example.com/v1/orders/4711/items?state=open&limit=50";

/// The origin of [`URL`].
pub const ORIGIN: &str = "https://api.example.com";

/// An origin that does not cover [`URL`].
pub const ELSEWHERE: &str = "https://files.example.com";

/// A key of usual length.
pub const KEY: &str = "sk_live_51NxT0aQe7Vb2mC9dF4gH6jK8";

/// The same name a user writes; the wire has it in lower case.
pub const KEY_HEADER: &str = "X-API-Key";

/// The name of the key in a query.
pub const KEY_QUERY: &str = "appid";

/// Four fields, as a JSON client sends them, with room for two more.
pub fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static("shop/2.1"));
    headers
        .insert(HeaderName::from_static("x-request-id"), HeaderValue::from_static("0197a3c5-6c1e-7d2a-9b43"));
    headers
}

/// The name of the key header, made as the crate makes its own.
///
/// # Panics
/// Never: the name is a constant.
pub fn key_header() -> HeaderName {
    KEY_HEADER.parse().expect("a constant, and valid")
}

/// A header value ready to be sent: sensitive, and shared by reference count already.
///
/// # Panics
/// If `text` cannot be a header value.
pub fn ready(text: &str) -> HeaderValue {
    let mut value = HeaderValue::from_str(text).expect("visible ASCII");
    value.set_sensitive(true);
    drop(value.clone());
    value
}

/// A key of 4 KiB.
pub fn long_key() -> String {
    "k3y.".repeat(1024)
}

/// One entry.
///
/// # Panics
/// If origin or scheme are not valid: the cases' own are.
pub fn auth(origin: impl IntoOrigins, scheme: impl IntoScheme) -> Auth {
    Auth::new(origin, scheme).expect("origin and credential are valid")
}

/// The settings of a client that follows this many redirects.
pub fn policy(max_redirects: u32) -> Policy {
    Policy { max_redirects, ..Policy::default() }
}
