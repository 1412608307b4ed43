//! Ending a login: the answer is checked, and its code redeemed once.

use std::sync::Arc;

use authwright_core::{Error, Fault, flow::Io};
use secrecy::ExposeSecret;

use super::{Callback, Pending, finished::is_first};
use crate::{
    answer::Granted,
    dpop::{Binding, BoundKey},
    service::{Grant, Service},
};

impl Service {
    /// Redeems what came back. Nothing is sent before the answer is known to be this login's, from the server that was asked.
    pub(crate) async fn finish(&self, pending: &Pending, callback: &str, io: &Io) -> Result<Granted, Error> {
        let it = pending.remembered();
        let callback = Callback::parse(callback)?;
        if *it.client_id != *self.client.id() || *it.issuer != *self.server.issuer {
            let message = "this login was begun for another client or at another server; nothing was sent";
            return Err(Error::new(Fault::Caller, message));
        }
        if pending.is_over(io.now()) {
            let message =
                "this login was begun more than an hour ago, and has to be begun anew; nothing was sent";
            return Err(Error::new(Fault::Credential, message));
        }
        let metadata = self.metadata(io).await?;
        let code = callback.code_for(it, metadata.sends_issuer)?;
        if !is_first(it.state.expose_secret()) {
            let message = "this login has been finished already (its state was used); nothing was sent to the token endpoint";
            return Err(Error::new(Fault::Caller, message));
        }
        let key = self.key_of(pending)?;
        let parameters = [
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            // The same as before, to the letter (RFC 6749 section 4.1.3).
            ("redirect_uri", &*it.redirect_uri),
            ("code_verifier", it.verifier.expose_secret()),
        ];
        let secrets = [code.expose_secret(), it.verifier.expose_secret(), it.state.expose_secret()];
        let grant = Grant {
            parameters: &parameters,
            name: "the code of this login",
            remedy: "sign in again",
            secrets: &secrets,
        };
        let granted = self.token(grant, key.as_deref(), io).await?.with_requested_scope(&it.scope);
        #[cfg(feature = "openid")]
        let granted = {
            let wanted = crate::openid::Wanted {
                nonce: it.nonce.as_ref().map(ExposeSecret::expose_secret),
                max_age: it.max_age,
            };
            self.identified(granted, &wanted, io).await?
        };
        Ok(granted)
    }

    /// The key that the login was begun with.
    fn key_of(&self, pending: &Pending) -> Result<Option<Arc<BoundKey>>, Error> {
        match (&self.binding, &pending.remembered().key) {
            #[cfg(feature = "keys")]
            (Binding::NewKey, Some(record)) => {
                BoundKey::from_record(record.expose_secret()).map(|key| Some(Arc::new(key)))
            }
            #[cfg(feature = "keys")]
            (Binding::NewKey, None) => {
                let message = "this login was begun without a key to bind its tokens to; begin it anew";
                Err(Error::new(Fault::Caller, message))
            }
            (Binding::Key(key), _) => Ok(Some(Arc::clone(key))),
            (Binding::Nothing, None) => Ok(None),
            (Binding::Nothing, Some(_)) => {
                let message =
                    "this login was begun with a key to bind its tokens to, which this program does not use";
                Err(Error::new(Fault::Caller, message))
            }
        }
    }
}
