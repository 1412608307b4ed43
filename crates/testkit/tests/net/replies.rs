//! How the server answers, well and badly.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use authwright_testkit::Reply;

use crate::client::{connect, expect, get, rest, start, talk};

#[test]
fn sends_no_body_where_none_belongs() {
    let net = start(|request| match request.path() {
        "/204" => Reply::status(204).body("no"),
        "/304" => Reply::status(304).body("no"),
        _ => Reply::status(200).body("four"),
    });
    let mut stream = connect(&net);
    stream.write_all(b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    expect(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n");
    stream.write_all(&get("/204", "")).unwrap();
    expect(&mut stream, "HTTP/1.1 204 No Content\r\n\r\n");
    stream.write_all(&get("/304", "Connection: close\r\n")).unwrap();
    assert_eq!(rest(&mut stream), "HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n");
}

#[test]
fn sends_any_bytes_in_a_header_and_any_framing() {
    let net =
        start(|_| Reply::status(200).header("X-Raw", b"\xff\x00").header("Content-Length", "9").body("cut"));
    let mut stream = connect(&net);
    stream.write_all(&get("/", "")).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert_eq!(
        answer,
        b"HTTP/1.1 200 OK\r\nX-Raw: \xff\x00\r\nContent-Length: 9\r\nconnection: close\r\n\r\ncut"
    );
}

#[test]
fn sends_a_body_in_chunks() {
    let net = start(|_| Reply::status(200).body("12345").chunked());
    let answer = talk(&net, &get("/", "Connection: close\r\n"));
    assert!(answer.contains("\r\ntransfer-encoding: chunked\r\n"));
    assert!(answer.ends_with("\r\n\r\n3\r\n123\r\n2\r\n45\r\n0\r\n\r\n"), "{answer}");
    // HTTP/1.0 knows no chunks.
    assert!(
        talk(&net, b"GET / HTTP/1.0\r\n\r\n")
            .ends_with("content-length: 5\r\nconnection: close\r\n\r\n12345")
    );
}

#[test]
fn sends_a_huge_body() {
    let net = start(|_| Reply::status(200).huge(5_000_001));
    let answer = talk(&net, &get("/", "Connection: close\r\n"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-length: 5000001"));
    assert_eq!(body.len(), 5_000_001);
}

#[test]
fn breaks_off_in_the_body_or_before_the_head() {
    let net = start(|request| match request.path() {
        "/body" => Reply::status(200).body("12345678").close_mid_body(),
        "/chunk" => Reply::status(200).body("12345678").chunked().close_mid_body(),
        _ => Reply::ok("never").close_before_head(),
    });
    assert_eq!(talk(&net, &get("/body", "")), "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n1234");
    assert!(talk(&net, &get("/chunk", "")).ends_with("\r\n\r\n4\r\n1234\r\n"));
    assert_eq!(talk(&net, &get("/head", "")), "");
    assert_eq!(net.requests().len(), 3);
}

#[test]
fn answers_early_without_the_body() {
    let net = start(|_| Reply::ok(""));
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    net.set_script_on_head(move |request| {
        counter.fetch_add(1, Ordering::Relaxed);
        assert!(request.body.is_empty());
        if request.path() == "/early" {
            Reply::status(413).early()
        } else {
            Reply::ok("late").header("connection", "close")
        }
    });

    let mut stream = connect(&net);
    stream
        .write_all(b"POST /early HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        .unwrap();
    expect(&mut stream, "HTTP/1.1 413 Payload Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(b"body").unwrap();
    drop(stream);

    let late = talk(&net, b"POST /late HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
    assert!(late.ends_with("late"));
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    let [early, late] = &net.requests()[..] else { panic!("two requests") };
    assert!(!early.complete && early.body.is_empty());
    assert!(late.complete && late.body == b"body");
}

#[test]
fn delays_and_stops_delaying_when_dropped() {
    let net = start(|request| match request.path() {
        "/long" => Reply::ok("").delay(Duration::from_secs(60)),
        _ => Reply::ok("").delay(Duration::from_millis(20)).header("connection", "close"),
    });
    let asked = Instant::now();
    talk(&net, &get("/short", ""));
    assert!(asked.elapsed() >= Duration::from_millis(20));

    let idle = connect(&net);
    let mut stream = connect(&net);
    stream.write_all(&get("/long", "")).unwrap();
    while net.requests().len() < 2 {
        std::thread::yield_now();
    }
    let dropped = Instant::now();
    drop(net);
    assert!(dropped.elapsed() < Duration::from_millis(500), "{:?}", dropped.elapsed());
    assert_eq!(rest(&mut stream), "");
    drop(idle);
}

#[test]
fn survives_a_script_that_panics() {
    let net = start(|request| if request.path() == "/" { panic!("on purpose") } else { Reply::ok("well") });
    assert_eq!(talk(&net, &get("/", "")), "");
    assert!(talk(&net, &get("/again", "Connection: close\r\n")).ends_with("well"));
}
