//! What is the same for all answers to one challenge, and the answer itself (RFC 7616 section 3.4).

use std::sync::Arc;

use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

use super::{
    hash::{Hex, PAIRS, hash, hash_joined},
    offer::{Offer, domain},
};
use crate::{
    Target,
    challenge::{DigestAlgorithm, DigestChallenge, DigestHash},
    origin::Area,
};

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
    /// Of whoever asked: nobody else gets an answer.
    pub(super) origin: Area,
    /// Where the challenge says that it holds; `None` for the whole origin.
    pub(super) domain: Option<Box<[Area]>>,
    pub(super) realm: Box<[u8]>,
    pub(super) protection: Protection,
    pub(super) algorithm: DigestAlgorithm,
    /// H(A1). Who has it can answer for the user in this realm, so it is kept like a password.
    ha1: SecretString,
    /// With `-sess` the client nonce is a part of A1, which is computed once (RFC 7616 section 3.4.2); so it is the same for all
    /// requests, which is what servers that compute A1 for each request need.
    pub(super) cnonce: Option<Box<[u8]>>,
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
    pub(super) cnonce: &'a [u8],
}

impl Keys {
    /// `cnonce` is the one of the first request.
    pub(super) fn new(
        who: &Identity,
        Offer { challenge, algorithm }: &Offer<'_>,
        target: &Target<'_>,
        cnonce: &[u8],
    ) -> Self {
        let algorithm = *algorithm;
        let realm = challenge.realm.bytes();
        let by = algorithm.hash;
        let password = who.password.expose_secret().as_bytes();
        let mut ha1 = hash(by, &[who.user.as_bytes(), &realm, password]);
        if algorithm.session {
            ha1 = hash(by, &[ha1.as_bytes(), &challenge.nonce.bytes(), cnonce]);
        }
        let protection = protection(challenge);
        Self {
            origin: Area::origin_of(target),
            domain: domain(challenge, target).map(Into::into),
            protection,
            algorithm,
            ha1: SecretString::from(ha1.as_str()),
            cnonce: algorithm.session.then(|| cnonce.into()),
            head: head(who, challenge, by, &realm).into(),
            realm: realm.into_owned().into(),
        }
    }

    /// Whether both make the same answers: only the nonce may differ.
    pub(super) fn are_like(&self, other: &Self) -> bool {
        self.share_a_space(other)
            && self.algorithm == other.algorithm
            && self.protection == other.protection
            && self.head == other.head
            && self.domain == other.domain
    }

    /// Whether both are of one realm at one origin.
    pub(super) fn share_a_space(&self, other: &Self) -> bool {
        self.realm == other.realm && self.origin == other.origin
    }

