//! Tokens that a library of somebody else's hands out: an async one for reqwest, a blocking one for ureq.
//!
//! ```sh
//! cargo run --example vault
//! ```

use std::{error::Error, time::SystemTime};

use authwright_examples::{Embedded, use_ring};
use authwright_reqwest::{Auth, Client, Fault, SchemeError, Token, Tokens};
use authwright_ureq::Agent;

/// Stands for the client of a vault: what you would find on crates.io.
mod library {
    use std::time::Duration;

    use authwright_examples::secrets;

    #[derive(Debug)]
    pub(crate) struct Vault {
        pub(crate) is_sealed: bool,
    }

    #[derive(Debug)]
    pub(crate) struct Sealed;

    pub(crate) struct Lease {
        pub(crate) value: String,
        pub(crate) lifetime: Duration,
    }

    impl Vault {
        pub(crate) async fn read(&self, name: &str) -> Result<Lease, Sealed> {
            tokio::task::yield_now().await;
            self.read_blocking(name)
        }

        pub(crate) fn read_blocking(&self, name: &str) -> Result<Lease, Sealed> {
            println!("  the vault was asked for {name}");
            if self.is_sealed {
                return Err(Sealed);
            }
            Ok(Lease { value: secrets::TOKEN.into(), lifetime: Duration::from_secs(300) })
        }
    }
}

use library::{Lease, Sealed, Vault};

/// For reqwest: it may await whatever the library awaits.
#[derive(Debug)]
struct FromVault(Vault);

#[authwright_reqwest::async_trait]
impl authwright_reqwest::TokenProvider for FromVault {
    async fn token(&self) -> Result<Token, SchemeError> {
        self.0.read("shop/token").await.map(token).map_err(|error| sealed(&error))
    }
}

/// For ureq: it is called on a thread where it may block.
#[derive(Debug)]
struct FromVaultBlocking(Vault);

impl authwright_ureq::TokenProvider for FromVaultBlocking {
    fn token(&self) -> Result<Token, SchemeError> {
        self.0.read_blocking("shop/token").map(token).map_err(|error| sealed(&error))
    }
}

/// With a lifetime it is renewed ahead of its end, without one when a server refuses it.
fn token(lease: Lease) -> Token {
    Token::new(lease.value).lifetime(SystemTime::now(), lease.lifetime)
}

/// A vault that is sealed will be opened again: the error passes, and a token that is still good stays in use.
fn sealed(_: &Sealed) -> SchemeError {
    SchemeError::new(Fault::Store, "the vault is sealed").transient()
}

fn main() -> Result<(), Box<dyn Error>> {
    use_ring();
    let server = Embedded::start()?;
    println!("reqwest");
    with_reqwest(server.origin())?;

    println!("ureq");
    let tokens = Tokens::new(authwright_ureq::Provided::by(FromVaultBlocking(Vault { is_sealed: false })))?;
    let agent = Agent::builder(Auth::new(server.origin(), tokens)?).base_url(server.origin()).build()?;
    for _ in 0..3 {
        println!("  {}", agent.get("bearer").call()?.status());
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn with_reqwest(origin: &str) -> Result<(), Box<dyn Error>> {
    let tokens = Tokens::new(authwright_reqwest::Provided::by(FromVault(Vault { is_sealed: false })))?;
    let api = Client::builder(Auth::new(origin, tokens)?).base_url(origin).build()?;
    for _ in 0..3 {
        println!("  {}", api.get("bearer").send().await?.status());
    }
    Ok(())
}
