//! Whose signature a token has. What a token says about its key is only used to choose among those its server publishes.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Header,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse},
};
use serde_json::Value;

use super::Problem;
use crate::keys::{Algorithm, PublicKey};

pub(super) const UNKNOWN: Problem = "is signed with a key that the server does not publish";

/// The claims of a token that is signed by one of these keys, still encoded.
pub(super) fn verified_payload<'a>(
    token: &'a str,
    jwks: &[u8],
    algorithms: &[String],
) -> Result<&'a str, Problem> {
    let (signed, signature) = token.rsplit_once('.').ok_or("is no signed token")?;
    let (_, payload) = signed.split_once('.').ok_or("is no signed token")?;
    if payload.contains('.') {
        return Err("is encrypted, which is not supported; have the server only sign it");
    }
    let header = jsonwebtoken::decode_header(token)
        .map_err(|_| "has a malformed header, or names an algorithm that is not known")?;
    let algorithm = checked(&header, algorithms)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| "is malformed")?;
    let keys = candidates(jwks, &header, algorithm)?;
    let is_by = |key: &PublicKey| key.verifies(algorithm, signed.as_bytes(), &signature);
    if keys.iter().any(is_by) { Ok(payload) } else { Err("has a signature that is not the server's") }
}

/// How it is signed: as the server says it signs, and never with a secret or not at all (RFC 8725 sections 3.1 and 3.2).
fn checked(header: &Header, algorithms: &[String]) -> Result<Algorithm, Problem> {
    let algorithm = match header.alg {
        jsonwebtoken::Algorithm::ES256 => Algorithm::Es256,
        jsonwebtoken::Algorithm::EdDSA => Algorithm::EdDsa,
        jsonwebtoken::Algorithm::RS256 => Algorithm::Rs256,
        jsonwebtoken::Algorithm::PS256 => Algorithm::Ps256,
        _ => return Err("is signed in a way that is not accepted: RS256, PS256, ES256 and EdDSA are"),
    };
    if !algorithms.iter().any(|one| one == algorithm.name()) {
        return Err("is signed in a way that the server does not say it signs");
    }
    if header.crit.is_some() {
        return Err("has an extension that must be understood and is not (crit, RFC 7515 section 4.1.11)");
    }
    let is_another = |typ: &String| typ.to_ascii_lowercase().ends_with("+jwt");
    if header.typ.as_ref().is_some_and(is_another) {
        return Err("is a token of another kind (typ, RFC 8725 section 3.11)");
    }
    Ok(algorithm)
}

/// The keys that may have signed. Several may share an id (RFC 7517 section 4.5).
fn candidates(jwks: &[u8], header: &Header, algorithm: Algorithm) -> Result<Vec<PublicKey>, Problem> {
    let set: Value =
        serde_json::from_slice(jwks).map_err(|_| "cannot be verified: the server's keys are no JSON")?;
    let keys =
        set.get("keys").and_then(Value::as_array).ok_or("cannot be verified: there is no list of keys")?;
    // Keys of kinds that are not known here may be among them (RFC 7517 section 5).
    let keys = keys.iter().filter_map(|key| serde_json::from_value::<Jwk>(key.clone()).ok());
    let fitting = keys.filter(|key| is_for(key, algorithm)).filter_map(|key| Some((public(&key)?, key)));
    let fitting = fitting.filter(|(public, _)| public.fits(algorithm));
    let named = |key: &Jwk| header.kid.is_none() || key.common.key_id == header.kid;
    let keys: Vec<_> = fitting.filter(|(_, key)| named(key)).map(|(public, _)| public).collect();
    match (keys.len(), &header.kid) {
        (0, _) => Err(UNKNOWN),
        (1, _) | (_, Some(_)) => Ok(keys),
        (_, None) => Err("does not say which of the server's keys it is signed with (kid)"),
    }
}

/// Whether a key is for signatures of this algorithm, as far as it says (RFC 7517 sections 4.2 to 4.4).
fn is_for(key: &Jwk, algorithm: Algorithm) -> bool {
    let common = &key.common;
    let is_to_sign = common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
    let verifies = |operations: &Vec<KeyOperations>| operations.contains(&KeyOperations::Verify);
    is_to_sign
        && common.key_operations.as_ref().is_none_or(verifies)
        && common.key_algorithm.is_none_or(|one| one.to_string() == algorithm.name())
}

/// Nothing: a key of another kind, or a malformed one.
fn public(key: &Jwk) -> Option<PublicKey> {
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let coordinate = |text| <[u8; 32]>::try_from(decode(text)?).ok();
    match &key.algorithm {
        AlgorithmParameters::EllipticCurve(point) if point.curve == EllipticCurve::P256 => {
            Some(PublicKey::p256(coordinate(&point.x)?, coordinate(&point.y)?))
        }
        AlgorithmParameters::OctetKeyPair(point) if point.curve == EllipticCurve::Ed25519 => {
            Some(PublicKey::ed25519(coordinate(&point.x)?))
        }
        AlgorithmParameters::RSA(key) => PublicKey::rsa(&decode(&key.n)?, &decode(&key.e)?).ok(),
        _ => None,
    }
}
