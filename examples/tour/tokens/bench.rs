//! What a case has to work with: an API, a clock, a client with a token cache.

use std::{
    env,
    error::Error,
    fs,
    path::PathBuf,
    process,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use authwright_examples::secrets::{EMAIL, LOGIN_PASSWORD};
use authwright_reqwest::{Auth, FileStore, LoginEndpoint, Tokens};
use authwright_testkit::{FakeServer, Received, TestClock};

use super::caller::{Caller, Gate, Kind, Said, caller};

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
        let caller = caller(kind, Auth::new(server.url(), &tokens)?, server.url(), &clock)?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("authwright-tour-{}-{number}", process::id()));
        Ok(Self { server, clock, gate, tokens, caller, note: "", kind, folder })
    }

    /// A new client and a new cache, as a new run of the program has them, and the same folder of tokens.
    pub(super) fn start_again(&mut self) -> Result<(), Box<dyn Error>> {
        self.tokens = Tokens::builder(login(&self.server)).store(FileStore::at(&self.folder)).build()?;
        let url = self.server.url();
        self.caller = caller(self.kind, Auth::new(url, &self.tokens)?, url, &self.clock)?;
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

fn token_of(request: &Received) -> String {
    let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    token.unwrap_or("none").to_owned()
}
