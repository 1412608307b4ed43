//! What is read, and what is said of what is wrong.

use super::*;

const KEY: &str = "AUTHWRIGHT_TEST_OPENAPI_KEY";

#[test]
fn references_lead_to_other_schemes() {
    let schemes = r##"{
        "a": {"$ref": "#/components/securitySchemes/b"}, "b": {"type": "http", "scheme": "bearer"},
        "c": {"$ref": "#/components/securitySchemes/d"}, "d": {"$ref": "#/components/securitySchemes/c"},
        "e": {"$ref": "schemes.yaml#/e"}, "f": {"$ref": "#/components/securitySchemes/g"}}"##;
    let api = |name: &str| with("[]", schemes).credential(name, "env:T");
    assert_eq!(types(&api("a")), [r#"{"token":"env:T","type":"bearer"}"#]);
    assert_eq!(error(&api("c")), "securitySchemes.c refers to itself");
    assert_eq!(
        error(&api("e")),
        "securitySchemes.e refers to another document, or to no security scheme; bundle it first"
    );
    assert_eq!(error(&api("f")), "securitySchemes.f refers to a scheme that is not there");
    // A name that two readers take for two: as it is written, or decoded.
    for name in ["x~1y", "x%20y", "x/y"] {
        let schemes = format!(
            r##"{{"a": {{"$ref": "#/components/securitySchemes/{name}"}}, "{name}": {{"type": "http", "scheme": "bearer"}}}}"##
        );
        assert_eq!(
            error(&with("[]", &schemes).credential("a", "env:T")),
            "securitySchemes.a refers to another document, or to no security scheme; bundle it first"
        );
    }
}

#[test]
fn what_is_given_is_checked_against_the_document() {
    let api = || with(r#"[{"app": []}]"#, THREE);
    assert_eq!(
        error(&api().credential("apt", "env:A")),
        "the document has no security scheme \"apt\", did you mean \"app\"?"
    );
    assert_eq!(
        error(&api().credential("petstore_auth", "env:A")),
        "the document has no security scheme \"petstore_auth\"; it has \"app\", \"session\", \"user\""
    );
    assert_eq!(
        error(&api().credential("app", "k3y-in-the-source")),
        "securitySchemes.app.key holds a literal secret; write env:NAME or file:PATH"
    );
    assert_eq!(
        error(&api().credential("app", format!("env:{KEY}"))),
        format!("securitySchemes.app.key: environment variable {KEY} is not set")
    );
    assert_eq!(
        error(&api().credential("app", [("kye", "env:A")])),
        "securitySchemes.app has an unknown member \"kye\", did you mean \"key\"?"
    );
    let odd: Credentials = serde_json::from_value(json!({"app": 1})).unwrap();
    assert_eq!(
        error(&api().credentials(odd)),
        "securitySchemes.app is given a number; it must be a reference like env:NAME, or a table of members"
    );
    let twice = serde_json::from_str::<Credentials>(r#"{"app": "env:A", "app": "env:B"}"#).unwrap_err();
    assert_eq!(twice.to_string(), "credentials has \"app\" twice");
}

#[test]
fn what_a_document_repeats_in_messages_is_bounded() {
    let long = "x".repeat(129);
    let schemes = format!(r#"{{"app": {{"type": "apiKey", "in": "header", "name": "{long}"}}}}"#);
    let api = with(r#"[{"app": []}]"#, &schemes).credential("app", secret("app"));
    assert_eq!(error(&api), "securitySchemes.app.header is longer than 128 bytes");
    let host = format!("https://{}example.com", "x.".repeat(300));
    let message = error(&api.clone().origins([host]));
    assert!(
        message.ends_with(
            "` is not an origin: its host is longer than a name can be; write it like https://api.example.com"
        ),
        "{message}"
    );
    assert!(message.len() < 450);
    let twice = "{a}".repeat(10_000);
    let doubled = format!(
        r#"{{"openapi": "3.0.0", "servers": [{{"url": "https://{twice}", "variables": {{"a": {{"default": "aaaaaaaa"}}}}}}]}}"#
    );
    assert_eq!(error(&read(&doubled)), "servers[0] is longer than a URL can be");
    let many: Vec<_> = (0..50).map(|n| format!("{{\"s{n}\": []}}")).collect();
    assert_eq!(
        error(&with(&format!("[{}]", many.join(", ")), "{}")),
        "security needs more than is given: give credentials for \"s0\", or \"s1\", or \"s2\", or \"s3\", or another of its \
         alternatives"
    );
}

#[test]
fn what_is_no_openapi_document_says_what_it_is() {
    let message = |document: &str| error(&read(document));
    assert_eq!(message(r#"{"swagger": "2.0"}"#), "this is a Swagger 2.0 document; convert it to OpenAPI 3");
    assert_eq!(message("{}"), "this is no OpenAPI document: it has no member \"openapi\"");
    assert_eq!(message("[]"), "the document is a list; it must be an OpenAPI document");
    assert_eq!(message(r#"{"openapi": "4.0"}"#), "openapi is \"4.0\"; it must be a version 3");
    assert_eq!(message(r#"{"openapi": {}}"#), "openapi is a table; it must be text");
    assert_eq!(
        message(r#"{"openapi": "3.0.0", "openapi": "3.0.0"}"#),
        "the document has \"openapi\" twice in one place"
    );
    let security = r#"{"openapi": "3.0.0", "servers": [{"url": "https://a.example.com"}], "security": "#;
    assert_eq!(message(&format!("{security}{{}}}}")), "security is a table; it must be a list");
    assert_eq!(
        message(&format!("{security}[{{}}, {{\"app\": \"x\"}}]}}")),
        "security: alternative 1 must be a table of schemes, each with a list of scopes"
    );
}

#[test]
fn what_is_not_about_security_is_passed_over_and_nothing_is_shown() {
    let api = read(
        r#"{"openapi": "3.1.0", "info": {"title": "t", "openapi": []}, "x-servers": [1],
            "components": {"schemas": {"securitySchemes": 4}, "securitySchemes": {}}}"#,
    );
    let api = api.credential("app", "s3cret");
    assert_eq!(format!("{api:?}"), "OpenApi { credentials: Credentials(\"app\"), .. }");
    assert_eq!(format!("{:?}", Credential::from("s3cret")), "Credential(..)");
    let Node::Table(members) = &api.document else { panic!() };
    assert_eq!(members.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["openapi", "components"]);
}

#[test]
fn a_document_without_schemes_has_nothing_to_translate() {
    let api =
        read(r#"{"openapi": "3.0.3", "servers": [{"url": "https://api.example.com"}], "components": {}}"#);
    assert_eq!(
        error(&api.credential("bearer", "env:T")),
        "the document has no security scheme \"bearer\"; it has none at all: write an entry of an AuthConfig instead"
    );
}
