//! ID tokens and their key, the other grants, revocation and introspection.

use serde_json::{Value, json};

use super::{
    super::{
        AuthServer, Endpoint,
        id_token::SigningKey,
        jws::{Jwt, Key},
        state::{seconds, unguessable},
    },
    error,
    hand::{
        ISSUER, Pairs, authorization, basic, builder, fetch, login, pairs, path, post, redemption, request,
        server, token, with,
    },
    json,
};

fn jwks(server: &AuthServer) -> Value {
    json(&server.answer(&request("GET", &path(Endpoint::Jwks), &[], "")))["keys"][0].clone()
}

/// `OpenID` Connect Core section 2.
#[test]
fn a_login_with_openid_has_a_signed_id_token() {
    let (builder, clock) = builder();
    let server = builder.acr_values(&["gold"]).build();
    let (form, verifier) = authorization();
    let form = with(with(form, "scope", Some("openid read")), "nonce", Some("n-0S6_WzA2Mj"));
    let form = with(form, "acr_values", Some("gold"));
    let answer = json(&token(&server, &redemption(&server, &form, &verifier)));
    let text = answer["id_token"].as_str().unwrap();
    let jwt = Jwt::parse(text).unwrap();
    let (key, now) = (jwks(&server), seconds(clock.now()));
    jwt.verify(Key::Public(&key)).unwrap();
    assert!(jwt.header("kid") == key["kid"].as_str() && key.get("d").is_none());
    let claims = json!({
        "iss": ISSUER,
        "sub": "sam",
        "aud": "app",
        "iat": now,
        "exp": now + 300,
        "auth_time": now,
        "nonce": "n-0S6_WzA2Mj",
        "acr": "gold",
    });
    assert_eq!(Value::Object(jwt.claims), claims);
    assert!(server.secrets().contains(&text.to_owned()));
    assert!(login(&server, "read").get("id_token").is_none());
}

#[test]
fn an_id_token_is_spoiled_as_told() {
    let id_token = |server: &AuthServer| login(server, "openid")["id_token"].as_str().unwrap().to_owned();
    let (wrong, _) = builder();
    let wrong = wrong.id_token(|draft| draft.claims["aud"] = "other".into()).build();
    let jwt = Jwt::parse(&id_token(&wrong)).unwrap();
    assert!(jwt.text("aud") == Some("other") && jwt.verify(Key::Public(&jwks(&wrong))).is_ok());

    let (forged, _) = builder();
    let forged = forged.id_token(|draft| draft.forged = true).build();
    assert!(Jwt::parse(&id_token(&forged)).unwrap().verify(Key::Public(&jwks(&forged))).is_err());

    let (unsigned, _) = builder();
    let unsigned = unsigned.id_token(|draft| {
        draft.header["alg"] = "none".into();
        draft.unsigned = true;
    });
    let text = id_token(&unsigned.build());
    assert!(text.ends_with('.') && Jwt::parse(&text).unwrap().header("alg") == Some("none"));
}

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

fn exchange(subject: &str) -> Pairs {
    pairs(&[
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", subject),
        ("subject_token_type", ACCESS_TOKEN),
        ("client_id", "app"),
    ])
}

/// RFC 8693 sections 2.1 and 2.2.
#[test]
fn a_token_is_exchanged() {
    let (builder, _) = builder();
    let saml = "urn:ietf:params:oauth:token-type:saml2";
    let server = builder.foreign_token("s4ml", saml, "kim").build();
    let first = login(&server, "read");
    let form = exchange(first["access_token"].as_str().unwrap());
    let answer = json(&token(&server, &form));
    assert_eq!(
        (&answer["issued_token_type"], &answer["token_type"]),
        (&ACCESS_TOKEN.into(), &"Bearer".into())
    );
    let shown = format!("Bearer {}", answer["access_token"].as_str().unwrap());
    assert_eq!(fetch(&server, &[("authorization", &shown)]).body_bytes(), b"sam");

    let foreign = with(exchange("s4ml"), "subject_token_type", Some(saml));
    let refresh = "urn:ietf:params:oauth:token-type:refresh_token";
    let answer = json(&token(&server, &with(foreign, "requested_token_type", Some(refresh))));
    assert_eq!((&answer["issued_token_type"], &answer["token_type"]), (&refresh.into(), &"N_A".into()));
    assert!(server.secrets().contains(&"s4ml".to_owned()));

    assert_eq!(error(&token(&server, &exchange("s4ml"))), (400, "invalid_request".into()));
    assert_eq!(server.violations(), [] as [String; 0]);
    for (name, value, told) in [
        ("subject_token_type", None, "`subject_token_type` is missing"),
        ("subject_token_type", Some("jwt"), "the type of a token is no URI (RFC 8693 section 3)"),
        ("requested_token_type", Some("jwt"), "`requested_token_type` is no URI"),
        (
            "actor_token_type",
            Some(ACCESS_TOKEN),
            "`actor_token` and `actor_token_type` are not there together",
        ),
    ] {
        assert_eq!(error(&token(&server, &with(form.clone(), name, value))), (400, "invalid_request".into()));
        assert_eq!(server.violations().last().unwrap(), &format!("POST /token: {told}"));
    }
    server.revoke_access_tokens();
    assert_eq!(error(&token(&server, &form)), (400, "invalid_request".into()));
    assert_eq!(server.violations().len(), 4);
}

