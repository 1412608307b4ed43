//! Nothing printed holds a secret (rule 9; obligation E17): no `Debug`, no `Display`, no error chain, no log.

use std::sync::{Arc, Mutex, Once};

use authwright_core::{
    ApiKey, Auth, Basic, Bearer, Body, Event, Exchange, Hop, IntoScheme, Origin, Outgoing, Policy,
    ResponseView, Secret, Target,
    http::{HeaderMap, HeaderValue, Method, StatusCode},
};
use authwright_testkit::{Credential, Plan, PlanBody, Reply, credentials};
use authwright_tests::on_every_driver;
use log::{LevelFilter, Log, Metadata, Record};
use proptest::{prelude::*, test_runner::TestRunner};

use crate::support::net;

const SECRET_PATH: &str = "/p4th-c4n4ry5ecret";

fn assert_clean(printed: &[String], who: &str) {
    for text in printed {
        assert!(!Credential::leaked_in(text.as_bytes()), "{who}: {text}");
    }
}

/// Everything a program can print of a request, its response and its errors, for every credential and answer.
#[test]
fn e17_nothing_printed_holds_a_secret() {
    let net = net();
    on_every_driver(|driver| {
        let statuses = prop::sample::select(vec![200_u16, 204, 302, 400, 401, 403, 404, 500]);
        let cases = (credentials(), statuses, prop::bool::ANY, prop::bool::ANY);
        let run = |(credential, status, explain, broken): (Credential, u16, bool, bool)| {
            net.set_script(move |_| {
                let reply = Reply::status(status).body("something long enough");
                if broken { reply.close_mid_body() } else { reply }
            });
            let events = Arc::new(Mutex::new(Vec::new()));
            let hears = Arc::clone(&events);
            let observe =
                move |event: &Event<'_>| hears.lock().unwrap().push(format!("{event} {event:?} {event:#?}"));
            let auth = credential.auth(net.origin(0)).unwrap().observe(observe);
            let plan = Plan { explain, ..Plan::get(net.url(0, "/path?a=b"), &auth) };
            let outcome = driver.run(&net, &plan);
            assert_clean(&outcome.printed, &format!("{} {credential:?} {status}", driver.name()));
            assert_clean(&[format!("{outcome:?}")], driver.name());
            let events = std::mem::take(&mut *events.lock().unwrap());
            prop_assert!(!events.is_empty());
            assert_clean(&events, driver.name());
            Ok(())
        };
        TestRunner::new(ProptestConfig::with_cases(64)).run(&cases, run).unwrap();
    });
}

/// Paths and queries of the caller are in no message of ours, whatever goes wrong.
#[test]
fn e17_errors_hold_no_path_and_no_query() {
    let net = net();
    on_every_driver(|driver| {
        let url = |place: usize| net.url(place, &format!("{SECRET_PATH}?q={}", Credential::CANARY));
        let nobody = format!("http://127.0.0.1:9{SECRET_PATH}?q={}", Credential::CANARY);
        let auth = Auth::new(net.origin(0), Bearer::new("t0ken")).unwrap();
        for (what, reply, url) in [
            ("refused", Reply::status(401), url(0)),
            ("too many", Reply::redirect(302, SECRET_PATH), url(0)),
            ("refused elsewhere", Reply::status(403), url(1)),
            ("nobody there", Reply::ok(""), nobody),
            ("lost", Reply::ok("").close_before_head(), url(0)),
            ("malformed", Reply::ok(""), format!("http://[{SECRET_PATH}")),
            ("relative", Reply::ok(""), format!("{SECRET_PATH}/x")),
            ("not http", Reply::ok(""), format!("ftp://127.0.0.1{SECRET_PATH}")),
        ] {
            net.set_script(move |_| reply.clone());
            let outcome = driver.run(&net, &Plan { explain: true, ..Plan::get(url, &auth) });
            if outcome.failure().is_some() || outcome.denied().is_some() {
                assert_clean(&[outcome.to_string()], &format!("{} {what}", driver.name()));
            }
            let errors: Vec<String> =
                outcome.printed.iter().filter(|text| !text.starts_with("Response")).cloned().collect();
            assert_clean(&errors, &format!("{} {what}", driver.name()));
        }
    });
}

