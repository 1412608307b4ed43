//! Proxies: their refusals are theirs, and so are their credentials (RFC 9110 sections 11.7 and 15.5.8).
//!
//! ureq builds a tunnel for plain http as well; reqwest does so for https alone, and so does the driver in memory.

use authwright_core::{Auth, Bearer, Error, Fault, Hop, LoginEndpoint, Scheme, Step, Tokens};
use authwright_testkit::{
    Credential, Driver, Ending, Host, Net, Place, Plan, PlanBody, Received, Reply, Setting, TestClock,
};
use authwright_tests::{can_send, on_every_driver, on_every_driver_with};
use base64::{Engine, prelude::BASE64_STANDARD};

use crate::support::Renewing;

const PROXY: usize = 0;
const HTTP: usize = 1;
const HTTP_ELSEWHERE: usize = 2;
const HTTPS: usize = 3;

fn net() -> Net {
    let places = [
        Place::http(Host::V4),
        Place::http(Host::V4),
        Place::http(Host::V4Second),
        Place::https(Host::Localhost),
    ];
    let net = Net::start(&places, |_| Reply::ok("")).unwrap();
    net.set_script(|request| if request.origin == PROXY { proxy(request) } else { Reply::ok("here") });
    net
}

const PASSWORD: &str = "pr0xy-pa55word";

fn basic() -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("sam:{PASSWORD}")))
}

/// One that serves sam.
fn proxy(request: &Received) -> Reply {
    match request.header("proxy-authorization") {
        Some(given) if given == basic() => Reply::passed_on(),
        _ => Reply::proxy_unauthorized("Basic realm=\"corp\"").body("who are you?"),
    }
}

fn given(plan: Plan, net: &Net) -> Plan {
    plan.through(net.origin(PROXY), Some(("sam", PASSWORD)))
}

fn auth(net: &Net) -> Auth {
    Auth::new([net.origin(HTTP), net.origin(HTTPS)], Bearer::new(Credential::CANARY)).unwrap()
}

fn is_tunnelled(driver: &dyn Driver, place: usize) -> bool {
    place == HTTPS || driver.name() == "ureq"
}

fn address(net: &Net) -> &str {
    net.origin(PROXY).trim_start_matches("http://")
}

/// CVE-2025-4673, CVE-2024-28849: through all redirects, the proxy's credential is at the proxy alone, and what the API is
/// given for https is not at the proxy.
#[test]
fn a8_the_credential_of_a_proxy_reaches_no_origin() {
    let net = net();
    let to = [HTTP_ELSEWHERE, HTTPS, HTTP].map(|place| net.url(place, "/"));
    net.set_script(move |request| match request.origin {
        PROXY => proxy(request),
        HTTP if request.path() == "/begin" => Reply::redirect(307, &to[0]),
        HTTP_ELSEWHERE => Reply::redirect(302, &to[1]),
        HTTPS => Reply::redirect(303, &to[2]),
        _ => Reply::ok("there"),
    });
    on_every_driver_with(Setting::Proxy, |driver| {
        net.take();
        let plan = given(Plan::get(net.url(HTTP, "/begin"), &auth(&net)), &net);
        let outcome = driver.run(&net, &plan);
        assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
        let (at_proxy, at_origins): (Vec<_>, Vec<_>) =
            net.requests().into_iter().partition(|request| request.origin == PROXY);
        let order: Vec<_> = at_origins.iter().map(|request| request.origin).collect();
        assert_eq!(order, [HTTP, HTTP_ELSEWHERE, HTTPS, HTTP], "{}", driver.name());
        for request in &at_origins {
            assert_eq!(request.header("proxy-authorization"), None, "{}", driver.name());
            let carried = Credential::leaked_in(&request.raw);
            assert_eq!(carried, request.origin != HTTP_ELSEWHERE, "{} {}", driver.name(), request.origin);
        }
        assert!(at_proxy.len() >= 3, "{}: all of it went through the proxy", driver.name());
        for request in &at_proxy {
            assert_eq!(request.header("proxy-authorization"), Some(&*basic()), "{}", driver.name());
            let tunnel = request.method == "CONNECT";
            assert!(!tunnel || request.header("authorization").is_none(), "{}", driver.name());
        }
        assert!(at_proxy.iter().any(|request| request.method == "CONNECT"), "{}", driver.name());
        let secret = BASE64_STANDARD.encode(format!("sam:{PASSWORD}"));
        for printed in &outcome.printed {
            assert!(
                !printed.contains(PASSWORD) && !printed.contains(&secret),
                "{}: {printed}",
                driver.name()
            );
        }
    });
}

