//! One hop as a scheme sees it: view and sink in one. The only file that writes a secret into a header, a query pair
//! or a cookie.

mod rare;

use std::{borrow::Cow, fmt, mem, sync::Arc, time::SystemTime};

use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{COOKIE, MaxSizeReached, PROXY_AUTHORIZATION},
};

use self::rare::Rare;
pub(crate) use self::rare::{Collision, Finished};
use crate::{Clock, Error, Landing, Slot, Stamp, Target, encode, seldom::Seldom};

/// The body of a request, as far as it is known before it is sent.
#[derive(Clone, Copy)]
pub enum Body<'a> {
    /// There is none.
    Empty,
    /// All of it, in memory: it can be signed, and sent again.
    Bytes(&'a [u8]),
    /// A stream: it can be sent once.
    Stream,
}

impl Body<'_> {
    pub(crate) fn is_replayable(&self) -> bool {
        !matches!(self, Self::Stream)
    }
}

impl fmt::Debug for Body<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Stream => f.write_str("Stream"),
        }
    }
}

/// One hop of a request: what a [`Scheme`](crate::Scheme) reads and writes.
///
/// It is the copy that is sent. Everything written counts as secret: header values are marked sensitive, and all of it
/// belongs to this hop alone. Where the caller (or a more specific entry) has already set a field, writing it has no
/// effect and everything else this scheme writes is taken back.
///
/// A scheme is tested with [`Hop::test`], without client and server.
pub struct Hop<'a> {
    request: Request<'a>,
    target: Target<'a>,
    body: Body<'a>,
    /// Path and query with the pairs added so far; empty while there are none.
    line: String,
    line_before: usize,
    /// The entry under way wrote the one header it declares: the exchange remembers which, so no list is kept of these.
    ready: bool,
    /// Who made the `Cookie` field.
    cookie_field: MadeBy,
    stamp: Stamp,
    /// What only users' schemes, the caller's own cookies and collisions need.
    rare: Seldom<Rare>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum MadeBy {
    Caller,
    ThisEntry,
    Earlier,
}

/// What differs between a request that is sent and one that a scheme is tried on.
enum Request<'a> {
    Sent { method: &'a Method, headers: &'a mut HeaderMap, clock: &'a Arc<dyn Clock> },
    Test(Box<Test<'a>>),
}

struct Test<'a> {
    method: &'a str,
    headers: HeaderMap,
    now: SystemTime,
}

impl<'a> Hop<'a> {
    /// A hop over a request that is about to be sent. Public for the benchmarks alone.
    #[doc(hidden)]
    #[inline]
    pub fn new(
        method: &'a Method,
        target: Target<'a>,
        headers: &'a mut HeaderMap,
        body: Body<'a>,
        clock: &'a Arc<dyn Clock>,
    ) -> Self {
        Self::over(Request::Sent { method, headers, clock }, target, body)
    }

    /// A hop to try a scheme on: no client, no server. Its time is the Unix epoch until [`at`](Hop::at) sets it.
    ///
    /// # Panics
    /// If `url` is not an absolute http(s) URL: it is test code.
    pub fn test(method: &'a str, url: &'a str) -> Self {
        let target = match Target::parse(url) {
            Ok(target) => target,
            Err(error) => panic!("Hop::test: {error}"),
        };
        let test = Test { method, headers: HeaderMap::new(), now: SystemTime::UNIX_EPOCH };
        Self::over(Request::Test(Box::new(test)), target, Body::Empty)
    }

    #[inline]
    fn over(request: Request<'a>, target: Target<'a>, body: Body<'a>) -> Self {
        let (line, line_before, stamp) = (String::new(), 0, Stamp(0));
        let (ready, cookie_field, rare) = (false, MadeBy::Caller, Seldom::NOTHING);
        Self { request, target, body, line, line_before, ready, cookie_field, stamp, rare }
    }

    /// The same hop with a body. For tests.
    pub fn with_body(mut self, body: &'a [u8]) -> Self {
        self.body = Body::Bytes(body);
        self
    }

