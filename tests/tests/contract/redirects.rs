//! No byte of a credential at another origin, whatever the redirects (rules 1 and 3; RFC 9110 section 15.4).

use authwright_core::{ApiKey, Auth, Bearer, http::Method};
use authwright_testkit::{Chain, Credential, Leg, Plan, PlanBody, Reply, Spelling, chains, credentials};
use authwright_tests::on_every_driver;
use proptest::{prelude::*, test_runner::TestRunner};

use crate::support::{PLACES, assert_no_leak, net, script};

/// Every credential, every chain: the canary stays at its origin, and is there on every hop that comes to it.
#[test]
fn a10_no_chain_carries_a_credential_to_another_origin() {
    let net = net();
    on_every_driver(|driver| {
        let cases = (credentials(), chains(PLACES.len(), 10), prop::bool::ANY);
        let run = |(credential, chain, post): (Credential, Chain, bool)| {
            script(&net, &chain);
            let auth = credential.auth(net.origin(0)).unwrap();
            let mut plan = Plan::get(net.url(0, "/0"), &auth);
            if post {
                plan = plan.method(Method::POST).body(PlanBody::Bytes(b"hello".to_vec()));
            }
            let outcome = driver.run(&net, &plan);
            assert_eq!(outcome.status(), Some(200), "{}: {chain:?}: {outcome}", driver.name());
            assert_no_leak(&net, &[0], &format!("{} {credential:?} {chain:?}", driver.name()));
            let requests = net.requests();
            assert_eq!(requests.len(), chain.legs.len() + 1, "{} {chain:?}", driver.name());
            for request in requests {
                let carried = Credential::leaked_in(&request.raw);
                assert_eq!(carried, request.origin == 0, "{} {credential:?} {chain:?}", driver.name());
                assert_eq!(request.header("referer"), None, "{} {chain:?}", driver.name());
            }
            Ok(())
        };
        TestRunner::new(ProptestConfig::with_cases(64)).run(&cases, run).unwrap();
    });
}

/// What the caller or the client's defaults put on the request is dropped with the origin too, and stays dropped.
#[test]
fn a10_what_the_caller_set_stays_behind() {
    let net = net();
    on_every_driver(|driver| {
        let cases = chains(PLACES.len(), 6);
        let run = |chain: Chain| {
            script(&net, &chain);
            let canary = Credential::CANARY;
            let plan = Plan::get(net.url(0, "/0"), &Auth::none())
                .header("Authorization", &format!("Bearer {canary}"))
                .header("Cookie", &format!("session={canary}"))
                .header("X-API-Key", canary)
                .header("Referer", &format!("http://127.0.0.1/?k={canary}"))
                .sensitive_header("X-Mine", canary)
                .header("X-Note", "harmless")
                .default_header("X-Tenant", canary)
                .default_header("Accept-Language", "en");
            let outcome = driver.run(&net, &plan);
            assert_eq!(outcome.status(), Some(200), "{}: {chain:?}: {outcome}", driver.name());
            assert_no_leak(&net, &[0], &format!("{} {chain:?}", driver.name()));
            let mut left = false;
            for request in net.requests() {
                left |= request.origin != 0;
                let who = format!("{} {chain:?}", driver.name());
                assert_eq!(Credential::leaked_in(&request.raw), !left, "{who}: once dropped, for good");
                assert_eq!(request.header("x-note"), Some("harmless"), "{who}");
                assert_eq!(request.header("accept-language"), Some("en"), "{who}");
            }
            Ok(())
        };
        TestRunner::new(ProptestConfig::with_cases(48)).run(&cases, run).unwrap();
    });
}

/// The four ways a static key travels, through each of the five codes.
#[test]
fn a10_header_query_cookie_and_default_through_all_five_codes() {
    let net = net();
    on_every_driver(|driver| {
        for status in [301, 302, 303, 307, 308] {
            let chain = Chain { legs: vec![Leg { status, to: 1, spelling: Spelling::Absolute }] };
            for credential in
                [Credential::Header("X-API-Key"), Credential::Query("appid"), Credential::Cookie("key")]
            {
                script(&net, &chain);
                let plan = Plan::get(net.url(0, "/0"), &credential.auth(net.origin(0)).unwrap())
                    .default_header("X-Tenant", Credential::CANARY);
                assert_eq!(driver.run(&net, &plan).status(), Some(200));
                let requests = net.requests();
                assert_eq!(requests.len(), 2, "{} {status}", driver.name());
                assert!(Credential::leaked_in(&requests[0].raw));
                assert!(!Credential::leaked_in(&net.bytes(1)), "{} {status} {credential:?}", driver.name());
            }
        }
    });
}

