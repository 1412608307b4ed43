//! The client credentials grant (RFC 6749 section 4.4): a program in its own name.

use std::fmt;

use authwright_core::{Error, IntoSource, Scheme, Source, Token, TokenSource, Tokens, flow::Io};

use super::bound_scheme;
use crate::{
    Registration,
    service::{Grant, Service},
};

/// Tokens for the program itself, with nobody behind it. From [`Registration::client_credentials`].
///
/// ```
/// use authwright_core::{Auth, Secret, Tokens};
/// use authwright_oauth2::Registration;
///
/// let app = Registration::new("https://login.example.com", "billing").secret(Secret::new("s3cret")).scope("orders.read");
/// let tokens = Tokens::new(app.client_credentials())?;
/// let auth = Auth::new("https://orders.example.com", &tokens)?;
/// # Ok::<(), authwright_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ClientCredentials(Registration);

impl Registration {
    /// Tokens for the program itself (RFC 6749 section 4.4). Needs a [secret](Self::secret), a [key](Self::key) or a
    /// [certificate](Self::certificate).
    pub fn client_credentials(&self) -> ClientCredentials {
        ClientCredentials(self.clone())
    }
}

impl IntoSource for ClientCredentials {
    fn into_source(self) -> Result<Source, Error> {
        let service = self.0.check()?;
        service.client.check_confidential()?;
        Ok(Source::new(Credentials(service.into())))
    }
}

struct Credentials(std::sync::Arc<Service>);

impl TokenSource for Credentials {
    async fn fetch(&self, io: &Io) -> Result<Token, Error> {
        let key = self.0.new_key(io).await?;
        let scope = &*self.0.scope;
        let parameters = [("grant_type", "client_credentials"), ("scope", scope)];
        let grant = Grant { parameters: &parameters, name: "", remedy: "", secrets: &[] };
        Ok(self.0.token(grant, key.as_deref(), io).await?.with_requested_scope(scope).token)
    }

    fn identity(&self) -> Option<String> {
        Some(self.0.identity("client credentials"))
    }

    fn scheme(&self, tokens: &Tokens) -> Result<Option<std::sync::Arc<dyn Scheme>>, Error> {
        Ok(bound_scheme(&self.0, tokens))
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "client credentials at {}", self.0.origin())
    }
}

/// Shows no value.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({:?})", self.0)
    }
}
