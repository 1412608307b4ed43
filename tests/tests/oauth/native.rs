//! Signing in from a program on the person's own machine (RFC 8252): their browser, a port of this machine, one answer.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{Arc, Mutex, mpsc},
    thread,
};

use authwright_oauth2::{Browser, Registration};
use authwright_testkit::{AuthServer, AuthServerBuilder, RegisteredClient};
use authwright_tests::on_every_driver;
use serde_json::json;

use crate::{
    bench::{Bench, SERVER},
    code::value,
    crowd::flows_at_once,
};

const LOOPBACK: &str = "http://127.0.0.1/callback";

fn cli(server: AuthServerBuilder) -> AuthServerBuilder {
    server.client(RegisteredClient::public("cli").redirect_uri(LOOPBACK))
}

/// Asks the port of this machine for something, and gives the status; none where nobody listens.
fn ask(authority: &str, target: &str, host: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(authority).ok()?;
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    page.split(' ').nth(1)?.parse().ok()
}

/// Authority and target of a URL on this machine.
fn parts(url: &str) -> (&str, String) {
    let (authority, rest) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    (authority, format!("/{rest}"))
}

fn visit(callback: &str) -> Option<u16> {
    let (authority, target) = parts(callback);
    ask(authority, &target, authority)
}

/// The browser of a person who says yes. What it was sent to is in the list.
fn browser(server: &AuthServer, opened: &Arc<Mutex<Vec<String>>>) -> Browser {
    let (server, opened) = (server.clone(), Arc::clone(opened));
    Browser::opened_by(move |url| {
        opened.lock().unwrap().push(url.to_owned());
        visit(&server.follow(url));
        Ok(())
    })
}

/// RFC 8252 section 8.12: the page is somebody else's to show. This program asks for it never, and opens what it has shown.
#[test]
fn g1_the_page_is_opened_in_another_program() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, cli);
        let session = bench.session(bench.app("cli"));
        let (opened, shown) = (Arc::default(), Arc::new(Mutex::new(Vec::new())));
        let seen = Arc::clone(&shown);
        let browser = browser(&bench.server, &opened)
            .shown_by(move |prompt| seen.lock().unwrap().push(prompt.url().to_owned()));
        bench.run(session.login(browser)).unwrap();
        let opened = opened.lock().unwrap();
        assert_eq!((opened.len(), &*opened), (1, &*shown.lock().unwrap()), "{}", driver.name());
        let sent: Vec<_> = bench.net.requests().iter().map(|request| request.path().to_owned()).collect();
        assert_eq!(sent, ["/.well-known/oauth-authorization-server", "/token"], "{}", driver.name());
        assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
        bench.assert_clean();
    });
}

/// CVE-2025-6514: what a server says of its page begins no program, no option and no script.
#[test]
fn g2_only_a_harmless_page_is_opened() {
    on_every_driver(|driver| {
        for bad in [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "-http://127.0.0.1/authorize",
            "--new-window",
            "http://127.0.0.1/$(id)",
            "http://127.0.0.1/`id`",
            "http://127.0.0.1/\"x",
            "http://127.0.0.1/'x",
            "http://127.0.0.1/a b",
            "http://127.0.0.1/;id",
            "http://127.0.0.1/|id",
            "http://login.example.com/authorize",
        ] {
            let bench = Bench::new(driver, |server| {
                cli(server).metadata(move |metadata| metadata["authorization_endpoint"] = json!(bad))
            });
            let (opens, heard) = mpsc::channel();
            let shows = opens.clone();
            let browser = Browser::opened_by(move |url| {
                opens.send(url.to_owned()).unwrap();
                Ok(())
            })
            .shown_by(move |prompt| shows.send(prompt.url().to_owned()).unwrap())
            .time_limit(std::time::Duration::from_millis(100));
            let failed = bench.run(bench.session(bench.app("cli")).login(browser));
            let heard: Vec<_> = heard.iter().collect();
            assert!(failed.is_err() && heard.is_empty(), "{}: {bad}: {heard:?}", driver.name());
            assert_eq!(bench.count("/token"), 0, "{}: {bad}", driver.name());
        }
    });
}

