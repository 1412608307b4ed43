//! A password for whichever scheme the server asks for: negotiation (RFC 9110 section 11.6.1).

use std::sync::Arc;

use super::{
    basic,
    digest::{Engine, identity},
    negotiated::Negotiated,
    placed::Label,
};
use crate::{Error, IntoScheme, Scheme, Secret, proxy::BasicParts, secret::Resolved};

/// A user and a password, for the scheme the server asks for: Digest where it is offered, else Basic, and Basic never over
/// plain http to another machine. Schemes that are not known here are passed over.
///
/// The first request to an origin goes bare, to hear what the server wants: where that is known, [`Basic`](crate::Basic) and
/// [`Digest`](crate::Digest) say so, and Basic then costs no request.
///
/// ```
/// use authwright_core::{Auth, Password, Secret};
///
/// let auth = Auth::new("https://nas.example.com", Password::new("sam", Secret::new("hunter2")))?;
/// # Ok::<(), authwright_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[allow(clippy::struct_field_names)] // it is a user and a password
pub struct Password {
    user: Secret,
    password: Secret,
    md5: bool,
    cnonce: Option<Box<str>>,
}

impl Password {
    /// The user and the password. Either may be a reference.
    pub fn new(user: impl Into<Secret>, password: impl Into<Secret>) -> Self {
        Self { user: user.into(), password: password.into(), md5: true, cnonce: None }
    }

    /// Does not answer a Digest challenge with MD5.
    pub fn without_md5(self) -> Self {
        Self { md5: false, ..self }
    }

    /// The client nonce of every request. For the examples of the RFC alone.
    #[doc(hidden)]
    pub fn fixed_cnonce(self, cnonce: &str) -> Self {
        Self { cnonce: Some(cnonce.into()), ..self }
    }
}

impl Password {
    pub(crate) fn for_proxy(self) -> Result<(BasicParts, Engine), Error> {
        let (user, password) = (Resolved::from(&self.user)?, Resolved::from(&self.password)?);
        let who = identity(&user, &password, "Password")?;
        Ok((basic::parts(&user, &password)?, Engine::new(who, self.md5, self.cnonce)))
    }
}

impl IntoScheme for Password {
    fn into_scheme(self) -> Result<Arc<dyn Scheme>, Error> {
        let user = Resolved::from(&self.user)?;
        let password = Resolved::from(&self.password)?;
        let who = identity(&user, &password, "Password")?;
        let basic = basic::value(&user, &password)?;
        let engine = Engine::new(who, self.md5, self.cnonce);
        Ok(Arc::new(Negotiated::new(engine, Some(basic), Label::new("Password", &password))))
    }

    fn what(&self) -> String {
        "Password".into()
    }
}
