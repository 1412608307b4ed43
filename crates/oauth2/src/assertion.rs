//! What a client signs about itself: the assertion by which it authenticates, and the one it trades for a token
//! (RFC 7523, with draft-ietf-oauth-rfc7523bis).

use std::{sync::Arc, time::SystemTime};

use authwright_core::{Error, Fault, Secret, SecretValue};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use crate::{jws, keys::Signer, random::random};

/// How long an assertion is good, in seconds. It is made when it is sent.
const LIFETIME: u64 = 60;

/// How a client signs that it is the one (`OpenID` Connect Core 1.0 section 9).
pub(crate) enum Key {
    /// `private_key_jwt`: the server has the public half.
    Signer(Arc<dyn Signer>),
    /// `client_secret_jwt`: the server has the secret too, which is not sent.
    #[cfg(feature = "keys")]
    Secret(SecretValue),
}

/// An assertion that authenticates a client, fresh each time: a server takes none twice.
///
/// It is made out to the `issuer` and to nothing else, as rfc7523bis section 4 and FAPI 2 section 5.3.3 demand: made out to
/// an endpoint, it could be used by whoever talks a client into using that endpoint.
pub(crate) fn client_assertion(
    key: &Key,
    client_id: &str,
    issuer: &str,
    now: SystemTime,
) -> Result<SecretValue, Error> {
    let claims = claims(&Parties { issuer: client_id, subject: Some(client_id), audience: issuer }, now)?;
    sealed(key, "client-authentication+jwt", claims)
}

/// Who vouches for whom, and to whom.
pub(crate) struct Parties<'a> {
    pub(crate) issuer: &'a str,
    /// RFC 7523 section 3 demands one. A server that takes the issuer for it may not bear one.
    pub(crate) subject: Option<&'a str>,
    pub(crate) audience: &'a str,
}

/// An assertion that is traded for a token (RFC 7523 section 2.1). `more` cannot replace what is always in it.
pub(crate) fn grant_assertion(
    key: &Key,
    parties: &Parties<'_>,
    more: &Map<String, Value>,
    now: SystemTime,
) -> Result<SecretValue, Error> {
    let mut claims = claims(parties, now)?;
    for (name, value) in more {
        if claims.insert(name.clone(), value.clone()).is_some() {
            let message =
                format!("claim `{}` of the assertion is set already; leave it out", name.escape_debug());
            return Err(Error::new(Fault::Caller, message));
        }
    }
    sealed(key, "JWT", claims)
}

/// RFC 7523 section 3.
fn claims(parties: &Parties<'_>, now: SystemTime) -> Result<Map<String, Value>, Error> {
    let mut claims = Map::new();
    claims.insert("iss".into(), parties.issuer.into());
    if let Some(subject) = parties.subject {
        claims.insert("sub".into(), subject.into());
    }
    claims.insert("aud".into(), parties.audience.into());
    let now = jws::seconds(now)?;
    claims.insert("iat".into(), now.into());
    claims.insert("exp".into(), now.saturating_add(LIFETIME).into());
    claims.insert("jti".into(), URL_SAFE_NO_PAD.encode(random::<16>()?).into());
    Ok(claims)
}

fn sealed(key: &Key, typ: &str, claims: Map<String, Value>) -> Result<SecretValue, Error> {
    let claims = jws::json(claims);
    let message = match key {
        Key::Signer(signer) => {
            let header = jws::header(signer.algorithm().name(), typ, signer.key_id(), None);
            jws::compact(&header, &claims, |message| jws::signature(&**signer, message))
        }
        #[cfg(feature = "keys")]
        Key::Secret(secret) => {
            let header = jws::header("HS256", typ, None, None);
            jws::compact(&header, &claims, |message| crate::keys::hs256(secret, message))
        }
    }?;
    Secret::new(message).read()
}

#[cfg(test)]
mod tests {
    use std::{
        collections::HashSet,
        time::{Duration, UNIX_EPOCH},
    };

