//! A scheme of your own: signs method, target, date and body with HMAC-SHA-256.
//!
//! ```sh
//! cargo run --example custom_scheme
//! cargo test --example custom_scheme
//! ```

use std::{fmt, time::SystemTime};

use authwright_examples::{Embedded, secrets, use_ring};
use authwright_reqwest::{Auth, Client, Hop, Scheme, SchemeError, Secret, SecretValue, Step, Trail};
use hmac::{KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Sends `x-date` and `authorization: HMAC id:signature`.
#[derive(Debug)]
struct Hmac {
    id: String,
    key: SecretValue,
}

impl Hmac {
    fn new(id: &str, key: &Secret) -> Result<Self, SchemeError> {
        Ok(Self { id: id.to_owned(), key: key.read()? })
    }

    fn sign(&self, text: &str) -> String {
        let mac =
            hmac::Hmac::<Sha256>::new_from_slice(self.key.as_bytes()).expect("HMAC takes keys of any length");
        hex(&mac.chain_update(text).finalize().into_bytes())
    }
}

impl Scheme for Hmac {
    fn needs_body(&self) -> bool {
        true
    }

    #[rustfmt::skip]
    fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, SchemeError> {
        let date = rfc3339(hop.now());
        let text = format!("{}\n{}\n{date}\n{}", hop.method(), hop.target(), sha256_hex(hop.body()));
        hop.header("x-date", &date)?.header("authorization", format!("HMAC {}:{}", self.id, self.sign(&text)))?;
        Ok(Step::Send)
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HMAC of {} ({})", self.id, self.key.fingerprint())
    }
}

fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

// That was all. The rest uses it, against a server that checks the signature.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    use_ring();
    let server = Embedded::start()?;
    let hmac = Hmac::new(secrets::SIGNER, &Secret::new(secrets::SIGNING_KEY))?;
    let api = Client::new(Auth::new(server.origin(), hmac)?)?;

    let response = api.post(server.url("/signed?x=1")).body(r#"{"item": "anvil"}"#).explain().send().await?;
    println!("{}", response.extensions().get::<Trail>().ok_or("no trail")?);
    println!("the server says: {}", response.text().await?);

    let forger = Hmac::new(secrets::SIGNER, &Secret::new("a guess"))?;
    let api = Client::new(Auth::new(server.origin(), forger)?)?;
    let refused = api.get(server.url("/signed")).send().await.expect_err("the key is wrong");
    println!("with another key: {refused}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_the_same_request_in_the_same_way() -> Result<(), SchemeError> {
        let hmac = Hmac::new("agent-7", &Secret::new("k3y"))?;
        let mut hop = Hop::test("POST", "https://api.example.com/v1/orders")
            .with_body(b"{}")
            .at(SystemTime::UNIX_EPOCH);
        hmac.authorize(&mut hop)?;
        assert_eq!(hop.attached("x-date"), Some("1970-01-01T00:00:00Z"));
        assert_eq!(
            hop.attached("authorization"),
            Some("HMAC agent-7:cf007522302c3a2a8ed40e948fc3848257d264b2d4413f65bd7dbdf8d50594ac")
        );
        Ok(())
    }
}