/// A 407 is the proxy's, whoever was to get the request: it names the proxy, and no credential for the API learns from it.
#[test]
fn a8_a_407_is_a_proxys_refusal() {
    let net = net();
    on_every_driver_with(Setting::Proxy, |driver| {
        for place in [HTTP, HTTPS] {
            for without_auth in [false, true] {
                net.take();
                let renewing = Renewing::default();
                let auth = Auth::new(net.origin(place), renewing.clone()).unwrap();
                let plan = Plan { without_auth, ..Plan::get(net.url(place, "/secret-path?secret"), &auth) };
                let plan = plan.through(net.origin(PROXY), Some(("sam", "not it"))).explained();
                let outcome = driver.run(&net, &plan);
                let who = format!("{} {place}: {outcome}", driver.name());
                let Ending::ProxyDenied { denied, body } = &outcome.ending else { panic!("{who}") };
                let expected = format!(
                    "proxy {} refused its credentials (407); {} was not reached",
                    address(&net),
                    net.origin(place)
                );
                assert_eq!(denied.to_string(), expected, "{who}");
                assert_eq!(
                    (denied.proxy(), denied.origin()),
                    (Some(address(&net)), net.origin(place)),
                    "{who}"
                );
                assert!(outcome.denied().is_none(), "{who}");
                // Of a tunnel that is not built, the clients tell nothing more.
                let challenges: Vec<_> = denied.challenges().map(|challenge| challenge.to_string()).collect();
                if is_tunnelled(driver, place) {
                    assert_eq!((challenges.len(), body), (0, &None), "{who}");
                } else {
                    assert_eq!(challenges, ["Basic realm=\"corp\""], "{who}");
                    assert_eq!(body.as_deref(), Some(&b"who are you?"[..]), "{who}");
                }
                assert!(net.requests().iter().all(|request| request.origin == PROXY), "{who}");
                assert_eq!(net.requests().len(), 1, "{who}");
                assert_eq!(renewing.0.load(std::sync::atomic::Ordering::Relaxed), 0, "{who}");
                for printed in &outcome.printed {
                    assert!(!printed.contains("secret") && !printed.contains("not it"), "{who}: {printed}");
                }
            }
        }
    });
}

/// Where refusals are to be responses, this one is too, if the client has it.
#[test]
fn a_407_is_delivered_where_refusals_are() {
    let net = net();
    on_every_driver_with(Setting::Proxy, |driver| {
        for place in [HTTP, HTTPS] {
            let plan = Plan { denied_as_error: false, ..Plan::get(net.url(place, "/"), &auth(&net)) };
            let outcome = driver.run(&net, &plan.through(net.origin(PROXY), None));
            assert_eq!(outcome.status(), Some(407), "{} {place}: {outcome}", driver.name());
            let is_error = matches!(outcome.ending, Ending::ProxyDenied { .. });
            assert_eq!(is_error, is_tunnelled(driver, place), "{} {place}", driver.name());
        }
    });
}

