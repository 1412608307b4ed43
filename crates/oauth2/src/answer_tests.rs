//! Answers, and what is made of them.

use std::time::Duration;

use authwright_core::Secret;
use http::Response;

use super::*;
use crate::client::{Authentication, ClientSecret, Placed};

fn answer(status: u16, body: &[u8]) -> Answer {
    Answer::new(Response::builder().status(status).header("retry-after", "7").body(body.to_vec()).unwrap())
}

fn ask(answer: &Answer) -> Result<Token, Refused> {
    let secret = ClientSecret::read(&Secret::new("s3cret"), "my-app").unwrap();
    let client = Client::new("my-app", Authentication::Secret(secret, Placed::AsServerSays)).unwrap();
    let origin = "https://login.example.com";
    let asked = Asked {
        what: "token endpoint",
        origin,
        client: &client,
        grant: "the refresh token",
        remedy: "sign in again",
        secrets: &["r-1"],
        now: SystemTime::UNIX_EPOCH,
    };
    token(answer, &asked, false).map(|granted| granted.token)
}

fn told(status: u16, body: &str) -> Error {
    ask(&answer(status, body.as_bytes())).unwrap_err().error
}

/// RFC 6749 section 5.1: what must be there, what may be there, and what nobody knows.
#[test]
fn e8_e10_a_token_is_read_from_what_is_known() {
    let full = r#"{"access_token": "t", "token_type": "bEaReR", "expires_in": "300", "refresh_token": "r", "scope": "a b",
                   "id_token": {"x": [1]}, "error": null, "hint": 7}"#;
    let token = ask(&answer(200, full.as_bytes())).unwrap();
    assert_eq!(
        (token.expose(), token.expose_refresh_token(), token.granted_scope()),
        ("t", Some("r"), Some("a b"))
    );
    assert_eq!(token.expiry(), Some(SystemTime::UNIX_EPOCH + Duration::from_secs(300)));
    for optional in [
        "",
        r#", "refresh_token": null, "scope": null, "expires_in": null"#,
        r#", "refresh_token": "", "scope": """#,
    ] {
        let json = format!(r#"{{"access_token": "t", "token_type": "Bearer"{optional}}}"#);
        let token = ask(&answer(200, json.as_bytes())).unwrap();
        assert_eq!((token.expose_refresh_token(), token.granted_scope(), token.expiry()), (None, None, None));
    }
}

