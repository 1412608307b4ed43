//! The cache and its flows without any client: stepped by hand, with a clock of the test.

mod flights;
mod flows;
mod kept;
mod observed;
mod pauses;
mod refusals;
mod renewing;
mod standing;
mod stores;
mod unsaved;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use http::{Request, Response, StatusCode};

use super::{
    Acquired, Token, TokenEvent, TokenSource, Tokens,
    cache::{Cache, Lead, Settings, Supply},
};
use crate::{
    Clock, Error, Flow, TokenStore,
    flow::{Answer, Call, FlowStep, Io, Job, Running},
};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// So many milliseconds after the beginning of the test.
fn at(milliseconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + seconds(1_000_000) + Duration::from_millis(milliseconds)
}

fn cache(margin: Duration) -> Arc<Cache> {
    Cache::new(Settings { margin, wait_limit: seconds(30), renewable: true, what: "the test".into() })
}

#[track_caller]
fn lead(cache: &Arc<Cache>, now: SystemTime) -> Lead {
    match cache.supply(now, false, None) {
        Ok(Supply::Lead(lead)) => lead,
        Ok(Supply::Token(_)) => panic!("there is a token"),
        Ok(Supply::Follow(_)) => panic!("somebody else leads"),
        Err(error) => panic!("{error}"),
    }
}

#[track_caller]
fn supplied(cache: &Arc<Cache>, now: SystemTime) -> String {
    match cache.supply(now, false, None) {
        Ok(Supply::Token(current)) => current.token.expose().to_owned(),
        Ok(_) => panic!("there is no token"),
        Err(error) => panic!("{error}"),
    }
}

#[track_caller]
fn denied(cache: &Arc<Cache>, now: SystemTime) -> Error {
    cache.supply(now, false, None).err().expect("an error")
}

/// Asks a server, which the test plays: the body is the refresh token, or `login`.
#[derive(Debug)]
struct Asks;

impl TokenSource for Asks {
    async fn fetch(&self, io: &Io) -> Result<Token, Error> {
        ask("login", io).await
    }

    async fn renew(&self, old: &Token, io: &Io) -> Result<Token, Error> {
        ask(old.expose_refresh_token().unwrap_or("login"), io).await
    }
}

async fn ask(body: &str, io: &Io) -> Result<Token, Error> {
    let request = Request::post("https://login.example.com/token").body(body.to_owned()).unwrap();
    let answer = io.send(request).await?;
    if answer.status().is_server_error() {
        return Err(Error::server("busy").transient());
    }
    if answer.status() != StatusCode::OK {
        return Err(Error::credential("refused"));
    }
    let json = answer.json()?;
    let mut token = Token::new(json.text("/access_token").unwrap());
    if let Some(lifetime) = json.lifetime("/expires_in") {
        token = token.lifetime(answer.asked_at(), lifetime);
    }
    if let Some(refresh) = json.text("/refresh_token") {
        token = token.refresh_token(refresh);
    }
    Ok(token)
}

fn answer(call: Call, status: u16, body: &str) {
    let mut response = Response::new(body.as_bytes().to_vec());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    call.answer(Ok(Answer::new(response)));
}

/// Tokens of a source that asks, their clock, and what their listener has heard.
struct Bench {
    tokens: Tokens,
    now: Arc<AtomicU64>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Bench {
    fn new(store: Option<Arc<dyn TokenStore>>) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ears = Arc::clone(&heard);
        let mut builder = Tokens::builder(Asks).store_as("the test");
        if let Some(store) = store {
            // With no store there is no listener either: the flow is then one call.
            builder = builder.store(store).on_event(move |event| ears.lock().unwrap().push(said(event)));
        }
        Self { tokens: builder.build().unwrap(), now: Arc::default(), heard }
    }

    fn stored(store: &(impl TokenStore + Clone)) -> Self {
        Self::new(Some(Arc::new(store.clone())))
    }

    fn now(&self) -> SystemTime {
        at(self.now.load(Ordering::Relaxed))
    }

    fn pass(&self, time: Duration) {
        self.now.fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::Relaxed);
    }

    fn clock(&self) -> Arc<dyn Clock> {
        let now = Arc::clone(&self.now);
        Arc::new(move || at(now.load(Ordering::Relaxed)))
    }

    /// The flow that a caller has to start now.
    #[track_caller]
    fn started(&self) -> Running<()> {
        let Ok(Acquired::Start(flow)) = self.tokens.acquire().step(self.now()) else {
            panic!("nothing is to be started")
        };
        self.start(flow)
    }

    fn start(&self, flow: Flow<()>) -> Running<()> {
        flow.start(self.clock())
    }

    fn fresh(&self) -> Option<String> {
        Some(self.tokens.fresh(self.now())?.expose().to_owned())
    }

    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

/// Runs a flow to its end. The server answers its one call with this, if there is one.
#[track_caller]
fn run(mut running: Running<()>, status: u16, body: &str) -> Vec<String> {
    let mut calls = Vec::new();
    loop {
        match running.step() {
            FlowStep::Send(call) => {
                calls.push(String::from_utf8(call.request().body().clone()).unwrap());
                answer(call, status, body);
            }
            FlowStep::Block(job) => job.run(),
            FlowStep::Done(_) => return calls,
            FlowStep::Sleep(_) | FlowStep::Await(_) => panic!("a renewal does neither"),
        }
    }
}

fn said(event: &TokenEvent) -> String {
    match event {
        TokenEvent::Renewed(token) => format!("renewed {}", token.expose()),
        TokenEvent::Adopted(token) => format!("adopted {}", token.expose()),
        TokenEvent::NotSaved(_) => "not saved".to_owned(),
        TokenEvent::Failed(error) => format!("failed: {error}"),
    }
}

#[track_caller]
fn call<T>(running: &mut Running<T>) -> Call {
    let FlowStep::Send(call) = running.step() else { panic!("it does not send") };
    call
}

#[track_caller]
fn job<T>(running: &mut Running<T>) -> Job {
    let FlowStep::Block(job) = running.step() else { panic!("it does not block") };
    job
}

#[track_caller]
fn ends(running: &mut Running<()>) {
    let FlowStep::Done(Ok(())) = running.step() else { panic!("it does not end") };
}
