//! A secret that signs: both sides have it.

use authwright_core::{Error, Fault};
use ring::hmac;

/// HS256. A shorter secret can be guessed by whoever sees one message (RFC 7518 section 3.2).
const SHORTEST: usize = 32;

/// HMAC with SHA-256 (RFC 7518 section 3.2).
pub(crate) fn hs256(secret: &str, message: &[u8]) -> Result<Vec<u8>, Error> {
    if secret.len() < SHORTEST {
        let message = format!(
            "the client secret is too short to sign with: HS256 asks for {SHORTEST} bytes (RFC 7518 section 3.2); get a \
             longer one, or send it by Basic"
        );
        return Err(Error::new(Fault::Credential, message));
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    Ok(hmac::sign(&key, message).as_ref().into())
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    #[test]
    fn a_secret_signs_where_it_is_long_enough() {
        let secret = "0123456789abcdef0123456789abcdef";
        // By OpenSSL.
        let expected = "hccEMI77WbRkwml58AKoMXwhx9Zm3VOmG3U-rMTOOoA";
        assert_eq!(URL_SAFE_NO_PAD.encode(hs256(secret, b"a.b").unwrap()), expected);
        let error = hs256(&secret[1..], b"a.b").unwrap_err();
        assert!(error.to_string().contains("too short to sign with"), "{error}");
        assert_eq!(error.fault(), Fault::Credential);
    }
}
