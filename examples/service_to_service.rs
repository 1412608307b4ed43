//! A service calls another in its own name, with nobody behind it: the client credentials grant, by a secret or by a key. With
//! reqwest.
//!
//! ```sh
//! cargo run --example service_to_service    # a server of its own
//! export OAUTH_ISSUER=https://login.example.com OAUTH_CLIENT_ID=billing OAUTH_API=https://orders.example.com/orders
//! OAUTH_CLIENT_SECRET=… cargo run --example service_to_service    # or: OAUTH_CLIENT_KEY=billing.pem
//! ```

use std::error::Error;

use authwright_examples::{LoginServer, Yours, secrets, use_ring};
use authwright_oauth2::Registration;
use authwright_reqwest::{Auth, Client, Tokens};

/// What a program does: one token for all its requests, renewed ahead of its end.
async fn run(app: &Registration, url: &str) -> Result<(), Box<dyn Error>> {
    let tokens = Tokens::new(app.client_credentials())?;
    let api = Client::new(Auth::new(url, &tokens)?)?;

    // Optional: what is wrong shows here, and not with the first customer.
    let token = api.token(&tokens).await?;
    println!("  token {}, for {:?}", token.fingerprint(), token.granted_scope().unwrap_or_default());
    println!("  the API says {}", api.get(url).send().await?.error_for_status()?.text().await?);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    use_ring();
    if let Some(yours) = Yours::from_env()? {
        return run(&yours.app, &yours.url).await;
    }
    let server = LoginServer::start()?;
    let app = |id| Registration::new(server.issuer(), id).scope("orders.read");

    println!("by a secret"); // in your program: Secret::env("BILLING_SECRET")
    run(&app("billing").secret(secrets::BILLING_SECRET), server.api()).await?;

    println!("by a key, which is never sent"); // in your program: PrivateKey::pem(Secret::file("robot.pem"))
    run(&app("robot").key(server.key()), server.api()).await?;

    println!("by yesterday's secret");
    if let Err(error) = run(&app("billing").secret("yesterday"), server.api()).await {
        println!("  {error}");
    }
    Ok(())
}
