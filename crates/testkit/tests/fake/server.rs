//! Many connections, every byte, and an end.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use authwright_testkit::{Reply, TestClock};
use authwright_ureq::{Agent, Auth, Bearer};

use crate::client::{Connection, get, get_as, post, start};

#[test]
fn two_hundred_connections_at_once() {
    const CONNECTIONS: usize = 200;
    let server = start();
    server.tokens("/login");
    // Every request is held until all have come: they are in flight together, or this never ends.
    let barrier = Arc::new(Barrier::new(CONNECTIONS));
    server.on("GET /all").reply_with(move |_| {
        barrier.wait();
        Reply::ok("together")
    });
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let mut connection = Connection::open(&server);
                let login = connection.send("POST /login", &[], "");
                let token = login.body.split('"').nth(3).unwrap();
                let field = format!("Authorization: Bearer {token}");
                assert_eq!(connection.send("GET /all", &[&field], "").body, "together");
            });
        }
    });
    assert_eq!((server.count("/login"), server.count("/all")), (CONNECTIONS, CONNECTIONS));
    assert_eq!((server.issued(), server.connections()), (CONNECTIONS, CONNECTIONS));
}

#[test]
fn every_byte_is_kept() {
    let server = start();
    post(&server, "/a", "body");
    let mut stream = TcpStream::connect(server.url().strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(b"\x16\x03 no request").unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();

    let [request] = &server.requests()[..] else { panic!("one request") };
    assert_eq!(request.raw, b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
    assert_eq!(server.bytes(), [&request.raw[..], b"\x16\x03 no request"].concat());
}

#[test]
fn dropped_is_stopped_also_in_the_middle_of_a_reply() {
    let server = start();
    server.on("GET /late").delay(Duration::from_secs(60));
    let authority = server.url().strip_prefix("http://").unwrap().to_owned();
    let mut waits = TcpStream::connect(&authority).unwrap();
    waits.write_all(b"GET /late HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    while server.count("/late") == 0 {
        thread::yield_now();
    }
    let started = Instant::now();
    drop(server);
    assert!(started.elapsed() < Duration::from_secs(30));
    let mut answer = Vec::new();
    // Closed or reset: which of the two is up to the system.
    let _ = waits.read_to_end(&mut answer);
    assert!(answer.is_empty());
    assert!(TcpStream::connect(&authority).is_err());
}

#[test]
fn what_is_printed_has_neither_tokens_nor_requests() {
    let server = start();
    server.tokens("/login");
    post(&server, "/login", "password=canary");
    get(&server, "/orders");
    let printed = format!("{server:?} {:?}", server.tokens("/login"));
    assert!(printed.starts_with(r#"FakeServer { url: "http://127.0.0.1:"#), "{printed}");
    assert!(printed.contains("requests: 2, unexpected: 0, issued: 1"), "{printed}");
    assert!(!printed.contains("canary") && !printed.contains("token-1"), "{printed}");
}

/// As in a user's test: a client of Authwright, a clock, and a login by hand.
#[test]
fn a_client_logs_in_and_calls() {
    let (server, clock) = (start(), TestClock::new());
    server.tokens("/login").lifetime(Duration::from_secs(300)).expire_with(&clock);
    let agent = |token: &'static str| {
        let auth = Auth::new(server.url(), Bearer::new(token)).unwrap();
        let http = ureq::Agent::config_builder().proxy(None); // whatever proxy the environment names
        Agent::builder(auth).http(http).clock(clock.clone()).base_url(server.url()).build().unwrap()
    };
    post(&server, "/login", "");
    let api = agent("token-1");
    api.get("orders").call().unwrap();
    clock.advance(Duration::from_secs(300));
    let denied = api.get("orders").call().unwrap_err();
    assert!(denied.to_string().contains("401"), "{denied}");

    post(&server, "/login", "");
    assert_eq!(agent("token-2").get("orders").call().unwrap().body_mut().read_to_string().unwrap(), "{}");
    assert_eq!(get_as(&server, "/orders", "token-1").status, 401);
    assert_eq!((server.count("/login"), server.count("/orders")), (2, 4));
}
