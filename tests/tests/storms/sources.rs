//! Sources that panic, never end, or are of the wrong kind for a client.

use std::{
    future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use authwright_core::{Auth, Error, Fault, IntoSource, Io, Token, TokenSource, Tokens};
use authwright_testkit::TestClock;
use tokio::task::JoinSet;

use crate::support::{Gate, SHORT, agent, bounded, client, server, single, workers};

/// What a source does when it is asked, and how often it was.
#[derive(Clone, Debug, Default)]
struct Asked(Arc<AtomicUsize>);

impl Asked {
    fn count(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn times(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

#[derive(Debug)]
struct PanicsAtOnce(Asked);

impl TokenSource for PanicsAtOnce {
    async fn fetch(&self, _: &Io) -> Result<Token, Error> {
        self.0.count();
        panic!("s3cret")
    }
}

#[derive(Debug)]
struct PanicsLater(Asked);

impl TokenSource for PanicsLater {
    async fn fetch(&self, io: &Io) -> Result<Token, Error> {
        self.0.count();
        io.block(|| ()).await?;
        panic!("s3cret")
    }
}

#[derive(Debug)]
struct Blocking(Asked);

impl authwright_ureq::TokenProvider for Blocking {
    fn token(&self) -> Result<Token, Error> {
        self.0.count();
        panic!("s3cret")
    }
}

#[derive(Debug)]
struct Awaiting(Asked);

#[authwright_reqwest::async_trait]
impl authwright_reqwest::TokenProvider for Awaiting {
    async fn token(&self) -> Result<Token, Error> {
        self.0.count();
        tokio::task::yield_now().await;
        panic!("s3cret")
    }
}

#[test]
fn a_source_that_panics_is_an_error_for_everybody_and_asked_once() {
    type Make = fn(Asked) -> authwright_core::Source;
    let make: [(Make, bool); 4] = [
        (|asked| PanicsAtOnce(asked).into_source().unwrap(), false),
        (|asked| PanicsLater(asked).into_source().unwrap(), false),
        (|asked| authwright_ureq::Provided::by(Blocking(asked)).into_source().unwrap(), false),
        (|asked| authwright_reqwest::Provided::by(Awaiting(asked)).into_source().unwrap(), true),
    ];
    for (make, needs_async) in make {
        bounded(move || {
            let (asked, clock) = (Asked::default(), TestClock::new());
            let tokens = Tokens::new(make(asked.clone())).unwrap();
            let (api, agent) = (client(&clock, &Auth::none()), agent(&clock, &Auth::none()));
            let check = |fault: Fault, text: String| {
                assert_eq!(fault, Fault::Caller, "{text}");
                assert!(text.contains("panicked") && !text.contains("s3cret"), "{text}");
            };
            workers().block_on(async {
                let mut tasks = JoinSet::new();
                for _ in 0..50 {
                    let (api, tokens) = (api.clone(), tokens.clone());
                    tasks.spawn(async move { api.token(&tokens).await.unwrap_err() });
                }
                for error in tasks.join_all().await {
                    check(error.fault(), error.to_string());
                }
            });
            if !needs_async {
                let error = agent.token(&tokens).unwrap_err();
                check(error.fault(), error.to_string());
            }
            assert_eq!(
                asked.times(),
                1,
                "{tokens:?}: nothing mends a panic, so it is not tried again at once"
            );
        });
    }
}

#[derive(Debug)]
struct Endless;

#[authwright_reqwest::async_trait]
impl authwright_reqwest::TokenProvider for Endless {
    async fn token(&self) -> Result<Token, Error> {
        future::pending().await
    }
}

#[test]
fn a_provider_that_never_ends_is_a_timeout() {
    bounded(|| {
        let tokens =
            Tokens::builder(authwright_reqwest::Provided::by(Endless)).wait_limit(SHORT).build().unwrap();
        let (api, runtime) = (client(&TestClock::new(), &Auth::none()), workers());
        let start = Instant::now();
        runtime.block_on(async {
            let mut tasks = JoinSet::new();
            for _ in 0..20 {
                let (api, tokens) = (api.clone(), tokens.clone());
                tasks.spawn(async move { api.token(&tokens).await.unwrap_err() });
            }
            for error in tasks.join_all().await {
                assert!(error.is_timeout() && error.to_string().contains("Endless"), "{error}");
            }
        });
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    });
}

#[derive(Debug)]
struct Held(Gate);

impl authwright_ureq::TokenProvider for Held {
    fn token(&self) -> Result<Token, Error> {
        self.0.pass();
        Ok(Token::new("t0ken"))
    }
}

/// A blocking provider runs where it may block: a runtime with one thread goes on meanwhile.
#[test]
fn a_blocking_provider_blocks_no_runtime() {
    bounded(|| {
        let gate = Gate::closed();
        let tokens = Tokens::new(authwright_ureq::Provided::by(Held(gate.clone()))).unwrap();
        let api = client(&TestClock::new(), &Auth::none());
        let token = single().block_on(async {
            let asked = tokens.clone();
            let caller = tokio::spawn(async move { api.token(&asked).await });
            gate.arrived_async(1).await;
            gate.open();
            caller.await.unwrap()
        });
        assert_eq!(token.unwrap().expose(), "t0ken");
    });
}

#[derive(Debug)]
struct Vault;

#[authwright_reqwest::async_trait]
impl authwright_reqwest::TokenProvider for Vault {
    async fn token(&self) -> Result<Token, Error> {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(Token::new("t0ken"))
    }
}

/// A blocking client cannot await. It says so before anything is sent, and the cache it was given still works elsewhere.
#[test]
fn an_async_provider_is_refused_by_a_blocking_client() {
    bounded(|| {
        let (server, clock) = (server(), TestClock::new());
        server.on("/orders");
        let tokens = Tokens::new(authwright_reqwest::Provided::by(Vault)).unwrap();
        let auth = Auth::new(server.url(), &tokens).unwrap();
        let check = |error: authwright_ureq::Error| {
            assert_eq!(error.fault(), Fault::Caller, "{error}");
            let text = error.to_string();
            assert!(text.contains("Vault") && text.contains("awaits futures"), "{text}");
        };
        check(authwright_ureq::Agent::new(auth.clone()).unwrap_err());
        let agent = agent(&clock, &Auth::none());
        let url = format!("{}/orders", server.url());
        check(agent.get(&*url).auth(&auth).call().unwrap_err());
        check(agent.post(&*url).auth(&auth).send("order").unwrap_err());
        check(agent.token(&tokens).unwrap_err());
        agent.settled(Duration::from_secs(10));
        assert!(server.requests().is_empty());

        let api = client(&clock, &Auth::none());
        let token = thread::spawn(move || workers().block_on(api.token(&tokens)).unwrap()).join().unwrap();
        assert_eq!(token.expose(), "t0ken", "what was refused there has not spoilt it here");
    });
}
