//! The value of a parameter, and its text.

use std::{borrow::Cow, fmt};

use super::reader::Text;

/// The value of a parameter: a token or a quoted string, which mean the same (RFC 9110 section 11.2).
#[derive(Clone, Copy)]
pub struct ParamValue<'a>(pub(super) Text<'a>);

impl<'a> ParamValue<'a> {
    /// What stands between the quotes, backslashes included: what goes between quotes again to be sent back unchanged.
    pub fn raw(self) -> &'a [u8] {
        self.0.bytes
    }

    /// The value, its quoted pairs taken apart (RFC 9110 section 5.6.4). Borrowed where there are none.
    pub fn bytes(self) -> Cow<'a, [u8]> {
        if self.0.has_pairs { Cow::Owned(self.unescaped().collect()) } else { Cow::Borrowed(self.0.bytes) }
    }

    /// The value as text: UTF-8, or else ISO-8859-1, which fields were once in (RFC 9110 section 5.5).
    pub fn text(self) -> Cow<'a, str> {
        match self.bytes() {
            Cow::Borrowed(bytes) => match str::from_utf8(bytes) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => Cow::Owned(latin1(bytes)),
            },
            Cow::Owned(bytes) => {
                Cow::Owned(String::from_utf8(bytes).unwrap_or_else(|e| latin1(e.as_bytes())))
            }
        }
    }

    /// Whether the value is this word, in any case.
    pub fn is(self, word: &str) -> bool {
        if self.0.has_pairs {
            let lower = |byte: u8| byte.to_ascii_lowercase();
            self.unescaped().map(lower).eq(word.bytes().map(lower))
        } else {
            self.0.bytes.eq_ignore_ascii_case(word.as_bytes())
        }
    }

    /// The value as a whole number, where it is nothing but digits and not too large.
    pub(crate) fn number(self) -> Option<u64> {
        let bytes = self.bytes();
        if bytes.iter().all(u8::is_ascii_digit) { str::from_utf8(&bytes).ok()?.parse().ok() } else { None }
    }

    fn unescaped(self) -> impl Iterator<Item = u8> {
        let mut bytes = self.0.bytes.iter().copied();
        std::iter::from_fn(move || match bytes.next()? {
            b'\\' => bytes.next(),
            byte => Some(byte),
        })
    }
}

impl fmt::Debug for ParamValue<'_> {
    /// Only its length: it may be a nonce, or repeat a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0.bytes.len())
    }
}

/// A scheme, a name or a token68: the reader has let nothing but ASCII pass.
pub(super) fn ascii(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap_or_default()
}

/// The same for a scheme. Telling the words in use takes a fraction of what looking at their bytes does.
#[inline]
pub(super) fn scheme_text(scheme: &[u8]) -> &str {
    match scheme.len() {
        5 if scheme == b"Basic" => "Basic",
        6 if scheme == b"Bearer" => "Bearer",
        6 if scheme == b"Digest" => "Digest",
        _ => ascii(scheme),
    }
}

/// The same for the name of a parameter.
#[inline]
pub(super) fn name_text(name: &[u8]) -> &str {
    match name.len() {
        5 if name == b"realm" => "realm",
        5 if name == b"nonce" => "nonce",
        5 if name == b"scope" => "scope",
        5 if name == b"error" => "error",
        5 if name == b"stale" => "stale",
        3 if name == b"qop" => "qop",
        6 if name == b"opaque" => "opaque",
        6 if name == b"domain" => "domain",
        7 if name == b"charset" => "charset",
        9 if name == b"algorithm" => "algorithm",
        17 if name == b"error_description" => "error_description",
        17 if name == b"resource_metadata" => "resource_metadata",
        _ => ascii(name),
    }
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}
