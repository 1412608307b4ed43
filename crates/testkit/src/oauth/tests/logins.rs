//! Codes and refresh tokens.

use std::time::Duration;

use super::{
    super::{AuthServer, Endpoint, RefreshTokens},
    error,
    hand::{
        Pairs, authorization, basic, builder, fetch, later, login, pairs, post, redemption, server, token,
        with,
    },
    json,
};
use crate::Reply;

fn refresh_form(refresh_token: &str) -> Pairs {
    pairs(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("client_id", "app")])
}

#[test]
fn a_code_leads_to_tokens() {
    let (server, _) = server();
    let answer = login(&server, "read");
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&"Bearer".into(), &3600.into()));
    assert_eq!((server.issued(), server.live_refresh_tokens().len()), (1, 1));
    assert_eq!(server.grants(), ["authorization_code"]);
    let secrets = server.secrets();
    for name in ["access_token", "refresh_token"] {
        let secret = answer[name].as_str().unwrap();
        assert!(secrets.contains(&secret.to_owned()));
        let core = secret.split(['+', '/', '=']).next().unwrap().to_owned();
        assert!(secrets.contains(&core), "{core}");
    }
    assert_eq!(server.violations(), [] as [String; 0]);
}

#[test]
fn every_broken_rule_of_a_redemption_is_told_in_words() {
    let longest = "a".repeat(129);
    for (name, value, code, told) in [
        ("code", None, "invalid_request", "`code` is missing"),
        ("code", Some("guess"), "invalid_grant", "`code` is none of ours"),
        ("code_verifier", None, "invalid_request", "`code_verifier` is missing"),
        (
            "code_verifier",
            Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "invalid_grant",
            "`code_verifier` does not fit `code_challenge`",
        ),
        (
            "code_verifier",
            Some("short"),
            "invalid_grant",
            "`code_verifier` is not one of RFC 7636 section 4.1",
        ),
        (
            "code_verifier",
            Some(&longest),
            "invalid_grant",
            "`code_verifier` is not one of RFC 7636 section 4.1",
        ),
        (
            "redirect_uri",
            Some("http://127.0.0.1:4712/callback"),
            "invalid_grant",
            "`redirect_uri` is not the one the code was sent to",
        ),
        ("redirect_uri", None, "invalid_grant", "`redirect_uri` is not the one the code was sent to"),
        ("resource", Some("https://other.example"), "invalid_target", "`resource` was not granted"),
    ] {
        let (server, _) = server();
        let (form, verifier) = authorization();
        let right = redemption(&server, &form, &verifier);
        let reply = token(&server, &with(right.clone(), name, value));
        assert_eq!(error(&reply), (400, code.into()), "{name}={value:?}");
        assert_eq!(server.violations(), [format!("POST /token: {told}")]);
        assert_eq!(server.issued(), 0);
    }
}

#[test]
fn a_code_is_good_for_its_client_once_and_for_a_minute() {
    let (server, clock) = server();
    let (form, verifier) = authorization();
    let right = redemption(&server, &form, &verifier);
    let access = json(&token(&server, &right));
    assert_eq!(error(&token(&server, &right)), (400, "invalid_grant".into()));
    assert_eq!(server.violations(), ["POST /token: `code` was used before"]);
    assert_eq!((server.revocations(), server.live_refresh_tokens().len()), (1, 0));
    let shown = format!("Bearer {}", access["access_token"].as_str().unwrap());
    assert_eq!(fetch(&server, &[("authorization", &shown)]).status_code(), 401, "what came of it is gone");

    // A wrong verifier uses the code up, too.
    let (form, verifier) = authorization();
    let right = redemption(&server, &form, &verifier);
    let _ = token(&server, &with(right.clone(), "redirect_uri", None));
    let _ = token(&server, &right);
    assert_eq!(server.violations().last().unwrap(), "POST /token: `code` was used before");

    let (form, verifier) = authorization();
    let right = with(redemption(&server, &form, &verifier), "client_id", None);
    let own = basic("svc", "s:3 %");
    let _ = post(&server, Endpoint::Token, &[("authorization", &own)], &right);
    assert_eq!(server.violations().last().unwrap(), "POST /token: `code` was given to another client");

    let (form, verifier) = authorization();
    let right = redemption(&server, &form, &verifier);
    let before = server.violations().len();
    later(&clock, 60);
    assert_eq!(error(&token(&server, &right)), (400, "invalid_grant".into()));
    assert_eq!(server.violations().len(), before, "that it is over is nobody's fault");
}

