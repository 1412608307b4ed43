//! Keys by which a client shows who it is, and by which it signs what it sends.

#[cfg(feature = "keys")]
mod memory;
mod public;
#[cfg(feature = "openid")]
mod verify;

use std::{fmt, sync::Arc};

use authwright_core::Error;

#[cfg(feature = "keys")]
pub use self::memory::PrivateKey;
#[cfg(feature = "keys")]
pub(crate) use self::memory::hs256;
pub use self::public::PublicKey;

/// How a key signs (RFC 7518 section 3.1, RFC 8037 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
    /// RSA, PKCS #1 v1.5, with SHA-256.
    Rs256,
    /// RSA, PSS, with SHA-256.
    Ps256,
}

impl Algorithm {
    /// As it is registered: `ES256`, `EdDSA`, `RS256`, `PS256`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A key that signs: in memory, or where nobody can take it out. Implement it for a key in a KMS or an HSM.
///
/// What a wrong implementation costs: the server refuses the client, or each request. That a signature fits its key is
/// not checked here.
///
/// ```
/// use authwright_core::{Error, Fault};
/// use authwright_oauth2::{Algorithm, Signer};
///
/// #[derive(Debug)]
/// struct Kms {
///     key: String,
/// }
///
/// impl Signer for Kms {
///     fn algorithm(&self) -> Algorithm {
///         Algorithm::Ps256
///     }
///
///     fn key_id(&self) -> Option<&str> {
///         Some(&self.key)
///     }
///
///     fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
///         kms_sign(&self.key, message)
///             .map_err(|_| Error::new(Fault::Network, "the KMS does not answer").transient())
///     }
/// }
/// # fn kms_sign(_: &str, _: &[u8]) -> Result<Vec<u8>, ()> { Err(()) }
/// # let error = Kms { key: "k1".into() }.sign(b"").unwrap_err();
/// # assert!(error.is_transient());
/// ```
pub trait Signer: fmt::Debug + Send + Sync + 'static {
    /// How it signs. Always the same.
    fn algorithm(&self) -> Algorithm;

    /// What the server calls the key, where it knows several (`kid`, RFC 7515 section 4.1.4).
    fn key_id(&self) -> Option<&str> {
        None
    }

    /// The public half. `DPoP` needs it, which sends it along; to authenticate a client it is not needed: the server has it.
    fn public_key(&self) -> Option<PublicKey> {
        None
    }

    /// The signature in the form of JWS: with ES256 it is r and s one after the other, 64 bytes (RFC 7518 section 3.4),
    /// not the DER that many services give.
    ///
    /// To authenticate a client it is called where blocking is allowed. With `DPoP` it is called for each request, on the
    /// thread that sends it, and must not block.
    ///
    /// # Errors
    /// Nothing can be signed; nothing is sent then. Say whether it is [transient](Error::transient).
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error>;
}

// A signer is held as a trait object; this fails to compile if the trait stops allowing it.
const _: Option<&dyn Signer> = None;

/// Anything that can be given where a key is wanted: a description of a key, which is resolved there, and every
/// [`Signer`] of your own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no key that signs",
    label = "expected a signing key",
    note = "give `PrivateKey::pem(secret)` or `PrivateKey::generate()` (feature `keys`), or a type of yours that implements `Signer`"
)]
pub trait IntoSigner {
    /// Resolves secrets and checks the key.
    ///
    /// # Errors
    /// The key is missing, or is none that can be used. The error names it.
    fn into_signer(self) -> Result<Arc<dyn Signer>, Error>;
}

#[diagnostic::do_not_recommend]
impl<S: Signer> IntoSigner for S {
    fn into_signer(self) -> Result<Arc<dyn Signer>, Error> {
        Ok(Arc::new(self))
    }
}

impl IntoSigner for Arc<dyn Signer> {
    fn into_signer(self) -> Result<Arc<dyn Signer>, Error> {
        Ok(self)
    }
}
