//! What the server makes of requests and connections.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use authwright_testkit::{Host, Net, Place, Received, Reply};

use crate::client::{connect, expect, get, rest, start, talk};

/// Two chunks with an extension and a trailer, after a head.
const CHUNKED: &[u8] = b"POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\n";

#[test]
fn keeps_a_connection_for_the_next_request() {
    let net = start(|request| Reply::status(200).body(request.path()));
    let mut stream = connect(&net);
    stream.write_all(&get("/one", "X-Key: a\r\n")).unwrap();
    expect(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n/one");
    stream.write_all(&get("/two", "Connection: close\r\n")).unwrap();
    assert_eq!(rest(&mut stream), "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\n/two");

    assert_eq!(net.connections(0), 1);
    let requests = net.requests();
    assert_eq!(requests.iter().map(Received::path).collect::<Vec<_>>(), ["/one", "/two"]);
    assert_eq!(requests[0].raw, get("/one", "X-Key: a\r\n"));
    assert_eq!(requests[0].header("X-KEY"), Some("a"));
    assert_eq!(net.bytes(0), [requests[0].raw.clone(), requests[1].raw.clone()].concat());
}

#[test]
fn answers_pipelined_requests_in_turn() {
    let net = start(|request| Reply::status(200).body(request.body.clone()));
    let answer = talk(&net, &[CHUNKED, &get("/", "Connection: close\r\n")].concat());
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabcdeHTTP/1.1 200 OK\r\n"),
        "{answer}"
    );
}

#[test]
fn records_a_chunked_body() {
    let net = start(|_| Reply::status(200).header("Connection", "close"));
    talk(&net, CHUNKED);
    let [request] = &net.take()[..] else { panic!("one request") };
    assert_eq!(request.body, b"abcde");
    assert_eq!(request.raw, CHUNKED);
    assert!(request.complete && request.contains(b"Trailer: t"));
    assert!(net.requests().is_empty() && net.bytes(0).is_empty());
}

#[test]
fn records_a_body_that_breaks_off() {
    let net = start(|_| Reply::ok(""));
    let bytes = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf";
    let mut stream = connect(&net);
    stream.write_all(bytes).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(rest(&mut stream), "");
    let [request] = &net.requests()[..] else { panic!("one request") };
    assert!(!request.complete);
    assert_eq!((&request.body[..], &request.raw[..]), (&b"half"[..], &bytes[..]));
}

#[test]
fn says_continue_when_asked_to() {
    let net = start(|request| Reply::status(200).body(request.body.clone()));
    let mut stream = connect(&net);
    stream
        .write_all(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        .unwrap();
    expect(&mut stream, "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"ok").unwrap();
    expect(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
}

#[test]
fn refuses_what_is_no_request_but_keeps_its_bytes() {
    let net = start(|_| Reply::ok(""));
    let bad = b"GET / HTTP/1.1\r\nHost: h\r\nBad Name: secret\r\n\r\n";
    assert!(talk(&net, bad).starts_with("HTTP/1.1 400 Bad Request\r\n"));
    assert_eq!(net.bytes(0), bad);
    assert!(net.requests().is_empty());

    let large = get("/", &format!("X: {}\r\n", "x".repeat(70_000)));
    assert!(talk(&net, &large).starts_with("HTTP/1.1 400 "));
    assert!(net.requests().is_empty());

    let chunk = b"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n";
    assert!(talk(&net, chunk).starts_with("HTTP/1.1 400 "));
    assert!(!net.requests()[0].complete);
}

#[test]
fn a_new_script_forgets_the_past() {
    let net = start(|_| Reply::ok("old"));
    let mut stream = connect(&net);
    stream.write_all(&get("/old", "")).unwrap();
    let mut first = [0; 512];
    assert!(stream.read(&mut first).unwrap() > 0);
    net.set_script(|_| Reply::status(201).header("connection", "close"));
    assert!(net.requests().is_empty() && net.bytes(0).is_empty());
    stream.write_all(&get("/new", "")).unwrap();
    assert!(
        rest(&mut stream).ends_with("HTTP/1.1 201 Created\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
    );
    assert_eq!(net.requests()[0].path(), "/new");
    assert_eq!(net.connections(0), 1);
}

#[test]
fn every_host_is_an_origin_of_its_own() {
    let mut places = vec![Place::http(Host::V4), Place::http(Host::V4), Place::http(Host::Localhost)];
    // Not every machine has these two addresses.
    places.extend(
        [Host::V4Second, Host::V6]
            .map(Place::http)
            .into_iter()
            .filter(|place| Net::start(&[*place], |_| Reply::ok("")).is_ok()),
    );
    let net = Net::start(&places, |request| Reply::status(200).body(request.origin.to_string())).unwrap();
    for index in 0..places.len() {
        let mut stream = TcpStream::connect(net.origin(index).strip_prefix("http://").unwrap()).unwrap();
        stream.write_all(&get("/", "Connection: close\r\n")).unwrap();
        assert!(rest(&mut stream).ends_with(&format!("\r\n\r\n{index}")));
        assert_eq!(net.connections(index), 1);
        assert!(!net.bytes(index).is_empty());
    }
    assert_eq!(net.url(2, "/x"), format!("{}/x", net.origin(2)));
    assert!(net.origin(2).starts_with("http://localhost:"));
    assert!(net.ca_pem().is_none() && net.ca_der().is_none());
}

#[test]
fn thousands_of_connections_leave_nothing_behind() {
    let net = start(|_| Reply::ok(""));
    let threads = (0..4).map(|_| {
        let origin = net.origin(0).to_owned();
        std::thread::spawn(move || {
            for _ in 0..500 {
                let mut stream = TcpStream::connect(origin.strip_prefix("http://").unwrap()).unwrap();
                stream.write_all(&get("/", "Connection: close\r\n")).unwrap();
                assert!(rest(&mut stream).starts_with("HTTP/1.1 200 OK"));
            }
        })
    });
    threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(net.connections(0), 2_000);
    assert_eq!(net.requests().len(), 2_000);
    let dropped = Instant::now();
    drop(net);
    assert!(dropped.elapsed() < Duration::from_millis(500), "{:?}", dropped.elapsed());
}
