//! A server that reads commands as Redis does, and answers what the test says.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use authwright_redis::RedisStore;

pub(crate) struct Fake {
    pub(crate) port: u16,
    connections: Arc<AtomicUsize>,
    commands: Arc<AtomicUsize>,
}

/// What happens after a command was read.
pub(crate) enum Then {
    Say(String),
    SayLate(&'static str, Duration),
    HangUp,
    Nothing,
}

/// A record of these bytes, as `HGET` answers it.
pub(crate) fn bulk(text: &str) -> Then {
    Then::Say(format!("${}\r\n{text}\r\n", text.len()))
}

impl Fake {
    /// `play` is asked with the number of the connection and the words of the command.
    pub(crate) fn new(play: impl Fn(usize, &[String]) -> Then + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a port");
        let port = listener.local_addr().expect("it is bound").port();
        let fake = Self { port, connections: Arc::default(), commands: Arc::default() };
        let (connections, commands, play) =
            (Arc::clone(&fake.connections), Arc::clone(&fake.commands), Arc::new(play));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let number = connections.fetch_add(1, Ordering::SeqCst);
                let (commands, play) = (Arc::clone(&commands), Arc::clone(&play));
                thread::spawn(move || serve(&stream, &commands, |words| play(number, words)));
            }
        });
        fake
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn commands(&self) -> usize {
        self.commands.load(Ordering::SeqCst)
    }

    /// A store whose patience with this server is short.
    pub(crate) fn store(&self) -> RedisStore {
        let limit = Duration::from_millis(300);
        let url = format!("redis://sam:hunter2@127.0.0.1:{}", self.port);
        RedisStore::new(&url).expect("loopback may be plain").timeouts(limit, limit)
    }
}

fn serve(stream: &TcpStream, commands: &AtomicUsize, play: impl Fn(&[String]) -> Then) {
    let mut reader = BufReader::new(stream);
    while let Some(words) = command(&mut reader) {
        // Signing in is none of the tests' business, unless they answer it themselves.
        commands.fetch_add(usize::from(words[0] != "AUTH"), Ordering::SeqCst);
        let answer = match play(&words) {
            Then::Say(text) => text,
            Then::SayLate(text, late) => {
                thread::sleep(late);
                text.to_owned()
            }
            Then::HangUp => return,
            Then::Nothing => continue,
        };
        if (&mut &*stream).write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// `*2\r\n$4\r\nPING\r\n$1\r\nx\r\n`
fn command(reader: &mut impl BufRead) -> Option<Vec<String>> {
    let count = number(reader, '*')?;
    (0..count)
        .map(|_| {
            let mut word = vec![0; number(reader, '$')? + 2];
            reader.read_exact(&mut word).ok()?;
            word.truncate(word.len() - 2);
            Some(String::from_utf8_lossy(&word).into_owned())
        })
        .collect()
}

fn number(reader: &mut impl BufRead, kind: char) -> Option<usize> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    line.trim_end().strip_prefix(kind)?.parse().ok()
}
