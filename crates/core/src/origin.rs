//! Where a credential may travel. The only file that compares origins.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

use percent_encoding::percent_decode;

use crate::{
    Error,
    location::{Refused, push_host},
    target::{OriginText, Target, split_port},
};

/// Scheme, host and port a credential may travel to, and optionally a path prefix.
///
/// The comparison is exact: no subdomain, no other port, no other scheme, no trailing dot (RFC 9110 section 4.3.1; RFC 6454 section 5).
/// It must be https, or http on the machine itself. A `&str` will do wherever an origin is asked for, and so will a
/// list of them.
///
/// A path prefix ends at a segment border (`/v1` covers `/v1` and `/v1/orders`, not `/v10`), and a target whose path
/// contains dot segments in any spelling is never covered by a prefix, since a server may resolve them.
///
/// ```
/// use authwright_core::{Auth, Bearer, Origin};
///
/// Auth::new("https://api.example.com", Bearer::new("t0ken"))?;
/// Auth::new(["https://api.example.com/v1", "https://files.example.com"], Bearer::new("t0ken"))?;
/// Auth::new(Origin::danger_plain_http("http://intranet:8080"), Bearer::new("t0ken"))?;
///
/// let error = Auth::new("http://intranet:8080", Bearer::new("t0ken")).unwrap_err();
/// assert!(error.to_string().starts_with("http://intranet:8080 is plain http"));
/// # Ok::<(), authwright_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Origin(Result<Area, Error>);

/// A valid origin: what [`Origin`] becomes once it has been checked.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Area {
    https: bool,
    host: Box<str>,
    port: u16,
    /// Without its last slash: empty for the whole origin.
    prefix: Box<str>,
}

impl Origin {
    /// An origin in text form. Problems are reported by [`Auth::new`](crate::Auth::new).
    pub fn new(origin: &str) -> Self {
        Self(Area::parse(origin, false))
    }

    /// An origin that may be plain http on another machine: everyone on the way can read the credential and use it.
    ///
    /// For the intranet server that has no TLS and never will. Redirects from it to anywhere else carry nothing.
    pub fn danger_plain_http(origin: &str) -> Self {
        Self(Area::parse(origin, true))
    }

    pub(crate) fn into_area(self) -> Result<Area, Error> {
        self.0
    }
}

/// Why an [`Area`] does not cover a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mismatch {
    Scheme,
    Host,
    Port,
    Path,
    DotSegments,
}

impl Area {
    /// Whether a credential for this area may go to the target. The hot path: comparisons only.
    #[inline]
    pub(crate) fn covers(&self, target: &Target<'_>) -> bool {
        self.mismatch(target).is_none()
    }

    /// The first thing that differs.
    #[inline]
    pub(crate) fn mismatch(&self, target: &Target<'_>) -> Option<Mismatch> {
        // Nearly always the case is the same, and comparing bytes is cheaper.
        if *self.host != *target.host() && !self.host.eq_ignore_ascii_case(target.host()) {
            Some(Mismatch::Host)
        } else if self.https != target.is_https() {
            Some(Mismatch::Scheme)
        } else if self.port != target.port() {
            Some(Mismatch::Port)
        } else if self.prefix.is_empty() {
            None
        } else {
            self.path_mismatch(target.path())
        }
    }

