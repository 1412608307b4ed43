//! The listening sockets of a server, a thread for each, and one for each connection.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::channel::{Open, Socket};
use crate::connection::serve;
use crate::state::{Shared, Ticket};

/// Enough for a script in an unoptimised build, and little enough for thousands of connections.
const STACK: usize = 512 * 1024;

/// Dropping it closes everything at once, also in the middle of a delayed reply.
pub(crate) struct Listeners {
    shared: Arc<Shared>,
    threads: Vec<(SocketAddr, JoinHandle<()>)>,
}

impl Listeners {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, threads: Vec::new() }
    }

    /// Serves what connects to this listener as this place.
    pub(crate) fn add(&mut self, place: usize, listener: TcpListener, open: Open) -> io::Result<()> {
        let (address, shared) = (listener.local_addr()?, Arc::clone(&self.shared));
        let builder = thread::Builder::new().name("testkit listener".into()).stack_size(STACK);
        self.threads.push((address, builder.spawn(move || accept(&shared, place, &listener, &open))?));
        Ok(())
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        self.shared.shut();
        for (address, thread) in self.threads.drain(..) {
            // A thread in accept() is woken by a connection. If none can be made (no port is free), it is left behind rather than waited for.
            if TcpStream::connect_timeout(&address, Duration::from_millis(100)).is_ok() {
                // It panics only where a test fails anyway, and a panic here could hide that one.
                let _ = thread.join();
            }
        }
        self.shared.wait_until_empty(Duration::from_secs(1));
    }
}

/// Accepts connections and gives each a thread, until the server is stopped.
fn accept(shared: &Arc<Shared>, place: usize, listener: &TcpListener, open: &Open) {
    loop {
        let Ok((socket, _)) = listener.accept() else {
            // Out of file descriptors, mostly: some may be free again in a moment.
            if shared.pause(Duration::from_millis(5)) {
                continue;
            }
            return;
        };
        let Some(ticket) = shared.admit(place, socket) else {
            return;
        };
        let open = Arc::clone(open);
        // Where no thread can be had, the connection is closed, and the client under test will say so.
        let _ = thread::Builder::new()
            .name("testkit connection".into())
            .stack_size(STACK)
            .spawn(move || handle(&ticket, &open));
    }
}

fn handle(ticket: &Ticket, open: &Open) {
    // It is faster this way, and correct either way.
    let _ = ticket.socket.set_nodelay(true);
    if let Some(channel) = open(Socket(Arc::clone(&ticket.socket))) {
        serve(ticket, channel);
    }
}
