//! Private keys in memory.

mod mac;
mod pair;
mod pem;
mod pkcs8;

use std::{fmt, sync::Arc};

use authwright_core::{Error, Fault, Secret, SecretValue};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::zeroize::Zeroizing;

pub(crate) use self::mac::hs256;
use self::{pair::Pair, pem::Document};
use super::{Algorithm, IntoSigner, PublicKey, Signer};
use crate::client::resolve;

/// A private key: one that the server knows the public half of, or one that is made here.
///
/// Ed25519 signs as `EdDSA`, a key on P-256 as `ES256`, an RSA key as `RS256` or [`PS256`](Self::rsa_pss). What a key is
/// can be seen from the key. A description costs nothing: it is resolved and checked where it is given.
///
/// ```
/// use authwright_core::Secret;
/// use authwright_oauth2::{IntoSigner, PrivateKey};
///
/// let key = PrivateKey::pem(Secret::env("CLIENT_KEY")).key_id("2026-01");
/// let error = key.into_signer().unwrap_err();
/// assert_eq!(error.to_string(), "environment variable CLIENT_KEY is not set");
///
/// let signer = PrivateKey::generate().into_signer()?;
/// assert_eq!(signer.algorithm().name(), "ES256");
/// # Ok::<(), authwright_core::Error>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct PrivateKey {
    form: Form,
    key_id: Option<String>,
    pss: bool,
}

#[derive(Clone)]
enum Form {
    Pem(Secret),
    Made(Result<Made, Error>),
}

/// A key that was made here, now or before.
#[derive(Clone)]
struct Made {
    key: Arc<Pair>,
    /// As base64url.
    document: SecretValue,
}

impl PrivateKey {
    /// A key as PEM: `BEGIN PRIVATE KEY` of any kind above (PKCS #8), or `BEGIN RSA PRIVATE KEY`. In a variable it may be in
    /// one line, with `\n` for its line breaks.
    pub fn pem(pem: impl Into<Secret>) -> Self {
        Self::new(Form::Pem(pem.into()))
    }

    /// A new key on P-256, for `DPoP`. It is made at once, and stays the same in clones. After a restart there is another one,
    /// unless it is [kept](Self::to_record).
    pub fn generate() -> Self {
        Self::new(Form::Made(Pair::generate_es256().ok_or_else(no_random_bytes).and_then(Made::new)))
    }

    /// The same with Ed25519, which not every server knows.
    pub fn generate_ed25519() -> Self {
        Self::new(Form::Made(Pair::generate_ed25519().ok_or_else(no_random_bytes).and_then(Made::new)))
    }

    /// The key that a [record](Self::to_record) was made of.
    ///
    /// # Errors
    /// It is no record, or not a whole one. Nothing of it is quoted.
    pub fn from_record(record: &str) -> Result<Self, Error> {
        let made = || {
            let document = Zeroizing::new(URL_SAFE_NO_PAD.decode(record).ok()?);
            let pair = Pair::from_pkcs8(&document).ok()?;
            (!matches!(pair, Pair::Rsa(_))).then_some((pair, document))
        };
        let made = made().ok_or_else(|| {
            Error::new(
                Fault::Store,
                "the record of a private key is damaged; remove it to begin with a new key",
            )
        })?;
        Ok(Self::new(Form::Made(Ok(Made::new(made)?))))
    }

    /// What the server calls the key, where it knows several (`kid`).
    pub fn key_id(mut self, key_id: impl Into<String>) -> Self {
        self.key_id = Some(key_id.into());
        self
    }

    /// An RSA key signs as `PS256`, where `RS256` is not good enough for the server: FAPI 2.0 forbids it.
    pub fn rsa_pss(mut self) -> Self {
        self.pss = true;
        self
    }

    /// A key that was made here, as text to be kept: secret, and only for [`from_record`](Self::from_record). The key id is
    /// not in it.
    ///
    /// # Errors
    /// It was not made here, but given as PEM, which has a place already; or it could not be made.
    pub fn to_record(&self) -> Result<SecretValue, Error> {
        match &self.form {
            Form::Made(made) => made.as_ref().map(|made| made.document.clone()).map_err(Clone::clone),
            Form::Pem(secret) => Err(Error::new(
                Fault::Caller,
                format!("{} was not made here and makes no record", named(&secret.reference())),
            )),
        }
    }

    fn new(form: Form) -> Self {
        Self { form, key_id: None, pss: false }
    }
}

impl Made {
    fn new((pair, document): (Pair, Zeroizing<Vec<u8>>)) -> Result<Self, Error> {
        let document = Secret::new(URL_SAFE_NO_PAD.encode(&*document)).read()?;
        Ok(Self { key: Arc::new(pair), document })
    }

