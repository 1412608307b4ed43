//! `.proxy(..)` of the adapters: Basic sent at once, Digest and Password answered where the proxy asks (RFC 9110 section 11.7).
//!
//! ureq builds tunnels alone, for which nothing can be answered: there it is Basic, or an error beforehand.

use authwright_core::{Auth, Basic, Bearer, ProxyAccess};
use authwright_testkit::{
    Credential, Driver, Ending, Host, Net, Place, Plan, PlanAccess, PlanBody, Received, Reply, Setting,
};
use authwright_tests::on_every_driver_with;
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest as _, Sha256};

const PROXY: usize = 0;
const HTTP: usize = 1;
const HTTP_ELSEWHERE: usize = 2;
const HTTPS: usize = 3;

const PASSWORD: &str = "pr0xy-pa55word";
const CHALLENGE: &str = "Digest realm=\"corp\", nonce=\"n1\", qop=\"auth\", algorithm=SHA-256";

fn net() -> Net {
    let places = [
        Place::http(Host::V4),
        Place::http(Host::V4),
        Place::http(Host::V4Second),
        Place::https(Host::Localhost),
    ];
    Net::start(&places, |_| Reply::ok("")).unwrap()
}

fn who(access: fn(String, String) -> PlanAccess) -> PlanAccess {
    access("sam".into(), PASSWORD.into())
}

fn auth(net: &Net) -> Auth {
    Auth::new([net.origin(HTTP), net.origin(HTTPS)], Bearer::new(Credential::CANARY)).unwrap()
}

fn basic() -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("sam:{PASSWORD}")))
}

/// A part of an answer to a Digest challenge, its quotes taken off.
fn part<'a>(answer: &'a str, name: &str) -> &'a str {
    let parts = answer.trim_start_matches("Digest ").split(", ");
    parts
        .filter_map(|part| part.split_once('='))
        .find(|(key, _)| *key == name)
        .map_or("", |(_, value)| value.trim_matches('"'))
}

/// RFC 7616 section 3.4.1 for `auth`, written down once more.
fn is_right(request: &Received, nonce: &str) -> bool {
    let Some(answer) = request.header("proxy-authorization") else { return false };
    let hash = |text: String| {
        Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).fold(String::new(), |a, b| a + &b)
    };
    let part = |name| part(answer, name);
    let ha1 = hash(format!("sam:corp:{PASSWORD}"));
    let ha2 = hash(format!("{}:{}", request.method, request.target));
    let expected = hash(format!("{ha1}:{nonce}:{}:{}:auth:{ha2}", part("nc"), part("cnonce")));
    part("uri") == request.target && part("nonce") == nonce && part("response") == expected
}

fn digest_proxy(request: &Received) -> Reply {
    if is_right(request, "n1") { Reply::passed_on() } else { Reply::proxy_unauthorized(CHALLENGE) }
}

fn of(net: &Net, place: usize) -> Vec<Received> {
    net.take().into_iter().filter(|request| request.origin == place).collect()
}

/// Basic is sent with the first request already, and with every tunnel; it reaches no origin, redirects included.
#[test]
fn a8_basic_is_sent_to_the_proxy_at_once_and_no_further() {
    let net = net();
    let to = net.url(HTTPS, "/");
    net.set_script(move |request| match request.origin {
        PROXY if request.header("proxy-authorization") == Some(&basic()) => Reply::passed_on(),
        PROXY => Reply::proxy_unauthorized("Basic realm=\"corp\""),
        HTTP => Reply::redirect(302, &to),
        _ => Reply::ok("there"),
    });
    on_every_driver_with(Setting::Proxy, |driver| {
        net.take();
        let plan = Plan::get(net.url(HTTP, "/?a=b"), &auth(&net))
            .through_ours(net.origin(PROXY), who(PlanAccess::Basic));
        let outcome = driver.run(&net, &plan);
        assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
        for request in net.take() {
            let carried = request.header("proxy-authorization").is_some();
            assert_eq!(carried, request.origin == PROXY, "{} {}", driver.name(), request.origin);
        }
        let wrong = PlanAccess::Basic("sam".into(), "wr0ng".into());
        for place in [HTTP, HTTPS] {
            let plan =
                Plan::get(net.url(place, "/"), &auth(&net)).through_ours(net.origin(PROXY), wrong.clone());
            let outcome = driver.run(&net, &plan);
            let expected = format!(
                "proxy {} refused its credentials (407); {} was not reached",
                net.origin(PROXY).trim_start_matches("http://"),
                net.origin(place)
            );
            let denied = outcome.proxy_denied().map(ToString::to_string);
            assert_eq!(denied, Some(expected), "{} {place}: {outcome}", driver.name());
            assert_eq!(net.take().len(), 1, "{} {place}: once", driver.name());
        }
    });
}

