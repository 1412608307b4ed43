//! Authenticated HTTP for [`reqwest`]: say once who you are and where that may be used, then just make requests.
//!
//! ```no_run
//! # async fn run() -> Result<(), authwright_reqwest::Error> {
//! use authwright_reqwest::{Auth, Bearer, Client, Secret};
//!
//! let auth = Auth::new("https://api.github.com", Bearer::new(Secret::env("GITHUB_TOKEN")))?;
//! let api = Client::builder(auth).http(reqwest::Client::builder().user_agent("triage/1.0")).build()?;
//! let me = api.get("https://api.github.com/user").send().await?.text().await?;
//! # Ok(()) }
//! ```
//!
//! # What differs from a bare `reqwest::Client`
//!
//! * Credentials go on where their origin covers the URL, and nowhere else: not to the host a redirect leads to.
//! * Redirects are followed here, hop by hop, so that every hop is judged afresh. No `Referer` is sent.
//! * A 401 or 403 is an [`Error`] that owns the response and says why; a caller who set the credential by hand, or
//!   said [`without_auth`](RequestBuilder::without_auth), gets the response as usual. All other statuses are as in
//!   reqwest.
//! * A 407 is an [`Error`] too, of a proxy, whether it refused a tunnel or a request.
//! * A timeout covers the whole request with all its hops. It and default headers are set on
//!   [our builder](ClientBuilder), because reqwest would apply them to every hop anew.
//! * [`header`](RequestBuilder::header) replaces, it does not append.
//! * URLs in responses and errors carry no key.
//!
//! Proxies, TLS, HTTP/2, compression and everything else of your own `reqwest::ClientBuilder` keep working.
//!
//! # Which credential for which case
//!
//! | the API says | you write |
//! |---|---|
//! | "send `X-API-Key: …`" | [`ApiKey::header("X-API-Key", key)`](ApiKey::header) |
//! | "send `Authorization: ApiKey …`" | `ApiKey::header("Authorization", key).prefix("ApiKey")` |
//! | "add `?api_key=…`" | [`ApiKey::query("api_key", key)`](ApiKey::query) |
//! | "send the cookie `session=…`" | [`ApiKey::cookie("session", key)`](ApiKey::cookie) |
//! | "HTTP Basic", user and password | `("user", password)` or [`Basic`] |
//! | "HTTP Digest" | `Digest::new("user", password)`, with feature `digest` |
//! | a password, and the server chooses | `Password::new("user", password)`, with feature `digest` |
//! | "bearer token", "personal access token" | [`Bearer`] |
//! | "log in with user and password, the token expires" | [`Tokens::new(LoginEndpoint::json(url)…)`](LoginEndpoint) |
//! | "get a token by this HTTP call" | [`Tokens::new`] of a [`TokenSource`] of yours |
//! | a vault or a cloud SDK has the token | [`Tokens::new(Provided::by(..))`](Provided), a [`TokenProvider`] of yours |
//! | the token goes into a field of its own | [`ApiKey::header("X-Auth-Token", &tokens)`](ApiKey::header) |
//! | something of its own | a [`Scheme`] of yours |

mod authorize;
mod body;
mod builder;
mod client;
mod error;
mod flow;
mod inspect;
#[cfg(feature = "cookies")]
mod jar;
mod provider;
mod proxies;
mod request;
mod response;
mod run;
mod service;
mod tls;
mod url;

/// For implementations of [`TokenProvider`].
pub use async_trait::async_trait;
pub use authwright_core;
#[cfg(feature = "config")]
pub use authwright_core::AuthConfig;
pub use authwright_core::{
    ApiKey, Auth, Basic, Bearer, Body as HopBody, Challenge, Challenges, Clock, Denied, Error as SchemeError,
    Event, Explanation, Fault, Fingerprint, Flow, Hop, IntoOrigins, IntoProxyCredential, IntoScheme,
    IntoSource, Io, LoginEndpoint, MemoryStore, Netrc, Origin, ProxyDenied, Resend, ResponseView,
    RotatingSecret, Scheme, Secret, SecretValue, Slot, Source, Stamp, Step, StepUp, Supplied, Token,
    TokenEvent, TokenPool, TokenSource, TokenStore, Tokens, TokensBuilder, Trail, TrailEvent, TrailLine,
    Value, Verdict,
};
#[cfg(feature = "digest")]
pub use authwright_core::{Digest, Password};
#[cfg(feature = "openapi")]
pub use authwright_core::{
    OpenApi,
    openapi::{Credential, Credentials},
};
#[cfg(feature = "file-store")]
pub use authwright_store::FileStore;
#[cfg(feature = "keyring")]
pub use authwright_store::Keyring;
pub use http;
pub use reqwest;

pub use self::{
    authorize::Authorize,
    builder::ClientBuilder,
    client::Client,
    error::Error,
    provider::{Provided, TokenProvider},
    request::RequestBuilder,
    url::IntoUrl,
};