    fn thumbprint(&self) -> String {
        let thumbprint = self.key.public().map(|public| public.thumbprint());
        format!("{}, {}", self.key.algorithm(false), thumbprint.unwrap_or_default())
    }
}

fn no_random_bytes() -> Error {
    Error::new(Fault::Caller, "no private key can be made: this system gives no random bytes")
}

fn named(reference: &dyn fmt::Display) -> String {
    format!("the private key ({reference})")
}

impl IntoSigner for PrivateKey {
    fn into_signer(self) -> Result<Arc<dyn Signer>, Error> {
        let (pair, name) = match self.form {
            Form::Pem(secret) => {
                let (text, reference) = resolve(&secret)?;
                let pair = match pem::read(&text) {
                    Ok(Document::Pkcs8(document)) => Pair::from_pkcs8(&document),
                    Ok(Document::Pkcs1(key)) => Pair::from_pkcs1(&key),
                    Err(problem) => Err(problem.into()),
                };
                (pair.map(Arc::new), named(&reference))
            }
            Form::Made(made) => (Ok(made?.key), named(&"made here")),
        };
        let wrong = |problem| Error::new(Fault::Credential, format!("{name} {problem}"));
        let pair = pair.map_err(wrong)?;
        let algorithm = pair.algorithm(self.pss);
        if self.pss && algorithm != Algorithm::Ps256 {
            return Err(wrong(format!("signs as {algorithm}; leave out .rsa_pss(), which is for RSA keys")));
        }
        let public = pair.public().ok_or_else(|| wrong("is malformed".into()))?;
        Ok(Arc::new(Ready { pair, algorithm, public, key_id: self.key_id }))
    }
}

/// Shows where it came from or its thumbprint, and its id.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(")?;
        match &self.form {
            Form::Pem(secret) => write!(f, "{}", secret.reference())?,
            Form::Made(Ok(made)) => write!(f, "{}", made.thumbprint())?,
            Form::Made(Err(_)) => f.write_str("none")?,
        }
        id(f, self.key_id.as_deref())
    }
}

fn id(f: &mut fmt::Formatter<'_>, key_id: Option<&str>) -> fmt::Result {
    match key_id {
        Some(key_id) => write!(f, ", key id `{}`)", key_id.escape_debug()),
        None => f.write_str(")"),
    }
}

/// A key that has been checked.
struct Ready {
    pair: Arc<Pair>,
    algorithm: Algorithm,
    public: PublicKey,
    key_id: Option<String>,
}

impl Signer for Ready {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    fn public_key(&self) -> Option<PublicKey> {
        Some(self.public.clone())
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.pair.sign(self.algorithm == Algorithm::Ps256, message)
    }
}

