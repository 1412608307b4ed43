//! Tokens that end: fetched when needed, renewed once for everybody, never lost.

mod acquire;
mod builder;
mod cache;
mod current;
mod event;
mod flight;
mod kept;
mod login;
mod pause;
mod pool;
mod record;
mod renewal;
#[cfg(test)]
mod schedules;
mod source;
#[cfg(test)]
mod tests;
mod token;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::HeaderValue;

pub(crate) use self::acquire::unsettled;
#[cfg(feature = "config")]
pub(crate) use self::login::is_secret_name;
pub use self::{
    acquire::{Acquire, Acquired},
    builder::TokensBuilder,
    event::TokenEvent,
    flight::{Flight, Landing},
    login::LoginEndpoint,
    pool::TokenPool,
    source::{IntoSource, Source, TokenSource},
    token::Token,
};
use self::{
    cache::{Cache, Lead, Refusal, Supply},
    current::Current,
    event::{Listener, Watchers},
    renewal::Place,
};
use crate::{
    Error, Hop, Launch, Resend, ResponseView, Scheme, Stamp, Step, Verdict, auth::awaits_futures, challenge,
    observe::Watcher,
};

/// A token source with its cache. Cheap to clone; clones are the same cache, with one fetch at a time for all of them.
///
/// A token is *fresh*, and used; or *stale*, inside the margin before its end: it is used, a renewal is started, and nobody
/// waits for it; or over. The renewal runs by itself, on a task or a thread of its own, so that a caller who gives up loses
/// nothing.
///
/// `Auth::new(origin, &tokens)` sends `Authorization: Bearer …`; `ApiKey::header("X-Auth-Token", &tokens)` puts the token
/// elsewhere.
///
/// ```
/// use authwright_core::{Auth, LoginEndpoint, Secret, Tokens};
///
/// let login = LoginEndpoint::json("https://api.example.com/login")
///     .field("email", "sam@example.com")
///     .secret("password", Secret::new("hunter2"))
///     .token_at("/data/token")
///     .expires_in_at("/data/ttl");
/// let auth = Auth::new("https://api.example.com", Tokens::new(login)?)?;
/// # Ok::<(), authwright_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Tokens(Arc<Inner>);

struct Inner {
    cache: Arc<Cache>,
    source: Source,
    place: Option<Place>,
    listener: Option<Listener>,
    watchers: Watchers,
    call_timeout: Duration,
}

/// What [`Tokens::supply`] has for a hop.
#[derive(Debug)]
pub enum Supplied {
    /// Put this on the hop, and mark the hop with the stamp.
    Token(Token, Stamp),
    /// Return this from [`Scheme::authorize`](crate::Scheme::authorize); you are called again.
    Not(Step),
}

impl Tokens {
    /// A cache around a source. Nothing is fetched before a token is needed.
    ///
    /// # Errors
    /// A part of the source is malformed, or a secret is missing; the error names it.
    pub fn new(source: impl IntoSource) -> Result<Self, Error> {
        Self::builder(source).build()
    }

    /// A cache with settings of your own: margin, store, listener.
    pub fn builder(source: impl IntoSource) -> TokensBuilder {
        TokensBuilder::new(source.into_source())
    }

    /// The token, where it is fresh: no lock, no allocation. Else [`acquire`](Self::acquire) one.
    #[inline]
    pub fn fresh(&self, now: SystemTime) -> Option<Token> {
        let current = self.0.cache.peek();
        current.as_ref().filter(|current| current.is_fresh(now)).map(|current| current.token.clone())
    }

    /// The token, where it can be used without a look at who fetches the next one.
    #[inline]
    fn usable(&self, now: SystemTime) -> Option<Token> {
        let current = self.0.cache.peek();
        current.as_ref().filter(|current| current.is_usable(now, false)).map(|current| current.token.clone())
    }

