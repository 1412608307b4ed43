//! `DPoP` where tokens are issued (RFC 9449 sections 4, 5, 8 and 10).

use serde_json::Value;

use super::{
    super::{
        AuthServer, DpopPolicy, DpopVerifier, Endpoint, ExpectedProof, NoncePolicy, ProofRejected, Pushed,
        RegisteredClient,
    },
    error, field,
    hand::{
        ISSUER, Pairs, Prover, authorization, basic, builder, later, pairs, post, redemption, request, with,
    },
    json,
};
use crate::{Reply, TestClock};

const TOKEN: &str = "https://login.example.com/token";

fn proven(server: &AuthServer, proof: &str, form: &Pairs) -> Reply {
    post(server, Endpoint::Token, &[("dpop", proof)], form)
}

fn code(server: &AuthServer) -> Pairs {
    let (form, verifier) = authorization();
    redemption(server, &form, &verifier)
}

/// RFC 9449 section 4.3, each rule: what is changed, and what the referee says.
#[test]
fn every_broken_rule_of_a_proof_is_told_in_words() {
    type Change = fn(&mut Value, &mut Value);
    let cases: [(Change, &str); 22] = [
        (|header, _| header["typ"] = "JWT".into(), "the `typ` of the proof is not `dpop+jwt`"),
        (|header, _| header["alg"] = "none".into(), "the `alg` of the proof is not one that is taken"),
        (|header, _| header["alg"] = "HS256".into(), "the `alg` of the proof is not one that is taken"),
        (
            |header, _| header["alg"] = "EdDSA".into(),
            "the proof is not good: the curve of the key is not Ed25519",
        ),
        (|header, _| header["jwk"] = Value::Null, "the header of the proof has no `jwk`"),
        (|header, _| header["jwk"] = "{}".into(), "the header of the proof has no `jwk`"),
        (|header, _| header["jwk"]["d"] = "AA".into(), "the `jwk` of the proof has the private member `d`"),
        (|header, _| header["jwk"]["k"] = "AA".into(), "the `jwk` of the proof has the private member `k`"),
        (
            |header, _| header["jwk"]["x"] = header["jwk"]["y"].clone(),
            "the proof is not good: its ES256 signature is wrong",
        ),
        (
            |header, _| header["jwk"]["x"] = "AA".into(),
            "the proof is not good: `x` of the key has not 32 bytes",
        ),
        (|_, claims| claims["jti"] = Value::Null, "the proof has no `jti`"),
        (|_, claims| claims["jti"] = "1".into(), "the `jti` of the proof is too short to be unique"),
        (|_, claims| claims["jti"] = "the-same-for-ever".into(), "the `jti` of the proof was used before"),
        (|_, claims| claims["htm"] = "GET".into(), "the `htm` of the proof is not POST"),
        (|_, claims| claims["htm"] = "post".into(), "the `htm` of the proof is not POST"),
        (|_, claims| claims["htu"] = Value::Null, "the proof has no `htu`"),
        (
            |_, claims| claims["htu"] = format!("{TOKEN}?x").into(),
            "the `htu` of the proof has a query or fragment",
        ),
        (
            |_, claims| claims["htu"] = "https://login.example.com:443/token".into(),
            "the `htu` of the proof is not the URL of the request",
        ),
        (
            |_, claims| claims["iat"] = (claims["iat"].as_u64().unwrap() - 61).into(),
            "the `iat` of the proof is more than 60 seconds off",
        ),
        (
            |_, claims| claims["iat"] = (claims["iat"].as_u64().unwrap() + 61).into(),
            "the `iat` of the proof is more than 60 seconds off",
        ),
        (|_, claims| claims["iat"] = 1.5.into(), "the proof has no `iat` in whole seconds"),
        (|_, claims| claims["ath"] = "AA".into(), "the proof has an `ath`, and no token comes with it"),
    ];
    let clock = TestClock::new();
    let (verifier, prover) = (DpopVerifier::new(&clock), Prover::new(&clock));
    let check = |proof: &str, access_token: Option<&str>, nonce: Option<&str>| {
        let expected = ExpectedProof { url: TOKEN, access_token, nonce };
        verifier.check_proof(&request("POST", "/token?x=1", &[("dpop", proof)], ""), expected)
    };
    let changed = |change: Change| {
        let (mut header, mut claims) = prover.draft("POST", TOKEN);
        change(&mut header, &mut claims);
        prover.key.sign(&header, &claims)
    };
    let first = check(&changed(|_, claims| claims["jti"] = "the-same-for-ever".into()), None, None).unwrap();
    assert_eq!(first.thumbprint, super::super::jws::thumbprint(&prover.jwk()).unwrap());
    for (change, told) in cases {
        let rejected = check(&changed(change), None, None).unwrap_err();
        assert_eq!(rejected, ProofRejected::Broken(told.to_owned()));
    }
    let broken = |told: &str| Err(ProofRejected::Broken(told.to_owned()));
    let right = || prover.proof("POST", TOKEN, Some("t0ken"), None);
    assert!(check(&right(), Some("t0ken"), None).is_ok());
    assert_eq!(
        check(&right(), Some("other"), None),
        broken("the `ath` of the proof is not the hash of the token")
    );
    let none = prover.proof("POST", TOKEN, None, None);
    assert_eq!(
        check(&none, Some("t0ken"), None),
        broken("the proof has no `ath`, and a token comes with it")
    );
    assert_eq!(check("a.b", None, None), broken("the proof is no JWT: it has not three parts"));

    let missing = request("POST", "/token", &[], "");
    let expected = ExpectedProof { url: TOKEN, access_token: None, nonce: None };
    assert_eq!(verifier.check_proof(&missing, expected), Err(ProofRejected::Missing));
    let proof = prover.proof("POST", TOKEN, None, None);
    let twice = request("POST", "/token", &[("dpop", &proof), ("dpop", &proof)], "");
    assert_eq!(verifier.check_proof(&twice, expected), broken("there are two DPoP fields"));

    let with_nonce = |nonce: Option<&str>| prover.proof("POST", TOKEN, None, nonce);
    assert!(check(&with_nonce(Some("n1")), None, Some("n1")).is_ok());
    assert_eq!(check(&with_nonce(None), None, Some("n1")), Err(ProofRejected::Nonce(None)));
    let old = with_nonce(Some("n0"));
    assert_eq!(check(&old, None, Some("n1")), Err(ProofRejected::Nonce(Some("n0".to_owned()))));
    assert_eq!(check(&old, None, Some("n0")), broken("the `jti` of the proof was used before"));
}

