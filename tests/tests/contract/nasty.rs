//! Token endpoints that answer with anything but a token: every answer has its typed error, and a token that is still
//! valid stays in use.

use std::time::Duration;

use authwright_core::{Auth, Fault, Tokens, TokensBuilder};
use authwright_testkit::{Driver, Net, Outcome, Plan, Reply, TestClock};
use authwright_tests::on_every_driver;

use crate::{
    support::net,
    tokens::{issue, login},
};

/// Looked for in whatever is printed.
pub(crate) const SECRETS: [&str; 4] = ["hunter2", "s3cret", "r3fresh", "acc3ss"];

/// Fault, and whether it passes.
type Class = (Fault, bool);

pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) reply: Reply,
    pub(crate) login: Class,
    pub(crate) oauth: Class,
}

/// What token endpoints have been seen to answer, or could. Redirects lead to place 2.
pub(crate) fn answers(net: &Net) -> Vec<Row> {
    use Fault::{Caller, Credential, Network, Server};
    let row = |what, reply, login, oauth| Row { what, reply, login, oauth };
    let both = |what, reply, class| row(what, reply, class, class);
    let html =
        |status| Reply::status(status).header("content-type", "text/html").body("<h1>hunter2 s3cret</h1>");
    let error =
        |status, body: String| Reply::status(status).header("content-type", "application/json").body(body);
    // What a terminal or a log would obey, and the secrets that were sent.
    let wild = r#"{"error": "invalid_grant\u001b[2J\r\n", "error_description": "\u0000\u202e\u0007 r3fresh s3cret"}"#;
    let long =
        format!(r#"{{"error": "invalid_grant", "error_description": "{}"}}"#, "\\u001b".repeat(150_000));
    let mut rows = vec![
        both("a gateway's 502", html(502), (Server, true)),
        both("a portal's 200", html(200), (Server, true)),
        both("nothing", Reply::status(200), (Server, true)),
        row("204", Reply::status(204), (Server, true), (Server, false)),
        both("100 MB", Reply::status(200).huge(100 << 20), (Server, true)),
        both(
            "closed in the body",
            Reply::json("{\"access_token\": \"acc3ss\"}").close_mid_body(),
            (Network, true),
        ),
        both("closed before the head", Reply::status(200).close_before_head(), (Network, true)),
        both("hangs", Reply::status(200).delay(Duration::from_secs(5)), (Network, true)),
        row(
            "200 with an error",
            error(200, r#"{"error": "invalid_grant"}"#.into()),
            (Server, false),
            (Credential, false),
        ),
        both("an array", Reply::json(r#"["acc3ss"]"#), (Server, false)),
        both(
            "a number for a token",
            Reply::json(r#"{"access_token": 1, "data": {"token": 1}}"#),
            (Server, false),
        ),
        both("deep nesting", Reply::json(&"[".repeat(100_000)), (Server, true)),
        both(
            "no UTF-8",
            Reply::status(200).body(b"{\"access_token\": \"acc3ss\xff\"}".to_vec()),
            (Server, true),
        ),
        both("wild words", error(400, wild.into()), (Credential, false)),
        both("a megabyte of words", error(400, long), (Credential, false)),
        both("busy", Reply::status(429).header("retry-after", "7"), (Server, true)),
        both(
            "down for a while",
            error(503, r#"{"error": "temporarily_unavailable"}"#.into()),
            (Server, true),
        ),
        row("slow down", error(400, r#"{"error": "slow_down"}"#.into()), (Credential, false), (Server, true)),
        both("refused", Reply::unauthorized("Basic realm=\"s3cret\""), (Credential, false)),
        both("not found", html(404), (Caller, false)),
    ];
    for status in [301, 302, 303, 307, 308] {
        rows.push(both("a redirect", Reply::redirect(status, &net.url(2, "/elsewhere")), (Server, false)));
    }
    rows
}

/// Nothing in it but visible characters and blanks, no secret, no path, and not too much of it.
pub(crate) fn assert_presentable(text: &str, who: &str) {
    assert!(!text.chars().any(|c| c.is_control() || c == '\u{202e}'), "{who}: {text:?}");
    assert!(!SECRETS.iter().any(|secret| text.contains(secret)), "{who}: {text}");
    let mut urls = text.split("http://").skip(1).filter_map(|rest| rest.split(' ').next());
    assert!(!urls.any(|url| url.contains('/')), "{who}: a path: {text}");
    assert!(text.chars().count() < 500, "{who}: {} characters", text.chars().count());
}

/// One row: without a token it is the typed error, and with a valid one requests go on with that.
pub(crate) fn check(
    net: &Net,
    driver: &dyn Driver,
    row: &Row,
    (fault, passes): Class,
    tokens: impl Fn() -> TokensBuilder,
    issues: impl Fn(&Net),
) {
    let who = format!("{}, {}", driver.name(), row.what);
    let patience = Duration::from_millis(if row.what == "hangs" { 150 } else { 20_000 });
    let tokens = || tokens().call_timeout(patience).build().unwrap();
    let reply = row.reply.clone();
    let nasty = move |net: &Net| {
        let reply = reply.clone();
        net.set_script(move |request| if request.origin == 0 { Reply::ok("") } else { reply.clone() });
    };

    nasty(net);
    let failure = driver.token(net, &TestClock::new(), &tokens()).expect_err(&who);
    assert_eq!((failure.fault, failure.is_transient), (fault, passes), "{who}: {}", failure.message);
    assert_eq!(failure.is_login_required, fault == Fault::Credential, "{who}");
    assert_eq!(failure.is_timeout, row.what == "hangs", "{who}: {}", failure.message);
    let asked = (row.what == "busy").then_some(Duration::from_secs(7));
    assert_eq!(failure.retry_after, asked, "{who}");
    assert!(failure.message.contains(net.origin(1)), "{who}: {}", failure.message);
    assert_presentable(&failure.message, &who);
    let sent = net.take();
    assert!(sent.iter().all(|request| request.origin == 1), "{who}: nobody else hears of it: {sent:?}");

    issues(net);
    let (tokens, clock) = (tokens(), TestClock::new());
    let get = |by| {
        clock.advance(Duration::from_secs(by));
        get(net, driver, &tokens, &clock)
    };
    assert_eq!(get(0).status(), Some(200), "{who}");
    nasty(net);
    for (by, when) in [(250, "stale"), (45, "close to its end")] {
        let outcome = get(by);
        assert_eq!(outcome.status(), Some(200), "{who}, {when}: {outcome}");
    }
    let outcome = get(10);
    let failure = outcome.failure().unwrap_or_else(|| panic!("{who}, over: {outcome}"));
    assert_presentable(failure, &who);
    for text in &outcome.printed {
        assert!(!SECRETS.iter().any(|secret| text.contains(secret)), "{who}: {text}");
    }
    assert!(net.requests().iter().all(|request| request.origin <= 1), "{who}");
}

pub(crate) fn get(net: &Net, driver: &dyn Driver, tokens: &Tokens, clock: &TestClock) -> Outcome {
    let auth = Auth::new(net.origin(0), tokens).unwrap();
    driver.run(net, &Plan { clock: clock.clone(), ..Plan::get(net.url(0, "/orders"), &auth) })
}

#[test]
fn e12_every_answer_of_a_login_has_its_class() {
    let net = net();
    on_every_driver(|driver| {
        for row in answers(&net) {
            let tokens = || Tokens::builder(login(&net));
            check(&net, driver, &row, row.login, tokens, |net| drop(issue(net, |_| true)));
        }
    });
}

/// A token that is over at once is good for the request it was fetched for: one fetch for each, and no loop.
#[test]
fn e11_a_login_that_gives_no_time_is_asked_once_per_use() {
    let net = net();
    on_every_driver(|driver| {
        for ttl in ["0", "-1", "0.4", "\"0\""] {
            let json = format!(r#"{{"data": {{"token": "t", "ttl": {ttl}}}}}"#);
            net.set_script(
                move |request| if request.origin == 0 { Reply::ok("") } else { Reply::json(&json) },
            );
            let (tokens, clock) = (Tokens::new(login(&net)).unwrap(), TestClock::new());
            for _ in 0..3 {
                net.take();
                assert_eq!(get(&net, driver, &tokens, &clock).status(), Some(200), "{}", driver.name());
                let places: Vec<_> = net.take().iter().map(|request| request.origin).collect();
                assert_eq!(places, [1, 0], "{}: expires_in {ttl}", driver.name());
            }
        }
    });
}
