//! What a challenge for Digest says (RFC 7616 section 3.3). Parameters that are not known are passed over.

use super::{Challenge, ParamValue};

/// A challenge for Digest (RFC 7616 section 3.3).
///
/// ```
/// use authwright_core::{Challenges, challenge::DigestHash};
///
/// let line = "Digest realm=\"a\", nonce=\"n\", qop=\"auth, auth-int\", algorithm=SHA-256-sess";
/// let digest = Challenges::parse(line).next().unwrap().digest().unwrap();
/// let algorithm = digest.algorithm.unwrap();
/// assert_eq!((algorithm.hash, algorithm.session), (DigestHash::Sha256, true));
/// assert!(digest.qop.auth && digest.qop.auth_int && !digest.stale);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct DigestChallenge<'a> {
    /// Which user name and password are meant.
    pub realm: ParamValue<'a>,
    /// What the answer has to contain.
    pub nonce: ParamValue<'a>,
    /// What the answer has to repeat unchanged.
    pub opaque: Option<ParamValue<'a>>,
    /// The URLs the answer's credential is good for, separated by blanks; absent means the whole origin.
    pub domain: Option<ParamValue<'a>>,
    /// `None` where one is named that is not known: such a challenge cannot be answered (RFC 7616 section 3.3). MD5 where
    /// none is named.
    pub algorithm: Option<DigestAlgorithm>,
    /// The algorithm as the server spelt it, if it did.
    pub algorithm_text: Option<ParamValue<'a>>,
    /// What the answer may protect.
    pub qop: DigestQop,
    /// The nonce is too old; user name and password were right.
    pub stale: bool,
    /// The server takes a hash in the place of the user name (RFC 7616 section 3.4.4).
    pub userhash: bool,
    /// `charset=UTF-8`: user name and password are expected in UTF-8 (RFC 7616 section 4).
    pub utf8: bool,
}

/// A hash, and how it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DigestAlgorithm {
    /// The hash.
    pub hash: DigestHash,
    /// `-sess`: the first nonces go into the secret's hash (RFC 7616 section 3.4.2).
    pub session: bool,
}

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DigestHash {
    /// MD5, for servers that know no better.
    Md5,
    /// SHA-256.
    Sha256,
    /// SHA-512, which RFC 7616 does not name and some servers use.
    Sha512,
    /// SHA-512/256.
    Sha512_256,
}

/// The qualities of protection a server offers. Those that are not known are passed over (RFC 7616 section 3.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DigestQop {
    /// `auth`: method and target are protected.
    pub auth: bool,
    /// `auth-int`: the body as well.
    pub auth_int: bool,
    /// Something is offered, known or not. Otherwise the server is one of RFC 2069, which had no qualities.
    pub given: bool,
}

impl<'a> Challenge<'a> {
    /// What is said for Digest; `None` for another scheme, and where realm or nonce are missing.
    pub fn digest(&self) -> Option<DigestChallenge<'a>> {
        if !self.is("Digest") {
            return None;
        }
        let [realm, nonce, opaque, domain, algorithm, qop, stale, userhash, charset] = self.params().pick([
            "realm",
            "nonce",
            "opaque",
            "domain",
            "algorithm",
            "qop",
            "stale",
            "userhash",
            "charset",
        ]);
        let is = |value: Option<ParamValue<'_>>, word| value.is_some_and(|value| value.is(word));
        Some(DigestChallenge {
            realm: realm?,
            nonce: nonce?,
            opaque,
            domain,
            algorithm: match algorithm {
                Some(named) => DigestAlgorithm::named(named),
                None => Some(DigestAlgorithm { hash: DigestHash::Md5, session: false }),
            },
            algorithm_text: algorithm,
            qop: qop.map(DigestQop::listed).unwrap_or_default(),
            stale: is(stale, "true"),
            userhash: is(userhash, "true"),
            utf8: is(charset, "UTF-8"),
        })
    }
}

impl DigestAlgorithm {
    fn named(text: ParamValue<'_>) -> Option<Self> {
        let (hash, session) = [
            ("MD5", DigestHash::Md5, false),
            ("MD5-sess", DigestHash::Md5, true),
            ("SHA-256", DigestHash::Sha256, false),
            ("SHA-256-sess", DigestHash::Sha256, true),
            ("SHA-512", DigestHash::Sha512, false),
            ("SHA-512-sess", DigestHash::Sha512, true),
            ("SHA-512-256", DigestHash::Sha512_256, false),
            ("SHA-512-256-sess", DigestHash::Sha512_256, true),
        ]
        .into_iter()
        .find_map(|(name, hash, session)| text.is(name).then_some((hash, session)))?;
        Some(Self { hash, session })
    }
}

impl DigestQop {
    fn listed(text: ParamValue<'_>) -> Self {
        let mut qop = Self::default();
        for word in text.bytes().split(|byte| matches!(byte, b',' | b' ' | b'\t')) {
            qop.given |= !word.is_empty();
            qop.auth |= word.eq_ignore_ascii_case(b"auth");
            qop.auth_int |= word.eq_ignore_ascii_case(b"auth-int");
        }
        qop
    }
}
