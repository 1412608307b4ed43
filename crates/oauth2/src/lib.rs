//! OAuth 2 for [Authwright](authwright_core): from a login to a request that works, for every client that runs its flows.
//!
//! A [`Registration`] says who the program is at which server; its grants are its verbs, and each is a source of tokens. A
//! [`Session`] is a person's login, kept in a store.
//!
//! ```
//! use authwright_core::{Auth, MemoryStore, Secret, Tokens};
//! use authwright_oauth2::{Registration, Session};
//!
//! // A service in its own name.
//! let app = Registration::new("https://login.example.com", "billing").secret(Secret::new("s3cret")).scope("orders.read");
//! let auth = Auth::new("https://orders.example.com", Tokens::new(app.client_credentials())?)?;
//!
//! // A person: `session.login(Browser::new())` or `session.login(Device::new())`, with `run_flow` of either client.
//! let app = Registration::new("https://login.example.com", "acme-cli").scope("repo offline_access");
//! let session = Session::new(app, MemoryStore::new())?.hint("run `acme login`");
//! let auth = Auth::new("https://api.example.com", session.tokens())?;
//! # Ok::<(), authwright_core::Error>(())
//! ```
//!
//! | for | there is |
//! |---|---|
//! | a program in its own name | [`Registration::client_credentials`] |
//! | a person at a browser, or over SSH | [`Session::login`] with [`Browser`] or [`Device`] |
//! | many people of a web application | [`Sessions`] |
//! | a program that no server knows yet (RFC 7591) | [`Registration::obtain`] |
//! | a refresh token that somebody has | [`Registration::refresh_token`] |
//! | one token for another (RFC 8693) | [`Registration::token_exchange`] |
//! | a signed statement (RFC 7523) | [`Registration::jwt_bearer`], [`Registration::assertion`] |
//! | tokens bound to a key (RFC 9449) | [`Registration::dpop_key`] |
//!
//! # Features
//!
//! None is on by default. Beside an adapter this crate brings nine crates, itself counted (the crate `oauth2` without its HTTP
//! clients: 24 beside reqwest, 55 beside ureq), and each feature brings more, to a program that has reqwest or ureq with their own
//! default features:
//!
//! | feature | gives | by the crate | reqwest | ureq |
//! |---|---|---|---|---|
//! | `browser` | `Browser::new`, which opens the browser of the system | `webbrowser` | 1 | 33 |
//! | `keys` | `PrivateKey`, `Registration::dpop`, `Registration::secret_jwt` | `ring` | 2 | 0 |
//! | `openid` | `Registration::openid`, `Session::identity`: who has signed in | `jsonwebtoken`, `ring` | 9 | 11 |
//! | `oauth2` | `oauth2_types`: tokens as the crate `oauth2` has them | `oauth2` | 23 | 54 |
//! | `danger-password-grant` | the grant that RFC 9700 section 2.4 forbids | | 0 | 0 |
//!
//! Without `browser` a page is shown, or opened in your way ([`Browser::printed`], [`Browser::opened_by`]); without `keys` a
//! [`Signer`] of yours signs. The crate `rsa` comes with none of them.
//!
//! # What a server's answer can do
//!
//! Nothing but what RFC 6749 sections 5.1 and 5.2 give it to say. What follows from an answer is decided by its status
//! and the registered error codes:
//!
//! | answer | error | what follows |
//! |---|---|---|
//! | `invalid_grant`, `invalid_scope` | [login required](authwright_core::Error::is_login_required) | a person signs in |
//! | `invalid_client`, `unauthorized_client`, 401 | the same, naming the client | its id or secret is corrected; one that was [obtained](Registration::obtain) is registered anew |
//! | `temporarily_unavailable`, `slow_down`, 408, 429, 5xx, a page instead of JSON | [transient](authwright_core::Error::is_transient), with `Retry-After` | a valid token stays in use; tried again |
//! | any redirect | the server's fault | not followed: what was sent is for one server (section 10.4) |
//! | `invalid_request`, `unsupported_grant_type`, 404 | the caller's fault | the endpoint is corrected |
//! | 200 without a token, or with a `token_type` other than `Bearer` | the server's fault | the token is not used (section 7.1) |
//!
//! What a server says in its own words is shown escaped, cut to 200 characters, and not at all where it repeats a secret.
//!
//! # What holds, and what does not
//!
//! * A login has PKCE with S256, a `state` that is good once, and `iss` where the server sends it. Nothing goes to the token
//!   endpoint before all of that is right, and a code goes there once.
//! * Secrets, codes, verifiers, assertions and tokens go to the server they are for: to endpoints on https, or on this machine (but
//!   for [`Server::danger_plain_http`]), and along no redirect. No `Debug`, error or log line of ours shows one.
//! * Endpoints are given by hand, or are those of metadata whose issuer is the one asked for, to the letter. A stored refresh token goes to the server
//!   that issued it.
//! * The listener of [`Browser`] is on loopback, takes one answer at one path, and is open while a login is under way. Other programs
//!   of the machine can make it fail; without the state they sign nobody in.
//! * [`Pending::to_record`] is a secret, and belongs to the session of the browser that was sent away: who can put another in its
//!   place signs somebody in under another name.
//! * PKCE says nothing about who sits at the browser, and with [`Device`] nothing does: who types a stranger's code signs the
//!   stranger in.
//! * A bound token protects from whoever reads it on its way or in a log. With `Registration::dpop` the key is beside it in the store;
//!   a [`Signer`] keeps it elsewhere.

mod answer;
mod assertion;
mod authorization;
mod browser;
mod client;
#[cfg(feature = "config")]
pub mod config;
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
mod register;
mod registration;
mod revocation;
mod said;
mod server;
mod service;
mod session;
#[cfg(test)]
mod testing;

#[doc(hidden)]
pub use self::browser::{fuzz_pasted, fuzz_request_head};
#[cfg(feature = "config")]
pub use self::config::schemes;
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
    register::NewClient,
    registration::Registration,
    revocation::Introspection,
    server::{Server, providers},
    session::{Ask, Login, Session, Sessions},
};
