//! What is the same for all answers to one challenge, and the answer itself (RFC 7616 section 3.4).

use std::sync::Arc;

use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

use super::hash::{Hex, hash};
use crate::challenge::{DigestAlgorithm, DigestChallenge, DigestHash};

/// Who is asking.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) user: Arc<str>,
    pub(crate) password: Arc<SecretString>,
}

/// How much is protected (RFC 7616 section 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protection {
    /// What RFC 2069 did: no client nonce, no count.
    Plain,
    /// `auth`.
    Request,
    /// `auth-int`: the body too.
    Body,
}

/// What all answers to one challenge have in common, computed once: the password is not needed again.
pub(super) struct Keys {
    pub(super) realm: Box<[u8]>,
    pub(super) protection: Protection,
    pub(super) algorithm: DigestAlgorithm,
    /// H(A1). Who has it can answer for the user in this realm, so it is kept like a password.
    ha1: SecretString,
    /// With `-sess` the client nonce is a part of A1, which is computed once (RFC 7616 section 3.4.2); so it is the same for all
    /// requests, which is what servers that compute A1 for each request need.
    pub(super) cnonce: Option<Box<str>>,
    /// The answer up to and with the name of its next part: `Digest username="sam", realm="x", …, nonce="`.
    head: Box<[u8]>,
}

/// One request to be answered for.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a str,
    /// The request target as it is sent.
    pub(crate) uri: &'a str,
    pub(crate) body: &'a [u8],
    /// The body is a stream, so that it cannot be hashed before it is sent.
    pub(crate) streams: bool,
}

/// What makes an answer different from the last one.
#[derive(Clone, Copy)]
pub(super) struct Turn<'a> {
    /// Without escapes, as it is hashed.
    pub(super) nonce: &'a [u8],
    /// As it stood between its quotes, as it is sent back.
    pub(super) nonce_raw: &'a [u8],
    pub(super) count: u32,
    pub(super) cnonce: &'a str,
}

impl Keys {
    /// `cnonce` is the one of the first request.
    pub(super) fn new(
        who: &Identity,
        challenge: &DigestChallenge<'_>,
        algorithm: DigestAlgorithm,
        cnonce: &str,
    ) -> Self {
        let realm = challenge.realm.bytes();
        let by = algorithm.hash;
        let password = who.password.expose_secret().as_bytes();
        let mut ha1 = hash(by, &[who.user.as_bytes(), &realm, password]);
        if algorithm.session {
            ha1 = hash(by, &[ha1.as_bytes(), &challenge.nonce.bytes(), cnonce.as_bytes()]);
        }
        let protection = protection(challenge);
        Self {
            protection,
            algorithm,
            ha1: SecretString::from(ha1.as_str()),
            cnonce: algorithm.session.then(|| cnonce.into()),
            head: head(who, challenge, by, &realm).into(),
            realm: realm.into_owned().into(),
        }
    }

    /// Whether a challenge asks for answers of this kind: only its nonce is another.
    pub(super) fn fit(&self, challenge: &DigestChallenge<'_>, algorithm: DigestAlgorithm) -> bool {
        self.algorithm == algorithm && self.protection == protection(challenge)
    }

