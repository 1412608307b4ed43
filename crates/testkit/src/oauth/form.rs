//! `application/x-www-form-urlencoded`, read by the letter (RFC 6749 sections 3.1, 3.2 and appendix B).

use crate::Received;

/// Parameters of a request, decoded. Each is there once, and none is empty.
#[derive(Clone, Debug, Default)]
pub(super) struct Form(Vec<(String, String)>);

/// Parameters that nobody else may see, and that never stand in a URL (RFC 6749 section 2.3.1).
pub(super) const SECRETS: [&str; 11] = [
    "code",
    "code_verifier",
    "refresh_token",
    "client_secret",
    "client_assertion",
    "assertion",
    "subject_token",
    "actor_token",
    "device_code",
    "password",
    "token",
];

/// What may be given more than once (RFC 8707 section 2, RFC 8693 section 2.1).
const REPEATABLE: [&str; 2] = ["resource", "audience"];

impl Form {
    /// The body of a POST, with the one content type it can have.
    pub(super) fn of_body(request: &Received) -> Result<Self, String> {
        let types: Vec<_> = request.headers.iter().filter(|(name, _)| name == "content-type").collect();
        match types[..] {
            [(_, value)] if value == b"application/x-www-form-urlencoded" => {}
            [_] => return Err("the content type is not application/x-www-form-urlencoded".to_owned()),
            _ => return Err("there is not exactly one Content-Type".to_owned()),
        }
        let form = Self::parse(&request.body)?;
        // The URL of an endpoint may have a query of its own (RFC 6749 section 3.2).
        let query = Self::parse(request.query().unwrap_or_default().as_bytes())?;
        match query.names().find(|name| SECRETS.contains(name) || form.get(name).is_some()) {
            Some(name) => Err(format!("`{name}` stands in the URL, where only the body may have it")),
            None => Ok(form),
        }
    }

    /// The query of a GET.
    pub(super) fn of_query(request: &Received) -> Result<Self, String> {
        if !request.body.is_empty() {
            return Err("a GET has a body".to_owned());
        }
        Self::parse(request.query().unwrap_or_default().as_bytes())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut form = Self::default();
        if bytes.is_empty() {
            return Ok(form);
        }
        for pair in bytes.split(|byte| *byte == b'&') {
            let at = pair.iter().position(|byte| *byte == b'=');
            let at = at.ok_or("a parameter has no equals sign")?;
            let name = decoded(&pair[..at]).ok_or("the name of a parameter is not encoded right")?;
            let value = decoded(&pair[at + 1..]).ok_or_else(|| format!("`{name}` is not encoded right"))?;
            if name.is_empty() || value.is_empty() {
                return Err(format!("`{name}` is empty, and was to be left out"));
            }
            if form.get(&name).is_some() && !REPEATABLE.contains(&&*name) {
                return Err(format!("`{name}` is there twice"));
            }
            form.0.push((name, value));
        }
        Ok(form)
    }
}

/// One name or value. What a form encodes cannot stand there as it is.
pub(super) fn decoded(text: &[u8]) -> Option<String> {
    let mut bytes = text.iter().copied();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => digit(bytes.next()?)? << 4 | digit(bytes.next()?)?,
            _ if byte.is_ascii_alphanumeric() || b"*-._~".contains(&byte) => byte,
            _ => return None,
        });
    }
    String::from_utf8(out).ok()
}

/// The other way, with nothing but unreserved characters left as they are.
pub(super) fn encoded(pairs: &[(String, String)]) -> String {
    let pairs: Vec<_> =
        pairs.iter().map(|(name, value)| format!("{}={}", component(name), component(value))).collect();
    pairs.join("&")
}

fn component(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if is_unreserved(byte) {
            out.push(char::from(byte));
        } else {
            out.extend(['%', hex(byte >> 4), hex(byte & 15)]);
        }
    }
    out
}

/// RFC 3986 section 2.3.
pub(super) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn hex(digit: u8) -> char {
    char::from_digit(digit.into(), 16).unwrap_or('0').to_ascii_uppercase()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