    use serde_json::json;

    use super::*;
    use crate::testing::{self, parts};

    const ISSUER: &str = "https://login.example.com";

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_700_000_000)
    }

    fn assertion() -> (Value, Value) {
        let key = Arc::new(testing::Key::es256());
        let public = key.public_key().unwrap();
        let text = client_assertion(&Key::Signer(key), "my \"app\"", ISSUER, now()).unwrap();
        assert!(testing::verifies("ES256", &public.to_jwk(), &text), "{:?}", parts(&text));
        parts(&text)
    }

    #[test]
    fn o1_an_assertion_is_by_and_about_the_client_short_and_never_the_same() {
        let (_, mut claims) = assertion();
        let identifier = claims.as_object_mut().unwrap().remove("jti").unwrap();
        assert_eq!(URL_SAFE_NO_PAD.decode(identifier.as_str().unwrap()).unwrap().len(), 16);
        assert_eq!(
            claims,
            json!({
                "iss": "my \"app\"",
                "sub": "my \"app\"",
                "aud": ISSUER,
                "iat": 1_700_000_000,
                "exp": 1_700_000_060,
            })
        );
        let identifiers: HashSet<_> = (0..1000).map(|_| assertion().1["jti"].to_string()).collect();
        assert_eq!(identifiers.len(), 1000);
    }

    #[test]
    fn o2_the_audience_is_the_issuer_alone_as_a_string() {
        assert_eq!(assertion().1["aud"], json!(ISSUER));
    }

    #[test]
    fn o3_an_assertion_says_what_it_is_for() {
        assert_eq!(assertion().0, json!({"alg": "ES256", "typ": "client-authentication+jwt", "kid": "k1"}));
    }

    #[cfg(feature = "keys")]
    #[test]
    fn a_secret_signs_instead_of_a_key() {
        let secret = "0123456789abcdef0123456789abcdef";
        let key = Key::Secret(Secret::new(secret).read().unwrap());
        let text = client_assertion(&key, "app", ISSUER, now()).unwrap();
        let (header, claims) = parts(&text);
        assert_eq!(header, json!({"alg": "HS256", "typ": "client-authentication+jwt"}));
        assert_eq!((&claims["sub"], &claims["aud"]), (&json!("app"), &json!(ISSUER)));
        let (signed, signature) = text.rsplit_once('.').unwrap();
        let expected = crate::keys::hs256(secret, signed.as_bytes()).unwrap();
        assert_eq!(URL_SAFE_NO_PAD.decode(signature).unwrap(), expected);
    }

    #[test]
    fn a_grant_has_claims_of_its_own_that_replace_none() {
        let key = Key::Signer(Arc::new(testing::Key::ed25519()));
        let parties = Parties { issuer: "service", subject: Some("sam"), audience: ISSUER };
        let grant = |more: Value| grant_assertion(&key, &parties, more.as_object().unwrap(), now());
        let text = grant(json!({"scope": "a b", "level": 3})).unwrap();
        let (header, mut claims) = parts(&text);
        assert_eq!(header, json!({"alg": "EdDSA", "typ": "JWT", "kid": "k1"}));
        assert!(claims.as_object_mut().unwrap().remove("jti").is_some());
        assert_eq!(
            claims,
            json!({
                "iss": "service",
                "sub": "sam",
                "aud": ISSUER,
                "iat": 1_700_000_000,
                "exp": 1_700_000_060,
                "scope": "a b",
                "level": 3,
            })
        );
        for name in ["iss", "sub", "aud", "iat", "exp", "jti"] {
            let error = grant(json!({name: "s3cret"})).unwrap_err();
            assert!(error.to_string().contains(&format!("claim `{name}`")), "{error}");
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
        let nobody = Parties { subject: None, ..parties };
        let text = grant_assertion(&key, &nobody, &Map::new(), now()).unwrap();
        assert_eq!(parts(&text).1.get("sub"), None);
    }
}