/// A request for plain http is sent once more with an answer, for the target in absolute form; the hops after it carry one from
/// the start. Nothing of it is in a tunnel or at an origin, and the API's own credential is as ever.
#[test]
fn a8_a_challenge_of_a_proxy_is_answered() {
    let net = net();
    let to = [net.url(HTTP_ELSEWHERE, "/x?y=z"), net.url(HTTPS, "/"), net.url(HTTP, "/end")];
    net.set_script(move |request| match request.origin {
        PROXY if request.method == "CONNECT" => Reply::passed_on(),
        PROXY => digest_proxy(request),
        HTTP if request.path() == "/begin" => Reply::redirect(307, &to[0]),
        HTTP_ELSEWHERE => Reply::redirect(307, &to[1]),
        HTTPS => Reply::redirect(307, &to[2]),
        _ => Reply::ok("there"),
    });
    on_every_driver_with(Setting::Proxy, |driver| {
        for access in [PlanAccess::Digest, PlanAccess::Password] {
            for without_auth in [false, true] {
                net.take();
                let body = PlanBody::Bytes(b"whole".to_vec());
                let plan = Plan { without_auth, ..Plan::get(net.url(HTTP, "/begin?q=1"), &auth(&net)) };
                let plan = plan.method("POST".parse().unwrap()).body(body).explained();
                let plan = plan.through_ours(net.origin(PROXY), who(access));
                let outcome = driver.run(&net, &plan);
                if driver.name() == "ureq" {
                    no_tunnel(&outcome.ending, &plan);
                    continue;
                }
                assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
                let (at_proxy, at_origins): (Vec<_>, Vec<_>) =
                    net.take().into_iter().partition(|request| request.origin == PROXY);
                let requests = at_proxy.iter().filter(|request| request.method != "CONNECT");
                let answers: Vec<_> = requests.map(|request| request.header("proxy-authorization")).collect();
                assert_eq!(answers[0], None, "{}", driver.name());
                let counts: Vec<_> = answers[1..].iter().map(|answer| part(answer.unwrap(), "nc")).collect();
                assert_eq!(counts, ["00000001", "00000002", "00000003"], "{}", driver.name());
                let order: Vec<_> = at_origins.iter().map(|request| request.origin).collect();
                assert_eq!(order, [HTTP, HTTP_ELSEWHERE, HTTPS, HTTP], "{}", driver.name());
                for request in &at_origins {
                    assert_eq!(request.header("proxy-authorization"), None, "{}", driver.name());
                    assert_eq!(request.body, b"whole", "{}", driver.name());
                    let carried = Credential::leaked_in(&request.raw);
                    assert_eq!(
                        carried,
                        !without_auth && request.origin != HTTP_ELSEWHERE,
                        "{}",
                        driver.name()
                    );
                }
                for printed in &outcome.printed {
                    assert!(!printed.contains(PASSWORD), "{}: {printed}", driver.name());
                }
            }
        }
    });
}

/// What the agent of ureq says when it is built. `Password` is Basic there, since the way to a proxy on this machine is protected.
fn no_tunnel(ending: &Ending, plan: &Plan) {
    let access = plan.proxy.as_ref().map(|proxy| &proxy.access);
    match ending {
        Ending::Failed { message, .. } => {
            let why = "ureq goes through tunnels alone, and a tunnel (CONNECT) can be given Basic only";
            assert!(message.contains(why), "{message}");
        }
        other => assert!(
            matches!((other, access), (Ending::Response { status: 200, .. }, Some(PlanAccess::Password(..)))),
            "{other:?}"
        ),
    }
}

