//! Receives the answer to an authorization request on the loopback interface (RFC 8252 section 7.3), and nothing else.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use authwright_core::{Error, Fault};
use secrecy::SecretString;

use super::{
    limit::Limit,
    page::Page,
    query::Outcome,
    request::{self, Heard, Place, Verdict},
};

/// How often the sockets are looked at.
const PAUSE: Duration = Duration::from_millis(10);
/// How long a connection may take to say what it wants, and afterwards to take its answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many connections are heard at once. Browsers open some that stay silent.
const CONNECTIONS: usize = 8;
/// How many free ports of IPv4 are tried until one is free for IPv6 too.
const ATTEMPTS: usize = 16;

/// A listener that has been bound and waits for one answer.
pub(crate) struct Receiver {
    listeners: Vec<TcpListener>,
    redirect_uri: String,
    place: Place,
    patience: Duration,
}

/// What the redirect URI calls this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// Its address, which no resolver and no hosts file can lead elsewhere (RFC 8252 section 8.3).
    Address,
    /// `localhost`, for servers that take nothing else.
    Localhost,
}

impl Receiver {
    /// Opens the sockets; port 0 is a free one. The path is checked by the caller.
    pub(crate) fn bind(host: Host, port: u16, path: String) -> Result<Self, Error> {
        let (listeners, addresses) = listen(port)?;
        let hosts = hosts(host, &addresses);
        let redirect_uri = format!("http://{}{path}", hosts[0]);
        // Browsers ask for `/` where a URL has no path.
        let path = if path.is_empty() { "/".into() } else { path };
        Ok(Self { listeners, redirect_uri, place: Place { hosts, path }, patience: PATIENCE })
    }

    pub(crate) fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Waits for the answer and gives its query. Blocks, at most for the time of the limit. When it returns, nobody
    /// listens any more.
    pub(crate) fn receive(
        self,
        is_wanted: &dyn Fn(&str) -> bool,
        limit: &Limit,
    ) -> Result<SecretString, Error> {
        let mut open = Vec::new();
        loop {
            limit.check("with Browser::pasted() where the browser runs on another machine")?;
            for listener in &self.listeners {
                admit(listener, &mut open);
                if let Some(query) = self.serve(is_wanted, &mut open) {
                    return Ok(query);
                }
            }
            // std can neither accept with a timeout nor wake who accepts, so sockets that never block are looked at now
            // and then. It costs next to nothing, and ends as promptly as it looks.
            thread::sleep(PAUSE);
        }
    }

    /// Goes once over all connections.
    fn serve(&self, is_wanted: &dyn Fn(&str) -> bool, open: &mut Vec<Connection>) -> Option<SecretString> {
        let mut found = None;
        open.retain_mut(|connection| {
            if found.is_some() {
                return false;
            }
            match connection.go_on(&self.place, is_wanted) {
                Progress::Waiting => connection.since.elapsed() < self.patience,
                Progress::Over => false,
                Progress::Callback(query) => {
                    found = Some(query);
                    false
                }
            }
        });
        found
    }
}

/// How the listener is addressed, that of the redirect URI first.
fn hosts(host: Host, addresses: &[SocketAddr]) -> Vec<String> {
    let mut hosts: Vec<String> = match host {
        Host::Address => addresses.iter().map(SocketAddr::to_string).collect(),
        Host::Localhost => addresses.iter().take(1).map(|one| format!("localhost:{}", one.port())).collect(),
    };
    // Browsers leave out the port that is the scheme's own.
    let without: Vec<_> = hosts.iter().filter_map(|host| host.strip_suffix(":80")).map(Into::into).collect();
    hosts.extend(without);
    hosts
}

