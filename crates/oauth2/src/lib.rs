//! OAuth 2 for [Authwright](authwright_core): grants as token sources, for every client that runs its flows.
//!
//! So far there is the grant that keeps a login alive, [`RefreshGrant`] (RFC 6749 section 6). Somebody has logged in
//! elsewhere and has a refresh token; from there on it is redeemed when a token is needed, once for everybody.
//!
//! ```
//! use authwright_core::{Auth, MemoryStore, Secret, Tokens};
//! use authwright_oauth2::Registration;
//!
//! let grant = RefreshGrant::new("https://login.example.com/oauth/token", "my-app")
//!     .secret(Secret::new("s3cret"))
//!     .refresh_token(Secret::new("r3fresh"));
//! // Where refresh tokens are good once, whatever is to outlive the process needs a store that does.
//! let tokens = Tokens::builder(grant).store(MemoryStore::new()).build()?;
//! let auth = Auth::new("https://api.example.com", &tokens)?;
//! # Ok::<(), authwright_core::Error>(())
//! ```
//!
//! # What a server's answer can do
//!
//! Nothing but what RFC 6749 sections 5.1 and 5.2 give it to say. What follows from an answer is decided by its status
//! and the registered error codes:
//!
//! | answer | error | what follows |
//! |---|---|---|
//! | `invalid_grant`, `invalid_scope` | [login required](authwright_core::Error::is_login_required) | a person signs in |
//! | `invalid_client`, `unauthorized_client`, 401 | the same, naming the client | its id or secret is corrected |
//! | `temporarily_unavailable`, `slow_down`, 408, 429, 5xx, a page instead of JSON | [transient](authwright_core::Error::is_transient), with `Retry-After` | a valid token stays in use; tried again |
//! | any redirect | the server's fault | not followed: what was sent is for one server (section 10.4) |
//! | `invalid_request`, `unsupported_grant_type`, 404 | the caller's fault | the endpoint is corrected |
//! | 200 without a token, or with a `token_type` other than `Bearer` | the server's fault | the token is not used (section 7.1) |
//!
//! What a server says in its own words is shown escaped, cut to 200 characters, and not at all where it repeats a secret.

mod answer;
mod assertion;
mod authorization;
mod browser;
mod client;
mod device;
mod dpop;
mod endpoint;
mod errors;
mod grants;
#[cfg(feature = "openid")]
mod id_token;
mod jws;
mod keys;
#[cfg(feature = "oauth2")]
pub mod oauth2_types;
#[cfg(feature = "openid")]
mod openid;
mod random;
mod registration;
mod revocation;
mod said;
mod server;
mod service;
mod session;
#[cfg(test)]
mod testing;

#[cfg(feature = "danger-password-grant")]
pub use self::grants::PasswordGrant;
#[cfg(feature = "openid")]
pub use self::id_token::IdClaims;
#[cfg(feature = "openid")]
#[doc(hidden)]
pub use self::id_token::fuzz_id_token;
#[cfg(feature = "keys")]
pub use self::keys::PrivateKey;
pub use self::{
    authorization::Pending,
    browser::{Browser, Prompt},
    device::Device,
    grants::{ClientCredentials, JwtBearer, RefreshGrant, Subject, TokenExchange},
    keys::{Algorithm, IntoSigner, PublicKey, Signer},
    registration::Registration,
    revocation::Introspection,
    server::{Server, providers},
    session::{Ask, Login, Session, Sessions},
};