    /// Gets a token step by step: what `token(&tokens)` of the adapters runs.
    pub fn acquire(&self) -> Acquire<'_> {
        Acquire::new(self)
    }

    /// The token for a hop, for a [`Scheme`](crate::Scheme) of your own that places it: call it in `authorize`, and hand
    /// [`observed`](Self::observed) what you observe. Without `may_resend` (from [`is_renewable`](Self::is_renewable)) a 401 is
    /// not sent again, and without `needs_async` (from [`needs_async`](Self::needs_async)) a blocking client finds out late.
    ///
    /// # Errors
    /// There is none: the source has failed.
    pub fn supply(&self, hop: &Hop<'_>) -> Result<Supplied, Error> {
        let now = hop.now();
        let supplied = |current: &Current| Supplied::Token(current.token.clone(), Stamp(current.generation));
        if let Some(current) = self.0.cache.peek().as_ref().filter(|it| it.is_usable(now, hop.has_stream())) {
            return Ok(supplied(current));
        }
        Ok(self.supply_late(hop, now)?.map_or_else(Supplied::Not, |current| supplied(&current)))
    }

    /// What `place` makes of the token, if there is one to use; else what has to be done first.
    pub(crate) fn place(
        &self,
        hop: &mut Hop<'_>,
        place: impl Fn(&mut Hop<'_>, &Token, Stamp, Option<&HeaderValue>) -> Result<(), Error>,
    ) -> Result<Step, Error> {
        let place = |hop: &mut Hop<'_>, current: &Current| {
            let stamp = Stamp(current.generation);
            place(hop, &current.token, stamp, current.bearer.as_ref())?;
            hop.stamp(stamp);
            Ok(Step::Send)
        };
        let now = hop.now();
        if let Some(current) = self.0.cache.peek().as_ref().filter(|it| it.is_usable(now, hop.has_stream())) {
            return place(hop, current);
        }
        self.supply_late(hop, now)?.map_or_else(Ok, |current| place(hop, &current))
    }

    /// There is no fresh token: one all the same, or what has to be done first.
    #[cold]
    fn supply_late(&self, hop: &Hop<'_>, now: SystemTime) -> Result<Result<Arc<Current>, Step>, Error> {
        let landing = hop.landing(self.0.cache.id);
        Ok(match self.0.cache.supply(now, hop.has_stream(), landing)? {
            Supply::Token(current) => Ok(current),
            Supply::Follow(flight) => Err(Step::Wait(Box::new(flight))),
            Supply::Lead(lead) => Err(Step::Start(Box::new(self.launch(lead)))),
        })
    }

    /// The fetch that somebody has to start, and what to wait for afterwards.
    fn launch(&self, lead: Lead) -> Launch {
        let then = lead.waits.then(|| lead.flight());
        Launch::new(renewal::flow(Arc::clone(&self.0), lead), then)
    }

    /// What a response says about the token that was sent with `sent`: for the `observed` of a scheme of your own. A 401
    /// refuses it, so that the next one who asks gets another.
    pub fn observed(&self, response: &ResponseView<'_>, sent: Stamp) -> Verdict {
        if response.status == http::StatusCode::UNAUTHORIZED {
            // The token is good, and another of the same login would do no better (RFC 9470 section 3).
            if challenge::wants_another_login(response.headers) {
                return Verdict::Unanswered("it asks for a stronger or newer login");
            }
            return match self.0.cache.reject(sent.0, response.now()) {
                Refusal::Again(generation) => {
                    Verdict::Resend { because: Resend::Renewed, stamp: Stamp(generation) }
                }
                Refusal::Stands => Verdict::Deliver,
            };
        }
        if !response.status.is_server_error()
            && let Some(current) = self.0.cache.peek().as_ref()
            && current.generation == sent.0
        {
            current.accept();
        }
        Verdict::Deliver
    }

    /// Whether there can be another token than the one there is.
    pub fn is_renewable(&self) -> bool {
        self.0.cache.settings().renewable
    }

    /// Whether its source awaits futures, which only an async client can.
    pub fn needs_async(&self) -> bool {
        self.0.source.0.needs_async_any()
    }

    /// Refuses a source that a blocking client cannot ask. For the drivers of such: asked all the same, the source would
    /// fail, and that for everybody who shares the cache.
    ///
    /// # Errors
    /// The source awaits futures; the error names it.
    pub fn check_blocking(&self) -> Result<(), Error> {
        if self.needs_async() { Err(awaits_futures(self.source_name())) } else { Ok(()) }
    }

    /// Whether both are one cache.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.0.cache.id == other.0.cache.id
    }

    /// Tells this one too of what happens to the token, for as long as somebody else has it.
    pub(crate) fn add_watcher(&self, watcher: &Arc<Watcher>) {
        self.0.watchers.add(watcher);
    }

    /// How its tokens go on a request, where their source says so.
    pub(crate) fn own_scheme(&self) -> Result<Option<Arc<dyn Scheme>>, Error> {
        self.0.source.0.scheme_any(self)
    }

    pub(crate) fn shared_name(&self) -> &Arc<str> {
        &self.0.cache.settings().what
    }

    /// Names the source, for messages: `login at https://api.example.com`.
    pub fn source_name(&self) -> &str {
        self.shared_name()
    }

    /// Names the source and the token in use, for messages: `login at https://api.example.com, #3f9a`.
    ///
    /// # Errors
    /// Only those of the formatter.
    pub fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.source_name())?;
        let current = self.0.cache.peek();
        current.as_ref().map_or(Ok(()), |current| write!(f, ", {}", current.token.fingerprint()))
    }
}

impl From<&Tokens> for Tokens {
    fn from(tokens: &Tokens) -> Self {
        tokens.clone()
    }
}

/// Shows the source and the fingerprint of the token in use.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(")?;
        self.describe(f)?;
        f.write_str(")")
    }
}