    fn path_mismatch(&self, path: &str) -> Option<Mismatch> {
        match path.strip_prefix(&*self.prefix) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                has_dot_segment(path).then_some(Mismatch::DotSegments)
            }
            _ => Some(Mismatch::Path),
        }
    }

    /// Longer prefixes are more specific.
    pub(crate) fn prefix_len(&self) -> usize {
        self.prefix.len()
    }

    pub(crate) fn same_origin(&self, other: &Self) -> bool {
        self.https == other.https && self.port == other.port && self.host == other.host
    }

    /// Whether some target is covered by both.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let (short, long) = if self.prefix.len() <= other.prefix.len() {
            (&self.prefix, &other.prefix)
        } else {
            (&other.prefix, &self.prefix)
        };
        self.same_origin(other)
            && long.strip_prefix(&**short).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The whole origin of a target.
    #[cfg(feature = "digest")]
    pub(crate) fn origin_of(target: &Target<'_>) -> Self {
        Self::below(target, "")
    }

    /// What lies below a path at the origin of a target.
    #[cfg(feature = "digest")]
    pub(crate) fn below(target: &Target<'_>, path: &str) -> Self {
        Self {
            https: target.is_https(),
            host: target.host().to_ascii_lowercase().into(),
            port: target.port(),
            prefix: path.trim_end_matches('/').into(),
        }
    }

    /// The path of a target, and what lies below it; of the path `/` that alone.
    #[cfg(feature = "digest")]
    pub(crate) fn around(target: &Target<'_>) -> Self {
        let path = target.path();
        let area = Self::below(target, path);
        if area.prefix.is_empty() { Self { prefix: "/".into(), ..area } } else { area }
    }

    /// Whether the target is of this origin.
    #[inline]
    pub(crate) fn is_at(&self, target: &Target<'_>) -> bool {
        (*self.host == *target.host() || self.host.eq_ignore_ascii_case(target.host()))
            && self.https == target.is_https()
            && self.port == target.port()
    }

    /// Whether the target begins with it, dot segments left out of account: see [`has_dot_segments`].
    #[cfg(feature = "digest")]
    pub(crate) fn begins(&self, target: &Target<'_>) -> bool {
        let begins = |path: &str| {
            let rest = path.strip_prefix(&*self.prefix);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.is_at(target) && (self.prefix.is_empty() || begins(target.path()))
    }

    fn parse(text: &str, plain_http_allowed: bool) -> Result<Self, Error> {
        let invalid = |why: &str| {
            let shown = shown(text);
            Error::caller(format!("{shown} is not an origin: {why}; write it like https://api.example.com"))
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(|| invalid("it has no scheme"))?;
        let https = match scheme {
            "https" => true,
            "http" => false,
            _ => return Err(invalid("its scheme is neither https nor http")),
        };
        if rest.contains(['?', '#']) {
            return Err(invalid("it has a query or a fragment"));
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(invalid("it contains a user name or password, which belong into the scheme"));
        }
        let (host, port) = split_port(authority).map_err(|_| invalid("its port is not a number"))?;
        let host = canonical_host(host).map_err(invalid)?;
        let port = port.unwrap_or(if https { 443 } else { 80 });
        if !path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\') || has_dot_segment(path) {
            return Err(invalid("its path has dot segments, blanks or characters a URL cannot have"));
        }
        let area = Self { https, host, port, prefix: path.trim_end_matches('/').into() };
        if !https && !plain_http_allowed && !is_loopback(&area.host) {
            return Err(Error::caller(format!(
                "{area} is plain http: the credential could be read on the way; use https, or \
                 Origin::danger_plain_http if you accept that"
            )));
        }
        Ok(area)
    }
}

/// Whether what is sent there stays readable for nobody but its receiver: TLS, or the machine itself.
pub(crate) fn is_protected(target: &Target<'_>) -> bool {
    target.is_https() || is_loopback(&target.host().to_ascii_lowercase())
}

/// The origin that a target has in common with one of these.
pub(crate) fn of_entry<'a>(mut areas: impl Iterator<Item = &'a Area>, target: &Target<'_>) -> Option<String> {
    areas.find(|area| area.is_at(target)).map(Area::to_string)
}

/// Whether two targets have the same origin. Anything else is a change of origin (RFC 9110 section 4.3.1).
pub(crate) fn same_origin(a: &Target<'_>, b: &Target<'_>) -> bool {
    a.is_https() == b.is_https() && a.port() == b.port() && a.host().eq_ignore_ascii_case(b.host())
}

/// RFC 1035 section 2.3.4, without what the wire needs.
const LONGEST_HOST: usize = 253;

/// The spelling the clients' URL types use, so that equal hosts are equal text.
fn canonical_host(host: &str) -> Result<Box<str>, &'static str> {
    if host.contains('*') {
        return Err("wildcards are not supported: name every host");
    }
    if !host.is_ascii() {
        return Err("its host is not ASCII: write the `xn--` form");
    }
    let mut canonical = String::with_capacity(host.len());
    match push_host(&mut canonical, host.as_bytes()) {
        Ok(()) if canonical.len() > LONGEST_HOST => Err("its host is longer than a name can be"),
        Ok(()) => Ok(canonical.into()),
        Err(Refused::NoHost) => Err("it has no host"),
        Err(Refused::BadAddress) => Err("its IP address is malformed"),
        Err(_) => Err("its host has a character that host names cannot have"),
    }
}

