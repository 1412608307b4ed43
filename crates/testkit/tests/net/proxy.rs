//! A place that is a proxy, seen from a bare socket.

use std::io::{Read, Write};
use std::net::TcpStream;

use authwright_testkit::{Host, Net, Place, Received, Reply};

fn net() -> Net {
    let script = |request: &Received| match request.origin {
        0 => Reply::passed_on(),
        _ => Reply::ok(&format!("{} {:?}", request.target, String::from_utf8_lossy(&request.body))),
    };
    Net::start(&[Place::http(Host::V4), Place::http(Host::V4)], script).unwrap()
}

/// Sends, says that this is all, and reads to the end.
fn ask(net: &Net, request: &str) -> String {
    let mut socket = TcpStream::connect(net.origin(0).trim_start_matches("http://")).unwrap();
    socket.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn passes_a_request_on_without_what_is_its_own() {
    let net = net();
    let to = net.url(1, "/a?b=c");
    let answer = ask(
        &net,
        &format!(
            "POST {to} HTTP/1.1\r\nHost: h\r\nX-Note: n\r\nProxy-Authorization: Basic eA==\r\nConnection: close\r\n\
             Content-Length: 2\r\n\r\nhi"
        ),
    );
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("/a?b=c \"hi\""), "{answer}");
    let requests = net.requests();
    assert_eq!(requests.iter().map(|request| request.origin).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(requests[0].header("proxy-authorization"), Some("Basic eA=="));
    assert_eq!(requests[1].header("proxy-authorization"), None);
    assert_eq!((requests[1].header("x-note"), requests[1].header("host")), (Some("n"), Some("h")));
}

#[test]
fn builds_a_tunnel_and_sees_nothing_of_what_is_in_it_but_bytes() {
    let net = net();
    let to = net.origin(1).trim_start_matches("http://");
    let through = "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let answer = ask(&net, &format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n\r\n{through}"));
    assert!(answer.starts_with("HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK"), "{answer}");
    assert!(answer.ends_with("/x \"\""), "{answer}");
    let methods: Vec<_> = net.requests().into_iter().map(|request| request.method).collect();
    assert_eq!(methods, ["CONNECT", "GET"]);
}

#[test]
fn asks_nobody_outside_this_machine() {
    let net = net();
    for target in ["http://192.0.2.1/", "https://127.0.0.1/", "/x"] {
        let answer = ask(&net, &format!("GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 502 "), "{target}: {answer}");
    }
    let answer = ask(&net, "CONNECT 192.0.2.1:443 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
}
