//! How clients say who they are.

use serde_json::{Value, json};

use super::{
    super::{
        AuthServer, Endpoint, RegisteredClient,
        id_token::SigningKey,
        state::{seconds, unguessable},
    },
    error, field,
    hand::{ISSUER, Pairs, basic, pairs, post, server, token, with},
};
use crate::TestClock;

fn credentials() -> Pairs {
    pairs(&[("grant_type", "client_credentials")])
}

/// RFC 6749 section 2.3.1: what is encoded comes back, what is not is told.
#[test]
fn basic_is_form_encoded() {
    let (server, _) = server();
    let ask = |value: &str| post(&server, Endpoint::Token, &[("authorization", value)], &credentials());
    assert_eq!(ask(&basic("svc", "s:3 %")).status_code(), 200);
    // `svc:s%3A3+%25`
    assert_eq!(ask("Basic c3ZjOnMlM0EzKyUyNQ==").status_code(), 200);
    assert_eq!(server.violations(), [] as [String; 0]);

    let wrong = ask(&basic("svc", "other"));
    assert_eq!(error(&wrong), (401, "invalid_client".into()));
    assert_eq!(field(&wrong, "www-authenticate"), Some("Basic realm=\"https://login.example.com\""));
    assert_eq!(error(&ask(&basic("nobody", "other"))), (401, "invalid_client".into()));
    assert_eq!(server.violations(), [] as [String; 0], "a wrong secret breaks no rule");

    for (value, told) in [
        // `svc:s:3 %` as it is
        ("Basic c3ZjOnM6MyAl", "the client secret in Basic is not form-encoded"),
        ("Basic c3Zj", "id and secret have no colon between them"),
        ("Basic c3ZjOnMlM0EzKyUyNQ", "what follows `Basic` is no base64"),
        ("basic c3ZjOnMlM0EzKyUyNQ==", "the scheme is not `Basic`"),
        ("Bearer abc", "the scheme is not `Basic`"),
    ] {
        assert_eq!(error(&ask(value)), (401, "invalid_client".into()));
        assert_eq!(server.violations().last().unwrap(), &format!("POST /token: {told}"));
    }
    let secrets = server.secrets();
    assert!(secrets.contains(&"s:3 %".to_owned()) && secrets.contains(&"c3ZjOnMlM0EzKyUyNQ==".to_owned()));
}

/// RFC 6749 section 2.3: one method, and the registered one.
#[test]
fn a_client_authenticates_in_its_own_way_and_no_other() {
    let server = AuthServer::builder(ISSUER, &TestClock::new())
        .client(RegisteredClient::public("app"))
        .client(RegisteredClient::basic("svc", "pw"))
        .client(RegisteredClient::post("old", "pw"))
        .client(RegisteredClient::tls("mtls"))
        .build();
    let svc = basic("svc", "pw");
    let (bare, shown): (&[_], _) = (&[], [("authorization", svc.as_str())]);
    let say = |more: &[(&str, &str)]| [credentials(), pairs(more)].concat();
    for (fields, form) in [
        (&shown[..], say(&[])),
        (&shown[..], say(&[("client_id", "svc")])),
        (bare, say(&[("client_id", "old"), ("client_secret", "pw")])),
        (bare, say(&[("client_id", "mtls")])),
    ] {
        assert_eq!(post(&server, Endpoint::Token, fields, &form).status_code(), 200, "{form:?}");
    }
    assert_eq!(server.violations(), [] as [String; 0]);
    let twice = [shown[0], shown[0]];
    for (fields, form, status, told) in [
        (
            &shown[..],
            say(&[("client_id", "svc"), ("client_secret", "pw")]),
            400,
            "the client authenticates in more than one way",
        ),
        (&twice[..], say(&[]), 400, "the client authenticates in more than one way"),
        (&shown[..], say(&[("client_id", "app")]), 400, "`client_id` is not the client that authenticates"),
        (bare, say(&[]), 401, "the client does not say who it is"),
        (bare, say(&[("client_id", "app")]), 400, "a public client has no credentials"),
        (
            bare,
            say(&[("client_id", "svc"), ("client_secret", "pw")]),
            401,
            "the client did not authenticate by client_secret_basic",
        ),
        (bare, say(&[("client_id", "svc")]), 401, "the client did not authenticate by client_secret_basic"),
        (
            bare,
            say(&[("client_id", "app"), ("client_secret", "pw")]),
            401,
            "the client did not authenticate by none",
        ),
        (
            bare,
            say(&[("client_assertion", "a.b.c"), ("client_id", "svc")]),
            400,
            "`client_assertion` and `client_assertion_type` are not there together",
        ),
    ] {
        let reply = post(&server, Endpoint::Token, fields, &form);
        assert_eq!(reply.status_code(), status, "{told}");
        assert_eq!(server.violations().last().unwrap(), &format!("POST /token: {told}"));
    }
    let old = basic("old", "pw");
    let reply = post(&server, Endpoint::Token, &[("authorization", &old)], &credentials());
    assert_eq!(error(&reply), (401, "invalid_client".into()));
    assert_eq!(
        server.violations().last().unwrap(),
        "POST /token: the client did not authenticate by client_secret_post"
    );
    server.forget_client("svc");
    let before = server.violations().len();
    assert_eq!(post(&server, Endpoint::Token, &shown, &credentials()).status_code(), 401);
    assert_eq!(server.violations().len(), before);
}

