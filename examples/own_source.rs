//! A token that comes by an HTTP call Authwright does not know: a source of your own, for both clients, and its test.
//!
//! ```sh
//! cargo run --example own_source
//! cargo test --example own_source
//! ```

use std::{error::Error, fmt};

use authwright_examples::use_ring;
use authwright_reqwest::{Auth, Client, Fault, Io, SchemeError, Token, TokenSource, Tokens};
use authwright_testkit::FakeServer;
use authwright_ureq::Agent;

const NAME: &str = "the metadata service";

/// The metadata service of a machine in the cloud: whoever can reach it gets a token.
#[derive(Debug)]
struct Metadata {
    url: String,
}

impl TokenSource for Metadata {
    /// Runs under either client. The cache around it decides when, and there is one call at a time.
    async fn fetch(&self, io: &Io) -> Result<Token, SchemeError> {
        let request = http::Request::get(&self.url).header("metadata-flavor", "cloud").body("")?;
        let answer = io.send(request).await?;
        if !answer.status().is_success() {
            let error =
                SchemeError::new(Fault::Server, format!("{NAME} answered {}", answer.status().as_u16()));
            // One that passes: a token that is still good stays in use, and the next try comes soon.
            return Err(if answer.status().is_server_error() { error.transient() } else { error });
        }
        let json = answer.json()?;
        let token = json.text("/access_token").ok_or_else(|| {
            SchemeError::new(Fault::Server, format!("{NAME} sent no token, but {}", json.member_names()))
        })?;
        let token = Token::new(token);
        Ok(match json.lifetime("/expires_in") {
            Some(lifetime) => token.lifetime(answer.asked_at(), lifetime),
            None => token,
        })
    }

    /// What the token is kept under, if it is given a store.
    fn identity(&self) -> Option<String> {
        Some("cloud metadata".into())
    }

    /// In messages: `Bearer (the metadata service, #3f9a)`.
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAME)
    }
}

fn auth(api: &str, metadata: &str) -> Result<Auth, SchemeError> {
    Auth::new(api, Tokens::new(Metadata { url: metadata.into() })?)
}

fn main() -> Result<(), Box<dyn Error>> {
    use_ring();
    let server = machine()?;
    let auth = auth(server.url(), &format!("{}/token", server.url()))?;
    with_reqwest(server.url(), auth.clone())?;
    println!(
        "ureq     {}",
        Agent::builder(auth).base_url(server.url()).build()?.get("jobs").call()?.status()
    );
    println!("{} call of the metadata service, for both", server.count("/token"));
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn with_reqwest(api: &str, auth: Auth) -> Result<(), authwright_reqwest::Error> {
    let api = Client::builder(auth).base_url(api).build()?;
    println!("reqwest  {}", api.get("jobs").send().await?.status());
    Ok(())
}

/// A metadata service, and an API that takes its tokens.
fn machine() -> Result<FakeServer, Box<dyn Error>> {
    let server = FakeServer::start()?;
    server.tokens("/token").accepts(|request| request.header("metadata-flavor") == Some("cloud"));
    Ok(server)
}

#[test]
fn a_failure_that_passes_is_said_to_be_one() -> Result<(), Box<dyn Error>> {
    let server = machine()?;
    server
        .tokens("/token")
        .fails_times(1, 503)
        .fails_with(authwright_testkit::Reply::json(r#"{"token": "t0ken"}"#));
    let agent = Agent::new(auth(server.url(), &format!("{}/token", server.url()))?)?;

    let error = agent.get(format!("{}/jobs", server.url())).call().unwrap_err();
    assert_eq!(error.to_string(), "the metadata service answered 503");
    assert!(error.is_transient());

    let error = agent.get(format!("{}/jobs", server.url())).call().unwrap_err();
    assert_eq!(error.to_string(), "the metadata service sent no token, but token");
    assert!(!error.is_transient());
    assert_eq!(server.count("/jobs"), 0);
    Ok(())
}
