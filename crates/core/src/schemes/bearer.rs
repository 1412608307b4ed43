//! Bearer tokens (RFC 6750): fixed ones, and those that are renewed.

use std::sync::Arc;

use http::{HeaderValue, header::AUTHORIZATION};
use secrecy::{ExposeSecret, SecretString};

use super::{
    placed::{Form, Mould, check_characters, ready},
    token::{BearerToken, check_unbound},
    value::{Held, Value},
};
use crate::{Error, IntoScheme, Scheme, secret::Resolved};

/// A bearer token, sent as `Authorization: Bearer …` and never in the query (RFC 6750 section 2.1;
/// RFC 9700 section 4.3.2).
///
/// Only the characters of RFC 6750 section 2.1 are accepted; a trailing line break or a blank is an error when the
/// [`Auth`](crate::Auth) is built, not something to guess about.
///
/// ```
/// use authwright_core::{Auth, Bearer, Secret};
///
/// let auth = Auth::new("https://api.github.com", Bearer::new(Secret::new("ghp_0123abcd")))?;
/// # Ok::<(), authwright_core::Error>(())
/// ```
///
/// `Bearer::new(&tokens)` sends what a [`Tokens`](crate::Tokens) yields; so does plain `&tokens` in its place.
#[derive(Clone, Debug)]
pub struct Bearer {
    token: Value,
}

impl Bearer {
    /// The token, without the word `Bearer`.
    pub fn new(token: impl Into<Value>) -> Self {
        Self { token: token.into() }
    }
}

impl IntoScheme for Bearer {
    fn into_scheme(self) -> Result<Arc<dyn Scheme>, Error> {
        match self.token.0 {
            Held::Tokens(tokens) => {
                check_unbound(&tokens, "Bearer")?;
                Ok(Arc::new(BearerToken::new(tokens)))
            }
            _ => self.token.placed(Mould::new("Bearer", form)),
        }
    }

    fn what(&self) -> String {
        "Bearer".into()
    }
}

fn form(token: &Resolved) -> Result<Form, Error> {
    check(token)?;
    let value = bearer_value(token.expose())
        .ok_or_else(|| Error::unsendable(format!("{} cannot be a bearer token", token.subject)))?;
    Ok(Form::Header(AUTHORIZATION, value))
}

/// Says what is wrong with a token, if anything is.
pub(super) fn check(token: &Resolved) -> Result<(), Error> {
    let value = token.expose();
    if value.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bearer ")) {
        return Err(Error::credential(format!(
            "{} starts with the word Bearer, which is added by Authwright; leave it out",
            token.subject
        )));
    }
    check_characters(token, |c| c.is_ascii() && is_token_octet(c as u8) || c == '=', "a bearer token")?;
    let body = value.trim_end_matches('=').len();
    if let Some(at) = value[..body].find('=').or_else(|| (body == 0).then_some(0)) {
        return Err(Error::unsendable(format!(
            "{} has a `=` at byte {at}, where a bearer token cannot have one",
            token.subject
        )));
    }
    Ok(())
}

/// `Bearer …`, if the token has the characters for it:
/// `b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="` (RFC 6750 section 2.1).
pub(crate) fn bearer_value(token: &str) -> Option<HeaderValue> {
    let body = token.trim_end_matches('=');
    let legal = !body.is_empty() && body.bytes().all(is_token_octet);
    let text = legal.then(|| SecretString::from(format!("Bearer {token}")))?;
    ready(text.expose_secret())
}

fn is_token_octet(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-._~+/".contains(&b)
}
