//! The resource owner password grant (RFC 6749 section 4.3), which must not be used (RFC 9700 section 2.4): for servers that
//! know nothing else.

use std::{fmt, sync::Arc};

use authwright_core::{
    Error, IntoSource, Scheme, Secret, SecretValue, Source, Token, TokenSource, Tokens, flow::Io,
};

use super::{Wanted, bound_scheme, redeem};
use crate::{
    Registration,
    registration::read_secret,
    service::{Grant, Service},
};

/// Tokens for a person's password. From [`Registration::danger_password`].
#[derive(Clone, Debug)]
#[must_use]
pub struct PasswordGrant {
    registration: Registration,
    user: String,
    password: Secret,
}

impl Registration {
    /// Tokens for the password of a person, which this program then knows. RFC 9700 section 2.4 forbids it: there is no second
    /// factor, nobody consents, and people learn to type their password anywhere. Where the server can do anything else,
    /// use that.
    pub fn danger_password(&self, user: impl Into<String>, password: impl Into<Secret>) -> PasswordGrant {
        PasswordGrant { registration: self.clone(), user: user.into(), password: password.into() }
    }
}

impl IntoSource for PasswordGrant {
    fn into_source(self) -> Result<Source, Error> {
        let service = Arc::new(self.registration.check()?);
        let (password, reference) = read_secret(&self.password, "the password")?;
        Ok(Source::new(Password { service, user: self.user, secret: password, reference }))
    }
}

struct Password {
    service: Arc<Service>,
    user: String,
    secret: SecretValue,
    reference: String,
}

impl TokenSource for Password {
    async fn fetch(&self, io: &Io) -> Result<Token, Error> {
        let scope = &*self.service.scope;
        let parameters = [
            ("grant_type", "password"),
            ("username", &*self.user),
            ("password", &*self.secret),
            ("scope", scope),
        ];
        let name = format!("the password of `{}` ({})", self.user.escape_debug(), self.reference);
        let remedy = "check both";
        let grant = Grant { parameters: &parameters, name: &name, remedy, secrets: &[&self.secret] };
        let key = self.service.new_key(io).await?;
        Ok(self.service.token(grant, key.as_deref(), io).await?.with_requested_scope(scope).token)
    }

    /// By the refresh token, where there is one, so that the password is not sent again.
    async fn renew(&self, old: &Token, io: &Io) -> Result<Token, Error> {
        let Some(refresh) = old.expose_refresh_token() else { return self.fetch(io).await };
        let wanted = Wanted { scope: "", resource: self.service.resource(), remedy: "" };
        match redeem(&self.service, old, refresh, &wanted, io).await {
            Ok(granted) => Ok(granted.token),
            Err(refused) if refused.is_grant => self.fetch(io).await,
            Err(refused) => Err(refused.error),
        }
    }

    fn identity(&self) -> Option<String> {
        Some(format!("{} user={:?}", self.service.identity("password"), self.user))
    }

    fn scheme(&self, tokens: &Tokens) -> Result<Option<Arc<dyn Scheme>>, Error> {
        Ok(bound_scheme(&self.service, tokens))
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "password grant at {}", self.service.origin())
    }
}

/// Shows no value.
impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Password({:?})", self.service)
    }
}