    /// The field value. `None` where it would have a byte that headers cannot have.
    pub(super) fn answer(&self, asked: Asked<'_>, turn: Turn<'_>) -> Option<HeaderValue> {
        let count = Count::new(turn.count);
        let response = self.response(asked, turn, &count);
        let uri = Quoted(asked.uri.as_bytes());
        let (middle, qop): (_, &[u8]) = match self.protection {
            Protection::Plain => (None, b""),
            Protection::Request => (Some((count.as_bytes(), turn.cnonce.as_bytes())), b"\", qop=auth"),
            Protection::Body => (Some((count.as_bytes(), turn.cnonce.as_bytes())), b"\", qop=auth-int"),
        };
        let counted = middle
            .map_or(0, |(count, cnonce)| b", nc=, cnonce=\"".len() + count.len() + cnonce.len() + qop.len());
        let response = response.as_bytes();
        let fixed = b"\", uri=\"\", response=\"\"".len();
        let len = self.head.len() + turn.nonce_raw.len() + uri.len() + counted + response.len() + fixed;
        // The one allocation: without a byte to spare, so that it becomes the header value as it is.
        let mut text = Vec::with_capacity(len);
        text.extend_from_slice(&self.head);
        text.extend_from_slice(turn.nonce_raw);
        text.extend_from_slice(b"\", uri=\"");
        uri.push_to(&mut text);
        text.extend_from_slice(b"\"");
        if let Some((count, cnonce)) = middle {
            text.extend_from_slice(b", nc=");
            text.extend_from_slice(count);
            text.extend_from_slice(b", cnonce=\"");
            text.extend_from_slice(cnonce);
            text.extend_from_slice(qop);
        }
        text.extend_from_slice(b", response=\"");
        text.extend_from_slice(response);
        text.extend_from_slice(b"\"");
        debug_assert_eq!(text.len(), len);
        let mut value = HeaderValue::try_from(text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// What the server proves with `rspauth` that it knows the password (RFC 7616 section 3.5). `None` where the proof covers the
    /// body of the response, which is not here yet, or where RFC 2069 knows of no proof.
    pub(super) fn proof(&self, uri: &str, turn: Turn<'_>) -> Option<Hex> {
        (self.protection == Protection::Request).then(|| {
            let ha2 = hash(self.algorithm.hash, &[b"", uri.as_bytes()]);
            self.keyed(turn, &Count::new(turn.count), ha2)
        })
    }

    fn response(&self, asked: Asked<'_>, turn: Turn<'_>, count: &Count) -> Hex {
        let by = self.algorithm.hash;
        let (method, uri) = (asked.method.as_bytes(), asked.uri.as_bytes());
        let ha2 = match self.protection {
            Protection::Body => hash(by, &[method, uri, hash(by, &[asked.body]).as_bytes()]),
            Protection::Plain | Protection::Request => hash(by, &[method, uri]),
        };
        self.keyed(turn, count, ha2)
    }

    fn keyed(&self, turn: Turn<'_>, count: &Count, ha2: Hex) -> Hex {
        let (by, ha1) = (self.algorithm.hash, self.ha1.expose_secret().as_bytes());
        let qop: &[u8] = match self.protection {
            Protection::Plain => return hash(by, &[ha1, turn.nonce, ha2.as_bytes()]),
            Protection::Request => b"auth",
            Protection::Body => b"auth-int",
        };
        hash(by, &[ha1, turn.nonce, count.as_bytes(), turn.cnonce.as_bytes(), qop, ha2.as_bytes()])
    }
}

/// `auth` where it is offered: it asks nothing of the body, and everybody speaks it. A list without a word that is known counts
/// as none (RFC 7616 section 3.3: unknown options must be ignored).
fn protection(challenge: &DigestChallenge<'_>) -> Protection {
    match (challenge.qop.auth, challenge.qop.auth_int) {
        (true, _) => Protection::Request,
        (false, true) => Protection::Body,
        (false, false) => Protection::Plain,
    }
}

/// RFC 7616 section 3.4: what is quoted and what is not is part of the protocol. Realm and opaque go back as they came.
fn head(who: &Identity, challenge: &DigestChallenge<'_>, by: DigestHash, realm: &[u8]) -> Vec<u8> {
    let mut head = b"Digest ".to_vec();
    let user = who.user.as_bytes();
    if challenge.userhash {
        head.extend_from_slice(b"username=\"");
        head.extend_from_slice(hash(by, &[user, realm]).as_bytes());
        head.extend_from_slice(b"\", userhash=true");
    } else if user.iter().all(|b| matches!(b, b' '..=b'~')) {
        head.extend_from_slice(b"username=\"");
        Quoted(user).push_to(&mut head);
        head.extend_from_slice(b"\"");
    } else {
        head.extend_from_slice(b"username*=UTF-8''");
        head.extend(utf8_percent_encode(&who.user, NOT_ATTR_CHAR).flat_map(str::bytes));
    }
    head.extend_from_slice(b", realm=\"");
    head.extend_from_slice(challenge.realm.raw());
    head.extend_from_slice(b"\"");
    // Where the server has named none it may be too old to know the parameter.
    if let Some(algorithm) = challenge.algorithm_text {
        head.extend_from_slice(b", algorithm=");
        head.extend_from_slice(&algorithm.bytes());
    }
    if let Some(opaque) = challenge.opaque {
        head.extend_from_slice(b", opaque=\"");
        head.extend_from_slice(opaque.raw());
        head.extend_from_slice(b"\"");
    }
    head.extend_from_slice(b", nonce=\"");
    head
}

/// All but `attr-char` (RFC 8187 section 3.2.1).
const NOT_ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The inside of a quoted string (RFC 9110 section 5.6.4).
struct Quoted<'a>(&'a [u8]);

impl Quoted<'_> {
    fn len(&self) -> usize {
        self.0.len() + self.0.iter().filter(|b| is_escaped(**b)).count()
    }

    fn push_to(&self, text: &mut Vec<u8>) {
        if !self.0.iter().any(|b| is_escaped(*b)) {
            return text.extend_from_slice(self.0);
        }
        for byte in self.0 {
            if is_escaped(*byte) {
                text.push(b'\\');
            }
            text.push(*byte);
        }
    }
}

fn is_escaped(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\')
}

/// `nc`: eight digits (RFC 7616 section 3.4).
struct Count([u8; 8]);

impl Count {
    fn new(count: u32) -> Self {
        let mut digits = *b"00000000";
        for (digit, shift) in digits.iter_mut().rev().zip((0..32).step_by(4)) {
            *digit = b"0123456789abcdef"[(count >> shift & 15) as usize];
        }
        Self(digits)
    }

    fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
