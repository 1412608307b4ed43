//! Origins and protection spaces; URLs with user information; base URLs.

use authwright_core::{ApiKey, Auth, Bearer, Body, Exchange, Origin, Outgoing, Policy, Target};
use authwright_testkit::{Credential, Plan, Reply, Setting, origins};
use authwright_tests::{on_every_driver, on_every_driver_with};
use proptest::prelude::*;
use url::Url;

use crate::support::net;

/// RFC 9110 section 11.5. Two origins that name one realm, and one origin with two: each sees its own credential only.
#[test]
fn a5_each_protection_space_sees_its_own_credential() {
    let net = net();
    net.set_script(|_| Reply::ok("").header("WWW-Authenticate", "Bearer realm=\"same\""));
    on_every_driver(|driver| {
        let (a, b) = (net.origin(0), net.origin(2));
        let auth = Auth::new(a, Bearer::new("for-a"))
            .and_then(|auth| auth.and(b, Bearer::new("for-b")))
            .and_then(|auth| auth.and(format!("{a}/admin"), Bearer::new("for-admin")))
            .unwrap();
        net.take();
        for (place, path) in
            [(0, "/"), (2, "/"), (0, "/admin/x"), (0, "/administrator"), (2, "/admin"), (1, "/")]
        {
            driver.run(&net, &Plan::get(net.url(place, path), &auth));
        }
        let sent: Vec<_> =
            net.requests().iter().map(|r| r.header("authorization").unwrap_or("-").to_owned()).collect();
        let expected =
            ["Bearer for-a", "Bearer for-b", "Bearer for-admin", "Bearer for-a", "Bearer for-b", "-"];
        assert_eq!(sent, expected, "{}", driver.name());
    });
}

proptest! {
    /// Covered exactly where the URL standard says "same origin", in whatever spelling, on both clients' URL types.
    #[test]
    fn a10_covered_exactly_where_the_url_standard_says_same_origin(origin in origins(), other in origins()) {
        let auth = Auth::new(Origin::danger_plain_http(&origin), Bearer::new("t0ken")).unwrap();
        let (mine, url) = (Url::parse(&origin).unwrap(), Url::parse(&format!("{other}/a?b")).unwrap());
        let same = mine.origin() == url.origin();
        // As reqwest sends it.
        let covered = auth.explain(url.as_str()).unwrap().is_attached();
        prop_assert_eq!(covered, same, "{} for {}", origin, url);
        // As ureq sends it: a `Uri` keeps the spelling, so that a match may be missed, but is never made up.
        if let Ok(uri) = format!("{other}/a?b").parse::<http::Uri>() {
            let policy = Policy::default();
            let mut headers = http::HeaderMap::new();
            if let Ok(target) = Target::from_uri(&uri) {
                let body = Body::Empty;
                let outgoing = Outgoing { method: &http::Method::GET, target, headers: &mut headers, body };
                Exchange::new(Some(&auth), &policy).step(outgoing).unwrap();
                prop_assert!(same || headers.is_empty(), "{} for {}", origin, uri);
            }
        }
    }
}

/// A path prefix ends at a segment border, and dot segments in any spelling never profit from it.
#[test]
fn a5_dot_segments_do_not_widen_a_path_prefix() {
    let auth = Auth::new("https://api.example.com/v1", Bearer::new("t0ken")).unwrap();
    let covered = |path: &str| auth.explain(format!("https://api.example.com{path}")).unwrap().is_attached();
    for path in ["/v1", "/v1/", "/v1/a", "/v1?x=/../", "/v1/a.b/..c/...", "/v1/a%2eb"] {
        assert!(covered(path), "{path}");
    }
    for path in [
        "/",
        "/v",
        "/v10",
        "/V1",
        "/v1/..",
        "/v1/../x",
        "/v1/%2e%2e/x",
        "/v1/%2E./x",
        "/v1/a/..%2f..%2fx",
        "/v1/..%5cx",
        "/v1/..\\x",
        "/v1/%252e%252e/x",
        "/v1/..%09/x",
        "/v1/./x",
        "/v1/..;a=b/x",
        "//v1",
        "/x/../v1",
    ] {
        assert!(!covered(path), "{path}");
    }
}

