//! What needs no Redis: a server that plays a part on loopback.

mod fake;
mod limits;
mod refusals;
