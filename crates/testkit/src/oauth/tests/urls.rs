//! Where the browser goes and how it comes back; what the metadata says; forms.

use super::{
    super::{AuthServer, Callback, Endpoint, Pushed, form::encoded},
    error, field,
    hand::{
        CALLBACK, ISSUER, authorization, browse, builder, callback_of, later, pairs, path, post, redemption,
        request, server, token, value, with,
    },
    json,
};
use crate::TestClock;

#[test]
fn the_metadata_is_where_rfc_8414_has_it() {
    for (issuer, paths, authorize) in [
        (
            "https://login.example.com",
            ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"].as_slice(),
            "https://login.example.com/authorize",
        ),
        (
            "https://login.example.com/",
            &["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"],
            "https://login.example.com/authorize",
        ),
        (
            "https://login.example.com/t/7",
            &[
                "/.well-known/oauth-authorization-server/t/7",
                "/.well-known/openid-configuration/t/7",
                "/t/7/.well-known/openid-configuration",
            ],
            "https://login.example.com/t/7/authorize",
        ),
    ] {
        let server = AuthServer::builder(issuer, &TestClock::new()).build();
        for path in paths {
            let document = json(&server.answer(&request("GET", path, &[], "")));
            assert_eq!(document["issuer"], issuer);
            assert_eq!(document["authorization_endpoint"], authorize);
            assert_eq!(document["authorization_response_iss_parameter_supported"], true);
            assert!(document.get("pushed_authorization_request_endpoint").is_none());
        }
        let elsewhere = request("GET", "/t/.well-known/oauth-authorization-server", &[], "");
        assert_eq!(server.answer(&elsewhere).status_code(), 404);
    }
    let (builder, _) = builder();
    let server = builder.metadata(|json| json["issuer"] = "https://attacker.example".into()).build();
    let document = json(&server.answer(&request("GET", &path(Endpoint::Metadata), &[], "")));
    assert_eq!(document["issuer"], "https://attacker.example");
}

#[test]
fn a_right_request_leads_back_with_code_state_and_iss() {
    let (server, _) = server();
    let (form, _) = authorization();
    let reply = browse(&server, &form);
    let location = field(&reply, "location").unwrap();
    assert!(reply.status_code() == 302 && location.starts_with(&format!("{CALLBACK}?code=")));
    let back = callback_of(location);
    assert_eq!(value(&back, "state"), value(&form, "state"));
    assert_eq!(value(&back, "iss"), Some(ISSUER));
    assert!(server.secrets().contains(&value(&back, "code").unwrap().to_owned()));
    assert_eq!(server.violations(), [] as [String; 0]);

    let (builder, _) = builder();
    let silent = builder.says_issuer(false).build();
    let back = callback_of(field(&browse(&silent, &authorization().0), "location").unwrap());
    assert_eq!(value(&back, "iss"), None);
}

