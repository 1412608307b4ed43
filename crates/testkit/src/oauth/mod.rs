//! An authorization server of OAuth 2 and a protected resource, as strict as they can be: the referee of our own client.
//!
//! They are written from the RFCs alone and share nothing with the OAuth 2 crate, so that a mistake there is not repeated
//! here. What a real server would overlook is refused, and kept in words: see
//! [`violations`](AuthServer::violations).

mod assertion;
mod authorize;
mod builder;
mod clients;
mod dpop;
mod form;
mod jws;
mod login;
mod metadata;
mod nonces;
mod refused;
mod resource;
mod server;
mod state;
mod token;

#[cfg(test)]
mod tests;

pub use self::{
    authorize::Callback,
    builder::{AuthServerBuilder, DpopPolicy, Pushed, RefreshTokens},
    clients::RegisteredClient,
    dpop::{DpopProof, DpopVerifier, ExpectedProof, ProofRejected},
    metadata::Endpoint,
    nonces::NoncePolicy,
    server::AuthServer,
};
