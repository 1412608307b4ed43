//! `rediss://` against a Redis with a certificate of our own authority.

use authwright_core::{Fault, TokenStore};
use authwright_redis::RedisStore;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::support::{OwnServer, PATIENCE, child_passes, free_port, fresh_key, given, kept, record};

const URL: &str = "AUTHWRIGHT_TEST_URL";

#[test]
fn tls_is_used_and_certificates_are_checked() {
    let folder = std::env::temp_dir().join(format!("authwright-redis-tls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();

    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    std::fs::write(file("ca.pem"), authority.pem()).unwrap();
    std::fs::write(file("leaf.pem"), leaf.pem()).unwrap();
    std::fs::write(file("key.pem"), key.serialize_pem()).unwrap();

    let port = free_port().to_string();
    let server = OwnServer::start_at(
        port.parse().unwrap(),
        &[
            "--port",
            "0",
            "--tls-port",
            &port,
            "--tls-cert-file",
            &file("leaf.pem"),
            "--tls-key-file",
            &file("key.pem"),
            "--tls-auth-clients",
            "no",
            "--requirepass",
            "hunter2",
        ],
    );
    let at = |host: &str| format!("rediss://:hunter2@{host}:{}", server.port);
    let passes = |test: &str, url: &str, roots: &str| {
        child_passes(test, &[(URL, url), ("SSL_CERT_FILE", &file(roots))])
    };
    assert!(passes("tls::works", &at("localhost"), "ca.pem"));
    assert!(passes("tls::is_refused", &at("127.0.0.1"), "ca.pem"), "another name than the certificate's");
    assert!(passes("tls::is_refused", &at("localhost"), "leaf.pem"), "another authority");
    assert!(passes("tls::names_the_provider", &at("localhost"), "ca.pem"));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
#[ignore = "a child of `tls_is_used_and_certificates_are_checked`"]
fn works() {
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let (store, key) = (RedisStore::new(&given(URL)).unwrap(), fresh_key());
    let _ = store.lock(&key, PATIENCE).unwrap().save(&record("over TLS")).unwrap();
    assert_eq!(kept(&store, &key).as_deref(), Some("over TLS"));
}

#[test]
#[ignore = "a child of `tls_is_used_and_certificates_are_checked`"]
fn is_refused() {
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let error = RedisStore::new(&given(URL)).unwrap().load(&fresh_key()).unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[test]
#[ignore = "a child of `tls_is_used_and_certificates_are_checked`"]
fn names_the_provider() {
    let error = RedisStore::new(&given(URL)).unwrap().load(&fresh_key()).unwrap_err();
    assert!(error.fault() == Fault::Caller && error.to_string().contains("install_default"), "{error}");
}