/// Every public type of core that can be printed.
#[test]
fn e17_no_debug_of_core_holds_a_secret() {
    let canary = Credential::CANARY;
    let dir = std::env::temp_dir().join(format!("authwright-canary-{}", std::process::id()));
    std::fs::write(&dir, canary).unwrap();
    let mut printed = Vec::new();
    let secret = || Secret::new(canary);
    printed.push(format!("{:?} {:#?} {:?}", secret(), secret().read().unwrap(), Secret::file(&dir)));
    printed.push(format!("{:?}", Secret::file(&dir).optional().unwrap()));
    std::fs::remove_file(&dir).unwrap();
    let pieces = [
        format!("{:?}", ApiKey::header("x-key", secret())),
        format!("{:?}", ApiKey::query("key", secret())),
        format!("{:?}", ApiKey::cookie("key", secret())),
        format!("{:?}", Bearer::new(secret())),
        format!("{:?}", Basic::new(secret(), secret())),
    ];
    printed.extend(pieces);
    let url = format!("https://sam:{canary}@a.example/{canary}?{canary}#{canary}");
    let clean_url = format!("https://a.example/{canary}?{canary}#{canary}");
    printed.push(format!("{:?} {:?}", Origin::from(url.as_str()), Origin::from(clean_url.as_str())));
    printed.push(format!("{:?} {:?}", Target::parse(&url), Target::parse(&clean_url)));
    let mixed_up = [canary.to_owned(), format!("https://sam:{canary}/x@h"), format!("//{canary}:{canary}@x")];
    for origin in [url.as_str(), clean_url.as_str(), &url[8..], &mixed_up[0], &mixed_up[1], &mixed_up[2]] {
        let error = Auth::new(origin, Bearer::new("t")).unwrap_err();
        printed.push(format!("{error} {error:?} {error:#?}"));
    }
    let auth = Auth::new("https://a.example", ApiKey::query("key", secret()))
        .and_then(|auth| auth.and("https://a.example", Basic::new("sam", secret())))
        .and_then(|auth| auth.and("https://a.example", ApiKey::cookie("key", secret())))
        .unwrap();
    printed.push(format!("{auth:?} {auth:#?} {}", auth.explain(&clean_url).unwrap()));
    printed.push(format!("{:?}", auth.explain(&url).map_err(|error| error.to_string())));
    for scheme in [Bearer::new(secret()).into_scheme(), ApiKey::query("k", secret()).into_scheme()] {
        printed.push(format!("{scheme:?}"));
    }
    let mut policy = Policy::default();
    let mut marked = HeaderValue::from_static(Credential::CANARY);
    marked.set_sensitive(true);
    policy.default_headers.insert("x-secret", HeaderValue::from_static(Credential::CANARY));
    printed.push(format!("{policy:?}"));
    let mut exchange = Exchange::new(Some(&auth), &policy);
    exchange.record_trail();
    let mut headers = HeaderMap::from_iter([("x-mine".parse().unwrap(), marked)]);
    let target = Target::parse(&clean_url).unwrap();
    let outgoing = Outgoing {
        method: &Method::GET,
        target,
        headers: &mut headers,
        body: Body::Bytes(canary.as_bytes()),
    };
    printed.push(format!("{outgoing:?}"));
    exchange.step(outgoing).unwrap();
    // The header map itself belongs to the client; its values are marked, so that its Debug shows none of ours.
    headers.remove("x-secret");
    printed.push(format!("{headers:?} {exchange:?}"));
    let answer = HeaderMap::from_iter([
        ("location".parse().unwrap(), format!("/{canary}").parse().unwrap()),
        ("set-cookie".parse().unwrap(), format!("s={canary}").parse().unwrap()),
    ]);
    let view = ResponseView::new(StatusCode::FOUND, &answer);
    printed.push(format!("{view:?} {:?}", exchange.observed(&view, target).unwrap()));
    let trail = exchange.take_trail().unwrap();
    printed.push(format!("{trail} {trail:?} {trail:#?}"));
    let mut hop = Hop::test("GET", &clean_url).with_body(canary.as_bytes());
    hop.header("x-key", canary).unwrap().query_pair("k", canary).cookie("k", canary).unwrap();
    printed.push(format!("{hop:?} {hop:#?} {:?}", hop.headers()));
    assert_clean(&printed, "core");
}

/// Collects all log records of both clients, and of ours.
struct Collector(Mutex<Vec<String>>);

static LOG: Collector = Collector(Mutex::new(Vec::new()));

impl Log for Collector {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let mut lines = self.0.lock().unwrap();
        lines.push(format!("{} {} {}", record.level(), record.target(), record.args()));
    }

    fn flush(&self) {}
}

pub(crate) fn listen_to_the_log() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&LOG).unwrap();
        log::set_max_level(LevelFilter::Trace);
    });
}

/// What was logged so far, by whichever test, without ureq's lines, which hold URLs and bytes.
pub(crate) fn logged() -> Vec<String> {
    LOG.0.lock().unwrap().iter().filter(|line| !line.contains(" ureq")).cloned().collect()
}

/// At TRACE, reqwest and what lies below it print no secret of ours. (ureq prints URLs and bytes: SECURITY.md.)
#[test]
fn e17_the_log_at_trace_holds_no_secret() {
    listen_to_the_log();
    let net = net();
    net.set_script(|request| match request.path() {
        "/" => Reply::redirect(302, "/next"),
        _ => Reply::status(401),
    });
    on_every_driver(|driver| {
        for credential in [
            Credential::Header("X-API-Key"),
            Credential::Query("key"),
            Credential::Cookie("key"),
            Credential::Basic,
            Credential::Bearer,
            Credential::Custom,
        ] {
            let auth = credential.auth(net.origin(0)).unwrap();
            let plan = Plan::get(net.url(0, "/"), &auth)
                .method(Method::POST)
                .body(PlanBody::Bytes(b"body".to_vec()));
            driver.run(&net, &plan);
        }
    });
    let lines = logged();
    assert!(
        lines.iter().any(|line| line.contains("hyper") || line.contains("reqwest")),
        "reqwest's log was seen"
    );
    for line in lines {
        assert!(!Credential::leaked_in(line.as_bytes()), "{line}");
    }
}
