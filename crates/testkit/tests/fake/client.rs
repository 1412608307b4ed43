//! A client that is nothing but a socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use authwright_testkit::FakeServer;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// A connection that is kept for the next request.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) fn open(server: &FakeServer) -> Self {
        let stream = TcpStream::connect(server.url().strip_prefix("http://").unwrap()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self(BufReader::new(stream))
    }

    /// Sends a request with these lines in its head. The answer must announce its length.
    pub(crate) fn send(&mut self, line: &str, fields: &[&str], body: &str) -> Answer {
        let mut head = format!("{line} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n", body.len());
        for field in fields {
            head.extend([field, "\r\n"]);
        }
        self.0.get_mut().write_all(format!("{head}\r\n{body}").as_bytes()).unwrap();
        self.read()
    }

    fn read(&mut self) -> Answer {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(self.0.read_line(&mut head).unwrap(), 0, "closed after {head:?}");
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        self.0.read_exact(&mut body).unwrap();
        Answer { status: head[9..12].parse().unwrap(), body: String::from_utf8(body).unwrap(), head }
    }
}

pub(crate) fn start() -> FakeServer {
    FakeServer::start().unwrap()
}

pub(crate) fn get(server: &FakeServer, path: &str) -> Answer {
    Connection::open(server).send(&format!("GET {path}"), &[], "")
}

pub(crate) fn get_as(server: &FakeServer, path: &str, token: &str) -> Answer {
    Connection::open(server).send(&format!("GET {path}"), &[&format!("Authorization: Bearer {token}")], "")
}

pub(crate) fn post(server: &FakeServer, path: &str, body: &str) -> Answer {
    Connection::open(server).send(&format!("POST {path}"), &[], body)
}
