//! The head of a request to the listener, read strictly: every program of the machine can write there, and so can every
//! page in the browser.

use super::query::{Outcome, outcome};

/// The longest head that is read, in bytes. A browser may add the cookies of everything else that runs on this host name.
pub(crate) const LONGEST: usize = 16 * 1024;

/// What has arrived on a connection so far.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard<'a> {
    /// Some of a head.
    Part,
    /// More than [`LONGEST`].
    TooLong,
    /// No head of HTTP/1.1 as RFC 9112 has it.
    Malformed,
    Head(Head<'a>),
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head<'a> {
    pub(crate) method: &'a str,
    pub(crate) target: &'a str,
    pub(crate) host: &'a str,
}

/// What becomes of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict<'a> {
    /// The answer that is waited for: its query.
    Callback(&'a str, Outcome),
    NotFound,
    WrongMethod,
    Malformed,
}

/// Reads a head; what follows it is left alone.
pub(crate) fn read(bytes: &[u8]) -> Heard<'_> {
    let within = &bytes[..bytes.len().min(LONGEST)];
    let Some(end) = within.windows(4).position(|four| four == b"\r\n\r\n") else {
        return if bytes.len() >= LONGEST { Heard::TooLong } else { Heard::Part };
    };
    head(&within[..end]).map_or(Heard::Malformed, Heard::Head)
}

/// RFC 9112 sections 3 and 5, without what is obsolete: no folded lines, no blank before a colon, no bare CR or LF.
fn head(bytes: &[u8]) -> Option<Head<'_>> {
    let mut lines = Lines(Some(bytes));
    let mut words = std::str::from_utf8(lines.next()?).ok()?.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    let is_line = words.next().is_none()
        && is_token(method.as_bytes())
        && !target.is_empty()
        && target.bytes().all(|byte| byte.is_ascii_graphic())
        && version == "HTTP/1.1";
    if !is_line {
        return None;
    }
    let mut host = None;
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        if !is_token(name) || value.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
            return None;
        }
        if name.eq_ignore_ascii_case(b"host") {
            let value = std::str::from_utf8(value).ok()?.trim_matches([' ', '\t']);
            // Two of them could mean one thing here and another elsewhere (RFC 9112 section 3.2).
            if host.replace(value).is_some() {
                return None;
            }
        }
    }
    Some(Head { method, target, host: host? })
}

/// What stands between line breaks.
struct Lines<'a>(Option<&'a [u8]>);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.0?;
        let (line, rest) = match rest.windows(2).position(|two| two == b"\r\n") {
            Some(at) => (&rest[..at], Some(&rest[at + 2..])),
            None => (rest, None),
        };
        self.0 = rest;
        Some(line)
    }
}

/// RFC 9110 section 5.6.2.
fn is_token(bytes: &[u8]) -> bool {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !bytes.is_empty() && bytes.iter().all(is_token)
}

/// Where a callback has to arrive: at exactly the redirect URI of its flow (RFC 8252 section 8.10).
pub(crate) struct Place {
    /// What a `Host` field may say. A page of another host can make its name lead to this machine (DNS rebinding), but
    /// then this field has that name.
    pub(crate) hosts: Vec<String>,
    pub(crate) path: String,
}