#[test]
fn e9_a_type_that_is_not_understood_is_an_error() {
    for kind in [r#""mac""#, r#""N_A""#, r#""DPoP""#, r#""""#, "null", "7", r#""bearer ""#] {
        let error = told(200, &format!(r#"{{"access_token": "t0p", "token_type": {kind}}}"#));
        assert_eq!((error.fault(), error.is_transient()), (Fault::Server, false), "{kind}");
        assert!(!error.to_string().contains("t0p"), "{error}");
    }
    assert!(told(200, r#"{"access_token": "t0p"}"#).to_string().contains("(`token_type`)"));
}

#[test]
fn a_200_without_a_token_is_the_servers_fault() {
    for (body, says) in [
        ("{}", "there is no string `access_token` (members: )"),
        (r#"{"access_token": "", "token_type": "Bearer"}"#, "(members: access_token, token_type)"),
        (r#"{"access_token": 7}"#, "there is no string"),
        (r#"["access_token"]"#, "there is no string"),
        (r#"{"access_token": "a\r\nb", "token_type": "Bearer"}"#, "characters that no token can have"),
        (r#"{"error": {"code": 400}}"#, "(members: error)"),
    ] {
        let error = told(200, body);
        assert_eq!((error.fault(), error.is_transient()), (Fault::Server, false), "{body}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

/// RFC 6749 section 5.2, and what else comes. Rows: status, body, fault, passing, a part of the message.
#[test]
fn e12_every_refusal_has_its_class() {
    use Fault::{Caller, Credential, Server};
    let code = |code: &str| format!(r#"{{"error": "{code}"}}"#);
    let refresh = "does not take the refresh token any more: sign in again";
    let client = "check client `my-app` (its secret: value, #";
    let rows = [
        (400, code("invalid_grant"), Credential, false, refresh),
        (401, code("invalid_grant"), Credential, false, refresh),
        (200, code("invalid_grant"), Credential, false, refresh),
        (401, code("invalid_client"), Credential, false, client),
        (400, code("unauthorized_client"), Credential, false, client),
        (400, code("invalid_scope"), Credential, false, "more scope than was granted"),
        (400, code("invalid_request"), Caller, false, "check that this is the token endpoint"),
        (400, code("unsupported_grant_type"), Caller, false, "knows this grant"),
        (400, code("slow_down"), Server, true, "try again later"),
        (400, code("temporarily_unavailable"), Server, true, "try again later"),
        (503, code("temporarily_unavailable"), Server, true, "try again later"),
        // A server that fails can say anything.
        (500, code("invalid_grant"), Server, true, "try again later"),
        (429, code("invalid_client"), Server, true, "try again later"),
        (502, "<html>Bad Gateway".into(), Server, true, "answered 502; try again later"),
        (408, String::new(), Server, true, "answered 408"),
        (200, String::new(), Server, true, "not with JSON"),
        (200, "<html>Sign in to the hotel".into(), Server, true, "not with JSON"),
        (200, "[".repeat(100_000), Server, true, "not with JSON"),
        (403, "<html>Blocked".into(), Server, true, "not with JSON"),
        (400, String::new(), Server, true, "not with JSON"),
        (401, String::new(), Credential, false, client),
        (403, r#"{"message": "Forbidden"}"#.into(), Credential, false, "sign in again"),
        (200, code("bad_refresh_token"), Credential, false, refresh),
        (200, code("bad_verification"), Credential, false, "200 bad_verification; check client"),
        (400, code("INVALID_GRANT"), Credential, false, "400 INVALID_GRANT; check client"),
        (404, code("Not Found"), Caller, false, "404 Not Found; check the URL of the token endpoint"),
        (405, String::new(), Caller, false, "check the URL"),
        (204, String::new(), Server, false, "where RFC 6749 section 5.1 has 200"),
        (301, String::new(), Server, false, "a redirect, which is not followed with the refresh token"),
        (307, code("invalid_grant"), Server, false, "a redirect"),
    ];
    for (status, body, fault, passes, says) in rows {
        let refused = ask(&answer(status, body.as_bytes())).unwrap_err();
        let (error, row) = (&refused.error, format!("{status} {}", &body[..body.len().min(40)]));
        assert_eq!((error.fault(), error.is_transient()), (fault, passes), "{row}: {error}");
        assert_eq!(error.is_login_required(), fault == Credential, "{row}");
        assert_eq!(error.retry_after(), passes.then_some(Duration::from_secs(7)), "{row}");
        assert!(error.to_string().contains(says), "{row}: {error}");
        assert!(
            error.to_string().starts_with("token endpoint at https://login.example.com answered "),
            "{error}"
        );
        assert_eq!(refused.is_grant, says == refresh, "{row}");
    }
}

#[test]
fn e12_a_server_cannot_make_a_message_show_a_secret_or_another_line() {
    let json = r#"{"error": "invalid_grant", "error_description": "no r-1\r\n"}"#;
    assert!(told(400, json).to_string().contains("(not shown, it repeats a secret)"));
    let json = r#"{"error": "invalid_grant\u001b[2J", "error_description": "a\r\nb s3cre"}"#;
    let text = told(400, json).to_string();
    assert!(text.contains(r#"400 invalid_grant\u{1b}[2J: "a\r\nb s3cre";"#), "{text}");
}

#[test]
fn a_body_that_is_not_utf8_is_no_json() {
    let error =
        ask(&answer(200, b"{\"access_token\": \"\xff\", \"token_type\": \"Bearer\"}")).unwrap_err().error;
    assert!(error.is_transient(), "{error}");
}

/// Found by fuzzing: a server may repeat what it was sent anywhere.
#[test]
fn no_secret_is_shown_as_a_type_or_as_a_name() {
    for secret in ["s3cret", "r-1"] {
        for body in [
            format!(r#"{{"access_token": "t", "token_type": "{secret}"}}"#),
            format!(r#"{{"{secret}": "t"}}"#),
        ] {
            let told = told(200, &body).to_string();
            assert!(!told.contains(secret) && told.contains("it repeats a secret"), "{told}");
        }
    }
    let long = told(200, r#"{"access_token": "t", "token_type": "a type of a length that no type has"}"#);
    assert!(long.to_string().contains("of type `a type of a length …`"), "{long}");
}
