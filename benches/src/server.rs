//! The server both harnesses talk to: one thread, whatever the number of connections, so that none is better off.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Answers every request on every connection alike, on loopback.
#[derive(Debug)]
pub struct Server {
    /// Where it is: `http://127.0.0.1:` and a port.
    pub origin: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts it on the current runtime.
    ///
    /// # Errors
    /// There is no socket to be had.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let log = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&log)));
            }
        });
        Ok(Self { origin, seen })
    }

    /// The first request of each connection.
    pub fn first_requests(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn answer(mut stream: TcpStream, seen: Arc<Mutex<Vec<String>>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = [0; 2048];
    let (mut filled, mut first) = (0, true);
    loop {
        let read = stream.read(&mut buffer[filled..]).await?;
        if read == 0 {
            return Ok(());
        }
        filled += read;
        if buffer[..filled].ends_with(b"\r\n\r\n") {
            if std::mem::take(&mut first) {
                let text = String::from_utf8_lossy(&buffer[..filled]).into_owned();
                seen.lock().unwrap_or_else(PoisonError::into_inner).push(text);
            }
            filled = 0;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await?;
        }
    }
}
