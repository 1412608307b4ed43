//! Against a real Redis: `tests/interop/run redis` starts one, and runs these.

mod conformance;
mod fences;
mod locks;
mod outages;
mod processes;
mod secrets;
mod support;
#[cfg(feature = "tls")]
mod tls;
