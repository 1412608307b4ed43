//! Digest and Password through the exchange: what servers do that no specification has foreseen, and what came of it once.

mod nonces;
mod servers;
mod support;
