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

/// A document with this `security`, if any, and operations with these, of keys and one that has scopes.
fn operations(security: &str, operations: &[&str]) -> OpenApi {
    let paths: Vec<_> = operations
        .iter()
        .enumerate()
        .map(|(index, list)| format!(r#""/{index}": {{"get": {{"security": {list}}}}}"#))
        .collect();
    let security = if security.is_empty() { String::new() } else { format!("\"security\": {security},") };
    let schemes = THREE.replacen(
        '{',
        r#"{"tls": {"type": "mutualTLS"}, "o": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/token"}}},"#,
        1,
    );
    read(&format!(
        r#"{{"openapi": "3.1.0", "servers": [{{"url": "https://api.example.com"}}], {security}
            "paths": {{{}}}, "components": {{"securitySchemes": {schemes}}}}}"#,
        paths.join(", ")
    ))
}

/// The names of those that are used.
fn used(api: OpenApi, names: &[&str]) -> Result<Vec<String>, String> {
    let api = names.iter().fold(api, |api, name| match *name {
        "o" => api.credential("o", [("client_id", "me")]),
        name => api.credential(name, format!("env:{name}")),
    });
    let config = api.config().map_err(|error| error.to_string())?;
    let entries = serde_json::to_value(config).unwrap();
    let name = |entry: &serde_json::Value| entry["key"].as_str().unwrap_or("env:o")[4..].to_owned();
    Ok(entries.as_array().unwrap().iter().map(name).collect())
}

#[test]
fn of_all_lists_one_has_to_be_met() {
    let api = || operations(r#"[{"app": []}]"#, &[r#"[{"user": []}]"#, "[]"]);
    assert_eq!(used(api(), &["user"]).unwrap(), ["user"]);
    assert_eq!(used(api(), &["app"]).unwrap(), ["app"]);
    let lacks = "security needs more than is given: give credentials for \"app\"";
    assert_eq!(used(api(), &["session"]).unwrap_err(), lacks);
    assert_eq!(used(api(), &[]).unwrap_err(), lacks);
    // By the certificate.
    assert!(used(operations(r#"[{"tls": []}]"#, &[r#"[{"user": []}]"#]), &[]).unwrap().is_empty());
}

#[test]
fn alternatives_that_lack_the_same_are_said_once() {
    let api = operations(r#"[{"app": ["a"]}, {"app": ["b"]}, {"user": [], "session": []}]"#, &[]);
    assert_eq!(
        used(api, &[]).unwrap_err(),
        "security needs more than is given: give credentials for \"app\", or \"user\" and \"session\""
    );
    let four: Vec<_> = ["a", "b", "c", "d", "a"].iter().map(|name| format!("{{\"{name}\": []}}")).collect();
    assert_eq!(
        error(&with(&format!("[{}]", four.join(", ")), "{}")),
        "security needs more than is given: give credentials for \"a\", or \"b\", or \"c\", or \"d\""
    );
}

#[test]
fn a_security_that_asks_for_nothing_is_as_none() {
    for security in ["", "[]", "[{}]"] {
        let lists = [r#"[{"app": []}, {"user": []}]"#, r#"[{"user": []}]"#];
        assert_eq!(used(operations(security, &lists), &["app", "user"]).unwrap(), ["user"], "{security}");
        assert_eq!(
            used(operations(security, &lists), &[]).unwrap_err(),
            "security of an operation needs more than is given: give credentials for \"app\", or \"user\"",
            "{security}"
        );
    }
}

#[test]
fn scopes_of_operations_are_added_to_none_that_the_document_requires() {
    let lists = [r#"[{"o": ["b"]}]"#, r#"[{"o": ["c", "b"]}]"#];
    let scope = |security: &str| {
        let api = operations(security, &lists).credential("o", [("client_id", "me")]);
        entries(&api.credential("app", "env:A"))[0]["scope"].clone()
    };
    assert_eq!(scope(r#"[{"o": ["a"]}]"#), json!(["a"]));
    assert_eq!(scope(r#"[{"o": []}]"#), serde_json::Value::Null);
    assert_eq!(scope(r#"[{"user": []}]"#), json!(["b", "c"]));
    assert_eq!(scope(""), json!(["b", "c"]));
}

#[test]
fn only_those_that_are_named() {
    let both = r#"[{"o": ["b", "a"], "app": []}, {"o": ["c"], "app": []}]"#;
    let api = || operations(r#"[{"o": ["a"], "session": []}]"#, &[both, r#"[{"user": []}]"#]);
    assert_eq!(used(api().only(["o"]), &["o", "user"]).unwrap(), ["o"]);
    assert_eq!(used(api().only(["user", "o", "user"]), &["o", "user"]).unwrap(), ["user", "o"]);
    assert!(used(api().only([""; 0]), &["o"]).unwrap().is_empty());
    let o = api().credential("o", [("client_id", "me")]).only(["o"]);
    assert_eq!(entries(&o)[0]["scope"], json!(["a", "b"]));

    assert_eq!(
        used(api().only(["usr"]), &["user"]).unwrap_err(),
        "the document has no security scheme \"usr\", did you mean \"user\"?"
    );
    assert_eq!(
        used(api().only(["user"]), &["o"]).unwrap_err(),
        "securitySchemes.user is one of those that only are used, and nothing is given for it"
    );
    assert_eq!(
        used(api().only(["tls"]), &["o"]).unwrap_err(),
        "securitySchemes.tls is mutualTLS, which is in the connection and not in a request: give the client its certificate \
         in its own builder, and leave this scheme out"
    );
}

#[test]
fn one_of_two_that_are_required_together() {
    let flow =
        |flow: &str| format!(r#"{{"type": "oauth2", "flows": {{"{flow}": {{"tokenUrl": "/token"}}}}}}"#);
    let api = read(&format!(
        r#"{{"openapi": "3.0.0", "servers": [{{"url": "https://storage.example.com"}}], "paths": {{
            "/b": {{"get": {{"security": [{{"Oauth2": ["read"], "Oauth2c": ["read"]}}]}},
                   "put": {{"security": [{{"Oauth2": ["write"], "Oauth2c": ["write"]}}]}}}}}},
            "components": {{"securitySchemes": {{"Oauth2": {}, "Oauth2c": {}}}}}}}"#,
        flow("implicit"),
        flow("clientCredentials")
    ))
    .credential("Oauth2c", [("client_id", "me")]);
    assert_eq!(
        error(&api),
        "security of an operation needs more than is given: give credentials for \"Oauth2\""
    );
    assert_eq!(
        types(&api.only(["Oauth2c"])),
        [
            r#"{"client_id":"me","scope":["read","write"],"token_endpoint":"https://storage.example.com/token","type":"client_credentials"}"#
        ]
    );
}

#[test]
fn what_is_chosen_serves_together_with_a_certificate() {
    let api = operations(r#"[{"user": []}]"#, &[r#"[{"app": []}, {"tls": [], "user": []}]"#]);
    assert_eq!(used(api, &["app", "user"]).unwrap(), ["user"]);
}

#[test]
fn operations_of_path_items_that_are_kept_elsewhere_count() {
    let api = read(&format!(
        r##"{{"openapi": "3.1.0", "servers": [{{"url": "https://api.example.com"}}], "paths": {{
            "/x": {{"$ref": "#/components/pathItems/x"}}}}, "components": {{"securitySchemes": {THREE},
            "pathItems": {{"x": {{"get": {{"security": [{{"app": [], "user": []}}]}}}}}}}}}}"##
    ));
    assert_eq!(
        used(api, &["app"]).unwrap_err(),
        "security of an operation needs more than is given: give credentials for \"user\""
    );
}
