//! What the targets of OAuth 2 share: a driver without a network, whose other side is the input, and what must hold for every error.

pub mod documents;

use std::{
    error::Error as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use authwright_core::{
    Acquired, Clock, Error, Flow, IntoSource, Token, Tokens,
    flow::{Answer, FlowStep},
    http::{Request, Response},
};
use authwright_oauth2::Server;
use serde_json::Value;

pub const ISSUER: &str = "https://login.example.com";
pub const TOKEN_ENDPOINT: &str = "https://login.example.com/token";
/// Secrets of ours, which the seeds repeat as a server might.
pub const SECRET: &str = "s3cr3t-canary-0000000";
pub const REFRESH: &str = "r3fresh-canary-000000";

/// The server by hand, so that nothing is looked up.
pub fn server() -> Server {
    Server::new(ISSUER)
        .token_endpoint(TOKEN_ENDPOINT)
        .authorization_endpoint("https://login.example.com/authorize")
        .device_authorization_endpoint("https://login.example.com/device")
        .revocation_endpoint("https://login.example.com/revoke")
        .introspection_endpoint("https://login.example.com/introspect")
        .pushed_authorization_request_endpoint("https://login.example.com/push")
}

/// Time that passes where a flow waits for it.
#[derive(Clone, Default)]
pub struct Time(Arc<AtomicU64>);

impl Clock for Time {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH
            + Duration::from_secs(1_700_000_000)
            + Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// Runs a flow to its end. Nothing may take it so far that it does not come to one.
pub fn run<T: 'static>(
    flow: Flow<T>,
    time: &Time,
    mut answer: impl FnMut(&Request<Vec<u8>>) -> Answer,
) -> Result<T, Error> {
    let mut running = flow.start(Arc::new(time.clone()));
    for _ in 0..1000 {
        match running.step() {
            FlowStep::Send(call) => {
                let said = answer(call.request());
                call.answer(Ok(said));
            }
            FlowStep::Sleep(wait) => {
                let millis = u64::try_from(wait.as_millis()).expect("a wait that ends");
                time.0.fetch_add(millis, Ordering::Relaxed);
            }
            FlowStep::Block(job) => job.run(),
            FlowStep::Await(_) => panic!("nobody else's future is awaited here"),
            FlowStep::Done(result) => return result,
        }
    }
    panic!("a flow without an end");
}

/// A token of a source, as a client asks for it.
pub fn fetch(
    source: impl IntoSource,
    time: &Time,
    mut answer: impl FnMut(&Request<Vec<u8>>) -> Answer,
) -> Result<Token, Error> {
    let tokens = Tokens::new(source)?;
    let mut acquire = tokens.acquire();
    loop {
        match acquire.step(time.now())? {
            Acquired::Token(token) => return Ok(token),
            // How it ends is told to who waits for it.
            Acquired::Start(flow) => drop(run(flow, time, &mut answer)),
            Acquired::Wait(flight) => acquire.landed(flight.block(Some(Duration::ZERO))),
        }
    }
}

/// An answer of a server.
pub fn says(status: u16, body: &[u8]) -> Answer {
    Answer::new(Response::builder().status(status).body(body.to_vec()).expect("a status"))
}

/// The statuses that answers have, by a byte of the input.
pub fn status(byte: u8) -> u16 {
    const ALL: [u16; 16] = [200, 200, 200, 400, 400, 401, 403, 404, 408, 422, 429, 302, 500, 503, 201, 204];
    ALL[usize::from(byte) % ALL.len()]
}

/// What a parameter of a form is, where it is there once.
pub fn sent(request: &Request<Vec<u8>>, name: &str) -> Option<String> {
    let pairs = url::form_urlencoded::parse(request.body());
    let mut values = pairs.filter(|(found, _)| found == name).map(|(_, value)| value.into_owned());
    let value = values.next();
    assert!(values.next().is_none(), "`{name}` is sent twice");
    value
}

/// What holds for every error: one line of visible characters, not too long, and no secret in it.
pub fn check(error: &Error, secrets: &[&str]) {
    assert!(error.source().is_none());
    for text in [error.to_string(), format!("{error:?}")] {
        check_text(&text, secrets);
        assert!(text.chars().count() < 1500, "{} characters", text.chars().count());
    }
}

/// Without those secrets that the server itself has put into the host of a URL: whom a message is about, it says.
pub fn unless_in_hosts<'a>(secrets: &[&'a str], json: &Value) -> Vec<&'a str> {
    let is_in_host = |secret: &str| {
        texts(json).into_iter().filter_map(|text| text.split_once("//")).any(|(_, rest)| {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            host.to_ascii_lowercase().contains(secret)
        })
    };
    secrets.iter().copied().filter(|secret| !is_in_host(secret)).collect()
}

fn texts(json: &Value) -> Vec<&str> {
    match json {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// What holds for everything that is printed.
pub fn check_text(text: &str, secrets: &[&str]) {
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(is_hidden), "{text:?}");
    for secret in secrets {
        assert!(!text.contains(secret), "a secret is shown: {text}");
    }
}
