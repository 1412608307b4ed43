//! A path that issues tokens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::answers::{Answers, check_path};
use super::issuer::{Endpoint, Issued, Settings};
use super::shape::check_pointer;
use crate::{Received, Reply, TestClock};

/// A path of a [`FakeServer`](crate::FakeServer) that answers any request with a new token: `token-1`, `token-2` and so on. What is
/// said here counts from the next request on.
///
/// The answer is that of OAuth 2, `{"access_token": "token-1", "token_type": "Bearer", "expires_in": 3600}`, until something else is
/// said. The server has no clock: a token stays good until it is [revoked](crate::FakeServer::revoke_tokens), unless
/// [`expire_with`](Self::expire_with) gives it one.
///
/// ```
/// # let server = authwright_testkit::FakeServer::start()?;
/// use std::time::Duration;
///
/// let login = server.tokens("/login");
/// login.lifetime(Duration::from_secs(300)).token_at("/data/token").expires_in_at("/data/ttl");
///
/// server.tokens("/login").fails_times(2, 503); // midway: the next two logins fail
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct TokenEndpoint {
    answers: Arc<Answers>,
    path: String,
}

impl TokenEndpoint {
    #[track_caller]
    pub(crate) fn new(answers: &Arc<Answers>, path: &str) -> Self {
        check_path(path);
        let mut state = answers.state();
        let free = !state.routes.has_path(path);
        if free && state.issuer.position(path).is_none() {
            let endpoint =
                Endpoint { path: path.to_owned(), settings: Settings::default(), failures: [].into() };
            state.issuer.endpoints.push(endpoint);
        }
        drop(state);
        assert!(free, "`{path}` has a reply set with on(), and cannot issue tokens too");
        Self { answers: Arc::clone(answers), path: path.to_owned() }
    }

    // --- what it answers ---

    /// How long tokens are good. Sent as whole seconds, and believed by the server only with [`expire_with`](Self::expire_with). One hour
    /// if it is not said.
    pub fn lifetime(self, lifetime: Duration) -> Self {
        self.set(|settings| settings.lifetime = lifetime)
    }

    /// Does not say how long tokens are good.
    pub fn omit_lifetime(self) -> Self {
        self.set(|settings| settings.says_lifetime = false)
    }

    /// Where in the JSON the token is, as a JSON pointer such as `/data/token`. Then there is no `token_type`.
    ///
    /// # Panics
    /// If it does not begin with a slash; so do the other two.
    #[track_caller]
    pub fn token_at(self, pointer: &str) -> Self {
        let pointer = check_pointer(pointer);
        self.set(|settings| settings.shape.token = pointer)
    }

    /// Where in the JSON the lifetime is.
    #[track_caller]
    pub fn expires_in_at(self, pointer: &str) -> Self {
        let pointer = check_pointer(pointer);
        self.set(|settings| settings.shape.expires_in = pointer)
    }

    /// Where in the JSON the refresh token is, if there are [any](Self::refresh_tokens).
    #[track_caller]
    pub fn refresh_token_at(self, pointer: &str) -> Self {
        let pointer = check_pointer(pointer);
        self.set(|settings| settings.shape.refresh_token = pointer)
    }

    /// Answers with what this makes of the request and the tokens just issued, for a shape that nothing else gives.
    pub fn raw(self, reply: impl Fn(&Received, &Issued) -> Reply + Send + Sync + 'static) -> Self {
        self.set(|settings| settings.raw = Some(Arc::new(reply)))
    }

    /// Answers late, in real time: see [`Route::delay`](crate::Route::delay).
    pub fn delay(self, time: Duration) -> Self {
        self.set(|settings| settings.delay = time)
    }

    // --- when it issues none ---

    /// Issues tokens only to requests this is true of, such as those with the right password, and answers 401 to others. It is not
    /// asked about a refresh.
    pub fn accepts(self, accepts: impl Fn(&Received) -> bool + Send + Sync + 'static) -> Self {
        self.set(|settings| settings.accepts = Arc::new(accepts))
    }

