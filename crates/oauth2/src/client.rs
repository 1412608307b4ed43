//! Who asks an authorization server, and how that is shown to it.

use std::fmt;

use authwright_core::{Error, Fault, Secret, SecretValue};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderValue;

use crate::endpoint::form_encoded;

/// A client as it is registered with the server, and one way in which it shows that it is the one: never two (RFC 6749
/// section 2.3).
pub(crate) struct Client {
    id: String,
    secret: Option<ClientSecret>,
}

struct ClientSecret {
    value: SecretValue,
    /// Where it came from, for messages.
    reference: String,
    in_body: bool,
}

impl Client {
    pub(crate) fn new(id: String, secret: Option<&Secret>, in_body: bool) -> Result<Self, Error> {
        if id.is_empty() {
            return Err(Error::new(
                Fault::Caller,
                "the client id is empty; it is what the server calls this program",
            ));
        }
        if in_body && secret.is_none() {
            let message = "there is no client secret to send in the body: give it with .secret(..), or leave out \
                           .secret_in_body()";
            return Err(Error::new(Fault::Caller, message));
        }
        let secret = secret
            .map(|secret| {
                let (value, reference) = resolve(secret)?;
                if value.is_empty() {
                    let message = format!("the client secret of `{}` is empty", id.escape_debug());
                    return Err(Error::new(Fault::Credential, message));
                }
                Ok(ClientSecret { value, reference, in_body })
            })
            .transpose()?;
        Ok(Self { id, secret })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The parameters by which the client identifies itself, where the body is the place (RFC 6749 sections 2.3.1
    /// and 3.2.1).
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        let (id, secret) = match &self.secret {
            None => (Some(&*self.id), None),
            Some(secret) if secret.in_body => (Some(&*self.id), Some(&*secret.value)),
            Some(_) => (None, None),
        };
        id.map(|id| ("client_id", id)).into_iter().chain(secret.map(|secret| ("client_secret", secret)))
    }

    /// The `Authorization` field by which it does, where that is the place. Id and secret are form-encoded before they
    /// are joined (RFC 6749 section 2.3.1): they may contain a colon.
    pub(crate) fn authorization(&self) -> Result<Option<HeaderValue>, Error> {
        let Some(secret) = self.secret.as_ref().filter(|secret| !secret.in_body) else { return Ok(None) };
        let mut value = HeaderValue::from_str(&format!("Basic {}", self.pair(secret)))
            .map_err(|_| Error::new(Fault::Caller, "the client id is malformed"))?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    fn pair(&self, secret: &ClientSecret) -> String {
        STANDARD.encode(format!("{}:{}", form_encoded(&self.id), form_encoded(&secret.value)))
    }

    /// What nothing that is printed may contain.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.secret.iter().flat_map(|secret| [secret.value.to_string(), self.pair(secret)]).collect()
    }
}

/// A secret, and where it was found in the end: a variable that is set wins over a `.env` file.
pub(crate) fn resolve(secret: &Secret) -> Result<(SecretValue, String), Error> {
    let found = secret.clone().optional()?;
    let secret = found.as_ref().unwrap_or(secret);
    Ok((secret.read()?, secret.reference().to_string()))
}

/// Names the client and where its secret came from: `client my-app (secret from env APP_SECRET, #3f9a)`.
impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "client `{}`", self.id.escape_debug())?;
        match &self.secret {
            Some(secret) => {
                write!(f, " (its secret: {}, {})", secret.reference, secret.value.fingerprint())
            }
            None => f.write_str(" (without a secret)"),
        }
    }
}
