//! Sign-in on another device (RFC 8628).

use std::time::Duration;

use super::{
    super::{AuthServer, DevicePoll, Endpoint},
    error,
    hand::{Pairs, builder, later, pairs, post, server, token},
    json,
};
use crate::Reply;

fn begin(server: &AuthServer) -> Pairs {
    let form = pairs(&[("client_id", "app"), ("scope", "read")]);
    let answer = json(&post(server, Endpoint::DeviceAuthorization, &[], &form));
    pairs(&[
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", answer["device_code"].as_str().unwrap()),
        ("client_id", "app"),
    ])
}

#[test]
fn a_device_waits_for_its_user() {
    let (server, clock) = server();
    let start = clock.now();
    let form = begin(&server);
    let pending = (400, "authorization_pending".to_owned());
    assert_eq!(error(&token(&server, &form)), pending);
    later(&clock, 5);
    server.next(Endpoint::Token, Reply::status(503));
    assert_eq!(token(&server, &form).status_code(), 503);
    later(&clock, 5);
    server.approve_device();
    let answer = json(&token(&server, &form));
    assert!(answer["access_token"].is_string() && answer["refresh_token"].is_string());
    assert_eq!(server.device_polls(), [0, 5, 10].map(|after| start + Duration::from_secs(after)));
    assert_eq!(server.violations(), [] as [String; 0]);
    later(&clock, 5);
    assert_eq!(error(&token(&server, &form)), (400, "invalid_grant".into()));
    assert_eq!(server.violations(), ["POST /token: the device polls on after it was told how it ends"]);
}

#[test]
fn polls_are_answered_as_told() {
    for (last, code) in [(DevicePoll::Denied, "access_denied"), (DevicePoll::Expired, "expired_token")] {
        let (server, clock) = server();
        server.device_answers(&[DevicePoll::Pending, last]);
        let form = begin(&server);
        assert_eq!(error(&token(&server, &form)).1, "authorization_pending");
        later(&clock, 5);
        assert_eq!(error(&token(&server, &form)).1, code);
        assert_eq!(server.violations(), [] as [String; 0]);
    }
    let (server, _) = server();
    server.device_answers(&[DevicePoll::Approved]);
    assert_eq!(token(&server, &begin(&server)).status_code(), 200);
    let form = begin(&server);
    server.deny_device();
    assert_eq!(error(&token(&server, &form)).1, "access_denied");
}

/// RFC 8628 section 3.5: five seconds more for this and all later polls.
#[test]
fn who_polls_too_fast_breaks_a_rule() {
    let (builder, clock) = builder();
    let server = builder.device_interval(None).build();
    server.device_answers(&[DevicePoll::SlowDown]);
    let form = begin(&server);
    assert_eq!(error(&token(&server, &form)).1, "slow_down");
    later(&clock, 10);
    assert_eq!(error(&token(&server, &form)).1, "authorization_pending");
    assert_eq!(server.violations(), [] as [String; 0]);
    later(&clock, 9);
    assert_eq!(error(&token(&server, &form)).1, "slow_down");
    assert_eq!(server.violations(), ["POST /token: the device polls before 10 seconds are over"]);
    later(&clock, 14);
    assert_eq!(error(&token(&server, &form)).1, "slow_down");
    assert_eq!(server.violations().len(), 2);
}

#[test]
fn what_the_device_is_told() {
    let ask = |server: &AuthServer| {
        let form = pairs(&[("client_id", "app")]);
        json(&post(server, Endpoint::DeviceAuthorization, &[], &form))
    };
    let (plain, _) = server();
    let answer = ask(&plain);
    assert_eq!((&answer["interval"], &answer["expires_in"]), (&5.into(), &600.into()));
    assert_eq!(answer["verification_uri"], "https://login.example.com/device");
    let complete = answer["verification_uri_complete"].as_str().unwrap();
    assert!(complete.ends_with(answer["user_code"].as_str().unwrap()));
    assert!(plain.secrets().contains(&answer["device_code"].as_str().unwrap().to_owned()));

    let (builder, clock) = builder();
    let short = builder.device_interval(None).device_lifetime(Duration::from_secs(30)).build();
    assert!(ask(&short).get("interval").is_none());
    let form = begin(&short);
    later(&clock, 30);
    assert_eq!(error(&token(&short, &form)).1, "expired_token");
    assert_eq!(short.violations(), [] as [String; 0]);
    let guess = super::hand::with(form, "device_code", Some("guess"));
    assert_eq!(error(&token(&short, &guess)).1, "invalid_grant");
    assert_eq!(short.violations(), ["POST /token: `device_code` is none of ours"]);
}