/// RFC 8252 sections 7.3 and 8.3: on the loopback address, until the answer is there; anything else is told so, and ends
/// nothing.
#[test]
fn g3_a_port_of_this_machine_is_open_until_the_answer() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, cli);
        let (tell, told) = mpsc::channel();
        let server = bench.server.clone();
        let browser = Browser::opened_by(move |url| {
            let callback = server.follow(url);
            let (authority, target) = parts(&callback);
            let statuses = [
                ask(authority, "/favicon.ico", authority),
                ask(authority, &target.replace("/callback", "/other"), authority),
                ask(authority, &target, "evil.example"),
                visit(&callback),
            ];
            tell.send((authority.to_owned(), statuses)).unwrap();
            Ok(())
        })
        .shown_by(|_| {});
        let session = bench.session(bench.app("cli"));
        bench.run(session.login(browser)).unwrap();
        let (authority, statuses) = told.recv().unwrap();
        assert!(authority.starts_with("127.0.0.1:"), "{}: {authority}", driver.name());
        assert_eq!(statuses, [Some(404), Some(404), Some(404), Some(200)], "{}", driver.name());
        assert_eq!(ask(&authority, "/callback", &authority), None, "{}: still open", driver.name());
        assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
        bench.assert_clean();
    });
}

/// RFC 8252 section 8.10: each login has a redirect URI of its own, and an answer that was meant for another does not end it.
#[test]
fn g4_an_answer_counts_at_its_own_redirect_uri_alone() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, cli);
        let sessions = ["ann", "bob"].map(|name| bench.session(bench.app("cli")).account(name));
        let (out, launches) = mpsc::channel::<(usize, String)>();
        let flows = sessions.iter().enumerate().map(|(at, session)| {
            let out = out.clone();
            let opens = move |url: &str| {
                out.send((at, url.to_owned())).unwrap();
                Ok(())
            };
            session.login(Browser::opened_by(opens).shown_by(|_| {}))
        });
        let flows = flows.collect();
        let server = bench.server.clone();
        let person = thread::spawn(move || {
            let mut both = [launches.recv().unwrap(), launches.recv().unwrap()];
            both.sort();
            let places = both.each_ref().map(|(_, url)| value(url, "redirect_uri").unwrap());
            let [ann, bob] = both.map(|(_, url)| server.follow(&url));
            // Bob's answer comes to the port of Ann, and then to his own.
            let misled = bob.replace(&*places[1], &places[0]);
            assert_ne!((&misled, &places[0]), (&bob, &places[1]));
            [visit(&misled), visit(&bob), visit(&ann)]
        });
        let ended = flows_at_once(&bench, flows);
        assert_eq!(person.join().unwrap(), [Some(404), Some(200), Some(200)], "{}", driver.name());
        assert!(ended.iter().all(Result::is_ok), "{}: {ended:?}", driver.name());
        assert_eq!(bench.count("/token"), 2, "{}: no code was redeemed twice", driver.name());
        bench.assert_clean();
    });
}

/// RFC 8252 section 8.5: whoever has the program has its secret. So a code is bound to who asked for it, with or without one,
/// and the guide tells people to register without.
#[test]
fn g5_a_secret_in_the_program_takes_the_place_of_nothing() {
    on_every_driver(|driver| {
        for (client, app) in [
            (RegisteredClient::public("cli"), (|app| app) as fn(Registration) -> Registration),
            (RegisteredClient::basic("cli", "s3cret"), |app| app.secret("s3cret")),
            (RegisteredClient::post("cli", "s3cret"), |app| app.secret_in_body("s3cret")),
        ] {
            let bench = Bench::new(driver, |server| server.client(client.redirect_uri(LOOPBACK)));
            let opened = Arc::default();
            let session = bench.session(app(bench.app("cli")));
            bench.run(session.login(browser(&bench.server, &opened).shown_by(|_| {}))).unwrap();
            let url = opened.lock().unwrap()[0].clone();
            assert_eq!(value(&url, "code_challenge_method").as_deref(), Some("S256"), "{}", driver.name());
            assert!(!url.contains("s3cret"), "{}", driver.name());
            let redeemed = bench.requests("/token").pop().unwrap();
            assert!(redeemed.form_value("code_verifier").is_some(), "{}", driver.name());
            bench.assert_clean();
        }
    });
    let guide = include_str!("../../../docs/howto/log-in-with-the-browser.md");
    assert!(guide.contains("Register the program as a public client (no secret"));
}

/// RFC 9700 sections 2.1.2 and 2.4: a person signs in by a code, and never by a token in a URL or a password in this program.
#[test]
fn q2_a_login_is_by_a_code() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, cli);
        let opened = Arc::default();
        let session = bench.session(bench.app("cli"));
        bench.run(session.login(browser(&bench.server, &opened).shown_by(|_| {}))).unwrap();
        let url = opened.lock().unwrap()[0].clone();
        assert_eq!(value(&url, "response_type").as_deref(), Some("code"), "{}", driver.name());
        assert_eq!(bench.server.grants(), ["authorization_code"], "{}", driver.name());
        let sent = bench.net.requests();
        let token = sent.iter().find(|it| (it.origin, it.path()) == (SERVER, "/token")).unwrap();
        assert!(token.form_value("password").is_none(), "{}", driver.name());
    });
}
