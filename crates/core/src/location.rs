//! Where a redirect leads: a `Location` value resolved against the URL that was just requested
//! (RFC 9110 section 10.2.2, RFC 3986 section 5.2).
//!
//! The exchange decides from this answer whether a credential travels on, so it has to name the host the client will
//! really connect to. The client reads URLs as the WHATWG URL standard says, not as RFC 3986 does: a backslash is a
//! slash, a tab is nothing, `%2e%2e` climbs. This resolver reads them the same way, and refuses what two readers could
//! take for two hosts: percent-encoded and non-ASCII names, and numbers that are not plainly an IPv4 address.
//!
//! `url::Url::join` gives the same answer wherever [`resolve`] gives one; `tests/location.rs` holds it to that. The
//! `url` crate itself stays out: it would bring 32 crates into a program that uses ureq.

use std::borrow::Cow;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use percent_encoding::{AsciiSet, CONTROLS, percent_encode};

/// The parts of the URL that was requested.
#[derive(Clone, Copy)]
pub struct Base<'a> {
    /// `http` or `https`.
    pub scheme: &'a str,
    /// `host` or `host:port`.
    pub authority: &'a str,
    /// The path; an empty one counts as `/`.
    pub path: &'a str,
    /// The query without its `?`.
    pub query: Option<&'a str>,
}

/// Why a `Location` is not followed. Names no part of the URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// The scheme is neither `http` nor `https`.
    NotHttp,
    /// There is an authority, but no host in it.
    NoHost,
    /// The host is not a name of ASCII letters, digits, `-` and `_` in labels.
    BadHost,
    /// The host looks like an IP address, but is not one in its plain spelling.
    BadAddress,
    /// The port is not a number up to 65535.
    BadPort,
    /// The URL has more bytes than an `http::Uri` can hold.
    TooLong,
}

/// Resolves `location` to an absolute URL, `scheme://host[:port]/path[?query]`: ASCII, in the spelling `url::Url` gives
/// it, without user information or fragment.
///
/// Both parts are normalised, the base too, so an empty `location` gives the base in its canonical spelling. A name
/// with an `xn--` label is passed on without checking its Punycode.
pub fn resolve(base: Base<'_>, location: &[u8]) -> Result<String, Refused> {
    if location.len() > MAX_LEN {
        return Err(Refused::TooLong);
    }
    let base_scheme = Scheme::named(base.scheme.as_bytes())?;
    let cleaned = clean(location);
    // `#` ends every other component, and `?` every one before the query, so both can be cut off first.
    let (reference, _fragment) = cut(&cleaned, b'#');
    let (reference, query) = cut(reference, b'?');

    let mut url = if let Some((scheme, rest)) = split_scheme(reference) {
        let scheme = Scheme::named(scheme)?;
        let slashes = leading_slashes(rest);
        if scheme == base_scheme && slashes < 2 {
            relative(base_scheme, base, rest, query)
        } else {
            absolute(scheme, &rest[slashes..])
        }
    } else {
        relative(base_scheme, base, reference, query)
    }?;
    if let Some(query) = query {
        push_query(&mut url, query);
    }
    if url.len() > MAX_LEN { Err(Refused::TooLong) } else { Ok(url) }
}

impl fmt::Debug for Base<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Path and query may hold a key.
        f.debug_struct("Base")
            .field("scheme", &self.scheme)
            .field("authority", &self.authority)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refused::NotHttp => "the URL's scheme is neither http nor https",
            Refused::NoHost => "the URL names no host",
            Refused::BadHost => {
                "the URL's host is not a plain ASCII name (an international name has to be in its xn-- form)"
            }
            Refused::BadAddress => {
                "the URL's host is a number or an address, but not a plainly written IP address"
            }
            Refused::BadPort => "the URL's port is not a number up to 65535",
            Refused::TooLong => "the URL is longer than 65534 bytes",
        })
    }
}

impl std::error::Error for Refused {}

/// What `http::Uri` can hold.
const MAX_LEN: usize = u16::MAX as usize - 1;

/// The path percent-encode set of the URL standard, as of the `url` crate (which leaves `^` alone).
const PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'?').add(b'`').add(b'{').add(b'}');

/// The special-query percent-encode set of the URL standard.
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'\'').add(b'<').add(b'>');

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

