//! Nothing printed on the way of a token holds a secret (obligation E17): types, events, answers, records, errors.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use authwright_core::{
    Acquired, ApiKey, Auth, Bearer, Error, Event, IntoScheme, Io, LoginEndpoint, MemoryStore, Secret, Token,
    TokenEvent, TokenPool, TokenSource, TokenStore, Tokens, Value,
    flow::{Answer, Flow, FlowStep, Json},
    store::{Record, StoreKey},
};
use authwright_testkit::{Credential, Plan, Reply};
use authwright_tests::on_every_driver;
use http::{Request, Response};

use crate::support::net;

const CANARY: &str = Credential::CANARY;

fn assert_clean(printed: &[String]) {
    for text in printed {
        assert!(!Credential::leaked_in(text.as_bytes()), "{text}");
    }
}

/// Prints what it holds if somebody derives `Debug` on it by mistake.
struct Holds;

impl std::fmt::Debug for Holds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Holds")
    }
}

impl TokenSource for Holds {
    async fn fetch(&self, _: &Io) -> Result<Token, Error> {
        Ok(token())
    }
}

fn token() -> Token {
    Token::new(CANARY)
        .refresh_token(CANARY)
        .scope("orders.read")
        .detail("client_secret", CANARY)
        .lifetime(SystemTime::UNIX_EPOCH, Duration::from_secs(300))
}

fn login(url: &str) -> LoginEndpoint {
    LoginEndpoint::json(url)
        .field("email", "sam")
        .secret("password", Secret::new(CANARY))
        .header("x-api-key", Secret::new(CANARY))
        .token_at("/token")
}

#[test]
fn e17_no_debug_of_tokens_holds_a_secret() {
    let mut printed = Vec::new();
    let mut print = |value: &dyn std::fmt::Debug| printed.push(format!("{value:?} {value:#?}"));
    let url = format!("https://a.example/{CANARY}?{CANARY}");
    let (tokens, clock) = (Tokens::new(login(&url)).unwrap(), Arc::new(|| SystemTime::UNIX_EPOCH));
    print(&login(&url));
    print(&Tokens::builder(login(&url)).store(MemoryStore::new()));
    print(&token());
    print(&[TokenEvent::Renewed(token()), TokenEvent::Adopted(token())]);
    print(&Value::from(&tokens));
    print(&(Bearer::new(&tokens), ApiKey::header("x-key", &tokens), ApiKey::query("k", &tokens)));
    let mut acquire = tokens.acquire();
    let Acquired::Start(flow) = acquire.step(SystemTime::UNIX_EPOCH).unwrap() else { panic!() };
    print(&flow);
    let mut running = flow.start(clock.clone());
    print(&running);
    let FlowStep::Send(mut call) = running.step() else { panic!() };
    print(&call);
    assert!(Credential::leaked_in(call.request().body()), "the canary is where it belongs");
    let request = call.take_request();
    drop(request);
    let answer =
        Answer::new(Response::new(format!(r#"{{"token": "{CANARY}", "n": "{CANARY}"}}"#).into_bytes()));
    print(&answer);
    print(&answer.json().unwrap());
    call.answer(Ok(answer));
    print(&running.step());
    assert!(tokens.fresh(SystemTime::UNIX_EPOCH).is_some());
    print(&tokens);
    print(&acquire);
    for scheme in [(&tokens).into_scheme(), ApiKey::cookie("k", &tokens).into_scheme()] {
        print(&scheme);
    }
    let auth = Auth::new("https://a.example", &tokens).unwrap();
    print(&auth);
    print(&auth.explain(&url).unwrap().to_string());
    print(&TokenPool::new(1, |_: &u32| Tokens::new(Holds)));
    print(&Record::from_bytes(CANARY.into()));
    print(&Json::parse(format!(r#"{{"a": "{CANARY}"}}"#).as_bytes()));
    print(&Json::parse(CANARY.as_bytes()).map_err(|error| error.to_string()));
    let store = MemoryStore::new();
    let key = StoreKey::new("mine");
    let mut guard = store.lock(&key, Duration::ZERO).unwrap();
    let _ = guard.save(&Record::from_bytes(CANARY.into())).unwrap();
    print(&(&store, &guard, store.load(&key)));
    let damaged = Tokens::builder(Holds).store(store.clone()).store_as("mine").build().unwrap();
    drop(guard);
    print(&run_once(&damaged).err().map(|error| error.to_string()));
    assert_clean(&printed);
}

fn run_once(tokens: &Tokens) -> Result<(), Error> {
    let Acquired::Start(flow) = tokens.acquire().step(SystemTime::now())? else { panic!() };
    let mut running = flow.start(Arc::new(SystemTime::now));
    loop {
        match running.step() {
            FlowStep::Block(job) => job.run(),
            FlowStep::Done(outcome) => {
                outcome?;
                return tokens.acquire().step(SystemTime::now()).map(drop);
            }
            other => panic!("{other:?}"),
        }
    }
}

/// What a flow sends and gets back is printed by neither client's error, and events carry nothing printable.
#[test]
fn e17_nothing_of_a_fetch_is_printed() {
    let net = net();
    on_every_driver(|driver| {
        for reply in [
            Reply::status(401).body(CANARY),
            Reply::status(502).body(CANARY),
            Reply::json(&format!(r#"{{"nothing": "{CANARY}"}}"#)),
            Reply::json(&format!(r#"{{"token": "{CANARY} {CANARY}"}}"#)),
            Reply::redirect(307, &format!("/{CANARY}?{CANARY}")),
            Reply::json(CANARY).close_mid_body(),
            Reply::ok(CANARY).close_before_head(),
        ] {
            net.set_script(move |_| reply.clone());
            let events = Arc::new(Mutex::new(Vec::new()));
            let hears = Arc::clone(&events);
            let url = net.url(1, &format!("/{CANARY}?{CANARY}"));
            let tokens = Tokens::builder(login(&url))
                .on_event(move |event| hears.lock().unwrap().push(format!("{event:?}")))
                .build()
                .unwrap();
            let hears = Arc::clone(&events);
            let observe =
                move |event: &Event<'_>| hears.lock().unwrap().push(format!("{event} {event:?} {event:#?}"));
            let auth = Auth::new(net.origin(0), &tokens).unwrap().observe(observe);
            let outcome = driver.run(&net, &Plan::get(net.url(0, "/"), &auth).explained());
            let mut printed = outcome.printed;
            printed.extend(outcome.trail.map(|trail| trail.to_string()));
            printed.extend(events.lock().unwrap().drain(..));
            assert!(
                printed
                    .iter()
                    .any(|text| text.contains("  renewal_failed  ") || text.contains("  renewed  "))
            );
            if let Err(failure) = driver.token(&net, &authwright_testkit::TestClock::new(), &tokens) {
                printed.push(format!("{failure:?}"));
            }
            assert_clean(&printed);
        }
    });
}

/// A flow of somebody's own that fails while it holds secrets.
#[test]
fn e17_a_flow_that_panics_quotes_nothing() {
    let flow = Flow::<()>::new(|io| async move {
        let request = Request::get("https://a.example/").body(CANARY.to_owned()).unwrap();
        let answer = io.send(request).await?;
        panic!("status {}", answer.status());
    });
    let mut running = flow.start(Arc::new(SystemTime::now));
    let FlowStep::Send(call) = running.step() else { panic!() };
    call.answer(Ok(Answer::new(Response::new(CANARY.into()))));
    let FlowStep::Done(Err(error)) = running.step() else { panic!() };
    assert_clean(&[format!("{error} {error:?}")]);
    assert_eq!(error.to_string(), "a token source or another flow panicked");
}