/// RFC 9110 sections 4.2.4 and 10.1.3: user information is in no request, message or URL that is reported.
#[test]
fn a9_user_information_is_refused_and_never_repeated() {
    let net = net();
    net.set_script(|_| Reply::ok(""));
    on_every_driver(|driver| {
        for user_info in ["sam:c4n4ry5ecret", "c4n4ry5ecret", ":c4n4ry5ecret"] {
            net.take();
            let url = net.url(0, "/path").replace("://", &format!("://{user_info}@"));
            let outcome = driver.run(&net, &Plan::get(url, &Auth::none()));
            let text = outcome.failure().unwrap_or_else(|| panic!("{}: {outcome}", driver.name()));
            assert!(text.contains("give it to Auth::new"), "{}: {text}", driver.name());
            for printed in &outcome.printed {
                assert!(!Credential::leaked_in(printed.as_bytes()), "{}: {printed}", driver.name());
            }
            assert!(net.requests().is_empty(), "{}", driver.name());
        }
        // In a Location it is dropped: the hop goes there, bare.
        let to = net.url(1, "/end").replace("://", "://sam:c4n4ry5ecret@");
        net.set_script(
            move |request| if request.origin == 0 { Reply::redirect(302, &to) } else { Reply::ok("") },
        );
        let outcome = driver.run(&net, &Plan::get(net.url(0, "/"), &Auth::none()));
        assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
        let requests = net.requests();
        assert_eq!(requests[1].target, "/end", "{}", driver.name());
        for request in &requests {
            assert!(!Credential::leaked_in(&request.raw), "{}", driver.name());
            assert_eq!(request.header("authorization"), None, "{}", driver.name());
        }
    });
}

/// A base URL is appended to, and grants nothing: an absolute URL outside the origins goes out bare.
#[test]
fn a_base_url_is_appended_to_and_grants_nothing() {
    let net = net();
    net.set_script(|_| Reply::ok(""));
    on_every_driver_with(Setting::BaseUrl, |driver| {
        net.take();
        let auth = Auth::new(net.origin(0), ApiKey::header("x-api-key", "k3y")).unwrap();
        let base = net.url(0, "/v1/");
        let elsewhere = net.url(1, "/x");
        for url in ["orders", "/orders", "orders?state=open", "", elsewhere.as_str()] {
            let plan = Plan { base_url: Some(base.clone()), ..Plan::get(url, &auth) };
            let outcome = driver.run(&net, &plan);
            assert_eq!(outcome.status(), Some(200), "{} {url}: {outcome}", driver.name());
        }
        let sent: Vec<_> = net
            .requests()
            .iter()
            .map(|r| (r.origin, r.target.clone(), r.header("x-api-key").is_some()))
            .collect();
        let targets: Vec<_> = sent.iter().map(|(_, target, _)| target.as_str()).collect();
        assert_eq!(targets[..3], ["/v1/orders", "/v1/orders", "/v1/orders?state=open"], "{}", driver.name());
        assert!(sent[..4].iter().all(|(origin, _, carried)| *origin == 0 && *carried), "{}", driver.name());
        assert!(!sent[4].2, "{}", driver.name());
        net.take();
        for url in ["../admin", "a/%2e%2e/b", "//127.0.0.2/x", "a\\..\\b"] {
            let plan = Plan { base_url: Some(base.clone()), ..Plan::get(url, &auth) };
            let outcome = driver.run(&net, &plan);
            assert!(
                outcome.failure().is_some_and(|text| text.ends_with("nothing was sent")),
                "{} {url}: {outcome}",
                driver.name()
            );
        }
        assert!(net.requests().is_empty(), "{}", driver.name());
    });
}
