//! Bearer tokens (RFC 6750), fixed ones.

use std::sync::Arc;

use http::header::AUTHORIZATION;

use super::placed::{Label, PlacedHeader, check_characters};
use crate::{Error, IntoScheme, Scheme, Secret, secret::Resolved};

/// A fixed bearer token, sent as `Authorization: Bearer …` and never in the query (RFC 6750 section 2.1;
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
#[derive(Clone, Debug)]
pub struct Bearer {
    token: Secret,
}

impl Bearer {
    /// The token, without the word `Bearer`.
    pub fn new(token: impl Into<Secret>) -> Self {
        Self { token: token.into() }
    }
}

impl IntoScheme for Bearer {
    fn into_scheme(self) -> Result<Arc<dyn Scheme>, Error> {
        let token = Resolved::from(&self.token)?;
        let value = token.expose();
        if value.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bearer ")) {
            return Err(Error::credential(format!(
                "{} starts with the word Bearer, which is added by Authwright; leave it out",
                token.subject
            )));
        }
        // b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
        let body = value.trim_end_matches('=').len();
        let legal = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
        check_characters(&token, legal, "a bearer token")?;
        if let Some(at) = value[..body].find('=').or_else(|| (body == 0).then_some(0)) {
            return Err(Error::unsendable(format!(
                "{} has a `=` at byte {at}, where a bearer token cannot have one",
                token.subject
            )));
        }
        let text = secrecy::SecretString::from(format!("Bearer {value}"));
        let text = secrecy::ExposeSecret::expose_secret(&text);
        let placed = PlacedHeader::new(AUTHORIZATION, text, &token, Label::new("Bearer", &token))?;
        Ok(Arc::new(placed))
    }

    fn what(&self) -> String {
        "Bearer".into()
    }
}
