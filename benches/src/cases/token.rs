//! A token that is cached: reading it, and putting it on a request.

use std::{
    hint::black_box,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use arc_swap::ArcSwapOption;
use authwright_core::{Acquired, ApiKey, Clock, Error, Io, Token, TokenSource, Tokens, flow::FlowStep};
use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};

use super::header::{exchange, scheme};
use crate::{
    region::Recorder,
    shape::{self, KEY, ORIGIN},
    table::{Limit, Row},
};

const FLOOR: &str = "load, clock, clone, insert";

pub(super) const ROWS: &[Row] = &[
    Row::floor("nothing"),
    Row::held("token()", "nothing", Limit::Plus(130.0), Limit::AtMost(0.0)),
    Row::shown("of which the clock", "nothing"),
    Row::floor(FLOOR),
    Row::held("tokens: scheme", FLOOR, Limit::Times(1.25), Limit::AtMost(0.0)),
    Row::held("tokens: exchange", FLOOR, Limit::Times(1.7), Limit::AtMost(0.0)),
    Row::held("tokens in another header: exchange", FLOOR, Limit::Report, Limit::AtMost(0.0)),
    // What makes the one resend possible: a copy of the caller's fields. Redirects need the same one.
    Row::held("tokens, renewable: exchange", FLOOR, Limit::Report, Limit::AtMost(1.0)),
    Row::held("tokens, renewable: exchange, 10 redirects", FLOOR, Limit::Report, Limit::AtMost(1.0)),
    Row::shown("by hand: behind a lock, formatted", FLOOR),
];

pub(super) fn run(recorder: &mut Recorder) {
    let clock: Arc<dyn Clock> = Arc::new(SystemTime::now);
    let token = Token::new(KEY).lifetime(SystemTime::now(), Duration::from_secs(7 * 86_400));
    let tokens = Tokens::new(token).expect("a fixed token");
    recorder.each("nothing", || (), |()| ());
    recorder.each("token()", || (), |()| black_box(&tokens).fresh(clock.now()));
    recorder.each("of which the clock", || (), |()| black_box(&clock).now());
    floor(recorder, &clock);
    scheme(recorder, "tokens: scheme", &tokens);
    exchange(recorder, "tokens: exchange", &shape::auth(ORIGIN, &tokens), &shape::policy(0));
    let elsewhere = ApiKey::header("X-Auth-Token", &tokens);
    exchange(
        recorder,
        "tokens in another header: exchange",
        &shape::auth(ORIGIN, elsewhere),
        &shape::policy(0),
    );
    let renewable = renewable();
    let auth = shape::auth(ORIGIN, &renewable);
    exchange(recorder, "tokens, renewable: exchange", &auth, &shape::policy(0));
    exchange(recorder, "tokens, renewable: exchange, 10 redirects", &auth, &shape::policy(10));
    by_hand(recorder, &clock);
}

/// Hands out a token that lives for a week, and could hand out another.
#[derive(Debug)]
struct Weekly;

impl TokenSource for Weekly {
    async fn fetch(&self, io: &Io) -> Result<Token, Error> {
        Ok(Token::new(KEY).lifetime(io.now(), Duration::from_secs(7 * 86_400)))
    }
}

/// Tokens that are there already.
fn renewable() -> Tokens {
    let tokens = Tokens::new(Weekly).expect("a source without parts");
    let Ok(Acquired::Start(flow)) = tokens.acquire().step(SystemTime::now()) else {
        unreachable!("there is no token yet");
    };
    let FlowStep::Done(Ok(())) = flow.start(Arc::new(SystemTime::now)).step() else {
        unreachable!("it asks for nothing");
    };
    tokens
}

/// The least anybody can do who checks the expiry: a cell that is read without a lock, a clock, a ready value.
fn floor(recorder: &mut Recorder, clock: &Arc<dyn Clock>) {
    let until = SystemTime::now() + Duration::from_secs(86_400);
    let value = shape::ready(&format!("Bearer {KEY}"));
    let cell = ArcSwapOption::from(Some(Arc::new((until, value))));
    let standard = black_box(AUTHORIZATION);
    recorder.each(FLOOR, shape::headers, |headers| {
        let current = cell.load();
        let (until, value) = &**current.as_ref()?;
        (clock.now() < *until).then(|| headers.insert(standard.clone(), value.clone()))
    });
}

/// What people write.
fn by_hand(recorder: &mut Recorder, clock: &Arc<dyn Clock>) {
    let until = SystemTime::now() + Duration::from_secs(86_400);
    let cell = Mutex::new((until, KEY.to_owned()));
    recorder.each("by hand: behind a lock, formatted", shape::headers, |headers: &mut HeaderMap| {
        let (until, token) = cell.lock().ok()?.clone();
        if clock.now() >= until {
            return None;
        }
        let value = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
        headers.insert(AUTHORIZATION, value)
    });
}
