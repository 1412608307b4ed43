use serde_json::json;

use super::*;
use crate::{Auth, config::Schemes};

const KEY: &str = "AUTHWRIGHT_TEST_OPENAPI_KEY";

/// A reference to a file with this text, which is there for as long as the tests run.
fn secret(text: &str) -> String {
    let path = std::env::temp_dir().join(format!("authwright-openapi-{}-{text}", std::process::id()));
    std::fs::write(&path, text).unwrap();
    format!("file:{}", path.display())
}

fn read(document: &str) -> OpenApi {
    serde_json::from_str(document).unwrap()
}

/// A document with these schemes and this `security`, as texts, since the order counts.
fn with(security: &str, schemes: &str) -> OpenApi {
    read(&format!(
        r#"{{"openapi": "3.1.0", "servers": [{{"url": "https://api.example.com/v1"}}], "security": {security},
            "components": {{"securitySchemes": {schemes}}}}}"#
    ))
}

const THREE: &str = r#"{
    "app": {"type": "apiKey", "in": "header", "name": "X-App"},
    "user": {"type": "apiKey", "in": "query", "name": "user"},
    "session": {"type": "apiKey", "in": "cookie", "name": "sid"}
}"#;

/// What the document was understood to say.
fn entries(api: &OpenApi) -> serde_json::Value {
    serde_json::to_value(api.config().unwrap()).unwrap()
}

/// The types and what they hold, without origins.
fn types(api: &OpenApi) -> Vec<String> {
    let entries = entries(api);
    let show = |entry: &serde_json::Value| {
        let mut entry = entry.as_object().unwrap().clone();
        entry.remove("origins");
        serde_json::to_string(&entry).unwrap()
    };
    entries.as_array().unwrap().iter().map(show).collect()
}

fn error(api: &OpenApi) -> String {
    api.config().and_then(|config| config.build()).unwrap_err().to_string()
}

fn build(api: &OpenApi) -> Auth {
    api.config().unwrap().build().unwrap()
}

