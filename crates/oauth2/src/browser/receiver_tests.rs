use std::sync::{Arc, atomic::AtomicBool};

use secrecy::ExposeSecret;

use super::*;
use crate::browser::limit::CancelGuard;

const ANSWER: &str = "code=s3cret&state=st4te";
/// Longer than any test takes: a test that waits for this fails.
const LONG: Duration = Duration::from_secs(60);

/// A receiver at work, whose address begins here.
struct Sitting {
    port: u16,
    path: String,
    addresses: Vec<SocketAddr>,
    guard: CancelGuard,
    work: thread::JoinHandle<Result<SecretString, Error>>,
}

impl Sitting {
    fn begin(host: Host, time_limit: Duration) -> Self {
        Self::with(Receiver::bind(host, 0, "/callback/x7".into()).unwrap(), time_limit)
    }

    fn with(receiver: Receiver, time_limit: Duration) -> Self {
        let addresses: Vec<_> =
            receiver.listeners.iter().map(|listener| listener.local_addr().unwrap()).collect();
        let cancelled = Arc::new(AtomicBool::new(false));
        let guard = CancelGuard::new(&cancelled);
        let path = receiver.place.path.clone();
        let work = thread::spawn(move || {
            receiver.receive(&|query| !query.contains("state=other"), &Limit::start(time_limit, cancelled))
        });
        Self { port: addresses[0].port(), path, addresses, guard, work }
    }

    fn connect(&self) -> TcpStream {
        connect(self.addresses[0])
    }

    /// Sends it, and gives the status and all else that comes back.
    fn ask(&self, request: &str) -> (u16, String) {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        answer(stream)
    }