impl Scheme {
    fn named(name: &[u8]) -> Result<Scheme, Refused> {
        if name.eq_ignore_ascii_case(b"https") {
            Ok(Scheme::Https)
        } else if name.eq_ignore_ascii_case(b"http") {
            Ok(Scheme::Http)
        } else {
            Err(Refused::NotHttp)
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Scheme::Http => "http://",
            Scheme::Https => "https://",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

/// The special authority state: `rest` starts with the authority.
fn absolute(scheme: Scheme, rest: &[u8]) -> Result<String, Refused> {
    let end = rest.iter().position(|&b| is_slash(b)).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let mut url = String::with_capacity(scheme.prefix().len() + rest.len() + 1);
    push_origin(&mut url, scheme, authority)?;
    let start = url.len();
    url.push('/');
    push_path(&mut url, start, path.get(1..).unwrap_or_default());
    Ok(url)
}

/// The relative state: `reference` has no scheme, or the base's own without two slashes after it.
fn relative(
    scheme: Scheme,
    base: Base<'_>,
    reference: &[u8],
    query: Option<&[u8]>,
) -> Result<String, Refused> {
    let slashes = leading_slashes(reference);
    if slashes >= 2 {
        // `///host` is an empty host to the url crate, while `\//host` is a host. As odd as that is, we agree with it.
        return absolute(scheme, reference.strip_prefix(b"//").unwrap_or(&reference[slashes..]));
    }
    let mut url = String::with_capacity(
        scheme.prefix().len() + base.authority.len() + base.path.len() + reference.len() + 1,
    );
    push_origin(&mut url, scheme, base.authority.as_bytes())?;
    let start = url.len();
    url.push('/');
    if slashes == 1 {
        push_path(&mut url, start, &reference[1..]);
        return Ok(url);
    }
    push_path(&mut url, start, base.path.strip_prefix('/').unwrap_or(base.path).as_bytes());
    if !reference.is_empty() {
        drop_last_segment(&mut url, start);
        push_path(&mut url, start, reference);
    } else if let (None, Some(query)) = (query, base.query) {
        push_query(&mut url, query.as_bytes());
    }
    Ok(url)
}

/// Writes scheme, host and port, each in its canonical form; user information is dropped.
fn push_origin(url: &mut String, scheme: Scheme, authority: &[u8]) -> Result<(), Refused> {
    let host_port = authority.rsplit(|&b| b == b'@').next().unwrap_or_default();
    // The colons of an IPv6 literal are inside its brackets.
    let host_end = if host_port.first() == Some(&b'[') {
        host_port.iter().position(|&b| b == b']').ok_or(Refused::BadAddress)? + 1
    } else {
        host_port.iter().position(|&b| b == b':').unwrap_or(host_port.len())
    };
    let (host, port) = host_port.split_at(host_end);
    url.push_str(scheme.prefix());
    push_host(url, host)?;
    if let Some(port) = read_port(port)?
        && port != scheme.default_port()
    {
        url.push(':');
        url.push_str(&port.to_string());
    }
    Ok(())
}

pub(crate) fn push_host(url: &mut String, host: &[u8]) -> Result<(), Refused> {
    let host = std::str::from_utf8(host).map_err(|_| Refused::BadHost)?;
    if host.is_empty() {
        return Err(Refused::NoHost);
    }
    if let Some(literal) = host.strip_prefix('[') {
        let literal = literal.strip_suffix(']').ok_or(Refused::BadAddress)?;
        let address: Ipv6Addr = literal.parse().map_err(|_| Refused::BadAddress)?;
        let canonical = match address.segments() {
            // std writes a mapped address with a dotted tail; the URL standard has no such form.
            [0, 0, 0, 0, 0, 0xffff, high, low] => format!("[::ffff:{high:x}:{low:x}]"),
            _ => format!("[{address}]"),
        };
        url.push_str(&canonical);
        return Ok(());
    }
    let labels = host.strip_suffix('.').unwrap_or(host);
    if !labels.split('.').all(|label| !label.is_empty() && label.bytes().all(is_name_byte)) {
        return Err(Refused::BadHost);
    }
    // `0x7f.1`, `127.1`, `010.0.0.1`: readers disagree on what these numbers are, so only the one plain form passes.
    if labels.rsplit('.').next().is_some_and(is_number) && host.parse::<Ipv4Addr>().is_err() {
        return Err(Refused::BadAddress);
    }
    url.extend(host.chars().map(|c| c.to_ascii_lowercase()));
    Ok(())
}

/// Reads what follows the host: nothing, `:`, or `:` and a number.
fn read_port(text: &[u8]) -> Result<Option<u16>, Refused> {
    let Some((colon, digits)) = text.split_first() else { return Ok(None) };
    if *colon != b':' {
        return Err(Refused::BadHost);
    }
    if digits.is_empty() {
        return Ok(None);
    }
    // Leading zeros may be any number, so this cannot be left to `u16::from_str` on a slice of limited length.
    let number = digits.iter().try_fold(0_u16, |number, &b| match b {
        b'0'..=b'9' => number.checked_mul(10)?.checked_add(u16::from(b - b'0')),
        _ => None,
    });
    number.map(Some).ok_or(Refused::BadPort)
}

/// Appends `path` segment by segment (RFC 3986 section 5.2.4). `url` ends with a slash, the first of its path is at
/// `start`.
fn push_path(url: &mut String, start: usize, path: &[u8]) {
    let mut rest = path;
    loop {
        let end = rest.iter().position(|&b| is_slash(b));
        let segment = &rest[..end.unwrap_or(rest.len())];
        match dots(segment) {
            Some(1) => {}
            Some(_) => {
                if url.len() > start + 1 {
                    url.pop();
                }
                drop_last_segment(url, start);
            }
            None => {
                url.extend(percent_encode(segment, PATH));
                if end.is_some() {
                    url.push('/');
                }
            }
        }
        match end {
            Some(end) => rest = &rest[end + 1..],
            None => return,
        }
    }
}

/// Cuts `url` after the last slash of its path, which begins with a slash at `start`.
fn drop_last_segment(url: &mut String, start: usize) {
    let slash = url[start..].rfind('/').unwrap_or_default();
    url.truncate(start + slash + 1);
}

fn push_query(url: &mut String, query: &[u8]) {
    url.push('?');
    url.extend(percent_encode(query, QUERY));
}

/// How many dots the segment is, if it is nothing but one or two of them, plain or as `%2e`.
fn dots(mut segment: &[u8]) -> Option<usize> {
    let mut count = 0;
    while !segment.is_empty() && count < 2 {
        segment = match segment {
            [b'.', rest @ ..] | [b'%', b'2', b'e' | b'E', rest @ ..] => rest,
            _ => return None,
        };
        count += 1;
    }
    (segment.is_empty() && count > 0).then_some(count)
}

/// Strips control characters and spaces at both ends, and takes out every tab and line break.
fn clean(location: &[u8]) -> Cow<'_, [u8]> {
    let is_blank = |b: &u8| *b <= b' ';
    let start = location.iter().position(|b| !is_blank(b)).unwrap_or(location.len());
    let end = location.iter().rposition(|b| !is_blank(b)).map_or(start, |last| last + 1);
    let trimmed = &location[start..end];
    let is_ignored = |b: &u8| matches!(b, b'\t' | b'\n' | b'\r');
    if trimmed.iter().any(is_ignored) {
        Cow::Owned(trimmed.iter().copied().filter(|b| !is_ignored(b)).collect())
    } else {
        Cow::Borrowed(trimmed)
    }
}

/// Splits `scheme:rest` (RFC 3986 section 3.1).
fn split_scheme(reference: &[u8]) -> Option<(&[u8], &[u8])> {
    let (scheme, rest) = cut(reference, b':');
    let is_scheme_byte = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    (scheme.first()?.is_ascii_alphabetic() && scheme.iter().all(is_scheme_byte)).then_some((scheme, rest?))
}

fn cut(text: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|&b| b == at) {
        Some(position) => (&text[..position], Some(&text[position + 1..])),
        None => (text, None),
    }
}

fn leading_slashes(text: &[u8]) -> usize {
    text.iter().take_while(|&&b| is_slash(b)).count()
}

fn is_slash(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\')
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Whether the URL standard would read a host that ends in this label as an IPv4 address.
fn is_number(label: &str) -> bool {
    let bytes = label.as_bytes();
    match bytes {
        [b'0', b'x' | b'X', hex @ ..] => hex.iter().all(u8::is_ascii_hexdigit),
        _ => bytes.iter().all(u8::is_ascii_digit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: Base<'static> =
        Base { scheme: "https", authority: "h.example:8443", path: "/a/b/c", query: Some("k=v") };

    /// A row whose expectation starts with `/` or is empty stays on the origin of [`BASE`].
    const TABLE: &[(&str, Result<&str, Refused>)] = &[
        // Nothing new, query only, fragment only.
        ("", Ok("/a/b/c?k=v")),
        (" \t\r\n ", Ok("/a/b/c?k=v")),
        ("#", Ok("/a/b/c?k=v")),
        ("#/x?y", Ok("/a/b/c?k=v")),
        ("?", Ok("/a/b/c?")),
        ("?x=1", Ok("/a/b/c?x=1")),
        ("?x=1?y#z?", Ok("/a/b/c?x=1?y")),
        // RFC 3986 section 5.4, as far as it is about http.
        ("g", Ok("/a/b/g")),
        ("./g", Ok("/a/b/g")),
        ("g/", Ok("/a/b/g/")),
        ("/g", Ok("/g")),
        ("//g", Ok("https://g/")),
        ("g?y#s", Ok("/a/b/g?y")),
        (";x", Ok("/a/b/;x")),
        (".", Ok("/a/b/")),
        ("..", Ok("/a/")),
        ("../..", Ok("/")),
        ("../../../../g", Ok("/g")),
        ("/./g", Ok("/g")),
        ("/../g", Ok("/g")),
        ("g.", Ok("/a/b/g.")),
        ("..g", Ok("/a/b/..g")),
        ("...", Ok("/a/b/...")),
        ("./g/.", Ok("/a/b/g/")),
        ("g;x=1/../y", Ok("/a/b/y")),
        ("g?y/../x", Ok("/a/b/g?y/../x")),
        ("https:g", Ok("/a/b/g")),
        // Dot segments in disguise.
        ("%2e", Ok("/a/b/")),
        ("%2E%2e/x", Ok("/a/x")),
        (".%2e", Ok("/a/")),
        ("%2e.\\x", Ok("/a/x")),
        (".\t.", Ok("/a/")),
        ("%2\ne./", Ok("/a/")),
        ("%2e%2", Ok("/a/b/%2e%2")),
        ("%252e%252e", Ok("/a/b/%252e%252e")),
        ("..%2fx", Ok("/a/b/..%2fx")),
        ("x//../y", Ok("/a/b/x/y")),
        ("/.//x", Ok("//x")),
        ("/a/..//x", Ok("//x")),
        // Slashes, backslashes and how many of them.
        ("\\g", Ok("/g")),
        ("x\\y?z\\w", Ok("/a/b/x/y?z\\w")),
        ("\\\\g\\h", Ok("https://g/h")),
        ("/\\g", Ok("https://g/")),
        ("/\t/g", Ok("https://g/")),
        ("\\//g", Ok("https://g/")),
        ("///g", Err(Refused::NoHost)),
        ("//", Err(Refused::NoHost)),
        ("https:/g", Ok("/g")),
        ("https:\\g", Ok("/g")),
        ("https:", Ok("/a/b/c?k=v")),
        ("https:?x", Ok("/a/b/c?x")),
        ("https:///g/x", Ok("https://g/x")),
        ("HTTPS://G", Ok("https://g/")),
        ("http:g", Ok("http://g/")),
        ("http:/g", Ok("http://g/")),
        ("http:", Err(Refused::NoHost)),
        ("h\tttp://g", Ok("http://g/")),
        // Other schemes, and what only looks like one.
        ("ftp://g", Err(Refused::NotHttp)),
        ("javascript:x", Err(Refused::NotHttp)),
        ("file:///etc", Err(Refused::NotHttp)),
        ("g:80", Err(Refused::NotHttp)),
        ("./g:80", Ok("/a/b/g:80")),
        (":80", Ok("/a/b/:80")),
        ("1x:y", Ok("/a/b/1x:y")),
        // Authorities.
        ("//u:p@g/x", Ok("https://g/x")),
        ("//h.example@g", Ok("https://g/")),
        ("//h.example\\@g", Ok("https://h.example/@g")),
        ("//h.example?@g", Ok("https://h.example/?@g")),
        ("//h.example#@g", Ok("https://h.example/")),
        ("//a@b@g", Ok("https://g/")),
        ("//@g", Ok("https://g/")),
        ("//u@", Err(Refused::NoHost)),
        ("//:80", Err(Refused::NoHost)),
        ("//g:", Ok("https://g/")),
        ("//g:443", Ok("https://g/")),
        ("//g:80", Ok("https://g:80/")),
        ("//g:0000008080/", Ok("https://g:8080/")),
        ("//g:65535", Ok("https://g:65535/")),
        ("//g:65536", Err(Refused::BadPort)),
        ("//g:99999999999999999999", Err(Refused::BadPort)),
        ("//g:+80", Err(Refused::BadPort)),
        ("//g:80:80", Err(Refused::BadPort)),
        ("//A_b-C.Example.", Ok("https://a_b-c.example./")),
        ("//g..example", Err(Refused::BadHost)),
        ("//.", Err(Refused::BadHost)),
        ("//g%2eexample", Err(Refused::BadHost)),
        ("//b\u{fc}cher.example", Err(Refused::BadHost)),
        ("//g example", Err(Refused::BadHost)),
        ("//g\0", Ok("https://g/")),
        ("//g\0.example", Err(Refused::BadHost)),
        ("//127.0.0.1", Ok("https://127.0.0.1/")),
        ("//127.1", Err(Refused::BadAddress)),
        ("//0x7f.0.0.1", Err(Refused::BadAddress)),
        ("//127.0.0.0x1", Err(Refused::BadAddress)),
        ("//0177.0.0.1", Err(Refused::BadAddress)),
        ("//2130706433", Err(Refused::BadAddress)),
        ("//127.0.0.1.", Err(Refused::BadAddress)),
        ("//g.0x", Err(Refused::BadAddress)),
        ("//g.0xfg", Ok("https://g.0xfg/")),
        ("//[::1]:443", Ok("https://[::1]/")),
        ("//[0:0:0:0:0:FFFF:1.2.3.4]:8080", Ok("https://[::ffff:102:304]:8080/")),
        ("//[2001:DB8::0:1]", Ok("https://[2001:db8::1]/")),
        ("//[::1%25eth0]", Err(Refused::BadAddress)),
        ("//[::1", Err(Refused::BadAddress)),
        ("//[::1]g", Err(Refused::BadHost)),
        ("//g[::1]", Err(Refused::BadHost)),
        // What is percent-encoded, and what is left alone.
        ("/ \"#", Ok("/%20%22")),
        ("/<>`{}|^[]'", Ok("/%3C%3E%60%7B%7D|^[]'")),
        ("?<>`{}|^[]'\" x", Ok("/a/b/c?%3C%3E`{}|^[]%27%22%20x")),
        ("/%zz%", Ok("/%zz%")),
        ("/\u{1}\u{7f}?\u{1}x\u{1}", Ok("/%01%7F?%01x")),
        ("/\u{e9}?\u{20ac}", Ok("/%C3%A9?%E2%82%AC")),
    ];

    #[test]
    fn nasty_spellings_resolve_as_in_the_url_crate() {
        let base = url::Url::parse("https://h.example:8443/a/b/c?k=v").unwrap();
        for (location, expected) in TABLE {
            let expected = expected.map(|url| match url.strip_prefix('/') {
                Some(path) => format!("https://h.example:8443/{path}"),
                None => url.to_owned(),
            });
            assert_eq!(resolve(BASE, location.as_bytes()), expected, "{location:?}");
            if let Ok(resolved) = expected {
                let mut theirs = base.join(location).unwrap();
                theirs.set_fragment(None);
                theirs.set_username("").unwrap();
                theirs.set_password(None).unwrap();
                assert_eq!(theirs.as_str(), resolved, "{location:?}");
            }
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_encoded_one_by_one() {
        assert_eq!(resolve(BASE, b"/\xff?\xc3(").as_deref(), Ok("https://h.example:8443/%FF?%C3("));
        assert_eq!(resolve(BASE, b"//g\xff/"), Err(Refused::BadHost));
        assert_eq!(resolve(BASE, b"//\xff@g/").as_deref(), Ok("https://g/"));
    }

    #[test]
    fn the_base_is_normalised_too() {
        let base =
            Base { scheme: "HTTP", authority: "u@H.Example:080", path: "x/../y\"/z", query: Some("a'#") };
        assert_eq!(resolve(base, b"").as_deref(), Ok("http://h.example/y%22/z?a%27%23"));
        assert_eq!(resolve(base, b"w").as_deref(), Ok("http://h.example/y%22/w"));
        let empty = Base { path: "", query: None, ..base };
        assert_eq!(resolve(empty, b"..").as_deref(), Ok("http://h.example/"));
        assert_eq!(resolve(Base { scheme: "ftp", ..base }, b"http://g"), Err(Refused::NotHttp));
        assert_eq!(resolve(Base { authority: "127.1", ..base }, b"/"), Err(Refused::BadAddress));
    }

    #[test]
    fn a_result_no_uri_can_hold_is_refused() {
        let fits = format!("/{}", "x".repeat(MAX_LEN - "https://h.example:8443/".len()));
        assert_eq!(resolve(BASE, fits.as_bytes()).map(|url| url.len()), Ok(MAX_LEN));
        assert_eq!(resolve(BASE, format!("{fits}x").as_bytes()), Err(Refused::TooLong));
        assert_eq!(resolve(BASE, "\u{e9}".repeat(20_000).as_bytes()), Err(Refused::TooLong));
        assert_eq!(resolve(BASE, &b" ".repeat(MAX_LEN + 1)), Err(Refused::TooLong));
    }

    #[test]
    fn neither_debug_nor_a_refusal_shows_path_or_query() {
        let shown = format!("{BASE:?} {} {:?}", Refused::BadHost, Refused::BadHost);
        assert!(!shown.contains("/a") && !shown.contains("k=v"), "{shown}");
    }
}
