//! The URL a hop goes to, as parts borrowed from whatever type the client uses.

use std::fmt;

use http::Uri;

use crate::Error;

/// Where a request is going: borrowed parts of the client's own URL type, so that nothing is parsed twice and what is
/// judged is what is sent.
///
/// The scheme is `http` or `https` (`ws` and `wss` are judged as those), the host keeps the brackets of an IPv6
/// address, and user information is refused: a name and password in a URL would travel wherever that URL goes.
///
/// ```
/// use authwright_core::Target;
///
/// let target = Target::parse("https://api.example.com:8443/v1/orders?state=open")?;
/// assert_eq!(target.host(), "api.example.com");
/// assert_eq!(target.port(), 8443);
/// assert_eq!(target.path(), "/v1/orders");
/// assert_eq!(target.query(), Some("state=open"));
/// assert!(Target::parse("https://sam:pw@api.example.com/").is_err());
/// # Ok::<(), authwright_core::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Target<'a> {
    https: bool,
    host: &'a str,
    port: u16,
    path_and_query: &'a str,
    path_len: usize,
}

impl<'a> Target<'a> {
    /// The parts as a client's URL type gives them. `path_and_query` must be without fragment; empty means `/`.
    ///
    /// # Errors
    /// The scheme is not http(s), or the host is empty.
    pub fn new(
        scheme: &str,
        host: &'a str,
        port: Option<u16>,
        path_and_query: &'a str,
    ) -> Result<Self, Error> {
        let path_len = path_and_query.find('?').unwrap_or(path_and_query.len());
        Self::with_path_len(scheme, host, port, path_and_query, path_len)
    }

    /// The same for a URL type that knows where its query begins.
    #[doc(hidden)]
    #[inline]
    pub fn with_path_len(
        scheme: &str,
        host: &'a str,
        port: Option<u16>,
        path_and_query: &'a str,
        path_len: usize,
    ) -> Result<Self, Error> {
        let https = match scheme {
            "https" | "wss" => true,
            "http" | "ws" => false,
            _ => return Err(Error::caller("the URL is neither http nor https; nothing was sent")),
        };
        if host.is_empty() {
            return Err(Error::caller("the URL has no host; nothing was sent"));
        }
        let (path_and_query, path_len) =
            if path_and_query.is_empty() { ("/", 1) } else { (path_and_query, path_len) };
        let port = port.unwrap_or(if https { 443 } else { 80 });
        Ok(Self { https, host, port, path_and_query, path_len })
    }

    /// The error for a URL with user information, for drivers whose URL type hands out its host alone.
    pub fn refuse_user_information() -> Error {
        user_information()
    }

