//! The byte stream under a connection: plain TCP, or what is put on top of it.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// What a connection reads from and writes to.
pub(crate) trait Channel: Read + Write {
    /// Says that nothing more is sent, and from then on does not wait long for what is still received.
    fn finish(&mut self, patience: Duration) -> io::Result<()>;
}

/// Makes the channel of an accepted socket; `None` where that cannot be done, and the connection is closed.
pub(crate) type Open = Arc<dyn Fn(Socket) -> Option<Box<dyn Channel>> + Send + Sync>;

/// The socket as it is.
pub(crate) fn plain() -> Open {
    Arc::new(|socket| Some(Box::new(socket)))
}

/// A socket shared with the [`Shared`](crate::state::Shared) state, which can shut it down from another thread without a second
/// file descriptor.
pub(crate) struct Socket(pub(crate) Arc<TcpStream>);

impl Channel for Socket {
    fn finish(&mut self, patience: Duration) -> io::Result<()> {
        self.0.shutdown(Shutdown::Write)?;
        self.0.set_read_timeout(Some(patience))
    }
}

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
