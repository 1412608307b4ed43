//! An API that exists for one test: it answers what the test sets, issues tokens, checks them, and remembers what it was sent.

mod answers;
mod issuer;
mod route;
mod shape;
mod tokens;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

pub use self::{issuer::Issued, route::Route, tokens::TokenEndpoint};

use self::answers::Answers;
use crate::Received;
use crate::channel;
use crate::listen::Listeners;
use crate::state::{Script, Shared};

/// An HTTP/1.1 server on the loopback interface, at a port of its own, that serves many connections at once. Dropping it stops it.
///
/// It answers what [`on`](Self::on) sets. Any other request gets a 404 that says so
/// (`FakeServer: nothing set for GET /v1/order`) and is listed by [`unexpected`](Self::unexpected).
///
/// ```
/// use authwright_testkit::FakeServer;
/// use authwright_ureq::{Agent, Auth, Bearer};
///
/// let server = FakeServer::start()?;
/// server.on("GET /v1/orders").status(503).then().json("[]");
///
/// let agent = Agent::builder(Auth::new(server.url(), Bearer::new("t0ken"))?).base_url(server.url()).build()?;
/// assert!(agent.get("v1/orders").call().is_err());
/// assert_eq!(agent.get("v1/orders").call()?.body_mut().read_to_string()?, "[]");
/// assert!(agent.get("v1/order").call().is_err());
///
/// assert_eq!(server.count("/v1/orders"), 2);
/// assert_eq!(server.unexpected(), ["GET /v1/order"]);
/// assert!(server.requests().iter().all(|request| request.header("authorization") == Some("Bearer t0ken")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Tokens
///
/// [`tokens`](Self::tokens) makes a path issue tokens, and then **all other paths demand one** and answer 401 to a request without.
/// A request with a valid token that [`on`](Self::on) has set nothing for is answered with 200 and `{}`, so that a test of nothing but
/// the login need not describe the API.
///
/// ```
/// use std::time::Duration;
///
/// use authwright_testkit::{FakeServer, TestClock};
/// use authwright_ureq::{Agent, Auth, Bearer};
///
/// let (server, clock) = (FakeServer::start()?, TestClock::new());
/// server.tokens("/login").lifetime(Duration::from_secs(300)).expire_with(&clock);
///
/// let login = || ureq::post(format!("{}/login", server.url())).send_empty()?.body_mut().read_to_string();
/// assert_eq!(login()?, r#"{"access_token":"token-1","expires_in":300,"token_type":"Bearer"}"#);
///
/// let auth = Auth::new(server.url(), Bearer::new("token-1"))?;
/// let agent = Agent::builder(auth).clock(clock.clone()).base_url(server.url()).build()?;
/// assert_eq!(agent.get("orders").call()?.body_mut().read_to_string()?, "{}");
/// clock.advance(Duration::from_secs(300));
/// assert!(agent.get("orders").call().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FakeServer {
    url: String,
    answers: Arc<Answers>,
    shared: Arc<Shared>,
    /// Held to be dropped.
    _listeners: Listeners,
}

impl FakeServer {
    /// Starts a server on a free port of `127.0.0.1`.
    ///
    /// # Errors
    /// The loopback interface has no port, or the process no thread, to give.
    pub fn start() -> io::Result<Self> {
        let answers = Arc::new(Answers::default());
        let asked = Arc::clone(&answers);
        let script = Script { answer: Arc::new(move |request| asked.answer(request)), on_head: false };
        let shared = Arc::new(Shared::new(script, 1));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let url = format!("http://{}", listener.local_addr()?);
        let mut listeners = Listeners::new(Arc::clone(&shared));
        listeners.add(0, listener, channel::plain())?;
        Ok(Self { url, answers, shared, _listeners: listeners })
    }

    /// Where it is, such as `http://127.0.0.1:40123`, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sets what is answered to a method and path: `on("GET /v1/orders")`, or `on("/v1/orders")` for all methods that are not set by
    /// name. It is an empty 200 until the [`Route`] says something else, and takes the place of what was set before.
    ///
    /// The path is compared as it is on the wire, whatever the query.
    ///
    /// # Panics
    /// If that is no path with its leading slash, or a path that issues [`tokens`](Self::tokens).
    #[track_caller]
    pub fn on(&self, method_and_path: &str) -> Route {
        Route::new(&self.answers, method_and_path)
    }

    /// Makes a path issue tokens, and all others demand one. Said again of the same path, it gives the same endpoint, to change it midway.
    ///
    /// # Panics
    /// If that is no path with its leading slash, or one that [`on`](Self::on) has set.
    #[track_caller]
    pub fn tokens(&self, path: &str) -> TokenEndpoint {
        TokenEndpoint::new(&self.answers, path)
    }

    /// From now on refuses the access tokens issued so far. Refresh tokens stay good.
    pub fn revoke_tokens(&self) {
        self.answers.state().issuer.revoke_access();
    }

    /// From now on refuses the refresh tokens issued so far. Access tokens stay good.
    pub fn revoke_refresh_tokens(&self) {
        self.answers.state().issuer.revoke_refresh();
    }

    /// How many requests were received for a path, whatever method and query. Each is counted before it is answered.
    ///
    /// # Panics
    /// If that is no path with its leading slash.
    #[track_caller]
    pub fn count(&self, path: &str) -> usize {
        answers::check_path(path);
        self.shared.count(|request| request.path() == path)
    }

    /// The requests received, in the order in which their last bytes arrived, with every byte of each.
    pub fn requests(&self) -> Vec<Received> {
        self.shared.requests()
    }

    /// Every byte received, also what was no request or not a whole one: to prove that something was never sent.
    pub fn bytes(&self) -> Vec<u8> {
        self.shared.bytes(0)
    }

    /// The requests that nothing was set for, as method and path: `GET /v1/order`.
    pub fn unexpected(&self) -> Vec<String> {
        self.answers.state().unexpected.clone()
    }

    /// How many access tokens were issued.
    pub fn issued(&self) -> usize {
        self.answers.state().issuer.issued()
    }

    /// How often a spent refresh token was presented and so revoked all that came of the same login.
    pub fn revocations(&self) -> usize {
        self.answers.state().issuer.revocations()
    }

    /// How many TCP connections were accepted.
    pub fn connections(&self) -> usize {
        self.shared.connections(0)
    }
}

impl fmt::Debug for FakeServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (requests, unexpected) = (self.shared.count(|_| true), self.unexpected().len());
        f.debug_struct("FakeServer")
            .field("url", &self.url)
            .field("requests", &requests)
            .field("unexpected", &unexpected)
            .field("issued", &self.issued())
            .finish_non_exhaustive()
    }
}
