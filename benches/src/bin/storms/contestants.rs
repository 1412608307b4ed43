//! Ours: a cache of its own for each run, and a provider that sleeps.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use authwright_core::{Auth, Error, Fault, Token, Tokens};
use authwright_reqwest::Client;
use authwright_ureq::Agent;

/// What the provider gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A token for an hour.
    Lasting,
    /// One that is inside the margin from the start, so that it is being renewed all the time.
    Stale,
    Failing,
}

/// Sleeps, and counts how often it was asked.
#[derive(Clone, Debug)]
pub(crate) struct Slow {
    sleep: Duration,
    kind: Kind,
    fetches: Arc<AtomicUsize>,
    took: Arc<Mutex<Duration>>,
}

impl Slow {
    pub(crate) fn new(sleep: Duration, kind: Kind) -> Self {
        Self { sleep, kind, fetches: Arc::default(), took: Arc::default() }
    }

    fn ended(&self, start: Instant) -> Result<Token, Error> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        *self.took.lock().unwrap_or_else(PoisonError::into_inner) = start.elapsed();
        let now = SystemTime::now();
        let seconds = Duration::from_secs;
        match self.kind {
            Kind::Lasting => Ok(Token::new("t0ken").lifetime(now, seconds(3600))),
            Kind::Stale => Ok(Token::new("t0ken").lifetime(now - seconds(40), seconds(60))),
            Kind::Failing => Err(Error::new(Fault::Network, "the source is down").transient()),
        }
    }
}

#[authwright_reqwest::async_trait]
impl authwright_reqwest::TokenProvider for Slow {
    async fn token(&self) -> Result<Token, Error> {
        let start = Instant::now();
        tokio::time::sleep(self.sleep).await;
        self.ended(start)
    }
}

impl authwright_ureq::TokenProvider for Slow {
    fn token(&self) -> Result<Token, Error> {
        let start = Instant::now();
        thread::sleep(self.sleep);
        self.ended(start)
    }
}

/// What tasks ask for a token, until they have it or its error.
pub(crate) trait Tasks: Clone + Send + Sync + 'static {
    fn ask(&self) -> impl Future<Output = ()> + Send;
    fn fetches(&self) -> usize;
}

pub(crate) trait Threads: Clone + Send + Sync + 'static {
    fn ask(&self);
    fn fetches(&self) -> usize;
}

#[derive(Clone)]
pub(crate) struct OnTasks {
    pub(crate) client: Client,
    pub(crate) tokens: Tokens,
    slow: Slow,
}

impl OnTasks {
    pub(crate) fn new(sleep: Duration, kind: Kind, deadline: Option<Duration>) -> Self {
        let slow = Slow::new(sleep, kind);
        let client = Client::builder(Auth::none());
        let client = deadline.into_iter().fold(client, authwright_reqwest::ClientBuilder::timeout);
        let source = authwright_reqwest::Provided::by(slow.clone());
        Self {
            client: client.build().expect("a client"),
            tokens: Tokens::new(source).expect("a cache"),
            slow,
        }
    }

    pub(crate) fn fetch_time(&self) -> Duration {
        *self.slow.took.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tasks for OnTasks {
    async fn ask(&self) {
        while self.client.token(&self.tokens).await.is_err_and(|error| error.is_timeout()) {}
    }

    fn fetches(&self) -> usize {
        self.slow.fetches.load(Ordering::SeqCst)
    }
}

#[derive(Clone)]
pub(crate) struct OnThreads {
    pub(crate) agent: Agent,
    pub(crate) tokens: Tokens,
    slow: Slow,
}

impl OnThreads {
    pub(crate) fn new(sleep: Duration, kind: Kind, deadline: Option<Duration>) -> Self {
        let slow = Slow::new(sleep, kind);
        let agent = Agent::builder(Auth::none());
        let agent = deadline.into_iter().fold(agent, authwright_ureq::AgentBuilder::timeout);
        let source = authwright_ureq::Provided::by(slow.clone());
        Self { agent: agent.build().expect("an agent"), tokens: Tokens::new(source).expect("a cache"), slow }
    }

    pub(crate) fn fetch_time(&self) -> Duration {
        *self.slow.took.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Threads for OnThreads {
    fn ask(&self) {
        while self.agent.token(&self.tokens).is_err_and(|error| error.is_timeout()) {}
    }

    fn fetches(&self) -> usize {
        self.slow.fetches.load(Ordering::SeqCst)
    }
}