/// Scheme, host or port: each alone is another origin, and so are a subdomain's and a dot's difference.
#[test]
fn a10_every_part_of_the_origin_counts() {
    let auth = Auth::new("https://example.com", Bearer::new("t0ken")).unwrap();
    for url in [
        "http://example.com/",
        "https://example.com:8443/",
        "https://www.example.com/",
        "https://example.com./",
        "https://xexample.com/",
        "https://example.com.evil.net/",
        "https://example.co/",
        "https://[::1]/",
    ] {
        assert!(!auth.explain(url).unwrap().is_attached(), "{url}");
    }
    for url in ["https://example.com", "https://EXAMPLE.com:443/a?b", "https://example.com/#x"] {
        assert!(auth.explain(url).unwrap().is_attached(), "{url}");
    }
}

/// a -> b -> b/2: nothing on either. a -> b -> a: our entry is for `a`, so it is on the hop that comes back (each hop is
/// judged by itself); what the caller set is not.
#[test]
fn a11_nothing_dropped_comes_back() {
    let net = net();
    let leg = |to| Leg { status: 302, to, spelling: Spelling::Absolute };
    on_every_driver(|driver| {
        let auth = Auth::new(net.origin(0), ApiKey::header("X-Ours", "0urs")).unwrap();
        let plan = Plan::get(net.url(0, "/0"), &auth).header("Authorization", Credential::CANARY);
        script(&net, &Chain { legs: vec![leg(1), leg(1)] });
        driver.run(&net, &plan);
        assert_no_leak(&net, &[0], driver.name());
        let requests = net.requests();
        assert!(requests.iter().skip(1).all(|r| r.header("x-ours").is_none()), "{}", driver.name());

        script(&net, &Chain { legs: vec![leg(1), leg(0)] });
        driver.run(&net, &plan);
        let requests = net.requests();
        let ours: Vec<_> = requests.iter().map(|r| r.header("x-ours").is_some()).collect();
        let callers: Vec<_> = requests.iter().map(|r| r.header("authorization").is_some()).collect();
        assert_eq!(ours, [true, false, true], "{}", driver.name());
        assert_eq!(callers, [true, false, false], "{}", driver.name());
    });
}

/// An entry for the redirect's target is attached there: the hop is authorised afresh, for where it goes.
#[test]
fn each_hop_carries_what_is_meant_for_it() {
    let net = net();
    on_every_driver(|driver| {
        script(&net, &Chain { legs: vec![Leg { status: 302, to: 1, spelling: Spelling::Absolute }] });
        let auth = Auth::new(net.origin(0), ApiKey::query("key", "first"))
            .and_then(|auth| auth.and(net.origin(1), ApiKey::query("key", "second")))
            .unwrap();
        driver.run(&net, &Plan::get(net.url(0, "/0"), &auth));
        let keys: Vec<_> = net.requests().iter().map(|r| r.query_value("key").unwrap()).collect();
        assert_eq!(keys, ["first", "second"], "{}", driver.name());
    });
}

/// Servers keep the query when they redirect, to another host name or to another path. Our key in it is not theirs.
#[test]
fn a10_a_key_handed_back_in_location_travels_no_further() {
    let net = net();
    on_every_driver(|driver| {
        for place in [0, 1] {
            let to = net.origin(place).to_owned();
            net.set_script(move |request| match request.path() {
                "/" => Reply::redirect(301, &format!("{to}/end?{}", request.query().unwrap())),
                _ => Reply::ok("").close_mid_body(),
            });
            let auth = Auth::new(net.origin(0), ApiKey::query("a b", Credential::CANARY)).unwrap();
            let outcome = driver.run(&net, &Plan::get(net.url(0, "/?x=1&y=2"), &auth));
            let targets: Vec<_> = net.requests().iter().map(|r| r.target.clone()).collect();
            let key = format!("&a%20b={}", Credential::CANARY);
            let again = if place == 0 { key.as_str() } else { "" };
            let expected = [format!("/?x=1&y=2{key}"), format!("/end?x=1&y=2{again}")];
            assert_eq!(targets, expected, "{}", driver.name());
            for printed in &outcome.printed {
                assert!(!Credential::leaked_in(printed.as_bytes()), "{}: {printed}", driver.name());
            }
        }
    });
}

