//! What the threads of a server share: the script and the record of what arrived; the open sockets and whether to go on.

use std::collections::{BTreeMap, HashMap};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::{Received, Reply};

/// What answers requests.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) answer: Arc<dyn Fn(&Received) -> Reply + Send + Sync>,
    /// Whether it is asked before the body has been read.
    pub(crate) on_head: bool,
}

/// The state of one server.
pub(crate) struct Shared {
    log: Mutex<Log>,
    doors: Mutex<Doors>,
    /// Notified when the doors shut, and after that when a connection ends.
    changed: Condvar,
}

struct Log {
    script: Script,
    requests: Vec<Received>,
    places: Vec<PlaceLog>,
}

#[derive(Default)]
struct PlaceLog {
    accepted: usize,
    /// By connection, so that two of them do not tear each other's bytes apart.
    bytes: BTreeMap<u64, Vec<u8>>,
}

#[derive(Default)]
struct Doors {
    shut: bool,
    next: u64,
    open: HashMap<u64, Arc<TcpStream>>,
}

impl Shared {
    pub(crate) fn new(script: Script, places: usize) -> Self {
        let places = (0..places).map(|_| PlaceLog::default()).collect();
        Self {
            log: Mutex::new(Log { script, requests: Vec::new(), places }),
            doors: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    // --- the record ---

    #[cfg(feature = "contract")]
    pub(crate) fn set_script(&self, script: Script) {
        let mut log = self.log();
        log.script = script;
        log.forget();
    }

    pub(crate) fn script(&self) -> Script {
        self.log().script.clone()
    }

    /// Records a request and says who answers it, in one step: a request that a script answers is never recorded for the next one.
    pub(crate) fn record(&self, request: Received) -> Script {
        let mut log = self.log();
        log.requests.push(request);
        log.script.clone()
    }

    /// Records a request that came by no socket.
    #[cfg(feature = "contract")]
    pub(crate) fn record_whole(&self, request: &Received) -> Script {
        let mut log = self.log();
        let place = &mut log.places[request.origin];
        place.bytes.entry(u64::MAX).or_default().extend_from_slice(&request.raw);
        log.requests.push(request.clone());
        log.script.clone()
    }

    pub(crate) fn record_bytes(&self, ticket: &Ticket, bytes: &[u8]) {
        self.log().places[ticket.place].bytes.entry(ticket.id).or_default().extend_from_slice(bytes);
    }

    pub(crate) fn requests(&self) -> Vec<Received> {
        self.log().requests.clone()
    }

    #[cfg(feature = "contract")]
    pub(crate) fn take(&self) -> Vec<Received> {
        self.log().forget()
    }

    pub(crate) fn count(&self, which: impl Fn(&Received) -> bool) -> usize {
        self.log().requests.iter().filter(|request| which(request)).count()
    }

    pub(crate) fn bytes(&self, place: usize) -> Vec<u8> {
        self.log().places[place].bytes.values().flatten().copied().collect()
    }

    pub(crate) fn connections(&self, place: usize) -> usize {
        self.log().places[place].accepted
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // --- the doors ---

    /// Lets an accepted socket in, or nobody any more once the doors are shut.
    pub(crate) fn admit(self: &Arc<Self>, place: usize, socket: TcpStream) -> Option<Ticket> {
        let mut doors = self.doors();
        if doors.shut {
            return None;
        }
        let (id, socket) = (doors.next, Arc::new(socket));
        doors.next += 1;
        doors.open.insert(id, Arc::clone(&socket));
        drop(doors);
        self.log().places[place].accepted += 1;
        Some(Ticket { shared: Arc::clone(self), place, id, socket })
    }

    /// Waits, and says whether to go on: `false`, and at once, when the doors shut.
    pub(crate) fn pause(&self, time: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.doors(), time, |doors| !doors.shut);
        !waited.unwrap_or_else(PoisonError::into_inner).0.shut
    }

    /// Ends all waits, reads and writes of all connections, now and for good.
    pub(crate) fn shut(&self) {
        let mut doors = self.doors();
        doors.shut = true;
        for socket in doors.open.values() {
            // A socket the client has closed already cannot be shut down, and need not be.
            let _ = socket.shutdown(Shutdown::Both);
        }
        self.changed.notify_all();
    }

    /// Waits until the last connection has ended. A script may hold one up, hence the limit.
    pub(crate) fn wait_until_empty(&self, limit: Duration) {
        drop(self.changed.wait_timeout_while(self.doors(), limit, |doors| !doors.open.is_empty()));
    }

    fn doors(&self) -> MutexGuard<'_, Doors> {
        self.doors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(feature = "contract")]
impl Log {
    fn forget(&mut self) -> Vec<Received> {
        for place in &mut self.places {
            place.bytes.clear();
        }
        std::mem::take(&mut self.requests)
    }
}

/// The right of one connection to be served. Dropped, also by a panic of the script, it takes the socket off the books.
pub(crate) struct Ticket {
    pub(crate) shared: Arc<Shared>,
    pub(crate) place: usize,
    pub(crate) socket: Arc<TcpStream>,
    id: u64,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut doors = self.shared.doors();
        doors.open.remove(&self.id);
        if doors.shut {
            self.shared.changed.notify_all();
        }
    }
}
