use serde_json::json;

use super::*;
use crate::{
    jws,
    keys::{Algorithm, Signer},
    testing::Key,
};

const ISSUER: &str = "https://login.example.com/realms/one";
const NOW: u64 = 1_700_000_000;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn names(algorithms: &[&str]) -> Vec<String> {
    algorithms.iter().map(|name| (*name).to_owned()).collect()
}

/// What is right, where a test says nothing else.
fn claims() -> Value {
    json!({
        "iss": ISSUER,
        "sub": "248289761001",
        "aud": "app",
        "exp": NOW + 300,
        "iat": NOW - 5,
        "nonce": "n-0S6_WzA2Mj",
        "auth_time": NOW - 100,
    })
}

/// The claims with one of them changed, or taken out.
fn with(name: &str, value: impl Into<Option<Value>>) -> Value {
    let mut claims = claims();
    match value.into() {
        Some(value) => claims[name] = value,
        None => drop(claims.as_object_mut().unwrap().remove(name)),
    }
    claims
}

fn signed(key: &Key, header: &Value, claims: &Value) -> String {
    let header = URL_SAFE_NO_PAD.encode(header.to_string());
    jws::compact(&header, claims.to_string().as_bytes(), |message| key.sign(message)).unwrap()
}

/// The public half as a server publishes it, with more members.
fn jwk(key: &Key, more: &Value) -> Value {
    let mut jwk: Value = serde_json::from_str(&key.public_key().unwrap().to_jwk()).unwrap();
    jwk.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    jwk
}

fn jwks(keys: &[Value]) -> Vec<u8> {
    json!({"keys": keys}).to_string().into_bytes()
}

fn checked(token: &str, jwks: &[u8], algorithms: &[&str]) -> Result<IdClaims, Rejected> {
    let expected = Expected {
        issuer: ISSUER,
        client_id: "app",
        nonce: Some("n-0S6_WzA2Mj"),
        now: at(NOW),
        max_age: None,
        algorithms: &names(algorithms),
    };
    verify(token, jwks, &expected)
}