/// The sockets with their addresses: of IPv4, of IPv6, or, as nearly everywhere, of both. A browser that is sent to
/// `localhost` may try either first.
fn listen(port: u16) -> Result<(Vec<TcpListener>, Vec<SocketAddr>), Error> {
    let refused = |error: &io::Error| match error.kind() {
        ErrorKind::AddrInUse if port != 0 => format!(
            "port {port} of this machine is taken by another program, so no browser can answer there; end that program, \
             or choose another .port(..) that is registered with the server"
        ),
        kind => format!("cannot listen for the browser on this machine: {kind}"),
    };
    let mut last = None;
    for _ in 0..ATTEMPTS {
        let four = socket(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let same = four.as_ref().map_or(port, |(_, address)| address.port());
        let six = socket(SocketAddr::from((Ipv6Addr::LOCALHOST, same)));
        match (four, six) {
            // Half a port is none: the other half is somebody else's, and the browser could go there.
            (Err(error), Ok(_)) | (Ok(_), Err(error)) if error.kind() == ErrorKind::AddrInUse => {
                last = Some(refused(&error));
            }
            (Ok(four), Ok(six)) => return Ok([four, six].into_iter().unzip()),
            (Ok(one), Err(_)) | (Err(_), Ok(one)) => return Ok([one].into_iter().unzip()),
            (Err(error), Err(_)) => last = Some(refused(&error)),
        }
        if port != 0 {
            break;
        }
    }
    Err(Error::new(Fault::Caller, last.unwrap_or_default()))
}

fn socket(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Takes in who has come. The oldest makes room: a browser that has something to say has said it by then.
fn admit(listener: &TcpListener, open: &mut Vec<Connection>) {
    for _ in 0..CONNECTIONS {
        // What ends one connection before it begins does not end the listening.
        let Ok((stream, _)) = listener.accept() else { return };
        // On some systems it is inherited from the listener, on others not.
        if stream.set_nonblocking(true).is_err() {
            continue;
        }
        if open.len() == CONNECTIONS {
            open.remove(0);
        }
        open.push(Connection { stream, since: Instant::now(), head: Vec::new(), is_answered: false });
    }
}

struct Connection {
    stream: TcpStream,
    since: Instant,
    head: Vec<u8>,
    is_answered: bool,
}

enum Progress {
    Waiting,
    Over,
    Callback(SecretString),
}

impl Connection {
    /// Reads what is there, once, so that no connection keeps the others waiting.
    fn go_on(&mut self, place: &Place, is_wanted: &dyn Fn(&str) -> bool) -> Progress {
        let mut chunk = [0; 4096];
        let read = match self.stream.read(&mut chunk) {
            Ok(0) => return Progress::Over,
            Ok(read) => read,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                return Progress::Waiting;
            }
            Err(_) => return Progress::Over,
        };
        // Closing on what has not been read would take the answer away from the other side, so the rest is swallowed.
        if self.is_answered {
            return Progress::Waiting;
        }
        self.head.extend_from_slice(&chunk[..read]);
        let (page, callback) = match request::read(&self.head) {
            Heard::Part => return Progress::Waiting,
            Heard::TooLong => (Page::TooLong, None),
            Heard::Malformed => (Page::Malformed, None),
            Heard::Head(head) => match place.judge(&head) {
                Verdict::Callback(query, _) if !is_wanted(query) => (Page::Another, None),
                Verdict::Callback(query, Outcome::Granted) => (Page::Thanks, Some(query)),
                Verdict::Callback(query, Outcome::Refused) => (Page::Refused, Some(query)),
                Verdict::NotFound => (Page::NotFound, None),
                Verdict::WrongMethod => (Page::WrongMethod, None),
                Verdict::Malformed => (Page::Malformed, None),
            },
        };
        // The system has room for a page on a new connection. Who cannot take it goes without: the answer counts.
        let _ = self.stream.write_all(&page.response());
        let _ = self.stream.shutdown(Shutdown::Write);
        if let Some(query) = callback {
            return Progress::Callback(SecretString::from(query.to_owned()));
        }
        (self.head, self.is_answered) = (Vec::new(), true);
        Progress::Waiting
    }
}

#[cfg(test)]
#[path = "receiver_tests.rs"]
mod tests;