#[test]
fn a_proof_binds_tokens_and_the_refresh_tokens_of_a_public_client() {
    let (builder, clock) = builder();
    let server = builder.dpop(DpopPolicy::Supported).build();
    let (prover, stranger) = (Prover::new(&clock), Prover::new(&clock));
    let answer = json(&proven(&server, &prover.proof("POST", TOKEN, None, None), &code(&server)));
    assert_eq!(answer["token_type"], "DPoP");
    let refresh = |token: &Value| {
        pairs(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", token.as_str().unwrap()),
            ("client_id", "app"),
        ])
    };
    let form = refresh(&answer["refresh_token"]);
    let foreign = proven(&server, &stranger.proof("POST", TOKEN, None, None), &form);
    assert_eq!(error(&foreign), (400, "invalid_grant".into()));
    assert_eq!(error(&post(&server, Endpoint::Token, &[], &form)), (400, "invalid_grant".into()));
    let told = "POST /token: the proof is not of the key that the refresh token is bound to";
    assert_eq!(server.violations(), [told, told]);
    let again = json(&proven(&server, &prover.proof("POST", TOKEN, None, None), &form));
    assert_eq!(again["token_type"], "DPoP");

    // Without a proof nothing is bound.
    let bare = json(&post(&server, Endpoint::Token, &[], &code(&server)));
    assert_eq!(bare["token_type"], "Bearer");
    let form = refresh(&bare["refresh_token"]);
    assert_eq!(post(&server, Endpoint::Token, &[], &form).status_code(), 200);
}

#[test]
fn a_proof_is_needed_or_not_looked_at() {
    let (off, clock) = builder();
    let off = off.dpop(DpopPolicy::Off).build();
    let prover = Prover::new(&clock);
    let answer = json(&proven(&off, "no proof at all", &code(&off)));
    assert_eq!((&answer["token_type"], off.violations().len()), (&"Bearer".into(), 0));

    let (required, _) = builder();
    let required = required.dpop(DpopPolicy::Required).build();
    let reply = post(&required, Endpoint::Token, &[], &code(&required));
    assert_eq!(error(&reply), (400, "invalid_dpop_proof".into()));
    assert_eq!(required.violations(), ["POST /token: this client needs a DPoP proof"]);

    let bound = AuthServer::builder(ISSUER, &clock)
        .client(RegisteredClient::basic("bound", "pw").dpop_bound())
        .dpop(DpopPolicy::Supported)
        .dpop_algorithms(&["EdDSA"])
        .build();
    let own = basic("bound", "pw");
    let form = pairs(&[("grant_type", "client_credentials")]);
    let ask = |fields: &[(&str, &str)]| error(&post(&bound, Endpoint::Token, fields, &form));
    assert_eq!(ask(&[("authorization", &own)]), (400, "invalid_dpop_proof".into()));
    let proof = prover.proof("POST", TOKEN, None, None);
    assert_eq!(ask(&[("authorization", &own), ("dpop", &proof)]), (400, "invalid_dpop_proof".into()));
    assert_eq!(
        bound.violations().last().unwrap(),
        "POST /token: the `alg` of the proof is not one that is taken"
    );
}

