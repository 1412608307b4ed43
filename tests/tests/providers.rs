//! Tokens from somebody else's library: awaited on reqwest, called where blocking is allowed on ureq.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use authwright_reqwest::{Auth, Client, SchemeError as Error, Token, Tokens};
use authwright_testkit::FakeServer;
use authwright_tests::Reqwest;
use authwright_ureq::Agent;

/// Stands for the client of a vault, and counts how often it is asked.
#[derive(Clone, Debug, Default)]
struct Vault(Arc<AtomicUsize>);

impl Vault {
    fn read(&self) -> Token {
        self.0.fetch_add(1, Ordering::SeqCst);
        Token::new("t0ken").lifetime(SystemTime::now(), Duration::from_secs(300))
    }

    fn asked(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

#[authwright_reqwest::async_trait]
impl authwright_reqwest::TokenProvider for Vault {
    async fn token(&self) -> Result<Token, Error> {
        tokio::time::sleep(Duration::from_millis(10)).await;
        Ok(self.read())
    }
}

impl authwright_ureq::TokenProvider for Vault {
    fn token(&self) -> Result<Token, Error> {
        std::thread::sleep(Duration::from_millis(10));
        Ok(self.read())
    }
}

fn all_bear_the_token(server: &FakeServer, times: usize) {
    let requests = server.requests();
    assert_eq!(requests.len(), times);
    assert!(requests.iter().all(|request| request.header("authorization") == Some("Bearer t0ken")));
}

#[test]
fn an_async_provider_is_awaited_once_for_everybody() {
    let (server, vault) = (FakeServer::start().unwrap(), Vault::default());
    server.on("/orders");
    let tokens = Tokens::new(authwright_reqwest::Provided::by(vault.clone())).unwrap();
    Reqwest::new().block_on(async {
        let auth = Auth::new(server.url(), tokens).unwrap();
        let api = Client::builder(auth).base_url(server.url()).build().unwrap();
        let (a, b) = tokio::join!(api.get("orders").send(), api.get("orders").send());
        assert!(a.is_ok() && b.is_ok(), "{a:?} {b:?}");
    });
    assert_eq!(vault.asked(), 1);
    all_bear_the_token(&server, 2);
}

#[test]
fn a_blocking_provider_serves_both_clients() {
    let (server, vault) = (FakeServer::start().unwrap(), Vault::default());
    server.on("/orders");
    let tokens = Tokens::new(authwright_ureq::Provided::by(vault.clone())).unwrap();
    let auth = Auth::new(server.url(), &tokens).unwrap();
    let agent = Agent::builder(auth.clone()).base_url(server.url()).build().unwrap();
    agent.get("orders").call().unwrap();
    Reqwest::new().block_on(async {
        let api = Client::builder(auth).base_url(server.url()).build().unwrap();
        api.get("orders").send().await.unwrap();
    });
    assert_eq!(vault.asked(), 1);
    all_bear_the_token(&server, 2);
}

#[test]
fn an_async_provider_is_refused_when_a_blocking_agent_is_built() {
    let tokens = Tokens::new(authwright_reqwest::Provided::by(Vault::default())).unwrap();
    let error = Agent::new(Auth::new("https://api.example.com", tokens).unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Bearer (Vault) awaits futures, which a blocking client cannot; give it a blocking token provider"
    );
}
