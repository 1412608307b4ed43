//! What may be a credential for a proxy.

use std::fmt;

use http::HeaderValue;
use secrecy::SecretString;

#[cfg(feature = "digest")]
use crate::schemes::{Digest, Engine, Password};
use crate::{Basic, Error, Secret};

/// What may be a credential for a proxy: [`Basic`], a pair `("user", password)`, and with the feature `digest` also
/// `Digest` and `Password`. They keep what they promise elsewhere: `Digest` never sends the password, `Password` never as
/// Basic over plain http to another machine, `Basic` sends it at once.
///
/// Sealed.
pub trait IntoProxyCredential: sealed::Sealed {}

/// What a credential comes to.
pub struct Parts {
    pub(super) basic: Option<BasicParts>,
    /// Basic is sent unasked.
    pub(super) ahead: bool,
    /// Basic may be sent over plain http to another machine.
    pub(super) in_clear: bool,
    #[cfg(feature = "digest")]
    pub(super) digest: Option<Engine>,
}

pub(crate) struct BasicParts {
    pub(crate) value: HeaderValue,
    pub(crate) user: SecretString,
    pub(crate) password: SecretString,
}

/// Shows nothing.
impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}

mod sealed {
    pub trait Sealed {
        #[doc(hidden)]
        fn parts(self) -> Result<super::Parts, crate::Error>;
    }
}

/// The seal, opened.
pub(super) fn parts(credential: impl IntoProxyCredential) -> Result<Parts, Error> {
    credential.parts()
}

impl IntoProxyCredential for Basic {}
impl sealed::Sealed for Basic {
    fn parts(self) -> Result<Parts, Error> {
        Ok(Parts {
            basic: Some(self.for_proxy()?),
            ahead: true,
            in_clear: true,
            #[cfg(feature = "digest")]
            digest: None,
        })
    }
}

impl<U: Into<Secret>, P: Into<Secret>> IntoProxyCredential for (U, P) {}
impl<U: Into<Secret>, P: Into<Secret>> sealed::Sealed for (U, P) {
    fn parts(self) -> Result<Parts, Error> {
        let (user, password): (Secret, Secret) = (self.0.into(), self.1.into());
        Basic::new(user, password).parts()
    }
}

#[cfg(feature = "digest")]
impl IntoProxyCredential for Digest {}
#[cfg(feature = "digest")]
impl sealed::Sealed for Digest {
    fn parts(self) -> Result<Parts, Error> {
        Ok(Parts { basic: None, ahead: false, in_clear: false, digest: Some(self.engine()?) })
    }
}

#[cfg(feature = "digest")]
impl IntoProxyCredential for Password {}
#[cfg(feature = "digest")]
impl sealed::Sealed for Password {
    fn parts(self) -> Result<Parts, Error> {
        let (basic, digest) = self.for_proxy()?;
        Ok(Parts { basic: Some(basic), ahead: false, in_clear: false, digest: Some(digest) })
    }
}
