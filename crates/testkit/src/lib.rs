//! For the tests of code that uses Authwright: an API to run it against, and a clock that the test moves.
//!
//! [`FakeServer`] is an HTTP/1.1 server on the loopback interface, where plain `http` needs no opt-in. It answers what the test sets,
//! issues tokens and checks them, and keeps every byte it receives. [`TestClock`] stands still until the test
//! [advances](TestClock::advance) it, so that a token expires when the test says so.
//!
//! ```
//! use authwright_testkit::FakeServer;
//! use authwright_ureq::{Agent, Auth, Bearer};
//!
//! let server = FakeServer::start()?;
//! server.on("GET /v1/orders").json(r#"[{"id": 1}]"#);
//!
//! let agent = Agent::new(Auth::new(server.url(), Bearer::new("t0ken"))?)?; // your code goes here
//! let orders = agent.get(format!("{}/v1/orders", server.url())).call()?.body_mut().read_to_string()?;
//!
//! assert_eq!(orders, r#"[{"id": 1}]"#);
//! assert_eq!(server.requests()[0].header("authorization"), Some("Bearer t0ken"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The feature `contract`
//!
//! It adds what Authwright's own tests stand on: `Net`, a scripted server with many origins, TLS and bad manners; `DigestRealm`, a
//! referee of Digest; `AuthServer`, one of OAuth 2; generators; and the `Driver` that a property of the contract suite runs on. It brings rustls and proptest, and may change with any release.

mod channel;
mod clock;
mod connection;
mod fake;
mod listen;
mod parse;
mod received;
mod reply;
mod respond;
mod state;

pub use clock::TestClock;
pub use fake::{FakeServer, Issued, Route, TokenEndpoint};
pub use received::Received;
pub use reply::Reply;

#[cfg(feature = "contract")]
mod digest;
#[cfg(feature = "contract")]
mod driver;
#[cfg(feature = "contract")]
mod forward;
#[cfg(feature = "contract")]
mod generate;
#[cfg(feature = "contract")]
mod memory;
#[cfg(feature = "contract")]
mod memory_flow;
#[cfg(feature = "contract")]
mod net;
#[cfg(feature = "contract")]
mod oauth;
#[cfg(feature = "contract")]
mod place;
#[cfg(feature = "contract")]
mod tls;

#[cfg(feature = "contract")]
pub use self::{
    digest::{Accepted, DigestBuilder, DigestRealm, Proof, Rejected},
    driver::{
        Driver, Ending, Outcome, Plan, PlanAccess, PlanBody, PlanProxy, Setting, TokenFailure, run_flow,
    },
    generate::{Chain, Credential, Leg, Spelling, bodies, chains, credentials, methods, origins},
    memory::Memory,
    net::Net,
    oauth::{
        AuthServer, AuthServerBuilder, Callback, DevicePoll, DpopPolicy, DpopProof, DpopVerifier, Endpoint,
        ExpectedProof, IdTokenDraft, NoncePolicy, ProofRejected, Pushed, RefreshTokens, RegisteredClient,
        Registration,
    },
    place::{Host, Place},
};
