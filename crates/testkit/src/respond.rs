//! Writing a reply, well or badly.

use std::io::{self, BufWriter, Write};

use http::StatusCode;

use crate::Reply;
use crate::parse::{Head, lists};
use crate::reply::Ending;

/// How much of a body is written at once.
const BLOCK: usize = 16 * 1024;

/// What becomes of the connection after a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// It serves the next request.
    Next,
    /// It is closed, so that the client can still read the response.
    Close,
    /// It is dropped.
    Abort,
}

/// Writes a reply to a request with this head; without one, to something that was no request.
pub(crate) fn respond(out: &mut impl Write, reply: &Reply, head: Option<&Head>) -> io::Result<After> {
    if reply.ending() == Ending::BeforeHead {
        return Ok(After::Abort);
    }
    let status = reply.status_code();
    let never_has_body = status < 200 || matches!(status, 204 | 304);
    let sends_body = !never_has_body && head.is_none_or(|head| head.method != "HEAD");
    let own_framing = has(reply, "content-length") || has(reply, "transfer-encoding");
    let chunked = reply.is_chunked() && head.is_some_and(|head| head.version == "HTTP/1.1");
    let body = Body::of(reply);
    let says_close = reply
        .headers()
        .iter()
        .any(|(name, value)| name.eq_ignore_ascii_case("connection") && lists(value, b"close"));
    let close = says_close
        || reply.is_early()
        || (own_framing && sends_body)
        || !head.is_some_and(|head| head.keep_alive);

    let mut out = BufWriter::with_capacity(BLOCK, out);
    let reason =
        StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Unknown");
    write!(out, "HTTP/1.1 {status} {reason}\r\n")?;
    for (name, value) in reply.headers() {
        write!(out, "{name}: ")?;
        out.write_all(value)?;
        out.write_all(b"\r\n")?;
    }
    match (own_framing || never_has_body, chunked) {
        (true, _) => {}
        (false, true) => out.write_all(b"transfer-encoding: chunked\r\n")?,
        (false, false) => write!(out, "content-length: {}\r\n", body.length())?,
    }
    if close && !has(reply, "connection") {
        out.write_all(b"connection: close\r\n")?;
    }
    out.write_all(b"\r\n")?;

    let half = reply.ending() == Ending::MidBody;
    if sends_body {
        let until = if half { body.length() / 2 } else { body.length() };
        if chunked && !own_framing {
            write_chunks(&mut out, &body, until, !half)?;
        } else {
            body.write(&mut out, 0, until)?;
        }
    }
    out.flush()?;
    Ok(match (half, close) {
        (true, _) => After::Abort,
        (false, true) => After::Close,
        (false, false) => After::Next,
    })
}

/// Writes the body up to `until` in chunks no larger than half of it, then the last chunk if it is to end properly.
fn write_chunks(out: &mut impl Write, body: &Body<'_>, until: u64, end: bool) -> io::Result<()> {
    let size = body.length().div_ceil(2).clamp(1, BLOCK as u64);
    let mut from = 0;
    while from < until {
        let to = until.min(from + size);
        write!(out, "{:x}\r\n", to - from)?;
        body.write(out, from, to)?;
        out.write_all(b"\r\n")?;
        from = to;
    }
    if end { out.write_all(b"0\r\n\r\n") } else { Ok(()) }
}

fn has(reply: &Reply, name: &str) -> bool {
    reply.headers().iter().any(|(key, _)| key.eq_ignore_ascii_case(name))
}

/// A body in memory, or one of filler that never is.
enum Body<'a> {
    Bytes(&'a [u8]),
    Filler(u64),
}

impl<'a> Body<'a> {
    fn of(reply: &'a Reply) -> Self {
        reply.filler().map_or(Self::Bytes(reply.body_bytes()), Self::Filler)
    }

    fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Filler(length) => *length,
        }
    }

    /// Writes the part between two offsets inside the body.
    fn write(&self, out: &mut impl Write, from: u64, to: u64) -> io::Result<()> {
        match self {
            Self::Bytes(bytes) => {
                let offset = |at: u64| usize::try_from(at).map_or(bytes.len(), |at| at.min(bytes.len()));
                out.write_all(&bytes[offset(from)..offset(to)])
            }
            Self::Filler(_) => io::copy(&mut io::Read::take(io::repeat(b'x'), to - from), out).map(drop),
        }
    }
}
