//! What the actors talk to: a token server whose refresh tokens work once, and a store.

use std::{
    panic::resume_unwind,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use http::{Request, Response, StatusCode};

use super::super::{Token, TokenSource};
use crate::{
    Error, TokenStore,
    flow::{Answer, Io},
    store::{Record, Saved, StoreGuard, StoreKey},
};

pub(super) fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds)
}

/// The n-th token the server issues is `a<n>`, renewed with `r<n>` where there are refresh tokens.
pub(super) fn number(token: &Token) -> u64 {
    token.expose()[1..].parse().unwrap()
}

pub(super) fn token(number: u64, lifetime: u64, asked_at: SystemTime, rotating: bool) -> Token {
    let token = Token::new(format!("a{number}")).lifetime(asked_at, Duration::from_secs(lifetime));
    if rotating { token.refresh_token(format!("r{number}")) } else { token }
}

/// How a call to the server goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Answered,
    /// 503: it has done nothing.
    Busy,
    /// 400: it will not.
    Refused,
    /// The source panics over the answer.
    Panic,
}

pub(super) struct Server {
    pub(super) lifetime: u64,
    pub(super) rotating: bool,
    pub(super) issued: u64,
    /// A refresh token was presented that had been used before: everybody is signed out.
    pub(super) reused: bool,
}

impl Server {
    /// What it answers, and the number of the token it has issued.
    pub(super) fn answer(&mut self, request: &Request<Vec<u8>>, fate: Fate) -> (Answer, Option<u64>) {
        let plain = |status, body: String| {
            let mut response = Response::new(body.into_bytes());
            *response.status_mut() = status;
            Answer::new(response)
        };
        match fate {
            Fate::Busy => return (plain(StatusCode::SERVICE_UNAVAILABLE, String::new()), None),
            Fate::Refused => return (plain(StatusCode::BAD_REQUEST, String::new()), None),
            Fate::Panic => return (plain(StatusCode::IM_A_TEAPOT, String::new()), None),
            Fate::Answered => {}
        }
        let presented = String::from_utf8(request.body().clone()).unwrap();
        if !presented.is_empty() && (self.reused || presented != format!("r{}", self.issued)) {
            self.reused = true;
            return (plain(StatusCode::BAD_REQUEST, String::new()), None);
        }
        self.issued += 1;
        let answer = format!("{} {} {}", self.issued, self.lifetime, self.rotating);
        (plain(StatusCode::OK, answer), Some(self.issued))
    }
}

#[derive(Debug)]
pub(super) struct Client;

impl TokenSource for Client {
    async fn fetch(&self, io: &Io) -> Result<Token, Error> {
        ask(io, "").await
    }

    async fn renew(&self, old: &Token, io: &Io) -> Result<Token, Error> {
        ask(io, old.expose_refresh_token().unwrap_or_default()).await
    }
}

async fn ask(io: &Io, body: &str) -> Result<Token, Error> {
    let request = Request::post("https://login.example.com/").body(body.to_owned()).unwrap();
    let answer = io.send(request).await?;
    match answer.status() {
        StatusCode::OK => {}
        StatusCode::SERVICE_UNAVAILABLE => return Err(Error::server("busy").transient()),
        StatusCode::IM_A_TEAPOT => resume_unwind(Box::new("a teapot")), // which tells no hook
        _ => return Err(Error::credential("refused")),
    }
    let body = str::from_utf8(answer.body()).unwrap();
    let mut words = body.split(' ');
    let mut next = || words.next().unwrap();
    let (issued, lifetime, rotating) = (next().parse().unwrap(), next().parse().unwrap(), next() == "true");
    Ok(token(issued, lifetime, answer.asked_at(), rotating))
}

/// A store that never waits: whoever runs the jobs sees to it that the lock is free.
#[derive(Clone, Debug, Default)]
pub(super) struct ModelStore(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) record: Option<Record>,
    pub(super) is_locked: bool,
    /// Which must not be. A panic would be caught by the job.
    pub(super) is_locked_twice: bool,
}

impl ModelStore {
    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokenStore for ModelStore {
    fn load(&self, _: &StoreKey) -> Result<Option<Record>, Error> {
        Ok(self.kept().record.clone())
    }

    fn lock(&self, _: &StoreKey, _: Duration) -> Result<Box<dyn StoreGuard>, Error> {
        let mut kept = self.kept();
        kept.is_locked_twice |= kept.is_locked;
        kept.is_locked = true;
        Ok(Box::new(Guard(self.clone())))
    }
}

#[derive(Debug)]
struct Guard(ModelStore);

impl StoreGuard for Guard {
    fn load(&mut self) -> Result<Option<Record>, Error> {
        Ok(self.0.kept().record.clone())
    }

    fn save(&mut self, record: &Record) -> Result<Saved, Error> {
        self.0.kept().record = Some(record.clone());
        Ok(Saved::Stored)
    }

    fn remove(&mut self) -> Result<Saved, Error> {
        unreachable!("a renewal never removes")
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.kept().is_locked = false;
    }
}
