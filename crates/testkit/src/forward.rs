//! A place that is a proxy: it passes requests on and builds tunnels (RFC 9110 sections 7.6 and 9.3.6), on the loopback interface alone.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::thread;

use crate::channel::Channel;
use crate::respond::{After, respond};
use crate::state::Ticket;
use crate::{Received, Reply};

/// Fields for the proxy itself, and those that are made anew for the next connection.
const NOT_PASSED_ON: [&str; 9] = [
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
];

/// Does for a client what it asks of a proxy. `early` is what arrived after the request.
pub(crate) fn pass_on(
    ticket: &Ticket,
    channel: &mut dyn Channel,
    request: &Received,
    early: &[u8],
) -> io::Result<After> {
    let tunnel = request.method == "CONNECT";
    let way = if tunnel { Some((&*request.target, "")) } else { absolute(&request.target) };
    let Some((mut upstream, line)) = way.and_then(|(to, line)| Some((connect(to)?, line))) else {
        let mut channel = channel;
        return respond(&mut channel, &Reply::status(502).body("not a target of this proxy"), None);
    };
    if tunnel {
        channel.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
        channel.flush()?;
        upstream.write_all(early)?;
        splice(ticket, &upstream)?;
        return Ok(After::Abort);
    }
    upstream.write_all(&passed_on(request, line))?;
    io::copy(&mut upstream, channel)?;
    channel.flush()?;
    Ok(After::Close)
}

/// The authority of a target in absolute form, and what its origin is asked for.
pub(crate) fn absolute(target: &str) -> Option<(&str, &str)> {
    let rest = target.strip_prefix("http://")?;
    Some(rest.find(['/', '?']).map_or((rest, "/"), |at| rest.split_at(at)))
}

/// Nothing outside this machine is ever asked.
fn connect(authority: &str) -> Option<TcpStream> {
    let mut addresses = authority.to_socket_addrs().ok()?.filter(|address| address.ip().is_loopback());
    addresses.find_map(|address| TcpStream::connect(address).ok())
}

/// The request as the origin gets it, over a connection of its own.
fn passed_on(request: &Received, line: &str) -> Vec<u8> {
    let slash = if line.starts_with('/') { "" } else { "/" };
    let mut raw = format!("{} {slash}{line} HTTP/1.1\r\n", request.method).into_bytes();
    for (name, value) in fields_passed_on(request) {
        raw.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    let length = request.body.len();
    if length > 0 || request.header("content-length").is_some() {
        raw.extend(format!("content-length: {length}\r\n").into_bytes());
    }
    raw.extend([b"connection: close\r\n\r\n", &*request.body].concat());
    raw
}

pub(crate) fn fields_passed_on(request: &Received) -> impl Iterator<Item = (&String, &Vec<u8>)> {
    let fields = request.headers.iter().filter(|(name, _)| !NOT_PASSED_ON.contains(&name.as_str()));
    fields.map(|(name, value)| (name, value))
}

/// Carries bytes both ways until the client or the server of this proxy is done.
fn splice(ticket: &Ticket, upstream: &TcpStream) -> io::Result<()> {
    let (from, client) = (upstream.try_clone()?, Arc::clone(&ticket.socket));
    let back = thread::Builder::new().name("testkit tunnel".into()).spawn(move || {
        // However it ends, there is nothing more for the client.
        let _ = io::copy(&mut &from, &mut &*client);
        let _ = client.shutdown(Shutdown::Write);
    })?;
    let mut buffer = [0; 16 * 1024];
    while let Ok(read @ 1..) = (&*ticket.socket).read(&mut buffer) {
        ticket.shared.record_bytes(ticket, &buffer[..read]);
        if (&*upstream).write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    // One that the other side has closed already cannot be shut down, and need not be.
    let _ = upstream.shutdown(Shutdown::Both);
    let _ = back.join();
    Ok(())
}
