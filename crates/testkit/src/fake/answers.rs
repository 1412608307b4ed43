//! Who answers a request: a token endpoint, the guard in front of all else, a route, or nobody.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::issuer::Issuer;
use super::route::{Answer, Routes, Set};
use super::tokens;
use crate::{Received, Reply};

/// What the test has set, and what came of it.
#[derive(Default)]
pub(crate) struct Answers {
    state: Mutex<State>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) routes: Routes,
    pub(crate) issuer: Issuer,
    pub(crate) unexpected: Vec<String>,
}

impl Answers {
    pub(crate) fn answer(&self, request: &Received) -> Reply {
        let endpoint = self.state().issuer.position(request.path());
        match endpoint {
            Some(endpoint) => tokens::answer(self, endpoint, request),
            // The lock is released before the test's own code is called.
            None => self.resource(request).map_or_else(|own| own, |answer| answer(request)),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the test has set for a request, or else what the server says of its own accord.
    fn resource(&self, request: &Received) -> Result<Answer, Reply> {
        let mut state = self.state();
        let State { routes, issuer, unexpected } = &mut *state;
        let route = routes.find(&request.method, request.path());
        let guarded = issuer.has_endpoints() && !route.as_ref().is_some_and(|route| route.open);
        if guarded && !issuer.admits(request) {
            return Err(Reply::unauthorized(r#"Bearer error="invalid_token""#));
        }
        let said = match route.map(Set::next) {
            Some(Some(answer)) => return Ok(answer),
            Some(None) => "nothing set any more for",
            None if guarded => return Err(Reply::json("{}")),
            None => "nothing set for",
        };
        let what = format!("{} {}", request.method, request.path());
        let reply = Reply::ok(&format!("FakeServer: {said} {what}")).with_status(404);
        unexpected.push(what);
        Err(reply)
    }
}

/// What a request's path is compared with.
#[track_caller]
pub(crate) fn check_path(path: &str) {
    let fine =
        path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#".contains(&byte));
    assert!(fine, "`{path}` is no path: it begins with a slash, has no query, and is written as on the wire");
}
