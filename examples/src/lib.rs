//! What the examples share: an [`Embedded`] server that checks credentials, an [`Echo`] that speaks gRPC, a [`LoginServer`] that issues tokens, the [`secrets`]
//! they expect, [`Yours`] for a server of your own, and two helpers.

mod echo;
pub mod embedded;
mod login_server;
mod realms;
mod references;
pub mod secrets;
mod shop;
mod signature;
mod yours;

pub use echo::Echo;
pub use embedded::Embedded;
pub use login_server::LoginServer;
pub use references::References;
pub use yours::Yours;

/// The page whose code needs what only the examples depend on.
#[cfg(doctest)]
#[doc = include_str!("../../docs/howto/count-and-trace.md")]
struct CountAndTrace;

/// Makes ring the TLS of this process. reqwest without a TLS provider of its own asks for this before the first client.
///
/// A program that enables reqwest's default features does not need it.
pub fn use_ring() {
    // It fails where a provider has been chosen before, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Splits `--base-url URL` from the other arguments of the program.
///
/// # Errors
/// Nothing follows `--base-url`.
pub fn arguments() -> Result<(Option<String>, Vec<String>), &'static str> {
    let (mut base_url, mut rest) = (None, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--base-url" {
            base_url = Some(arguments.next().ok_or("--base-url needs a URL after it")?);
        } else {
            rest.push(argument);
        }
    }
    Ok((base_url, rest))
}
