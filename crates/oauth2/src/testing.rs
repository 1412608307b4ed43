//! For tests: keys that are not ours, and what a message says.

use std::fmt;

use authwright_core::Error;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::{
    rand::SystemRandom,
    signature::{
        self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaEncoding, RsaKeyPair, RsaPublicKeyComponents,
        UnparsedPublicKey,
    },
};
use serde_json::Value;

use crate::keys::{Algorithm, PublicKey, Signer};

/// A throw-away key of the library that signs.
pub(crate) enum Key {
    Es256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair, Algorithm),
}

impl Key {
    pub(crate) fn es256() -> Self {
        let random = SystemRandom::new();
        let how = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(how, &random).unwrap();
        Self::Es256(EcdsaKeyPair::from_pkcs8(how, document.as_ref(), &random).unwrap())
    }

    pub(crate) fn ed25519() -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::Ed25519(Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap())
    }

    /// The one in a file: making one takes long.
    pub(crate) fn rsa(algorithm: Algorithm) -> Self {
        let digits: String =
            include_str!("../tests/data/rsa.pem").lines().filter(|line| !line.starts_with('-')).collect();
        Self::Rsa(RsaKeyPair::from_pkcs8(&STANDARD.decode(digits).unwrap()).unwrap(), algorithm)
    }

    /// The public half as the library has it.
    fn point(&self) -> &[u8] {
        match self {
            Self::Es256(pair) => pair.public_key().as_ref(),
            Self::Ed25519(pair) => pair.public_key().as_ref(),
            Self::Rsa(pair, _) => pair.public_key().as_ref(),
        }
    }
}

/// Whether a message in compact form says this algorithm and is signed by the key of this JWK. None of our code takes part.
pub(crate) fn verifies(algorithm: &str, jwk: &str, message: &str) -> bool {
    let jwk: Value = serde_json::from_str(jwk).unwrap();
    let member = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    let (signed, signature) = message.rsplit_once('.').unwrap();
    let (signed, signature) = (signed.as_bytes(), URL_SAFE_NO_PAD.decode(signature).unwrap());
    let says = URL_SAFE_NO_PAD.decode(message.split('.').next().unwrap()).unwrap();
    let says: Value = serde_json::from_slice(&says).unwrap();
    let by = |how, point: &[u8]| UnparsedPublicKey::new(how, point).verify(signed, &signature);
    let by_rsa =
        |how| RsaPublicKeyComponents { n: member("n"), e: member("e") }.verify(how, signed, &signature);
    let result = match algorithm {
        "ES256" => by(
            &signature::ECDSA_P256_SHA256_FIXED as &dyn signature::VerificationAlgorithm,
            &[&[4][..], &member("x"), &member("y")].concat(),
        ),
        "EdDSA" => by(&signature::ED25519, &member("x")),
        "RS256" => by_rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
        "PS256" => by_rsa(&signature::RSA_PSS_2048_8192_SHA256),
        other => panic!("{other}"),
    };
    says["alg"] == algorithm && result.is_ok()
}

impl Signer for Key {
    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Es256(_) => Algorithm::Es256,
            Self::Ed25519(_) => Algorithm::EdDsa,
            Self::Rsa(_, algorithm) => *algorithm,
        }
    }

    fn key_id(&self) -> Option<&str> {
        Some("k1")
    }

    fn public_key(&self) -> Option<PublicKey> {
        let part = |from| self.point()[from..from + 32].try_into().unwrap();
        Some(match self {
            Self::Es256(_) => PublicKey::p256(part(1), part(33)),
            Self::Ed25519(_) => PublicKey::ed25519(part(0)),
            Self::Rsa(pair, _) => {
                let RsaPublicKeyComponents::<Vec<u8>> { n, e } = pair.public().into();
                PublicKey::rsa(&n, &e).unwrap()
            }
        })
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(match self {
            Self::Es256(pair) => pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Rsa(pair, algorithm) => {
                let how: &'static dyn RsaEncoding = match algorithm {
                    Algorithm::Ps256 => &signature::RSA_PSS_SHA256,
                    _ => &signature::RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(how, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
        })
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

/// Header and claims of a message in compact form.
pub(crate) fn parts(message: &str) -> (Value, Value) {
    let mut parts =
        message.split('.').map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()));
    let both = (parts.next().unwrap().unwrap(), parts.next().unwrap().unwrap());
    assert_eq!(parts.count(), 1, "a signature, and nothing else");
    both
}