#[test]
fn keys_go_where_the_document_says() {
    let api = with(r#"[{"app": [], "user": [], "session": []}]"#, THREE);
    let api = api.credential("app", "env:A").credential("user", "env:B").credential("session", "env:C");
    assert_eq!(
        entries(&api),
        json!([
            {"origins": ["https://api.example.com/v1"], "type": "api_key", "header": "X-App", "key": "env:A"},
            {"origins": ["https://api.example.com/v1"], "type": "api_key", "query": "user", "key": "env:B"},
            {"origins": ["https://api.example.com/v1"], "type": "api_key", "cookie": "sid", "key": "env:C"},
        ])
    );
}

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
    let lacks =
        "security needs more than is given: give credentials for \"user\", or \"session\", or \"user\"";
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
fn http_schemes_are_known_in_any_case_and_others_are_said() {
    let scheme = |name: &str| {
        with(
            r#"[{"h": []}]"#,
            &format!(r#"{{"h": {{"type": "http", "scheme": "{name}", "bearerFormat": "JWT"}}}}"#),
        )
    };
    assert_eq!(types(&scheme("Bearer").credential("h", "env:T")), [r#"{"token":"env:T","type":"bearer"}"#]);
    let sam = [("user", "sam"), ("password", "env:P")];
    let basic = r#"{"password":"env:P","type":"basic","user":"sam"}"#;
    assert_eq!(types(&scheme("BASIC").credential("h", sam)), [basic]);
    assert_eq!(types(&scheme("digest").credential("h", sam)), [basic.replace("basic", "digest")]);
    assert_eq!(
        error(&scheme("basic").credential("h", "env:P")),
        "securitySchemes.h is basic, which takes two: give it user and password; where the key is the user, password is \"\""
    );
    assert_eq!(
        error(&scheme("digest").credential("h", "env:P")),
        "securitySchemes.h is digest, which takes two: give it user and password"
    );
    assert_eq!(
        error(&scheme("hoba").credential("h", "env:P")),
        "securitySchemes.h is the http scheme \"hoba\"; known are basic, bearer and digest. Give it a type of an AuthConfig, \
         like type = \"api_key\" with header = \"Authorization\" and a prefix"
    );
    let token = [("type", "api_key"), ("header", "Authorization"), ("prefix", "Token"), ("key", "env:P")];
    assert_eq!(types(&scheme("Token").credential("h", token)).len(), 1);
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
         in its own builder, and take this scheme out of the credentials"
    );
}

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
}

#[test]
fn servers_are_where_it_may_travel() {
    let api = |servers: &str| {
        read(&format!(r#"{{"openapi": "3.0.4", {servers} "components": {{"securitySchemes": {THREE}}}}}"#))
            .credential("app", "env:A")
    };
    let origins = |api: &OpenApi| entries(api)[0]["origins"].clone();

    let two = api(r#""servers": [{"url": "https://a.example.com/v2/"}, {"url": "https://b.example.com"}],"#);
    assert_eq!(origins(&two), json!(["https://a.example.com/v2/", "https://b.example.com"]));
    assert_eq!(origins(&two.clone().origins(["https://c.example.com"])), json!(["https://c.example.com"]));

    for relative in ["", r#""servers": [],"#, r#""servers": [{"url": "/"}],"#] {
        assert_eq!(
            error(&api(relative)).split_once(" is relative").unwrap().1,
            " to where the document was found; say so with .found_at(..), or name the servers with .origins(..)"
        );
        let found = api(relative).found_at("https://a.example.com/docs/openapi.json");
        assert_eq!(origins(&found), json!(["https://a.example.com/"]));
    }
    let relative = api(r#""servers": [{"url": "v2"}],"#).found_at("https://a.example.com/api/openapi.json");
    assert_eq!(origins(&relative), json!(["https://a.example.com/api/v2"]));

    let plain = api(r#""servers": [{"url": "https://a.example.com"}, {"url": "http://b.example.com/v1"}],"#);
    assert_eq!(
        error(&plain),
        "servers[1]: http://b.example.com is plain http: the credential could be read on the way; name the servers with \
         .origins(..), or give securitySchemes.app danger_plain_http = true if you accept that"
    );
    let accepted: Credentials =
        serde_json::from_value(json!({"app": {"key": "env:A", "danger_plain_http": true}})).unwrap();
    assert_eq!(types(&plain.credentials(accepted)).len(), 1);

    assert_eq!(
        error(&api(r#""servers": [{"url": "https://*.example.com"}],"#)),
        "servers[0]: `https://*.example.com` is not an origin: wildcards are not supported: name every host; write it like \
         https://api.example.com"
    );
    assert_eq!(error(&api(r#""servers": [{"url": 1}],"#)), "servers[0] has no url");
    assert_eq!(error(&api(r#""servers": {},"#)), "servers is a table; it must be a list");
}

#[test]
fn variables_are_filled_in_and_stay_in_their_place() {
    let api = read(&format!(
        r#"{{"openapi": "3.0.4", "servers": [{{"url": "https://{{region}}.{{zone}}.example.com:{{port}}/{{base}}", "variables": {{
            "region": {{"default": "eu", "enum": ["eu", "us"]}}, "port": {{"default": 8443}}, "base": {{"default": "v2"}},
            "zone": {{"default": "a"}}}}}}], "components": {{"securitySchemes": {THREE}}}}}"#
    ))
    .credential("app", "env:A");
    let origins = |api: &OpenApi| entries(api)[0]["origins"][0].as_str().unwrap().to_owned();
    assert_eq!(origins(&api), "https://eu.a.example.com:8443/v2");
    let other = api.clone().variable("region", "us").variable("zone", "b").variable("base", "api/v3");
    assert_eq!(origins(&other), "https://us.b.example.com:8443/api/v3");
    assert_eq!(
        error(&api.clone().variable("region", "mars")),
        "the variable \"region\" of servers[0] is \"mars\"; it must be one of \"eu\" and \"us\""
    );
    for elsewhere in [
        "evil.example.net/",
        "evil.example.net#",
        "evil.example.net\\",
        "evil.example.net?",
        "me@evil",
        "a b",
        "b:80",
    ] {
        assert_eq!(
            error(&api.clone().variable("zone", elsewhere)),
            "the variable \"zone\" of servers[0] is part of a host, and has characters that a host cannot have"
        );
    }
    assert_eq!(error(&api.clone().variable("zone", "")), "the variable \"zone\" of servers[0] is empty");
    assert!(error(&api.clone().variable("base", "../admin")).starts_with("servers[0]: "));
    assert_eq!(
        error(&api.variable("regoin", "us")),
        "no server of the document has a variable \"regoin\", did you mean \"region\"?"
    );
    let open = read(r#"{"openapi": "3.0.4", "servers": [{"url": "https://{tenant}.example.com"}]}"#);
    assert_eq!(
        error(&open),
        "servers[0] has a variable \"tenant\" without a default; give it with .variable(..)"
    );
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
