//! Authenticated HTTP for [`ureq`]: say once who you are and where that may be used, then just make requests.
//!
//! ```no_run
//! # fn run() -> Result<(), authwright_ureq::Error> {
//! use authwright_ureq::{Agent, ApiKey, Auth, Secret};
//!
//! let auth = Auth::new("https://api.openweathermap.org", ApiKey::query("appid", Secret::env("OPENWEATHER_KEY")))?;
//! let agent = Agent::new(auth)?;
//! let url = "https://api.openweathermap.org/data/2.5/weather";
//! let now = agent.get(url).query("q", "Oslo").call()?.body_mut().read_to_string()?;
//! # Ok(()) }
//! ```
//!
//! # What differs from a bare `ureq::Agent`
//!
//! * Credentials go on where their origin covers the URL, and nowhere else: not to the host a redirect leads to.
//! * Redirects are followed here, hop by hop, so that every hop is judged afresh; ureq's `redirect_auth_headers` has no
//!   effect. A body of bytes is sent again where 307 or 308 asks for it, which ureq refuses. A redirect that cannot be
//!   followed is delivered. ureq's `max_redirects` and `max_redirects_will_error` count as before.
//! * A 401 or 403 is an [`Error`] that owns the response and says why. All other statuses are as in ureq
//!   (`http_status_as_error`), and so are these two where the caller set the credential by hand or said
//!   [`without_auth`](RequestBuilder::without_auth).
//! * A 407 is an [`Error`] too, of a proxy.
//! * `timeout_global` covers the whole request with all its hops, as before, and resends too.
//! * [`header`](RequestBuilder::header) replaces, it does not append.
//! * An empty POST, PUT or PATCH says `Content-Length: 0`, where ureq sends an empty chunk.
//! * Errors carry no key, path or query.
//!
//! Proxies, TLS, compression, middleware and everything else of your own
//! [`ConfigBuilder`](ureq::config::ConfigBuilder) keep working. Middleware runs once per send, and sees what is sent,
//! credentials included.
//!
//! # What cannot be cleaned
//!
//! A key in the query is part of the URL that ureq sees. Its own log (`DEBUG` and `TRACE` of the crates `ureq` and
//! `ureq_proto`) can show it, and so does `ureq::ResponseExt::get_uri` on a response. Prefer a key in a header where
//! the API offers both. `get_redirect_history` knows the last hop only; [`explain`](RequestBuilder::explain) knows all.
//!
//! With feature `cookies`, ureq's jar adds a second `Cookie` field beside a credential sent as a cookie: servers that
//! read only one of them need the jar to stay empty.
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

mod agent;
mod authorize;
mod body;
mod builder;
mod config;
mod error;
mod failed;
mod flow;
mod provider;
mod query;
mod request;
mod run;
mod send;
mod uri;

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
pub use ureq;

pub use self::{
    agent::Agent,
    body::IntoBody,
    builder::AgentBuilder,
    error::Error,
    provider::{Provided, TokenProvider},
    request::{AnyBody, RequestBuilder, WithBody, WithoutBody},
    uri::IntoUrl,
};
