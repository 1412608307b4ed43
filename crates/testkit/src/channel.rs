//! The byte stream under a connection: plain TCP or TLS.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What a connection reads from and writes to.
pub(crate) enum Channel {
    Plain(Socket),
    Tls(Box<StreamOwned<ServerConnection, Socket>>),
}

impl Channel {
    /// Wraps an accepted socket. A TLS handshake happens later, at the first read.
    pub(crate) fn new(socket: Arc<TcpStream>, tls: Option<Arc<ServerConfig>>) -> Result<Self, rustls::Error> {
        let socket = Socket(socket);
        Ok(match tls {
            None => Self::Plain(socket),
            Some(config) => Self::Tls(Box::new(StreamOwned::new(ServerConnection::new(config)?, socket))),
        })
    }

    /// Says that nothing more is sent, and from then on does not wait long for what is still received.
    pub(crate) fn finish(&mut self, patience: Duration) -> io::Result<()> {
        if let Self::Tls(stream) = self {
            stream.conn.send_close_notify();
            stream.flush()?;
        }
        let socket = match self {
            Self::Plain(socket) => &socket.0,
            Self::Tls(stream) => &stream.sock.0,
        };
        socket.shutdown(Shutdown::Write)?;
        socket.set_read_timeout(Some(patience))
    }
}

impl Read for Channel {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Channel {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

/// A socket shared with the [`Shared`](crate::state::Shared) state, which can shut it down from another thread without a second
/// file descriptor.
pub(crate) struct Socket(Arc<TcpStream>);

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read(buffer)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        (&*self.0).flush()
    }
}
