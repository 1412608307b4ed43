//! A proof that whoever sends a request has the key (RFC 9449 section 4).

use std::{
    fmt,
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use authwright_core::{Error, Fault, Target};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::{
    jws,
    keys::{Algorithm, Signer},
    random::random,
};

/// Makes the proofs of one key.
pub(crate) struct Prover {
    signer: Arc<dyn Signer>,
    /// Encoded: it is the same for every proof.
    header: String,
    thumbprint: String,
    identifiers: ProofIds,
}

/// What is proved, and where.
pub(crate) struct Proof<'a> {
    pub(crate) method: &'a str,
    /// From [`htu`].
    pub(crate) htu: &'a str,
    /// Of the token that is sent along, from [`access_token_hash`].
    pub(crate) token_hash: Option<&'a str>,
    /// The newest nonce of that server.
    pub(crate) nonce: Option<&'a str>,
    pub(crate) now: SystemTime,
}

impl Prover {
    /// # Errors
    /// The signer gives no public key, or one of another kind than it signs with.
    pub(crate) fn new(signer: Arc<dyn Signer>) -> Result<Self, Error> {
        let algorithm = signer.algorithm();
        let public = signer.public_key().ok_or_else(|| {
            let message = format!(
                "the {algorithm} key cannot be used for DPoP: its signer gives no public key, which each proof shows \
                 (RFC 9449 section 4.2); implement Signer::public_key"
            );
            Error::new(Fault::Caller, message)
        })?;
        if !public.fits(algorithm) {
            let message =
                format!("the signer signs with {algorithm} and gives {public:?}, which are no pair");
            return Err(Error::new(Fault::Caller, message));
        }
        Ok(Self {
            header: jws::header(algorithm.name(), "dpop+jwt", None, Some(&public)),
            thumbprint: public.thumbprint(),
            identifiers: ProofIds::new()?,
            signer,
        })
    }

    /// Each one is good for one request.
    pub(crate) fn prove(&self, proof: &Proof<'_>) -> Result<String, Error> {
        let claims = claims(proof, &self.identifiers.next())?;
        jws::compact(&self.header, &claims, |message| jws::signature(&*self.signer, message))
    }

    /// The thumbprint of its key, to which tokens are bound: `dpop_jkt` (RFC 9449 section 10).
    pub(crate) fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.signer.algorithm()
    }
}

impl fmt::Debug for Prover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prover({}, {})", self.algorithm(), self.thumbprint)
    }
}

/// The URL as a proof has it, without query and fragment (RFC 9449 section 4.2), in the normal form of RFC 3986 sections
/// 6.2.2.1 and 6.2.3: the host in small letters, and no port that is the scheme's own.
pub(crate) fn htu(target: &Target<'_>) -> String {
    let (scheme, host, path) = (target.scheme(), target.host(), target.path());
    let mut url = String::with_capacity(scheme.len() + 3 + host.len() + 6 + path.len());
    url.push_str(scheme);
    url.push_str("://");
    url.extend(host.chars().map(|c| c.to_ascii_lowercase()));
    let own = if target.is_https() { 443 } else { 80 };
    if target.port() != own {
        url.push(':');
        url.push_str(&target.port().to_string());
    }
    url.push_str(path);
    url
}

/// What ties a proof to the token that is sent along: `ath` (RFC 9449 section 4.2).
pub(crate) fn access_token_hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token))
}

/// The claims of RFC 9449 section 4.2, in one piece of memory.
fn claims(proof: &Proof<'_>, identifier: &ProofId<'_>) -> Result<Vec<u8>, Error> {
    let seconds = jws::seconds(proof.now)?;
    let mut json = Vec::with_capacity(256 + proof.htu.len());
    let always = [("htm", proof.method), ("htu", proof.htu)];
    let sometimes = [("ath", proof.token_hash), ("nonce", proof.nonce)];
    let sometimes = sometimes.into_iter().filter_map(|(name, text)| Some((name, text?)));
    let write = || -> io::Result<()> {
        write!(json, r#"{{"jti":"{identifier}","iat":{seconds}"#)?;
        for (name, text) in always.into_iter().chain(sometimes) {
            write!(json, r#","{name}":"#)?;
            serde_json::to_writer(&mut json, text)?;
        }
        json.write_all(b"}")
    };
    write().map_err(|_| Error::new(Fault::Caller, "a proof cannot be written"))?;
    Ok(json)
}

/// Gives each proof its `jti`. Random bits alone would ask the system for some with each request: these are as unique by
/// the 96 random bits that RFC 9449 section 4.2 names, drawn once, and a count.
struct ProofIds {
    prefix: String,
    count: AtomicU64,
}

/// One `jti`. It has no character that JSON escapes.
struct ProofId<'a> {
    prefix: &'a str,
    count: u64,
}

impl ProofIds {
    fn new() -> Result<Self, Error> {
        Ok(Self { prefix: URL_SAFE_NO_PAD.encode(random::<12>()?), count: AtomicU64::new(0) })
    }

    fn next(&self) -> ProofId<'_> {
        ProofId { prefix: &self.prefix, count: self.count.fetch_add(1, Ordering::Relaxed) }
    }
}