    /// The field value. `None` where it would have a byte that headers cannot have.
    pub(super) fn answer(&self, asked: Asked<'_>, turn: Turn<'_>) -> Option<HeaderValue> {
        let uri = Quoted::new(asked.uri.as_bytes());
        let qop: &[u8] = match self.protection {
            Protection::Plain => b"",
            Protection::Request => b"\", qop=auth",
            Protection::Body => b"\", qop=auth-int",
        };
        let counted = b", nc=00000000, cnonce=\"".len() + turn.cnonce.len() + qop.len();
        let counted = if self.protection == Protection::Plain { 0 } else { counted };
        let fixed = b"\", uri=\"\", response=\"\"".len() + digits(self.algorithm.hash);
        let len = self.head.len() + turn.nonce_raw.len() + uri.len() + counted + fixed;
        // The one allocation: without a byte to spare, so that it becomes the header value as it is. What is hashed is put together
        // in the same place, and overwritten; it is shorter but for SHA-512, whose hashes are in it twice.
        let hashed = 2 * digits(self.algorithm.hash)
            + turn.nonce.len()
            + turn.cnonce.len()
            + "::00000000:::auth-int".len();
        let mut text = Vec::with_capacity(len.max(hashed));
        let count = Count::new(turn.count);
        let response = self.response(asked, turn, &count, &mut text);
        text.clear();
        text.extend_from_slice(&self.head);
        text.extend_from_slice(turn.nonce_raw);
        text.extend_from_slice(b"\", uri=\"");
        uri.push_to(&mut text);
        if self.protection == Protection::Plain {
            text.extend_from_slice(b"\", response=\"");
        } else {
            text.extend_from_slice(b"\", nc=");
            text.extend_from_slice(&count.0);
            text.extend_from_slice(b", cnonce=\"");
            text.extend_from_slice(turn.cnonce);
            text.extend_from_slice(qop);
            text.extend_from_slice(b", response=\"");
        }
        text.extend_from_slice(response.as_bytes());
        text.push(b'"');
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
            let (ha1, count) = (self.ha1.expose_secret().as_bytes(), Count::new(turn.count));
            hash(self.algorithm.hash, &[ha1, turn.nonce, &count.0, turn.cnonce, b"auth", ha2.as_bytes()])
        })
    }

    fn response(&self, asked: Asked<'_>, turn: Turn<'_>, count: &Count, room: &mut Vec<u8>) -> Hex {
        let by = self.algorithm.hash;
        let (method, uri) = (asked.method.as_bytes(), asked.uri.as_bytes());
        let ha2 = match self.protection {
            Protection::Body => hash(by, &[method, uri, hash(by, &[asked.body]).as_bytes()]),
            Protection::Plain | Protection::Request => hash_joined(by, &[method, uri], room),
        };
        self.keyed(turn, count, ha2, room)
    }

    fn keyed(&self, turn: Turn<'_>, count: &Count, ha2: Hex, room: &mut Vec<u8>) -> Hex {
        let (by, ha1) = (self.algorithm.hash, self.ha1.expose_secret().as_bytes());
        let qop: &[u8] = match self.protection {
            Protection::Plain => return hash_joined(by, &[ha1, turn.nonce, ha2.as_bytes()], room),
            Protection::Request => b"auth",
            Protection::Body => b"auth-int",
        };
        hash_joined(by, &[ha1, turn.nonce, &count.0, turn.cnonce, qop, ha2.as_bytes()], room)
    }
}

/// How many digits a hash has.
fn digits(by: DigestHash) -> usize {
    match by {
        DigestHash::Md5 => 32,
        DigestHash::Sha256 | DigestHash::Sha512_256 => 64,
        DigestHash::Sha512 => 128,
    }
}

/// `auth` where it is offered: it asks nothing of the body, and everybody speaks it.
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
        Quoted::new(user).push_to(&mut head);
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

/// The inside of a quoted string (RFC 9110 section 5.6.4), and how many characters of it need an escape.
struct Quoted<'a>(&'a [u8], usize);

impl<'a> Quoted<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self(text, if has_escaped(text) { text.iter().filter(|b| is_escaped(**b)).count() } else { 0 })
    }

    fn len(&self) -> usize {
        self.0.len() + self.1
    }

    fn push_to(&self, text: &mut Vec<u8>) {
        if self.1 == 0 {
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

/// Eight characters at a time: a word has a zero byte just where this sets a bit.
fn has_escaped(text: &[u8]) -> bool {
    const LOW: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let zeros = |word: u64| word.wrapping_sub(LOW) & !word & HIGH;
    let mut words = text.chunks_exact(8);
    let any = words.by_ref().any(|bytes| {
        let word = bytes.try_into().map_or(0, u64::from_ne_bytes);
        zeros(word ^ (LOW * u64::from(b'"'))) | zeros(word ^ (LOW * u64::from(b'\\'))) != 0
    });
    any || words.remainder().iter().any(|b| is_escaped(*b))
}

fn is_escaped(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\')
}

/// `nc`: eight digits (RFC 7616 section 3.4).
struct Count([u8; 8]);

impl Count {
    fn new(count: u32) -> Self {
        let mut digits = [0; 8];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(count.to_be_bytes()) {
            pair.copy_from_slice(&PAIRS[usize::from(byte)]);
        }
        Self(digits)
    }
}
