//! Tokens that are bound to a key (RFC 9449): who steals one can do nothing with it.

mod key;
mod nonces;
mod proof;
mod scheme;

use authwright_core::flow::Answer;
use http::HeaderName;

#[cfg(feature = "oauth2")]
pub(crate) use self::key::is_bound;
pub(crate) use self::{
    key::{Binding, BoundKey},
    nonces::{Nonce, Nonces},
    proof::{Proof, htu},
    scheme::DpopToken,
};

/// The field that carries the proof (RFC 9449 section 4.1).
pub(crate) const PROOF: HeaderName = HeaderName::from_static("dpop");
/// The field by which a server gives its nonce (RFC 9449 section 8).
pub(crate) const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
/// The error code by which it asks for one.
pub(crate) const NONCE_WANTED: &str = "use_dpop_nonce";

/// Whether an authorization server asks for its nonce (RFC 9449 section 8).
pub(crate) fn is_nonce_wanted(answer: &Answer) -> bool {
    answer.status().is_client_error()
        && answer.json().is_ok_and(|json| json.text("error") == Some(NONCE_WANTED))
}