impl fmt::Display for ProofId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:x}", self.prefix, self.count)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::HashSet,
        time::{Duration, UNIX_EPOCH},
    };

    use serde_json::{Value, json};

    use super::*;
    use crate::{
        keys::PublicKey,
        testing::{Key, parts, verifies},
    };

    fn proof<'a>() -> Proof<'a> {
        Proof {
            method: "GET",
            htu: "https://api.example.com/orders",
            token_hash: None,
            nonce: None,
            now: UNIX_EPOCH + Duration::from_secs(1_562_262_616),
        }
    }

    fn prover() -> Prover {
        Prover::new(Arc::new(Key::es256())).unwrap()
    }

    /// The claims without `jti`.
    fn claims(proof: &Proof<'_>) -> Value {
        let (_, mut claims) = parts(&prover().prove(proof).unwrap());
        claims.as_object_mut().unwrap().remove("jti").unwrap();
        claims
    }

    #[test]
    fn n1_a_proof_is_typed_shows_its_public_key_alone_and_verifies() {
        for key in [Key::es256(), Key::ed25519(), Key::rsa(Algorithm::Ps256)] {
            let (algorithm, public) = (key.algorithm(), key.public_key().unwrap());
            let prover = Prover::new(Arc::new(key)).unwrap();
            let text = prover.prove(&proof()).unwrap();
            assert!(verifies(algorithm.name(), &public.to_jwk(), &text), "{text}");
            let jwk: Value = serde_json::from_str(&public.to_jwk()).unwrap();
            assert_eq!(
                parts(&text).0,
                json!({"alg": algorithm.name(), "typ": "dpop+jwt", "jwk": jwk}),
                "no name of the key, and no private part"
            );
            assert_eq!(prover.thumbprint(), public.thumbprint());
            assert_eq!(prover.algorithm(), algorithm);
            assert_eq!(format!("{prover:?}"), format!("Prover({algorithm}, {})", public.thumbprint()));
        }
    }

    #[test]
    fn n1_without_a_fitting_public_key_there_is_no_prover() {
        #[derive(Debug)]
        struct Other(Option<PublicKey>);
        impl Signer for Other {
            fn algorithm(&self) -> Algorithm {
                Algorithm::Es256
            }
            fn public_key(&self) -> Option<PublicKey> {
                self.0.clone()
            }
            fn sign(&self, _: &[u8]) -> Result<Vec<u8>, Error> {
                unreachable!("nothing is to be signed")
            }
        }
        for (public, says) in
            [(None, "gives no public key"), (Some(PublicKey::ed25519([1; 32])), "which are no pair")]
        {
            let error = Prover::new(Arc::new(Other(public))).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
    }

    #[test]
    fn n2_a_proof_names_method_url_and_time() {
        assert_eq!(
            claims(&proof()),
            json!({"htm": "GET", "htu": "https://api.example.com/orders", "iat": 1_562_262_616})
        );
        let odd = Proof { method: "M\"", htu: "https://a/\"\\\u{1}ä", nonce: Some("\"n"), ..proof() };
        assert_eq!(
            claims(&odd),
            json!({"htm": "M\"", "htu": "https://a/\"\\\u{1}ä", "iat": 1_562_262_616, "nonce": "\"n"})
        );
        let early = Proof { now: UNIX_EPOCH - Duration::from_secs(1), ..proof() };
        assert!(prover().prove(&early).unwrap_err().to_string().contains("before 1970"));
    }

    #[test]
    fn n2_the_url_has_no_query_and_no_fragment_and_is_in_normal_form() {
        for (url, expected) in [
            ("https://api.example.com/a?b=c#d", "https://api.example.com/a"),
            ("https://api.example.com", "https://api.example.com/"),
            ("HTTPS://API.Example.COM:443/A/b%2F", "https://api.example.com/A/b%2F"),
            ("https://api.example.com:8443/", "https://api.example.com:8443/"),
            ("https://api.example.com:80/", "https://api.example.com:80/"),
            ("http://127.0.0.1:80/a", "http://127.0.0.1/a"),
            ("http://[::1]:8080/a?b", "http://[::1]:8080/a"),
            ("http://[FE80::1]/", "http://[fe80::1]/"),
        ] {
            assert_eq!(htu(&Target::parse(url).unwrap()), expected, "{url}");
        }
        let socket = Target::new("wss", "api.example.com", None, "/live?x").unwrap();
        assert_eq!(htu(&socket), "https://api.example.com/live");
    }

    #[test]
    fn n2_no_identifier_comes_twice() {
        let provers = [prover(), prover()];
        let identifiers: HashSet<_> =
            (0..1000).map(|n| parts(&provers[n % 2].prove(&proof()).unwrap()).1["jti"].to_string()).collect();
        assert_eq!(identifiers.len(), 1000);
        let prefixes: HashSet<_> = provers.map(|prover| prover.identifiers.prefix).into();
        assert_eq!(prefixes.len(), 2);
        assert!(prefixes.iter().all(|prefix| prefix.len() == 16), "96 bits");
    }

    /// The token, its hash and the key are those of RFC 9449 sections 4.1 and 7.1.
    #[test]
    fn n3_a_proof_is_tied_to_the_token() {
        let hash = access_token_hash("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
        assert_eq!(hash, "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
        let tied = claims(&Proof { token_hash: Some(&hash), nonce: Some("n-1"), ..proof() });
        assert_eq!((&tied["ath"], &tied["nonce"]), (&json!(hash), &json!("n-1")));
    }
}
