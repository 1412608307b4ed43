//! The server side of Digest (RFC 7616), as strict as it can be: the referee of our own client.
//!
//! It is written from the RFC alone and shares nothing with core, neither parser nor hashes, so that a mistake there is not
//! repeated here. What a real server would overlook is refused, and in words.

mod algorithm;
mod answer;
mod builder;
mod check;
mod credentials;
mod info;
mod nonces;
mod realm;
mod username;

#[cfg(test)]
mod tests;

pub use self::{
    answer::{Accepted, Rejected},
    builder::{DigestBuilder, Proof},
    realm::DigestRealm,
};
