//! The cookie jar, shared between reqwest, which stores into it, and the loop, which joins it with a cookie key.

use std::{fmt, sync::Arc};

use http::HeaderValue;
use reqwest::cookie::CookieStore;
use url::Url;

#[derive(Clone)]
pub(crate) struct SharedJar(Arc<dyn CookieStore>);

impl SharedJar {
    pub(crate) fn new<C: CookieStore + 'static>(jar: Arc<C>) -> Self {
        Self(jar)
    }
}

impl CookieStore for SharedJar {
    fn set_cookies(&self, headers: &mut dyn Iterator<Item = &HeaderValue>, url: &Url) {
        self.0.set_cookies(headers, url);
    }

    fn cookies(&self, url: &Url) -> Option<HeaderValue> {
        self.0.cookies(url)
    }
}

impl fmt::Debug for SharedJar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedJar(..)")
    }
}