    fn get(&self, target: &str) -> (u16, String) {
        self.ask(&format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", self.port))
    }

    /// The answer that is waited for comes, and is still heard.
    fn finish(self) {
        let (status, page) = self.get(&format!("{}?{ANSWER}", self.path));
        assert_eq!(status, 200);
        assert!(page.contains("<h1>Thank you</h1>"), "{page}");
        assert_eq!(self.work.join().unwrap().unwrap().expose_secret(), ANSWER);
        assert_closed(&self.addresses);
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

fn answer(mut stream: TcpStream) -> (u16, String) {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    (text.split(' ').nth(1).unwrap().parse().unwrap(), text)
}

fn assert_closed(addresses: &[SocketAddr]) {
    for address in addresses {
        assert_eq!(
            TcpStream::connect(address).unwrap_err().kind(),
            ErrorKind::ConnectionRefused,
            "{address}"
        );
    }
}

#[test]
fn g3_one_answer_is_received_and_then_nobody_listens() {
    let sitting = Sitting::begin(Host::Address, LONG);
    sitting.finish();
}

#[test]
fn an_error_is_an_answer_with_a_page_of_its_own() {
    let sitting = Sitting::begin(Host::Address, LONG);
    let query = "error=access_denied&error_description=%3Cscript%3E&state=st4te";
    let (status, page) = sitting.get(&format!("/callback/x7?{query}"));
    assert_eq!(status, 200);
    assert!(page.contains("<h1>You are not signed in</h1>") && !page.contains("script"), "{page}");
    assert_eq!(sitting.work.join().unwrap().unwrap().expose_secret(), query);
}

#[test]
fn g3_what_is_no_answer_is_told_so_and_waiting_goes_on() {
    let sitting = Sitting::begin(Host::Address, LONG);
    let port = sitting.port;
    let target = format!("/callback/x7?{ANSWER}");
    for (expected, request) in [
        (404, "GET /favicon.ico HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n".to_owned()),
        (404, "GET /callback/x7 HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n".into()),
        (404, "GET /callback/x7?code=s3cret&state=other HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n".into()),
        (404, "GET /callback/x7?code=s3cret HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n".into()),
        (404, format!("GET {target} HTTP/1.1\r\nHost: evil.example:PORT\r\n\r\n")),
        (404, format!("GET {target} HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n")),
        (404, format!("POST {target} HTTP/1.1\r\nHost: evil.example\r\n\r\n")),
        (405, format!("POST {target} HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Length: 2\r\n\r\nab")),
        (400, format!("GET http://127.0.0.1:PORT{target} HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n")),
        (400, format!("GET {target} HTTP/1.0\r\n\r\n")),
        (400, format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nHost: evil.example\r\n\r\n")),
        (400, "\u{16}\u{3}\u{1}\r\n\r\n".into()),
    ] {
        let (status, page) = sitting.ask(&request.replace("PORT", &port.to_string()));
        assert_eq!(status, expected, "{request}");
        assert!(!page.contains("s3cret") && !page.contains("evil"), "{page}");
    }
    sitting.finish();
}

/// RFC 8252 section 8.10.
#[test]
fn g4_an_answer_to_the_uri_of_another_flow_is_not_heard() {
    let ours = Sitting::begin(Host::Address, LONG);
    let other = Receiver::bind(Host::Address, 0, "/callback/y8".into()).unwrap();
    let other = Sitting::with(other, LONG);
    assert_eq!(ours.get(&format!("/callback/y8?{ANSWER}")).0, 404);
    assert_eq!(other.get(&format!("/callback/x7?{ANSWER}")).0, 404);
    ours.finish();
    other.finish();
}

#[test]
fn g3_a_huge_head_is_refused_and_waiting_goes_on() {
    let sitting = Sitting::begin(Host::Address, LONG);
    let target = format!("/callback/x7?{ANSWER}");
    let cookie = "x".repeat(3 * request::LONGEST);
    let head =
        format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nCookie: {cookie}\r\n\r\n", sitting.port);
    let (status, page) = sitting.ask(&head);
    assert_eq!(status, 431);
    assert!(page.contains("private window"), "{page}");
    sitting.finish();
}

/// Else the system resets the connection, and some browsers show that instead of the page.
#[test]
fn who_is_still_sending_gets_its_page() {
    let sitting = Sitting::begin(Host::Address, LONG);
    let mut stream = sitting.connect();
    stream.write_all(&[b'x'; request::LONGEST]).unwrap();
    let mut page = Vec::new();
    stream.read_to_end(&mut page).unwrap();
    assert!(page.starts_with(b"HTTP/1.1 431 "));
    for _ in 0..100 {
        stream.write_all(b"x").unwrap();
    }
    sitting.finish();
}

#[test]
fn g3_silent_and_slow_connections_hold_up_nobody() {
    let sitting = Sitting::begin(Host::Address, LONG);
    let silent: Vec<_> = (0..2 * CONNECTIONS).map(|_| sitting.connect()).collect();
    let mut slow = sitting.connect();
    slow.write_all(b"GET /callback/x7?code=").unwrap();
    assert_eq!(sitting.get("/favicon.ico").0, 404);
    // In parts, and still one head.
    slow.write_all(b"s3cret&state=st4te HTTP/1.1\r\nHost: 127.0.0.1").unwrap();
    assert_eq!(sitting.get("/favicon.ico").0, 404);
    let port = sitting.port;
    slow.write_all(format!(":{port}\r\n\r\n").as_bytes()).unwrap();
    assert_eq!(answer(slow).0, 200);
    assert_eq!(sitting.work.join().unwrap().unwrap().expose_secret(), ANSWER);
    assert_closed(&sitting.addresses);
    drop(silent);
}

#[test]
fn g3_a_connection_that_takes_too_long_is_closed() {
    let mut receiver = Receiver::bind(Host::Address, 0, "/callback/x7".into()).unwrap();
    receiver.patience = Duration::from_millis(20);
    let sitting = Sitting::with(receiver, LONG);
    let mut slow = sitting.connect();
    slow.write_all(b"GET /callback/x7?code=").unwrap();
    let mut rest = Vec::new();
    // Closed with or without a reset: nothing comes.
    let _ = slow.read_to_end(&mut rest);
    assert_eq!(rest, b"");
    sitting.finish();
}

#[test]
fn both_families_are_heard_where_the_machine_has_them() {
    for (index, host) in [(0, "127.0.0.1"), (1, "[::1]")] {
        let sitting = Sitting::begin(Host::Address, LONG);
        let Some(address) = sitting.addresses.get(index).copied() else {
            assert!(TcpListener::bind("[::1]:0").is_err(), "IPv6 is there and was not bound");
            return;
        };
        assert!(address.ip().is_loopback());
        assert_eq!(address.port(), sitting.port);
        let mut stream = connect(address);
        let port = sitting.port;
        let request = format!("GET /callback/x7?{ANSWER} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        assert_eq!(answer(stream).0, 200);
        assert_eq!(sitting.work.join().unwrap().unwrap().expose_secret(), ANSWER);
    }
}

#[test]
fn localhost_is_heard_where_it_is_what_the_server_was_told() {
    let receiver = Receiver::bind(Host::Localhost, 0, String::new()).unwrap();
    let port = receiver.listeners[0].local_addr().unwrap().port();
    assert_eq!(receiver.redirect_uri(), format!("http://localhost:{port}"));
    let sitting = Sitting::with(receiver, LONG);
    assert_eq!(sitting.get(&format!("/?{ANSWER}")).0, 404);
    for address in &sitting.addresses {
        let mut stream = connect(*address);
        stream.write_all(format!("GET / HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n").as_bytes()).unwrap();
        assert_eq!(answer(stream).0, 404);
    }
    let request = format!("GET /?{ANSWER} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
    assert_eq!(sitting.ask(&request).0, 200);
    assert_eq!(sitting.work.join().unwrap().unwrap().expose_secret(), ANSWER);
}

#[test]
fn a_host_may_be_without_its_port_where_that_is_80() {
    let addresses =
        |port| [SocketAddr::from((Ipv4Addr::LOCALHOST, port)), (Ipv6Addr::LOCALHOST, port).into()];
    let found = |host, port| hosts(host, &addresses(port));
    assert_eq!(found(Host::Address, 80), ["127.0.0.1:80", "[::1]:80", "127.0.0.1", "[::1]"]);
    assert_eq!(found(Host::Address, 8080), ["127.0.0.1:8080", "[::1]:8080"]);
    assert_eq!(found(Host::Localhost, 80), ["localhost:80", "localhost"]);
    assert_eq!(found(Host::Localhost, 8080), ["localhost:8080"]);
}

#[test]
fn g3_a_flow_that_is_dropped_closes_the_listener() {
    let sitting = Sitting::begin(Host::Address, LONG);
    let _silent = sitting.connect();
    let started = Instant::now();
    drop(sitting.guard);
    let error = sitting.work.join().unwrap().unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert!(error.to_string().contains("given up"), "{error}");
    assert_closed(&sitting.addresses);
}

#[test]
fn g3_the_listener_closes_at_its_time_limit() {
    let sitting = Sitting::begin(Host::Address, Duration::from_millis(20));
    let error = sitting.work.join().unwrap().unwrap_err();
    assert!(error.to_string().starts_with("nobody signed in within 0.02 s"), "{error}");
    assert!(error.is_login_required() && !error.is_transient());
    assert_closed(&sitting.addresses);
}

#[test]
fn a_port_that_is_taken_is_named_with_what_to_do() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(taken) = TcpListener::bind(address) else { continue };
        let port = taken.local_addr().unwrap().port();
        let error = Receiver::bind(Host::Address, port, "/".into()).err().unwrap();
        assert_eq!(error.fault(), Fault::Caller);
        assert_eq!(
            error.to_string(),
            format!(
                "port {port} of this machine is taken by another program, so no browser can answer there; end that \
                 program, or choose another .port(..) that is registered with the server"
            )
        );
    }
}

/// What the system itself says is listened to.
#[cfg(target_os = "linux")]
#[test]
fn g3_only_loopback_is_listened_to_and_only_meanwhile() {
    let listened = |port: u16| -> Vec<String> {
        let tables = ["/proc/net/tcp", "/proc/net/tcp6"]
            .map(|table| std::fs::read_to_string(table).unwrap_or_default());
        let mut found = Vec::new();
        for line in tables.iter().flat_map(|table| table.lines().skip(1)) {
            let fields: Vec<_> = line.split_whitespace().collect();
            let (address, its_port) = fields[1].split_once(':').unwrap();
            // 0A: LISTEN.
            if fields[3] == "0A" && its_port == format!("{port:04X}") {
                found.push(address.to_owned());
            }
        }
        found
    };
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_eq!(listened(free), [""; 0]);
    let receiver = Receiver::bind(Host::Address, free, "/".into()).unwrap();
    let both = ["0100007F", "00000000000000000000000001000000"];
    assert_eq!(listened(free), both[..receiver.listeners.len()]);
    let sitting = Sitting::with(receiver, LONG);
    sitting.finish();
    assert_eq!(listened(free), [""; 0]);
}
