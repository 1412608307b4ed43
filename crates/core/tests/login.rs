//! What is wrong with a token source is said when it is built; what is wrong with an answer, in names and never in values.

use std::{sync::Arc, time::SystemTime};

use authwright_core::{
    Acquired, Auth, Error, Fault, Io, LoginEndpoint, MemoryStore, Secret, Token, TokenSource, Tokens,
    flow::{Answer, FlowStep},
};

fn login() -> LoginEndpoint {
    LoginEndpoint::json("https://api.example.com/login").field("email", "sam").secret("password", "hunter2")
}

/// Runs one fetch by hand, with this answer.
fn fetch(login: LoginEndpoint, status: u16, body: &str) -> Result<Token, Error> {
    let tokens = Tokens::new(login).unwrap();
    let (clock, now) = (Arc::new(SystemTime::now), SystemTime::now());
    let mut acquire = tokens.acquire();
    let Acquired::Start(flow) = acquire.step(now)? else { panic!("there is a token already") };
    let mut running = flow.start(clock);
    let FlowStep::Send(call) = running.step() else { panic!("a login sends something") };
    let response = http::Response::builder().status(status).body(body.as_bytes().to_vec()).unwrap();
    call.answer(Ok(Answer::new(response)));
    let FlowStep::Done(Ok(())) = running.step() else { panic!("one call is all") };
    let Acquired::Wait(flight) = acquire.step(now)? else {
        return Ok(tokens.fresh(now).expect("it has just been fetched"));
    };
    let mut flight = std::pin::pin!(flight);
    match flight.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(landing) => {
            Err(landing.error().expect("a token would have been fresh").clone())
        }
        std::task::Poll::Pending => panic!("the flow has ended, and the flight has not"),
    }
}

#[test]
fn a_wrong_description_names_its_piece() {
    let missing = Secret::env("AUTHWRIGHT_TEST_UNSET");
    for (login, says) in [
        (
            login().secret("pin", &missing),
            "environment variable AUTHWRIGHT_TEST_UNSET is not set (field `pin` of the login at https://api.example.com)",
        ),
        (
            login().header("x-key", &missing),
            "environment variable AUTHWRIGHT_TEST_UNSET is not set (header `x-key` of the login)",
        ),
        (login().header("x key", "k"), "header `x key` of a login is malformed"),
        (
            login().header("x-key", "a\nb"),
            "the given value has a character that header `x-key` cannot have; nothing was sent",
        ),
        (
            login().field("Password", "hunter2"),
            "field `Password` of the login at https://api.example.com looks like a secret: give it with .secret(..), so \
             that it is never shown",
        ),
        (
            login().token_at("token"),
            "token_at of the login at https://api.example.com must be a JSON pointer, which starts with `/`: \
             `/access_token`",
        ),
        (
            login().expires_in_at("ttl"),
            "expires_in_at of the login at https://api.example.com must be a JSON pointer, which starts with `/`: \
             `/access_token`",
        ),
        (
            LoginEndpoint::form("http://intranet:8080/login"),
            "http://intranet:8080 is plain http: the password could be read on the way; use https, or \
             .danger_plain_http() if you accept that",
        ),
        (
            LoginEndpoint::form("https://sam:pw@api.example.com/login"),
            "the URL contains a user name or password, which would be sent wherever the URL leads; take it out and give \
             it to Auth::new as (user, password); nothing was sent",
        ),
        (
            LoginEndpoint::form("/login"),
            "the URL of the login endpoint is malformed; write it like https://api.example.com/login",
        ),
        (
            LoginEndpoint::form("https://api example.com/"),
            "the URL of the login endpoint is malformed; write it like https://api.example.com/login",
        ),
    ] {
        let error = Tokens::new(login).unwrap_err();
        assert_eq!(error.to_string(), says);
    }
    assert!(Tokens::new(LoginEndpoint::form("http://127.0.0.1:8080/login")).is_ok());
    assert!(Tokens::new(LoginEndpoint::form("http://intranet/login").danger_plain_http()).is_ok());
}

#[test]
fn an_answer_without_a_token_is_told_by_its_names() {
    let login = || login().token_at("/data/token").expires_in_at("/data/ttl");
    let error = fetch(login(), 200, r#"{"access": "s3cret", "ttl": 300}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "login at https://api.example.com answered 200, but there is no string at /data/token (members: access, ttl)"
    );
    assert_eq!((error.fault(), error.is_transient()), (Fault::Server, false));
    for body in
        [r#"{"data": {"token": 7}}"#, r#"{"data": {"token": ""}}"#, r#"{"data": null}"#, "[]", "null", "7"]
    {
        assert!(
            fetch(login(), 200, body).unwrap_err().to_string().contains("no string at /data/token"),
            "{body}"
        );
    }
    let error = fetch(login(), 200, "<html>s3cret</html>").unwrap_err();
    assert_eq!(error.to_string(), "login at https://api.example.com answered 200, but not with JSON");
    assert!(error.is_transient(), "a gateway's page");
}

#[test]
fn a_status_says_whose_move_it_is() {
    for (status, fault, is_transient, is_login_required) in [
        (400, Fault::Credential, false, true),
        (401, Fault::Credential, false, true),
        (403, Fault::Credential, false, true),
        (422, Fault::Credential, false, true),
        (404, Fault::Caller, false, false),
        (405, Fault::Caller, false, false),
        (302, Fault::Server, false, false),
        (308, Fault::Server, false, false),
        (408, Fault::Server, true, false),
        (429, Fault::Server, true, false),
        (500, Fault::Server, true, false),
        (503, Fault::Server, true, false),
    ] {
        let error = fetch(login(), status, r#"{"error": "s3cret"}"#).unwrap_err();
        let seen = (error.fault(), error.is_transient(), error.is_login_required());
        assert_eq!(seen, (fault, is_transient, is_login_required), "{status}: {error}");
        assert!(
            error.to_string().contains(&status.to_string()) && !error.to_string().contains("s3cret"),
            "{error}"
        );
    }
}

/// An hour where nothing is said, what the answer says where it does.
#[test]
fn a_lifetime_has_a_default() {
    let token = |body: &str| {
        let token = fetch(login(), 200, body).unwrap();
        token.expiry().unwrap().duration_since(token.issued_at().unwrap()).unwrap().as_secs()
    };
    assert_eq!(token(r#"{"access_token": "t"}"#), 3600);
    assert_eq!(token(r#"{"access_token": "t", "expires_in": 300}"#), 300);
    assert_eq!(token(r#"{"access_token": "t", "expires_in": "300"}"#), 300);
    assert_eq!(token(r#"{"access_token": "t", "expires_in": {}}"#), 3600);
}

/// A store needs to know what the token is kept under.
#[test]
fn a_store_needs_an_identity() {
    #[derive(Debug)]
    struct Anonymous;
    impl TokenSource for Anonymous {
        async fn fetch(&self, _: &Io) -> Result<Token, Error> {
            Ok(Token::new("t"))
        }
    }
    let error = Tokens::builder(Anonymous).store(MemoryStore::new()).build().unwrap_err();
    assert_eq!(error.to_string(), "Anonymous does not say what its token is kept under; add .store_as(..)");
    assert!(Tokens::builder(Anonymous).store(MemoryStore::new()).store_as("mine").build().is_ok());
}

/// Where a description is used as a scheme, the place is named too.
#[test]
fn labels_name_the_source() {
    let auth = Auth::new("https://api.example.com", Tokens::new(login()).unwrap()).unwrap();
    assert_eq!(
        format!("{auth:?}"),
        r#"Auth["Bearer (login at https://api.example.com) for https://api.example.com"]"#
    );
}
