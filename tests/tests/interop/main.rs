//! Servers that are not ours. `tests/interop/run` installs and starts them, each by itself, and runs its tests.
//!
//! `fleet` and `kills` are several processes with one login in a real Redis; the others ask HTTP servers and a proxy.

#[path = "redis.rs"]
mod backend;
#[path = "../processes/child.rs"]
mod child;
#[path = "../processes/fleet.rs"]
mod fleet;
#[path = "../processes/kills.rs"]
mod kills;

mod apache;
mod client;
mod httpbin;
mod lighttpd;
mod nginx;
mod oidc_provider;
mod squid;
mod table;
mod watch;
