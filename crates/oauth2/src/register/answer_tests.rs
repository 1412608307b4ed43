//! Answers, and what is made of them.

use std::time::{Duration, SystemTime};

use http::Response;
use secrecy::ExposeSecret;

use super::*;
use crate::register::obtained::PATIENCE;

const JSON: &str = "application/json";

fn answer(status: u16, kind: Option<&str>, body: &[u8]) -> Answer {
    let mut response = Response::builder().status(status).header("retry-after", "7");
    if let Some(kind) = kind {
        response = response.header("content-type", kind);
    }
    Answer::new(response.body(body.to_vec()).unwrap())
}

fn read(answer: &Answer) -> Result<Registered, Error> {
    let redirect_uris = ["http://127.0.0.1/callback".to_owned()];
    registered(
        answer,
        &Asked {
            origin: "https://login.example.com",
            method: "none",
            scope: "read write",
            redirect_uris: &redirect_uris,
            grants: &["authorization_code", "refresh_token"],
            token: Some(("1nitial", "env TOKEN, #1")),
            now: SystemTime::UNIX_EPOCH,
        },
    )
}

fn given(body: &str) -> Registered {
    read(&answer(201, Some(JSON), body.as_bytes())).unwrap()
}

fn told(status: u16, body: &str) -> Error {
    read(&answer(status, Some(JSON), body.as_bytes())).err().unwrap()
}

