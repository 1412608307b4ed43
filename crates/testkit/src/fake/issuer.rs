//! The tokens of a server: who issued them, what is spent, and what is still good.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::shape::Shape;
use crate::{Received, Reply, TestClock};

/// What was issued at once, for [`TokenEndpoint::raw`](crate::TokenEndpoint::raw).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Issued {
    /// `token-1`, `token-2` and so on.
    pub access_token: String,
    /// `refresh-1` and so on, where the endpoint issues them.
    pub refresh_token: Option<String>,
    /// The lifetime of the access token. It is `None` where the endpoint is not to say it.
    pub expires_in: Option<Duration>,
}

/// All token endpoints of a server, and all their tokens.
#[derive(Default)]
pub(crate) struct Issuer {
    pub(crate) endpoints: Vec<Endpoint>,
    access: HashMap<String, Access>,
    refresh: HashMap<String, Refresh>,
    /// By family, which is all that came of one login: whether it was revoked.
    revoked: Vec<bool>,
}

/// A path that issues tokens, as the test has set it.
pub(crate) struct Endpoint {
    pub(crate) path: String,
    pub(crate) settings: Settings,
    /// What is answered before tokens are issued again.
    pub(crate) failures: VecDeque<Reply>,
}

pub(crate) type Raw = Arc<dyn Fn(&Received, &Issued) -> Reply + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) shape: Shape,
    pub(crate) lifetime: Duration,
    /// Whether the answer says it.
    pub(crate) says_lifetime: bool,
    pub(crate) accepts: Arc<dyn Fn(&Received) -> bool + Send + Sync>,
    pub(crate) raw: Option<Raw>,
    pub(crate) refreshes: bool,
    /// The field with the bare token; `Authorization: Bearer` if there is none.
    pub(crate) field: Option<String>,
    pub(crate) clock: Option<TestClock>,
    pub(crate) delay: Duration,
}

struct Access {
    endpoint: usize,
    family: usize,
    good: bool,
    /// By which clock, and when, it ends.
    ends: Option<(TestClock, SystemTime)>,
}

struct Refresh {
    endpoint: usize,
    family: usize,
    state: Use,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Unused,
    Spent,
    Revoked,
}

impl Issuer {
    pub(crate) fn has_endpoints(&self) -> bool {
        !self.endpoints.is_empty()
    }

    pub(crate) fn position(&self, path: &str) -> Option<usize> {
        self.endpoints.iter().position(|endpoint| endpoint.path == path)
    }

    /// Issues tokens for a login.
    pub(crate) fn login(&mut self, endpoint: usize) -> Issued {
        self.revoked.push(false);
        self.issue(endpoint, self.revoked.len() - 1)
    }

    /// Issues tokens for a refresh token, which is spent by that. One that was spent before tells that two parties have it, and all
    /// tokens of its family are revoked (RFC 9700, section 4.14.2).
    pub(crate) fn refresh(&mut self, endpoint: usize, token: &str) -> Option<Issued> {
        let refresh = self.refresh.get_mut(token).filter(|refresh| refresh.endpoint == endpoint)?;
        let family = refresh.family;
        if self.revoked[family] || refresh.state == Use::Revoked {
            return None;
        }
        if refresh.state == Use::Spent {
            self.revoked[family] = true;
            return None;
        }
        refresh.state = Use::Spent;
        Some(self.issue(endpoint, family))
    }

    /// Whether a request has a good token in the field of the endpoint that issued it.
    pub(crate) fn admits(&self, request: &Received) -> bool {
        self.endpoints.iter().enumerate().any(|(index, endpoint)| {
            let token = endpoint.settings.token_of(request);
            let access = token.and_then(|token| self.access.get(token));
            access.is_some_and(|access| access.endpoint == index && self.is_good(access))
        })
    }

    pub(crate) fn revoke_access(&mut self) {
        self.access.values_mut().for_each(|access| access.good = false);
    }

    pub(crate) fn revoke_refresh(&mut self) {
        self.refresh.values_mut().for_each(|refresh| refresh.state = Use::Revoked);
    }

    pub(crate) fn issued(&self) -> usize {
        self.access.len()
    }

    pub(crate) fn revocations(&self) -> usize {
        self.revoked.iter().filter(|revoked| **revoked).count()
    }

    fn is_good(&self, access: &Access) -> bool {
        let ended = access.ends.as_ref().is_some_and(|(clock, end)| clock.now() >= *end);
        access.good && !ended && !self.revoked[access.family]
    }

    fn issue(&mut self, endpoint: usize, family: usize) -> Issued {
        let settings = &self.endpoints[endpoint].settings;
        let access_token = format!("token-{}", self.access.len() + 1);
        let refresh_token = settings.refreshes.then(|| format!("refresh-{}", self.refresh.len() + 1));
        let end = |clock: &TestClock| Some((clock.clone(), clock.now().checked_add(settings.lifetime)?));
        let ends = settings.clock.as_ref().and_then(end);
        let expires_in = settings.says_lifetime.then_some(settings.lifetime);
        self.access.insert(access_token.clone(), Access { endpoint, family, good: true, ends });
        if let Some(token) = &refresh_token {
            self.refresh.insert(token.clone(), Refresh { endpoint, family, state: Use::Unused });
        }
        Issued { access_token, refresh_token, expires_in }
    }
}

impl Settings {
    /// The token of a request, if there is exactly one.
    fn token_of<'a>(&self, request: &'a Received) -> Option<&'a str> {
        let values = request.header_all(self.field.as_deref().unwrap_or("authorization"));
        let [value] = values[..] else { return None };
        if self.field.is_some() {
            return Some(value);
        }
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            shape: Shape::default(),
            lifetime: Duration::from_secs(3600),
            says_lifetime: true,
            accepts: Arc::new(|_| true),
            raw: None,
            refreshes: false,
            field: None,
            clock: None,
            delay: Duration::ZERO,
        }
    }
}
