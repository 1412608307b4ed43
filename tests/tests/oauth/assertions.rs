//! How a client shows that it is itself by what it signs (RFC 7523 with rfc7523bis).

use std::{collections::HashSet, time::UNIX_EPOCH};

use authwright_core::Tokens;
use authwright_oauth2::{Device, IntoSigner, PrivateKey, Registration};
use authwright_testkit::{DevicePoll, Pushed, RegisteredClient};
use authwright_tests::on_every_driver;
use serde_json::{Value, json};

use crate::{
    bench::{Bench, CALLBACK, SERVER},
    wire::{at, jwt},
};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const SECRET: &str = "a-secret-of-enough-bytes-for-hs256";

/// The public half of a key, as a server has it.
pub(crate) fn public(key: &PrivateKey) -> Value {
    let key = key.clone().into_signer().unwrap().public_key().unwrap();
    serde_json::from_str(&key.to_jwk()).unwrap()
}

type Signs = (&'static str, fn(Registration) -> Registration, RegisteredClient);

fn clients() -> Vec<Signs> {
    const P256: &str = include_str!("../../../crates/oauth2/tests/data/p256.pem");
    const ED25519: &str = include_str!("../../../crates/oauth2/tests/data/ed25519.pem");
    const RSA: &str = include_str!("../../../crates/oauth2/tests/data/rsa.pem");
    let registered =
        |key: PrivateKey| RegisteredClient::private_key_jwt("billing", public(&key)).redirect_uri(CALLBACK);
    vec![
        ("ES256", |app| app.key(PrivateKey::pem(P256)), registered(PrivateKey::pem(P256))),
        ("EdDSA", |app| app.key(PrivateKey::pem(ED25519)), registered(PrivateKey::pem(ED25519))),
        ("RS256", |app| app.key(PrivateKey::pem(RSA).key_id("k-1")), registered(PrivateKey::pem(RSA))),
        ("PS256", |app| app.key(PrivateKey::pem(RSA).rsa_pss()), registered(PrivateKey::pem(RSA))),
        (
            "HS256",
            |app| app.secret_jwt(SECRET),
            RegisteredClient::secret_jwt("billing", SECRET).redirect_uri(CALLBACK),
        ),
    ]
}

/// At every endpoint, with every kind of key. The server verifies the signatures, and takes no assertion twice.
#[test]
fn o1_o2_o3_a_client_signs_for_the_issuer_alone_at_every_endpoint() {
    on_every_driver(|driver| {
        for (algorithm, signs, registered) in clients() {
            let bench =
                Bench::new(driver, |server| server.pushed(Pushed::Required).client(registered.clone()));
            let app = signs(bench.app("billing"));
            let session = bench.session(app.clone());
            bench.sign_in(&session).unwrap();
            let token = bench.token(session.tokens()).unwrap();
            assert!(bench.run(app.introspect(token.expose())).unwrap().is_active(), "{}", driver.name());
            bench.clock.advance(std::time::Duration::from_secs(4000));
            bench.token(session.tokens()).unwrap();
            bench.run(session.logout()).unwrap();
            bench.server.device_answers(&[DevicePoll::Pending, DevicePoll::Approved]);
            bench.run(session.login(Device::new().shown_by(|_| {}))).unwrap();
            bench.token(&Tokens::new(app.client_credentials()).unwrap()).unwrap();
            bench.assert_clean();

            let requests = bench.net.take();
            let mut identifiers = HashSet::new();
            for (path, count) in
                [("/par", 1), ("/token", 5), ("/introspect", 1), ("/revoke", 1), ("/device_authorization", 1)]
            {
                let sent = at(&requests, SERVER, path);
                assert_eq!(sent.len(), count, "{}, {algorithm}: {path}", driver.name());
                for request in sent {
                    let value = |name| request.form_value(name);
                    assert_eq!(value("client_assertion_type").as_deref(), Some(ASSERTION_TYPE));
                    assert_eq!(value("client_secret"), None);
                    assert!(
                        request.header("authorization").is_none() && !request.contains(SECRET.as_bytes())
                    );
                    let assertion = jwt(&value("client_assertion").unwrap());
                    assert_eq!(assertion.header["alg"], algorithm);
                    assert_eq!(assertion.header["typ"], "client-authentication+jwt", "O3");
                    assert_eq!(assertion.header.get("jwk"), None);
                    let claims = &assertion.claims;
                    assert_eq!(
                        (&claims["iss"], &claims["sub"]),
                        (&json!("billing"), &json!("billing")),
                        "O1"
                    );
                    assert_eq!(claims["aud"], bench.issuer(), "O2, {}: {path}", driver.name());
                    let (from, to) = (claims["iat"].as_u64().unwrap(), claims["exp"].as_u64().unwrap());
                    assert!(to > from && to - from <= 300, "O1: {claims}");
                    let now = bench.clock.now().duration_since(UNIX_EPOCH).unwrap().as_secs();
                    assert!(from <= now && now - from < 4100, "{claims}");
                    assert!(identifiers.insert(assertion.claim("jti").to_owned()), "O1: twice");
                }
            }
        }
    });
}

/// The issuer is what the metadata say, also where it has a path; never the endpoint that is asked.
#[test]
fn o2_the_audience_is_the_issuer_to_the_letter() {
    on_every_driver(|driver| {
        for tail in ["", "/", "/tenant", "/tenant/"] {
            let bench = Bench::new(driver, |server| server);
            let issuer = format!("{}{tail}", bench.issuer());
            let key = PrivateKey::generate();
            let server = authwright_testkit::AuthServer::builder(&issuer, &bench.clock)
                .client(RegisteredClient::private_key_jwt("billing", public(&key)))
                .build();
            let asked = server.clone();
            bench.net.set_script(move |request| asked.answer(request));
            let app = Registration::new(&issuer, "billing").key(key);
            bench.token(&Tokens::new(app.client_credentials()).unwrap()).unwrap();
            assert_eq!(server.violations(), [] as [String; 0], "{}", driver.name());
            let sent = bench.net.take();
            let assertion = sent.iter().find_map(|request| request.form_value("client_assertion")).unwrap();
            assert_eq!(jwt(&assertion).claims["aud"], issuer, "{}", driver.name());
        }
    });
}

/// What a server says of a wrong key names the key, and shows nothing of it.
#[test]
fn o1_a_client_with_another_key_is_refused_by_name() {
    on_every_driver(|driver| {
        let registered = PrivateKey::generate();
        let bench = Bench::new(driver, |server| {
            server.client(RegisteredClient::private_key_jwt("billing", public(&registered)))
        });
        let app = bench.app("billing").key(PrivateKey::generate().key_id("new"));
        let error = bench.token(&Tokens::new(app.client_credentials()).unwrap()).unwrap_err();
        assert!(error.is_login_required, "{error:?}");
        assert!(error.message.contains("check client `billing` (by its ES256 key `new`)"), "{error:?}");
        assert!(bench.server.secrets().iter().all(|secret| !error.message.contains(secret)));
        bench.assert_clean();
    });
}
