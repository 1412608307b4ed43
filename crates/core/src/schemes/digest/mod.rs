//! Digest (RFC 7616): the password is never sent, only answers made with it to what the server asks.

mod engine;
mod hash;
mod keys;
mod offer;
mod session;
mod spaces;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use secrecy::SecretString;

pub(crate) use self::{
    engine::Engine,
    keys::{Asked, Identity},
    offer::MD5_IS_OFF,
};
use super::{basic::composed, negotiated::Negotiated, placed::Label};
use crate::{Error, IntoScheme, Scheme, Secret, secret::Resolved};

/// A user and a password, proved to the server without being sent (RFC 7616; RFC 2069 for old servers).
///
/// A server has to ask first: the first request to a protection space goes bare, is refused with a challenge, and is sent
/// once more with the answer. Later ones carry an answer from the start. Where a server offers several challenges, the best hash is
/// taken, not the first: SHA-512-256, SHA-512, SHA-256, MD5, each also with `-sess`. The body is protected (`auth-int`) only
/// where nothing else is offered.
///
/// What the server learns is which password it may compare with its own; what somebody on the way learns is enough to try out
/// passwords at leisure. It is no replacement for https.
///
/// A body that is a stream can be sent only once, so on the first request to a space it is refused and gone: send something
/// else first, or bytes.
///
/// To let a server choose between this and Basic, use [`Password`](crate::Password).
///
/// ```
/// use authwright_core::{Auth, Digest, Secret};
///
/// let auth = Auth::new("https://camera.example.com", Digest::new("sam", Secret::new("hunter2")).without_md5())?;
/// # Ok::<(), authwright_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Digest {
    user: Secret,
    password: Secret,
    md5: bool,
    cnonce: Option<Box<str>>,
}

impl Digest {
    /// The user and the password. Either may be a reference.
    pub fn new(user: impl Into<Secret>, password: impl Into<Secret>) -> Self {
        Self { user: user.into(), password: password.into(), md5: true, cnonce: None }
    }

    /// Does not answer with MD5, which is what a server may still ask for, or somebody on the way in its place.
    pub fn without_md5(self) -> Self {
        Self { md5: false, ..self }
    }

    /// The client nonce of every request. For the examples of the RFC alone.
    #[doc(hidden)]
    pub fn fixed_cnonce(self, cnonce: &str) -> Self {
        Self { cnonce: Some(cnonce.into()), ..self }
    }
}

impl Digest {
    pub(crate) fn engine(self) -> Result<Engine, Error> {
        let who = identity(&Resolved::from(&self.user)?, &Resolved::from(&self.password)?, "Digest")?;
        Ok(Engine::new(who, self.md5, self.cnonce))
    }
}

impl IntoScheme for Digest {
    fn into_scheme(self) -> Result<Arc<dyn Scheme>, Error> {
        let user = Resolved::from(&self.user)?;
        let password = Resolved::from(&self.password)?;
        let who = identity(&user, &password, "Digest")?;
        let engine = Engine::new(who, self.md5, self.cnonce);
        Ok(Arc::new(Negotiated::new(engine, None, Label::new("Digest", &password))))
    }

    fn what(&self) -> String {
        "Digest".into()
    }
}

/// Both in composed form, as RFC 7616 section 4 asks of what is hashed.
pub(super) fn identity(user: &Resolved, password: &Resolved, scheme: &str) -> Result<Identity, Error> {
    let user_subject = format!("the user name for {scheme}");
    for (part, what) in [(user, user_subject.as_str()), (password, password.subject.as_str())] {
        if let Some(at) = part.expose().find(char::is_control) {
            return Err(Error::unsendable(format!(
                "{what} has a control character at byte {at}, which {scheme} cannot carry"
            )));
        }
    }
    Ok(Identity {
        user: composed(user.expose()).into(),
        password: Arc::new(SecretString::from(composed(password.expose()))),
    })
}
