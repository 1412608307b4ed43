//! The examples of the RFCs, and signatures made by OpenSSL.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::json;

use super::{
    super::{
        DpopVerifier, ExpectedProof, ProofRejected,
        jws::{Jwt, Key, thumbprint},
    },
    hand::{VERIFIER, authorization, redemption, request, server, token, with},
};
use crate::TestClock;

/// RFC 7636 appendix B.
#[test]
fn rfc_7636_b() {
    let (server, _) = server();
    let (form, _) = authorization();
    let form = with(form, "code_challenge", Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
    assert_eq!(token(&server, &redemption(&server, &form, VERIFIER)).status_code(), 200);
    assert_eq!(server.violations(), [] as [String; 0]);
}

const TOKEN_PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgt\
    MzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2\
    R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVy\
    LmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSs\
    X0x7NVY-FNyJK70nfbV37xRZT3Lg";

const RESOURCE_PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgt\
    MzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2\
    R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJj\
    ZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhX\
    WG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMx\
    hAJpLjA";

/// RFC 9449 sections 5, 6.1 and 7.1.
#[test]
fn rfc_9449_5_and_7() {
    let clock = TestClock::at(UNIX_EPOCH + Duration::from_secs(1_562_262_617));
    let verifier = DpopVerifier::new(&clock);
    let asked = request("POST", "/token", &[("dpop", TOKEN_PROOF)], "");
    let expected = ExpectedProof { url: "https://server.example.com/token", access_token: None, nonce: None };
    let proof = verifier.check_proof(&asked, expected).unwrap();
    assert_eq!(proof.thumbprint, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    assert_eq!((&*proof.algorithm, &*proof.jti, proof.nonce), ("ES256", "-BwC3ESc6acc2lTc", None));

    let asked = request("GET", "/protectedresource", &[("dpop", RESOURCE_PROOF)], "");
    let access_token = Some("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
    let url = "https://resource.example.org/protectedresource";
    let expected = ExpectedProof { url, access_token, nonce: None };
    assert!(verifier.check_proof(&asked, expected).is_ok());
    let again = verifier.check_proof(&asked, expected).unwrap_err();
    assert_eq!(again, ProofRejected::Broken("the `jti` of the proof was used before".to_owned()));
}

/// RFC 7638 section 3.1.
#[test]
fn rfc_7638_3_1() {
    let key = json!({
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiF\
              V4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9\
              c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1\
              jF44-csFCur-kEgU8awapJzKnqDKgw",
        "e": "AQAB",
        "alg": "RS256",
        "kid": "2011-04-29"
    });
    assert_eq!(thumbprint(&key).unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

/// RFC 8037 appendices A.2 and A.3.
#[test]
fn rfc_8037_a() {
    let key = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    assert_eq!(thumbprint(&key).unwrap(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

/// RFC 7515 appendix A.1 and A.3: claims signed with HS256 and ES256.
#[test]
fn rfc_7515_a() {
    let claims =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let secret = {
        use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
        BASE64URL
            .decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
            .unwrap()
    };
    let text = format!(
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{claims}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
    let jwt = Jwt::parse(&text).unwrap();
    jwt.verify(Key::Secret(&secret)).unwrap();
    assert_eq!((jwt.text("iss"), jwt.moment("exp")), (Some("joe"), Some(1_300_819_380)));
    assert!(jwt.verify(Key::Secret(&secret[1..])).is_err());

    let key = json!({
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
    });
    let text = format!(
        "eyJhbGciOiJFUzI1NiJ9.{claims}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3\
         -Kg6NU1Q"
    );
    Jwt::parse(&text).unwrap().verify(Key::Public(&key)).unwrap();
    // Confusion of algorithms: the public key is no secret.
    let confused = Jwt::parse(&text.replace("eyJhbGciOiJFUzI1NiJ9", "eyJhbGciOiJIUzI1NiJ9")).unwrap();
    assert!(confused.verify(Key::Public(&key)).unwrap_err().contains("this key is not for"));
}

const RSA_KEY: &str = "tMNcfMuMZE_KUpn9m7n3mh-VmND11gz9U2kRumXkOto4hvCZ5n60XafPrcqXlh9LwAuLabj3K9vbAdg7HflcJxJVooNX\
    mXGASyXiBuXA0gqu9m5lEz2h5fnuxelaol0qcSwO2RIhqs7gzVO06U2vRBWQmjGijyd-yNvNXeHM0LZ8_eEXLkGC_sHKg0Cu0M6NGgojgoGQ\
    bgTpf_FQ2qCeHaI6N-KWumTRwk0_tWRd7D3r5DYQHf_Sy0pDegHroybSpQFcyhMXNsVPVXY55bXdxO1mDFWXk_AhUDrEbDVhnqbRB8YkDxPR\
    1RlR_XCJLO1hmcYYpqbGvmv5e71PokyNKQ";

/// OpenSSL 3 made the keys and the signatures.
#[test]
fn signatures_of_openssl() {
    let key = json!({"kty": "OKP", "crv": "Ed25519", "x": "z6hO6RtXJ9EmvxEmgoXor0Lgc2co_P3A3vNA4vAzvUM"});
    let eddsa = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJzYW0ifQ.BPwDvHQjVy5nvmv5yifiTFffswhsjq\
        s4Av_YrHnG37Nfo-X5z955yOJDmNn3_hNdwkyM6eMHptrGkF51qsG0Dw";
    Jwt::parse(eddsa).unwrap().verify(Key::Public(&key)).unwrap();
    assert!(
        Jwt::parse(&eddsa.replace("eyJzdWIiOiJzYW0ifQ", "eyJzdWIiOiJraW0ifQ"))
            .unwrap()
            .verify(Key::Public(&key))
            .is_err()
    );

    let key = json!({"kty": "RSA", "n": RSA_KEY, "e": "AQAB"});
    let rs256 = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzYW0ifQ.K606cKgdNQ8eG2sfKBG0hdNRCEzalXBQrtvb2Vcl4BqKOybhLZ03vo_-fz-_\
        laBB1upGEK2v0LJxy7sjUfRY0_dhmt7bLcs6drV2l123SXbgnnpEP5MR32aN4hpkNw_V1Dhpvw53lDKitNWG_Xbsmz6uW5zdnIBz_GauPtQ\
        rgT4CVnn2H1e7jXnFVELG8IoRR1frPe5fjt8i8L1U8WFX1x91GJ71smWzo3QW0Ws6kvVdDPYU5tQ_UD2t55oGKx3ylPkXl7RDb0kdVXt_xU\
        z28YtHdikbFSwvw15jeCHrOl4g1lXoeqSg1PfJLoUVtyYW3XAB20TCitWS79FtqbA1WA";
    let ps256 = "eyJhbGciOiJQUzI1NiJ9.eyJzdWIiOiJzYW0ifQ.X2UT_JqZ_-W2OveDBzgGFMTatuTRRtwquCZSPjBEm8ntny-2v4ew_17nL_F7\
        HEQaIbRQ6Js4YxnpXPS_Yfs2VY2sVtzH9YOeSXAOo9qS2PkS68UV1IyjWQNuK43dLYrDUNcYegXcilRXhsOpD96L0HoFQ7BRtJEnIDBoV7hH\
        4WQb1qVScFYd4fJ6U7_OQR2gvrmdBVTZQfQtzHKr2OU5VF1aeiN57_JMYEqv22pbH4rynUwLwJcy_mm1b938j_2vAj34cnqYX1J6Pm1jpnsi\
        kHfVStv76zMgD0Of9I86WaDIHD503klN4g86KYKlXHS2ELYd6xat7q-CLaW7lalkdw";
    for text in [rs256, ps256] {
        Jwt::parse(text).unwrap().verify(Key::Public(&key)).unwrap();
        let (rs, ps) = ("eyJhbGciOiJSUzI1NiJ9", "eyJhbGciOiJQUzI1NiJ9");
        let other = if text.starts_with(rs) { text.replacen(rs, ps, 1) } else { text.replacen(ps, rs, 1) };
        assert!(Jwt::parse(&other).unwrap().verify(Key::Public(&key)).is_err(), "one is not the other");
    }
}
