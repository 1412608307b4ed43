//! Proof Key for Code Exchange (RFC 7636): whoever steals a code cannot redeem it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use authwright_core::{Error, Fault};

use crate::random::random;

/// As long as a verifier must be at least.
const LENGTH: usize = 43;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// 258 bits that nobody can guess, six to each of 43 characters of the unreserved set (RFC 7636 section 4.1): a verifier, a state,
/// a nonce.
pub(crate) fn unguessable() -> Result<SecretString, Error> {
    spelled(random()?)
}

/// Two of them for one question to the system.
pub(crate) fn two_unguessable() -> Result<(SecretString, SecretString), Error> {
    let bytes = random::<{ 2 * LENGTH }>()?;
    let (halves, _) = bytes.as_chunks();
    Ok((spelled(halves[0])?, spelled(halves[1])?))
}

fn spelled(bytes: [u8; LENGTH]) -> Result<SecretString, Error> {
    Ok(text(&bytes.map(|byte| ALPHABET[usize::from(byte % 64)]))?.into())
}

/// What the server is told of a verifier, as [text]: S256, and never the verifier itself (RFC 7636 section 4.2).
pub(crate) fn challenge(verifier: &SecretString) -> Result<[u8; LENGTH], Error> {
    let mut challenge = [0; LENGTH];
    let encoded = URL_SAFE_NO_PAD.encode_slice(Sha256::digest(verifier.expose_secret()), &mut challenge);
    encoded.map_err(|_| Error::new(Fault::Caller, "a hash is longer than it can be"))?;
    Ok(challenge)
}

pub(crate) fn text(letters: &[u8; LENGTH]) -> Result<&str, Error> {
    std::str::from_utf8(letters).map_err(|_| Error::new(Fault::Caller, "letters of ASCII are no text"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn f1_a_verifier_has_43_unreserved_characters_and_never_comes_again() {
        let mut seen = HashSet::new();
        for _ in 0..10_000 {
            let (state, verifier) = two_unguessable().unwrap();
            for text in [unguessable().unwrap(), state, verifier] {
                let text = text.expose_secret().to_owned();
                let is_one_of_64 = |c: u8| c.is_ascii_alphanumeric() || b"-_".contains(&c);
                assert!(text.len() == 43 && text.bytes().all(is_one_of_64));
                assert!(seen.insert(text));
            }
        }
    }

    #[test]
    fn f3_the_challenge_of_appendix_b() {
        let verifier = SecretString::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge(&verifier).unwrap(), *b"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
