//! The two clients, as a case uses them.

use std::{
    error::Error,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use authwright_reqwest::{Auth, Client, Flow, Tokens};
use authwright_testkit::TestClock;
use authwright_ureq::Agent;
use tokio::{
    runtime::{Builder, Runtime},
    sync::Semaphore,
    task::JoinSet,
};

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Reqwest,
    Ureq,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Reqwest => "reqwest",
            Self::Ureq => "ureq",
        }
    }
}

/// A client of this kind that goes by this clock.
pub(crate) fn caller(
    kind: Kind,
    auth: Auth,
    url: &str,
    clock: &TestClock,
) -> Result<Box<dyn Caller>, Box<dyn Error>> {
    Ok(match kind {
        Kind::Reqwest => Box::new(Clients::new(auth, url, clock)?),
        Kind::Ureq => Box::new(Agents::new(auth, url, clock)?),
    })
}

/// What a client says of one request.
#[derive(Clone)]
pub(crate) struct Said {
    status: Option<u16>,
    pub(crate) error: Option<String>,
}

impl Said {
    /// `200`, or `none` where no request was sent.
    pub(crate) fn status(&self) -> String {
        self.status.map_or("none".to_owned(), |status| status.to_string())
    }
}

pub(crate) trait Caller {
    /// One request.
    fn ask(&self) -> Said;
    /// Runs a flow: somebody signs in, or out.
    fn run(&self, flow: Flow<()>) -> Result<(), Box<dyn Error>>;
    /// A thousand requests, as parallel as this client has them. Opens the gate when all have begun.
    fn ask_a_thousand(&self, tokens: &Tokens, gate: &Gate) -> Result<Vec<Said>, Box<dyn Error>>;
    /// How it does that.
    fn how_a_thousand(&self) -> &'static str;
    /// Waits until no token is being renewed.
    fn settle(&self);
}

/// Connections at a time: both ends are in this process, and the system may allow it few open files.
const CONNECTIONS: usize = 50;
const REQUESTS: usize = 1000;

struct Clients {
    runtime: Runtime,
    api: Client,
}

impl Clients {
    fn new(auth: Auth, url: &str, clock: &TestClock) -> Result<Self, Box<dyn Error>> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime, api: Client::builder(auth).base_url(url).clock(clock.clone()).build()? })
    }
}

impl Caller for Clients {
    fn ask(&self) -> Said {
        self.runtime.block_on(ask(&self.api))
    }

    fn run(&self, flow: Flow<()>) -> Result<(), Box<dyn Error>> {
        Ok(self.runtime.block_on(self.api.run_flow(flow))?)
    }

    /// Every task waits for the token, and then they send, as many at a time as there are connections.
    fn ask_a_thousand(&self, tokens: &Tokens, gate: &Gate) -> Result<Vec<Said>, Box<dyn Error>> {
        let connections = Arc::new(Semaphore::new(CONNECTIONS));
        let begun = Arc::new(AtomicUsize::new(0));
        self.runtime.block_on(async {
            let mut tasks = JoinSet::new();
            for _ in 0..REQUESTS {
                let (api, tokens, gate) = (self.api.clone(), tokens.clone(), gate.clone());
                let (connections, begun) = (Arc::clone(&connections), Arc::clone(&begun));
                tasks.spawn(async move {
                    // Nothing is awaited between this line and the wait for the token.
                    if begun.fetch_add(1, Ordering::Relaxed) + 1 == REQUESTS {
                        gate.open();
                    }
                    if let Err(error) = api.token(&tokens).await {
                        return said(Err(error));
                    }
                    let _connection = connections.acquire().await;
                    ask(&api).await
                });
            }
            Ok(tasks.join_all().await)
        })
    }

    fn how_a_thousand(&self) -> &'static str {
        "1,000 tasks wait, then send"
    }

    fn settle(&self) {
        self.runtime.block_on(self.api.settled(std::time::Duration::from_secs(30)));
    }
}

async fn ask(api: &Client) -> Said {
    match api.get("orders").send().await {
        // Read to its end, so that the connection can be used again.
        Ok(response) => {
            let status = response.status().as_u16();
            said(response.bytes().await.map(|_| status).map_err(Into::into))
        }
        Err(error) => said(Err(error)),
    }
}

fn said(answer: Result<u16, authwright_reqwest::Error>) -> Said {
    match answer {
        Ok(status) => Said { status: Some(status), error: None },
        Err(error) => {
            Said { status: error.status().map(|status| status.as_u16()), error: Some(error.to_string()) }
        }
    }
}

struct Agents {
    agent: Agent,
}

impl Agents {
    fn new(auth: Auth, url: &str, clock: &TestClock) -> Result<Self, Box<dyn Error>> {
        Ok(Self { agent: Agent::builder(auth).base_url(url).clock(clock.clone()).build()? })
    }
}

impl Caller for Agents {
    fn ask(&self) -> Said {
        let answer = self.agent.get("orders").call().and_then(|mut response| {
            response.body_mut().read_to_vec()?;
            Ok(response.status().as_u16())
        });
        match answer {
            Ok(status) => Said { status: Some(status), error: None },
            Err(error) => {
                Said { status: error.status().map(|status| status.as_u16()), error: Some(error.to_string()) }
            }
        }
    }

    fn run(&self, flow: Flow<()>) -> Result<(), Box<dyn Error>> {
        Ok(self.agent.run_flow(flow)?)
    }

    /// Every thread waits for the token with its first request.
    fn ask_a_thousand(&self, _: &Tokens, gate: &Gate) -> Result<Vec<Said>, Box<dyn Error>> {
        let begun = AtomicUsize::new(0);
        let work = || {
            if begun.fetch_add(1, Ordering::Relaxed) + 1 == CONNECTIONS {
                gate.open();
            }
            (0..REQUESTS / CONNECTIONS).map(|_| self.ask()).collect::<Vec<_>>()
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(work)).collect();
            let said = threads.into_iter().map(|thread| thread.join().map_err(|_| "a thread has panicked"));
            Ok(said.collect::<Result<Vec<_>, _>>()?.concat())
        })
    }

    fn how_a_thousand(&self) -> &'static str {
        "50 threads, 20 requests each"
    }

    fn settle(&self) {
        self.agent.settled(Duration::from_secs(10));
    }
}

/// Open, unless it has been closed.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub(crate) fn close(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    pub(crate) fn open(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.1.notify_all();
    }

    /// Waits until it is open, but not for ever: if a request waits where none should, the row must say so.
    pub(crate) fn pass(&self) {
        let closed = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.0.1.wait_timeout_while(closed, Duration::from_secs(5), |closed| *closed));
    }
}
