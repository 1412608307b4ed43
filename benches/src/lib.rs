//! What the credentials of Authwright cost, in instructions and allocations. They repeat; a stopwatch does not.
//!
//! `cargo run --release -p authwright-benches --bin report` runs every case once under callgrind and prints one table:
//! each case beside its floor, the limit it must keep, and whether it does. A case is a few lines in [`cases`]; the
//! limits stand beside it.
//!
//! `--bin throughput` is the stopwatch: requests per second on loopback, for people, never for a test.

pub mod callgrind;
pub mod cases;
pub mod region;
pub mod server;
pub mod shape;
pub mod table;
