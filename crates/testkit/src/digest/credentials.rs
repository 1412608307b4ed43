//! The field a client sends, read by the letter of RFC 9110 section 11.4 and RFC 7616 section 3.4. What a sender must not write is
//! refused: blanks around an equals sign, empty members, a value in the wrong form.

/// What an `Authorization` field says. Raw values are those between the quotes, escapes as they stand.
#[derive(Debug)]
pub(super) struct Credentials {
    /// Of `username`, its escapes undone.
    pub(super) username: Option<Vec<u8>>,
    /// Of `username*`, as it stands.
    pub(super) extended: Option<String>,
    pub(super) realm: Vec<u8>,
    pub(super) nonce: Quoted,
    pub(super) uri: Vec<u8>,
    pub(super) response: String,
    pub(super) algorithm: Option<String>,
    pub(super) qop: Option<String>,
    pub(super) cnonce: Option<Vec<u8>>,
    /// As eight digits.
    pub(super) nc: Option<String>,
    pub(super) opaque: Option<Quoted>,
    pub(super) userhash: Option<bool>,
}

/// A quoted string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Quoted {
    /// Between the quotes.
    pub(super) raw: Vec<u8>,
}

impl Quoted {
    /// What it means: each quoted pair is its second byte (RFC 9110 section 5.6.4).
    pub(super) fn value(&self) -> Vec<u8> {
        unescaped(&self.raw)
    }
}

pub(super) fn unescaped(raw: &[u8]) -> Vec<u8> {
    let mut bytes = raw.iter();
    let mut value = Vec::with_capacity(raw.len());
    while let Some(byte) = bytes.next() {
        value.extend(if *byte == b'\\' { bytes.next() } else { Some(byte) });
    }
    value
}

/// The parameters a client may send, and whether their values are quoted strings (RFC 7616 section 3.4).
const PARAMETERS: [(&str, bool); 12] = [
    ("username", true),
    ("username*", false),
    ("realm", true),
    ("nonce", true),
    ("uri", true),
    ("response", true),
    ("algorithm", false),
    ("qop", false),
    ("cnonce", true),
    ("nc", false),
    ("opaque", true),
    ("userhash", false),
];

impl Credentials {
    /// Reads what stands behind `Digest` and one blank; the error is the rule that is broken.
    pub(super) fn parse(list: &[u8]) -> Result<Self, String> {
        let mut params = parameters(list)?;
        let mut quoted = |name: &str| take(&mut params, name).map(|raw| Quoted { raw });
        let missing = |name: &str| format!("`{name}` is missing");
        let username = quoted("username").map(|name| name.value());
        let realm = quoted("realm").ok_or_else(|| missing("realm"))?.value();
        let nonce = quoted("nonce").ok_or_else(|| missing("nonce"))?;
        let uri = quoted("uri").ok_or_else(|| missing("uri"))?.value();
        let response = quoted("response").ok_or_else(|| missing("response"))?;
        let cnonce = quoted("cnonce").map(|cnonce| cnonce.value());
        let opaque = quoted("opaque");
        let mut token =
            |name: &str| take(&mut params, name).map(|raw| String::from_utf8_lossy(&raw).into_owned());
        let extended = token("username*");
        let (algorithm, qop, nc) = (token("algorithm"), token("qop"), token("nc"));
        let userhash = token("userhash").map(|word| match &*word {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err("`userhash` is neither true nor false".to_owned()),
        });
        let read = Self {
            username,
            extended,
            realm,
            nonce,
            uri,
            response: String::from_utf8(response.raw).map_err(|_| "`response` is not text".to_owned())?,
            algorithm,
            qop,
            cnonce,
            nc,
            opaque,
            userhash: userhash.transpose()?,
        };
        read.check().map_err(str::to_owned)?;
        Ok(read)
    }

