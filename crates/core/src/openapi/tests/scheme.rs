//! Schemes as entries.

use super::*;

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