/// RFC 7523 sections 2.1 and 3.
#[test]
fn an_assertion_of_a_trusted_issuer_leads_to_a_token() {
    let (builder, clock) = builder();
    let key = SigningKey::new();
    let server = builder.trusted_issuer("https://idp.example", key.jwk.clone()).build();
    let ask = |key: &SigningKey, name: &str, value: Value| {
        let now = seconds(clock.now());
        let mut claims = json!({
            "iss": "https://idp.example",
            "sub": "kim",
            "aud": ISSUER,
            "exp": now + 3600,
            "jti": unguessable("grant"),
        });
        claims[name] = value;
        let assertion = key.sign(&json!({"alg": "ES256"}), &claims);
        let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        token(&server, &pairs(&[("grant_type", grant), ("assertion", &assertion)]))
    };
    let answer = json(&ask(&key, "jti", "first".into()));
    assert!(answer["access_token"].is_string() && answer.get("refresh_token").is_none());
    assert_eq!(ask(&key, "aud", "https://login.example.com/token".into()).status_code(), 200);
    assert_eq!(error(&ask(&SigningKey::new(), "x", 1.into())), (400, "invalid_grant".into()));
    assert_eq!(error(&ask(&key, "iss", "https://other.example".into())), (400, "invalid_grant".into()));
    assert_eq!(server.violations(), [] as [String; 0]);
    for (name, value, told) in [
        ("aud", json!([ISSUER]), "its `aud` is not this server, as a text"),
        ("exp", (seconds(clock.now()) + 3601).into(), "its `exp` is more than 3600 seconds ahead"),
        ("jti", "first".into(), "its `jti` was used before"),
        ("sub", "".into(), "it has no `sub`"),
    ] {
        assert_eq!(error(&ask(&key, name, value)), (400, "invalid_grant".into()), "{told}");
        let last = format!("POST /token: the assertion is not good: {told}");
        assert_eq!(server.violations().last(), Some(&last));
    }
}

/// RFC 9700 section 2.4.
#[test]
fn a_password_is_taken_only_where_it_was_allowed() {
    let form = |password: &str| {
        pairs(&[
            ("grant_type", "password"),
            ("username", "kim"),
            ("password", password),
            ("client_id", "app"),
        ])
    };
    let (closed, _) = server();
    assert_eq!(error(&token(&closed, &form("pw"))), (400, "unsupported_grant_type".into()));
    assert_eq!(closed.violations(), ["POST /token: the password grant is used"]);
    let (open, _) = builder();
    let open = open.password("kim", "pw").build();
    assert_eq!(token(&open, &form("pw")).status_code(), 200);
    assert_eq!(error(&token(&open, &form("wrong"))), (400, "invalid_grant".into()));
    assert_eq!(open.violations(), [] as [String; 0]);
}

/// RFC 7009 section 2.
#[test]
fn tokens_are_given_back() {
    let (server, _) = server();
    let first = login(&server, "read");
    let revoke = |token: &str, more: &[(&str, &str)]| {
        let form = [pairs(&[("token", token), ("client_id", "app")]), pairs(more)].concat();
        post(&server, Endpoint::Revocation, &[], &form)
    };
    let (access, refresh) =
        (first["access_token"].as_str().unwrap(), first["refresh_token"].as_str().unwrap());
    assert_eq!(revoke(access, &[("token_type_hint", "access_token")]).status_code(), 200);
    let shown = format!("Bearer {access}");
    assert_eq!(fetch(&server, &[("authorization", &shown)]).status_code(), 401);
    assert_eq!(server.live_refresh_tokens(), [refresh]);
    assert_eq!(revoke(refresh, &[]).status_code(), 200);
    assert_eq!(revoke("of nobody", &[]).status_code(), 200);
    assert_eq!(server.live_refresh_tokens(), [] as [String; 0]);
    assert_eq!((server.revoked_tokens(), server.revocations()), (vec![access.into(), refresh.into()], 0));
    assert_eq!(server.violations(), [] as [String; 0]);

    assert_eq!(error(&revoke(access, &[("token_type_hint", "id_token")])).1, "unsupported_token_type");
    let own = basic("svc", "s:3 %");
    let foreign = pairs(&[("token", refresh)]);
    let reply = post(&server, Endpoint::Revocation, &[("authorization", &own)], &foreign);
    assert_eq!(error(&reply), (400, "invalid_request".into()));
    assert_eq!(server.violations().len(), 2);
}

/// RFC 7662 section 2.
#[test]
fn what_there_is_to_say_of_a_token() {
    let (server, clock) = server();
    let first = login(&server, "read");
    let (own, now) = (basic("svc", "s:3 %"), seconds(clock.now()));
    let ask = |token: &Value| {
        let form = pairs(&[("token", token.as_str().unwrap())]);
        json(&post(&server, Endpoint::Introspection, &[("authorization", &own)], &form))
    };
    let about = json!({
        "active": true,
        "iss": ISSUER,
        "client_id": "app",
        "sub": "sam",
        "scope": "read",
        "iat": now,
        "exp": now + 3600,
        "token_type": "Bearer",
        "auth_time": now,
    });
    assert_eq!(ask(&first["access_token"]), about);
    assert_eq!(ask(&first["refresh_token"])["active"], true);
    assert_eq!(ask(&"of nobody".into()), json!({"active": false}));
    server.revoke_logins();
    assert_eq!(ask(&first["access_token"]), json!({"active": false}));
    assert_eq!(ask(&first["refresh_token"]), json!({"active": false}));
    assert_eq!(server.violations(), [] as [String; 0]);
    let public = pairs(&[("token", "t"), ("client_id", "app")]);
    assert_eq!(post(&server, Endpoint::Introspection, &[], &public).status_code(), 401);
    assert_eq!(server.violations().len(), 1);
}