/// A tunnel can be given Basic and no answer: with Digest it goes bare, and the error says why.
#[test]
fn a_tunnel_is_given_no_answer() {
    let net = net();
    net.set_script(|request| if request.origin == PROXY { digest_proxy(request) } else { Reply::ok("") });
    on_every_driver_with(Setting::Proxy, |driver| {
        net.take();
        let plan = Plan::get(net.url(HTTPS, "/"), &auth(&net))
            .through_ours(net.origin(PROXY), who(PlanAccess::Digest));
        let outcome = driver.run(&net, &plan);
        if driver.name() == "ureq" {
            return no_tunnel(&outcome.ending, &plan);
        }
        let expected = format!(
            "proxy {} asks for credentials (407), and none were given to it: a tunnel (CONNECT) can be given Basic only, \
             never an answer to Digest; {} was not reached",
            net.origin(PROXY).trim_start_matches("http://"),
            net.origin(HTTPS)
        );
        assert_eq!(
            outcome.proxy_denied().map(ToString::to_string),
            Some(expected),
            "{}: {outcome}",
            driver.name()
        );
        let requests = net.take();
        assert_eq!(
            (requests.len(), requests[0].header("proxy-authorization")),
            (1, None),
            "{}",
            driver.name()
        );
    });
}

/// Whatever the proxy says, it gets at most two resends: for a challenge, and for a nonce that is stale. A wrong password
/// is tried once.
#[test]
fn a6_a_proxy_that_always_asks_is_answered_twice_at_most() {
    let net = net();
    let refused = |driver: &dyn Driver, plan: Plan| {
        if driver.name() == "ureq" {
            return None;
        }
        net.take();
        let outcome = driver.run(&net, &plan.through_ours(net.origin(PROXY), who(PlanAccess::Password)));
        let denied =
            outcome.proxy_denied().unwrap_or_else(|| panic!("{}: {outcome}", driver.name())).to_string();
        let requests = net.take();
        assert!(requests.iter().all(|request| request.origin == PROXY), "{}", driver.name());
        Some((requests.len(), denied.contains("none were given"), denied))
    };
    on_every_driver_with(Setting::Proxy, |driver| {
        let plan = || Plan::get(net.url(HTTP, "/"), &auth(&net));
        let count = std::sync::atomic::AtomicU32::new(0);
        net.set_script(move |_| {
            let nonce = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Reply::proxy_unauthorized(&format!(
                "Digest realm=\"r\", nonce=\"{nonce}\", qop=\"auth\", stale=true"
            ))
        });
        let Some((sends, none_given, _)) = refused(driver, plan()) else { return };
        assert_eq!((sends, none_given), (3, false), "{}", driver.name());
        net.set_script(|_| Reply::proxy_unauthorized("Digest realm=\"r\", nonce=\"n\", qop=\"auth\""));
        assert_eq!(refused(driver, plan()).unwrap().0, 2, "{}", driver.name());
        net.set_script(|_| Reply::proxy_unauthorized("Basic realm=\"r\""));
        assert_eq!(refused(driver, plan()).unwrap().0, 2, "{}", driver.name());
        net.set_script(|_| Reply::proxy_unauthorized("Negotiate"));
        let (sends, none_given, text) = refused(driver, plan()).unwrap();
        assert_eq!((sends, none_given), (1, true), "{}: {text}", driver.name());
        // A stream has gone with the first send.
        net.set_script(|_| Reply::proxy_unauthorized(CHALLENGE));
        let stream = plan().method("POST".parse().unwrap()).body(PlanBody::Stream(vec![b"once".to_vec()]));
        assert_eq!(refused(driver, stream).unwrap().0, 1, "{}", driver.name());
    });
}

/// RFC 7615 section 4: who answered in the proxy's name does not know the password.
#[test]
fn a_forged_proof_of_a_proxy_is_an_error() {
    let net = net();
    net.set_script(|request| {
        if !is_right(request, "n1") {
            return Reply::proxy_unauthorized(CHALLENGE);
        }
        let answer = request.header("proxy-authorization").unwrap_or_default();
        let (nc, cnonce) = (part(answer, "nc"), part(answer, "cnonce"));
        let info = format!("qop=auth, rspauth=\"{}\", cnonce=\"{cnonce}\", nc={nc}", "0".repeat(64));
        Reply::ok("forged").header("Proxy-Authentication-Info", info)
    });
    on_every_driver_with(Setting::Proxy, |driver| {
        if driver.name() == "ureq" {
            return; // it has no such requests
        }
        let plan = Plan::get(net.url(HTTP, "/"), &Auth::none());
        let outcome = driver.run(&net, &plan.through_ours(net.origin(PROXY), who(PlanAccess::Digest)));
        let text = outcome.failure().unwrap_or_else(|| panic!("{}: {outcome}", driver.name()));
        assert!(text.starts_with(net.origin(PROXY)) && text.contains("rspauth"), "{}: {text}", driver.name());
    });
}

