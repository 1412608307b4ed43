//! Proofs of possession (RFC 9449 sections 4.2 and 4.3).

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    jws::{Jwt, Key, thumbprint},
    state::seconds,
};
use crate::{Received, TestClock};

/// Only these are asymmetric and known here.
const ALGORITHMS: [&str; 4] = ["ES256", "EdDSA", "RS256", "PS256"];

/// Members that only a private or symmetric key has (RFC 7518 section 6).
pub(super) const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// How far `iat` may be from our clock, in seconds.
const AGE: u64 = 60;

/// Checks proofs as strictly as RFC 9449 section 4.3 can be read. Clones share the memory of what was seen.
///
/// It can stand before any server of a test's own:
///
/// ```
/// use authwright_testkit::{DpopVerifier, ExpectedProof, Host, Net, Place, Reply, TestClock};
///
/// let verifier = DpopVerifier::new(&TestClock::new());
/// let net = Net::start(&[Place::http(Host::V4)], |_| Reply::ok(""))?;
/// let url = net.url(0, "/orders");
/// net.set_script(move |request| {
///     let expected = ExpectedProof { url: &url, access_token: Some("t0ken"), nonce: None };
///     match verifier.check_proof(request, expected) {
///         Ok(proof) => Reply::ok(&proof.thumbprint),
///         Err(rejected) => Reply::status(401).body(rejected.to_string()),
///     }
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct DpopVerifier {
    clock: TestClock,
    algorithms: Vec<String>,
    seen: Arc<Mutex<HashSet<String>>>,
}

/// What a proof must be for, besides the method of the request it comes with.
#[derive(Clone, Copy, Debug)]
pub struct ExpectedProof<'a> {
    /// The URL of the request, without query: what `htu` must be, byte for byte.
    pub url: &'a str,
    /// The access token that comes with it, whose hash `ath` must be. With none, `ath` must not be there.
    pub access_token: Option<&'a str>,
    /// The nonce it must have, where one is demanded.
    pub nonce: Option<&'a str>,
}

/// A proof in which nothing was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DpopProof {
    /// Which key it proves: its thumbprint (RFC 7638), as in `jkt`.
    pub thumbprint: String,
    /// The algorithm.
    pub algorithm: String,
    /// Its name.
    pub jti: String,
    /// The nonce in it.
    pub nonce: Option<String>,
}

/// Why a proof is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProofRejected {
    /// There is no `DPoP` field.
    Missing,
    /// It has no nonce, or this one, which is not the one demanded. All else is right.
    Nonce(Option<String>),
    /// It breaks a rule, told in words.
    Broken(String),
}

impl DpopVerifier {
    /// With every algorithm it knows: ES256, `EdDSA`, RS256, PS256.
    pub fn new(clock: &TestClock) -> Self {
        Self::of(clock, ALGORITHMS.map(str::to_owned).to_vec())
    }

    pub(super) fn of(clock: &TestClock, algorithms: Vec<String>) -> Self {
        Self { clock: clock.clone(), algorithms, seen: Arc::default() }
    }

    /// Checks the proof of a request. Its `jti` is used up by it, also where the proof is rejected for its nonce.
    ///
    /// # Errors
    /// Which rule it breaks, or what it lacks.
    pub fn check_proof(
        &self,
        request: &Received,
        expected: ExpectedProof<'_>,
    ) -> Result<DpopProof, ProofRejected> {
        let mut fields = request.headers.iter().filter(|(name, _)| name == "dpop").map(|(_, value)| value);
        let field = fields.next().ok_or(ProofRejected::Missing)?;
        if fields.next().is_some() {
            return Err(ProofRejected::Broken("there are two DPoP fields".to_owned()));
        }
        self.check(field, &request.method, expected).map_err(ProofRejected::Broken).and_then(|proof| {
            match expected.nonce {
                Some(nonce) if proof.nonce.as_deref() != Some(nonce) => {
                    Err(ProofRejected::Nonce(proof.nonce))
                }
                _ => Ok(proof),
            }
        })
    }

    /// All but the nonce.
    fn check(&self, field: &[u8], method: &str, expected: ExpectedProof<'_>) -> Result<DpopProof, String> {
        let field = str::from_utf8(field).map_err(|_| "the proof is no text")?;
        let jwt = Jwt::parse(field).map_err(|why| format!("the proof is no JWT: {why}"))?;
        if jwt.header("typ") != Some("dpop+jwt") {
            return Err("the `typ` of the proof is not `dpop+jwt`".to_owned());
        }
        let algorithm = jwt.header("alg").unwrap_or_default();
        if !self.algorithms.iter().any(|known| known == algorithm) {
            return Err("the `alg` of the proof is not one that is taken".to_owned());
        }
        let key = jwt.header.get("jwk").filter(|key| key.is_object());
        let key = key.ok_or("the header of the proof has no `jwk`")?;
        if let Some(private) = PRIVATE.iter().find(|name| key.get(name).is_some()) {
            return Err(format!("the `jwk` of the proof has the private member `{private}`"));
        }
        jwt.verify(Key::Public(key)).map_err(|why| format!("the proof is not good: {why}"))?;

        let jti = jwt.text("jti").filter(|jti| !jti.is_empty()).ok_or("the proof has no `jti`")?;
        // 96 bits of randomness make 16 characters (RFC 9449 section 4.2).
        if jti.len() < 16 {
            return Err("the `jti` of the proof is too short to be unique".to_owned());
        }
        if !self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(jti.to_owned()) {
            return Err("the `jti` of the proof was used before".to_owned());
        }
        if jwt.text("htm") != Some(method) {
            return Err(format!("the `htm` of the proof is not {method}"));
        }
        let htu = jwt.text("htu").ok_or("the proof has no `htu`")?;
        if htu.contains(['?', '#']) {
            return Err("the `htu` of the proof has a query or fragment".to_owned());
        }
        if htu != expected.url {
            return Err("the `htu` of the proof is not the URL of the request".to_owned());
        }
        let issued_at = jwt.moment("iat").ok_or("the proof has no `iat` in whole seconds")?;
        if issued_at.abs_diff(seconds(self.clock.now())) > AGE {
            return Err(format!("the `iat` of the proof is more than {AGE} seconds off"));
        }
        match (jwt.text("ath"), expected.access_token) {
            (None, None) => {}
            (Some(ath), Some(token)) if ath == BASE64URL.encode(Sha256::digest(token)) => {}
            (None, Some(_)) => return Err("the proof has no `ath`, and a token comes with it".to_owned()),
            (Some(_), None) => return Err("the proof has an `ath`, and no token comes with it".to_owned()),
            (Some(_), Some(_)) => {
                return Err("the `ath` of the proof is not the hash of the token".to_owned());
            }
        }
        if jwt.claims.get("nonce").is_some_and(|nonce| nonce.as_str().is_none_or(str::is_empty)) {
            return Err("the `nonce` of the proof is no text".to_owned());
        }
        Ok(DpopProof {
            thumbprint: thumbprint(key)?,
            algorithm: algorithm.to_owned(),
            jti: jti.to_owned(),
            nonce: jwt.claims.get("nonce").and_then(Value::as_str).map(str::to_owned),
        })
    }
}

impl fmt::Display for ProofRejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no DPoP proof"),
            Self::Nonce(None) => f.write_str("the proof has no nonce"),
            Self::Nonce(Some(_)) => f.write_str("the nonce of the proof is not the newest"),
            Self::Broken(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for ProofRejected {}