/// The field an entry writes is a credential whoever sets it, and whatever it is called.
#[test]
fn a10_what_the_caller_puts_in_an_entrys_place_stays_behind_too() {
    let net = net();
    let to = net.url(1, "/end");
    net.set_script(
        move |request| if request.origin == 0 { Reply::redirect(302, &to) } else { Reply::ok("") },
    );
    on_every_driver(|driver| {
        net.take();
        let auth = Auth::new(net.origin(0), ApiKey::header("X-Figma", "0urs")).unwrap();
        driver.run(&net, &Plan::get(net.url(0, "/"), &auth).header("X-Figma", Credential::CANARY));
        driver.run(&net, &Plan::get(net.url(0, "/"), &auth).default_header("X-Figma", Credential::CANARY));
        assert_eq!(net.requests().len(), 4, "{}", driver.name());
        assert_no_leak(&net, &[0], driver.name());
    });
}

/// Who asks in another name asks in it to the end: a chain that leaves and comes back does not change identity.
#[test]
fn a11_an_overridden_entry_stays_out() {
    let net = net();
    let leg = |to| Leg { status: 302, to, spelling: Spelling::Absolute };
    script(&net, &Chain { legs: vec![leg(0), leg(1), leg(0)] });
    on_every_driver(|driver| {
        net.take();
        let auth = Auth::new(net.origin(0), Bearer::new("admin")).unwrap();
        driver.run(&net, &Plan::get(net.url(0, "/0"), &auth).header("Authorization", "Bearer tenant"));
        let sent: Vec<_> =
            net.requests().iter().map(|r| r.header("authorization").unwrap_or("-").to_owned()).collect();
        assert_eq!(sent, ["Bearer tenant", "Bearer tenant", "-", "-"], "{}", driver.name());
    });
}

/// 303, and POST on 301 and 302, become GET without body and content fields; all else stays (RFC 9110 section 15.4).
#[test]
fn methods_and_bodies_follow_rfc_9110() {
    let net = net();
    on_every_driver(|driver| {
        for (method, status, next) in [
            (Method::POST, 301, "GET"),
            (Method::POST, 302, "GET"),
            (Method::POST, 303, "GET"),
            (Method::POST, 307, "POST"),
            (Method::POST, 308, "POST"),
            (Method::PUT, 301, "PUT"),
            (Method::PUT, 302, "PUT"),
            (Method::PUT, 303, "GET"),
            (Method::PATCH, 307, "PATCH"),
            (Method::DELETE, 302, "DELETE"),
            (Method::DELETE, 303, "GET"),
            (Method::HEAD, 303, "HEAD"),
            (Method::GET, 308, "GET"),
        ] {
            let who = format!("{} {method} {status}", driver.name());
            script(&net, &Chain { legs: vec![Leg { status, to: 1, spelling: Spelling::Absolute }] });
            let mut plan = Plan::get(net.url(0, "/0"), &Auth::none()).method(method.clone());
            let has_body = [Method::POST, Method::PUT, Method::PATCH].contains(&method);
            if has_body {
                plan = plan.header("Content-Type", "text/plain").body(PlanBody::Bytes(b"hello".to_vec()));
            }
            driver.run(&net, &plan);
            let requests = net.requests();
            assert_eq!(requests.len(), 2, "{who}");
            assert_eq!(requests[1].method, next, "{who}");
            let kept = has_body && next == method.as_str();
            assert_eq!(requests[1].body, if kept { &b"hello"[..] } else { b"" }, "{who}");
            assert_eq!(requests[1].header("content-type").is_some(), kept, "{who}");
            assert!(kept || requests[1].header("content-length").is_none_or(|length| length == "0"), "{who}");
        }
    });
}

/// A `Location` that cannot be used is delivered as the response it came with, not guessed at.
#[test]
fn an_unusable_location_is_delivered() {
    let net = net();
    on_every_driver(|driver| {
        for location in [
            "ftp://127.0.0.1/x",
            "javascript:alert(1)",
            "http://",
            "http://a b/",
            "http://127.1/",
            "http://x:99999/",
        ] {
            net.set_script(move |_| Reply::redirect(302, location));
            let auth = Auth::new(net.origin(0), Bearer::new("t0ken")).unwrap();
            let outcome = driver.run(&net, &Plan::get(net.url(0, "/0"), &auth));
            assert_eq!(outcome.status(), Some(302), "{} {location}: {outcome}", driver.name());
            assert_eq!(net.requests().len(), 1, "{} {location}", driver.name());
        }
        net.set_script(|_| Reply::status(302));
        assert_eq!(driver.run(&net, &Plan::get(net.url(0, "/0"), &Auth::none())).status(), Some(302));
        net.set_script(|_| Reply::redirect(302, "/a").header("Location", "/b"));
        assert_eq!(driver.run(&net, &Plan::get(net.url(0, "/0"), &Auth::none())).status(), Some(302));
    });
}
