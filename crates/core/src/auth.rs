//! What a client is given: who it is, and where that may be used.

use std::{fmt, sync::Arc};

use http::header;

use crate::{
    Error, Event, IntoOrigins, IntoScheme, Scheme, Slot, Target,
    observe::Observers,
    origin::{Area, Mismatch},
    scheme::Described,
};

/// Who I am and where that may be used: a list of entries *(origin, scheme)*. Immutable, and cheap to clone.
///
/// Building it is the one fallible step: secrets are resolved and every part is checked, before anything is sent.
/// All entries whose origin covers a URL apply to it; of two that write the same field the one with the longer path
/// prefix wins, and a tie is an error here.
///
/// ```
/// use authwright_core::{ApiKey, Auth, Bearer};
///
/// let auth = Auth::new("https://maps.example.com", ApiKey::header("X-API-Key", "app-k3y"))?
///     .and("https://maps.example.com", Bearer::new("us3r-t0ken"))?
///     .and("https://mail.example.net", ApiKey::header("Authorization", "m4il").prefix("ApiKey"))?;
/// # Ok::<(), authwright_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Auth {
    entries: Arc<Entries>,
}

#[derive(Clone, Default)]
struct Entries {
    list: Vec<Entry>,
    traits: Traits,
    observers: Observers,
}

/// What any of the entries does, so that a request need not ask each of them.
#[derive(Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools)] // each is asked by itself, on the way of every request
pub(crate) struct Traits {
    /// Signs what others attach, or needs the body; or somebody observes. Then what is done for each entry is done with care.
    pub(crate) with_care: bool,
    pub(crate) may_resend: bool,
    /// Wants to see responses.
    pub(crate) listens: bool,
    pub(crate) needs_async: bool,
}

#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) area: Area,
    pub(crate) scheme: Arc<dyn Scheme>,
    pub(crate) signs: bool,
    pub(crate) needs_body: bool,
    pub(crate) may_resend: bool,
}

impl Auth {
    /// One scheme for one origin, or for a list of them.
    ///
    /// # Errors
    /// The origin is malformed or is plain http on another machine; a secret is missing or has characters its place
    /// cannot have. The error names the piece.
    pub fn new(origins: impl IntoOrigins, scheme: impl IntoScheme) -> Result<Self, Error> {
        Self::none().and(origins, scheme)
    }

    /// No credential at all: for a client whose requests each bring their own `.auth(..)`.
    pub fn none() -> Self {
        Self { entries: Arc::default() }
    }

    /// One more entry.
    ///
    /// # Errors
    /// As for [`Auth::new`]; where two entries write the same field for the same place; and where one writes
    /// `Authorization` and another the query parameter `access_token` (RFC 6750 section 2: a token goes once).
    pub fn and(self, origins: impl IntoOrigins, scheme: impl IntoScheme) -> Result<Self, Error> {
        let what = scheme.what();
        let areas = origins
            .into_origins()
            .into_iter()
            .map(crate::Origin::into_area)
            .collect::<Result<Vec<_>, _>>()?;
        // Said twice it is one: documents have such lists.
        let areas = areas.iter().enumerate().filter(|(at, area)| !areas[..*at].contains(area));
        let areas: Vec<_> = areas.map(|(_, area)| area.clone()).collect();
        let Some(first) = areas.first() else {
            return Err(Error::caller(format!("{what} has no origin: name at least one it may be sent to")));
        };
        let place = format!("{what} for {first}");
        let scheme = scheme.into_scheme().map_err(|error| error.at(&place))?;
        let mut entries = Arc::unwrap_or_clone(self.entries);
        for area in areas {
            let entry = Entry::new(area, Arc::clone(&scheme));
            for other in &entries.list {
                entry.check_beside(other)?;
            }
            entries.traits.with_care |= entry.signs || entry.needs_body || entry.scheme.waits();
            entries.traits.may_resend |= entry.may_resend;
            entries.traits.listens |= entry.scheme.listens();
            entries.traits.needs_async |= entry.scheme.needs_async();
            entries.observers.add_entry(&entry, &entries.list);
            entries.list.push(entry);
        }
        // Most specific first, so that the first to write a field is the one that wins.
        entries.list.sort_by_key(|entry| std::cmp::Reverse(entry.area.prefix_len()));
        Ok(Self { entries: Arc::new(entries) })
    }

