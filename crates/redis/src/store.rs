//! The store: what can be set, reading, and waiting for the lock.

use std::{
    fmt,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use authwright_core::{
    Error, Fault, TokenStore,
    store::{Record, StoreGuard, StoreKey},
};

use crate::{
    address::{Address, Plain},
    chance,
    guard::Guard,
    scripts::Keys,
    server::{Limits, Server},
};

/// The pauses between two questions whether the lock is free: they grow from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Keeps tokens in Redis. [The crate](crate) says what that guarantees.
///
/// Creating one connects to nothing; the first call does. Clones share their connections.
///
/// ```no_run
/// use std::time::Duration;
///
/// use authwright_core::{TokenStore, store::StoreKey};
/// use authwright_redis::RedisStore;
///
/// let store = RedisStore::new("redis://localhost")?;
/// let key = StoreKey::new("login https://api.example.com/login email=sam");
/// let mut guard = store.lock(&key, Duration::from_secs(10))?;
/// let record = guard.load()?;
/// # Ok::<(), authwright_redis::Error>(())
/// ```
#[derive(Clone)]
pub struct RedisStore {
    pub(crate) server: Arc<Server>,
    pub(crate) expire_after: Option<Duration>,
    prefix: Arc<str>,
    lease: Duration,
}

impl RedisStore {
    /// The Redis at this URL: `rediss://user:password@host:port/database` with feature `tls`,
    /// `unix:/path?db=0&user=…&pass=…`, or `redis://…` on this machine. `valkey` may stand for `redis`.
    ///
    /// # Errors
    /// The URL cannot be right, has a part after `#`, needs the feature `tls`, or would send tokens to another machine in
    /// the clear.
    ///
    /// ```
    /// use authwright_redis::RedisStore;
    ///
    /// let error = RedisStore::new("redis://:hunter2@cache.example.com").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "tokens would travel in the clear to redis at cache.example.com:6379; use rediss://, or \
    ///      RedisStore::danger_plain on a network that nobody else can listen to"
    /// );
    /// ```
    pub fn new(url: &str) -> Result<Self, Error> {
        Address::parse(url, Plain::Refused).map(Self::at)
    }

    /// As [`new`](Self::new), but tokens, and the password of the URL, may travel to another machine in the clear. Whoever
    /// can listen on the way, or answer in its place, has them.
    ///
    /// # Errors
    /// The URL cannot be right, or needs the feature `tls`.
    pub fn danger_plain(url: &str) -> Result<Self, Error> {
        Address::parse(url, Plain::Allowed).map(Self::at)
    }

    fn at(address: Address) -> Self {
        let five = Duration::from_secs(5);
        Self {
            server: Arc::new(Server::new(address, Limits { connect: five, answer: five })),
            prefix: "authwright:".into(),
            lease: Duration::from_secs(60),
            expire_after: None,
        }
    }

    /// What the names of all keys begin with, instead of `authwright:`. Programs with another prefix share nothing.
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How long a lock lasts whose holder does not come back, instead of 60 s. Longer than the slowest renewal, or two
    /// holders renew at once.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// Records that have not been saved again for this long are forgotten by Redis, instead of kept for ever. Longer than
    /// the lease, and than the life of a refresh token.
    pub fn expire_after(mut self, time: Duration) -> Self {
        self.expire_after = Some(time);
        self
    }

    /// How long to wait for a connection (per address that the host has) and for each answer, instead of 5 s. A call makes
    /// one connection at most, and asks up to three times on it.
    ///
    /// The limits do not cover the look-up of the host's name, which is up to the system, and start afresh with every
    /// piece of an answer.
    pub fn timeouts(mut self, connect: Duration, answer: Duration) -> Self {
        let [connect, answer] = [connect, answer].map(|time| time.max(Duration::from_millis(1)));
        self.server = Arc::new(self.server.with_limits(Limits { connect, answer }));
        self
    }

    pub(crate) fn read(&self, keys: &Keys) -> Result<Option<Record>, Error> {
        let bytes: Option<Vec<u8>> = self.server.ask(&keys.load())?;
        Ok(bytes.map(Record::from_bytes))
    }
}

impl TokenStore for RedisStore {
    fn load(&self, key: &StoreKey) -> Result<Option<Record>, Error> {
        self.read(&Keys::new(&self.prefix, key))
    }

    /// Asks at least once, and gives up `patience` later; a question that Redis is slow to answer may add its time limits.
    fn lock(&self, key: &StoreKey, patience: Duration) -> Result<Box<dyn StoreGuard>, Error> {
        let keys = Keys::new(&self.prefix, key);
        let holder = chance::holder_name();
        let acquire = keys.acquire(&holder, self.lease, self.expire_after);
        let (start, mut pause) = (Instant::now(), FIRST_PAUSE);
        loop {
            if let Some(fence) = self.server.ask(&acquire)? {
                return Ok(Box::new(Guard { store: self.clone(), key: key.clone(), keys, holder, fence }));
            }
            let left = patience.saturating_sub(start.elapsed());
            if left.is_zero() {
                let server = self.server.address();
                let message = format!("somebody else is renewing the token of {key}, says {server}");
                return Err(Error::new(Fault::Store, message).transient());
            }
            thread::sleep(chance::jittered(pause).min(left));
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        }
    }
}

/// Shows the host, and nothing else of the URL.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisStore({})", self.server.address())
    }
}