    /// What can be seen without knowing the challenge.
    fn check(&self) -> Result<(), &'static str> {
        let lower_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        match (&self.username, &self.extended) {
            (Some(_), Some(_)) => return Err("both `username` and `username*` are there"),
            (None, None) => return Err("neither `username` nor `username*` is there"),
            _ => {}
        }
        if self.extended.is_some() && self.userhash == Some(true) {
            return Err("`username*` goes with a `userhash` of true");
        }
        if self.qop.is_none() && (self.nc.is_some() || self.cnonce.is_some()) {
            return Err("`nc` or `cnonce` is there without `qop`");
        }
        if self.qop.is_some() && (self.nc.is_none() || self.cnonce.is_none()) {
            return Err("`qop` is there without `nc` and `cnonce`");
        }
        if self.nc.as_ref().is_some_and(|nc| nc.len() != 8 || !lower_hex(nc)) {
            return Err("`nc` is not eight lower-case hexadecimal digits");
        }
        if self.nc.as_ref().is_some_and(|nc| nc == "00000000") {
            return Err("`nc` counts from 1");
        }
        if self.cnonce.as_ref().is_some_and(|cnonce| cnonce.is_empty() || !cnonce.is_ascii()) {
            return Err("`cnonce` is empty or not ASCII");
        }
        if !lower_hex(&self.response) {
            return Err("`response` is not in lower-case hexadecimal digits");
        }
        Ok(())
    }
}

fn take(params: &mut Vec<(String, Vec<u8>)>, name: &str) -> Option<Vec<u8>> {
    let at = params.iter().position(|(known, _)| known == name)?;
    Some(params.remove(at).1)
}

/// The parameters as a sender must write them, each known, in its form and once.
fn parameters(list: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
    let mut params: Vec<(String, Vec<u8>)> = Vec::new();
    let mut rest = list;
    loop {
        let end = rest.iter().position(|byte| !is_token_byte(*byte)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let name =
            str::from_utf8(name).ok().filter(|name| !name.is_empty()).ok_or("a parameter has no name")?;
        let after =
            after.strip_prefix(b"=").ok_or_else(|| format!("`{name}` is not followed by an equals sign"))?;
        let known = PARAMETERS.iter().find(|(known, _)| *known == name);
        let (_, is_quoted) = known.ok_or_else(|| format!("`{name}` is no parameter of RFC 7616"))?;
        let (value, after) = if *is_quoted { quoted(name, after)? } else { token(name, after)? };
        if params.iter().any(|(known, _)| known == name) {
            return Err(format!("`{name}` is there twice"));
        }
        params.push((name.to_owned(), value.to_vec()));
        let next = after.trim_ascii_start();
        if next.is_empty() {
            return if after.is_empty() { Ok(params) } else { Err("a blank stands at the end".to_owned()) };
        }
        rest =
            next.strip_prefix(b",").ok_or_else(|| format!("no comma follows `{name}`"))?.trim_ascii_start();
    }
}

fn quoted<'a>(name: &str, text: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), String> {
    let inner = text.strip_prefix(b"\"").ok_or_else(|| format!("`{name}` is not in quotes"))?;
    let mut at = 0;
    loop {
        match inner.get(at) {
            Some(b'"') => return Ok((&inner[..at], &inner[at + 1..])),
            Some(b'\\') if inner.get(at + 1).is_some_and(|byte| is_text_byte(*byte)) => at += 2,
            Some(byte) if is_text_byte(*byte) && *byte != b'\\' => at += 1,
            Some(_) => return Err(format!("`{name}` holds a byte no quoted string can have")),
            None => return Err(format!("the quotes of `{name}` are not closed")),
        }
    }
}

/// A token, or the value of an extended parameter: percent and apostrophe are token characters (RFC 8187 section 3.2).
fn token<'a>(name: &str, text: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), String> {
    let end = text.iter().position(|byte| !is_token_byte(*byte)).unwrap_or(text.len());
    if text.starts_with(b"\"") {
        return Err(format!("`{name}` is in quotes"));
    }
    if end == 0 { Err(format!("`{name}` has no value")) } else { Ok(text.split_at(end)) }
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_text_byte(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}
