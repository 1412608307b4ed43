//! The JWT bearer grant (RFC 7523 section 2.1): a signed statement about somebody, for a token.

use std::{fmt, sync::Arc};

use authwright_core::{
    Error, IntoSource, Scheme, Secret, SecretValue, Source, Token, TokenSource, Tokens, flow::Io,
};

use serde_json::Map;

use super::bound_scheme;
use crate::{
    Registration,
    assertion::{Key, Parties, grant_assertion},
    keys::{IntoSigner, Signer},
    registration::read_secret,
    service::{Grant, Service},
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Tokens for a signed statement. From [`Registration::jwt_bearer`] and [`Registration::assertion`].
#[derive(Clone)]
#[must_use]
pub struct JwtBearer {
    registration: Registration,
    statement: Given,
}

#[derive(Clone)]
enum Given {
    Key { signer: Result<Arc<dyn Signer>, Error>, issuer: String, subject: String },
    Made(Secret),
}

impl Registration {
    /// Tokens for what this key signs: a service account, whose `issuer` says so of the `subject`. The statement is made anew
    /// for each token, is good for a minute, and for this server alone.
    ///
    /// ```
    /// use authwright_core::Tokens;
    /// use authwright_oauth2::{Registration, Signer};
    ///
    /// fn tokens(key: impl Signer) -> Result<Tokens, authwright_core::Error> {
    ///     let app = Registration::new("https://login.example.com", "robot").scope("orders.read");
    ///     Tokens::new(app.jwt_bearer(key, "robot@example.com", "sam@example.com"))
    /// }
    /// ```
    pub fn jwt_bearer(
        &self,
        key: impl IntoSigner,
        issuer: impl Into<String>,
        subject: impl Into<String>,
    ) -> JwtBearer {
        let statement =
            Given::Key { signer: key.into_signer(), issuer: issuer.into(), subject: subject.into() };
        JwtBearer { registration: self.clone(), statement }
    }

    /// Tokens for a statement that somebody else has signed: an identity provider, a cloud's workload identity. A
    /// [`Secret::file`](authwright_core::Secret::file) is read again for each token.
    pub fn assertion(&self, assertion: impl Into<Secret>) -> JwtBearer {
        JwtBearer { registration: self.clone(), statement: Given::Made(assertion.into()) }
    }
}

impl IntoSource for JwtBearer {
    fn into_source(self) -> Result<Source, Error> {
        let service = Arc::new(self.registration.check()?);
        let statement = match self.statement {
            Given::Key { signer, issuer, subject } => {
                Statement::Key { key: Arc::new(Key::Signer(signer?)), issuer, subject }
            }
            Given::Made(secret) => {
                read_secret(&secret, "the assertion")?;
                Statement::Made(secret)
            }
        };
        Ok(Source::new(Bearer { service, statement }))
    }
}

enum Statement {
    Key { key: Arc<Key>, issuer: String, subject: String },
    Made(Secret),
}

struct Bearer {
    service: Arc<Service>,
    statement: Statement,
}

impl Bearer {
    /// The statement, and how messages speak of it.
    async fn statement(&self, io: &Io) -> Result<(SecretValue, String), Error> {
        match &self.statement {
            Statement::Key { key, issuer, subject } => {
                let audience = self.service.metadata(io).await?.issuer.clone();
                let name = format!("the assertion of `{}`", issuer.escape_debug());
                let (key, issuer, subject) = (Arc::clone(key), issuer.clone(), subject.clone());
                let now = io.now();
                let signed = io.block(move || {
                    let parties = Parties { issuer: &issuer, subject: Some(&subject), audience: &audience };
                    grant_assertion(&key, &parties, &Map::new(), now)
                });
                Ok((signed.await??, name))
            }
            Statement::Made(secret) => {
                let secret = secret.clone();
                let (value, reference) = io.block(move || read_secret(&secret, "the assertion")).await??;
                let name = format!("the assertion ({reference}, {})", value.fingerprint());
                Ok((value, name))
            }
        }
    }
}

impl TokenSource for Bearer {
    async fn fetch(&self, io: &Io) -> Result<Token, Error> {
        let (assertion, name) = self.statement(io).await?;
        let scope = &*self.service.scope;
        let parameters = [("grant_type", GRANT), ("assertion", &*assertion), ("scope", scope)];
        let key = self.service.new_key(io).await?;
        let remedy = "check who it is about, and that the server knows its key";
        let grant = Grant { parameters: &parameters, name: &name, remedy, secrets: &[&assertion] };
        Ok(self.service.token(grant, key.as_deref(), io).await?.with_requested_scope(scope).token)
    }

    fn identity(&self) -> Option<String> {
        match &self.statement {
            Statement::Key { issuer, subject, .. } => {
                Some(format!("{} issuer={issuer:?} subject={subject:?}", self.service.identity("jwt bearer")))
            }
            Statement::Made(_) => None,
        }
    }

    fn scheme(&self, tokens: &Tokens) -> Result<Option<Arc<dyn Scheme>>, Error> {
        Ok(bound_scheme(&self.service, tokens))
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JWT bearer grant at {}", self.service.origin())
    }
}

/// Shows no value.
impl fmt::Debug for JwtBearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtBearer").field("registration", &self.registration).finish_non_exhaustive()
    }
}

/// Shows no value.
impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bearer({:?})", self.service)
    }
}
