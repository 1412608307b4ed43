//! The cookie jar, shared between reqwest, which stores into it, and the loop, which joins it with a cookie key.

use std::{fmt, sync::Arc};

use http::HeaderValue;
use reqwest::cookie::CookieStore;
use url::Url;

#[derive(Clone)]
pub(crate) struct SharedJar(Arc<dyn CookieStore>);

tokio::task_local! {
    static FLOW: ();
}

/// Sends something for a flow: the jar is shut meanwhile. A session that a login has opened belongs to whoever logged in, and
/// must be on nobody else's login, nor on requests in the name of others.
pub(crate) async fn shut<F: Future>(call: F) -> F::Output {
    FLOW.scope((), call).await
}

fn is_shut() -> bool {
    FLOW.try_with(|()| ()).is_ok()
}

impl SharedJar {
    pub(crate) fn new<C: CookieStore + 'static>(jar: Arc<C>) -> Self {
        Self(jar)
    }
}

impl CookieStore for SharedJar {
    fn set_cookies(&self, headers: &mut dyn Iterator<Item = &HeaderValue>, url: &Url) {
        if !is_shut() {
            self.0.set_cookies(headers, url);
        }
    }

    fn cookies(&self, url: &Url) -> Option<HeaderValue> {
        if is_shut() { None } else { self.0.cookies(url) }
    }
}

impl fmt::Debug for SharedJar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedJar(..)")
    }
}