    /// Answers the next request with this instead. Said more than once, one after the other.
    pub fn fails_with(self, reply: Reply) -> Self {
        self.endpoint(|endpoint| endpoint.failures.push_back(reply));
        self
    }

    /// Answers the next so many requests with this status instead.
    ///
    /// # Panics
    /// If it does not have three digits.
    pub fn fails_times(self, times: usize, status: u16) -> Self {
        let reply = Reply::status(status);
        self.endpoint(|endpoint| endpoint.failures.extend(std::iter::repeat_n(reply, times)));
        self
    }

    // --- refresh tokens ---

    /// Issues refresh tokens too (`refresh-1` and so on), and takes them in a form with `grant_type=refresh_token`.
    ///
    /// Each is good once, and its answer has the next one. One that is presented again tells that somebody else has it: all tokens that
    /// came of the same login are revoked, which [`revocations`](crate::FakeServer::revocations) counts. What is refused is answered
    /// with 400 and `invalid_grant`.
    pub fn refresh_tokens(self) -> Self {
        self.set(|settings| settings.refreshes = true)
    }

    // --- how tokens are checked ---

    /// The header field in which other paths look for the token, bare. `Authorization`, behind the word `Bearer`, if it is not said.
    ///
    /// # Panics
    /// If it is no name of a field.
    #[track_caller]
    pub fn checked_in(self, field: &str) -> Self {
        assert!(crate::parse::is_token(field.as_bytes()), "not a header name: {field:?}");
        let field = field.to_ascii_lowercase();
        self.set(|settings| settings.field = Some(field))
    }

    /// Refuses tokens issued from now on when they are as old as their lifetime by this clock.
    pub fn expire_with(self, clock: &TestClock) -> Self {
        let clock = clock.clone();
        self.set(|settings| settings.clock = Some(clock))
    }

    fn set(self, change: impl FnOnce(&mut Settings)) -> Self {
        self.endpoint(|endpoint| change(&mut endpoint.settings));
        self
    }

    fn endpoint(&self, change: impl FnOnce(&mut Endpoint)) {
        let mut state = self.answers.state();
        // An endpoint is never taken away.
        state.issuer.endpoints.iter_mut().find(|endpoint| endpoint.path == self.path).map(change);
    }
}

impl fmt::Debug for TokenEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenEndpoint").field(&self.path).finish()
    }
}

/// Answers a request to an endpoint. Nothing is locked while the test's own code is called.
pub(crate) fn answer(answers: &Answers, index: usize, request: &Received) -> Reply {
    let (failure, settings) = {
        let endpoint = &mut answers.state().issuer.endpoints[index];
        (endpoint.failures.pop_front(), endpoint.settings.clone())
    };
    let reply = failure.unwrap_or_else(|| grant(answers, index, &settings, request));
    if settings.delay.is_zero() { reply } else { reply.delay(settings.delay) }
}

fn grant(answers: &Answers, index: usize, settings: &Settings, request: &Received) -> Reply {
    let issued = if request.form_value("grant_type").as_deref() == Some("refresh_token") {
        if !settings.refreshes {
            return refused(400, "unsupported_grant_type");
        }
        let token = request.form_value("refresh_token").unwrap_or_default();
        match answers.state().issuer.refresh(index, &token) {
            Some(issued) => issued,
            None => return refused(400, "invalid_grant"),
        }
    } else if (settings.accepts)(request) {
        answers.state().issuer.login(index)
    } else {
        return refused(401, "invalid_client");
    };
    match &settings.raw {
        Some(raw) => raw(request, &issued),
        None => Reply::json(&settings.shape.json(&issued)).header("cache-control", "no-store"),
    }
}

fn refused(status: u16, error: &str) -> Reply {
    Reply::json(&format!(r#"{{"error":"{error}"}}"#)).with_status(status)
}
