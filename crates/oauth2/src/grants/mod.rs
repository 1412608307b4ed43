//! Grants: what a token is got for, one to a file.

mod client_credentials;
mod jwt_bearer;
#[cfg(feature = "danger-password-grant")]
mod password;
mod refresh;
mod token_exchange;

use std::sync::Arc;

use authwright_core::{Scheme, Tokens};

#[cfg(feature = "danger-password-grant")]
pub use self::password::PasswordGrant;
pub(crate) use self::refresh::redeem;
pub use self::{
    client_credentials::ClientCredentials,
    jwt_bearer::JwtBearer,
    refresh::RefreshGrant,
    token_exchange::{Subject, TokenExchange},
};
use crate::{dpop::DpopToken, service::Service};

/// How tokens go that are bound to a key.
pub(crate) fn bound_scheme(service: &Arc<Service>, tokens: &Tokens) -> Option<Arc<dyn Scheme>> {
    let bound = service.binding.is_some();
    bound.then(|| -> Arc<dyn Scheme> { Arc::new(DpopToken::new(tokens.clone(), Arc::clone(service))) })
}
