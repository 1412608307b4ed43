//! What a server received: one request, as text to ask questions of and as bytes to search.

use std::borrow::Cow;

use serde_json::Value;

/// One request as it arrived at a server, or as an in-memory driver would have sent it.
#[derive(Clone, Debug)]
pub struct Received {
    /// Which origin of the server it arrived at: 0 where there is one only, else an index into the places a `Net` was started with.
    pub origin: usize,
    /// The method, as sent.
    pub method: String,
    /// The request target exactly as it was on the wire.
    pub target: String,
    /// The protocol version, such as `HTTP/1.1`.
    pub version: String,
    /// The header fields in wire order, names in lower case, values as bytes without the white space around them.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body without its chunk framing; as much of it as arrived.
    pub body: Vec<u8>,
    /// Every byte of this request as received: head, body, and the chunk framing if there was any.
    pub raw: Vec<u8>,
    /// Whether the body arrived whole.
    pub complete: bool,
}

impl Received {
    /// The first header field of this name, if its value is UTF-8. The name's case does not matter.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.values(name).next()
    }

    /// All header fields of this name whose values are UTF-8, in wire order.
    pub fn header_all(&self, name: &str) -> Vec<&str> {
        self.values(name).collect()
    }

    /// The path of the target, without the query; for an absolute target (as sent to a proxy) without the origin too.
    pub fn path(&self) -> &str {
        let target = self.target.split(['?', '#']).next().unwrap_or_default();
        match target.split_once("://") {
            Some((_, rest)) if !target.starts_with('/') => rest.find('/').map_or("/", |start| &rest[start..]),
            _ => target,
        }
    }

    /// The query of the target exactly as sent, without the question mark.
    pub fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    /// The first query parameter of this name, with `%XX` and `+` decoded.
    pub fn query_value(&self, name: &str) -> Option<String> {
        value_of(self.query()?, name)
    }

    /// The first field of this name in a body of `application/x-www-form-urlencoded`, decoded. The media type is not looked at.
    pub fn form_value(&self, name: &str) -> Option<String> {
        value_of(str::from_utf8(&self.body).ok()?, name)
    }

    /// The body as JSON; `null` where it is none, so that `request.json()["user"] == "sam"` can be asked of any request.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The first cookie of this name, its value as sent.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let mut pairs = self
            .values("cookie")
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
    }

    /// Whether these bytes occur anywhere in the request as it was on the wire. An empty needle always does.
    pub fn contains(&self, needle: &[u8]) -> bool {
        needle.is_empty() || self.raw.windows(needle.len()).any(|window| window == needle)
    }

    fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let name = name.to_ascii_lowercase();
        self.headers
            .iter()
            .filter(move |(key, _)| *key == name)
            .filter_map(|(_, value)| str::from_utf8(value).ok())
    }
}

/// The first value of this name in `application/x-www-form-urlencoded`.
fn value_of(pairs: &str, name: &str) -> Option<String> {
    let mut pairs = pairs.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.find(|(key, _)| decode(key) == name).map(|(_, value)| decode(value))
}

/// Decodes a component of `application/x-www-form-urlencoded`. What is not a valid escape stays as it is.
fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match (first, tail) {
            (b'+', _) => out.push(b' '),
            (b'%', [high, low, after @ ..]) if let (Some(high), Some(low)) = (hex(*high), hex(*low)) => {
                out.push(high << 4 | low);
                rest = after;
            }
            _ => out.push(first),
        }
    }
    match String::from_utf8_lossy(&out) {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(text) => text,
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(target: &str, headers: &[(&str, &[u8])]) -> Received {
        Received {
            origin: 0,
            method: "GET".into(),
            target: target.into(),
            version: "HTTP/1.1".into(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect(),
            body: Vec::new(),
            raw: b"GET / HTTP/1.1\r\nx: secret\r\n\r\n".to_vec(),
            complete: true,
        }
    }

    #[test]
    fn takes_the_target_apart() {
        let request = received("/a/b?x=1&k%65y=a%20b+c%zz%&flag&x=2", &[]);
        assert_eq!(request.path(), "/a/b");
        assert_eq!(request.query_value("x").as_deref(), Some("1"));
        assert_eq!(request.query_value("key").as_deref(), Some("a b c%zz%"));
        assert_eq!(request.query_value("flag").as_deref(), Some(""));
        assert_eq!(request.query_value("none"), None);
        assert_eq!(received("http://host:1/p?q", &[]).path(), "/p");
        assert_eq!(received("http://host", &[]).path(), "/");
        assert_eq!(received("/redirect?to=http://x/y", &[]).path(), "/redirect");
        assert_eq!(received("*", &[]).path(), "*");
    }

    #[test]
    fn reads_a_body_as_form_or_json() {
        let form =
            Received { body: b"grant_type=refresh_token&refresh_token=a%2Bb".to_vec(), ..received("/", &[]) };
        assert_eq!(form.form_value("refresh_token").as_deref(), Some("a+b"));
        assert_eq!(form.json(), Value::Null);
        let json = Received { body: br#"{"user": "sam"}"#.to_vec(), ..received("/", &[]) };
        assert!(json.json()["user"] == "sam" && json.json()["password"].is_null());
        assert_eq!(json.form_value("user"), None);
    }

    #[test]
    fn finds_headers_cookies_and_bytes() {
        let request = received(
            "/",
            &[
                ("accept", b"a"),
                ("accept", b"b"),
                ("x-raw", b"\xff"),
                ("cookie", b"a=1; b=2=3"),
                ("cookie", b"c=4"),
            ],
        );
        assert_eq!(request.header("Accept"), Some("a"));
        assert_eq!(request.header_all("accept"), ["a", "b"]);
        assert_eq!(request.header("x-raw"), None);
        assert_eq!(request.cookie("b").as_deref(), Some("2=3"));
        assert_eq!(request.cookie("c").as_deref(), Some("4"));
        assert_eq!(request.cookie("d"), None);
        assert!(request.contains(b"secret") && request.contains(b"") && !request.contains(b"Secret"));
    }
}
