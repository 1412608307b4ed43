//! One hop as a scheme sees it: view and sink in one. The only file that writes a secret into a header, a query pair
//! or a cookie.

use std::{borrow::Cow, fmt, time::SystemTime};

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{COOKIE, Entry},
};

use crate::{Clock, Error, Slot, Stamp, Target, encode};

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
    method: &'a str,
    target: Target<'a>,
    headers: Headers<'a>,
    body: Body<'a>,
    time: Time<'a>,
    written: Written,
}

enum Headers<'a> {
    Sent(&'a mut HeaderMap),
    Test(Box<HeaderMap>),
}

#[derive(Clone, Copy)]
enum Time<'a> {
    Clock(&'a dyn Clock),
    Fixed(SystemTime),
}

/// What has been written to the hop, so that it can be taken back.
#[derive(Default)]
struct Written {
    /// Header names, all entries together: the first two without an allocation.
    first: [Option<HeaderName>; 2],
    more: Vec<HeaderName>,
    /// How many of them earlier entries wrote.
    earlier: usize,
    count: usize,
    /// Path and query with the pairs added so far; empty while there are none.
    line: String,
    line_before: usize,
    /// The caller's `Cookie` fields as they were before this entry, where this entry changed them.
    cookie_before: Option<Vec<HeaderValue>>,
    /// The same, before the first entry that changed them.
    cookie_original: Option<Vec<HeaderValue>>,
    cookies_earlier: Vec<Box<str>>,
    cookies: Vec<Box<str>>,
    collision: Option<Collision>,
    stamp: Stamp,
}

/// A field an entry wanted to write was taken.
pub(crate) struct Collision {
    pub(crate) slot: Slot,
    pub(crate) by_caller: bool,
}

impl<'a> Hop<'a> {
    /// A hop over a request that is about to be sent. Public for the benchmarks alone.
    #[doc(hidden)]
    pub fn new(
        method: &'a str,
        target: Target<'a>,
        headers: &'a mut HeaderMap,
        body: Body<'a>,
        clock: &'a dyn Clock,
    ) -> Self {
        let headers = Headers::Sent(headers);
        Self { method, target, headers, body, time: Time::Clock(clock), written: Written::default() }
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
        Self {
            method,
            target,
            headers: Headers::Test(Box::default()),
            body: Body::Empty,
            time: Time::Fixed(SystemTime::UNIX_EPOCH),
            written: Written::default(),
        }
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
        self.time = Time::Fixed(now);
        self
    }

    /// The method: `GET`.
    pub fn method(&self) -> &str {
        self.method
    }

