//! A token without a request: for a readiness check, or for a client of somebody else's.

use std::time::SystemTime;

use super::{Flight, Landing, Token, Tokens, cache::Supply};
use crate::{Error, Flow, Launch};

/// How often one caller starts or waits before the source counts as unable to settle.
const TURNS: u32 = 8;

/// Gets one token, step by step: [`step`](Acquire::step) it, do what it asks, and step it again.
#[derive(Debug)]
pub struct Acquire<'a> {
    tokens: &'a Tokens,
    landing: Option<Landing>,
    next: Option<Flight>,
    turns: u32,
}

/// What [`Acquire::step`] asks for.
#[derive(Debug)]
pub enum Acquired {
    /// Here it is.
    Token(Token),
    /// Run this by itself, on a task or a thread of its own, and step on.
    Start(Flow<()>),
    /// Wait for this, and hand over how it [landed](Acquire::landed).
    Wait(Flight),
}

impl<'a> Acquire<'a> {
    pub(super) fn new(tokens: &'a Tokens) -> Self {
        Self { tokens, landing: None, next: None, turns: 0 }
    }

    /// What to do next.
    ///
    /// # Errors
    /// There is no token: the source has failed.
    pub fn step(&mut self, now: SystemTime) -> Result<Acquired, Error> {
        if let Some(token) = self.tokens.usable(now) {
            return Ok(Acquired::Token(token));
        }
        self.turns += 1;
        if self.turns > TURNS {
            return Err(unsettled());
        }
        if let Some(flight) = self.next.take() {
            return Ok(Acquired::Wait(flight));
        }
        Ok(match self.tokens.0.cache.supply(now, false, self.landing.as_ref())? {
            Supply::Token(current) => Acquired::Token(current.token.clone()),
            Supply::Follow(flight) => Acquired::Wait(flight),
            Supply::Lead(lead) => {
                let Launch { flow, then } = self.tokens.launch(lead);
                self.next = then;
                Acquired::Start(flow)
            }
        })
    }

    /// How the flight ended that was waited for.
    pub fn landed(&mut self, landing: Landing) {
        self.landing = Some(landing);
    }
}

/// A source whose tokens are over before they can be used, or whose runner dies every time.
pub(crate) fn unsettled() -> Error {
    Error::new(
        crate::Fault::Server,
        "no token could be settled on: what runs the fetches ends before they do, or they are refused at once",
    )
    .transient()
}