#[test]
fn p1_what_the_server_returns_counts_and_else_what_was_asked() {
    let full = given(
        r#"{"client_id": "app 1", "client_secret": "s3cret", "client_secret_expires_at": 1900000000,
            "token_endpoint_auth_method": "client_secret_post", "scope": "admin read", "grant_types": ["refresh_token"],
            "redirect_uris": ["http://127.0.0.1/other"], "registration_access_token": "m4nage",
            "registration_client_uri": "https://login.example.com/c/1", "client_name": 7, "hint": [{}]}"#,
    );
    assert_eq!((&*full.id, &*full.method, &*full.scope), ("app 1", "client_secret_post", "read"));
    assert_eq!(full.secret.unwrap().expose_secret(), "s3cret");
    assert_eq!((full.secret_ends, full.grants), (Some(1_900_000_000), vec!["refresh_token".to_owned()]));
    assert_eq!(full.redirect_uris, ["http://127.0.0.1/other"]);
    assert_eq!(full.access_token.unwrap().expose_secret(), "m4nage");
    assert_eq!(full.uri.as_deref(), Some("https://login.example.com/c/1"));
    for rest in [
        "",
        r#", "client_secret": null, "scope": null, "grant_types": null, "token_endpoint_auth_method": null"#,
        r#", "client_secret": "", "scope": "", "grant_types": [], "redirect_uris": [], "registration_client_uri": """#,
        r#", "client_secret": 7, "scope": ["read"], "grant_types": "x", "redirect_uris": [7], "client_secret_expires_at": {}"#,
    ] {
        let client = given(&format!(r#"{{"client_id": "app-1"{rest}}}"#));
        assert_eq!((&*client.id, &*client.method, &*client.scope), ("app-1", "none", "read write"), "{rest}");
        assert_eq!(client.grants, ["authorization_code", "refresh_token"], "{rest}");
        assert_eq!(client.redirect_uris, ["http://127.0.0.1/callback"], "{rest}");
        assert!(client.secret.is_none() && client.secret_ends.is_none() && client.uri.is_none(), "{rest}");
    }
    // A secret that was not asked for is there to be shown (RFC 7591 section 2); an unwanted one is not.
    assert_eq!(given(r#"{"client_id": "a", "client_secret": "s"}"#).method, "client_secret_basic");
    let kept = given(r#"{"client_id": "a", "client_secret": "s", "token_endpoint_auth_method": "none"}"#);
    assert_eq!(kept.method, "none");
}

#[test]
fn p2_the_end_of_a_secret_in_any_shape() {
    let ends = |value: &str| {
        let json =
            format!(r#"{{"client_id": "a", "client_secret": "s", "client_secret_expires_at": {value}}}"#);
        given(&json).secret_ends
    };
    for (value, expected) in [
        ("0", None),
        ("\"0\"", None),
        ("1900000000", Some(1_900_000_000)),
        ("\"1900000000\"", Some(1_900_000_000)),
        ("1900000000.9", Some(1_900_000_000)),
        ("1", Some(1)),
        ("null", None),
        ("1e300", None),
        ("18446744073709551615", None),
        ("true", None),
    ] {
        assert_eq!(ends(value), expected, "{value}");
    }
    let client = given(r#"{"client_id": "a", "client_secret": "s", "client_secret_expires_at": 100}"#);
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    assert!(client.is_good_for(Duration::ZERO, at(99)) && !client.is_good_for(Duration::ZERO, at(100)));
    assert!(client.is_good_for(PATIENCE, at(69)) && !client.is_good_for(PATIENCE, at(70)));
}

/// A name said twice has one meaning, the last: what is stored is written anew, and nobody else reads the answer.
#[test]
fn a_member_said_twice_counts_once() {
    assert_eq!(given(r#"{"client_id": "a", "client_id": "b"}"#).id, "b");
}

#[test]
fn e12_an_answer_without_a_client_is_the_servers_fault() {
    let huge = format!(r#"{{"client_id": "{}"}}"#, "x".repeat(5000));
    for (status, body, says) in [
        (201, "{}", "there is no string `client_id` (members: )"),
        (201, r#"{"client_id": "", "scope": "s3cret"}"#, "(members: client_id, scope)"),
        (201, r#"{"client_id": 7}"#, "there is no string"),
        (200, r#"["client_id"]"#, "there is no string"),
        (201, r#"{"client_id": "a\r\nb"}"#, "that no client can have"),
        (201, r#"{"client_id": "\u00e4"}"#, "that no client can have"),
        (201, &huge, "that no client can have"),
        (202, "", "where RFC 7591 section 3.2.1 has 201"),
        (204, "", "where RFC 7591 section 3.2.1 has 201"),
    ] {
        let error = told(status, body);
        assert_eq!((error.fault(), error.is_transient()), (Fault::Server, false), "{body}");
        let error = error.to_string();
        assert!(error.contains(says) && !error.contains("s3cret") && error.len() < 200, "{error}");
    }
}

#[test]
fn a_200_registers_too_and_a_page_does_not() {
    let body = br#"{"client_id": "a"}"#;
    for kind in [None, Some("Application/JSON; charset=utf-8"), Some("application/hal+json")] {
        for status in [200, 201] {
            assert_eq!(read(&answer(status, kind, body)).unwrap().id, "a");
        }
    }
    for kind in ["text/html", "text/plain", "application/jsonp", ""] {
        let error = read(&answer(201, Some(kind), body)).err().unwrap();
        assert!(error.is_transient() && error.to_string().contains("not with JSON"), "{kind}: {error}");
    }
}

/// RFC 7591 section 3.2.2, and what else comes. Rows: status, body, fault, passing, a part of the message.
#[test]
fn e12_every_refusal_has_its_class() {
    use Fault::{Caller, Credential, Server};
    let code = |code: &str| format!(r#"{{"error": "{code}"}}"#);
    let by_hand = "register the program by hand";
    let rows = [
        (400, code("invalid_redirect_uri"), Caller, false, "does not take the redirect URI"),
        (200, code("invalid_redirect_uri"), Caller, false, "does not take the redirect URI"),
        (400, code("invalid_client_metadata"), Caller, false, "change it (NewClient)"),
        (201, code("invalid_client_metadata"), Caller, false, "change it (NewClient)"),
        (400, code("unapproved_software_statement"), Caller, false, by_hand),
        (400, code("temporarily"), Caller, false, by_hand),
        (401, code("invalid_token"), Credential, false, "check the initial access token (env TOKEN, #1)"),
        (401, String::new(), Credential, false, "check the initial access token"),
        (403, code("access_denied"), Credential, false, "check the initial access token"),
        (403, "<html>Blocked".into(), Server, true, "not with JSON"),
        (404, String::new(), Caller, false, "check the URL of the registration endpoint"),
        (405, String::new(), Caller, false, "check the URL of the registration endpoint"),
        (400, String::new(), Server, true, "not with JSON"),
        (201, "<html>Sign in to the hotel".into(), Server, true, "not with JSON"),
        (201, "[".repeat(100_000), Server, true, "not with JSON"),
        (429, code("invalid_redirect_uri"), Server, true, "try again later"),
        (503, code("invalid_client_metadata"), Server, true, "try again later"),
        (307, String::new(), Server, false, "a redirect, which is not followed"),
        (303, code("invalid_redirect_uri"), Server, false, "a redirect"),
    ];
    for (status, body, fault, passes, says) in rows {
        let (error, row) = (told(status, &body), format!("{status} {}", &body[..body.len().min(40)]));
        assert_eq!((error.fault(), error.is_transient()), (fault, passes), "{row}: {error}");
        assert_eq!(error.retry_after(), passes.then_some(Duration::from_secs(7)), "{row}");
        let error = error.to_string();
        assert!(error.contains(says), "{row}: {error}");
        assert!(error.starts_with("registration endpoint at https://login.example.com answered "), "{error}");
    }
    let open = Asked {
        origin: "https://login.example.com",
        method: "none",
        scope: "",
        redirect_uris: &[],
        grants: &[],
        token: None,
        now: SystemTime::UNIX_EPOCH,
    };
    let error = registered(&answer(401, None, b""), &open).err().unwrap().to_string();
    assert!(error.contains("(NewClient::access_token)") && error.contains(by_hand), "{error}");
}

#[test]
fn e12_a_server_cannot_make_a_message_show_a_secret_or_another_line() {
    let json = r#"{"error": "invalid_client_metadata", "error_description": "no 1nitial"}"#;
    assert!(told(400, json).to_string().contains("(not shown, it repeats a secret)"));
    let json = r#"{"error": "bad\u001b[2J", "error_description": "a\r\nb"}"#;
    let text = told(400, json).to_string();
    assert!(text.contains(r#"400 bad\u{1b}[2J: "a\r\nb";"#), "{text}");
}

#[test]
fn e17_a_member_that_repeats_the_initial_token_is_not_named() {
    let error = told(201, r#"{"1nitial": 1}"#).to_string();
    assert!(error.contains("there is no string `client_id`") && !error.contains("1nitial"), "{error}");
}
