//! A throw-away certificate authority, the TLS configurations it vouches for, and the channel that speaks it.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::channel::{Channel, Open, Socket};
use crate::place::Certificate;

/// TLS over the socket. The handshake happens later, at the first read.
pub(crate) fn open(config: Arc<ServerConfig>) -> Open {
    Arc::new(move |socket| {
        let connection = ServerConnection::new(Arc::clone(&config)).ok()?;
        Some(Box::new(StreamOwned::new(connection, socket)))
    })
}

impl Channel for StreamOwned<ServerConnection, Socket> {
    fn finish(&mut self, patience: Duration) -> io::Result<()> {
        self.conn.send_close_notify();
        self.flush()?;
        self.sock.finish(patience)
    }
}

/// An authority that exists as long as one [`Net`](crate::Net).
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    pub(crate) fn new() -> io::Result<Self> {
        let mut params = params("Authwright test authority", &[])?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().map_err(io::Error::other)?)
            .map_err(io::Error::other)?;
        let pem = pem(issuer.der());
        Ok(Self { issuer, pem })
    }

    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    pub(crate) fn der(&self) -> &[u8] {
        self.issuer.der()
    }

    /// The configuration of a server that shows this kind of certificate.
    pub(crate) fn server(&self, kind: Certificate) -> io::Result<Arc<ServerConfig>> {
        let mut params = match kind {
            Certificate::Good | Certificate::Expired => {
                params("localhost", &["localhost", "127.0.0.1", "127.0.0.2", "::1"])?
            }
            Certificate::WrongName => params("wrong.invalid", &["wrong.invalid"])?,
        };
        if kind == Certificate::Expired {
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let leaf = params.signed_by(&key, &self.issuer).map_err(io::Error::other)?;

        // The provider is named here because a process has one default at most, and it belongs to the client under test.
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .map_err(io::Error::other)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // A ticket is written after the handshake, into a connection the client may have closed by then: a needless reset.
        config.send_tls13_tickets = 0;
        Ok(Arc::new(config))
    }
}

/// Parameters of a certificate valid until long after the last run of these tests.
fn params(common_name: &str, names: &[&str]) -> io::Result<CertificateParams> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2099, 1, 1);
    Ok(params)
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}
