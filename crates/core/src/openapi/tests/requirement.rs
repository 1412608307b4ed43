//! Which schemes are used, and with which scopes.

use super::*;

#[test]
fn all_of_an_alternative_and_the_first_that_is_complete() {
    let security = r#"[{"app": [], "user": []}, {"session": []}, {"user": []}]"#;
    let choice = |names: &[&str]| {
        let api = names.iter().fold(with(security, THREE), |api, name| api.credential(*name, "env:X"));
        api.config().map(|_| types(&api)).map_err(|error| error.to_string())
    };
    let (app, user, session) = (
        r#"{"header":"X-App","key":"env:X","type":"api_key"}"#,
        r#"{"key":"env:X","query":"user","type":"api_key"}"#,
        r#"{"cookie":"sid","key":"env:X","type":"api_key"}"#,
    );
    assert_eq!(choice(&["session", "user", "app"]).unwrap(), [app, user]);
    assert_eq!(choice(&["session", "user"]).unwrap(), [session]);
    assert_eq!(choice(&["user"]).unwrap(), [user]);
    let lacks = "security needs more than is given: give credentials for \"user\", or \"session\"";
    assert_eq!(choice(&["app"]).unwrap_err(), lacks);
    let lacks = "security needs more than is given: give credentials for \"app\" and \"user\", or \"session\", or \"user\"";
    assert_eq!(choice(&[]).unwrap_err(), lacks);
    // Half of an alternative beside a whole one.
    let lacks = "security needs more than is given: give credentials for \"user\"";
    assert_eq!(choice(&["app", "session"]).unwrap_err(), lacks);
}

#[test]
fn anonymous_is_for_those_who_have_nothing() {
    let api = with(r#"[{}, {"app": []}]"#, THREE);
    assert!(build(&api).is_empty());
    assert_eq!(types(&api.credential("app", "env:A")).len(), 1);
    assert!(build(&with("[]", THREE)).is_empty());
}

#[test]
fn operations_with_a_security_of_their_own_are_served_too() {
    let document = |security: &str| {
        read(&format!(
            r#"{{"openapi": "3.0.4", "servers": [{{"url": "https://api.example.com"}}], {security} "paths": {{
                "/open": {{"get": {{"responses": {{"200": {{"security": 1}}}}}}, "summary": "none"}},
                "/either": {{"get": {{"security": [{{"app": []}}, {{"user": []}}]}}, "parameters": [{{"security": 2}}]}},
                "/user": {{"post": {{"security": [{{"user": []}}]}}}},
                "/log-in": {{"post": {{"security": []}}}},
                "/other": {{"$ref": "elsewhere"}}}},
                "components": {{"securitySchemes": {THREE}}}}}"#
        ))
    };
    let both = |api: OpenApi| api.credential("app", "env:A").credential("user", "env:B");
    // What /user cannot do without serves /either.
    assert_eq!(types(&both(document(""))), [r#"{"key":"env:B","query":"user","type":"api_key"}"#]);
    assert_eq!(types(&document("").credential("app", "env:A")).len(), 1);
    assert_eq!(types(&both(document(r#""security": [{"app": []}],"#))).len(), 2);
    assert_eq!(
        types(&both(document(r#""security": [{"app": []}],"#)).credential("session", "env:C")).len(),
        3
    );
    let lacks =
        "security of an operation needs more than is given: give credentials for \"app\", or \"user\"";
    assert_eq!(error(&document("")), lacks);
}

#[test]
fn without_any_requirement_all_that_is_named_is_used() {
    let api = read(&format!(
        r#"{{"openapi": "3.0.3", "servers": [{{"url": "https://api.example.com"}}],
            "components": {{"securitySchemes": {THREE}}}}}"#
    ));
    assert_eq!(types(&api.clone().credential("session", "env:C").credential("app", "env:A")).len(), 2);
    assert!(build(&api).is_empty());
}

#[test]
fn scopes_are_those_that_are_required() {
    let schemes = r#"{"o": {"type": "oauth2", "flows": {"clientCredentials": {
        "tokenUrl": "https://login.example.com/token", "scopes": {"a": "", "b": "", "c": ""}}}}}"#;
    let client = [("client_id", "me"), ("client_secret", "env:S")];
    let api = with(r#"[{"o": ["a", "b"]}]"#, schemes).credential("o", client);
    assert_eq!(
        entries(&api),
        json!([{"origins": ["https://api.example.com/v1"], "type": "client_credentials", "scope": ["a", "b"],
            "token_endpoint": "https://login.example.com/token", "client_id": "me", "client_secret": "env:S"}])
    );
    let narrowed = api.credential("o", [("client_id", "me"), ("scope", "a")]);
    assert_eq!(entries(&narrowed)[0]["scope"], "a");
    let operations = read(&format!(
        r#"{{"openapi": "3.0.4", "servers": [{{"url": "https://api.example.com"}}], "paths": {{
            "/x": {{"get": {{"security": [{{"o": ["c"]}}]}}, "put": {{"security": [{{"o": ["a", "c"]}}]}}}}}},
            "components": {{"securitySchemes": {schemes}}}}}"#
    ));
    assert_eq!(entries(&operations.credential("o", client))[0]["scope"], json!(["c", "a"]));
}

#[test]
fn a_certificate_is_the_clients_and_counts_as_there() {
    let schemes =
        r#"{"tls": {"type": "mutualTLS"}, "app": {"type": "apiKey", "in": "header", "name": "X-App"}}"#;
    let api = with(r#"[{"tls": []}, {"tls": [], "app": []}]"#, schemes);
    assert!(build(&api).is_empty());
    assert_eq!(types(&api.clone().credential("app", "env:A")).len(), 1);
    assert_eq!(
        error(&api.credential("tls", "env:A")),
        "securitySchemes.tls is mutualTLS, which is in the connection and not in a request: give the client its certificate \
         in its own builder, and leave this scheme out"
    );
}

#[test]
fn two_schemes_for_one_field_are_an_error_with_its_place() {
    let schemes =
        r#"{"one": {"type": "http", "scheme": "bearer"}, "two": {"type": "http", "scheme": "bearer"}}"#;
    let api = with(r#"[{"one": [], "two": []}]"#, schemes);
    let api = api.credential("one", secret("one")).credential("two", secret("two"));
    assert_eq!(
        error(&api),
        "securitySchemes.two (https://api.example.com): two entries put `Authorization` on https://api.example.com; \
         keep one, or narrow one by a path"
    );
}
