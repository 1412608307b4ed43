//! The scripted server over plain TCP, seen from a bare socket.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use authwright_testkit::{Host, Net, Place, Received, Reply};

/// Two chunks with an extension and a trailer, after a head.
const CHUNKED: &[u8] = b"POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\n";

fn start(script: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Net {
    Net::start(&[Place::http(Host::V4)], script).unwrap()
}

fn connect(net: &Net) -> TcpStream {
    let stream = TcpStream::connect(net.origin(0).strip_prefix("http://").unwrap()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    stream
}

/// Sends bytes on a connection of their own and returns all that comes back until the server closes.
fn talk(net: &Net, bytes: &[u8]) -> String {
    let mut stream = connect(net);
    stream.write_all(bytes).unwrap();
    rest(&mut stream)
}

fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

/// Reads exactly this answer and leaves the connection as it is.
#[track_caller]
fn expect(stream: &mut TcpStream, answer: &str) {
    let mut bytes = vec![0; answer.len()];
    stream.read_exact(&mut bytes).unwrap();
    assert_eq!(String::from_utf8_lossy(&bytes), answer);
}

fn get(path: &str, more: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: h\r\n{more}\r\n").into_bytes()
}

#[test]
fn keeps_a_connection_for_the_next_request() {
    let net = start(|request| Reply::status(200).body(request.path()));
    let mut stream = connect(&net);
    stream.write_all(&get("/one", "X-Key: a\r\n")).unwrap();
    expect(
        &mut stream,
        "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n/one",
    );
    stream
        .write_all(&get("/two", "Connection: close\r\n"))
        .unwrap();
    assert_eq!(
        rest(&mut stream),
        "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\n/two"
    );

    assert_eq!(net.connections(0), 1);
    let requests = net.requests();
    assert_eq!(
        requests.iter().map(Received::path).collect::<Vec<_>>(),
        ["/one", "/two"]
    );
    assert_eq!(requests[0].raw, get("/one", "X-Key: a\r\n"));
    assert_eq!(requests[0].header("X-KEY"), Some("a"));
    assert_eq!(
        net.bytes(0),
        [requests[0].raw.clone(), requests[1].raw.clone()].concat()
    );
}

#[test]
fn answers_pipelined_requests_in_turn() {
    let net = start(|request| Reply::status(200).body(request.body.clone()));
    let answer = talk(
        &net,
        &[CHUNKED, &get("/", "Connection: close\r\n")].concat(),
    );
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabcdeHTTP/1.1 200 OK\r\n"),
        "{answer}"
    );
}

#[test]
fn records_a_chunked_body() {
    let net = start(|_| Reply::status(200).header("Connection", "close"));
    talk(&net, CHUNKED);
    let [request] = &net.take()[..] else {
        panic!("one request")
    };
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
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(rest(&mut stream), "");
    let [request] = &net.requests()[..] else {
        panic!("one request")
    };
    assert!(!request.complete);
    assert_eq!(
        (&request.body[..], &request.raw[..]),
        (&b"half"[..], &bytes[..])
    );
}

#[test]
fn sends_no_body_where_none_belongs() {
    let net = start(|request| match request.path() {
        "/204" => Reply::status(204).body("no"),
        "/304" => Reply::status(304).body("no"),
        _ => Reply::status(200).body("four"),
    });
    let mut stream = connect(&net);
    stream
        .write_all(b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
        .unwrap();
    expect(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n");
    stream.write_all(&get("/204", "")).unwrap();
    expect(&mut stream, "HTTP/1.1 204 No Content\r\n\r\n");
    stream
        .write_all(&get("/304", "Connection: close\r\n"))
        .unwrap();
    assert_eq!(
        rest(&mut stream),
        "HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n"
    );
}

#[test]
fn says_continue_when_asked_to() {
    let net = start(|request| Reply::status(200).body(request.body.clone()));
    let mut stream = connect(&net);
    stream
        .write_all(
            b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
        )
        .unwrap();
    expect(&mut stream, "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"ok").unwrap();
    expect(
        &mut stream,
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
    );
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
        rest(&mut stream)
            .ends_with("HTTP/1.1 201 Created\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
    );
    assert_eq!(net.requests()[0].path(), "/new");
    assert_eq!(net.connections(0), 1);
}

#[test]
fn sends_any_bytes_in_a_header_and_any_framing() {
    let net = start(|_| {
        Reply::status(200)
            .header("X-Raw", b"\xff\x00")
            .header("Content-Length", "9")
            .body("cut")
    });
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
    assert!(
        answer.ends_with("\r\n\r\n3\r\n123\r\n2\r\n45\r\n0\r\n\r\n"),
        "{answer}"
    );
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
        "/chunk" => Reply::status(200)
            .body("12345678")
            .chunked()
            .close_mid_body(),
        _ => Reply::ok("never").close_before_head(),
    });
    assert_eq!(
        talk(&net, &get("/body", "")),
        "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n1234"
    );
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
        .write_all(
            b"POST /early HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n",
        )
        .unwrap();
    expect(
        &mut stream,
        "HTTP/1.1 413 Payload Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    );
    stream.write_all(b"body").unwrap();
    drop(stream);

    let late = talk(
        &net,
        b"POST /late HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody",
    );
    assert!(late.ends_with("late"));
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    let [early, late] = &net.requests()[..] else {
        panic!("two requests")
    };
    assert!(!early.complete && early.body.is_empty());
    assert!(late.complete && late.body == b"body");
}

#[test]
fn delays_and_stops_delaying_when_dropped() {
    let net = start(|request| match request.path() {
        "/long" => Reply::ok("").delay(Duration::from_secs(60)),
        _ => Reply::ok("")
            .delay(Duration::from_millis(20))
            .header("connection", "close"),
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
    assert!(
        dropped.elapsed() < Duration::from_millis(500),
        "{:?}",
        dropped.elapsed()
    );
    assert_eq!(rest(&mut stream), "");
    drop(idle);
}

#[test]
fn survives_a_script_that_panics() {
    let net = start(|request| {
        if request.path() == "/" {
            panic!("on purpose")
        } else {
            Reply::ok("well")
        }
    });
    assert_eq!(talk(&net, &get("/", "")), "");
    assert!(talk(&net, &get("/again", "Connection: close\r\n")).ends_with("well"));
}

#[test]
fn every_host_is_an_origin_of_its_own() {
    let mut places = vec![
        Place::http(Host::V4),
        Place::http(Host::V4),
        Place::http(Host::Localhost),
    ];
    // Not every machine has these two addresses.
    places.extend(
        [Host::V4Second, Host::V6]
            .map(Place::http)
            .into_iter()
            .filter(|place| Net::start(&[*place], |_| Reply::ok("")).is_ok()),
    );
    let net = Net::start(&places, |request| {
        Reply::status(200).body(request.origin.to_string())
    })
    .unwrap();
    for index in 0..places.len() {
        let mut stream =
            TcpStream::connect(net.origin(index).strip_prefix("http://").unwrap()).unwrap();
        stream
            .write_all(&get("/", "Connection: close\r\n"))
            .unwrap();
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
                let mut stream =
                    TcpStream::connect(origin.strip_prefix("http://").unwrap()).unwrap();
                stream
                    .write_all(&get("/", "Connection: close\r\n"))
                    .unwrap();
                assert!(rest(&mut stream).starts_with("HTTP/1.1 200 OK"));
            }
        })
    });
    threads
        .collect::<Vec<_>>()
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    assert_eq!(net.connections(0), 2_000);
    assert_eq!(net.requests().len(), 2_000);
    let dropped = Instant::now();
    drop(net);
    assert!(
        dropped.elapsed() < Duration::from_millis(500),
        "{:?}",
        dropped.elapsed()
    );
}
