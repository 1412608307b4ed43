//! Whether this build of reqwest has TLS.
//!
//! Without it, and with a proxy, reqwest sends a request for an https URL to that proxy as it stands: in clear, credentials
//! included. So nothing for https is handed to it then. A crate cannot see the features of another; but what a feature adds to a
//! type takes precedence over a trait's method of the same name.

use reqwest::ClientBuilder;

/// Known when this is compiled.
pub(crate) fn is_built_in() -> bool {
    reqwest::Client::builder().tls_info(false).has_tls()
}

/// Found where reqwest has no `tls_info` of its own.
#[allow(dead_code)]
trait Fallback: Sized {
    fn tls_info(self, _: bool) -> NoTls {
        NoTls
    }
}

impl Fallback for ClientBuilder {}

struct NoTls;

trait Answer {
    fn has_tls(&self) -> bool;
}

impl Answer for ClientBuilder {
    fn has_tls(&self) -> bool {
        true
    }
}

impl Answer for NoTls {
    fn has_tls(&self) -> bool {
        false
    }
}
