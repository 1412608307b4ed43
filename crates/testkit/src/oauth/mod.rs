//! An authorization server of OAuth 2 and a protected resource, as strict as they can be: the referee of our own client.
//!
//! They are written from the RFCs alone and share nothing with the OAuth 2 crate, so that a mistake there is not repeated
//! here. What a real server would overlook is refused, and kept in words: see
//! [`violations`](AuthServer::violations).

mod afterwards;
mod assertion;
mod authenticate;
mod authorize;
mod builder;
mod clients;
mod device;
mod dpop;
mod exchange;
mod form;
mod id_token;
mod jws;
mod login;
mod metadata;
mod nonces;
mod pushed;
mod refused;
mod registration;
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
    device::DevicePoll,
    dpop::{DpopProof, DpopVerifier, ExpectedProof, ProofRejected},
    id_token::IdTokenDraft,
    metadata::Endpoint,
    nonces::NoncePolicy,
    registration::Registration,
    server::AuthServer,
};
