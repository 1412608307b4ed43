//! Authwright.
