//! Basic (RFC 7617).

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderValue, header::AUTHORIZATION};
use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::{
    placed::{Form, Label, Mould, header_value},
    value::{Held, Value},
};
use crate::{Error, IntoScheme, Scheme, proxy::BasicParts, secret::Resolved};

/// A user and a password, sent as `Authorization: Basic …` with every request (RFC 7617).
///
/// Both are sent as UTF-8 in composed form (RFC 7617 section 2.1). A colon in the user and a control character
/// anywhere are errors when the [`Auth`](crate::Auth) is built. A pair `("user", secret)` does the same.
///
/// Some APIs want a key as the user and nothing as the password:
///
/// ```
/// use authwright_core::{Auth, Basic, Secret};
///
/// let auth = Auth::new("https://api.example.com", ("sam", Secret::new("hunter2")))?;
/// let auth = Auth::new("https://api.stripe.com", Basic::new(Secret::new("sk_test_1"), ""))?;
///
/// let error = Auth::new("https://api.example.com", ("sam:admin", Secret::new("pw"))).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the user name for Basic has a colon, which separates it from the password on the wire; nothing was sent"
/// );
/// # Ok::<(), authwright_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Basic {
    user: Value,
    password: Value,
}

impl Basic {
    /// The user and the password. Either may be a reference, and one of them may [change](crate::RotatingSecret) or come from
    /// [tokens](crate::Tokens).
    pub fn new(user: impl Into<Value>, password: impl Into<Value>) -> Self {
        Self { user: user.into(), password: password.into() }
    }
}

impl Basic {
    pub(crate) fn for_proxy(&self) -> Result<BasicParts, Error> {
        let (Held::Secret(user), Held::Secret(password)) = (&self.user.0, &self.password.0) else {
            return Err(Error::caller(
                "what a proxy is shown cannot change while the program runs; give it a Secret",
            ));
        };
        parts(&Resolved::from(user)?, &Resolved::from(password)?)
    }
}

/// For clients that make the field themselves, too.
pub(super) fn parts(user: &Resolved, password: &Resolved) -> Result<BasicParts, Error> {
    let value = value(user, password)?;
    let [user, password] = [user, password].map(|part| SecretString::from(composed(part.expose())));
    Ok(BasicParts { value, user, password })
}

impl IntoScheme for Basic {
    fn into_scheme(self) -> Result<Arc<dyn Scheme>, Error> {
        let header = |value| Form::Header(AUTHORIZATION, value);
        match (self.user.0, self.password) {
            (Held::Secret(user), Value(Held::Secret(password))) => {
                let (user, password) = (Resolved::from(&user)?, Resolved::from(&password)?);
                // With an empty password the user is the secret.
                let named = if password.expose().is_empty() { &user } else { &password };
                Ok(header(value(&user, &password)?).fixed(Label::new("Basic", named)))
            }
            (Held::Secret(user), password) => {
                let user = Resolved::from(&user)?;
                password.placed(Mould::new("Basic", move |password| Ok(header(value(&user, password)?))))
            }
            (user, Value(Held::Secret(password))) => {
                let password = Resolved::from(&password)?;
                Value(user).placed(Mould::new("Basic", move |user| Ok(header(value(user, &password)?))))
            }
            _ => Err(Error::caller("only one of user and password can change while the program runs")),
        }
    }

    fn what(&self) -> String {
        "Basic".into()
    }
}

/// `Basic …`, with both parts checked (RFC 7617 section 2).
pub(super) fn value(user: &Resolved, password: &Resolved) -> Result<HeaderValue, Error> {
    if user.expose().contains(':') {
        return Err(Error::unsendable(
            "the user name for Basic has a colon, which separates it from the password on the wire",
        ));
    }
    // CTL of RFC 5234 appendix B.1; the C1 range is refused with it, as no keyboard produces it.
    for (part, what) in [(user, "the user name for Basic"), (password, password.subject.as_str())] {
        if let Some(at) = part.expose().find(char::is_control) {
            return Err(Error::unsendable(format!(
                "{what} has a control character at byte {at}, which Basic cannot carry"
            )));
        }
    }
    let pair = SecretString::from(format!("{}:{}", composed(user.expose()), composed(password.expose())));
    let encoded = SecretString::from(format!("Basic {}", STANDARD.encode(pair.expose_secret())));
    let named = if password.expose().is_empty() { user } else { password };
    header_value(&AUTHORIZATION, encoded.expose_secret(), named)
}

/// Unicode normalisation form C (RFC 7617 section 2.1): what a server that stores names composed compares with.
pub(super) fn composed(text: &str) -> String {
    if is_nfc(text) { text.to_owned() } else { text.nfc().collect() }
}

impl<U: Into<Value>, P: Into<Value>> IntoScheme for (U, P) {
    fn into_scheme(self) -> Result<Arc<dyn Scheme>, Error> {
        Basic::new(self.0, self.1).into_scheme()
    }

    fn what(&self) -> String {
        "Basic".into()
    }
}