/// Each rule: what is changed in a right request, and what the referee says to it.
#[test]
fn every_broken_rule_of_a_request_is_told_in_words() {
    for (name, value, told) in [
        ("response_type", Some("token"), "`response_type` is not `code`"),
        ("response_type", None, "`response_type` is missing"),
        ("state", None, "`state` is missing"),
        ("state", Some("abc"), "`state` can be guessed: it is too short"),
        ("code_challenge", None, "`code_challenge` is missing"),
        (
            "code_challenge",
            Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM="),
            "`code_challenge` is no SHA-256 in base64url without padding",
        ),
        ("code_challenge", Some("dBjf"), "`code_challenge` is no SHA-256 in base64url without padding"),
        ("code_challenge_method", Some("plain"), "`code_challenge_method` is not S256"),
        ("code_challenge_method", None, "`code_challenge_method` is missing"),
        ("scope", Some("read  write"), "`scope` is no list of scopes"),
        ("scope", Some("read read"), "`scope` names one twice"),
        ("resource", Some("api"), "`resource` is no absolute URI without a fragment"),
        ("resource", Some("https://api#f"), "`resource` is no absolute URI without a fragment"),
        ("max_age", Some("-1"), "`max_age` is no number of seconds"),
        ("dpop_jkt", Some("abc"), "`dpop_jkt` is no thumbprint"),
        ("redirect_uri", Some("http://127.0.0.1:4711/callback/"), "`redirect_uri` is not registered"),
        ("redirect_uri", Some("http://127.0.0.1.evil.example/callback"), "`redirect_uri` is not registered"),
        (
            "redirect_uri",
            Some("http://127.0.0.1:80@evil.example/callback"),
            "`redirect_uri` is not registered",
        ),
        ("redirect_uri", Some("https://127.0.0.1:80/callback"), "`redirect_uri` is not registered"),
        ("redirect_uri", None, "`redirect_uri` is missing"),
        ("client_id", None, "`client_id` is missing"),
        ("client_secret", Some("s3cret"), "`client_secret` stands in a URL"),
        ("code_verifier", Some("dBjftJeZ4CVP"), "`code_verifier` stands in a URL"),
        ("request_uri", Some("urn:x"), "`response_type` stands beside `request_uri`"),
        ("nonce", Some(""), "`nonce` is empty, and was to be left out"),
    ] {
        let (server, _) = server();
        let reply = browse(&server, &with(authorization().0, name, value));
        assert_eq!(server.violations(), [format!("GET /authorize: {told}")], "{name}={value:?}");
        assert!(server.issued() == 0 && server.grants().is_empty());
        let sent_back = field(&reply, "location").is_some_and(|location| location.contains("?error="));
        let safe = !["redirect_uri", "client_id", "client_secret", "code_verifier", "request_uri", "nonce"]
            .contains(&name);
        assert_eq!(sent_back, safe, "{name}: {reply:?}");
    }
    let (server, _) = server();
    let (form, _) = authorization();
    let twice = [form.clone(), pairs(&[("scope", "write")])].concat();
    let _ = browse(&server, &twice);
    let sent = server.answer(&request("POST", "/authorize", &[], &encoded(&form)));
    assert_eq!((sent.status_code(), field(&sent, "allow")), (405, Some("GET")));
    assert_eq!(
        server.violations(),
        ["GET /authorize: `scope` is there twice", "POST /authorize: the method is not GET"]
    );
}

/// RFC 7636 section 4.1 and RFC 6749 section 10.12: each request has its own.
#[test]
fn nothing_unguessable_is_used_again() {
    for name in ["state", "code_challenge", "nonce"] {
        let (server, _) = server();
        let first = with(authorization().0, "nonce", Some("n-0S6_WzA2Mj"));
        let _ = browse(&server, &first);
        let second = with(authorization().0, name, value(&first, name));
        let _ = browse(&server, &second);
        assert_eq!(server.violations(), [format!("GET /authorize: `{name}` was used in another request")]);
    }
}

#[test]
fn a_scope_that_is_not_the_clients_is_refused_and_nobodys_fault() {
    let (server, _) = server();
    let reply = browse(&server, &with(authorization().0, "scope", Some("read admin")));
    let back = callback_of(field(&reply, "location").unwrap());
    assert_eq!(value(&back, "error"), Some("invalid_scope"));
    let reply = browse(&server, &with(authorization().0, "client_id", Some("nobody")));
    assert_eq!((reply.status_code(), field(&reply, "location")), (400, None));
    assert_eq!(server.violations(), [] as [String; 0]);
}

#[test]
fn the_callback_misbehaves_as_told() {
    let (server, _) = server();
    let back = |callback: Callback| {
        server.callback(callback);
        callback_of(field(&browse(&server, &authorization().0), "location").unwrap())
    };
    let count = |back: &[(String, String)], name: &str| back.iter().filter(|(key, _)| key == name).count();
    assert_eq!(value(&back(Callback::WrongState), "state"), Some("a-state-that-nobody-gave"));
    assert_eq!(value(&back(Callback::MissingState), "state"), None);
    assert_eq!(value(&back(Callback::WrongIssuer), "iss"), Some("https://attacker.example"));
    assert_eq!(value(&back(Callback::MissingIssuer), "iss"), None);
    assert_eq!(count(&back(Callback::Twice("code")), "code"), 2);
    let changed = back(Callback::Changed(std::sync::Arc::new(|pairs| pairs.truncate(1))));
    assert_eq!(changed.len(), 1);
    server.user_denies(true);
    let denied = back(Callback::Right);
    assert_eq!((value(&denied, "error"), value(&denied, "code")), (Some("access_denied"), None));
    assert!(value(&denied, "state").is_some() && value(&denied, "iss") == Some(ISSUER));
    assert_eq!(server.violations(), [] as [String; 0]);
}

#[test]
#[should_panic(expected = "to another server")]
fn the_browser_follows_no_url_of_others() {
    server().0.follow("https://login.example.com.evil.example/authorize");
}

