//! An ID token, the server's keys, and claims: the three lines of the input. The claims are read as if they had been signed.
//!
//! One that is verified is signed with an algorithm that is expected, and whose key is there; who is named is named by the issuer, for
//! this client, now. An error shows nothing of it.

#![no_main]

use std::time::{Duration, UNIX_EPOCH};

use authwright_core::Error;
use authwright_fuzz::{check, check_text};
use authwright_oauth2::{IdClaims, fuzz_id_token};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let mut lines = data.splitn(3, |byte| *byte == b'\n');
    let mut next = || lines.next().unwrap_or_default();
    let Ok(token) = str::from_utf8(next()) else { return };
    let (jwks, claims) = (next(), next());
    let [verified, read] = fuzz_id_token(token, jwks, claims);
    if verified.is_ok() {
        let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap_or_default()).expect("base64url");
        let header: Value = serde_json::from_slice(&header).expect("JSON");
        let kind = match header["alg"].as_str() {
            Some("ES256") => "EC",
            Some("EdDSA") => "OKP",
            Some("RS256" | "PS256") => "RSA",
            other => panic!("{other:?}"),
        };
        let keys: Value = serde_json::from_slice(jwks).expect("JSON");
        assert!(keys["keys"].as_array().expect("keys").iter().any(|key| key["kty"] == kind));
    }
    look_at(verified);
    look_at(read);
});

fn look_at(claims: Result<IdClaims, Error>) {
    let claims = match claims {
        Ok(claims) => claims,
        Err(error) => return check(&error, &["s3cr3t-canary"]),
    };
    let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let skew = Duration::from_secs(60);
    assert_eq!(claims.issuer(), "https://login.example.com");
    assert!(!claims.subject().is_empty());
    assert!(claims.audience().any(|one| one == "app"));
    assert!(claims.expires_at() > now - skew && claims.issued_at() <= now + skew);
    assert!(
        claims.authentication_time().expect("what was asked for") + Duration::from_secs(3600) >= now - skew
    );
    check_text(&format!("{claims:?}"), &[]);
}
