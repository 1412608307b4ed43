//! Where credentials may travel.

use super::*;

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