/// RFC 9126 sections 2 and 4.
#[test]
fn a_pushed_request_is_good_once_and_alone() {
    let (builder, clock) = builder();
    let server = builder.pushed(Pushed::Required).build();
    let (form, verifier) = authorization();
    let push = |form: &Vec<(String, String)>| post(&server, Endpoint::Pushed, &[], form);
    let reply = push(&form);
    let answer = json(&reply);
    assert_eq!((reply.status_code(), &answer["expires_in"]), (201, &60.into()));
    let uri = answer["request_uri"].as_str().unwrap();
    assert!(server.secrets().contains(&uri.to_owned()));

    let alone = pairs(&[("client_id", "app"), ("request_uri", uri)]);
    assert_eq!(token(&server, &redemption(&server, &alone, &verifier)).status_code(), 200);
    assert_eq!(server.violations(), [] as [String; 0]);

    assert_eq!(error(&browse(&server, &alone)), (400, "invalid_request_uri".into()));
    let fresh = json(&push(&authorization().0));
    let beside = pairs(&[
        ("client_id", "app"),
        ("request_uri", fresh["request_uri"].as_str().unwrap()),
        ("scope", "read"),
    ]);
    let _ = browse(&server, &beside);
    let _ = push(&with(authorization().0, "request_uri", Some(uri)));
    let _ = browse(&server, &authorization().0);
    let _ = browse(&server, &with(alone.clone(), "request_uri", Some("urn:other")));
    let _ = browse(&server, &with(with(beside.clone(), "scope", None), "client_id", Some("svc")));
    assert_eq!(
        server.violations(),
        [
            "GET /authorize: `request_uri` was used before",
            "GET /authorize: `scope` stands beside `request_uri`",
            "POST /par: `request_uri` is pushed",
            "GET /authorize: requests have to be pushed",
            "GET /authorize: `request_uri` is none of ours",
            "GET /authorize: `request_uri` was given to another client",
        ]
    );
    later(&clock, 60);
    assert_eq!(error(&browse(&server, &with(beside, "scope", None))), (400, "invalid_request_uri".into()));
    assert_eq!(server.violations().len(), 6, "that it is over is nobody's fault");

    let closed = super::hand::server().0;
    assert_eq!(post(&closed, Endpoint::Pushed, &[], &authorization().0).status_code(), 404);
}

/// RFC 6749 section 3.2.
#[test]
fn a_form_is_read_by_the_letter() {
    let form = "application/x-www-form-urlencoded";
    for (kind, target, body, told) in [
        (
            "application/json",
            "/token",
            "grant_type=x",
            "the content type is not application/x-www-form-urlencoded",
        ),
        (
            "application/x-www-form-urlencoded; charset=utf-8",
            "/token",
            "grant_type=x",
            "the content type is not application/x-www-form-urlencoded",
        ),
        (
            form,
            "/token?grant_type=x",
            "grant_type=x",
            "`grant_type` stands in the URL, where only the body may have it",
        ),
        (form, "/token?code=x", "grant_type=x", "`code` stands in the URL, where only the body may have it"),
        (form, "/token", "grant_type=x&grant_type=x", "`grant_type` is there twice"),
        (form, "/token", "grant_type=x&scope=", "`scope` is empty, and was to be left out"),
        (form, "/token", "grant_type=x&scope", "a parameter has no equals sign"),
        (form, "/token", "grant_type=x&", "a parameter has no equals sign"),
        (form, "/token", "grant_type=%4", "`grant_type` is not encoded right"),
        (form, "/token", "grant_type=a b", "`grant_type` is not encoded right"),
        (form, "/token", "grant_type=a:b", "`grant_type` is not encoded right"),
        (form, "/token", "grant_type=%ff", "`grant_type` is not encoded right"),
        (form, "/token", "client_id=app", "`grant_type` is missing"),
    ] {
        let (server, _) = server();
        let reply = server.answer(&request("POST", target, &[("content-type", kind)], body));
        assert_eq!(error(&reply), (400, "invalid_request".into()));
        assert_eq!(server.violations(), [format!("POST /token: {told}")], "{body}");
    }
    let (server, _) = server();
    let target = "/token?tenant=7";
    let reply =
        server.answer(&request("POST", target, &[("content-type", form)], "grant_type=x&client_id=app"));
    assert_eq!(error(&reply), (400, "unsupported_grant_type".into()));
    assert_eq!((server.violations().len(), server.grants()), (0, vec!["x".to_owned()]));
}
