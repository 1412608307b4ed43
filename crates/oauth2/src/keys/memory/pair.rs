//! Keys in memory: `ring` reads them, makes them and signs.

use authwright_core::{Error, Fault};
use ring::{
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, PublicKeyComponents},
    signature::{self, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use secrecy::zeroize::Zeroizing;

use super::pkcs8::{self, Kind};
use crate::keys::{Algorithm, PublicKey, public::SHORTEST_RSA};

/// The longest RSA key that `ring` signs with, in bits.
const LONGEST_RSA: usize = 4096;

pub(super) enum Pair {
    Es256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

/// The end of a sentence about a key.
type Problem = String;

impl Pair {
    pub(super) fn from_pkcs8(document: &[u8]) -> Result<Self, Problem> {
        let key = pkcs8::inner(document);
        match Kind::of(document).zip(key) {
            None => Err("is malformed".into()),
            Some((Kind::Other(what), _)) => Err(format!(
                "is {what}; P-256 (ES256), Ed25519 (EdDSA) and RSA (RS256, PS256) can be used: \
                 `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256` makes one"
            )),
            Some((Kind::P256, key)) => Self::p256(document).ok_or_else(|| {
                if pkcs8::has_public_half(key) {
                    return "is malformed: it is said to be on P-256".into();
                }
                "lacks its public half, which openssl adds: `openssl ec -in key.pem | openssl pkcs8 -topk8 -nocrypt -out \
                 whole.pem`"
                    .into()
            }),
            // Most are written without their public half, which is computed then.
            Some((Kind::Ed25519, _)) => Ed25519KeyPair::from_pkcs8_maybe_unchecked(document)
                .map(Self::Ed25519)
                .map_err(|_| "is malformed: it is said to be of Ed25519".into()),
            Some((Kind::Rsa, key)) => Self::from_pkcs1(key),
        }
    }

    pub(super) fn from_pkcs1(key: &[u8]) -> Result<Self, Problem> {
        match pkcs8::modulus_bits(key) {
            Some(bits) if bits < SHORTEST_RSA => Err(format!(
                "is an RSA key of {bits} bits; RFC 7518 section 3.3 asks for {SHORTEST_RSA} at least"
            )),
            Some(bits) if bits > LONGEST_RSA => {
                Err(format!("is an RSA key of {bits} bits; the longest that can be used has {LONGEST_RSA}"))
            }
            _ => RsaKeyPair::from_der(key)
                .map(Self::Rsa)
                .map_err(|_| "is damaged, or an RSA key with an exponent below 65537".into()),
        }
    }

    /// A new key on P-256, and the document to read it from again.
    pub(super) fn generate_es256() -> Option<(Self, Zeroizing<Vec<u8>>)> {
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).ok()?;
        Some((Self::p256(document.as_ref())?, Zeroizing::new(document.as_ref().into())))
    }

    /// The same with Ed25519.
    pub(super) fn generate_ed25519() -> Option<(Self, Zeroizing<Vec<u8>>)> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).ok()?;
        let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).ok()?;
        Some((Self::Ed25519(pair), Zeroizing::new(document.as_ref().into())))
    }

    fn p256(document: &[u8]) -> Option<Self> {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document, &SystemRandom::new())
            .map(Self::Es256)
            .ok()
    }

    /// How it signs. An RSA key can do either.
    pub(super) fn algorithm(&self, pss: bool) -> Algorithm {
        match self {
            Self::Es256(_) => Algorithm::Es256,
            Self::Ed25519(_) => Algorithm::EdDsa,
            Self::Rsa(_) if pss => Algorithm::Ps256,
            Self::Rsa(_) => Algorithm::Rs256,
        }
    }

    /// Nothing: not in the form its kind has, which `ring` gives for no key.
    pub(super) fn public(&self) -> Option<PublicKey> {
        match self {
            Self::Es256(pair) => {
                // Uncompressed: 4, x, y (SEC 1 section 2.3.3).
                let (x, y) = pair.public_key().as_ref().strip_prefix(&[4])?.split_at_checked(32)?;
                Some(PublicKey::p256(x.try_into().ok()?, y.try_into().ok()?))
            }
            Self::Ed25519(pair) => Some(PublicKey::ed25519(pair.public_key().as_ref().try_into().ok()?)),
            Self::Rsa(pair) => {
                let PublicKeyComponents::<Vec<u8>> { n, e } = pair.public().into();
                PublicKey::rsa(&n, &e).ok()
            }
        }
    }

    pub(super) fn sign(&self, pss: bool, message: &[u8]) -> Result<Vec<u8>, Error> {
        let random = SystemRandom::new();
        match self {
            Self::Es256(pair) => pair.sign(&random, message).map(|signature| signature.as_ref().into()),
            Self::Ed25519(pair) => Ok(pair.sign(message).as_ref().into()),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                let how: &'static dyn signature::RsaEncoding =
                    if pss { &signature::RSA_PSS_SHA256 } else { &signature::RSA_PKCS1_SHA256 };
                pair.sign(how, &random, message, &mut signature).map(|()| signature)
            }
        }
        .map_err(|_| {
            Error::new(Fault::Credential, "the private key cannot sign: its parts do not fit together")
        })
    }
}