fn assertion(key: &SigningKey, clock: &TestClock, change: impl Fn(&mut Value, &mut Value)) -> Pairs {
    let now = seconds(clock.now());
    let mut header = json!({"typ": "client-authentication+jwt", "alg": "ES256"});
    let mut claims = json!({
        "iss": "pk",
        "sub": "pk",
        "aud": ISSUER,
        "iat": now,
        "exp": now + 60,
        "jti": unguessable("assertion"),
    });
    change(&mut header, &mut claims);
    let assertion = key.sign(&header, &claims);
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    [credentials(), pairs(&[("client_assertion", &assertion), ("client_assertion_type", kind)])].concat()
}

/// RFC 7523 section 3 and rfc7523bis section 4, each rule: what is changed, and what the referee says.
#[test]
fn every_broken_rule_of_an_assertion_is_told_in_words() {
    type Change = fn(&mut Value, &mut Value);
    let cases: [(Change, &str); 17] = [
        (|header, _| header["typ"] = "JWT".into(), "its `typ` is not `client-authentication+jwt`"),
        (|header, _| header["typ"] = Value::Null, "its `typ` is not `client-authentication+jwt`"),
        (|_, claims| claims["iss"] = "other".into(), "its `iss` and `sub` are not both the client id"),
        (|_, claims| claims["aud"] = json!([ISSUER]), "its `aud` is not the issuer, as a text"),
        (
            |_, claims| claims["aud"] = format!("{ISSUER}/token").into(),
            "its `aud` is not the issuer, as a text",
        ),
        (|_, claims| claims["aud"] = format!("{ISSUER}/").into(), "its `aud` is not the issuer, as a text"),
        (|_, claims| claims["exp"] = Value::Null, "it has no `exp` in whole seconds"),
        (|_, claims| claims["exp"] = claims["iat"].clone(), "it is over"),
        (
            |_, claims| claims["exp"] = (claims["iat"].as_u64().unwrap() + 301).into(),
            "its `exp` is more than 300 seconds ahead",
        ),
        (
            |_, claims| claims["iat"] = (claims["iat"].as_u64().unwrap() + 1).into(),
            "its `iat` is to come, or not in whole seconds",
        ),
        (|_, claims| claims["nbf"] = claims["exp"].clone(), "its `nbf` is to come, or not in whole seconds"),
        (|_, claims| claims["iat"] = 1.5.into(), "its `iat` is to come, or not in whole seconds"),
        (|_, claims| claims["jti"] = Value::Null, "it has no `jti`"),
        (|_, claims| claims["sub"] = Value::Null, "it has no `sub`"),
        (|header, _| header["crit"] = json!(["b64"]), "`crit` names what nobody knows here"),
        (|header, _| header["kid"] = "other".into(), "its `kid` is not that of the registered key"),
        (|_, claims| claims["jti"] = "used".into(), "its `jti` was used before"),
    ];
    let (key, clock) = (SigningKey::new(), TestClock::new());
    let client = RegisteredClient::private_key_jwt("pk", key.jwk.clone());
    let server = AuthServer::builder(ISSUER, &clock).client(client).build();
    let used = assertion(&key, &clock, |_, claims| claims["jti"] = "used".into());
    for right in [used, assertion(&key, &clock, |header, _| header["kid"] = key.jwk["kid"].clone())] {
        assert_eq!(token(&server, &right).status_code(), 200, "{:?}", server.violations());
    }
    assert_eq!(server.violations(), [] as [String; 0]);
    for (change, told) in cases {
        let reply = token(&server, &assertion(&key, &clock, change));
        assert_eq!(error(&reply), (401, "invalid_client".into()), "{told}");
        let last = format!("POST /token: the client assertion is not good: {told}");
        assert_eq!(server.violations().last(), Some(&last));
    }
    let before = server.violations().len();
    let stranger = SigningKey::new();
    let foreign = assertion(&stranger, &clock, |_, _| {});
    assert_eq!(error(&token(&server, &foreign)), (401, "invalid_client".into()));
    assert_eq!(server.violations().len(), before, "another key breaks no rule");
    let odd = with(assertion(&key, &clock, |_, _| {}), "client_assertion_type", Some("urn:other"));
    assert_eq!(error(&token(&server, &odd)), (400, "invalid_request".into()));
    let unlike = with(assertion(&key, &clock, |_, _| {}), "client_id", Some("pk"));
    assert_eq!(token(&server, &unlike).status_code(), 200);
}

/// With HS256 the key is the secret; an algorithm of the other kind is not taken for it.
#[test]
fn a_secret_signs_assertions() {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};

    let clock = TestClock::new();
    let client = RegisteredClient::secret_jwt("hs", "a-secret-of-more-than-32-characters");
    let server = AuthServer::builder(ISSUER, &clock).client(client).build();
    let ask = |algorithm: &str, secret: &str| {
        let header = json!({"typ": "client-authentication+jwt", "alg": algorithm});
        let end = seconds(clock.now()) + 60;
        let claims = json!({"iss": "hs", "sub": "hs", "aud": ISSUER, "exp": end, "jti": unguessable("hs")});
        let part = |value: &Value| BASE64URL.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
        let assertion = format!("{signed}.{}", BASE64URL.encode(ring::hmac::sign(&key, signed.as_bytes())));
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        let form =
            [credentials(), pairs(&[("client_assertion", &assertion), ("client_assertion_type", kind)])];
        token(&server, &form.concat()).status_code()
    };
    assert_eq!(ask("HS256", "a-secret-of-more-than-32-characters"), 200);
    assert_eq!(ask("HS256", "another"), 401);
    assert_eq!(ask("none", "a-secret-of-more-than-32-characters"), 401);
    assert_eq!(ask("ES256", "a-secret-of-more-than-32-characters"), 401);
}
