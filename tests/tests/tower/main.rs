//! The tower layer: what is its own. What it shares with the other drivers is in the contract suite.

mod bodies;
mod errors;
mod flows;
mod grpc;
mod hosts;
mod readiness;
mod requests;
mod support;
