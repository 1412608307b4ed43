//! The fake server, seen from a bare socket and from ureq.

mod client;
mod refresh;
mod routes;
mod server;
mod tokens;