    /// Tells `observer` what happens to the credentials: [these events](Event), of every request with this `Auth`, on whatever
    /// client, and of the tokens of its entries, whoever renews them. There can be several observers. An `Auth` without any
    /// costs a request nothing.
    ///
    /// It is called on the way of a request and should be quick: count, or write a line. A panic in it changes nothing. Of a
    /// renewal it is told before the token is used, or the error returned, and where it may block; but it must not ask for a
    /// token of these entries. A request that says `.without_auth()` is none of this `Auth`.
    ///
    /// ```
    /// use authwright_core::{Auth, Bearer};
    /// use std::sync::{Arc, Mutex};
    ///
    /// let seen = Arc::new(Mutex::new(Vec::new()));
    /// let auth = Auth::new("https://api.example.com", Bearer::new("t0ken"))?.observe({
    ///     let seen = Arc::clone(&seen);
    ///     move |event| seen.lock().unwrap().push(format!("{} {}", event.name(), event.origin()))
    /// });
    /// # use authwright_core::{Body, Exchange, Outgoing, Policy, Target, http::{HeaderMap, Method}};
    /// # let policy = Policy::default();
    /// # let mut exchange = Exchange::new(Some(&auth), &policy);
    /// # let (target, headers) = (Target::parse("https://api.example.com/orders")?, &mut HeaderMap::new());
    /// # exchange.step(Outgoing { method: &Method::GET, target, headers, body: Body::Empty })?;
    /// // After a request to https://api.example.com/orders:
    /// assert_eq!(*seen.lock().unwrap(), ["attached https://api.example.com"]);
    /// # Ok::<(), authwright_core::Error>(())
    /// ```
    pub fn observe(self, observer: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        let mut entries = Arc::unwrap_or_clone(self.entries);
        entries.observers.add(observer, &entries.list);
        entries.traits.with_care = true;
        Self { entries: Arc::new(entries) }
    }

    /// Says for each entry whether it would be attached to a request for `url`, and if not, why. No network.
    ///
    /// # Errors
    /// `url` is not an absolute http(s) URL.
    ///
    /// ```
    /// use authwright_core::{Auth, Bearer};
    ///
    /// let auth = Auth::new("https://api.github.com", Bearer::new("ghp_0123abcd"))?;
    /// let why = auth.explain("https://api.githib.com/user")?.to_string();
    /// assert!(why.starts_with("https://api.githib.com  Bearer (value, #"));
    /// assert!(why.ends_with(")  withheld: for https://api.github.com, another host"));
    /// # Ok::<(), authwright_core::Error>(())
    /// ```
    pub fn explain(&self, url: impl AsRef<str>) -> Result<Explanation, Error> {
        let target = Target::parse(url.as_ref())?;
        let lines = self
            .entries()
            .iter()
            .map(|entry| match entry.area.mismatch(&target) {
                None if entry.scheme.waits() => (entry.label(), Applies::WhenAsked),
                None => (entry.label(), Applies::Always),
                Some(mismatch) => (entry.label(), Applies::Not(entry.elsewhere(mismatch))),
            })
            .collect();
        Ok(Explanation { origin: target.origin().to_string(), lines })
    }

    /// Whether there is no entry at all.
    pub fn is_empty(&self) -> bool {
        self.entries.list.is_empty()
    }

    /// Whether any entry writes a cookie: drivers whose client has a cookie jar must then join the two.
    pub fn writes_cookies(&self) -> bool {
        self.entries()
            .iter()
            .flat_map(|entry| entry.scheme.writes())
            .any(|slot| matches!(slot, Slot::Cookie(_)) || *slot == Slot::Header(header::COOKIE))
    }

    /// Refuses what a blocking client cannot do. For the drivers of such.
    ///
    /// # Errors
    /// An entry awaits futures; the error names it.
    pub fn check_blocking(&self) -> Result<(), Error> {
        if !self.traits().needs_async {
            return Ok(());
        }
        let entry = self.entries().iter().find(|entry| entry.scheme.needs_async());
        Err(awaits_futures(&entry.map(Entry::label).unwrap_or_default()))
    }

    /// Whether an entry for the whole of an origin writes `Authorization`, or does not say what it writes.
    pub(crate) fn authorizes(&self, origin: &str) -> Result<bool, Error> {
        let area = crate::Origin::new(origin).into_area()?;
        let writes = |slots: &[Slot]| {
            slots.is_empty()
                || slots
                    .iter()
                    .any(|slot| matches!(slot, Slot::Header(name) if *name == header::AUTHORIZATION))
        };
        let is_whole = |entry: &&Entry| entry.area.same_origin(&area) && entry.area.prefix_len() == 0;
        Ok(self.entries().iter().filter(is_whole).any(|entry| writes(entry.scheme.writes())))
    }

