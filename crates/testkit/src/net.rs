//! The scripted server.

use std::fmt;
use std::io;
use std::sync::Arc;

use crate::listen::Listeners;
use crate::state::{Script, Shared};
use crate::tls::{self, Authority};
use crate::{Place, Received, Reply, channel};

/// HTTP/1.1 servers on the loopback interface, one for each [`Place`], that answer by one script and record what they receive.
///
/// Dropping it closes everything at once, also in the middle of a [delayed](Reply::delay) reply.
pub struct Net {
    origins: Vec<String>,
    shared: Arc<Shared>,
    authority: Option<Authority>,
    listeners: Listeners,
}

impl Net {
    /// Starts a server for each place on a free port. The script is called once for each complete request, from many threads at once.
    pub fn start(
        places: &[Place],
        script: impl Fn(&Received) -> Reply + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let script = Script { answer: Arc::new(script), on_head: false };
        let authority = places.iter().any(|place| place.tls).then(Authority::new).transpose()?;
        // Complete from the start, so that an error on the way stops what has been started.
        let shared = Arc::new(Shared::new(script, places.len()));
        let listeners = Listeners::new(Arc::clone(&shared));
        let mut net = Self { origins: Vec::with_capacity(places.len()), shared, authority, listeners };
        for place in places {
            net.open(*place)?;
        }
        Ok(net)
    }

    /// The origin of a place, such as `https://localhost:40123`.
    ///
    /// # Panics
    /// If there is no such place; so do all methods that take an index.
    pub fn origin(&self, index: usize) -> &str {
        &self.origins[index]
    }

    /// The URL of a path, with its leading slash, at a place.
    pub fn url(&self, index: usize, path: &str) -> String {
        format!("{}{path}", self.origins[index])
    }

    /// Which place has this origin.
    pub fn index_of(&self, origin: &str) -> Option<usize> {
        self.origins.iter().position(|known| known == origin)
    }

    /// Records a request as if it had arrived, and asks the script: for a driver without sockets.
    pub fn perform(&self, request: &Received) -> Reply {
        let script = self.shared.record_whole(request);
        (script.answer)(request)
    }

    /// Replaces the script and forgets what was recorded. Connections stay open.
    pub fn set_script(&self, script: impl Fn(&Received) -> Reply + Send + Sync + 'static) {
        self.shared.set_script(Script { answer: Arc::new(script), on_head: false });
    }

    /// As [`set_script`](Self::set_script), but the script is asked as soon as the head of a request is there, and sees no body.
    ///
    /// A reply marked [`early`](Reply::early) is sent at once, and the body is never looked at; any other is sent after the body has been read.
    pub fn set_script_on_head(&self, script: impl Fn(&Received) -> Reply + Send + Sync + 'static) {
        self.shared.set_script(Script { answer: Arc::new(script), on_head: true });
    }

    /// The requests received so far at all places, in the order in which their last bytes arrived. Each is here before it is answered,
    /// and one whose body broke off is here too, marked as not [complete](Received::complete).
    pub fn requests(&self) -> Vec<Received> {
        self.shared.requests()
    }

    /// The requests received so far; forgets them, and the [bytes](Self::bytes) too.
    pub fn take(&self) -> Vec<Received> {
        self.shared.take()
    }

    /// Every byte that any client has sent to a place since recording began or was last reset, after decryption: also what was no
    /// request, was not finished, or came too late to be read. Ordered by connection.
    pub fn bytes(&self, index: usize) -> Vec<u8> {
        self.shared.bytes(index)
    }

    /// How many TCP connections a place has accepted since it was started.
    pub fn connections(&self, index: usize) -> usize {
        self.shared.connections(index)
    }

    /// The certificate authority of the places with TLS, if there are any, as PEM.
    pub fn ca_pem(&self) -> Option<&str> {
        self.authority.as_ref().map(Authority::pem)
    }

    /// The certificate authority of the places with TLS, if there are any, as DER.
    pub fn ca_der(&self) -> Option<&[u8]> {
        self.authority.as_ref().map(Authority::der)
    }

    /// Opens the next place.
    fn open(&mut self, place: Place) -> io::Result<()> {
        let authority = self.authority.as_ref().filter(|_| place.tls);
        let open = match authority {
            Some(authority) => tls::open(authority.server(place.certificate)?),
            None => channel::plain(),
        };
        let listeners = place.bind()?;
        let port = listeners.first().map_or(Ok(0), |listener| listener.local_addr().map(|at| at.port()))?;
        for listener in listeners {
            self.listeners.add(self.origins.len(), listener, Arc::clone(&open))?;
        }
        self.origins.push(place.origin(port));
        Ok(())
    }
}

impl fmt::Debug for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Net").field("origins", &self.origins).finish_non_exhaustive()
    }
}
