//! Authenticated HTTP for any `tower` service that sends `http::Request`s: hyper-util's client, tonic's channel, whatever other layers
//! make of them.
//!
//! ```
//! use authwright_tower::{Auth, AuthLayer, Bearer, Secret};
//! # use {bytes::Bytes, http::{Request, Response}, http_body_util::Full, tower_layer::Layer, tower_service::Service};
//!
//! # fn build<C>(client: C) -> Result<(), Box<dyn std::error::Error>>
//! # where
//! #     C: Service<Request<Full<Bytes>>, Response = Response<Full<Bytes>>> + Clone + Send + 'static,
//! #     C::Error: std::error::Error + Send + Sync,
//! #     C::Future: Send,
//! # {
//! # let token = Secret::new("t0ken");
//! let auth = Auth::new("https://api.example.com", Bearer::new(token))?;
//! let api = AuthLayer::new(auth).flows(client.clone()).layer(client); // a hyper_util::client::legacy::Client
//! # Ok(()) }
//! ```
//!
//! # What differs from the client inside
//!
//! * Credentials go on where their origin covers the URI, and nowhere else: not to the host a redirect leads to.
//! * Redirects are delivered, as these clients do. Asked [for](AuthLayer::max_redirects), they are followed here, hop by hop, so that every
//!   hop is judged afresh. **The client inside must follow none**, and hyper-util's and tonic's do not.
//! * A client for **one server**, such as tonic's channel, is said to be one: [`origin`](AuthLayer::origin). What names another
//!   server would go to that one all the same, with the wrong credential.
//! * A 401 or 403 is an [`Error`] that owns the response and says why, unless [`denied_as_error(false)`](AuthLayer::denied_as_error)
//!   is said, or the caller set the credential by hand, or said [`WithoutAuth`].
//! * A body says whether it can be sent again: [`Replay`]. For bodies that do not, say [`any_body`](AuthLayer::any_body) or
//!   [`buffered`](AuthLayer::buffered).
//! * Tokens are fetched with the client you say: [`flows`](AuthLayer::flows). Without one, an entry that needs a fetch is an error.
//! * A request says what it wants for itself in its extensions: [`WithAuth`], [`WithoutAuth`], [`Explain`].
//!
//! # What it leaves to others
//!
//! * Timeouts: put a timeout around the service. A request that is dropped loses nothing; a fetch it began goes on.
//! * Proxies: they are the client's, and so are their credentials.
//! * Base URLs and cookie jars.
//!
//! # Readiness
//!
//! The client is asked whether it is ready before every send, and the one that was ready is the one called. While a request waits for a
//! token, it keeps no place at the client: the fetch may need it.

mod body;
mod buffer;
mod error;
mod flow;
mod layer;
mod request;
mod run;
mod service;
mod uri;

pub use authwright_core;
#[cfg(feature = "config")]
pub use authwright_core::AuthConfig;
pub use authwright_core::{
    ApiKey, Auth, Basic, Bearer, Body as HopBody, Challenge, Challenges, Clock, Denied, Error as SchemeError,
    Event, Explanation, Fault, Fingerprint, Flow, Hop, IntoOrigins, IntoScheme, IntoSource, Io,
    LoginEndpoint, MemoryStore, Netrc, Origin, ProxyDenied, Resend, ResponseView, RotatingSecret, Scheme,
    Secret, SecretValue, Slot, Source, Stamp, Step, StepUp, Supplied, Token, TokenEvent, TokenPool,
    TokenSource, TokenStore, Tokens, TokensBuilder, Trail, TrailEvent, TrailLine, Value, Verdict,
};
#[cfg(feature = "digest")]
pub use authwright_core::{Digest, Password};
#[cfg(feature = "openapi")]
pub use authwright_core::{
    OpenApi,
    openapi::{Credential, Credentials},
};
pub use bytes;
pub use http;

pub use self::{
    body::{AnyBody, Bodies, Buffered, Kept, Replay, Replayed},
    buffer::Buffer,
    error::Error,
    layer::AuthLayer,
    request::{Explain, WithAuth, WithoutAuth},
    service::AuthService,
};
