//! Settings of a token cache.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{
    Inner, Source, TokenEvent, Tokens,
    cache::{Cache, Settings},
    event::{Listener, Watchers},
    renewal::Place,
};
use crate::{
    Error,
    store::{StoreKey, TokenStore},
};

/// How long before its end a token is renewed, where nothing else is said. Half its lifetime, where that is less.
const MARGIN: Duration = Duration::from_secs(60);
/// How long anybody waits for a token, where nothing else is said.
const WAIT_LIMIT: Duration = Duration::from_secs(30);

/// Settings for [`Tokens`]. Nothing is checked before [`build`](TokensBuilder::build).
///
/// ```
/// use authwright_core::{LoginEndpoint, MemoryStore, Secret, TokenEvent, Tokens};
/// use std::time::Duration;
///
/// let login = LoginEndpoint::form("https://api.example.com/login")
///     .field("user", "sam")
///     .secret("password", Secret::new("hunter2"))
///     .token_at("/token");
/// let tokens = Tokens::builder(login)
///     .margin(Duration::from_secs(120))
///     .store(MemoryStore::new())
///     .on_event(|event| match event {
///         TokenEvent::Failed(error) => eprintln!("no new token: {error}"),
///         _ => {}
///     })
///     .build()?;
/// # Ok::<(), authwright_core::Error>(())
/// ```
#[must_use]
pub struct TokensBuilder {
    source: Result<Source, Error>,
    margin: Duration,
    wait_limit: Duration,
    call_timeout: Option<Duration>,
    store: Option<Arc<dyn TokenStore>>,
    identity: Option<String>,
    listener: Option<Listener>,
}

impl TokensBuilder {
    pub(super) fn new(source: Result<Source, Error>) -> Self {
        Self {
            source,
            margin: MARGIN,
            wait_limit: WAIT_LIMIT,
            call_timeout: None,
            store: None,
            identity: None,
            listener: None,
        }
    }

    /// How long before its end a token is renewed: 60 s where nothing is said, and never more than half its lifetime. In
    /// most of that time nobody waits for the renewal; in its last quarter (at most 10 s) requests do, since a token could
    /// end on the way.
    pub fn margin(mut self, margin: Duration) -> Self {
        self.margin = margin;
        self
    }

    /// How long anybody waits for a token: 30 s where nothing is said. Whoever fetches it counts as dead after that. A
    /// request's own timeout ends its wait earlier.
    pub fn wait_limit(mut self, limit: Duration) -> Self {
        self.wait_limit = limit;
        self
    }

    /// How long one call to the token endpoint may take: two thirds of the [wait limit](Self::wait_limit) where nothing is
    /// said.
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = Some(timeout);
        self
    }

    /// Keeps the token in a store, where other processes find it and a restart does. It is then renewed under the store's
    /// lock, by one process for all. An `Arc` of a store is a store too.
    ///
    /// A token that is there is used as it is: a login whose password is wrong, but whose user is not, finds it too. Do not
    /// check people's passwords with a login that has a store.
    pub fn store(mut self, store: impl TokenStore) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// What the token is kept under, where its source does not say: everything that makes it differ from other tokens, and
    /// no secret.
    pub fn store_as(mut self, identity: impl Into<String>) -> Self {
        self.identity = Some(identity.into());
        self
    }

    /// Is told of every new token, adoption and failure. It is called where it may block; a panic in it changes nothing. It
    /// must not ask for a token of this same cache: the one it would wait for waits for it.
    pub fn on_event(mut self, listener: impl Fn(&TokenEvent) + Send + Sync + 'static) -> Self {
        self.listener = Some(Arc::new(listener));
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    /// The source is malformed or a secret is missing; there is a store, and nothing says what the token is kept under.
    pub fn build(self) -> Result<Tokens, Error> {
        let source = self.source?;
        let what: Arc<str> = Described(&source).to_string().into();
        let place = match self.store {
            None => None,
            Some(store) => {
                let identity = self.identity.or_else(|| source.0.identity_any()).ok_or_else(|| {
                    Error::caller(format!(
                        "{what} does not say what its token is kept under; add .store_as(..)"
                    ))
                })?;
                Some(Place { store, key: StoreKey::new(identity) })
            }
        };
        let fixed = source.0.fixed().cloned();
        let settings = Settings {
            margin: if fixed.is_some() { Duration::ZERO } else { self.margin },
            wait_limit: self.wait_limit,
            renewable: fixed.is_none(),
            what,
        };
        let cache = Cache::new(settings);
        if let Some(token) = fixed {
            cache.fill(token, SystemTime::UNIX_EPOCH);
        }
        let call_timeout = self.call_timeout.unwrap_or(self.wait_limit / 3 * 2);
        let (listener, watchers) = (self.listener, Watchers::default());
        Ok(Tokens(Arc::new(Inner { cache, source, place, listener, watchers, call_timeout })))
    }
}

struct Described<'a>(&'a Source);

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.0.describe_any(f)
    }
}

impl fmt::Debug for TokensBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokensBuilder")
            .field("source", &self.source)
            .field("margin", &self.margin)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}
