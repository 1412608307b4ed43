//! What comes back from the authorization endpoint, through a browser that anybody may have sent (RFC 6749 section 4.1.2).

use std::borrow::Cow;

use authwright_core::{Error, Fault};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};

use super::pending::Remembered;
use crate::said;

/// The parameters of an answer. None of them has been believed yet.
pub(crate) struct Callback {
    pub(crate) state: Option<SecretString>,
    pub(crate) code: Option<SecretString>,
    pub(crate) issuer: Option<String>,
    error: Option<String>,
    description: Option<String>,
    /// Where it came in, if that is said.
    path: Option<String>,
}

/// No server sends more.
const LONGEST: usize = 16 * 1024;

impl Callback {
    /// Reads a query, or a URL or a path that has one. What is there twice is not guessed at (RFC 6749 section 3.1, RFC 9207
    /// section 2.4).
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let refused = |what| {
            Error::new(Fault::Caller, format!("the callback {what}; nothing was sent to the token endpoint"))
        };
        if text.len() > LONGEST {
            return Err(refused("is longer than any answer of a server"));
        }
        let (path, query) = taken_apart(text.trim());
        let mut found = [const { None }; 5];
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let names = ["state", "code", "iss", "error", "error_description"];
            // What is not known is ignored (RFC 6749 section 4.1.2), also where it cannot be read.
            let known = decoded(name).and_then(|name| names.iter().position(|known| *known == name));
            let Some(place) = known else { continue };
            let value = decoded(value).ok_or_else(|| refused("is not UTF-8"))?;
            if found[place].replace(value.into_owned()).is_some() {
                return Err(refused(&*format!("has `{}` more than once", names[place])));
            }
        }
        let [state, code, issuer, error, description] = found;
        let code = code.filter(|code| !code.is_empty()).map(Into::into);
        let path = path.map(Into::into);
        Ok(Self { state: state.map(Into::into), code, issuer, error, description, path })
    }

    /// Whose answer it is (RFC 6749 section 10.12).
    pub(super) fn has_state_of(&self, pending: &Remembered) -> bool {
        let state = self.state.as_ref().map_or("", |state| state.expose_secret());
        is_same(state, pending.state.expose_secret())
    }

    /// The code, if this is the answer to the login that was begun. What is checked comes in this order: whose answer it is
    /// (RFC 6749 section 10.12), who has given it (RFC 9207 section 2.4), and only then what it says.
    pub(super) fn code_for(self, pending: &Remembered, sends_issuer: bool) -> Result<SecretString, Error> {
        let refused =
            |what: &str| Error::new(Fault::Caller, format!("{what}; nothing was sent to the token endpoint"));
        if !self.has_state_of(pending) {
            return Err(refused("the callback belongs to no login begun here (state differs)"));
        }
        // No normalisation: a text is the issuer, or it is not.
        match &self.issuer {
            Some(issuer) if **issuer != *pending.issuer => {
                return Err(refused(
                    "the callback was given by another server than the one asked (iss differs)",
                ));
            }
            None if sends_issuer => {
                return Err(refused(
                    "the callback does not say who has given it (iss is missing), which this server does",
                ));
            }
            _ => {}
        }
        // Where servers do not name themselves, the place is what tells their answers apart (RFC 9700 section 4.4.2.2).
        let (expected, _) = taken_apart(&pending.redirect_uri);
        if self.path.as_deref().is_some_and(|path| Some(path) != expected) {
            return Err(refused(
                "the callback did not come to the redirect URI of this login (its path differs; where something in front of \
                 you changes that, give the query alone)",
            ));
        }
        if let Some(error) = &self.error {
            return Err(self.denied(error, pending));
        }
        self.code.ok_or_else(|| refused("the callback has neither a code nor an error"))
    }

    /// The server's own refusal (RFC 6749 section 4.1.2.1).
    fn denied(&self, code: &str, pending: &Remembered) -> Error {
        let origin = crate::endpoint::origin_of(&pending.issuer);
        // A code that comes along is no less secret for it.
        let secrets = [Some(&pending.state), Some(&pending.verifier), self.code.as_ref()];
        let secrets: Vec<_> =
            secrets.into_iter().flatten().map(|secret| secret.expose_secret().to_owned()).collect();
        let words = said::words(code, self.description.as_deref(), &secrets);
        let says = format!("{origin} did not sign anybody in: {words}");
        match code {
            "temporarily_unavailable" | "server_error" => {
                Error::new(Fault::Server, format!("{says}; try again later")).transient()
            }
            "access_denied"
            | "login_required"
            | "interaction_required"
            | "consent_required"
            | "account_selection_required"
            | "unmet_authentication_requirements" => Error::new(Fault::Credential, says),
            _ => Error::new(Fault::Caller, format!("{says}; check what the client is registered for")),
        }
    }
}

/// The path, where the text is a URL or begins with one, and the query. A query may have a question mark of its own.
fn taken_apart(text: &str) -> (Option<&str>, &str) {
    let text = text.split('#').next().unwrap_or_default();
    if text.find(['=', ':', '/', '?']).is_some_and(|at| text[at..].starts_with('=')) {
        return (None, text);
    }
    let (address, query) = text.split_once('?').unwrap_or((text, ""));
    let address = match address.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        // A scheme of an application's own has no host (RFC 8252 section 7.1).
        None => address.split_once(':').map_or(address, |(_, path)| path),
    };
    (Some(address).filter(|path| path.starts_with('/')), query)
}

/// A component of `application/x-www-form-urlencoded`.
pub(super) fn decoded(text: &str) -> Option<Cow<'_, str>> {
    let spaced = if text.contains('+') { Cow::Owned(text.replace('+', " ")) } else { Cow::Borrowed(text) };
    match spaced {
        Cow::Borrowed(text) => percent_decode_str(text).decode_utf8().ok(),
        Cow::Owned(text) => Some(Cow::Owned(percent_decode_str(&text).decode_utf8().ok()?.into_owned())),
    }
}

/// In time that does not tell how much is the same: a state is a secret until it has come back.
fn is_same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pending;

    /// Found by fuzzing.
    #[test]
    fn the_words_of_a_refusal_do_not_show_a_code_that_came_with_it() {
        let record = r#"{"version": 1, "url": "", "issuer": "https://login.example.com", "client_id": "app", "scope": "",
                         "redirect_uri": "", "state": "st4te", "verifier": "v3rifier", "begun_at": 0}"#;
        let pending = Pending::from_record(record).unwrap();
        for secret in ["c0de", "st4te", "v3rifier"] {
            for said in [format!("error={secret}"), format!("error=x&error_description=no+{secret}")] {
                let callback = Callback::parse(&format!("state=st4te&code=c0de&{said}")).unwrap();
                let told = callback.code_for(pending.remembered(), false).unwrap_err().to_string();
                assert!(!told.contains(secret) && told.contains("it repeats a secret"), "{told}");
            }
        }
    }
}
