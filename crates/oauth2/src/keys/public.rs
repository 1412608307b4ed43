//! The public half of a key, as the JWK that goes out (RFC 7517).

use std::fmt;

use authwright_core::{Error, Fault};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::Algorithm;

/// The shortest RSA key that may sign (RFC 7518 section 3.3), in bits.
pub(in crate::keys) const SHORTEST_RSA: usize = 2048;

/// The public half of a key. It has no place for a private part.
///
/// ```
/// use authwright_oauth2::PublicKey;
///
/// let key = PublicKey::ed25519([7; 32]);
/// assert_eq!(
///     key.to_jwk(),
///     r#"{"crv":"Ed25519","kty":"OKP","x":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"}"#
/// );
/// assert_eq!(key.thumbprint().len(), 43);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(pub(in crate::keys) Kind);

#[derive(Clone, PartialEq, Eq)]
pub(in crate::keys) enum Kind {
    P256 { x: [u8; 32], y: [u8; 32] },
    Ed25519 { x: [u8; 32] },
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

impl PublicKey {
    /// A point on P-256, by its coordinates (RFC 7518 section 6.2.1).
    pub fn p256(x: [u8; 32], y: [u8; 32]) -> Self {
        Self(Kind::P256 { x, y })
    }

    /// A key of Ed25519 (RFC 8037 section 2).
    pub fn ed25519(x: [u8; 32]) -> Self {
        Self(Kind::Ed25519 { x })
    }

    /// An RSA key, by modulus and exponent, the most significant byte first (RFC 7518 section 6.3.1).
    ///
    /// # Errors
    /// The modulus has less than 2048 bits (RFC 7518 section 3.3), or there is no exponent.
    pub fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, Error> {
        let (n, e) = (without_zeros(modulus), without_zeros(exponent));
        if bits(n) < SHORTEST_RSA {
            let message = format!(
                "the RSA key has {} bits, where RFC 7518 section 3.3 asks for {SHORTEST_RSA}; make a longer one",
                bits(n)
            );
            return Err(Error::new(Fault::Credential, message));
        }
        if e.is_empty() {
            return Err(Error::new(Fault::Credential, "the RSA key has no exponent"));
        }
        Ok(Self(Kind::Rsa { n: n.into(), e: e.into() }))
    }

    /// The key as JSON, with the members that make it out and no others, in the order of RFC 7638 section 3.
    pub fn to_jwk(&self) -> String {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &self.0 {
            Kind::P256 { x, y } => {
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, text(x), text(y))
            }
            Kind::Ed25519 { x } => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, text(x)),
            Kind::Rsa { n, e } => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, text(e), text(n)),
        }
    }

    /// The hash by which others name the key: SHA-256, as base64url (RFC 7638). A token that is bound to the key has it
    /// as `jkt` (RFC 9449 section 6.1).
    pub fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.to_jwk()))
    }

    /// Whether signatures of this algorithm are made with such a key.
    pub(crate) fn fits(&self, algorithm: Algorithm) -> bool {
        match self.0 {
            Kind::P256 { .. } => algorithm == Algorithm::Es256,
            Kind::Ed25519 { .. } => algorithm == Algorithm::EdDsa,
            Kind::Rsa { .. } => matches!(algorithm, Algorithm::Rs256 | Algorithm::Ps256),
        }
    }
}

/// Shows the thumbprint, by which a person finds the key again.
impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.0 {
            Kind::P256 { .. } => "P-256",
            Kind::Ed25519 { .. } => "Ed25519",
            Kind::Rsa { .. } => "RSA",
        };
        write!(f, "PublicKey({kind}, {})", self.thumbprint())
    }
}

/// The JWK has none (RFC 7518 section 2).
pub(in crate::keys) fn without_zeros(number: &[u8]) -> &[u8] {
    &number[number.iter().take_while(|byte| **byte == 0).count()..]
}

pub(in crate::keys) fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |first| 8 * number.len() - first.leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    fn coordinate(text: &str) -> [u8; 32] {
        bytes(text).try_into().unwrap()
    }

    /// RFC 7638 section 3.1, RFC 8037 appendix A.3, RFC 9449 section 6.1 (whose key is that of its section 4.1).
    #[test]
    fn thumbprints_are_those_of_the_rfcs() {
        let modulus = bytes(concat!(
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRX",
            "jBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaS",
            "qzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksIN",
            "HaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        ));
        let rsa = |modulus: &[u8]| PublicKey::rsa(modulus, &bytes("AQAB")).unwrap();
        assert_eq!(rsa(&modulus).thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert_eq!(rsa(&[&[0, 0][..], &modulus].concat()), rsa(&modulus));
        let ed25519 = PublicKey::ed25519(coordinate("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"));
        assert_eq!(ed25519.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let p256 = PublicKey::p256(
            coordinate("l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs"),
            coordinate("9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"),
        );
        assert_eq!(p256.thumbprint(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
        assert_eq!(format!("{p256:?}"), format!("PublicKey(P-256, {})", p256.thumbprint()));
    }

    #[test]
    fn a_short_rsa_key_is_refused() {
        for (modulus, says) in
            [(vec![], "0 bits"), (vec![0xff; 255], "2040 bits"), (vec![0x7f; 256], "2047 bits")]
        {
            let error = PublicKey::rsa(&modulus, &[1, 0, 1]).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
        assert!(PublicKey::rsa(&[0x80; 256], &[1, 0, 1]).is_ok());
        let error = PublicKey::rsa(&[0x80; 256], &[0]).unwrap_err();
        assert!(error.to_string().contains("no exponent"), "{error}");
    }

    #[test]
    fn a_key_fits_its_algorithms() {
        use Algorithm::{EdDsa, Es256, Ps256, Rs256};
        let keys = [
            (PublicKey::p256([1; 32], [2; 32]), vec![Es256]),
            (PublicKey::ed25519([1; 32]), vec![EdDsa]),
            (PublicKey::rsa(&[0x80; 256], &[3]).unwrap(), vec![Rs256, Ps256]),
        ];
        for (key, algorithms) in keys {
            let fitting: Vec<_> =
                [Es256, EdDsa, Rs256, Ps256].into_iter().filter(|algorithm| key.fits(*algorithm)).collect();
            assert_eq!(fitting, algorithms, "{key:?}");
        }
    }
}