/// `localhost` (RFC 6761 section 6.3), 127.0.0.0/8 and `::1`: the credential does not leave the machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.parse::<Ipv4Addr>().is_ok_and(|a| a.is_loopback())
        || host.trim_matches(['[', ']']).parse::<Ipv6Addr>().is_ok_and(|a| a.is_loopback())
}

/// Whether no path prefix is to be trusted for this target.
#[cfg(feature = "digest")]
pub(crate) fn has_dot_segments(target: &Target<'_>) -> bool {
    has_dot_segment(target.path())
}

/// Whether a server could read `.` or `..` as a segment of this path: decoded once or several times, with slashes of either
/// kind, with path parameters cut off, with blanks and control characters ignored.
fn has_dot_segment(path: &str) -> bool {
    // Only paths with a dot or an escape can; most have neither.
    if !path.bytes().any(|b| matches!(b, b'.' | b'%')) {
        return false;
    }
    let mut plain = path.as_bytes().to_vec();
    for _ in 0..3 {
        let decoded: Vec<u8> = percent_decode(&plain).collect();
        if is_dot_segment_in(&decoded) {
            return true;
        }
        plain = decoded;
    }
    is_dot_segment_in(path.as_bytes())
}

fn is_dot_segment_in(path: &[u8]) -> bool {
    path.split(|b| matches!(b, b'/' | b'\\')).any(|segment| {
        let name = segment.split(|b| *b == b';').next().unwrap_or_default();
        let visible: Vec<u8> = name.iter().copied().filter(u8::is_ascii_graphic).collect();
        !visible.is_empty() && visible.len() <= 2 && visible.iter().all(|b| *b == b'.')
    })
}

/// A text that is not an origin may be a whole URL with a secret in it, or the secret itself where arguments were mixed up:
/// only what can be nothing but scheme and host is shown.
fn shown(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://").filter(|_| !text.contains('@')) else {
        return "the origin given".into();
    };
    let host = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let all = format!("{scheme}://{host}");
    // Escapes count too: a control character makes six of itself.
    let mut escaped = all.escape_debug();
    let start: String = escaped.by_ref().take(LONGEST_HOST).collect();
    let more = if escaped.next().is_some() { "…" } else { "" };
    format!("`{start}{more}`")
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&OriginText { https: self.https, host: &self.host, port: self.port }, f)
    }
}

impl fmt::Debug for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(area) => write!(f, "Origin({area})"),
            Err(error) => write!(f, "Origin(invalid: {error})"),
        }
    }
}

impl From<&str> for Origin {
    fn from(origin: &str) -> Self {
        Self::new(origin)
    }
}

impl From<&String> for Origin {
    fn from(origin: &String) -> Self {
        Self::new(origin)
    }
}

impl From<String> for Origin {
    fn from(origin: String) -> Self {
        Self::new(&origin)
    }
}

/// One origin or a list of them: what [`Auth::new`](crate::Auth::new) takes as its first argument.
#[diagnostic::on_unimplemented(
    message = "`{Self}` says no origin that a credential may travel to",
    label = "expected an origin, or a list of them",
    note = "give a URL as text, such as \"https://api.example.com\", an `Origin`, or an array or vector of these"
)]
pub trait IntoOrigins {
    /// The origins, in the order given.
    fn into_origins(self) -> Vec<Origin>;
}

#[diagnostic::do_not_recommend]
impl<O: Into<Origin>> IntoOrigins for O {
    fn into_origins(self) -> Vec<Origin> {
        vec![self.into()]
    }
}

impl<O: Into<Origin>, const N: usize> IntoOrigins for [O; N] {
    fn into_origins(self) -> Vec<Origin> {
        self.into_iter().map(Into::into).collect()
    }
}

impl<O: Into<Origin>> IntoOrigins for Vec<O> {
    fn into_origins(self) -> Vec<Origin> {
        self.into_iter().map(Into::into).collect()
    }
}

impl<O: Clone + Into<Origin>> IntoOrigins for &[O] {
    fn into_origins(self) -> Vec<Origin> {
        self.iter().cloned().map(Into::into).collect()
    }
}