    /// The parts of an `http::Uri`.
    ///
    /// # Errors
    /// The URI is relative, is not http(s), or carries user information.
    pub fn from_uri(uri: &'a Uri) -> Result<Self, Error> {
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(Error::caller(
                "the URL has no scheme and host, and no base URL was set; nothing was sent",
            ));
        };
        let (host, port) = split_authority(authority.as_str())?;
        let (path_and_query, path_len) =
            uri.path_and_query().map_or(("/", 1), |line| (line.as_str(), line.path().len()));
        if path_and_query.starts_with('?') {
            return Err(Error::caller("the URL must have a `/` right after its host; nothing was sent"));
        }
        Self::with_path_len(scheme, host, port, path_and_query, path_len)
    }

    /// Splits an absolute URL in text form. A fragment is left out.
    ///
    /// # Errors
    /// As for [`Target::new`], and where the text has no `://` or carries user information.
    pub fn parse(url: &'a str) -> Result<Self, Error> {
        let not_absolute =
            || Error::caller("the URL is not absolute: it must start with https:// or http://");
        let (scheme, rest) = url.split_at(position(url, |byte| byte == b':'));
        let rest = rest.strip_prefix("://").ok_or_else(not_absolute)?;
        let (authority, rest) =
            rest.split_at(position(rest, |byte| matches!(byte, b'/' | b'?' | b'\\' | b'#')));
        let path_and_query = &rest[..position(rest, |byte| byte == b'#')];
        if path_and_query.starts_with(['\\', '?']) {
            return Err(Error::caller("the URL must have a `/` right after its host"));
        }
        let (host, port) = split_authority(authority)?;
        if host.starts_with('[') != host.ends_with(']') {
            return Err(Error::caller("the URL has a malformed IPv6 address; nothing was sent"));
        }
        let scheme = match scheme {
            s if s.eq_ignore_ascii_case("https") => "https",
            s if s.eq_ignore_ascii_case("http") => "http",
            other => other,
        };
        Self::new(scheme, host, port, path_and_query)
    }

    /// `https` or `http`.
    pub fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }

    /// Whether the hop is protected by TLS.
    #[inline]
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// The host as written, an IPv6 address in brackets.
    #[inline]
    pub fn host(&self) -> &'a str {
        self.host
    }

    /// Whether nobody on the way can read what is sent there: https, or http on the machine itself.
    ///
    /// ```
    /// use authwright_core::Target;
    ///
    /// assert!(Target::parse("http://127.0.0.1:8080/token")?.is_protected());
    /// assert!(!Target::parse("http://intranet/token")?.is_protected());
    /// # Ok::<(), authwright_core::Error>(())
    /// ```
    pub fn is_protected(&self) -> bool {
        crate::origin::is_protected(self)
    }

    /// Whether it is the machine itself: `localhost`, 127.0.0.0/8, `::1`.
    pub fn is_loopback(&self) -> bool {
        crate::origin::is_loopback(&self.host().to_ascii_lowercase())
    }

    /// The port, the scheme's own where none is written.
    #[inline]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Path and query as they go into the request line.
    #[inline]
    pub fn path_and_query(&self) -> &'a str {
        self.path_and_query
    }

    /// The path.
    pub fn path(&self) -> &'a str {
        self.path_and_query.get(..self.path_len).unwrap_or(self.path_and_query)
    }

    /// The query, without its `?`.
    #[inline]
    pub fn query(&self) -> Option<&'a str> {
        self.path_and_query.get(self.path_len + 1..)
    }

    /// Scheme, host and port, for messages: `https://api.example.com`, `http://127.0.0.1:8080`.
    pub fn origin(&self) -> OriginText<'a> {
        OriginText { https: self.https, host: self.host, port: self.port() }
    }

    /// Whether both are of one origin, as everything here that compares origins has it (RFC 9110 section 4.3.1).
    pub fn is_same_origin(&self, other: &Target<'_>) -> bool {
        crate::origin::same_origin(self, other)
    }
}

/// Where the first such byte of ASCII is, or the end. Most texts are too short to be searched in many bytes at once.
fn position(text: &str, is_meant: impl Fn(u8) -> bool) -> usize {
    text.bytes().position(is_meant).unwrap_or(text.len())
}

/// A URL with a name and password in it says who is asking, but not where that may be said.
fn user_information() -> Error {
    Error::caller(
        "the URL contains a user name or password, which would be sent wherever the URL leads; \
         take it out and give it to Auth::new as (user, password); nothing was sent",
    )
}

/// Host and port. Most have neither a port nor anything else but a name: one pass finds that out.
#[inline]
fn split_authority(authority: &str) -> Result<(&str, Option<u16>), Error> {
    match authority.bytes().position(|byte| matches!(byte, b':' | b'@')) {
        None => Ok((authority, None)),
        Some(_) if authority.contains('@') => Err(user_information()),
        Some(_) => split_port(authority),
    }
}

pub(crate) fn split_port(authority: &str) -> Result<(&str, Option<u16>), Error> {
    let bad = || Error::caller("the URL has a port that is not a number from 1 to 65535");
    let port_at = match authority.rfind(']') {
        Some(bracket) => authority[bracket..].find(':').map(|colon| bracket + colon),
        None => authority.rfind(':'),
    };
    match port_at {
        None => Ok((authority, None)),
        Some(at) => match &authority[at + 1..] {
            "" => Ok((&authority[..at], None)),
            digits if digits.bytes().all(|b| b.is_ascii_digit()) => {
                Ok((&authority[..at], Some(digits.parse().map_err(|_| bad())?)))
            }
            _ => Err(bad()),
        },
    }
}

/// Never shows path or query: a path can hold a secret as well as a query can.
impl fmt::Debug for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.origin())
    }
}

/// Shows an origin: scheme, host, and the port where it is not the scheme's own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OriginText<'a> {
    pub(crate) https: bool,
    pub(crate) host: &'a str,
    pub(crate) port: u16,
}

impl fmt::Display for OriginText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, own) = if self.https { ("https", 443) } else { ("http", 80) };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port != own {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}

impl fmt::Debug for OriginText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
