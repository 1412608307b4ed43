//! Issuing tokens and checking them.

use std::time::Duration;

use authwright_testkit::{Reply, TestClock};

use crate::client::{Connection, get, get_as, post, start};

#[test]
fn tokens_are_issued_and_demanded_elsewhere() {
    let server = start();
    server.tokens("/login");
    server.on("GET /v1/orders").json("[]");
    server.on("GET /health").text("up").without_token();

    let answer = get(&server, "/v1/orders");
    assert_eq!(answer.status, 401);
    assert!(answer.head.contains("www-authenticate: Bearer error=\"invalid_token\"\r\n"), "{}", answer.head);
    assert_eq!(get_as(&server, "/v1/orders", "token-1").status, 401, "it is not issued yet");
    assert_eq!(get(&server, "/health").body, "up");

    let answer = post(&server, "/login?tenant=1", "");
    assert_eq!(answer.body, r#"{"access_token":"token-1","expires_in":3600,"token_type":"Bearer"}"#);
    assert_eq!(get_as(&server, "/v1/orders", "token-1").body, "[]");
    assert_eq!(get_as(&server, "/v1/orders", "token-2").status, 401);
    // Nothing is set here, and a test of the login alone need not.
    assert_eq!(get_as(&server, "/anything", "token-1").body, "{}");
    assert!(server.unexpected().is_empty());
    assert_eq!((server.count("/login"), server.issued()), (1, 1));
}

#[test]
fn a_refused_request_does_not_use_up_a_reply() {
    let server = start();
    server.tokens("/login");
    server.on("GET /").text("a").once();
    post(&server, "/login", "");
    assert_eq!(get(&server, "/").status, 401);
    assert_eq!(get_as(&server, "/", "token-1").body, "a");
    assert_eq!(get_as(&server, "/", "token-1").body, "FakeServer: nothing set any more for GET /");
}

#[test]
fn the_shape_is_the_apis_own() {
    let server = start();
    let login = server.tokens("/login").lifetime(Duration::from_secs(300));
    login.token_at("/data/token").expires_in_at("/data/ttl").checked_in("X-Auth-Token");
    assert_eq!(post(&server, "/login", "").body, r#"{"data":{"token":"token-1","ttl":300}}"#);
    assert_eq!(get_as(&server, "/", "token-1").status, 401);
    assert_eq!(Connection::open(&server).send("GET /", &["x-auth-token: token-1"], "").status, 200);

    server.tokens("/login").omit_lifetime();
    assert_eq!(post(&server, "/login", "").body, r#"{"data":{"token":"token-2"}}"#);
    server.tokens("/login").raw(|request, issued| {
        assert_eq!(issued.expires_in, None);
        Reply::ok(&format!("{} for {}", issued.access_token, request.form_value("user").unwrap_or_default()))
    });
    assert_eq!(post(&server, "/login", "user=sam").body, "token-3 for sam");
}

#[test]
fn only_who_is_accepted_gets_a_token() {
    let server = start();
    server.tokens("/login").accepts(|request| request.json()["password"] == "pw");
    let answer = post(&server, "/login", r#"{"password": "guess"}"#);
    assert_eq!((answer.status, answer.body.as_str()), (401, r#"{"error":"invalid_client"}"#));
    assert_eq!(post(&server, "/login", r#"{"password": "pw"}"#).status, 200);
    assert_eq!(server.issued(), 1);
}

#[test]
fn an_endpoint_fails_as_often_as_it_is_told_to() {
    let server = start();
    server.tokens("/login").fails_times(2, 503).fails_with(Reply::status(429).header("retry-after", "9"));
    let statuses = [(); 4].map(|()| post(&server, "/login", "").status);
    assert_eq!(statuses, [503, 503, 429, 200]);
    server.tokens("/login").fails_times(1, 500);
    assert_eq!(post(&server, "/login", "").status, 500);
    assert_eq!((server.count("/login"), server.issued()), (5, 1));
}

#[test]
fn revoked_tokens_are_refused() {
    let server = start();
    server.tokens("/login");
    post(&server, "/login", "");
    assert_eq!(get_as(&server, "/", "token-1").status, 200);
    server.revoke_tokens();
    assert_eq!(get_as(&server, "/", "token-1").status, 401);
    post(&server, "/login", "");
    assert_eq!(get_as(&server, "/", "token-2").status, 200);
}

#[test]
fn tokens_expire_by_the_clock_if_there_is_one() {
    let (server, clock) = (start(), TestClock::new());
    server.tokens("/login").lifetime(Duration::from_secs(300));
    post(&server, "/login", "");
    server.tokens("/login").expire_with(&clock);
    post(&server, "/login", "");
    clock.advance(Duration::from_secs(299));
    assert_eq!(get_as(&server, "/", "token-2").status, 200);
    clock.advance(Duration::from_secs(1));
    assert_eq!(get_as(&server, "/", "token-2").status, 401);
    assert_eq!(get_as(&server, "/", "token-1").status, 200, "issued before there was a clock");
}

#[test]
fn a_token_counts_once_and_in_its_own_field() {
    let server = start();
    server.tokens("/a");
    server.tokens("/b").checked_in("x-b");
    post(&server, "/a", "");
    post(&server, "/b", "");
    let status = |fields: &[&str]| Connection::open(&server).send("GET /", fields, "").status;
    assert_eq!(status(&["authorization: bearer token-1"]), 200);
    assert_eq!(status(&["x-b: token-2"]), 200);
    assert_eq!(status(&["authorization: Bearer token-2"]), 401);
    assert_eq!(status(&["x-b: token-1"]), 401);
    assert_eq!(status(&["authorization: token-1"]), 401);
    assert_eq!(status(&["authorization: Bearer token-1", "authorization: Bearer token-1"]), 401);
}