/// What becomes of claims that are signed as they should be.
fn judged(claims: &Value, change: impl FnOnce(&mut Expected<'_>)) -> Result<IdClaims, String> {
    let key = Key::ed25519();
    let algorithms = names(&["EdDSA"]);
    let mut expected = Expected {
        issuer: ISSUER,
        client_id: "app",
        nonce: Some("n-0S6_WzA2Mj"),
        now: at(NOW),
        max_age: None,
        algorithms: &algorithms,
    };
    change(&mut expected);
    let token = signed(&key, &json!({"alg": "EdDSA"}), claims);
    verify(&token, &jwks(&[jwk(&key, &json!({}))]), &expected).map_err(|rejected| {
        assert!(!rejected.is_about_keys);
        assert_eq!(rejected.error.fault(), Fault::Server);
        rejected.error.to_string()
    })
}

#[track_caller]
fn refused(rejected: Result<IdClaims, Rejected>, says: &str) {
    let rejected = rejected.unwrap_err();
    let text = rejected.error.to_string();
    assert!(text.starts_with("the ID token of https://login.example.com "), "{text}");
    assert!(text.contains(says), "{text}");
    assert_eq!(rejected.is_about_keys, !text.contains("64 KiB"), "{text}");
}

#[test]
fn a_right_token_is_read_however_its_server_signs() {
    for key in [Key::es256(), Key::ed25519(), Key::rsa(Algorithm::Rs256), Key::rsa(Algorithm::Ps256)] {
        let algorithm = key.algorithm().name();
        let keys = jwks(&[jwk(&key, &json!({"kid": "k1", "use": "sig", "alg": algorithm}))]);
        for header in [
            json!({"alg": algorithm}),
            json!({"alg": algorithm, "kid": "k1", "typ": "JWT"}),
            json!({"alg": algorithm, "kid": "k1", "x5t": "AAAA", "more": {"a": [1]}}),
        ] {
            let token = signed(&key, &header, &claims());
            let read = checked(&token, &keys, &["RS256", algorithm]).unwrap();
            assert_eq!((read.issuer(), read.subject()), (ISSUER, "248289761001"));
            assert_eq!(read.audience().collect::<Vec<_>>(), ["app"]);
            assert_eq!((read.expires_at(), read.issued_at()), (at(NOW + 300), at(NOW - 5)));
            assert_eq!(read.authentication_time(), Some(at(NOW - 100)));
        }
    }
}

#[test]
fn what_else_a_token_says_is_read_by_name_and_not_shown() {
    let mut said = claims();
    said["email"] = json!("sam@example.com");
    said["email_verified"] = json!(true);
    said["acr"] = json!("urn:mace:incommon:iap:silver");
    said["s3cret\n"] = json!(1);
    let read = judged(&said, |_| {}).unwrap();
    assert_eq!(read.text("email"), Some("sam@example.com"));
    assert_eq!((read.flag("email_verified"), read.flag("email")), (Some(true), None));
    assert_eq!((read.text("email_verified"), read.text("name")), (None, None));
    assert_eq!(read.authentication_class(), Some("urn:mace:incommon:iap:silver"));
    assert_eq!(
        format!("{read:?}"),
        "IdClaims(https://login.example.com; acr, aud, auth_time, email, email_verified, exp, iat, iss, nonce, s3cret\\n, sub)"
    );
}

#[test]
fn claims_that_are_not_ours_or_not_now_are_refused() {
    let absent = None::<Value>;
    for (claims, says) in [
        (with("iss", absent.clone()), "(iss)"),
        (with("iss", json!("https://login.example.com/realms/two")), "(iss)"),
        (with("iss", json!(format!("{ISSUER}/"))), "(iss)"),
        (with("iss", json!([ISSUER])), "(iss)"),
        (with("sub", absent.clone()), "(sub)"),
        (with("sub", json!("")), "(sub)"),
        (with("sub", json!(7)), "(sub)"),
        (with("aud", absent.clone()), "does not say for whom"),
        (with("aud", json!({"app": 1})), "does not say for whom"),
        (with("aud", json!(["app", 1])), "does not say for whom"),
        (with("aud", json!([])), "for another client (aud)"),
        (with("aud", json!("application")), "for another client (aud)"),
        (with("aud", json!(["api", "application"])), "for another client (aud)"),
        (with("aud", json!(["app", "api"])), "(azp)"),
        (with("azp", json!("other")), "by another client (azp)"),
        (with("azp", json!(null)), "by another client (azp)"),
        (with("azp", json!(["app"])), "by another client (azp)"),
        (with("exp", absent.clone()), "(exp)"),
        (with("exp", json!(null)), "(exp)"),
        (with("exp", json!((NOW + 300).to_string())), "(exp)"),
        (with("exp", json!("soon")), "(exp)"),
        (with("exp", json!(-1)), "(exp)"),
        (with("exp", json!(1e300)), "(exp)"),
        (with("exp", json!(u64::MAX)), "(exp)"),
        (with("exp", json!([NOW + 300])), "(exp)"),
        (with("exp", json!(NOW - 60)), "has expired"),
        (with("exp", json!(0)), "has expired"),
        (with("iat", absent.clone()), "(iat)"),
        (with("iat", json!("now")), "(iat)"),
        (with("iat", json!(NOW + 61)), "made in the future"),
        (with("iat", json!(NOW + 301)), "made in the future"),
        (with("nbf", json!(NOW + 61)), "not good yet"),
        (with("nbf", json!("soon")), "(nbf)"),
        (with("nonce", absent.clone()), "(nonce)"),
        (with("nonce", json!("n-0S6_WzA2M")), "(nonce)"),
        (with("nonce", json!("")), "(nonce)"),
        (with("nonce", json!(["n-0S6_WzA2Mj"])), "(nonce)"),
        (with("auth_time", json!("yesterday")), "(auth_time)"),
        (json!([]), "no JSON object"),
        (json!("text"), "no JSON object"),
    ] {
        let text = judged(&claims, |_| {}).unwrap_err();
        assert!(text.contains(says), "{claims}: {text}");
        assert!(!text.contains("realms") && !text.contains("n-0S6"), "{text}");
    }
    // An `iat` after `exp` that the skew would let through.
    let mut odd = with("iat", json!(NOW + 30));
    odd["exp"] = json!(NOW + 20);
    assert!(judged(&odd, |_| {}).unwrap_err().contains("made in the future"));
}

#[test]
fn a_minute_of_difference_between_clocks_is_borne_and_several_audiences_too() {
    let mut several = with("aud", json!(["api", "app"]));
    several["azp"] = json!("app");
    let mut just_over = with("exp", json!(NOW - 59));
    just_over["iat"] = json!(NOW - 400);
    for claims in [
        several,
        with("aud", json!(["app"])),
        with("azp", json!("app")),
        just_over,
        with("iat", json!(NOW + 60)),
        with("iat", json!(1_699_999_999.5)),
        with("nbf", json!(NOW + 60)),
        with("auth_time", None),
    ] {
        assert!(judged(&claims, |_| {}).is_ok(), "{claims}");
    }
    // Nobody sent one: there is nothing to compare with.
    assert!(judged(&with("nonce", None), |expected| expected.nonce = None).is_ok());
    // A clock that is far off is no reason to panic.
    for now in
        [UNIX_EPOCH, UNIX_EPOCH - Duration::from_secs(1 << 40), UNIX_EPOCH + Duration::from_secs(1 << 60)]
    {
        assert!(judged(&claims(), |expected| expected.now = now).is_err());
    }
}

#[test]
fn an_age_that_was_asked_for_is_proved() {
    let asked = |claims: &Value, max_age| judged(claims, |expected| expected.max_age = Some(max_age));
    assert!(asked(&claims(), 100).is_ok());
    assert!(asked(&claims(), 40).is_ok(), "within the skew");
    assert!(asked(&claims(), u64::MAX).is_ok());
    assert!(asked(&with("auth_time", json!(NOW)), 0).is_ok());
    for (claims, max_age, says) in [
        (claims(), 39, "too long ago"),
        (with("auth_time", json!(NOW - 61)), 0, "too long ago"),
        (with("auth_time", json!(NOW + 61)), 100, "too long ago"),
        (with("auth_time", None), 100, "does not say when the person"),
        (with("auth_time", json!((NOW - 10).to_string())), 100, "a moment that is none"),
    ] {
        let text = asked(&claims, max_age).unwrap_err();
        assert!(text.contains(says), "{claims}: {text}");
    }
}

#[test]
fn a_header_that_weakens_the_signature_is_refused() {
    let (ours, rsa) = (Key::es256(), Key::rsa(Algorithm::Rs256));
    let keys = jwks(&[jwk(&ours, &json!({"kid": "k1"})), jwk(&rsa, &json!({"kid": "r1"}))]);
    let all = ["ES256", "RS256", "PS256", "EdDSA", "HS256", "none", "ES384"];
    for (header, says) in [
        (json!({"alg": "none"}), "malformed header"),
        (json!({"alg": "None"}), "malformed header"),
        (json!({"alg": "HS256", "kid": "k1"}), "not accepted"),
        (json!({"alg": "HS512", "kid": "r1"}), "not accepted"),
        (json!({"alg": "ES384", "kid": "k1"}), "not accepted"),
        (json!({"alg": "RS512", "kid": "r1"}), "not accepted"),
        (json!({"alg": "ES256K", "kid": "k1"}), "malformed header"),
        (json!({"kid": "k1"}), "malformed header"),
        (json!({"alg": 7}), "malformed header"),
        (json!([]), "malformed header"),
        (json!({"alg": "ES256", "kid": "k1", "crit": ["exp"]}), "(crit"),
        (json!({"alg": "ES256", "kid": "k1", "crit": []}), "(crit"),
        (json!({"alg": "ES256", "kid": "k1", "crit": "b64"}), "malformed header"),
        (json!({"alg": "ES256", "kid": "k1", "typ": "at+jwt"}), "another kind"),
        (json!({"alg": "ES256", "kid": "k1", "typ": "logout+JWT"}), "another kind"),
        // Somebody's own key, shown in the header, is no key of the server's.
        (json!({"alg": "ES256", "kid": "k2", "jwk": jwk(&ours, &json!({"kid": "k2"}))}), key::UNKNOWN),
        (json!({"alg": "ES256", "kid": "k2", "jku": "https://evil.example"}), key::UNKNOWN),
        // Another algorithm than the key's kind, or than it was signed by.
        (json!({"alg": "RS256", "kid": "k1"}), key::UNKNOWN),
        (json!({"alg": "ES256", "kid": "r1"}), key::UNKNOWN),
        (json!({"alg": "RS256", "kid": "r1"}), "not the server's"),
    ] {
        let token = signed(&ours, &header, &claims());
        refused(checked(&token, &keys, &all), says);
    }
    let token = signed(&rsa, &json!({"alg": "PS256", "kid": "r1"}), &claims());
    refused(checked(&token, &keys, &all), "not the server's");
    let token = signed(&ours, &json!({"alg": "ES256", "kid": "k1"}), &claims());
    refused(checked(&token, &keys, &["RS256", "es256"]), "does not say it signs");
    refused(checked(&token, &keys, &[]), "does not say it signs");
    assert!(checked(&token, &keys, &["ES256"]).is_ok());
}

#[test]
fn a_token_that_was_changed_or_is_none_is_refused() {
    let key = Key::es256();
    let keys = jwks(&[jwk(&key, &json!({}))]);
    let token = signed(&key, &json!({"alg": "ES256"}), &claims());
    let (header, rest) = token.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let other = URL_SAFE_NO_PAD.encode(with("sub", json!("admin")).to_string());
    let long = format!("{header}.{}.{signature}", "A".repeat(LONGEST));
    let swapped: String = signature.chars().rev().collect();
    for (token, says) in [
        (String::new(), "no signed token"),
        ("a".into(), "no signed token"),
        ("a.b".into(), "no signed token"),
        ("..".into(), "malformed header"),
        (format!("{header}.{payload}"), "no signed token"),
        (format!("{header}.{payload}."), "not the server's"),
        (format!("{header}.{other}.{signature}"), "not the server's"),
        (format!("{header}.{payload}.{}", &signature[..84]), "not the server's"),
        (format!("{header}.{payload}.{signature}=="), "malformed"),
        (format!("{header}.{payload}.{signature} "), "malformed"),
        (format!("{header}.{payload}.AA.AA.{signature}"), "is encrypted"),
        (format!(" {token}"), "malformed header"),
        (long, "longer than 64 KiB"),
    ] {
        refused(checked(&token, &keys, &["ES256"]), says);
    }
    assert!(checked(&format!("{header}.{payload}.{swapped}"), &keys, &["ES256"]).is_err());
    // Another key under the same id, as after a rotation that kept it.
    let stale = jwks(&[jwk(&Key::es256(), &json!({}))]);
    refused(checked(&token, &stale, &["ES256"]), "not the server's");
    assert!(checked(&token, &keys, &["ES256"]).is_ok());
}

#[test]
fn a_key_is_chosen_by_its_id_or_is_the_only_one_of_its_kind() {
    let (ours, other, rsa) = (Key::es256(), Key::es256(), Key::rsa(Algorithm::Rs256));
    let named = |key: &Key, more: Value| jwk(key, &more);
    let plain = |key: &Key| jwk(key, &json!({}));
    let by_id = json!({"alg": "ES256", "kid": "k1"});
    let without = json!({"alg": "ES256"});
    let unknown = Some(key::UNKNOWN);
    for (header, keys, says) in [
        (&by_id, vec![named(&other, json!({"kid": "k0"})), named(&ours, json!({"kid": "k1"}))], None),
        (&by_id, vec![named(&rsa, json!({"kid": "k1"})), named(&ours, json!({"kid": "k1"}))], None),
        (&by_id, vec![named(&other, json!({"kid": "k1"})), named(&ours, json!({"kid": "k1"}))], None),
        (&by_id, vec![named(&ours, json!({"kid": "k1", "use": "sig"}))], None),
        (&by_id, vec![named(&ours, json!({"kid": "k1", "key_ops": ["verify"]}))], None),
        (&by_id, vec![json!({"kty": "new", "x": [1]}), json!(7), named(&ours, json!({"kid": "k1"}))], None),
        (&by_id, vec![named(&ours, json!({"kid": "K1"}))], unknown),
        (&by_id, vec![plain(&ours)], unknown),
        (&by_id, vec![], unknown),
        (&by_id, vec![named(&ours, json!({"kid": "k1", "use": "enc"}))], unknown),
        (&by_id, vec![named(&ours, json!({"kid": "k1", "key_ops": ["sign"]}))], unknown),
        (&by_id, vec![named(&ours, json!({"kid": "k1", "alg": "ES384"}))], unknown),
        (&by_id, vec![named(&ours, json!({"kid": "k1", "alg": "RSA-OAEP"}))], unknown),
        (&by_id, vec![named(&ours, json!({"kid": "k1", "crv": "P-384"}))], unknown),
        (&by_id, vec![named(&ours, json!({"kid": "k1", "x": "AAAA"}))], unknown),
        (&by_id, vec![named(&ours, json!({"kid": "k1", "x": "%"}))], unknown),
        (&by_id, vec![json!({"kid": "k1", "kty": "oct", "k": "AAAA"})], unknown),
        (&without, vec![plain(&rsa), named(&ours, json!({"kid": "k9"}))], None),
        (&without, vec![named(&other, json!({"use": "enc"})), plain(&ours)], None),
        (&without, vec![plain(&rsa)], unknown),
        (&without, vec![plain(&other), plain(&ours)], Some("(kid)")),
        (&without, vec![plain(&other)], Some("not the server's")),
    ] {
        let token = signed(&ours, header, &claims());
        let result = checked(&token, &jwks(&keys), &["ES256"]);
        match says {
            None => assert!(result.is_ok(), "{keys:?}"),
            Some(says) => refused(result, says),
        }
    }
    let token = signed(&ours, &by_id, &claims());
    for (keys, says) in
        [("", "no JSON"), ("{}", "no list of keys"), ("[]", "no list"), (r#"{"keys": {}}"#, "no list")]
    {
        refused(checked(&token, keys.as_bytes(), &["ES256"]), says);
    }
}

#[test]
fn a_short_rsa_key_of_the_server_is_not_used() {
    let short = json!({"kty": "RSA", "kid": "r1", "n": URL_SAFE_NO_PAD.encode([0xff; 128]), "e": "AQAB"});
    let token = signed(&Key::rsa(Algorithm::Rs256), &json!({"alg": "RS256", "kid": "r1"}), &claims());
    refused(checked(&token, &jwks(&[short]), &["RS256"]), key::UNKNOWN);
}

#[test]
fn anything_at_all_is_refused_without_a_panic() {
    let right = json!({"iss": "https://login.example.com", "sub": "s", "aud": "app", "exp": NOW + 1, "iat": NOW,
                       "auth_time": NOW});
    let right = right.to_string();
    for bytes in [right.as_bytes(), b"", b"{", b"\xff", b"[[[[", b"{\"exp\":1e999}"] {
        let text = String::from_utf8_lossy(bytes);
        for token in [text.to_string(), format!("{text}.{text}.{text}")] {
            let [verified, read] = fuzz_id_token(&token, bytes, bytes);
            assert!(verified.is_err());
            assert_eq!(read.is_ok(), bytes == right.as_bytes());
        }
    }
}
