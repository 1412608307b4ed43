//! The test kit of Authwright: what its tests stand on, and nothing a user's program links.
//!
//! Its heart is [`Net`], a scripted HTTP/1.1 server on the loopback interface. One `Net` serves any number of [`Place`]s, each an origin
//! of its own (another address, another port, with or without TLS, with a good or a bad certificate). A script answers each request
//! ([`Received`]) with a [`Reply`], which may be well-behaved or hostile: late, endless, cut off in the middle, early. Everything a client
//! sent is kept, byte for byte, so a test can prove not only what arrived but also that a secret did *not* arrive.
//!
//! [`TestClock`] is a clock that moves only when the test says so.
//!
//! ```
//! use authwright_testkit::{Host, Net, Place, Reply};
//!
//! let net = Net::start(&[Place::http(Host::V4)], |request| match request.header("authorization") {
//!     Some("Bearer t1") => Reply::ok("hello"),
//!     _ => Reply::unauthorized("Bearer"),
//! })?;
//! assert!(net.url(0, "/me").starts_with("http://127.0.0.1:"));
//! assert!(net.requests().is_empty());
//! # Ok::<(), std::io::Error>(())
//! ```

mod channel;
mod clock;
mod connection;
mod driver;
mod generate;
mod listen;
mod memory;
mod net;
mod parse;
mod place;
mod received;
mod reply;
mod respond;
mod state;
mod tls;

pub use clock::TestClock;
pub use driver::{Driver, Ending, Outcome, Plan, PlanBody};
pub use generate::{Chain, Credential, Leg, Spelling, bodies, chains, credentials, methods, origins};
pub use memory::Memory;
pub use net::Net;
pub use place::{Host, Place};
pub use received::Received;
pub use reply::Reply;