    /// The same hop with a header the caller has set. For tests.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.map().append(name, value);
        self
    }

    /// The same hop at another time. For tests.
    pub fn at(mut self, now: SystemTime) -> Self {
        if let Request::Test(test) = &mut self.request {
            test.now = now;
        }
        self
    }

    /// The same hop as one that is sent again, for what [`Verdict::Resend`](crate::Verdict::Resend) has promised. For tests.
    pub fn again_with(mut self, promised: Stamp) -> Self {
        self.set_promised(Some(promised));
        self
    }

    /// The method: `GET`.
    pub fn method(&self) -> &str {
        match &self.request {
            Request::Sent { method, .. } => method.as_str(),
            Request::Test(test) => test.method,
        }
    }

    /// Where the hop goes. Its path and query are those of the caller: see [`Hop::target`] for what is sent.
    pub fn url(&self) -> Target<'a> {
        self.target
    }

    /// Path and query as they will be sent, with the pairs added so far.
    pub fn target(&self) -> &str {
        if self.line.is_empty() { self.target.path_and_query() } else { &self.line }
    }

    /// The header fields, those added so far included.
    pub fn headers(&self) -> &HeaderMap {
        match &self.request {
            Request::Sent { headers, .. } => headers,
            Request::Test(test) => &test.headers,
        }
    }

    /// The body. Complete for schemes whose [`needs_body`](crate::Scheme::needs_body) is true, empty otherwise where
    /// it is not in memory.
    pub fn body(&self) -> &'a [u8] {
        match self.body {
            Body::Bytes(bytes) => bytes,
            Body::Empty | Body::Stream => &[],
        }
    }

    /// The time now, by the clock of the client. The clock is read when this is called, and only then.
    pub fn now(&self) -> SystemTime {
        match &self.request {
            Request::Sent { clock, .. } => clock.now(),
            Request::Test(test) => test.now,
        }
    }

    /// A header value this hop carries, as text. For tests of a scheme.
    pub fn attached(&self, name: &str) -> Option<&str> {
        self.headers().get(name)?.to_str().ok()
    }

    /// Writes a header field. The value is marked sensitive.
    ///
    /// # Errors
    /// Name or value have bytes a header field cannot have (RFC 9110 section 5.5).
    #[inline]
    pub fn header<N, V>(&mut self, name: N, value: V) -> Result<&mut Self, Error>
    where
        HeaderName: TryFrom<N>,
        HeaderValue: TryFrom<V>,
    {
        let name = HeaderName::try_from(name)
            .map_err(|_| Error::caller("a scheme wrote a malformed header name"))?;
        if name == PROXY_AUTHORIZATION {
            return Err(Error::caller(
                "a scheme wrote `Proxy-Authorization`, which is not for the origin (RFC 9110 section 11.7.1)",
            ));
        }
        let Ok(mut value) = HeaderValue::try_from(value) else {
            return Err(Error::unsendable(format!(
                "the value for header `{name}` has a line break or another character that headers cannot have"
            )));
        };
        if !value.is_sensitive() {
            value.set_sensitive(true);
        }
        if self.rare.as_ref().is_some_and(|rare| rare.wrote_in_this_entry(&name)) {
            self.map().insert(name, value);
        } else if self.append(&name, value)? {
            self.rare().log(name);
        }
        Ok(self)
    }

    /// Writes the one header field an entry declares, its value marked sensitive already. The hot path: one insertion, as
    /// if by hand. It is the one call of its kind in the crate, so that the search in the map becomes a part of it.
    #[inline(never)]
    pub(crate) fn header_ready(&mut self, name: &HeaderName, value: &HeaderValue) -> Result<(), Error> {
        if !self.has_collided() {
            let found = self.map().try_append(name, value.clone());
            self.ready = self.was_free(name, found)?;
        }
        Ok(())
    }

    /// Writes the credential of the proxy that the hop is given to.
    pub(crate) fn header_for_proxy(&mut self, value: HeaderValue) -> Result<(), Error> {
        self.map().try_insert(PROXY_AUTHORIZATION, value).map(drop).map_err(|_| too_many_headers())
    }

    /// Writes the one header field an entry declares, with a value made for this hop alone.
    #[cfg(feature = "digest")]
    pub(crate) fn header_made(&mut self, name: &HeaderName, value: HeaderValue) -> Result<(), Error> {
        self.ready = self.append(name, value)?;
        Ok(())
    }

    /// Whether the field was free, and is written.
    fn append(&mut self, name: &HeaderName, value: HeaderValue) -> Result<bool, Error> {
        if self.has_collided() {
            return Ok(false);
        }
        let found = self.map().try_append(name.clone(), value);
        self.was_free(name, found)
    }

    /// Appending is one search, and leaves what is there as it is.
    #[inline]
    #[allow(clippy::needless_pass_by_value)] // a result is taken apart here
    fn was_free(&mut self, name: &HeaderName, found: Result<bool, MaxSizeReached>) -> Result<bool, Error> {
        match found {
            Ok(false) => Ok(true),
            Ok(true) => {
                self.taken(name);
                Ok(false)
            }
            Err(_) => Err(too_many_headers()),
        }
    }

    /// The field was there already: its values become what they were.
    #[cold]
    fn taken(&mut self, name: &HeaderName) {
        let mut values: Vec<_> = self.headers().get_all(name).iter().cloned().collect();
        values.pop();
        self.restore(name, values);
        let cookie_of_ours = *name == COOKIE && self.cookie_field != MadeBy::Caller;
        let logged = self.rare.as_ref().is_some_and(|rare| rare.wrote(name));
        self.collide(Slot::Header(name.clone()), !logged && !cookie_of_ours);
    }

    /// Adds a query pair; name and value are percent-encoded (RFC 3986 section 2.1).
    pub fn query_pair(&mut self, name: &str, value: &str) -> &mut Self {
        let pair = encode::query_pair(name, value);
        self.query_encoded(name, &pair)
    }

    /// Adds a pair that is encoded already, in the form `&name=value`: `name` is what its name decodes to.
    pub(crate) fn query_encoded(&mut self, name: &str, pair: &str) -> &mut Self {
        if self.has_collided() {
            return self;
        }
        let sent = self.target.path_and_query();
        let caller_query = self.target.query();
        if caller_query.is_some_and(|query| encode::has_pair(query, name)) {
            self.collide(Slot::Query(name.into()), true);
            return self;
        }
        if !self.line.is_empty() {
            let added = self.line.get(sent.len()..self.line_before).unwrap_or_default();
            if encode::has_pair(added.trim_start_matches(['?', '&']), name) {
                self.collide(Slot::Query(name.into()), false);
            } else {
                self.line.push_str(pair);
            }
            return self;
        }
        // The one allocation: path and query as they are sent.
        self.line = String::with_capacity(sent.len() + pair.len());
        self.line.push_str(sent);
        match caller_query {
            Some("") => self.line.push_str(pair.trim_start_matches('&')),
            Some(_) => self.line.push_str(pair),
            None => {
                self.line.push('?');
                self.line.push_str(pair.trim_start_matches('&'));
            }
        }
        self
    }

    /// Adds a cookie to the one `Cookie` field there is (RFC 6265 section 5.4).
    ///
    /// # Errors
    /// Name or value have characters a cookie cannot have (RFC 6265 section 4.1.1).
    pub fn cookie(&mut self, name: &str, value: &str) -> Result<&mut Self, Error> {
        let Some(pair) = encode::cookie_pair(name, value) else {
            return Err(Error::unsendable(format!(
                "the value for cookie `{}` has a character that cookies cannot have",
                name.escape_debug()
            )));
        };
        self.cookie_ready(name, &pair)
    }

    /// Adds a `name=value` that has been checked already.
    pub(crate) fn cookie_ready(&mut self, name: &str, pair: &HeaderValue) -> Result<&mut Self, Error> {
        if self.has_collided() {
            return Ok(self);
        }
        if !self.headers().contains_key(COOKIE) {
            let Ok(_) = self.map().try_insert(COOKIE, pair.clone()) else { return Err(too_many_headers()) };
            self.cookie_field = MadeBy::ThisEntry;
            return Ok(self);
        }
        let before: Vec<_> = self.headers().get_all(COOKIE).iter().cloned().collect();
        let Some(joined) = encode::join_cookies(&before) else { return Ok(self) };
        if encode::has_cookie(joined.as_bytes(), name) {
            let mine = self.rare.as_ref().is_some_and(|rare| rare.wrote_cookie_in_this_entry(name));
            if mine || self.cookie_field == MadeBy::ThisEntry {
                let name = name.escape_debug();
                return Err(Error::caller(format!("a scheme wrote cookie `{name}` twice; nothing was sent")));
            }
            // Where the caller had no `Cookie` field, every cookie in it is ours.
            let all_ours = self.cookie_field != MadeBy::Caller;
            let ours = self.rare.as_ref().is_some_and(|rare| rare.wrote(&COOKIE) || rare.wrote_cookie(name));
            self.collide(Slot::Cookie(name.into()), !ours && !all_ours);
            return Ok(self);
        }
        let Some(field) = encode::join_cookies(&[joined, pair.clone()]) else { return Ok(self) };
        self.map().insert(COOKIE, field);
        self.rare().change_cookies(before, name);
        Ok(self)
    }

    /// Whether the body can be sent only once.
    pub(crate) fn has_stream(&self) -> bool {
        matches!(self.body, Body::Stream)
    }

    /// How the flight ended that this request has waited for, of the cache with this number.
    pub(crate) fn landing(&self, cache: u64) -> Option<&Landing> {
        self.rare.as_ref()?.landings.iter().rev().find(|landing| landing.is_of(cache))
    }

    /// What this request has waited for so far.
    #[cold]
    pub(crate) fn set_landings(&mut self, landings: &[Landing]) {
        self.rare().landings = landings.to_vec();
    }

    /// Marks which version of the credential this hop carries.
    pub fn stamp(&mut self, stamp: Stamp) -> &mut Self {
        self.stamp = stamp;
        self
    }

    /// The stamp this scheme gave with [`Verdict::Resend`](crate::Verdict::Resend), where the hop is sent again for it.
    pub fn promised(&self) -> Option<Stamp> {
        self.rare.as_ref()?.promised
    }

    /// For the entry that comes next.
    pub(crate) fn set_promised(&mut self, promised: Option<Stamp>) {
        if promised.is_some() || self.rare.as_ref().is_some() {
            self.rare().promised = promised;
        }
    }

    /// Which version of the credential this hop carries. For tests of a scheme.
    pub fn stamped(&self) -> Stamp {
        self.stamp
    }

    fn map(&mut self) -> &mut HeaderMap {
        match &mut self.request {
            Request::Sent { headers, .. } => headers,
            Request::Test(test) => &mut test.headers,
        }
    }

    // What follows is for the exchange, which runs several entries over one hop.

    /// Ends an entry: keeps what it wrote; or nothing, where it collided.
    #[inline]
    pub(crate) fn finish_entry(&mut self) -> Option<Finished> {
        if let Some(rare) = self.rare.as_mut() {
            if rare.has_collided() {
                return None;
            }
            rare.finish_entry();
        }
        self.line_before = self.line.len();
        if self.cookie_field == MadeBy::ThisEntry {
            self.cookie_field = MadeBy::Earlier;
        }
        Some(Finished { ready: mem::take(&mut self.ready), stamp: mem::take(&mut self.stamp) })
    }

    /// Ends an entry that collided: nothing it wrote remains.
    #[cold]
    pub(crate) fn finish_collided(&mut self) -> Option<Collision> {
        let collision = self.rare().collision();
        self.take_back_entry();
        collision
    }

    /// Where the hop goes, without a copy.
    #[inline]
    pub(crate) fn goes_to(&self) -> &Target<'a> {
        &self.target
    }

    /// Collides where one of these places is taken: for an entry that will want it later, or that has work to do before it
    /// writes. Whether all are free.
    #[cold]
    pub(crate) fn hold(&mut self, slots: &[Slot]) -> bool {
        let Some(slot) = slots.iter().find(|slot| self.is_taken(slot)).cloned() else { return true };
        let ours = match &slot {
            Slot::Header(name) => self.rare().wrote(name),
            Slot::Query(name) => !self.target.query().is_some_and(|query| encode::has_pair(query, name)),
            Slot::Cookie(name) => self.cookie_field != MadeBy::Caller || self.rare().wrote_cookie(name),
        };
        self.collide(slot, !ours);
        false
    }

    fn is_taken(&self, slot: &Slot) -> bool {
        match slot {
            Slot::Header(name) => self.headers().contains_key(name),
            Slot::Query(name) => {
                self.target().split_once('?').is_some_and(|(_, query)| encode::has_pair(query, name))
            }
            Slot::Cookie(name) => {
                let mut fields = self.headers().get_all(COOKIE).iter();
                fields.any(|field| encode::has_cookie(field.as_bytes(), name))
            }
        }
    }

    /// Takes back what an entry has written before it found out that it has to wait.
    #[cold]
    pub(crate) fn finish_bare(&mut self) {
        self.take_back_entry();
    }

    /// Takes back what the entry under way has written.
    #[cold]
    fn take_back_entry(&mut self) {
        (self.ready, self.stamp) = (false, Stamp::default());
        if let Some(rare) = self.rare.as_mut() {
            let (names, cookies) = rare.take_back_entry();
            if let Some(cookies) = cookies {
                self.restore(&COOKIE, cookies);
            }
            for name in names {
                self.map().remove(name);
            }
        }
        // Last: where the whole field is this entry's, what it was before a part of it is this entry's too.
        if self.cookie_field == MadeBy::ThisEntry {
            self.map().remove(COOKIE);
            self.cookie_field = MadeBy::Caller;
        }
        self.line.truncate(self.line_before);
    }

    /// Takes back what every entry has written: the request is as the caller gave it. `ready` are the fields of entries
    /// that wrote a ready header.
    #[cold]
    pub(crate) fn take_back_all<'s>(
        &mut self,
        ready: impl Iterator<Item = &'s Slot>,
        defaults: &[HeaderName],
    ) {
        // The entry under way first: what it did to the `Cookie` field lies on top of what earlier ones did.
        self.take_back_entry();
        for slot in ready {
            if let Slot::Header(name) = slot {
                self.map().remove(name);
            }
        }
        self.line_before = 0;
        if self.cookie_field == MadeBy::Earlier {
            self.cookie_field = MadeBy::ThisEntry;
        }
        if let Some(rare) = self.rare.as_mut() {
            rare.reopen();
        }
        self.take_back_entry();
        for name in defaults {
            self.map().remove(name);
        }
    }

    /// Gives a field the values it had.
    fn restore(&mut self, name: &HeaderName, values: Vec<HeaderValue>) {
        self.map().remove(name);
        for value in values {
            self.map().append(name.clone(), value);
        }
    }

    #[inline]
    fn has_collided(&self) -> bool {
        self.rare.as_ref().is_some_and(Rare::has_collided)
    }

    #[cold]
    fn collide(&mut self, slot: Slot, by_caller: bool) {
        self.rare().collide(Collision { slot, by_caller });
    }

    fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_default()
    }

    /// Path and query where pairs were added, empty where none were. Public for the benchmarks alone.
    #[doc(hidden)]
    #[inline]
    pub fn into_line(self) -> String {
        self.line
    }
}

fn too_many_headers() -> Error {
    Error::caller("the request has too many header fields; nothing was sent")
}

/// Shows names only: no value, path or query.
impl fmt::Debug for Hop<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Cow<'_, [_]> = self.headers().keys().collect::<Vec<_>>().into();
        f.debug_struct("Hop")
            .field("method", &self.method())
            .field("origin", &self.target.origin())
            .field("headers", &names)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}
