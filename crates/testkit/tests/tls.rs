//! The scripted server over TLS: what a client that checks certificates sends, and what it does not.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use authwright_testkit::{Host, Net, Place, Reply};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

const REQUEST: &[u8] =
    b"GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer secret\r\nConnection: close\r\n\r\n";

/// Sends a request as a client that trusts the server's authority, and returns the answer.
fn talk(net: &Net, index: usize) -> io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(net.ca_der().unwrap().to_vec())).map_err(io::Error::other)?;
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let authority = net.origin(index).strip_prefix("https://").unwrap();
    let (host, _) = authority.rsplit_once(':').unwrap();
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, TcpStream::connect(authority)?);
    stream.write_all(REQUEST)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn serves_a_client_that_trusts_the_authority() {
    let mut places = vec![Place::https(Host::Localhost), Place::https(Host::V4), Place::http(Host::V4)];
    // Not every machine has these two addresses.
    places.extend(
        [Host::V4Second, Host::V6]
            .map(Place::https)
            .into_iter()
            .filter(|place| Net::start(&[*place], |_| Reply::ok("")).is_ok()),
    );
    let net = Net::start(&places, |_| Reply::ok("hello")).unwrap();
    for index in (0..places.len()).filter(|index| places[*index].tls) {
        // The end of the stream is only accepted with TLS's own end before it, so this checks that too.
        assert!(talk(&net, index).unwrap().ends_with("hello"));
        assert_eq!(net.bytes(index), REQUEST);
    }
    let pem = CertificateDer::from_pem_slice(net.ca_pem().unwrap().as_bytes()).unwrap();
    assert_eq!(&pem[..], net.ca_der().unwrap());
}

#[test]
fn a_bad_certificate_gets_no_byte() {
    let places = [Place::https(Host::Localhost).expired(), Place::https(Host::V4).wrong_name()];
    let net = Net::start(&places, |_| Reply::ok("hello")).unwrap();
    for (index, reason) in ["Expired", "NotValidForName"].into_iter().enumerate() {
        let error = talk(&net, index).unwrap_err();
        assert!(format!("{error:?}").contains(reason), "{error:?}");
        assert_eq!(net.connections(index), 1);
        assert!(net.bytes(index).is_empty());
    }
    assert!(net.requests().is_empty());
}

#[test]
fn breaking_off_is_no_proper_end() {
    let net = Net::start(&[Place::https(Host::V4)], |_| Reply::ok("hello").close_mid_body()).unwrap();
    assert_eq!(talk(&net, 0).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}