#[test]
fn a_refresh_token_rotates_and_its_reuse_ends_the_login() {
    let (server, _) = server();
    let first = login(&server, "read write");
    let first = first["refresh_token"].as_str().unwrap().to_owned();
    let second = json(&token(&server, &refresh_form(&first)));
    let second = second["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(server.live_refresh_tokens(), std::slice::from_ref(&second));
    assert_eq!((server.issued(), server.revocations()), (2, 0));

    assert_eq!(error(&token(&server, &refresh_form(&first))), (400, "invalid_grant".into()));
    assert_eq!((server.revocations(), server.live_refresh_tokens().len()), (1, 0));
    assert_eq!(error(&token(&server, &refresh_form(&second))), (400, "invalid_grant".into()));
    assert_eq!(error(&token(&server, &refresh_form("guess"))), (400, "invalid_grant".into()));
    assert_eq!((server.revocations(), server.violations().len()), (1, 0));
}

#[test]
fn a_refresh_token_can_be_kept_or_not_be_there() {
    let (kept, _) = builder();
    let kept = kept.refresh_tokens(RefreshTokens::Kept).build();
    let first = login(&kept, "read");
    let first = first["refresh_token"].as_str().unwrap();
    for _ in 0..2 {
        let answer = json(&token(&kept, &refresh_form(first)));
        assert!(answer["access_token"].is_string() && answer.get("refresh_token").is_none());
    }
    kept.revoke_logins();
    assert_eq!(error(&token(&kept, &refresh_form(first))), (400, "invalid_grant".into()));
    assert_eq!((kept.revocations(), kept.violations().len()), (0, 0));

    let (never, _) = builder();
    let never = never.refresh_tokens(RefreshTokens::Never).build();
    assert!(login(&never, "read").get("refresh_token").is_none());
}

/// RFC 6749 section 6 and RFC 8707 section 2.2.
#[test]
fn a_refresh_asks_for_no_more_than_was_granted() {
    let (server, _) = server();
    let (form, verifier) = authorization();
    let mut form = with(form, "scope", Some("read write"));
    form.extend(pairs(&[("resource", "https://a.example/"), ("resource", "https://b.example/")]));
    let mut refresh = json(&token(&server, &redemption(&server, &form, &verifier)));
    let mut ask = |server: &AuthServer, name: &str, value: &str| {
        let form = refresh_form(refresh["refresh_token"].as_str().unwrap());
        let reply = token(server, &with(form, name, Some(value)));
        if reply.status_code() == 200 {
            refresh = json(&reply);
        }
        reply
    };
    assert_eq!(json(&ask(&server, "scope", "write"))["scope"], "write");
    assert_eq!(ask(&server, "resource", "https://b.example/").status_code(), 200);
    assert_eq!(ask(&server, "scope", "read write").status_code(), 200, "one refresh narrows one token");
    assert_eq!(server.violations(), [] as [String; 0]);
    assert_eq!(error(&ask(&server, "scope", "read openid")), (400, "invalid_scope".into()));
    assert_eq!(error(&ask(&server, "resource", "https://c.example/")), (400, "invalid_target".into()));
    assert_eq!(
        server.violations(),
        ["POST /token: `scope` is more than was granted", "POST /token: `resource` was not granted"]
    );
}

#[test]
fn another_client_cannot_refresh() {
    let (server, _) = server();
    let first = login(&server, "read");
    let form = with(refresh_form(first["refresh_token"].as_str().unwrap()), "client_id", None);
    let own = basic("svc", "s:3 %");
    let reply = post(&server, Endpoint::Token, &[("authorization", &own)], &form);
    assert_eq!(error(&reply), (400, "invalid_grant".into()));
    assert_eq!(server.violations(), ["POST /token: `refresh_token` was given to another client"]);
    assert_eq!(server.live_refresh_tokens().len(), 1);
}

#[test]
fn answers_are_replaced_lost_and_spoiled() {
    let (builder, _) = builder();
    let builder = builder.token_lifetime(Duration::from_secs(7));
    let server = builder.token_answer(|json| json["token_type"] = "mac".into()).build();
    let (form, verifier) = authorization();
    let right = redemption(&server, &form, &verifier);
    server.next(Endpoint::Token, Reply::status(503));
    server.lose(Endpoint::Token, Reply::status(504));
    assert_eq!(token(&server, &right).status_code(), 503);
    assert_eq!(server.issued(), 0);
    assert_eq!(token(&server, &right).status_code(), 504);
    assert_eq!((server.issued(), server.live_refresh_tokens().len()), (1, 1));
    assert_eq!(server.grants().len(), 2);
    assert!(server.secrets().contains(&verifier));
    let answer = login(&server, "read");
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&"mac".into(), &7.into()));
}
