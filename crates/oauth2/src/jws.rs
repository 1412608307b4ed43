//! Signed messages in the compact form (RFC 7515 section 3.1): `header.claims.signature`.

use std::time::{SystemTime, UNIX_EPOCH};

use authwright_core::{Error, Fault};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use crate::keys::{Algorithm, PublicKey, Signer};

/// The header, encoded. `typ` tells one kind of message from another, so that none is taken for a different one
/// (RFC 8725 section 3.11).
pub(crate) fn header(algorithm: &str, typ: &str, key_id: Option<&str>, jwk: Option<&PublicKey>) -> String {
    let key_id = key_id.map(|id| format!(r#","kid":{}"#, Value::from(id))).unwrap_or_default();
    let jwk = jwk.map(|jwk| format!(r#","jwk":{}"#, jwk.to_jwk())).unwrap_or_default();
    let header = format!(r#"{{"alg":"{algorithm}","typ":"{typ}"{key_id}{jwk}}}"#);
    URL_SAFE_NO_PAD.encode(header)
}

/// The whole message, from an encoded header and claims that are JSON. `sign` is given what RFC 7515 section 5.1 signs.
pub(crate) fn compact(
    header: &str,
    claims: &[u8],
    sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, Error>,
) -> Result<String, Error> {
    // The longest signature, of RSA with 4096 bits, would make it grow once.
    let mut message = String::with_capacity(header.len() + claims.len().div_ceil(3) * 4 + 90);
    message.push_str(header);
    message.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut message);
    let signature = sign(message.as_bytes())?;
    message.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut message);
    Ok(message)
}

/// A signature that can be one. A service that signs often gives DER, which servers refuse without saying why.
pub(crate) fn signature(signer: &dyn Signer, message: &[u8]) -> Result<Vec<u8>, Error> {
    let signature = signer.sign(message)?;
    let algorithm = signer.algorithm();
    let fits = match algorithm {
        Algorithm::Es256 | Algorithm::EdDsa => signature.len() == 64,
        Algorithm::Rs256 | Algorithm::Ps256 => signature.len() >= 256,
    };
    if fits {
        return Ok(signature);
    }
    let hint = match algorithm {
        Algorithm::Es256 => ": it is r and s of 32 bytes each (RFC 7518 section 3.4), not DER",
        _ => "",
    };
    let message =
        format!("the signer gives {} bytes, which is no signature of {algorithm}{hint}", signature.len());
    Err(Error::new(Fault::Caller, message))
}

/// Claims as JSON.
pub(crate) fn json(claims: Map<String, Value>) -> Vec<u8> {
    Value::Object(claims).to_string().into_bytes()
}

/// A moment as claims have it (RFC 7519 section 2, `NumericDate`).
pub(crate) fn seconds(at: SystemTime) -> Result<u64, Error> {
    let since = at.duration_since(UNIX_EPOCH).map_err(|_| {
        Error::new(
            Fault::Caller,
            "the clock says a time before 1970, so nothing that is signed would be valid",
        )
    })?;
    Ok(since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Key, parts, verifies};

    /// RFC 7515 appendix A.3 and RFC 8037 appendix A.4: what we sign is verified as their messages are.
    #[test]
    fn messages_of_the_rfcs_verify_and_so_do_ours() {
        let jwk = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                      "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
        let message = concat!(
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19y",
            "b290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
        );
        assert!(verifies("ES256", jwk, message));
        let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let message = concat!(
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6d",
            "WbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        );
        assert!(verifies("EdDSA", jwk, message));
        assert!(!verifies("EdDSA", jwk, &message.replace(".RXhh", ".RXhi")));

        for key in [Key::es256(), Key::ed25519(), Key::rsa(Algorithm::Rs256), Key::rsa(Algorithm::Ps256)] {
            let header = header(key.algorithm().name(), "JWT", Some("k\"1"), None);
            let ours = compact(&header, b"{}", |message| signature(&key, message)).unwrap();
            assert!(verifies(key.algorithm().name(), &key.public_key().unwrap().to_jwk(), &ours), "{ours}");
            let (header, claims) = parts(&ours);
            assert_eq!(
                header,
                serde_json::json!({"alg": key.algorithm().name(), "typ": "JWT", "kid": "k\"1"})
            );
            assert_eq!(claims, serde_json::json!({}));
        }
    }

    #[test]
    fn a_signature_of_the_wrong_length_is_not_sent() {
        #[derive(Debug)]
        struct Gives(Algorithm, usize);
        impl Signer for Gives {
            fn algorithm(&self) -> Algorithm {
                self.0
            }
            fn sign(&self, _: &[u8]) -> Result<Vec<u8>, Error> {
                Ok(vec![7; self.1])
            }
        }
        for (algorithm, right, wrong) in [
            (Algorithm::Es256, 64, 71),
            (Algorithm::EdDsa, 64, 63),
            (Algorithm::Rs256, 256, 128),
            (Algorithm::Ps256, 512, 0),
        ] {
            assert_eq!(signature(&Gives(algorithm, right), b"").unwrap().len(), right);
            let error = signature(&Gives(algorithm, wrong), b"").unwrap_err();
            let says = format!("gives {wrong} bytes, which is no signature of {algorithm}");
            assert!(error.to_string().contains(&says), "{error}");
            assert_eq!(error.to_string().contains("not DER"), algorithm == Algorithm::Es256);
        }
    }

    #[test]
    fn a_clock_before_1970_is_an_error() {
        use std::time::Duration;
        assert_eq!(seconds(UNIX_EPOCH + Duration::from_millis(1999)).unwrap(), 1);
        assert!(
            seconds(UNIX_EPOCH - Duration::from_secs(1)).unwrap_err().to_string().contains("before 1970")
        );
    }
}