    #[inline]
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries.list
    }

    pub(crate) fn observers(&self) -> &Observers {
        &self.entries.observers
    }

    #[inline]
    pub(crate) fn traits(&self) -> Traits {
        self.entries.traits
    }
}

/// What a blocking client says of a source it cannot ask.
pub(crate) fn awaits_futures(what: &str) -> Error {
    Error::caller(format!(
        "{what} awaits futures, which a blocking client cannot; give it a blocking token provider"
    ))
}

impl Entry {
    fn new(area: Area, scheme: Arc<dyn Scheme>) -> Self {
        let (signs, needs_body) = (scheme.signs(), scheme.needs_body());
        Self { area, signs, needs_body, may_resend: scheme.may_resend(), scheme }
    }

    /// ``query key `appid` (env NAME, #3f9a)``.
    pub(crate) fn label(&self) -> String {
        Described(&*self.scheme).to_string()
    }

    /// Why a target is not covered, to follow the label.
    pub(crate) fn elsewhere(&self, mismatch: Mismatch) -> String {
        let area = &self.area;
        match mismatch {
            Mismatch::Host => format!("for {area}, another host"),
            Mismatch::Port => format!("for {area}, another port"),
            Mismatch::Scheme => format!("for {area}, another scheme"),
            Mismatch::Path => format!("for another path of {area}"),
            Mismatch::DotSegments => format!("for a path of {area}, and dot segments could leave it"),
        }
    }

    /// Two entries that would write the same field at the same place, with neither more specific, are a mistake.
    fn check_beside(&self, other: &Self) -> Result<(), Error> {
        if !self.area.overlaps(&other.area) {
            return Ok(());
        }
        for (slot, others) in pairs(self.scheme.writes(), other.scheme.writes()) {
            if slot == others && self.area.prefix_len() == other.area.prefix_len() {
                return Err(Error::caller(format!(
                    "two entries put {slot} on {}; keep one, or narrow one by a path",
                    self.area
                )));
            }
            // RFC 6750 section 2: one method of transmitting a token per request.
            if is_token_in_query(slot) && is_authorization(others)
                || is_token_in_query(others) && is_authorization(slot)
            {
                return Err(Error::caller(format!(
                    "one entry puts a token in the query and another puts `Authorization` on {}; a request may \
                     carry a token only once (RFC 6750 section 2), so keep one",
                    self.area
                )));
            }
        }
        Ok(())
    }
}

fn pairs<'a>(a: &'a [Slot], b: &'a [Slot]) -> impl Iterator<Item = (&'a Slot, &'a Slot)> {
    a.iter().flat_map(move |x| b.iter().map(move |y| (x, y)))
}

fn is_authorization(slot: &Slot) -> bool {
    *slot == Slot::Header(header::AUTHORIZATION)
}

fn is_token_in_query(slot: &Slot) -> bool {
    matches!(slot, Slot::Query(name) if name.eq_ignore_ascii_case("access_token"))
}

impl From<&Auth> for Auth {
    fn from(auth: &Auth) -> Self {
        auth.clone()
    }
}

/// Shows labels and origins, no secret.
impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.entries().iter().map(|entry| format!("{} for {}", entry.label(), entry.area));
        f.write_str("Auth")?;
        f.debug_list().entries(entries).finish()
    }
}

/// What [`Auth::explain`] found: one line per entry. Shows the origin of the URL, never its path or query.
#[derive(Clone, Debug)]
pub struct Explanation {
    origin: String,
    lines: Vec<(String, Applies)>,
}

/// Whether an entry would be attached.
#[derive(Clone, Debug)]
enum Applies {
    Always,
    /// The server has to ask for it first.
    WhenAsked,
    /// And why not.
    Not(String),
}

impl Explanation {
    /// Whether any entry would be attached, be it after the server has asked for it.
    pub fn is_attached(&self) -> bool {
        self.lines.iter().any(|(_, applies)| !matches!(applies, Applies::Not(_)))
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.lines.is_empty() {
            return write!(f, "{}  no credential: the Auth is empty", self.origin);
        }
        for (index, (label, applies)) in self.lines.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(f, "{line_break}{}  {label}  ", self.origin)?;
            match applies {
                Applies::Always => f.write_str("attached")?,
                Applies::WhenAsked => f.write_str("attached once the server has asked for it")?,
                Applies::Not(why) => write!(f, "withheld: {why}")?,
            }
        }
        Ok(())
    }
}
