//! Who the program is comes from a document: three APIs, one of them by OAuth 2, one by a scheme of the program's own. With reqwest.
//!
//! ```sh
//! cargo run --example config
//! ```

use std::error::Error;

use authwright_examples::{Embedded, LoginServer, References, secrets, use_ring};
use authwright_reqwest::{
    ApiKey, AuthConfig, Client, IntoScheme,
    authwright_core::config::{Entry, Made},
};

/// A type of the program's own: `type = "tenant"`, with a key for each tenant.
fn my_schemes(entry: &Entry<'_>) -> Made {
    entry.is("tenant").then(|| {
        let (_, key) = (entry.text("name")?, entry.secret("key")?);
        ApiKey::header("X-API-Key", key).into_scheme()
    })
}

async fn run(document: &str, urls: &[String]) -> Result<(), Box<dyn Error>> {
    let config: AuthConfig = toml::from_str(document)?;
    let auth = config.build_with(&[authwright_oauth2::schemes, my_schemes])?;
    let api = Client::new(auth)?;
    for url in urls {
        println!("  {}", api.get(url).send().await?.text().await?);
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    use_ring();
    let (shop, orders, files) = (Embedded::start()?, LoginServer::start()?, References::new("config")?);
    let document = format!(
        r#"
[[auth]]
origins = "{api}/bearer"
type = "bearer"
token = "{token}"

[[auth]]
origins = "{api}/tenant"
type = "tenant"
name = "acme"
key = "{acme}"

[[auth]]
origins = ["{orders}"]
type = "client_credentials"
issuer = "{issuer}"
client_id = "billing"
client_secret = "{billing}"
scope = "orders.read"
"#,
        api = shop.origin(),
        token = files.to(secrets::TOKEN)?,
        acme = files.to(secrets::ACME_KEY)?,
        orders = orders.api(),
        issuer = orders.issuer(),
        billing = files.to(secrets::BILLING_SECRET)?,
    );
    println!("{document}\nThe APIs say");
    run(&document, &[shop.url("/bearer"), shop.url("/tenant"), orders.api().to_owned()]).await?;

    println!("\nand of documents that are not right it is said");
    for (right, wrong) in [
        ("client_credentials\"", "client_credential\""),
        ("client_id", "clientid"),
        ("[\"http", "[\"ftp"),
        ("token = \"", "token = \"my-t0ken-"),
    ] {
        if let Err(error) = run(&document.replacen(right, wrong, 1), &[]).await {
            println!("  {error}");
        }
    }
    Ok(())
}
