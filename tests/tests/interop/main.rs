//! Several processes with one login in a real Redis: `tests/interop/run redis` starts one, and runs these.

#[path = "redis.rs"]
mod backend;
#[path = "../processes/child.rs"]
mod child;
#[path = "../processes/fleet.rs"]
mod fleet;
#[path = "../processes/kills.rs"]
mod kills;
