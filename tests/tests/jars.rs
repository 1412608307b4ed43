//! What a login's answer leaves in a cookie jar belongs to whoever logged in: calls of flows neither send cookies nor keep any.

use authwright_core::{Auth, LoginEndpoint, Tokens};
use authwright_testkit::{FakeServer, Reply};

/// Logins that open a session, for two users of one client.
fn server() -> FakeServer {
    let server = FakeServer::start().unwrap();
    server.on("POST /login").reply_with(|request| {
        let who = request.json()["user"].as_str().unwrap_or_default().to_owned();
        Reply::json(&format!(r#"{{"access_token": "t-{who}", "expires_in": 300}}"#))
            .header("set-cookie", format!("session={who}; Path=/"))
    });
    server.on("GET /orders").json("[]");
    server
}

fn auth(server: &FakeServer, user: &str) -> Auth {
    let login =
        LoginEndpoint::json(format!("{}/login", server.url())).field("user", user).secret("password", "pw");
    Auth::new(server.url(), Tokens::new(login).unwrap()).unwrap()
}

fn assert_no_session(server: &FakeServer) {
    let requests = server.requests();
    assert_eq!(requests.len(), 4, "two logins, two requests");
    for request in requests {
        assert_eq!(request.header("cookie"), None, "{} {}", request.method, request.target);
    }
}

#[test]
fn a_login_shares_no_session_on_reqwest() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = server();
    let url = format!("{}/orders", server.url());
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let api =
            authwright_reqwest::Client::builder(auth(&server, "alice")).cookie_store(true).build().unwrap();
        api.get(url.as_str()).send().await.unwrap();
        api.get(url.as_str()).auth(&auth(&server, "bob")).send().await.unwrap();
    });
    assert_no_session(&server);
}

#[test]
fn a_login_shares_no_session_on_ureq() {
    let server = server();
    let url = format!("{}/orders", server.url());
    let agent = authwright_ureq::Agent::new(auth(&server, "alice")).unwrap();
    agent.get(url.as_str()).call().unwrap();
    agent.get(url.as_str()).auth(&auth(&server, "bob")).call().unwrap();
    assert_no_session(&server);
}
