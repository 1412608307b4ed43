//! What the caller set wins, and one entry goes on wholly or not at all (rules 2 and 8).

use authwright_core::{
    ApiKey, Auth, Basic, Bearer, Body, Error, Exchange, Fault, Hop, Outgoing, Policy, Scheme, Step, Target,
    http::{HeaderMap, HeaderValue, Method},
};
use authwright_testkit::{Credential, Plan, Reply, credentials};
use authwright_tests::on_every_driver;
use proptest::{prelude::*, test_runner::TestRunner};

use crate::support::{line, net};

/// For every credential: with the caller's own value in (any one of) its places, nothing of ours is on the wire.
#[test]
fn a_field_the_caller_set_wins() {
    let net = net();
    on_every_driver(|driver| {
        net.set_script(|_| Reply::ok(""));
        let run = |(credential, which): (Credential, usize)| {
            net.take();
            let auth = credential.auth(net.origin(0)).unwrap();
            let query =
                |name: &str| Plan::get(net.url(0, &format!("/?{}=mine", name.replace(' ', "%20"))), &auth);
            let header = |name: &str, value: &str| Plan::get(net.url(0, "/"), &auth).header(name, value);
            let plan = match credential.kind() {
                Credential::Header(name) | Credential::Prefixed(name, _) => header(name, "mine"),
                Credential::Basic | Credential::Bearer => header("Authorization", "mine"),
                Credential::Query(name) => query(name),
                Credential::Cookie(name) => header("Cookie", &format!("a=1; {name}=mine")),
                Credential::Custom | Credential::Replaced(_) => match which {
                    0 => header("X-Signature", "mine"),
                    1 => header("X-Date", "mine"),
                    2 => query("sig"),
                    _ => header("Cookie", "sig=mine"),
                },
            };
            let outcome = driver.run(&net, &plan);
            assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
            let requests = net.requests();
            assert_eq!(requests.len(), 1);
            let sent = line(&requests[0]);
            assert!(!Credential::leaked_in(&requests[0].raw), "{} {credential:?}: {sent}", driver.name());
            assert!(sent.contains("mine"), "{} {credential:?}: {sent}", driver.name());
            // All or nothing: of several fields none is left over.
            for left in ["x-signature: v1", "x-date: today", "sig=c4"] {
                assert!(!sent.contains(left), "{} {credential:?}: {sent}", driver.name());
            }
            Ok(())
        };
        TestRunner::new(ProptestConfig::with_cases(48)).run(&(credentials(), 0..4_usize), run).unwrap();
    });
}

/// The same name in another spelling is the same field.
#[test]
fn a_query_pair_is_recognised_in_every_spelling() {
    let net = net();
    on_every_driver(|driver| {
        for mine in ["/?appid=1", "/?%61ppid=1", "/?q=x&a%70pid", "/?appid"] {
            net.take();
            let auth = Auth::new(net.origin(0), ApiKey::query("appid", Credential::CANARY)).unwrap();
            driver.run(&net, &Plan::get(net.url(0, mine), &auth));
            assert!(!Credential::leaked_in(&net.bytes(0)), "{} {mine}", driver.name());
        }
    });
}

/// Cookies of other names share the one field there is.
#[test]
fn a_cookie_key_joins_the_callers_cookies() {
    let net = net();
    on_every_driver(|driver| {
        net.take();
        let auth = Auth::new(net.origin(0), ApiKey::cookie("key", "k3y")).unwrap();
        driver.run(&net, &Plan::get(net.url(0, "/"), &auth).header("Cookie", "a=1"));
        assert_eq!(net.requests()[0].header_all("cookie"), ["a=1; key=k3y"], "{}", driver.name());
    });
}

/// RFC 9110 section 11.6.2, RFC 6750 section 2: one `Authorization`, one mechanism, whatever is combined.
#[test]
fn a14_one_authorization_field_whatever_is_combined() {
    let net = net();
    on_every_driver(|driver| {
        let origin = net.origin(0);
        let narrow = format!("{origin}/v1");
        let auth = Auth::new(origin, Bearer::new("wide"))
            .and_then(|auth| auth.and(&narrow, Basic::new("narrow", "pw")))
            .and_then(|auth| auth.and(origin, ApiKey::header("X-API-Key", "k3y")))
            .unwrap();
        for (plan, expected) in [
            (Plan::get(net.url(0, "/v1/x"), &auth), "Basic bmFycm93OnB3"),
            (Plan::get(net.url(0, "/v2"), &auth), "Bearer wide"),
            (Plan::get(net.url(0, "/v10"), &auth), "Bearer wide"),
            (Plan::get(net.url(0, "/v1/x"), &auth).header("Authorization", "mine"), "mine"),
            (Plan::get(net.url(0, "/v1"), &auth).default_header("Authorization", "default"), "default"),
        ] {
            net.take();
            driver.run(&net, &plan);
            let requests = net.requests();
            assert_eq!(requests[0].header_all("authorization"), [expected], "{} {}", driver.name(), plan.url);
            assert_eq!(requests[0].header_all("x-api-key"), ["k3y"], "{}", driver.name());
        }
    });
    let tie = Auth::new("https://maps.example.com", Bearer::new("a"))
        .and_then(|auth| auth.and("https://maps.example.com/", Basic::new("a", "b")))
        .unwrap_err();
    assert_eq!(
        tie.to_string(),
        "two entries put `Authorization` on https://maps.example.com; keep one, or narrow one by a path"
    );
}

