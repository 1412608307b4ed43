//! One connection: reads requests, asks the script, sends its replies.

use std::io::{self, Read, Write};
use std::time::Duration;

use crate::channel::Channel;
use crate::parse::{self, Bad, Framing, Head};
use crate::respond::{After, respond};
use crate::state::Ticket;
use crate::{Received, Reply};

const MAX_HEAD: usize = 64 * 1024;
const MAX_BODY: u64 = 64 * 1024 * 1024;
const READ: usize = 16 * 1024;

/// How much a client may still send after the last response, and how long it may pause, before the connection is reset.
const MAX_REST: usize = 8 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_millis(500);

/// Serves a connection until either side ends it.
pub(crate) fn serve(ticket: &Ticket, channel: Box<dyn Channel>) {
    let mut connection = Connection { ticket, channel, buffer: Vec::new(), at: 0 };
    loop {
        let after = connection.exchange().or_else(|stop| match stop {
            Stop::Bad(why) => Ok(respond(&mut connection.channel, &Reply::status(400).body(why), None)?),
            Stop::Gone(error) => Err(error),
        });
        match after {
            Ok(After::Next) => {}
            Ok(After::Close) => return connection.close(),
            Ok(After::Abort) | Err(_) => return,
        }
    }
}

/// Why a request could not be read to its end.
enum Stop {
    /// It breaks the protocol.
    Bad(Bad),
    /// The client has gone, or the server is being stopped.
    Gone(io::Error),
}

impl From<Bad> for Stop {
    fn from(why: Bad) -> Self {
        Self::Bad(why)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Gone(error)
    }
}

struct Connection<'a> {
    ticket: &'a Ticket,
    channel: Box<dyn Channel>,
    /// The request being read, from its first byte, and whatever arrived with it.
    buffer: Vec<u8>,
    /// How much of the buffer has been understood.
    at: usize,
}

impl Connection<'_> {
    /// Reads one request and answers it.
    fn exchange(&mut self) -> Result<After, Stop> {
        self.buffer.drain(..self.at);
        self.at = 0;
        let head = self.read_head()?;
        let mut request = Received {
            origin: self.ticket.place,
            method: head.method.clone(),
            target: head.target.clone(),
            version: head.version.clone(),
            headers: head.headers.clone(),
            body: Vec::new(),
            raw: self.buffer[..self.at].to_vec(),
            complete: head.framing == Framing::Empty,
        };

        let script = self.ticket.shared.script();
        let decided = script.on_head.then(|| (script.answer)(&request));
        if let Some(reply) = &decided
            && reply.is_early()
        {
            self.ticket.shared.record(request);
            return self.answer(reply, &head);
        }

        if head.expects_continue && head.framing != Framing::Empty && self.at == self.buffer.len() {
            self.channel.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            self.channel.flush()?;
        }
        let body = self.read_body(head.framing, &mut request.body);
        request.complete = body.is_ok();
        request.raw = self.buffer[..if request.complete { self.at } else { self.buffer.len() }].to_vec();
        let script = self.ticket.shared.record(request.clone());
        body?;
        let reply = decided.unwrap_or_else(|| (script.answer)(&request));
        #[cfg(feature = "contract")]
        if reply.ending() == crate::reply::Ending::PassedOn {
            let early = self.buffer[self.at..].to_vec();
            return Ok(crate::forward::pass_on(self.ticket, &mut *self.channel, &request, &early)?);
        }
        self.answer(&reply, &head)
    }

    fn answer(&mut self, reply: &Reply, head: &Head) -> Result<After, Stop> {
        if !reply.delay_time().is_zero() && !self.ticket.shared.pause(reply.delay_time()) {
            return Ok(After::Abort);
        }
        Ok(respond(&mut self.channel, reply, Some(head))?)
    }

    fn read_head(&mut self) -> Result<Head, Stop> {
        let mut searched = 0;
        loop {
            if let Some(end) = parse::head_end(&self.buffer, searched)? {
                self.at = end;
                break;
            }
            if self.buffer.len() > MAX_HEAD {
                return Err("the head is too large".into());
            }
            searched = self.buffer.len();
            self.fill()?;
        }
        if self.at > MAX_HEAD {
            return Err("the head is too large".into());
        }
        Ok(parse::head(&self.buffer[..self.at])?)
    }

    /// Reads the body into `body`, which keeps what arrived if it does not arrive whole.
    fn read_body(&mut self, framing: Framing, body: &mut Vec<u8>) -> Result<(), Stop> {
        match framing {
            Framing::Empty => Ok(()),
            Framing::Length(length) => self.read_exactly(length, body),
            Framing::Chunked => {
                loop {
                    let size = parse::chunk_size(&self.read_line()?)?;
                    if size == 0 {
                        break;
                    }
                    self.read_exactly(size, body)?;
                    if !self.read_line()?.is_empty() {
                        return Err("a chunk is longer than its size".into());
                    }
                }
                loop {
                    let line = self.read_line()?;
                    if line.is_empty() {
                        return Ok(());
                    }
                    parse::field(&line)?;
                }
            }
        }
    }

    fn read_exactly(&mut self, length: u64, body: &mut Vec<u8>) -> Result<(), Stop> {
        if length.saturating_add(body.len() as u64) > MAX_BODY {
            return Err("the body is too large".into());
        }
        let mut missing = usize::try_from(length).map_err(|_| "the body is too large")?;
        while missing > 0 {
            if self.at == self.buffer.len() {
                self.fill()?;
            }
            let part = &self.buffer[self.at..];
            let part = &part[..part.len().min(missing)];
            body.extend_from_slice(part);
            missing -= part.len();
            self.at += part.len();
        }
        Ok(())
    }

    /// Reads a line of the chunk framing, and returns it without its end.
    fn read_line(&mut self) -> Result<Vec<u8>, Stop> {
        loop {
            let rest = &self.buffer[self.at..];
            if let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let line = rest[..end].strip_suffix(b"\r").ok_or("a line ends with LF alone")?.to_vec();
                self.at += end + 1;
                return Ok(line);
            }
            if rest.len() > MAX_HEAD {
                return Err("a line of the chunk framing is too long".into());
            }
            self.fill()?;
        }
    }

    /// Waits for more bytes from the client.
    fn fill(&mut self) -> io::Result<()> {
        let end = self.buffer.len();
        self.buffer.resize(end + READ, 0);
        let read = self.channel.read(&mut self.buffer[end..]);
        self.buffer.truncate(end + read.as_ref().unwrap_or(&0));
        if read? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.ticket.shared.record_bytes(self.ticket, &self.buffer[end..]);
        Ok(())
    }

    /// Closes the connection in order: a socket closed with unread bytes in it is reset, and the client could lose the response.
    fn close(&mut self) {
        if self.channel.finish(PATIENCE).is_err() {
            return;
        }
        let mut rest = 0;
        while rest < MAX_REST {
            self.buffer.clear();
            if self.fill().is_err() {
                return;
            }
            rest += self.buffer.len();
        }
    }
}