    /// Where the hop goes. Its path and query are those of the caller: see [`Hop::target`] for what is sent.
    pub fn url(&self) -> Target<'a> {
        self.target
    }

    /// Path and query as they will be sent, with the pairs added so far.
    pub fn target(&self) -> &str {
        if self.written.line.is_empty() { self.target.path_and_query() } else { &self.written.line }
    }

    /// The header fields, those added so far included.
    pub fn headers(&self) -> &HeaderMap {
        match &self.headers {
            Headers::Sent(headers) => headers,
            Headers::Test(headers) => headers,
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
        match self.time {
            Time::Clock(clock) => clock.now(),
            Time::Fixed(now) => now,
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
        let Ok(mut value) = HeaderValue::try_from(value) else {
            return Err(Error::unsendable(format!(
                "the value for header `{name}` has a line break or another character that headers cannot have"
            )));
        };
        if !value.is_sensitive() {
            value.set_sensitive(true);
        }
        self.insert(name, value)
    }

    fn insert(&mut self, name: HeaderName, value: HeaderValue) -> Result<&mut Self, Error> {
        if self.written.collision.is_some() {
            return Ok(self);
        }
        let headers = match &mut self.headers {
            Headers::Sent(headers) => &mut **headers,
            Headers::Test(headers) => headers,
        };
        match headers.try_entry(name.clone()) {
            Ok(Entry::Vacant(slot)) => {
                slot.try_insert(value).map_err(|_| too_many_headers())?;
                self.written.log(name);
            }
            Ok(Entry::Occupied(mut taken)) => match self.written.writer_of(&name) {
                Writer::This => {
                    taken.insert(value);
                }
                Writer::Earlier => self.written.collide(Slot::Header(name), false),
                Writer::Caller => self.written.collide(Slot::Header(name), true),
            },
            Err(_) => return Err(too_many_headers()),
        }
        Ok(self)
    }

    /// Adds a query pair; name and value are percent-encoded (RFC 3986 section 2.1).
    pub fn query_pair(&mut self, name: &str, value: &str) -> &mut Self {
        let pair = encode::query_pair(name, value);
        self.query_encoded(name, &pair)
    }

    /// Adds a pair that is encoded already: `name` is what it decodes to.
    pub(crate) fn query_encoded(&mut self, name: &str, pair: &str) -> &mut Self {
        let Self { written, target, .. } = self;
        if written.collision.is_some() {
            return self;
        }
        let sent = target.path_and_query();
        let Written { line, .. } = written;
        let caller_query = target.query();
        if caller_query.is_some_and(|query| encode::has_pair(query, name)) {
            written.collide(Slot::Query(name.into()), true);
            return self;
        }
        if line.is_empty() {
            line.reserve_exact(sent.len() + 1 + pair.len());
            line.push_str(sent);
        } else {
            let added = line.get(sent.len() + 1..written.line_before).unwrap_or_default();
            if encode::has_pair(added, name) {
                written.collide(Slot::Query(name.into()), false);
                return self;
            }
            line.reserve(1 + pair.len());
        }
        let empty_query = line.len() == sent.len() && caller_query == Some("");
        if !empty_query {
            let joins = line.len() > sent.len() || caller_query.is_some();
            line.push(if joins { '&' } else { '?' });
        }
        line.push_str(pair);
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
        if self.written.collision.is_some() {
            return Ok(self);
        }
        let before: Vec<_> = self.headers().get_all(COOKIE).iter().cloned().collect();
        let joined = before.split_first().map(|(first, rest)| {
            rest.iter().fold(first.clone(), |joined, field| encode::join_cookies(&joined, field))
        });
        if joined.as_ref().is_some_and(|fields| encode::has_cookie(fields.as_bytes(), name)) {
            // A `Cookie` field in our log means that the caller had none: every cookie in it is ours.
            let all_ours = !matches!(self.written.writer_of(&COOKIE), Writer::Caller);
            let ours = all_ours || self.written.cookies_earlier.iter().any(|c| **c == *name);
            self.written.collide(Slot::Cookie(name.into()), !ours);
            return Ok(self);
        }
        let field = match &joined {
            None => pair.clone(),
            Some(fields) => encode::join_cookies(fields, pair),
        };
        let Ok(_) = self.map().try_insert(COOKIE, field) else { return Err(too_many_headers()) };
        // Where nothing was there before, the log of headers is enough to take it back, and costs no allocation.
        if before.is_empty() {
            self.written.log(COOKIE);
        } else {
            self.written.cookie_before.get_or_insert(before);
            self.written.cookies.push(name.into());
        }
        Ok(self)
    }

    /// Marks which version of the credential this hop carries.
    pub fn stamp(&mut self, stamp: Stamp) -> &mut Self {
        self.written.stamp = stamp;
        self
    }

    fn map(&mut self) -> &mut HeaderMap {
        match &mut self.headers {
            Headers::Sent(headers) => headers,
            Headers::Test(headers) => headers,
        }
    }

    // What follows is for the exchange, which runs several entries over one hop.

    /// Ends an entry: keeps what it wrote, unless it collided. All or nothing.
    #[inline]
    pub(crate) fn finish_entry(&mut self) -> Result<Stamp, Collision> {
        let stamp = std::mem::take(&mut self.written.stamp);
        if let Some(collision) = self.written.collision.take() {
            self.take_back_entry();
            return Err(collision);
        }
        let written = &mut self.written;
        written.earlier = written.count;
        written.line_before = written.line.len();
        if let Some(before) = written.cookie_before.take() {
            written.cookie_original.get_or_insert(before);
            written.cookies_earlier.append(&mut written.cookies);
        }
        Ok(stamp)
    }

    /// Takes back what the entry under way has written.
    pub(crate) fn take_back_entry(&mut self) {
        self.written.collision = None;
        if let Some(before) = self.written.cookie_before.take() {
            self.restore_cookies(before);
            self.written.cookies.clear();
        }
        while self.written.count > self.written.earlier {
            if let Some(name) = self.written.unlog() {
                self.map().remove(name);
            }
        }
        let before = self.written.line_before;
        self.written.line.truncate(before);
    }

    /// Takes back what every entry has written: the request is as the caller gave it.
    pub(crate) fn take_back_all(&mut self) {
        // The entry under way first: what it did to the `Cookie` field lies on top of what earlier ones did.
        self.take_back_entry();
        if let Some(before) = self.written.cookie_original.take() {
            self.restore_cookies(before);
        }
        self.written.earlier = 0;
        self.written.line_before = 0;
        self.take_back_entry();
    }

    fn restore_cookies(&mut self, fields: Vec<HeaderValue>) {
        self.map().remove(COOKIE);
        for field in fields {
            self.map().append(COOKIE, field);
        }
    }

    /// Path and query where pairs were added, empty where none were.
    #[inline]
    pub(crate) fn into_line(self) -> String {
        self.written.line
    }
}

enum Writer {
    This,
    Earlier,
    Caller,
}

impl Written {
    #[inline]
    fn log(&mut self, name: HeaderName) {
        match self.first.get_mut(self.count) {
            Some(place) => *place = Some(name),
            None => self.more.push(name),
        }
        self.count += 1;
    }

    fn unlog(&mut self) -> Option<HeaderName> {
        self.count = self.count.checked_sub(1)?;
        match self.first.get_mut(self.count) {
            Some(place) => place.take(),
            None => self.more.pop(),
        }
    }

    fn writer_of(&self, name: &HeaderName) -> Writer {
        match self.first.iter().flatten().chain(&self.more).position(|written| written == name) {
            Some(index) if index >= self.earlier => Writer::This,
            Some(_) => Writer::Earlier,
            None => Writer::Caller,
        }
    }

    fn collide(&mut self, slot: Slot, by_caller: bool) {
        self.collision = Some(Collision { slot, by_caller });
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
            .field("method", &self.method)
            .field("origin", &self.target.origin())
            .field("headers", &names)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}
