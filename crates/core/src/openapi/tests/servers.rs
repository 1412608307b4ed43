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

#[test]
fn origins_of_its_own_are_not_those_of_the_document() {
    let api = read(&format!(
        r#"{{"openapi": "3.0.4", "servers": [{{"url": "http://b.example.com"}}],
            "components": {{"securitySchemes": {THREE}}}}}"#
    ));
    let own = api.credential("app", [("key", "env:A"), ("origins", "https://mine.example.com")]);
    assert_eq!(entries(&own)[0]["origins"], "https://mine.example.com");
}

/// The only server, with its URL and its variables.
fn at(url: &str, variables: &str) -> OpenApi {
    read(&format!(
        r#"{{"openapi": "3.0.4", "servers": [{{"url": "{url}", "variables": {variables}}}],
            "components": {{"securitySchemes": {THREE}}}}}"#
    ))
    .credential("app", "env:A")
    .found_at("https://docs.example.com/openapi.json")
}

fn origin(api: &OpenApi) -> String {
    entries(api)[0]["origins"][0].as_str().unwrap().to_owned()
}

#[test]
fn before_the_host_there_is_http_or_https() {
    let what = |api: &OpenApi| error(api).split_once(" of servers[0] ").unwrap().1.to_owned();
    let whole = at("{scheme}://api.example.com", r#"{"scheme": {"default": "https"}}"#);
    assert_eq!(origin(&whole.clone().variable("scheme", "https")), "https://api.example.com");
    for scheme in ["https://evil.example/x", "https:", "ftp", "HTTPS"] {
        assert_eq!(
            what(&whole.clone().variable("scheme", scheme)),
            "is before ://, where only http and https can be"
        );
    }
    let part = at("http{s}://api.example.com", r#"{"s": {"default": "s"}}"#);
    assert_eq!(origin(&part.clone().variable("s", "s")), "https://api.example.com");
    assert_eq!(
        what(&part.variable("s", "s://evil.example")),
        "is before ://, where only http and https can be"
    );
    // What the document lists is the document's.
    let listed = at(
        "{server}://x",
        r#"{"server": {"default": "https", "enum": ["https", "https://a.example.com/x"]}}"#,
    );
    assert_eq!(origin(&listed.variable("server", "https://a.example.com/x")), "https://a.example.com/x://x");
}

#[test]
fn hosts_stay_hosts_however_the_server_is_written() {
    let what = |api: &OpenApi| error(api).split_once(" of servers[0] ").unwrap().1.to_owned();
    let host = "is part of a host, and has characters that a host cannot have";
    let network = at("//{region}.example.com/v1", r#"{"region": {"default": "eu"}}"#);
    assert_eq!(origin(&network.clone().variable("region", "us")), "https://us.example.com/v1");
    assert_eq!(what(&network.variable("region", "evil.example/x")), host);
    let rest = at("https:{rest}", r#"{"rest": {"default": "//api.example.com"}}"#);
    assert_eq!(origin(&rest), "https://api.example.com");
    assert_eq!(what(&rest.variable("rest", "//evil.example")), host);

    let whole = at("{server}/v1", r#"{"server": {"default": "https://a.example.com"}}"#);
    assert_eq!(origin(&whole.variable("server", "https://b.example.com")), "https://b.example.com/v1");
    let most = at("{server}:8443/v1", r#"{"server": {"default": "https://a.example.com"}}"#);
    assert_eq!(
        origin(&most.clone().variable("server", "https://b.example.com")),
        "https://b.example.com:8443/v1"
    );
    assert_eq!(
        what(&most.variable("server", "https://evil.example/")),
        "ends within a host, and has characters that a host cannot have"
    );

    let path = at("/{base}", r#"{"base": {"default": "v1"}}"#);
    assert_eq!(origin(&path.clone().variable("base", "v2/x")), "https://docs.example.com/v2/x");
    for base in ["/evil.example/", "\\evil.example"] {
        assert_eq!(
            what(&path.clone().variable("base", base)),
            "is a path, and begins with a second slash, behind which a host would be"
        );
    }
    assert_eq!(what(&path.variable("base", "\t/evil.example")), "has characters that a URL cannot have");
}

#[test]
fn the_last_value_of_a_variable_counts() {
    let api = at("https://{region}.example.com", r#"{"region": {"default": "eu", "enum": ["eu", "us"]}}"#);
    let twice = api.variable("region", "mars").variable("region", "us");
    assert_eq!(origin(&twice), "https://us.example.com");
}

#[test]
fn what_yaml_reads_as_numbers_is_text() {
    let api = at(
        "https://a.example.com/{version}",
        r#"{"version": {"default": 2.0, "enum": [1.5, 2.0, 3, true]}}"#,
    );
    assert_eq!(origin(&api), "https://a.example.com/2.0");
    for version in ["1.5", "2.0", "3", "true"] {
        assert_eq!(
            origin(&api.clone().variable("version", version)),
            format!("https://a.example.com/{version}")
        );
    }
    assert_eq!(
        error(&api.variable("version", "2")),
        "the variable \"version\" of servers[0] is \"2\"; it must be one of \"1.5\", \"2.0\", \"3\" and \"true\""
    );
}

#[test]
fn what_a_server_costs_is_bounded_by_what_is_asked() {
    let many =
        |times| at(&format!("https://{}a.example.com", "{a}".repeat(times)), r#"{"a": {"default": ""}}"#);
    assert_eq!(error(&many(20_000)), "servers[0] is longer than a URL can be");
    assert_eq!(error(&many(65)), "servers[0] has more than 64 variables");
    assert_eq!(origin(&many(64)), "https://a.example.com");
    // The list is looked at for the program's value only.
    let odd = at("https://{a}.example.com", r#"{"a": {"default": "x", "enum": "x"}}"#);
    assert_eq!(origin(&odd), "https://x.example.com");
    assert_eq!(error(&odd.variable("a", "x")), "servers[0].variables.\"a\".enum is text; it must be a list");
}
