//! What several storms need: clients, a gate, a source whose refresh tokens are good once.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Condvar, Mutex, mpsc},
    task::Poll,
    thread,
    time::Duration,
};

use authwright_core::{
    Auth, Error, Fault, Io, LoginEndpoint, Token, TokenSource, TokenStore, Tokens, store::StoreKey,
};
use authwright_testkit::{FakeServer, TestClock};
use authwright_tests::Reqwest;
use tokio::runtime::{Builder, Runtime};

/// Longer than anything here takes on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A limit that is to be reached, so short that the test does not last.
pub(crate) const SHORT: Duration = Duration::from_millis(200);

/// Fails the test where it would hang.
pub(crate) fn bounded<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, ended) = mpsc::channel();
    let worker = thread::spawn(move || done.send(work()));
    match ended.recv_timeout(2 * PATIENCE) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        Err(mpsc::RecvTimeoutError::Disconnected) => match worker.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(_) => unreachable!("it has ended without a result"),
        },
    }
}

/// A runtime with two workers.
pub(crate) fn workers() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// A runtime that goes on only while somebody blocks on it.
pub(crate) fn single() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

pub(crate) fn client(clock: &TestClock, auth: &Auth) -> authwright_reqwest::Client {
    timed_client(clock, auth, PATIENCE)
}

pub(crate) fn timed_client(clock: &TestClock, auth: &Auth, timeout: Duration) -> authwright_reqwest::Client {
    drop(Reqwest::new()); // which chooses a TLS provider for the process
    authwright_reqwest::Client::builder(auth.clone()).clock(clock.clone()).timeout(timeout).build().unwrap()
}

pub(crate) fn agent(clock: &TestClock, auth: &Auth) -> authwright_ureq::Agent {
    timed_agent(clock, auth, PATIENCE)
}

pub(crate) fn timed_agent(clock: &TestClock, auth: &Auth, timeout: Duration) -> authwright_ureq::Agent {
    authwright_ureq::Agent::builder(auth.clone()).clock(clock.clone()).timeout(timeout).build().unwrap()
}

/// Logins at `/login`, for 300 s each by the test's clock.
pub(crate) fn server() -> FakeServer {
    let server = FakeServer::start().unwrap();
    server.tokens("/login").lifetime(Duration::from_secs(300));
    server
}

pub(crate) fn login(server: &FakeServer) -> LoginEndpoint {
    LoginEndpoint::form(format!("{}/login", server.url()))
}

/// A cache whose token, `token-1`, has ended.
pub(crate) fn ended(server: &FakeServer, clock: &TestClock) -> Tokens {
    let tokens = Tokens::new(login(server)).unwrap();
    assert_eq!(agent(clock, &Auth::none()).token(&tokens).unwrap().expose(), "token-1");
    clock.advance(Duration::from_secs(301));
    tokens
}

/// Makes the next login wait at a gate; those after it pass.
pub(crate) fn hold_next_login(server: &FakeServer) -> Gate {
    hold_next_login_to(server, true)
}

/// The same, and then accepts or refuses it.
pub(crate) fn hold_next_login_to(server: &FakeServer, accept: bool) -> Gate {
    let gate = Gate::closed();
    let (held, is_first) = (gate.clone(), Mutex::new(true));
    server.tokens("/login").accepts(move |_| {
        let first = std::mem::take(&mut *is_first.lock().unwrap());
        if first {
            held.pass();
        }
        accept || !first
    });
    gate
}

/// Something that everybody waits at until it is opened, and that counts who has come.
#[derive(Clone, Debug)]
pub(crate) struct Gate(Arc<(Mutex<GateState>, Condvar)>);

#[derive(Debug, Default)]
struct GateState {
    open: bool,
    arrived: usize,
}

impl Gate {
    pub(crate) fn closed() -> Self {
        Self(Arc::default())
    }

    /// Is counted, and waits.
    pub(crate) fn pass(&self) {
        self.arrive();
        self.until(|state| state.open);
    }

    /// Is counted, and does not wait.
    pub(crate) fn arrive(&self) {
        self.0.0.lock().unwrap().arrived += 1;
        self.0.1.notify_all();
    }

    pub(crate) fn open(&self) {
        self.0.0.lock().unwrap().open = true;
        self.0.1.notify_all();
    }

    /// Waits until so many have come.
    pub(crate) fn arrived(&self, count: usize) {
        self.until(|state| state.arrived >= count);
    }

    /// The same on a runtime, which goes on meanwhile.
    pub(crate) async fn arrived_async(&self, count: usize) {
        while self.0.0.lock().unwrap().arrived < count {
            tokio::task::yield_now().await;
        }
    }

    fn until(&self, is_so: impl Fn(&GateState) -> bool) {
        let (state, changed) = &*self.0;
        let waited = changed.wait_timeout_while(state.lock().unwrap(), PATIENCE, |state| !is_so(state));
        assert!(!waited.unwrap().1.timed_out(), "nobody came to the gate, or nobody opened it");
    }
}

/// Polls once.
pub(crate) async fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await
}

/// Logs in, and renews with refresh tokens that are good once.
#[derive(Debug)]
pub(crate) struct Rotating {
    url: String,
}

impl Rotating {
    pub(crate) const KEY: &str = "rotating";

    /// At a server of its own.
    pub(crate) fn start() -> (FakeServer, Self) {
        let server = server();
        server.tokens("/login").refresh_tokens();
        let url = format!("{}/login", server.url());
        (server, Self { url })
    }

    async fn post(&self, form: String, io: &Io) -> Result<Token, Error> {
        let answer = io.send(authwright_core::http::Request::post(&self.url).body(form).unwrap()).await?;
        if !answer.status().is_success() {
            return Err(Error::new(Fault::Credential, format!("refused with {}", answer.status())));
        }
        let json = answer.json()?;
        Ok(Token::new(json.text("/access_token").unwrap())
            .refresh_token(json.text("/refresh_token").unwrap())
            .lifetime(answer.asked_at(), json.lifetime("/expires_in").unwrap()))
    }
}

impl TokenSource for Rotating {
    async fn fetch(&self, io: &Io) -> Result<Token, Error> {
        self.post("user=sam".into(), io).await
    }

    async fn renew(&self, old: &Token, io: &Io) -> Result<Token, Error> {
        let refresh = old.expose_refresh_token().unwrap();
        self.post(format!("grant_type=refresh_token&refresh_token={refresh}"), io).await
    }

    fn identity(&self) -> Option<String> {
        Some(Self::KEY.into())
    }
}

/// How often a refresh token was redeemed, or tried to be.
pub(crate) fn redeemed(server: &FakeServer) -> usize {
    let requests = server.requests();
    requests.iter().filter(|request| request.form_value("grant_type").is_some()).count()
}

/// The refresh token that is kept.
pub(crate) fn kept(store: &impl TokenStore) -> String {
    let record = store.load(&StoreKey::new(Rotating::KEY)).unwrap().unwrap();
    let record: serde_json::Value = serde_json::from_slice(record.as_bytes()).unwrap();
    record["refresh_token"].as_str().unwrap().to_owned()
}

/// The last refresh token that was issued, which is the only one that is still good.
pub(crate) fn last_issued(server: &FakeServer) -> String {
    format!("refresh-{}", server.issued())
}
