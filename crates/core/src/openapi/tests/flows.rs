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
