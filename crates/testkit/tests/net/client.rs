//! A client that is nothing but a socket.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use authwright_testkit::{Host, Net, Place, Received, Reply};

pub(crate) fn start(script: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Net {
    Net::start(&[Place::http(Host::V4)], script).unwrap()
}

pub(crate) fn connect(net: &Net) -> TcpStream {
    let stream = TcpStream::connect(net.origin(0).strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// Sends bytes on a connection of their own and returns all that comes back until the server closes.
pub(crate) fn talk(net: &Net, bytes: &[u8]) -> String {
    let mut stream = connect(net);
    stream.write_all(bytes).unwrap();
    rest(&mut stream)
}

pub(crate) fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

/// Reads exactly this answer and leaves the connection as it is.
#[track_caller]
pub(crate) fn expect(stream: &mut TcpStream, answer: &str) {
    let mut bytes = vec![0; answer.len()];
    stream.read_exact(&mut bytes).unwrap();
    assert_eq!(String::from_utf8_lossy(&bytes), answer);
}

pub(crate) fn get(path: &str, more: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: h\r\n{more}\r\n").into_bytes()
}
