//! The key that tokens are bound to: one for each login, or the program's own.

use std::{fmt, sync::Arc};

use authwright_core::{Error, Fault, SecretValue, Token};

use super::proof::{Proof, Prover};
use crate::{
    keys::{Algorithm, Signer},
    server::Metadata,
};

/// Details of a stored token: the key it is bound to, where it was made for it, and its thumbprint (RFC 7638).
const KEY: &str = "dpop_key";
const THUMBPRINT: &str = "dpop_jkt";

/// Whether a token is bound to a key.
#[cfg(feature = "oauth2")]
pub(crate) fn is_bound(token: &Token) -> bool {
    token.expose_detail(THUMBPRINT).is_some()
}

/// What the tokens of a registration are bound to.
pub(crate) enum Binding {
    Nothing,
    /// To a key that is made with each login.
    #[cfg(feature = "keys")]
    NewKey,
    /// To a key of the program's.
    Key(Arc<BoundKey>),
}

impl Binding {
    pub(crate) fn is_some(&self) -> bool {
        !matches!(self, Self::Nothing)
    }

    /// The key for a new login, of an algorithm that the server lists (RFC 9449 section 5.1).
    pub(crate) fn begin(&self, server: &Metadata) -> Result<Option<Arc<BoundKey>>, Error> {
        let takes = |algorithm: Algorithm| {
            let listed = server.dpop_algorithms.as_ref();
            listed.is_none_or(|listed| listed.iter().any(|name| name == algorithm.name()))
        };
        let key = match self {
            Self::Nothing => return Ok(None),
            #[cfg(feature = "keys")]
            Self::NewKey if !takes(Algorithm::Es256) && takes(Algorithm::EdDsa) => {
                Arc::new(BoundKey::generate(crate::keys::PrivateKey::generate_ed25519())?)
            }
            #[cfg(feature = "keys")]
            Self::NewKey => Arc::new(BoundKey::generate(crate::keys::PrivateKey::generate())?),
            Self::Key(key) => Arc::clone(key),
        };
        if takes(key.prover.algorithm()) {
            return Ok(Some(key));
        }
        let message = format!(
            "{} takes no DPoP proofs that are signed with {}, by its metadata",
            crate::endpoint::origin_of(&server.issuer),
            key.prover.algorithm()
        );
        Err(Error::new(Fault::Caller, message))
    }

    /// The key that a token is bound to (RFC 9449 section 5): its refresh token is good with that one alone.
    pub(crate) fn of(&self, token: &Token) -> Result<Option<Arc<BoundKey>>, Error> {
        let other = |what| {
            let message = format!("the stored token is bound to {what}: sign in again");
            Err(Error::new(Fault::Credential, message))
        };
        match (self, token.expose_detail(THUMBPRINT)) {
            (Self::Nothing, None) => Ok(None),
            (Self::Nothing, Some(_)) => other("a key, and this program asks for tokens that are not"),
            (_, None) => other("no key, and this program asks for tokens that are"),
            (Self::Key(key), Some(thumbprint)) if key.thumbprint() == thumbprint => Ok(Some(Arc::clone(key))),
            (Self::Key(_), Some(_)) => other("another key than this program's"),
            #[cfg(feature = "keys")]
            (Self::NewKey, Some(_)) => match token.expose_detail(KEY) {
                Some(record) => BoundKey::from_record(record).map(|key| Some(Arc::new(key))),
                None => other("a key that was not kept"),
            },
        }
    }
}

/// A key that proves its possession.
pub(crate) struct BoundKey {
    prover: Prover,
    /// The key itself, where it was made here and has to be kept with the tokens.
    record: Option<SecretValue>,
}

impl BoundKey {
    pub(crate) fn new(signer: Arc<dyn Signer>) -> Result<Self, Error> {
        Ok(Self { prover: Prover::new(signer)?, record: None })
    }

    #[cfg(feature = "keys")]
    fn generate(key: crate::keys::PrivateKey) -> Result<Self, Error> {
        let record = key.to_record()?;
        Self::made(key, record)
    }

    #[cfg(feature = "keys")]
    pub(crate) fn from_record(record: &str) -> Result<Self, Error> {
        let key = crate::keys::PrivateKey::from_record(record)?;
        Self::made(key, secrecy::SecretString::from(record).into())
    }

    #[cfg(feature = "keys")]
    fn made(key: crate::keys::PrivateKey, record: SecretValue) -> Result<Self, Error> {
        use crate::keys::IntoSigner;
        Ok(Self { prover: Prover::new(key.into_signer()?)?, record: Some(record) })
    }

    /// The key as it is kept, where it was made here.
    pub(crate) fn record(&self) -> Option<&str> {
        self.record.as_deref()
    }

    /// What the key is known by (RFC 7638).
    pub(crate) fn thumbprint(&self) -> &str {
        self.prover.thumbprint()
    }

    pub(crate) fn prove(&self, proof: &Proof<'_>) -> Result<String, Error> {
        self.prover.prove(proof)
    }

    /// Notes on a token what it is bound to.
    pub(crate) fn mark(&self, token: Token) -> Token {
        let token = token.detail(THUMBPRINT, self.thumbprint());
        match &self.record {
            Some(record) => token.detail(KEY, &**record),
            None => token,
        }
    }
}

/// Shows the thumbprint, which is public.
impl fmt::Debug for BoundKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BoundKey({})", self.thumbprint())
    }
}