/// An origin that plays the proxy gets no answer, and is not taken for one of ours; a stream is sent once.
#[test]
fn a8_an_origin_that_says_407_is_given_nothing() {
    let net = net();
    net.set_script(|request| match request.origin {
        PROXY => proxy(request),
        _ => Reply::proxy_unauthorized("Basic realm=\"corp\"").header("WWW-Authenticate", "Renewing"),
    });
    on_every_driver(|driver| {
        let direct = |place| {
            let auth = Auth::new(net.origin(place), Renewing::default()).unwrap();
            Plan::get(net.url(place, "/"), &auth).body(PlanBody::Empty)
        };
        for (what, place, plan) in [
            ("directly", HTTP, direct(HTTP)),
            ("directly, with TLS", HTTPS, direct(HTTPS)),
            ("through a tunnel", HTTPS, given(direct(HTTPS), &net)),
        ] {
            if !can_send(driver, &plan) {
                continue;
            }
            net.take();
            let outcome = driver.run(&net, &plan);
            let who = format!("{} {what}: {outcome}", driver.name());
            let denied = outcome.proxy_denied().unwrap_or_else(|| panic!("{who}"));
            let expected = format!(
                "a proxy asks for credentials (407), and none were given to it; {} was not reached",
                net.origin(place)
            );
            assert_eq!((denied.to_string(), denied.proxy()), (expected, None), "{who}");
            let at_origin: Vec<_> =
                net.requests().into_iter().filter(|request| request.origin == place).collect();
            assert_eq!(at_origin.len(), 1, "{who}");
            assert_eq!(at_origin[0].header("proxy-authorization"), None, "{who}");
        }
    });
}

/// Writes what is not its to write.
#[derive(Debug)]
struct Stray;

impl Scheme for Stray {
    fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
        hop.header("Proxy-Authorization", Credential::CANARY)?;
        Ok(Step::Send)
    }
}

/// Neither client says beforehand whether a request goes to a proxy, and a tunnel would carry the field to the origin.
#[test]
fn a8_proxy_authorization_on_a_request_is_refused() {
    let net = net();
    on_every_driver(|driver| {
        for place in [HTTP, HTTPS] {
            let plan = || Plan::get(net.url(place, "/"), &auth(&net));
            let stray = Auth::new(net.origin(place), Stray).unwrap();
            for (what, plan) in [
                ("header", plan().header("Proxy-Authorization", Credential::CANARY)),
                ("default", plan().default_header("proxy-authorization", Credential::CANARY)),
                ("through a proxy", given(plan().sensitive_header("proxy-authorization", "x"), &net)),
                ("scheme", Plan::get(net.url(place, "/"), &stray)),
            ] {
                if !can_send(driver, &plan) {
                    continue;
                }
                net.take();
                let outcome = driver.run(&net, &plan);
                let who = format!("{} {what}: {outcome}", driver.name());
                let Ending::Failed { message, fault } = &outcome.ending else { panic!("{who}") };
                assert!(message.contains("`Proxy-Authorization`"), "{who}");
                assert_eq!(*fault, Fault::Caller, "{who}");
                assert!(net.requests().is_empty(), "{who}");
            }
        }
    });
}

/// A login that a proxy refuses is not one that the server has refused.
#[test]
fn a_407_ends_a_token_call_as_a_proxys() {
    let net = net();
    net.set_script(|_| Reply::proxy_unauthorized("Basic realm=\"corp\""));
    on_every_driver(|driver| {
        let login = LoginEndpoint::json(net.url(HTTP, "/login")).field("user", "sam");
        let tokens = Tokens::new(login.secret("password", "pa55word")).unwrap();
        let failure = driver.token(&net, &TestClock::new(), &tokens).unwrap_err();
        let expected = format!("a proxy refused its credentials (407); {} was not reached", net.origin(HTTP));
        assert!(failure.message.ends_with(&expected), "{}: {failure:?}", driver.name());
        assert!(
            !failure.is_transient && failure.fault == Fault::Credential,
            "{}: {failure:?}",
            driver.name()
        );
    });
}
