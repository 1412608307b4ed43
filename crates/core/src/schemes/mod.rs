//! The static schemes. What users write ([`ApiKey`], [`Basic`], [`Bearer`]) is a description; [`Auth::new`]
//! resolves and checks it once and keeps a ready header value, query pair or cookie.
//!
//! [`Auth::new`]: crate::Auth::new

mod api_key;
mod basic;
mod bearer;
mod placed;

pub use api_key::ApiKey;
pub use basic::Basic;
pub use bearer::Bearer;