/// An origin inside a tunnel, or one that is asked directly, is never answered, whoever it plays.
#[test]
fn a8_only_the_proxy_is_answered() {
    let net = net();
    net.set_script(|request| match request.origin {
        PROXY => Reply::passed_on(),
        _ => Reply::proxy_unauthorized("Basic realm=\"corp\"").header("Proxy-Authenticate", CHALLENGE),
    });
    on_every_driver_with(Setting::Proxy, |driver| {
        for access in [PlanAccess::Password, PlanAccess::Basic] {
            net.take();
            let plan =
                Plan::get(net.url(HTTPS, "/"), &auth(&net)).through_ours(net.origin(PROXY), who(access));
            let outcome = driver.run(&net, &plan);
            let denied = outcome.proxy_denied().unwrap_or_else(|| panic!("{}: {outcome}", driver.name()));
            assert_eq!(denied.proxy(), None, "{}: {denied}", driver.name());
            let at_origin = of(&net, HTTPS);
            assert_eq!(at_origin.len(), 1, "{}", driver.name());
            assert_eq!(at_origin[0].header("proxy-authorization"), None, "{}", driver.name());
        }
    });
}

#[test]
fn what_is_no_proxy_is_refused_when_the_client_is_built() {
    for url in [
        "proxy.corp:3128",
        "socks5://proxy.corp",
        "ws://proxy.corp",
        "http://proxy.corp/path",
        "http://sam:pw@proxy.corp",
    ] {
        let error = ProxyAccess::new(url, ("sam", "pw")).unwrap_err().to_string();
        assert!(!error.contains("pw"), "{url}: {error}");
    }
    let error = ProxyAccess::new("http://proxy.corp", Basic::new("s:m", "pw")).unwrap_err();
    assert!(error.to_string().starts_with("the user name for Basic has a colon"), "{error}");
    let access = ProxyAccess::new("http://proxy.corp", ("sam", "pw")).unwrap();
    assert_eq!((access.url(), access.address()), ("http://proxy.corp", "proxy.corp:80"));
    assert_eq!(format!("{access:?}"), "ProxyAccess(\"proxy.corp:80\")");
}

/// Basic in clear to another machine is for those who say so.
#[test]
fn a_password_goes_to_a_proxy_in_clear_only_where_basic_is_said() {
    use authwright_core::Password;
    let clear = "http://proxy.corp:3128";
    assert!(ProxyAccess::new(clear, ("sam", "pw")).unwrap().for_tunnels().is_some());
    assert!(ProxyAccess::new(clear, Password::new("sam", "pw")).unwrap().for_tunnels().is_none());
    for protected in ["https://proxy.corp:3128", "http://127.0.0.1:3128"] {
        let access = ProxyAccess::new(protected, Password::new("sam", "pw")).unwrap();
        assert!(access.for_tunnels().is_some() && access.for_requests().is_none(), "{protected}");
    }
}

/// What goes to the machine itself counts as not leaving it: a proxy that is not known to run there gets nothing of it, and no
/// server there gets the proxy's credential. 0.0.0.0 leads to this machine and is no loopback address.
#[test]
fn a8_what_is_for_the_machine_itself_goes_past_a_proxy() {
    let net = net();
    on_every_driver_with(Setting::Proxy, |driver| {
        if driver.name() == "in-memory" {
            return; // it has no way past a proxy
        }
        net.set_script(|request| match request.origin {
            PROXY => Reply::proxy_unauthorized("Basic realm=\"corp\""),
            _ => Reply::ok("there"),
        });
        let proxy = net.origin(PROXY).replace("127.0.0.1", "0.0.0.0");
        for place in [HTTP, HTTP_ELSEWHERE, HTTPS] {
            let plan =
                Plan::get(net.url(place, "/"), &auth(&net)).through_ours(&proxy, who(PlanAccess::Basic));
            let outcome = driver.run(&net, &plan);
            assert_eq!(outcome.status(), Some(200), "{} {place}: {outcome}", driver.name());
        }
        assert_eq!(net.bytes(PROXY), [0; 0], "{}", driver.name());
        for request in net.take() {
            assert_eq!(request.header("proxy-authorization"), None, "{}", driver.name());
        }
    });
}
