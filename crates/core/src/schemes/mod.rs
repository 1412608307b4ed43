//! The schemes that place a value. What users write ([`ApiKey`], [`Basic`], [`Bearer`]) is a description; [`Auth::new`]
//! resolves and checks it once and keeps a ready header value, query pair or cookie; of a token, one for each
//! token that comes.
//!
//! [`Auth::new`]: crate::Auth::new

mod api_key;
mod basic;
mod bearer;
#[cfg(feature = "digest")]
mod digest;
#[cfg(feature = "digest")]
mod negotiated;
#[cfg(feature = "digest")]
mod password;
mod placed;
mod rotating;
mod token;
mod value;

pub(crate) use self::bearer::bearer_value;
#[cfg(feature = "digest")]
pub(crate) use self::digest::{Asked, Engine, MD5_IS_OFF};
pub use self::{api_key::ApiKey, basic::Basic, bearer::Bearer, rotating::RotatingSecret, value::Value};
#[cfg(feature = "digest")]
pub use self::{digest::Digest, password::Password};
