//! Credentials, origins and the per-request machine of Authwright.
//!
//! A program says once who it is and where that may be used ([`Auth`]); each request then runs through an
//! [`Exchange`], which decides hop by hop what to attach, whether to send again and whether to follow. This crate opens
//! no socket and knows no client: `authwright-reqwest` and `authwright-ureq` drive it, and re-export what their users
//! need.
//!
//! * What to say: [`Secret`], [`ApiKey`], [`Basic`], [`Bearer`], [`Origin`], [`Auth`]; with feature `digest`, `Digest` and
//!   `Password`, which answer what a server asks.
//! * What a server asks for: [`challenge`].
//! * A scheme of your own: [`Scheme`], [`Hop`].
//! * A client of your own: [`exchange`].
//!
//! Reading: environment variables and files are read once, when an [`Auth`] is built or [`Secret::read`] is called; again with
//! [`RotatingSecret::reload`]; and a `.netrc` where [`Netrc`] is asked for. Beyond that nothing here performs I/O, and the time is that of the client's [`Clock`].

mod auth;
#[doc(hidden)]
pub mod base_url;
pub mod challenge;
mod clock;
#[cfg(feature = "config")]
pub mod config;
mod denied;
mod encode;
mod error;
pub mod exchange;
mod fingerprint;
pub mod flow;
mod hop;
#[doc(hidden)]
pub mod location;
mod netrc;
mod observe;
#[cfg(feature = "openapi")]
pub mod openapi;
mod origin;
mod proxy;
mod response;
mod scheme;
mod schemes;
mod secret;
mod seldom;
mod slot;
pub mod store;
mod target;
mod tokens;
mod trail;
mod type_name;

#[cfg(feature = "config")]
pub use self::config::AuthConfig;
#[cfg(feature = "openapi")]
pub use self::openapi::OpenApi;
#[cfg(feature = "digest")]
pub use self::schemes::{Digest, Password};
pub use self::{
    auth::{Auth, Explanation},
    base_url::{BaseUrl, BaseUrlError},
    challenge::{Challenge, Challenges},
    clock::Clock,
    denied::{Denied, StepUp},
    error::{Error, Fault},
    exchange::{Exchange, Follow, Next, Outgoing, Policy, Ready},
    fingerprint::Fingerprint,
    flow::{Flow, Io},
    hop::{Body, Hop},
    netrc::Netrc,
    observe::Event,
    origin::{IntoOrigins, Origin},
    proxy::{IntoProxyCredential, ProxyAccess, ProxyDenied},
    response::ResponseView,
    scheme::{IntoScheme, Launch, Resend, Scheme, Stamp, Step, Verdict},
    schemes::{ApiKey, Basic, Bearer, RotatingSecret, Value},
    secret::{Secret, SecretValue},
    slot::Slot,
    store::{MemoryStore, TokenStore},
    target::{OriginText, Target},
    tokens::{
        Acquire, Acquired, Flight, IntoSource, Landing, LoginEndpoint, Source, Supplied, Token, TokenEvent,
        TokenPool, TokenSource, Tokens, TokensBuilder,
    },
    trail::{Trail, TrailEvent, TrailLine},
};
#[doc(hidden)]
pub use self::{denied::retry_after, encode::join_jar_cookies, type_name::type_name};
pub use http;
