//! What a client decides once for all its requests.

use std::{fmt, sync::Arc, time::SystemTime};

use http::{HeaderMap, HeaderName};

use super::proxied::PROXY_RESENDS;
use crate::{Clock, ProxyAccess, Resend};

/// How many redirects are followed where nothing else is said: what both clients do.
pub const MAX_REDIRECTS: u32 = 10;

/// What a client decides once for all its requests. Adapters build it from their own builders.
#[derive(Clone)]
pub struct Policy {
    /// How many redirects are followed; 0 delivers every 3xx.
    pub max_redirects: u32,
    /// Whether a 401 or 403 about our credential (or about the lack of one) becomes an error, and so a proxy's 407.
    pub denied_as_error: bool,
    /// Fields added to every request that does not have them. On a change of origin they are left behind, but for
    /// those that say nothing about who is asking (`Accept`, `Accept-Language`, `Accept-Encoding`, `User-Agent`).
    pub default_headers: HeaderMap,
    /// The proxy that everything goes through, where this client has been given its credential by us. A driver that sets it must
    /// send everything there: what the proxy is answered goes onto every request that it [takes](ProxyAccess).
    pub proxy: Option<ProxyAccess>,
    /// The clock schemes read.
    pub clock: Arc<dyn Clock>,
}

impl Policy {
    /// Adds the client's default headers where the caller has set none, and says which.
    pub(super) fn add_default_headers(&self, headers: &mut HeaderMap) -> Vec<HeaderName> {
        let mut added = Vec::new();
        for name in self.default_headers.keys() {
            if !headers.contains_key(name) {
                added.push(name.clone());
                for value in self.default_headers.get_all(name) {
                    headers.append(name.clone(), value.clone());
                }
            }
        }
        added
    }
}

#[allow(clippy::cast_possible_truncation)] // four
const RESENDS: u32 = Resend::COUNT as u32;

/// The most often one logical request is sent, whatever servers and schemes do: each hop once, plus one for every
/// reason to send again, plus what a proxy asks for. The budgets are refilled when a redirect changes the origin, those of
/// challenges and nonces by every redirect.
pub const fn max_sends(max_redirects: u32) -> u32 {
    (1 + max_redirects) * (1 + RESENDS + PROXY_RESENDS)
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_redirects: MAX_REDIRECTS,
            denied_as_error: true,
            default_headers: HeaderMap::new(),
            proxy: None,
            clock: Arc::new(SystemTime::now),
        }
    }
}

/// Header values stay out.
impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("max_redirects", &self.max_redirects)
            .field("denied_as_error", &self.denied_as_error)
            .field("default_headers", &self.default_headers.keys().collect::<Vec<_>>())
            .field("proxy", &self.proxy)
            .finish_non_exhaustive()
    }
}
