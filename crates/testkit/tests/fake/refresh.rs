//! Refresh tokens that are good once, and what happens when one comes twice.

use authwright_testkit::FakeServer;

use crate::client::{Answer, get_as, post, start};

fn refresh(server: &FakeServer, token: &str) -> Answer {
    post(server, "/token", &format!("grant_type=refresh_token&refresh_token={token}"))
}

fn server() -> FakeServer {
    let server = start();
    server.tokens("/token").refresh_tokens();
    server
}

#[test]
fn each_refresh_gives_the_next_one() {
    let server = server();
    let login = post(&server, "/token", "grant_type=password");
    assert_eq!(
        login.body,
        r#"{"access_token":"token-1","expires_in":3600,"refresh_token":"refresh-1","token_type":"Bearer"}"#
    );
    assert!(login.head.contains("cache-control: no-store\r\n"));
    let again = refresh(&server, "refresh-1");
    assert!(again.body.contains("token-2") && again.body.contains("refresh-2"), "{}", again.body);
    assert_eq!(refresh(&server, "refresh-2").status, 200);
    assert_eq!(get_as(&server, "/", "token-1").status, 200, "a refresh ends no access token");
    assert_eq!((server.issued(), server.revocations()), (3, 0));
}

#[test]
fn a_spent_one_revokes_its_family_and_no_other() {
    let server = server();
    post(&server, "/token", "");
    post(&server, "/token", "");
    refresh(&server, "refresh-1"); // token-3, refresh-3
    let reused = refresh(&server, "refresh-1");
    assert_eq!((reused.status, reused.body.as_str()), (400, r#"{"error":"invalid_grant"}"#));
    assert_eq!(refresh(&server, "refresh-3").status, 400);
    assert_eq!(refresh(&server, "refresh-1").status, 400);
    assert_eq!(server.revocations(), 1, "a family is revoked once");
    assert_eq!(get_as(&server, "/", "token-1").status, 401);
    assert_eq!(get_as(&server, "/", "token-3").status, 401);

    assert_eq!(get_as(&server, "/", "token-2").status, 200);
    assert_eq!(refresh(&server, "refresh-2").status, 200);
}

#[test]
fn two_refreshes_at_once_are_a_reuse() {
    let server = server();
    post(&server, "/token", "");
    let statuses = std::thread::scope(|scope| {
        let threads = [(); 2].map(|()| scope.spawn(|| refresh(&server, "refresh-1").status));
        threads.map(|thread| thread.join().unwrap())
    });
    assert!(matches!(statuses, [200, 400] | [400, 200]), "{statuses:?}");
    assert_eq!(server.revocations(), 1);
}

#[test]
fn what_was_never_issued_or_was_taken_back_is_refused_without_a_revocation() {
    let server = server();
    post(&server, "/token", "");
    assert_eq!(refresh(&server, "refresh-9").status, 400);
    server.revoke_tokens();
    assert_eq!(get_as(&server, "/", "token-1").status, 401);
    assert_eq!(refresh(&server, "refresh-1").status, 200, "refresh tokens outlive revoke_tokens");
    server.revoke_refresh_tokens();
    assert_eq!(refresh(&server, "refresh-2").status, 400);
    assert_eq!(get_as(&server, "/", "token-2").status, 200);
    assert_eq!(server.revocations(), 0);
}

#[test]
fn the_password_is_not_asked_for_again() {
    let server = server();
    server.tokens("/token").accepts(|request| request.form_value("password").as_deref() == Some("pw"));
    assert_eq!(post(&server, "/token", "password=pw").status, 200);
    assert_eq!(refresh(&server, "refresh-1").status, 200);

    let other = start();
    other.tokens("/token");
    assert_eq!(refresh(&other, "refresh-1").body, r#"{"error":"unsupported_grant_type"}"#);
}
