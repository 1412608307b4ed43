//! Tokens for another API of the same login (RFC 8707 section 2.2): one refresh token, an access token for each.

use std::{fmt, sync::Arc};

use authwright_core::{Error, Fault, Scheme, Token, TokenSource, Tokens, flow::Io};

use crate::{
    grants::{Wanted, bound_scheme, redeem},
    service::Service,
};

/// Redeems the refresh token of a login for a token that is good at one API. Should the server rotate it, the login gets the
/// new one.
pub(super) struct ResourceSource {
    service: Arc<Service>,
    login: Tokens,
    resource: String,
    remedy: String,
}

impl ResourceSource {
    pub(super) fn new(service: &Arc<Service>, login: Tokens, resource: &str, hint: &str) -> Self {
        let remedy = if hint.is_empty() { "sign in" } else { hint };
        let (resource, remedy) = (resource.to_owned(), remedy.to_owned());
        Self { service: Arc::clone(service), login, resource, remedy }
    }
}

impl TokenSource for ResourceSource {
    async fn fetch(&self, io: &Io) -> Result<Token, Error> {
        let redeemed = |login: Token| async move {
            let Some(refresh) = login.expose_refresh_token() else {
                let message = format!(
                    "the login at {} cannot be used for another API: it has no refresh token; {}",
                    self.service.origin(),
                    self.remedy
                );
                return Err(Error::new(Fault::Credential, message));
            };
            let wanted = Wanted { scope: "", resource: &self.resource, remedy: &self.remedy };
            let granted = redeem(&self.service, &login, refresh, &wanted, io).await?;
            let rotated = granted.token.expose_refresh_token().filter(|new| *new != refresh);
            let login = match rotated {
                Some(new) => login.clone().refresh_token(new),
                None => login.clone(),
            };
            Ok((login, granted.token.without_refresh_token()))
        };
        self.login.with_kept(io, redeemed).await
    }

    fn scheme(&self, tokens: &Tokens) -> Result<Option<Arc<dyn Scheme>>, Error> {
        Ok(bound_scheme(&self.service, tokens))
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let resource = crate::endpoint::origin_of(&self.resource);
        write!(f, "login at {} for {resource}", self.service.origin())
    }
}

/// Shows no value.
impl fmt::Debug for ResourceSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResourceSource({:?})", self.service)
    }
}
