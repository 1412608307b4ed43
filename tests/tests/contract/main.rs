//! The contract: what holds on every driver. Tests that carry an obligation's number begin with it (`a10_…`).

mod basic;
mod bearer;
mod bodies;
mod bounds;
mod caller;
mod canary;
mod digest;
mod nasty;
mod oauth;
mod observed;
mod options;
mod origins;
mod proxies;
mod proxy_answers;
mod redirects;
mod refused;
mod rotated_key;
mod rotating;
mod rotation;
mod support;
mod tls;
mod token_canary;
mod tokens;
mod transcript;
