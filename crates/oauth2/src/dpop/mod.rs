//! Tokens that are bound to a key (RFC 9449).

pub(crate) mod proof;
