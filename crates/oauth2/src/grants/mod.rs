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
pub(crate) use self::refresh::{Wanted, redeem};
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

/// RFC 9700 section 2.4: in the default build nobody can ask for a token by a person's password.
///
/// ```compile_fail,E0599
/// use authwright_oauth2::Registration;
///
/// Registration::new("https://login.example.com", "app").danger_password("sam", "hunter2");
/// ```
#[cfg(all(doctest, not(feature = "danger-password-grant")))]
mod q2_the_password_grant_is_not_in_the_default_build {}
