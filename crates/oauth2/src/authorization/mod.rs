//! The authorization code grant (RFC 6749 section 4.1) with PKCE (RFC 7636): a person signs in somewhere else, and comes
//! back with a code.

mod begin;
mod callback;
mod finish;
mod finished;
mod pending;
mod pkce;

pub use self::pending::Pending;
pub(crate) use self::{begin::Request, callback::Callback};
