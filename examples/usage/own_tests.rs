//! Task 22, a test of code of one's own: no network, no waiting, on both clients.

use std::time::Duration;

use authwright_reqwest::Client;
use authwright_testkit::{FakeServer, TestClock};
use authwright_ureq::Agent;

use crate::Outcome;

/// The code under test: how this program gets its tokens. The URL is an argument, so that a test can set it.
mod my_app {
    use authwright_reqwest::{Auth, LoginEndpoint, SchemeError, Tokens};

    pub(super) fn auth(url: &str) -> Result<Auth, SchemeError> {
        let login =
            LoginEndpoint::json(format!("{url}/login")).field("user", "sam").secret("password", "hunter2");
        Auth::new(url, Tokens::new(login)?)
    }
}

/// In the last 10 s before its end a request waits for the next token, so the second request is sure to be the second
/// login's.
#[rustfmt::skip]
pub(crate) async fn task_22() -> Outcome {
    let (server, clock) = (FakeServer::start()?, TestClock::new());
    server.tokens("/login").lifetime(Duration::from_secs(300));
    let api = Client::builder(my_app::auth(server.url())?).clock(clock.clone()).base_url(server.url()).build()?;
    api.get("orders").send().await?;
    clock.advance(Duration::from_secs(290));
    api.get("orders").send().await?;
    assert_eq!(server.count("/login"), 2);
    Ok(())
}

#[rustfmt::skip]
pub(crate) fn task_22_ureq() -> Outcome {
    let (server, clock) = (FakeServer::start()?, TestClock::new());
    server.tokens("/login").lifetime(Duration::from_secs(300));
    let agent = Agent::builder(my_app::auth(server.url())?).clock(clock.clone()).base_url(server.url()).build()?;
    agent.get("orders").call()?;
    clock.advance(Duration::from_secs(290));
    agent.get("orders").call()?;
    assert_eq!(server.count("/login"), 2);
    Ok(())
}

#[tokio::test]
async fn a_token_near_its_end_is_renewed() -> Outcome {
    authwright_examples::use_ring();
    task_22().await
}

#[test]
fn a_token_near_its_end_is_renewed_on_ureq() -> Outcome {
    task_22_ureq()
}