/// RFC 9449 section 8: a nonce that is asked for costs neither the code nor a rule.
#[test]
fn a_nonce_is_demanded_and_renewed() {
    let (demanding, clock) = builder();
    let server = demanding.dpop(DpopPolicy::Supported).token_nonces(NoncePolicy::Demanded).build();
    let prover = Prover::new(&clock);
    let form = code(&server);
    let asked = proven(&server, &prover.proof("POST", TOKEN, None, None), &form);
    assert_eq!(error(&asked), (400, "use_dpop_nonce".into()));
    let nonce = field(&asked, "dpop-nonce").unwrap().to_owned();
    let proof = |nonce: &str| prover.proof("POST", TOKEN, None, Some(nonce));
    let given = proven(&server, &proof(&nonce), &form);
    assert_eq!((given.status_code(), field(&given, "dpop-nonce")), (200, None));
    assert_eq!(proven(&server, &proof(&nonce), &code(&server)).status_code(), 200);
    server.rotate_nonces();
    let asked = proven(&server, &proof(&nonce), &code(&server));
    assert!(error(&asked).1 == "use_dpop_nonce" && field(&asked, "dpop-nonce") != Some(&nonce));
    assert_eq!(server.violations(), [] as [String; 0]);
    assert_eq!(error(&proven(&server, &proof("made up"), &code(&server))).1, "use_dpop_nonce");
    assert_eq!(server.violations(), ["POST /token: the proof needs the newest nonce"]);

    let (rotating, clock) = builder();
    let server = rotating.dpop(DpopPolicy::Supported).token_nonces(NoncePolicy::Rotating).build();
    let prover = Prover::new(&clock);
    let mut last =
        field(&proven(&server, &prover.proof("POST", TOKEN, None, None), &code(&server)), "dpop-nonce")
            .unwrap()
            .to_owned();
    for _ in 0..3 {
        let given = proven(&server, &prover.proof("POST", TOKEN, None, Some(&last)), &code(&server));
        let next = field(&given, "dpop-nonce").unwrap().to_owned();
        assert!(given.status_code() == 200 && next != last);
        last = next;
    }

    let (free, clock) = builder();
    let server = free.dpop(DpopPolicy::Supported).build();
    let proof = Prover::new(&clock).proof("POST", TOKEN, None, Some("of somebody else"));
    assert_eq!(error(&proven(&server, &proof, &code(&server))).1, "invalid_dpop_proof");
    assert_eq!(server.violations(), ["POST /token: the nonce of the proof is none of ours"]);
}

/// RFC 9449 section 10: a code is bound from the start, by parameter or by a proof with the push.
#[test]
fn a_code_is_bound_to_a_key() {
    let (builder, clock) = builder();
    let server = builder.dpop(DpopPolicy::Supported).pushed(Pushed::Possible).build();
    let (prover, stranger) = (Prover::new(&clock), Prover::new(&clock));
    let jkt = super::super::jws::thumbprint(&prover.jwk()).unwrap();
    let right = |prover: &Prover| prover.proof("POST", TOKEN, None, None);

    let (form, verifier) = authorization();
    let form = with(form, "dpop_jkt", Some(&jkt));
    let redeemed = redemption(&server, &form, &verifier);
    assert_eq!(error(&proven(&server, &right(&stranger), &redeemed)), (400, "invalid_grant".into()));
    assert_eq!(server.violations(), ["POST /token: the proof is not of the key that `dpop_jkt` named"]);

    let par = "https://login.example.com/par";
    let push = |prover: &Prover, form: &Pairs| {
        post(&server, Endpoint::Pushed, &[("dpop", &prover.proof("POST", par, None, None))], form)
    };
    let (form, verifier) = authorization();
    let answer = json(&push(&prover, &form));
    let alone = pairs(&[("client_id", "app"), ("request_uri", answer["request_uri"].as_str().unwrap())]);
    let redeemed = redemption(&server, &alone, &verifier);
    assert_eq!(proven(&server, &right(&prover), &redeemed).status_code(), 200);
    let refused = push(&stranger, &with(authorization().0, "dpop_jkt", Some(&jkt)));
    assert_eq!(error(&refused), (400, "invalid_dpop_proof".into()));
    assert_eq!(server.violations().len(), 2);
}

#[test]
fn a_proof_is_as_old_as_a_minute() {
    let (builder, clock) = builder();
    let server = builder.dpop(DpopPolicy::Supported).build();
    let prover = Prover::new(&clock);
    let (young, old) = (prover.proof("POST", TOKEN, None, None), prover.proof("POST", TOKEN, None, None));
    let (first, second) = (code(&server), authorization());
    later(&clock, 59);
    let second = redemption(&server, &second.0, &second.1);
    assert_eq!(proven(&server, &young, &first).status_code(), 200);
    later(&clock, 2);
    assert_eq!(error(&proven(&server, &old, &second)).1, "invalid_dpop_proof");
    assert_eq!(server.violations().len(), 1);
}
