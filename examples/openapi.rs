//! Two APIs, each with an OpenAPI document: one wants a key and a user's token together, the other a token of OAuth 2. With ureq.
//!
//! ```sh
//! cargo run --example openapi
//! ```

use std::error::Error;

use authwright_examples::{Embedded, LoginServer, References, secrets};
use authwright_ureq::{Agent, OpenApi};

/// What the shop says of itself. Its server is the one the document was found at.
const SHOP: &str = r#"{
    "openapi": "3.0.4",
    "info": { "title": "A shop", "version": "1" },
    "servers": [{ "url": "/" }],
    "security": [{ "app": [], "user": [] }, { "session": [] }],
    "paths": { "/two": { "get": { "responses": { "200": { "description": "Welcome" } } } } },
    "components": { "securitySchemes": {
        "app": { "type": "apiKey", "in": "header", "name": "X-API-Key" },
        "user": { "type": "http", "scheme": "bearer" },
        "session": { "type": "apiKey", "in": "cookie", "name": "session" }
    } }
}"#;

/// What the API behind it says. `API` and `ISSUER` are the servers of this run.
const ORDERS: &str = r#"{
    "openapi": "3.1.1",
    "info": { "title": "Orders", "version": "1" },
    "servers": [{ "url": "API" }],
    "security": [{ "services": ["orders.read"] }],
    "components": { "securitySchemes": {
        "services": { "type": "oauth2", "flows": { "clientCredentials": {
            "tokenUrl": "ISSUER/token", "scopes": { "orders.read": "Reads orders" }
        } } }
    } }
}"#;

fn main() -> Result<(), Box<dyn Error>> {
    let (shop, orders, files) = (Embedded::start()?, LoginServer::start()?, References::new("openapi")?);
    // In your program: "env:SHOP_KEY".
    let (key, token) = (files.to(secrets::HEADER_KEY)?, files.to(secrets::TOKEN)?);

    let api: OpenApi = serde_json::from_str(SHOP)?;
    let api = api.found_at(shop.url("/openapi.json"));
    let config = api.clone().credential("app", &*key).credential("user", &*token).config()?;
    let agent = Agent::new(config.build()?)?;
    println!("the shop says {}", agent.get(shop.url("/two")).call()?.body_mut().read_to_string()?);

    let document = ORDERS.replace("API", orders.api()).replace("ISSUER", orders.issuer());
    let secret = files.to(secrets::BILLING_SECRET)?;
    let config = serde_json::from_str::<OpenApi>(&document)?
        .credential("services", [("client_id", "billing"), ("client_secret", &*secret)])
        .config()?;
    let agent = Agent::new(config.build_with(&[authwright_oauth2::schemes])?)?;
    println!("the orders say {}", agent.get(orders.api()).call()?.body_mut().read_to_string()?);

    println!("\nwhat the document was understood to say:\n{}", serde_json::to_string_pretty(&config)?);

    println!("\nand where something is missing it is said");
    for names in [&["app"][..], &["app", "usr"], &[]] {
        let api = names.iter().fold(api.clone(), |api, name| api.credential(*name, &*key));
        if let Err(error) = api.config() {
            println!("  {error}");
        }
    }
    if let Err(error) = config.build() {
        println!("  {error}");
    }
    Ok(())
}
