//! OAuth 2 and OpenID Connect.

use super::*;

const FLOWS: &str = r#"{"o": {"type": "oauth2", "flows": {
    "authorizationCode": {"authorizationUrl": "/authorize", "tokenUrl": "token", "refreshUrl": "/refresh", "scopes": {}},
    "deviceAuthorization": {"deviceAuthorizationUrl": "https://login.example.com/device", "tokenUrl": "/token"},
    "clientCredentials": {"tokenUrl": "/machine", "scopes": {}}}}}"#;

#[test]
fn a_flow_is_the_type_that_goes_through_it() {
    let api = with(r#"[{"o": []}]"#, FLOWS);
    let both = "securitySchemes.o has flows for a program by itself and for a person who signs in: give it the type, \
                client_credentials or session";
    assert_eq!(error(&api.clone().credential("o", [("client_id", "me")])), both);
    let typed = |kind| api.clone().credential("o", [("client_id", "me"), ("type", kind)]);
    assert_eq!(
        types(&typed("session")),
        [
            r#"{"authorization_endpoint":"https://api.example.com/authorize","client_id":"me","device_authorization_endpoint":"https://login.example.com/device","token_endpoint":"https://api.example.com/token","type":"session"}"#
        ]
    );
    assert_eq!(
        types(&typed("client_credentials")),
        [
            r#"{"client_id":"me","token_endpoint":"https://api.example.com/machine","type":"client_credentials"}"#
        ]
    );
    let renewed = api.clone().credential("o", [("client_id", "me"), ("refresh_token", "env:R")]);
    assert_eq!(
        types(&renewed),
        [
            r#"{"client_id":"me","refresh_token":"env:R","token_endpoint":"https://api.example.com/token","type":"refresh_token"}"#
        ]
    );
    // Whoever names the server knows it better.
    let named = [("client_id", "me"), ("type", "session"), ("issuer", "https://id.example.com")];
    assert_eq!(
        types(&api.clone().credential("o", named)),
        [r#"{"client_id":"me","issuer":"https://id.example.com","type":"session"}"#]
    );
    let elsewhere = FLOWS.replace("\"tokenUrl\": \"/token\"", "\"tokenUrl\": \"/device-token\"");
    let elsewhere =
        with(r#"[{"o": []}]"#, &elsewhere).credential("o", [("client_id", "me"), ("type", "session")]);
    assert_eq!(
        types(&elsewhere),
        [
            r#"{"authorization_endpoint":"https://api.example.com/authorize","client_id":"me","token_endpoint":"https://api.example.com/token","type":"session"}"#
        ]
    );
    assert_eq!(types(&api.credential("o", "env:T")), [r#"{"token":"env:T","type":"bearer"}"#]);
}

#[test]
fn a_type_whose_crate_is_not_there_says_which() {
    let api = with(r#"[{"o": []}]"#, FLOWS);
    let api = api.credential("o", [("client_id", "me"), ("type", "client_credentials")]);
    assert_eq!(
        error(&api),
        "securitySchemes.o (https://api.example.com): the type \"client_credentials\" needs the crate authwright-oauth2: \
         build_with(&[authwright_oauth2::schemes])"
    );
}

#[test]
fn a_type_of_the_programs_own_is_asked_for() {
    let mine: Schemes = |entry| entry.is("mine").then(|| Err(entry.error("pin", "was asked for")));
    let api = with(r#"[{"o": []}]"#, r#"{"o": {"type": "http", "scheme": "hoba"}}"#);
    let config = api.credential("o", [("type", "mine")]).config().unwrap();
    let error = config.build_with(&[mine]).unwrap_err().to_string();
    assert!(error.starts_with("securitySchemes.o.pin") && error.ends_with("was asked for"), "{error}");
}

#[test]
fn openid_connect_is_its_issuer() {
    let scheme = |url: &str| {
        let scheme = format!(r#"{{"id": {{"type": "openIdConnect", "openIdConnectUrl": "{url}"}}}}"#);
        with(r#"[{"id": ["mail"]}]"#, &scheme).credential("id", [("client_id", "me")])
    };
    assert_eq!(
        types(&scheme("https://id.example.com/a/.well-known/openid-configuration")),
        [r#"{"client_id":"me","issuer":"https://id.example.com/a","scope":["mail"],"type":"session"}"#]
    );
    assert_eq!(
        types(&scheme("/.well-known/openid-configuration")),
        [r#"{"client_id":"me","issuer":"https://api.example.com","scope":["mail"],"type":"session"}"#]
    );
    let known = scheme("/x").credential("id", [("client_id", "me"), ("provider", "google")]);
    assert_eq!(
        types(&known),
        [r#"{"client_id":"me","provider":"google","scope":["mail"],"type":"session"}"#]
    );
    assert_eq!(
        error(&scheme("https://id.example.com/discovery")),
        "securitySchemes.id has an openIdConnectUrl that does not end with /.well-known/openid-configuration; give it the issuer"
    );
}

#[test]
fn flows_that_are_refused_say_why() {
    let flows = |flows: &str| {
        with(r#"[{"o": []}]"#, &format!(r#"{{"o": {{"type": "oauth2", "flows": {flows}}}}}"#))
            .credential("o", [("client_id", "me")])
    };
    assert_eq!(
        error(&flows(r#"{"implicit": {"authorizationUrl": "https://x.example.com"}}"#)),
        "securitySchemes.o has the implicit flow alone, which puts tokens into URLs (RFC 9700 section 2.1.2); give it a token, \
         like env:TOKEN, or a type with what that needs"
    );
    assert_eq!(
        error(&flows(r#"{"password": {"tokenUrl": "token"}}"#)),
        "securitySchemes.o has the password flow alone, which gives a person's password to the program (RFC 9700 section 2.4); \
         give it a token, like env:TOKEN, or a type with what that needs"
    );
    assert_eq!(
        error(&flows("{}")),
        "securitySchemes.o has no flow that is known here; give it a token, like env:TOKEN, or a type with what that needs"
    );
    assert_eq!(error(&flows(r#"{"clientCredentials": {}}"#)), "securitySchemes.o has no tokenUrl");
}

/// A document that is somebody else's, with this at its token endpoint.
fn elsewhere(server: &str, token: &str) -> OpenApi {
    read(&format!(
        r#"{{"openapi": "3.1.0", "servers": [{{"url": "{server}"}}], "security": [{{"o": ["a"]}}],
            "components": {{"securitySchemes": {{"o": {{"type": "oauth2", "flows": {{
                "clientCredentials": {{"tokenUrl": "{token}"}}}}}}}}}}}}"#
    ))
}

#[test]
fn relative_endpoints_go_with_the_origins_that_are_given() {
    let at = |api: &OpenApi| entries(api)[0]["token_endpoint"].clone();
    let api = elsewhere("https://evil.example", "/token");
    let plain = api.clone().credential("o", [("client_id", "me")]);
    assert_eq!(at(&plain), "https://evil.example/token");
    let one = api.clone().credential("o", [("client_id", "me"), ("origins", "https://mine.example.com/v1")]);
    assert_eq!(at(&one), "https://mine.example.com/token");
    assert_eq!(at(&one.clone().origins(["https://other.example.com"])), "https://mine.example.com/token");
    assert_eq!(at(&plain.origins(["https://mine.example.com"])), "https://mine.example.com/token");
    let table = |origins: serde_json::Value| -> Credentials {
        serde_json::from_value(json!({"o": {"client_id": "me", "origins": origins}})).unwrap()
    };
    let two = table(json!(["https://mine.example.com", "https://other.example.com"]));
    assert_eq!(at(&api.clone().credentials(two)), "https://mine.example.com/token");
    for malformed in [json!([]), json!(1)] {
        assert_eq!(
            error(&api.clone().credentials(table(malformed))),
            "securitySchemes.o.origins: the URL is not absolute: it must start with https:// or http://"
        );
    }
}

#[test]
fn plain_http_of_the_document_is_not_what_the_program_accepts() {
    let accepted = |more: serde_json::Value| -> Credentials {
        let mut members = json!({"client_id": "me", "danger_plain_http": true});
        members.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(json!({"o": members})).unwrap()
    };
    let api = elsewhere("http://intranet", "http://evil.example/token");
    let refused = "securitySchemes.o has a tokenUrl that is plain http: what is sent there could be read on the way; give it \
                   token_endpoint yourself if you accept that";
    assert_eq!(error(&api.clone().credentials(accepted(json!({})))), refused);
    assert_eq!(error(&elsewhere("http://intranet", "token").credentials(accepted(json!({})))), refused);
    let named = accepted(json!({"token_endpoint": "http://login/token"}));
    assert_eq!(entries(&api.credentials(named))[0]["token_endpoint"], "http://login/token");
    // The machine itself.
    let own = elsewhere("https://api.example.com", "http://127.0.0.1:8080/token");
    assert_eq!(types(&own.credential("o", [("client_id", "me")])).len(), 1);
    assert_eq!(
        error(
            &elsewhere("https://api.example.com", "ftp://a.example").credential("o", [("client_id", "me")])
        ),
        "securitySchemes.o.tokenUrl: the URL is neither http nor https; nothing was sent"
    );

    let person = FLOWS
        .replace("\"/authorize\"", "\"http://a.example/a\"")
        .replace("https://login.example.com/device", "http://a.example/d");
    let person = with(r#"[{"o": []}]"#, &person);
    let session = |more: serde_json::Value| {
        let mut members = json!({"type": "session"});
        members.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        person.clone().credentials(serde_json::from_value(json!({"o": members})).unwrap())
    };
    let refused = |name: &str, member: &str| {
        format!(
            "securitySchemes.o has a {name} that is plain http: what is sent there could be read on the way; give it {member} \
             yourself if you accept that"
        )
    };
    assert_eq!(error(&session(json!({}))), refused("authorizationUrl", "authorization_endpoint"));
    let one = json!({"authorization_endpoint": "https://a.example/a"});
    assert_eq!(error(&session(one)), refused("deviceAuthorizationUrl", "device_authorization_endpoint"));

    let id = r#"{"o": {"type": "openIdConnect", "openIdConnectUrl": "http://a.example/.well-known/openid-configuration"}}"#;
    let id = with(r#"[{"o": []}]"#, id).credential("o", [("client_id", "me")]);
    assert_eq!(error(&id), refused("openIdConnectUrl", "issuer"));
}

#[test]
fn what_is_required_is_asked_for_by_those_that_ask() {
    let api = elsewhere("https://api.example.com", "/token");
    for (kind, asks) in [
        ("client_credentials", true),
        ("session", true),
        ("jwt_bearer", true),
        ("token_exchange", true),
        ("refresh_token", false),
        ("login", false),
    ] {
        let entries = entries(&api.clone().credential("o", [("type", kind)]));
        let expected = if asks { json!(["a"]) } else { serde_json::Value::Null };
        assert_eq!(entries[0]["scope"], expected, "{kind}");
    }
}

#[test]
fn a_token_that_is_there_goes_through_no_flow() {
    let api = with(r#"[{"o": ["a"]}]"#, FLOWS).credential("o", [("token", "env:T")]);
    assert_eq!(types(&api), [r#"{"token":"env:T","type":"bearer"}"#]);
}