/// Shows its thumbprint and its id.
impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({}, {}", self.algorithm, self.public.thumbprint())?;
        id(f, self.key_id.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{jws, testing::verifies};

    /// Made by OpenSSL, which says these thumbprints.
    const RSA: &str = include_str!("../../../tests/data/rsa.pem");
    const RSA_THUMBPRINT: &str = "pULvQmKXGPLI2R-HWBrBxXGr3--_82Cc8yZGmdTDijI";
    const P256: &str = include_str!("../../../tests/data/p256.pem");
    const P256_THUMBPRINT: &str = "-GRE9eUSzSi57sVXt-rFey0tAKqrXYx6EIkeCjtHIAg";
    const ED25519: &str = include_str!("../../../tests/data/ed25519.pem");
    const ED25519_THUMBPRINT: &str = "uuxzKpV1uh60eNCaOVx1KVJrvaGC0BdfMcuF-Gr8ddw";

    fn thumbprint(key: PrivateKey) -> String {
        key.into_signer().unwrap().public_key().unwrap().thumbprint()
    }

    #[test]
    fn every_kind_of_key_signs_as_its_kind_does() {
        let pkcs1 = include_str!("../../../tests/data/rsa-pkcs1.pem");
        for (key, algorithm, expected) in [
            (PrivateKey::pem(P256), "ES256", P256_THUMBPRINT),
            (PrivateKey::pem(ED25519), "EdDSA", ED25519_THUMBPRINT),
            (PrivateKey::pem(RSA), "RS256", RSA_THUMBPRINT),
            (PrivateKey::pem(RSA).rsa_pss(), "PS256", RSA_THUMBPRINT),
            (PrivateKey::pem(pkcs1).rsa_pss(), "PS256", RSA_THUMBPRINT),
            (PrivateKey::generate(), "ES256", ""),
            (PrivateKey::generate_ed25519(), "EdDSA", ""),
        ] {
            let signer = key.key_id("k1").into_signer().unwrap();
            assert_eq!((signer.algorithm().name(), signer.key_id()), (algorithm, Some("k1")));
            let public = signer.public_key().unwrap();
            assert!(expected.is_empty() || public.thumbprint() == expected, "{public:?}");
            let header = jws::header(algorithm, "JWT", None, None);
            let message = jws::compact(&header, b"{}", |message| jws::signature(&*signer, message)).unwrap();
            assert!(verifies(algorithm, &public.to_jwk(), &message), "{message}");
        }
    }

    #[test]
    fn an_error_names_the_key_and_the_remedy_and_quotes_nothing() {
        for (file, says) in [
            ("ed448", "is an Ed448 key; P-256"),
            ("p384", "is a key on the curve P-384; P-256"),
            ("rsa-pss", "is an RSA key for PSS alone; P-256"),
            ("rsa-1024", "is an RSA key of 1024 bits"),
            ("p256-sec1", "openssl pkcs8 -topk8"),
            ("p256-no-public", "lacks its public half"),
            ("encrypted", "is encrypted"),
            ("rsa-pkcs1-encrypted", "is encrypted"),
            ("rsa-public", "is the public half or a certificate"),
        ] {
            let path = format!("tests/data/{file}.pem");
            let error = PrivateKey::pem(Secret::file(&path)).into_signer().unwrap_err();
            let text = error.to_string();
            assert!(text.starts_with(&format!("the private key (file {path}) ")), "{text}");
            assert!(text.contains(says), "{text}");
            assert_eq!(error.fault(), Fault::Credential);
            let pem = std::fs::read_to_string(&path).unwrap();
            let digits = pem.lines().filter(|line| line.len() > 8 && !line.starts_with('-'));
            assert!(digits.clone().count() > 0);
            assert!(!digits.clone().any(|line| text.contains(line)), "{text}");
        }
        let swapped = P256.replace("MIGH", "MIGI");
        for (pem, says) in [
            ("key.pem", "is no PEM"),
            (&*swapped, "is malformed"),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "is malformed"),
            ("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----", "is damaged"),
        ] {
            let error = PrivateKey::pem(pem).into_signer().unwrap_err();
            let says = format!("the private key (value) {says}");
            assert!(error.to_string().starts_with(&says), "{error}");
        }
        for key in [PrivateKey::pem(P256), PrivateKey::generate_ed25519()] {
            let error = key.rsa_pss().into_signer().unwrap_err();
            assert!(error.to_string().contains("leave out .rsa_pss()"), "{error}");
        }
    }

    #[test]
    fn a_made_key_is_the_same_in_clones_and_after_a_restart_and_no_other() {
        for make in [PrivateKey::generate, PrivateKey::generate_ed25519] {
            let key = make();
            let same = PrivateKey::from_record(&key.to_record().unwrap()).unwrap();
            let expected = thumbprint(key.clone());
            assert_eq!(thumbprint(same.clone()), expected);
            assert_eq!(*same.to_record().unwrap(), *key.to_record().unwrap());
            assert_eq!(thumbprint(key), expected);
            assert_ne!(thumbprint(make()), expected);
        }
    }

    #[test]
    fn a_damaged_record_is_an_error_that_does_not_quote_it() {
        let record = PrivateKey::generate().to_record().unwrap();
        let rsa: String = RSA.lines().filter(|line| !line.starts_with('-')).collect();
        let rsa = rsa.replace('+', "-").replace('/', "_").replace('=', "");
        for damaged in ["", "s3cret", &record[1..], &record[..record.len() - 4], &rsa, P256] {
            let error = PrivateKey::from_record(damaged).unwrap_err();
            assert_eq!(
                error.to_string(),
                "the record of a private key is damaged; remove it to begin with a new key"
            );
            assert_eq!(error.fault(), Fault::Store);
        }
        let error = PrivateKey::pem(P256).to_record().unwrap_err();
        assert!(error.to_string().contains("(value) was not made here"), "{error}");
    }

    #[test]
    fn nothing_of_a_key_is_shown() {
        let key = PrivateKey::pem(P256).key_id("k\"1");
        assert_eq!(format!("{key:?}"), "PrivateKey(value, key id `k\\\"1`)");
        let ready = key.into_signer().unwrap();
        assert_eq!(format!("{ready:?}"), format!("PrivateKey(ES256, {P256_THUMBPRINT}, key id `k\\\"1`)"));
        let made = PrivateKey::generate_ed25519();
        assert_eq!(format!("{made:?}"), format!("PrivateKey(EdDSA, {})", thumbprint(made.clone())));
    }
}
