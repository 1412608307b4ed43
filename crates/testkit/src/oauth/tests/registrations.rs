//! Clients that introduce themselves (RFC 7591).

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    super::{AuthServer, Endpoint, Registration, id_token::SigningKey, state::seconds},
    error,
    hand::{basic, builder, later, pairs, path, post, request, server},
    json,
};
use crate::Reply;

fn register(server: &AuthServer, fields: &[(&str, &str)], said: &Value) -> Reply {
    let all = [&[("content-type", "application/json")], fields].concat();
    server.answer(&request("POST", &path(Endpoint::Registration), &all, &said.to_string()))
}

fn application() -> Value {
    json!({
        "redirect_uris": ["http://127.0.0.1/callback"],
        "application_type": "native",
        "token_endpoint_auth_method": "none",
        "scope": "read",
        "client_name": "A test",
    })
}

#[test]
fn a_client_introduces_itself_and_asks_for_tokens() {
    let (builder, clock) = builder();
    let policy = Registration::open().method("client_secret_basic").secret_lifetime(Duration::from_secs(60));
    let server = builder.registration(policy).build();
    let mut said = application();
    said["grant_types"] = json!(["authorization_code", "client_credentials"]);
    let reply = register(&server, &[], &said);
    let answer = json(&reply);
    assert_eq!(reply.status_code(), 201);
    assert_eq!(answer["token_endpoint_auth_method"], "client_secret_basic", "the server decides");
    assert_eq!(answer["client_secret_expires_at"], seconds(clock.now()) + 60);
    assert_eq!((&answer["client_name"], &answer["response_types"]), (&"A test".into(), &json!(["code"])));
    assert_eq!(server.registrations(), [said]);

    let [id, secret] = ["client_id", "client_secret"].map(|name| answer[name].as_str().unwrap().to_owned());
    let own = basic(&id, &secret);
    let form = pairs(&[("grant_type", "client_credentials")]);
    let ask = || post(&server, Endpoint::Token, &[("authorization", &own)], &form);
    assert_eq!(json(&ask())["scope"], "read");
    assert!(server.secrets().contains(&secret));
    assert_eq!(server.violations(), [] as [String; 0]);
    later(&clock, 60);
    assert_eq!(error(&ask()), (401, "invalid_client".into()));
    assert_eq!(server.violations(), ["POST /token: the secret is used after its end"]);
}

#[test]
fn a_grant_that_is_withheld_is_not_given() {
    let (builder, _) = builder();
    let policy = Registration::open().without_grant("client_credentials");
    let server = builder.registration(policy).build();
    let mut said = application();
    said["token_endpoint_auth_method"] = "client_secret_post".into();
    said["grant_types"] = json!(["authorization_code", "client_credentials"]);
    let answer = json(&register(&server, &[], &said));
    assert_eq!(answer["grant_types"], json!(["authorization_code"]));
    assert_eq!(server.registered_ids(), [answer["client_id"].as_str().unwrap()]);
    let [id, secret] = ["client_id", "client_secret"].map(|name| answer[name].as_str().unwrap());
    let form = pairs(&[("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)]);
    assert_eq!(error(&post(&server, Endpoint::Token, &[], &form)), (400, "unauthorized_client".into()));
    assert_eq!(server.violations(), ["POST /token: the client is not registered for this grant"]);
    assert!(!server.secrets().iter().any(|secret| secret == id));
}

#[test]
fn every_method_can_be_asked_for() {
    let (builder, _) = builder();
    let server = builder.registration(Registration::open()).build();
    for (method, secret) in [
        ("none", false),
        ("client_secret_basic", true),
        ("client_secret_post", true),
        ("client_secret_jwt", true),
        ("private_key_jwt", false),
        ("tls_client_auth", false),
    ] {
        let mut said = application();
        said["token_endpoint_auth_method"] = method.into();
        said["jwks"] = json!({"keys": [SigningKey::new().jwk]});
        let answer = json(&register(&server, &[], &said));
        assert_eq!(answer["token_endpoint_auth_method"], method);
        assert_eq!(answer.get("client_secret_expires_at"), secret.then_some(&json!(0)));
    }
    let mut said = application();
    said.as_object_mut().unwrap().remove("token_endpoint_auth_method");
    assert_eq!(json(&register(&server, &[], &said))["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!(server.violations(), [] as [String; 0]);
}

#[test]
fn every_broken_rule_of_an_introduction_is_told_in_words() {
    let data = "invalid_client_metadata";
    let place = "invalid_redirect_uri";
    let (builder, _) = builder();
    let server = builder.registration(Registration::open()).build();
    for (name, value, code, told) in [
        ("redirect_uris", json!([]), place, "`redirect_uris` is missing"),
        ("redirect_uris", json!("https://a.example"), data, "`redirect_uris` is no list of texts"),
        ("redirect_uris", json!(["http://a.example/"]), place, "a redirect URI is plain http"),
        ("redirect_uris", json!(["http://127.0.0.1.a.example/"]), place, "a redirect URI is plain http"),
        ("redirect_uris", json!(["/cb"]), place, "a redirect URI is relative, or has a fragment"),
        (
            "redirect_uris",
            json!(["https://a.example/#"]),
            place,
            "a redirect URI is relative, or has a fragment",
        ),
        ("redirect_uris", json!(["javascript:x"]), place, "a redirect URI leads to no client"),
        (
            "application_type",
            json!("web"),
            place,
            "a redirect URI on this machine is one of a native application",
        ),
        ("application_type", json!("phone"), data, "`application_type` is neither native nor web"),
        (
            "grant_types",
            json!(["client_credentials"]),
            data,
            "`grant_types` and `response_types` do not fit (RFC 7591 section 2.1)",
        ),
        (
            "token_endpoint_auth_method",
            json!("magic"),
            data,
            "`token_endpoint_auth_method` is one that nobody knows here",
        ),
        ("token_endpoint_auth_method", json!("private_key_jwt"), data, "`jwks` has no key"),
        ("scope", json!(""), data, "`scope` is no text, or empty"),
        ("scope", json!(["read"]), data, "`scope` is no text, or empty"),
    ] {
        let mut said = application();
        said[name] = value;
        assert_eq!(error(&register(&server, &[], &said)), (400, code.into()), "{told}");
        assert_eq!(server.violations().last().unwrap(), &format!("POST /register: {told}"));
    }
    let mut said = application();
    said["token_endpoint_auth_method"] = "private_key_jwt".into();
    said["jwks"] = json!({"keys": [{"kty": "EC", "d": "AA"}]});
    let _ = register(&server, &[], &said);
    assert_eq!(
        server.violations().last().unwrap(),
        "POST /register: the key in `jwks` has the private member `d`"
    );
    let form = request("POST", "/register", &[("content-type", "text/plain")], &application().to_string());
    assert_eq!(server.answer(&form).status_code(), 400);
    let text = request("POST", "/register", &[("content-type", "application/json")], "[]");
    assert_eq!(server.answer(&text).status_code(), 400);
    assert_eq!(server.violations().len(), 17);
}

#[test]
fn the_door_has_a_key_or_is_shut() {
    assert_eq!(register(&server().0, &[], &application()).status_code(), 404);
    let (builder, _) = builder();
    let server = builder.registration(Registration::open().initial_access_token("1nitial")).build();
    assert_eq!(error(&register(&server, &[], &application())), (401, "invalid_token".into()));
    let shown = [("authorization", "Bearer 1nitial")];
    assert_eq!(register(&server, &shown, &application()).status_code(), 201);
    assert_eq!(server.violations(), [] as [String; 0]);
}