/// `.auth(&other)` replaces the client's, never merges; `.without_auth()` sends bare.
#[test]
fn a_requests_own_auth_replaces_the_clients() {
    let net = net();
    on_every_driver(|driver| {
        let client = Auth::new(net.origin(0), ApiKey::header("X-Client", "c")).unwrap();
        let tenant = Auth::new(net.origin(0), ApiKey::header("X-Tenant-Key", "t")).unwrap();
        net.take();
        let plan = Plan::get(net.url(0, "/"), &client);
        driver.run(&net, &Plan { request_auth: Some(tenant), ..plan.clone() });
        driver.run(&net, &Plan { without_auth: true, ..plan.clone() });
        driver.run(&net, &plan);
        let sent: Vec<_> = net
            .requests()
            .iter()
            .map(|r| (r.header("x-client").is_some(), r.header("x-tenant-key").is_some()))
            .collect();
        assert_eq!(sent, [(false, true), (false, false), (true, false)], "{}", driver.name());
    });
}

/// Writes in every place, then fails.
#[derive(Debug)]
struct Failing;

impl Scheme for Failing {
    fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
        hop.header("x-a", "1")?
            .header("x-b", "2")?
            .header("x-c", "3")?
            .query_pair("q", "1")
            .cookie("c", "1")?;
        Err(Error::new(Fault::Store, "the key is locked away"))
    }
}

/// Writes two cookies, then a header that the caller may have set.
#[derive(Debug)]
struct TwoCookies;

impl Scheme for TwoCookies {
    fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
        hop.cookie("sid", Credential::CANARY)?.cookie("sig", "x")?.header("x-extra", "1")?;
        Ok(Step::Send)
    }
}

#[test]
fn all_of_several_cookies_is_taken_back() {
    let net = net();
    on_every_driver(|driver| {
        let auth = Auth::new(net.origin(0), TwoCookies).unwrap();
        let plan = Plan::get(net.url(0, "/"), &auth).header("X-Extra", "mine");
        for (plan, cookies) in [(plan.clone(), vec![]), (plan.header("Cookie", "a=1"), vec!["a=1"])] {
            net.take();
            driver.run(&net, &plan);
            assert_eq!(net.requests()[0].header_all("cookie"), cookies, "{}", driver.name());
        }
    });
}

/// A scheme that says the same cookie twice is told so.
#[test]
fn a_cookie_written_twice_is_an_error() {
    let mut hop = Hop::test("GET", "https://api.example.com/");
    let error = hop.cookie("sid", "1").and_then(|hop| hop.cookie("sid", "2")).err().unwrap();
    assert_eq!(error.to_string(), "a scheme wrote cookie `sid` twice; nothing was sent");
}

/// On error the caller's request is untouched, cookies in two fields and all, and nothing is sent.
#[test]
fn an_error_leaves_the_request_as_it_was() {
    for own_cookies in [vec!["a=1", "b=2"], vec![]] {
        untouched(&own_cookies);
    }
    let net = net();
    on_every_driver(|driver| {
        net.take();
        let auth = Auth::new(net.origin(0), Failing).unwrap();
        let outcome = driver.run(&net, &Plan::get(net.url(0, "/"), &auth));
        assert!(outcome.failure().is_some_and(|text| text.contains("locked away")), "{}", driver.name());
        assert!(net.requests().is_empty(), "{}", driver.name());
    });
}

/// Entries of every kind before one that fails; default headers too.
fn untouched(own_cookies: &[&'static str]) {
    let auth = Auth::new("https://api.example.com", ApiKey::cookie("first", "k"))
        .and_then(|auth| auth.and("https://api.example.com", ApiKey::cookie("second", "k")))
        .and_then(|auth| auth.and("https://api.example.com", ApiKey::header("x-first", "k")))
        .and_then(|auth| auth.and("https://api.example.com", Failing))
        .unwrap();
    let mut policy = Policy::default();
    policy.default_headers.insert("x-default", "d".parse().unwrap());
    let mut headers = HeaderMap::new();
    for cookie in own_cookies {
        headers.append("cookie", HeaderValue::from_static(cookie));
    }
    headers.append("x-mine", "m".parse().unwrap());
    let before = headers.clone();
    let error = Exchange::new(Some(&auth), &policy)
        .step(Outgoing {
            method: &Method::GET,
            target: Target::parse("https://api.example.com/").unwrap(),
            headers: &mut headers,
            body: Body::Empty,
        })
        .unwrap_err();
    assert_eq!(error.to_string(), "the key is locked away");
    assert_eq!(headers, before);
}
