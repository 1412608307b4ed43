//! Signed JWTs (RFC 7515, RFC 7518) and thumbprints of keys (RFC 7638).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use ring::{hmac, signature};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// A JWT in compact form whose signature has not been looked at.
#[derive(Debug)]
pub(super) struct Jwt {
    pub(super) header: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
    signed: String,
    signature: Vec<u8>,
}

/// What a signature is verified with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Key<'a> {
    /// A public JWK (RFC 7517).
    Public(&'a Value),
    /// Shared, for HS256.
    Secret(&'a [u8]),
}

impl Jwt {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('.').collect();
        let [header, claims, signature] = parts[..] else {
            return Err("it has not three parts".to_owned());
        };
        let signature = BASE64URL.decode(signature).map_err(|_| "its signature is no base64url")?;
        let parsed = Self {
            header: object(header).ok_or("its header is no JSON object in base64url")?,
            claims: object(claims).ok_or("its claims are no JSON object in base64url")?,
            signed: format!("{header}.{claims}"),
            signature,
        };
        if parsed.header.contains_key("crit") {
            return Err("`crit` names what nobody knows here".to_owned());
        }
        Ok(parsed)
    }

    /// A member of the header that is a text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.header.get(name)?.as_str()
    }

    /// A claim that is a text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// A claim that is a moment, in whole seconds (RFC 7519 section 2).
    pub(super) fn moment(&self, name: &str) -> Option<u64> {
        self.claims.get(name)?.as_u64()
    }

    /// Whether the signature is one of this key, by the algorithm in the header.
    pub(super) fn verify(&self, key: Key<'_>) -> Result<(), String> {
        let (message, signature) = (self.signed.as_bytes(), &*self.signature);
        let algorithm = self.header("alg").ok_or("it names no `alg`")?;
        let wrong = |_| format!("its {algorithm} signature is wrong");
        match (algorithm, key) {
            ("HS256", Key::Secret(secret)) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
                hmac::verify(&key, message, signature).map_err(wrong)
            }
            ("ES256", Key::Public(jwk)) => {
                let point =
                    [vec![4], coordinate(jwk, "EC", "P-256", "x")?, coordinate(jwk, "EC", "P-256", "y")?];
                unparsed(&signature::ECDSA_P256_SHA256_FIXED, &point.concat())
                    .verify(message, signature)
                    .map_err(wrong)
            }
            ("EdDSA", Key::Public(jwk)) => {
                unparsed(&signature::ED25519, &coordinate(jwk, "OKP", "Ed25519", "x")?)
                    .verify(message, signature)
                    .map_err(wrong)
            }
            ("RS256" | "PS256", Key::Public(jwk)) => {
                let kind = if algorithm == "RS256" {
                    &signature::RSA_PKCS1_2048_8192_SHA256
                } else {
                    &signature::RSA_PSS_2048_8192_SHA256
                };
                let (n, e) = (member(jwk, "RSA", "n")?, member(jwk, "RSA", "e")?);
                signature::RsaPublicKeyComponents { n, e }.verify(kind, message, signature).map_err(wrong)
            }
            _ => Err(format!("`alg` is `{}`, which this key is not for", algorithm.escape_debug())),
        }
    }
}

/// The SHA-256 thumbprint of a public JWK (RFC 7638 section 3), in base64url.
pub(super) fn thumbprint(jwk: &Value) -> Result<String, String> {
    let text = |name: &str| jwk[name].as_str().ok_or_else(|| format!("the key has no `{name}`"));
    // Required members alone, in the order of their names, without white space: as a Value prints.
    let required = match text("kty")? {
        "EC" => json!({"crv": text("crv")?, "kty": "EC", "x": text("x")?, "y": text("y")?}),
        "OKP" => json!({"crv": text("crv")?, "kty": "OKP", "x": text("x")?}),
        "RSA" => json!({"e": text("e")?, "kty": "RSA", "n": text("n")?}),
        _ => return Err("the key is of a kind that nobody knows here".to_owned()),
    };
    Ok(BASE64URL.encode(Sha256::digest(required.to_string())))
}

fn unparsed<'a>(
    algorithm: &'static dyn signature::VerificationAlgorithm,
    key: &'a [u8],
) -> signature::UnparsedPublicKey<&'a [u8]> {
    signature::UnparsedPublicKey::new(algorithm, key)
}

/// Of full length, as RFC 7518 section 6.2.1.2 demands.
fn coordinate(jwk: &Value, kind: &str, curve: &str, name: &str) -> Result<Vec<u8>, String> {
    if jwk["crv"] != curve {
        return Err(format!("the curve of the key is not {curve}"));
    }
    let bytes = member(jwk, kind, name)?;
    if bytes.len() == 32 { Ok(bytes) } else { Err(format!("`{name}` of the key has not 32 bytes")) }
}

fn member(jwk: &Value, kind: &str, name: &str) -> Result<Vec<u8>, String> {
    if jwk["kty"] != kind {
        return Err(format!("the `kty` of the key is not {kind}"));
    }
    let text = jwk[name].as_str().ok_or_else(|| format!("the key has no `{name}`"))?;
    BASE64URL.decode(text).map_err(|_| format!("`{name}` of the key is no base64url"))
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&BASE64URL.decode(part).ok()?).ok()
}
