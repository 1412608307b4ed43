//! Tokens: fetched when needed, renewed once for everybody, refused once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use authwright_core::{ApiKey, Auth, Fault, IntoScheme, LoginEndpoint, Token, TokenEvent, Tokens};
use authwright_testkit::{Driver, Net, Plan, PlanBody, Reply, TestClock};
use authwright_tests::on_every_driver;
use http::Method;

use crate::support::net;

/// Answers logins with `t1`, `t2` … for 300 s at place 1, and takes at place 0 what `is_good` says is good.
pub(crate) fn issue(net: &Net, is_good: impl Fn(usize) -> bool + Send + Sync + 'static) -> Arc<AtomicUsize> {
    let issued = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&issued);
    net.set_script(move |request| {
        if request.path() == "/login" {
            let number = count.fetch_add(1, Ordering::SeqCst) + 1;
            return Reply::json(&format!(r#"{{"data": {{"token": "t{number}", "ttl": 300}}}}"#));
        }
        let sent = request.header("authorization").and_then(|value| value.strip_prefix("Bearer t"));
        match sent.and_then(|number| number.parse().ok()) {
            Some(number) if is_good(number) => Reply::ok("fine"),
            _ => Reply::unauthorized(r#"Bearer error="invalid_token""#),
        }
    });
    issued
}

pub(crate) fn login(net: &Net) -> LoginEndpoint {
    LoginEndpoint::json(net.url(1, "/login"))
        .field("email", "sam@example.com")
        .secret("password", "hunter2")
        .token_at("/data/token")
        .expires_in_at("/data/ttl")
}

fn get(
    net: &Net,
    driver: &dyn Driver,
    scheme: impl IntoScheme,
    clock: &TestClock,
) -> authwright_testkit::Outcome {
    let auth = Auth::new(net.origin(0), scheme).unwrap();
    driver.run(net, &Plan { clock: clock.clone(), ..Plan::get(net.url(0, "/orders"), &auth) })
}

fn calls(net: &Net) -> (usize, usize) {
    let requests = net.take();
    let logins = requests.iter().filter(|request| request.path() == "/login").count();
    (logins, requests.len() - logins)
}

/// The login carries user and password and nothing else; the token goes on; a second request logs in no more.
#[test]
fn one_login_serves_many_requests() {
    let net = net();
    on_every_driver(|driver| {
        issue(&net, |_| true);
        net.take();
        let (tokens, clock) = (Tokens::new(login(&net)).unwrap(), TestClock::new());
        for _ in 0..3 {
            let outcome = get(&net, driver, &tokens, &clock);
            assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
        }
        let requests = net.take();
        let paths: Vec<_> = requests.iter().map(authwright_testkit::Received::path).collect();
        assert_eq!(paths, ["/login", "/orders", "/orders", "/orders"], "{}", driver.name());
        let login = &requests[0];
        assert_eq!(login.header_all("authorization").len(), 0);
        assert_eq!(login.header("content-type"), Some("application/json"));
        let body: serde_json::Value = serde_json::from_slice(&login.body).unwrap();
        assert_eq!(body, serde_json::json!({"email": "sam@example.com", "password": "hunter2"}));
        assert_eq!(requests[3].header("authorization"), Some("Bearer t1"));
    });
}

#[test]
fn a_form_login_is_encoded_so_that_every_byte_arrives() {
    let net = net();
    on_every_driver(|driver| {
        issue(&net, |_| true);
        net.take();
        let secret = "p&=%+ ä;\"\n1";
        let login = LoginEndpoint::form(net.url(1, "/login"))
            .field("user name", "sam&co")
            .secret("password", secret)
            .header("x-api-key", "k3y")
            .token_at("/data/token");
        let outcome = get(&net, driver, Tokens::new(login).unwrap(), &TestClock::new());
        assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
        let login = &net.take()[0];
        assert_eq!(login.header("x-api-key"), Some("k3y"));
        assert_eq!(login.form_value("user name").as_deref(), Some("sam&co"));
        assert_eq!(login.form_value("password").as_deref(), Some(secret));
    });
}

/// Fresh until the margin; then one renewal, for which nobody waits; over at the end, where everybody waits.
#[test]
fn a_token_is_renewed_ahead_of_its_end() {
    let net = net();
    on_every_driver(|driver| {
        issue(&net, |_| true);
        net.take();
        let (tokens, clock) = (Tokens::new(login(&net)).unwrap(), TestClock::new());
        let sent = |by: u64| {
            clock.advance(Duration::from_secs(by));
            assert_eq!(get(&net, driver, &tokens, &clock).status(), Some(200), "{}", driver.name());
            let requests = net.take();
            let orders: Vec<_> = requests.iter().filter(|request| request.path() == "/orders").collect();
            (requests.len() - 1, orders[0].header("authorization").map(str::to_owned))
        };
        let bearer = |token: &str| Some(format!("Bearer {token}"));
        assert_eq!(sent(0), (1, bearer("t1")));
        assert_eq!(sent(239), (0, bearer("t1")), "fresh");
        let (logins, token) = sent(1);
        assert_eq!(logins, 1, "{}: 60 s before the end a renewal starts", driver.name());
        // In memory the renewal is over before the request goes on; on a client it never is known to be.
        assert!(token == bearer("t1") || token == bearer("t2"), "{token:?}");
        assert_eq!(sent(0), (0, bearer("t2")), "{}", driver.name());
        assert_eq!(sent(295), (1, bearer("t3")), "{}: so close to the end the request waits", driver.name());
        assert_eq!(sent(3000), (1, bearer("t4")), "{}: over", driver.name());
    });
}

/// RFC 6750 section 3.1: on 401 `invalid_token` one new token and one more send, never a third.
#[test]
fn d5_a_refused_token_is_renewed_and_the_request_sent_once_more() {
    let net = net();
    on_every_driver(|driver| {
        issue(&net, |number| number == 2);
        net.take();
        let tokens = Tokens::new(login(&net)).unwrap();
        let auth = Auth::new(net.origin(0), &tokens).unwrap();
        let plan = Plan::get(net.url(0, "/orders"), &auth)
            .method(Method::POST)
            .body(PlanBody::Bytes(b"{}".to_vec()))
            .explained();
        let outcome = driver.run(&net, &plan);
        assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
        let requests = net.take();
        let seen: Vec<_> = requests.iter().map(|r| (r.path(), r.header("authorization"))).collect();
        assert_eq!(
            seen,
            [
                ("/login", None),
                ("/orders", Some("Bearer t1")),
                ("/login", None),
                ("/orders", Some("Bearer t2"))
            ],
            "{}",
            driver.name()
        );
        assert_eq!(requests[3].body, b"{}", "the body goes along: a 401 means that nothing was done");
        let trail = outcome.trail.unwrap().to_string();
        assert!(
            trail.contains("waited for a token") && trail.contains("sent again: the token was renewed"),
            "{trail}"
        );
    });
}

/// The same, where no token is ever good: two sends, one token more, and the typed refusal. The next request does not
/// hammer the login either.
#[test]
fn d5_a_renewed_token_refused_again_is_the_denial() {
    let net = net();
    on_every_driver(|driver| {
        issue(&net, |_| false);
        net.take();
        let (tokens, clock) = (Tokens::new(login(&net)).unwrap(), TestClock::new());
        let outcome = get(&net, driver, &tokens, &clock);
        let denied = outcome.denied().unwrap_or_else(|| panic!("{}: {outcome}", driver.name()));
        assert!(denied.was_attached());
        assert!(denied.to_string().contains("and refused; so was the one before it;"), "{denied}");
        assert_eq!(calls(&net), (2, 2), "{}", driver.name());
        let again = get(&net, driver, &tokens, &clock);
        assert!(again.denied().is_some(), "{}: {again}", driver.name());
        assert_eq!(calls(&net), (0, 1), "{}: a token refused just now is not renewed at once", driver.name());
        clock.advance(Duration::from_secs(2));
        assert!(get(&net, driver, &tokens, &clock).denied().is_some());
        assert_eq!(calls(&net), (1, 2), "{}: later it is tried again", driver.name());
    });
}

/// A token that was replaced since is resent, not renewed: the refusal was about its predecessor.
#[test]
fn d5_a_refusal_of_a_replaced_token_renews_nothing() {
    let net = net();
    on_every_driver(|driver| {
        let (tokens, clock) = (Tokens::new(login(&net)).unwrap(), TestClock::new());
        issue(&net, |number| number >= 1);
        assert_eq!(get(&net, driver, &tokens, &clock).status(), Some(200));
        // While the request with t1 is on its way, somebody else has t2 already.
        let (other, inner) = (tokens.clone(), clock.clone());
        let logins = Arc::new(AtomicUsize::new(1));
        let count = Arc::clone(&logins);
        net.set_script(move |request| match request.path() {
            "/login" => {
                let number = count.fetch_add(1, Ordering::SeqCst) + 1;
                Reply::json(&format!(r#"{{"data": {{"token": "t{number}", "ttl": 300}}}}"#))
            }
            _ if request.header("authorization") == Some("Bearer t1") => {
                renew_aside(&other, &inner);
                Reply::unauthorized("Bearer")
            }
            _ => Reply::ok(""),
        });
        net.take();
        assert_eq!(get(&net, driver, &tokens, &clock).status(), Some(200), "{}", driver.name());
        assert_eq!(logins.load(Ordering::SeqCst), 1, "{}", driver.name());
        let sent = net.take();
        assert_eq!(sent[1].header("authorization"), Some("Bearer aside"), "{}", driver.name());
    });
}

/// Renews as another caller would: the token in use is refused to it, and it steps the fetch by hand.
fn renew_aside(tokens: &Tokens, clock: &TestClock) {
    use authwright_core::{
        Acquired, ResponseView, Stamp,
        flow::{Answer, FlowStep},
    };
    let nothing = http::HeaderMap::new();
    tokens.observed(&ResponseView::new(http::StatusCode::UNAUTHORIZED, &nothing), Stamp(1));
    let mut acquire = tokens.acquire();
    let Acquired::Start(flow) = acquire.step(clock.now()).unwrap() else { panic!("nothing to renew") };
    let mut running = flow.start(Arc::new(clock.clone()));
    loop {
        match running.step() {
            FlowStep::Send(call) => {
                let body = br#"{"data": {"token": "aside", "ttl": 300}}"#.to_vec();
                call.answer(Ok(Answer::new(http::Response::new(body))));
            }
            FlowStep::Done(outcome) => return outcome.unwrap(),
            other => panic!("{other:?}"),
        }
    }
}

/// RFC 6750 section 3.1: a stream is gone with the first send; the token counts as refused for the next request.
#[test]
fn d7_a_stream_marks_the_token_as_rejected() {
    let net = net();
    on_every_driver(|driver| {
        issue(&net, |number| number == 2);
        net.take();
        let (tokens, clock) = (Tokens::new(login(&net)).unwrap(), TestClock::new());
        let auth = Auth::new(net.origin(0), &tokens).unwrap();
        let upload = Plan::get(net.url(0, "/orders"), &auth)
            .method(Method::PUT)
            .body(PlanBody::Stream(vec![b"one".to_vec(), b"two".to_vec()]));
        let outcome = driver.run(&net, &Plan { clock: clock.clone(), ..upload });
        let denied = outcome.denied().unwrap_or_else(|| panic!("{}: {outcome}", driver.name()));
        assert!(denied.to_string().contains("the body was a stream and is gone"), "{denied}");
        assert_eq!(calls(&net), (1, 1), "{}", driver.name());
        assert_eq!(get(&net, driver, &tokens, &clock).status(), Some(200), "{}", driver.name());
        assert_eq!(calls(&net), (1, 1), "{}: renewed before it was sent", driver.name());
    });
}

/// A stream cannot be sent again, so a token near its end is renewed before it goes; and where that fails, a token that is
/// still valid will have to do.
#[test]
fn a_stream_waits_for_a_token_that_lasts() {
    let net = net();
    on_every_driver(|driver| {
        for login_works in [true, false] {
            issue(&net, |_| true);
            let (tokens, clock) = (Tokens::new(login(&net)).unwrap(), TestClock::new());
            get(&net, driver, &tokens, &clock);
            clock.advance(Duration::from_secs(250));
            if !login_works {
                net.set_script(|request| match request.path() {
                    "/login" => Reply::status(502),
                    _ => Reply::ok(""),
                });
            }
            net.take();
            let auth = Auth::new(net.origin(0), &tokens).unwrap();
            let upload = Plan::get(net.url(0, "/orders"), &auth)
                .method(Method::PUT)
                .body(PlanBody::Stream(vec![b"one".to_vec()]));
            let outcome = driver.run(&net, &Plan { clock: clock.clone(), ..upload });
            assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
            let requests = net.take();
            assert_eq!(requests[0].path(), "/login", "{}: first the token", driver.name());
            let expected = if login_works { "Bearer t2" } else { "Bearer t1" };
            assert_eq!(requests[1].header("authorization"), Some(expected), "{}", driver.name());
        }
    });
}

/// A fetched token goes where an API key would.
#[test]
fn a_token_can_be_placed_anywhere() {
    let net = net();
    on_every_driver(|driver| {
        let issued = issue(&net, |_| true);
        let (tokens, clock) = (Tokens::new(login(&net)).unwrap(), TestClock::new());
        let auth = Auth::new(net.origin(0), ApiKey::header("X-Auth-Token", &tokens))
            .and_then(|auth| auth.and(net.origin(0), ApiKey::query("key", &tokens)))
            .and_then(|auth| auth.and(net.origin(0), ApiKey::cookie("session", &tokens)))
            .and_then(|auth| {
                auth.and(net.origin(0), ApiKey::header("Authorization", &tokens).prefix("Token"))
            })
            .unwrap();
        let send = || {
            net.take();
            driver.run(&net, &Plan { clock: clock.clone(), ..Plan::get(net.url(0, "/orders?q=1"), &auth) });
            net.take().into_iter().find(|request| request.path() == "/orders").unwrap()
        };
        net.set_script(|request| match request.path() {
            "/login" => Reply::json(r#"{"data": {"token": "a/b=c", "ttl": 300}}"#),
            _ => Reply::ok(""),
        });
        let request = send();
        assert_eq!(request.header("x-auth-token"), Some("a/b=c"), "{}", driver.name());
        assert_eq!(request.header("authorization"), Some("Token a/b=c"));
        assert_eq!(request.header("cookie"), Some("session=a/b=c"));
        assert_eq!(request.target, "/orders?q=1&key=a%2Fb%3Dc");
        // And the next token takes its place.
        drop(issued);
        clock.advance(Duration::from_secs(400));
        net.set_script(|request| match request.path() {
            "/login" => Reply::json(r#"{"data": {"token": "second", "ttl": 300}}"#),
            _ => Reply::ok(""),
        });
        assert_eq!(send().target, "/orders?q=1&key=second", "{}", driver.name());
    });
}

/// RFC 6750 section 2.1, for tokens too: what cannot be a bearer token is not sent, and not shown.
#[test]
fn d3_a_fetched_token_with_illegal_characters_is_an_error() {
    let net = net();
    net.set_script(|_| Reply::json(r#"{"data": {"token": "t0p s3cret\r\nx: y", "ttl": 300}}"#));
    on_every_driver(|driver| {
        net.take();
        let outcome = get(&net, driver, Tokens::new(login(&net)).unwrap(), &TestClock::new());
        let failure = outcome.failure().unwrap_or_else(|| panic!("{}: {outcome}", driver.name()));
        assert!(
            failure.contains("the token from login at") && failure.contains("a blank at byte 3"),
            "{failure}"
        );
        assert!(!outcome.printed.iter().any(|text| text.contains("s3cret")), "{:?}", outcome.printed);
        assert_eq!(net.take().len(), 1, "only the login");
    });
}

/// The listener hears of every new token and of every failure, in order.
#[test]
fn a_listener_is_told() {
    let net = net();
    on_every_driver(|driver| {
        let told = Arc::new(std::sync::Mutex::new(Vec::new()));
        let hears = Arc::clone(&told);
        let tokens = Tokens::builder(login(&net))
            .on_event(move |event| {
                hears.lock().unwrap().push(match event {
                    TokenEvent::Renewed(token) => format!("renewed {}", token.expose()),
                    TokenEvent::Failed(error) => format!("failed {error}"),
                    other => format!("{other:?}"),
                });
                panic!("a listener's panic changes nothing");
            })
            .build()
            .unwrap();
        issue(&net, |_| true);
        let clock = TestClock::new();
        assert_eq!(get(&net, driver, &tokens, &clock).status(), Some(200), "{}", driver.name());
        clock.advance(Duration::from_secs(400));
        net.set_script(|_| Reply::status(502));
        let outcome = get(&net, driver, &tokens, &clock);
        let message = format!("login at {} answered 502; try again later", net.origin(1));
        assert_eq!(outcome.failure(), Some(&*message), "{}", driver.name());
        assert!(matches!(outcome.ending, authwright_testkit::Ending::Failed { fault: Fault::Server, .. }));
        assert_eq!(*told.lock().unwrap(), ["renewed t1".to_owned(), format!("failed {message}")]);
    });
}

/// The refusal has been read and dropped by then, so the error says both: refused, and why there is no other token.
#[test]
fn a_renewal_that_fails_after_a_refusal_says_both() {
    let net = net();
    on_every_driver(|driver| {
        let (tokens, clock) = (Tokens::new(login(&net)).unwrap(), TestClock::new());
        issue(&net, |_| true);
        assert_eq!(get(&net, driver, &tokens, &clock).status(), Some(200));
        net.set_script(|request| match request.path() {
            "/login" => Reply::status(401).body("hunter2 is wrong"),
            _ => Reply::unauthorized("Bearer"),
        });
        let outcome = get(&net, driver, &tokens, &clock);
        let failure = outcome.failure().unwrap_or_else(|| panic!("{}: {outcome}", driver.name()));
        let (api, login) = (net.origin(0), net.origin(1));
        let says = format!(
            "{api} refused the token (401), and there is no other: login at {login} was refused (401); check `email` and \
             `password` (value, #"
        );
        assert!(failure.starts_with(&says), "{failure}");
        assert!(!failure.contains("hunter2"), "{failure}");
    });
}

/// A fixed token cannot be renewed: its refusal is the denial, and nothing is kept for a second send.
#[test]
fn a_fixed_token_is_never_renewed() {
    let net = net();
    net.set_script(|_| Reply::unauthorized("Bearer"));
    on_every_driver(|driver| {
        net.take();
        let tokens = Tokens::new(Token::new("fixed")).unwrap();
        let outcome = get(&net, driver, &tokens, &TestClock::new());
        assert!(outcome.denied().is_some(), "{}: {outcome}", driver.name());
        assert_eq!(net.take().len(), 1, "{}", driver.name());
        let over = Token::new("fixed").expires_at(std::time::SystemTime::UNIX_EPOCH);
        let outcome = get(&net, driver, Tokens::new(over).unwrap(), &TestClock::new());
        assert!(outcome.failure().is_some_and(|text| text.contains("cannot be renewed")), "{outcome}");
        assert_eq!(net.take().len(), 0, "{}", driver.name());
    });
}
