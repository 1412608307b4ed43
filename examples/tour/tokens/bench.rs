//! What a case has to work with: an API, a clock, a client with a token cache.

use std::{
    env,
    error::Error,
    fs,
    path::PathBuf,
    process,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use authwright_examples::secrets::{EMAIL, LOGIN_PASSWORD};
use authwright_reqwest::{Auth, FileStore, LoginEndpoint, Tokens};
use authwright_testkit::{FakeServer, Received, TestClock};

use super::caller::{Agents, Caller, Clients, Said};

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Reqwest,
    Ureq,
}

pub(super) struct Bench {
    pub(super) server: FakeServer,
    pub(super) clock: TestClock,
    /// Through which the token endpoint answers.
    pub(super) gate: Gate,
    pub(super) tokens: Tokens,
    pub(super) caller: Box<dyn Caller>,
    pub(super) note: &'static str,
    kind: Kind,
    folder: PathBuf,
}

impl Bench {
    pub(super) fn new(kind: Kind) -> Result<Self, Box<dyn Error>> {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        let (server, clock, gate) = (FakeServer::start()?, TestClock::new(), Gate::default());
        let door = gate.clone();
        server.tokens("/login").lifetime(Duration::from_secs(300)).expire_with(&clock).accepts(
            move |request| {
                door.pass();
                request.json()["password"] == LOGIN_PASSWORD
            },
        );
        let tokens = Tokens::new(login(&server))?;
        let caller = caller(kind, &server, &clock, &tokens)?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("authwright-tour-{}-{number}", process::id()));
        Ok(Self { server, clock, gate, tokens, caller, note: "", kind, folder })
    }

    /// A new client and a new cache, as a new run of the program has them, and the same folder of tokens.
    pub(super) fn start_again(&mut self) -> Result<(), Box<dyn Error>> {
        self.tokens = Tokens::builder(login(&self.server)).store(FileStore::at(&self.folder)).build()?;
        self.caller = caller(self.kind, &self.server, &self.clock, &self.tokens)?;
        Ok(())
    }

    /// So many requests, one after the other.
    pub(super) fn ask(&self, times: usize) -> Vec<Said> {
        (0..times).map(|_| self.caller.ask()).collect()
    }

    /// The token of each request but the logins.
    pub(super) fn tokens_received(&self) -> Vec<String> {
        let requests = self.server.requests();
        requests.iter().filter(|request| request.path() != "/login").map(token_of).collect()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // Most cases make none.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn login(server: &FakeServer) -> LoginEndpoint {
    LoginEndpoint::json(format!("{}/login", server.url()))
        .field("email", EMAIL)
        .secret("password", LOGIN_PASSWORD)
}

fn caller(
    kind: Kind,
    server: &FakeServer,
    clock: &TestClock,
    tokens: &Tokens,
) -> Result<Box<dyn Caller>, Box<dyn Error>> {
    let auth = Auth::new(server.url(), tokens)?;
    Ok(match kind {
        Kind::Reqwest => Box::new(Clients::new(auth, server.url(), clock)?),
        Kind::Ureq => Box::new(Agents::new(auth, server.url(), clock)?),
    })
}

fn token_of(request: &Received) -> String {
    let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    token.unwrap_or("none").to_owned()
}

/// Open, unless it has been closed.
#[derive(Clone, Default)]
pub(super) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub(super) fn close(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    pub(super) fn open(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.1.notify_all();
    }

    /// Waits until it is open, but not for ever: if a request waits where none should, the row must say so.
    fn pass(&self) {
        let closed = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.0.1.wait_timeout_while(closed, Duration::from_secs(5), |closed| *closed));
    }
}
