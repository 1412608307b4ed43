//! Where a session's tokens come from: the login that is in the store.

use std::{fmt, sync::Arc};

use authwright_core::{Error, Fault, Scheme, Token, TokenSource, Tokens, flow::Io};

use crate::{
    grants::{Wanted, bound_scheme, redeem},
    service::Service,
};

pub(super) struct SessionSource {
    service: Arc<Service>,
    hint: String,
    account: String,
}

impl SessionSource {
    pub(super) fn new(service: &Arc<Service>, hint: &str, account: &str) -> Self {
        Self { service: Arc::clone(service), hint: hint.to_owned(), account: account.to_owned() }
    }

    /// What somebody has to do.
    fn remedy(&self) -> &str {
        if self.hint.is_empty() { "sign in" } else { &self.hint }
    }

    fn login_required(&self, what: &str) -> Error {
        let (origin, client) = (self.service.origin(), self.service.client.id().escape_debug());
        let of = if self.account.is_empty() {
            String::new()
        } else {
            format!(" ({})", self.account.escape_debug())
        };
        let message = format!("{what} {origin} as {client}{of}: {}", self.remedy());
        Error::new(Fault::Credential, message)
    }
}

impl TokenSource for SessionSource {
    async fn fetch(&self, _: &Io) -> Result<Token, Error> {
        Err(self.login_required("not signed in to"))
    }

    async fn renew(&self, old: &Token, io: &Io) -> Result<Token, Error> {
        let Some(refresh) = old.expose_refresh_token() else {
            return Err(self.login_required("the login has ended, and cannot be renewed, at"));
        };
        let wanted = Wanted { scope: "", resource: self.service.resource(), remedy: self.remedy() };
        let granted = redeem(&self.service, old, refresh, &wanted, io).await?;
        #[cfg(feature = "openid")]
        self.service.check_is_same(old, &granted)?;
        Ok(granted.token)
    }

    fn identity(&self) -> Option<String> {
        let identity = self.service.identity("session");
        Some(match &*self.account {
            "" => identity,
            account => format!("{identity} account={account:?}"),
        })
    }

    fn scheme(&self, tokens: &Tokens) -> Result<Option<Arc<dyn Scheme>>, Error> {
        Ok(bound_scheme(&self.service, tokens))
    }

    fn ends_with_its_record(&self) -> bool {
        true
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "login at {}", self.service.origin())
    }
}

/// Shows no value.
impl fmt::Debug for SessionSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionSource({:?})", self.service)
    }
}