impl Place {
    pub(crate) fn judge<'a>(&self, head: &Head<'a>) -> Verdict<'a> {
        if !self.hosts.iter().any(|host| host == head.host) {
            return Verdict::NotFound;
        }
        // The other forms are for proxies, and for servers as a whole (RFC 9112 section 3.2).
        if !head.target.starts_with('/') || head.target.contains('#') {
            return Verdict::Malformed;
        }
        if head.method != "GET" {
            return Verdict::WrongMethod;
        }
        let (path, query) = head.target.split_once('?').unwrap_or((head.target, ""));
        match outcome(query) {
            Some(outcome) if path == self.path => Verdict::Callback(query, outcome),
            _ => Verdict::NotFound,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place() -> Place {
        Place { hosts: vec!["127.0.0.1:7000".into(), "[::1]:7000".into()], path: "/callback/x7".into() }
    }

    /// How a request is judged, in short.
    fn judged(request: &str) -> &'static str {
        match read(request.as_bytes()) {
            Heard::Head(head) => match place().judge(&head) {
                Verdict::Callback(_, Outcome::Granted) => "granted",
                Verdict::Callback(_, Outcome::Refused) => "refused",
                Verdict::NotFound => "404",
                Verdict::WrongMethod => "405",
                Verdict::Malformed => "400",
            },
            Heard::Malformed => "malformed",
            Heard::Part => "part",
            Heard::TooLong => "too long",
        }
    }

    fn get(target: &str) -> &'static str {
        judged(&format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:7000\r\n\r\n"))
    }

    #[test]
    fn g4_only_the_exact_redirect_uri_is_heard() {
        assert_eq!(get("/callback/x7?code=a&state=b"), "granted");
        assert_eq!(get("/callback/x7?error=access_denied&state=b"), "refused");
        for target in [
            "/callback/x8?code=a&state=b",
            "/callback?code=a&state=b",
            "/callback/x7/?code=a&state=b",
            "/callback/X7?code=a&state=b",
            "/callback/%787?code=a&state=b",
            "//callback/x7?code=a&state=b",
            "/./callback/x7?code=a&state=b",
            "/callback/x7;a?code=a&state=b",
            "/callback/x7",
            "/callback/x7?code=a",
            "/callback/x7?state=b",
            "/callback/x7?code=a#&state=b",
            "http://127.0.0.1:7000/callback/x7?code=a&state=b",
            "*",
        ] {
            assert!(["404", "400"].contains(&get(target)), "{target}: {}", get(target));
        }
    }

    #[test]
    fn g3_only_the_host_of_the_listener_is_heard() {
        let host =
            |host: &str| judged(&format!("GET /callback/x7?code=a&state=b HTTP/1.1\r\n{host}\r\n\r\n"));
        for right in ["Host: 127.0.0.1:7000", "hOST:[::1]:7000\t", "A: b\r\nHost: 127.0.0.1:7000\r\nC:"] {
            assert_eq!(host(right), "granted", "{right}");
        }
        for wrong in [
            "Host: evil.example:7000",
            "Host: 127.0.0.1",
            "Host: 127.0.0.1:7001",
            "Host: localhost:7000",
            "Host: 127.0.0.1:7000.evil.example",
            "Host: sam@127.0.0.1:7000",
            "Host: ",
        ] {
            assert_eq!(host(wrong), "404", "{wrong}");
        }
        for malformed in ["A: b", "Host: 127.0.0.1:7000\r\nHost: 127.0.0.1:7000"] {
            assert_eq!(host(malformed), "malformed", "{malformed}");
        }
    }

    #[test]
    fn only_get_is_heard() {
        for method in ["POST", "HEAD", "OPTIONS", "get", "GETS"] {
            let request = format!(
                "{method} /callback/x7?code=a&state=b HTTP/1.1\r\nHost: 127.0.0.1:7000\r\nContent-Length: 0\r\n\r\n"
            );
            assert_eq!(judged(&request), "405", "{method}");
        }
    }

    #[test]
    fn what_is_not_http_is_malformed() {
        for line in [
            "",
            "GET",
            "GET /",
            "GET / HTTP/1.0",
            "GET / HTTP/2.0",
            "GET  / HTTP/1.1",
            " GET / HTTP/1.1",
            "GET / HTTP/1.1 ",
            "G(T / HTTP/1.1",
            "GET /\u{7f} HTTP/1.1",
            "GET /ä HTTP/1.1",
            "GET /\nX: y HTTP/1.1",
        ] {
            assert_eq!(judged(&format!("{line}\r\nHost: 127.0.0.1:7000\r\n\r\n")), "malformed", "{line:?}");
        }
        for field in ["no colon", ": no name", "a b: c", "A : b", " folded", "A: b\nc", "A: b\rc", "A: \0"] {
            let request = format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:7000\r\n{field}\r\n\r\n");
            assert_eq!(judged(&request), "malformed", "{field:?}");
        }
    }

    #[test]
    fn a_head_is_read_up_to_16_kib() {
        let head = |length: usize| {
            let rest = length - "GET / HTTP/1.1\r\nHost: a\r\nA: \r\n\r\n".len();
            format!("GET / HTTP/1.1\r\nHost: a\r\nA: {}\r\n\r\n", "x".repeat(rest))
        };
        assert_eq!(judged(&head(LONGEST)), "404");
        assert_eq!(judged(&head(LONGEST + 1)), "too long");
        assert_eq!(judged(&"x".repeat(LONGEST - 1)), "part");
        assert_eq!(judged(&"x".repeat(LONGEST)), "too long");
    }

    proptest! {
        #[test]
        fn nothing_that_arrives_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Heard::Head(head) = read(&bytes) {
                place().judge(&head);
            }
        }

        /// Also of bytes that make sense here.
        #[test]
        fn nothing_but_a_callback_is_taken_for_one(
            parts in proptest::collection::vec(
                prop::sample::select(vec![
                    "GET", "POST", " ", " ", "/callback/x7", "/", "?", "code=a", "&", "state=b", "#", "HTTP/1.1", "\r\n",
                    "\r\n", "\r", "\n", "Host:", "127.0.0.1:7000", "evil", ":", "\t", "\0", "é",
                ]),
                0..24,
            ),
        ) {
            let text = parts.concat();
            if judged(&text) == "granted" {
                prop_assert!(text.starts_with("GET /callback/x7?"), "{text:?}");
                prop_assert_eq!(text.matches("Host:").count(), 1);
            }
        }

        #[test]
        fn a_head_is_read_as_it_was_written_and_no_earlier(
            method in "[A-Z]{1,8}",
            target in "/[!-~]{0,40}",
            fields in proptest::collection::vec("[A-Ga-g-]{1,8}: [ -~é]{0,20}", 0..4),
            at in 0_usize..4,
            rest in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let mut fields = fields;
            fields.insert(at.min(fields.len()), "Host: 127.0.0.1:7000".into());
            let head = format!("{method} {target} HTTP/1.1\r\n{}\r\n\r\n", fields.join("\r\n"));
            for cut in 0..head.len() {
                prop_assert_eq!(read(&head.as_bytes()[..cut]), Heard::Part);
            }
            let expected = Head { method: &method, target: &target, host: "127.0.0.1:7000" };
            let with_rest = [head.as_bytes(), &rest].concat();
            prop_assert_eq!(read(&with_rest), Heard::Head(expected));
        }
    }
}
