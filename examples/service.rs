//! A service asks several endpoints at once: one `Client`, cheap to share, with reqwest.
//!
//! ```sh
//! cargo run --example service
//! SHOP_KEY=… cargo run --example service -- --base-url https://shop.example.com
//! ```

use std::{error::Error, time::Duration};

use authwright_examples::{Embedded, arguments, secrets, use_ring};
use authwright_reqwest::{ApiKey, Auth, Client, Secret};
use serde::{Deserialize, de::DeserializeOwned};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    use_ring();
    let server = Embedded::start()?;
    let (base_url, key) = match arguments()? {
        (Some(url), _) => (url, Secret::env("SHOP_KEY")),
        (None, _) => (server.origin().to_owned(), Secret::new(secrets::HEADER_KEY)),
    };

    let auth = Auth::new(&base_url, ApiKey::header("X-API-Key", key))?;
    let api = Client::builder(auth).base_url(base_url).timeout(Duration::from_secs(5)).build()?;

    let (orders, stock, customers) = tokio::try_join!(
        list::<Order>(&api, "orders"),
        list::<Article>(&api, "stock"),
        list::<Customer>(&api, "customers"),
    )?;

    println!(
        "{} customers: {}",
        customers.len(),
        customers.iter().map(|c| &*c.name).collect::<Vec<_>>().join(", ")
    );
    for order in orders.iter().filter(|order| order.state == "open") {
        let left = stock.iter().find(|article| article.item == order.item).map_or(0, |article| article.left);
        println!("order {}: {} {}, {left} in stock", order.id, order.quantity, order.item);
    }
    Ok(())
}

/// In a real service the tasks that call this hold clones of the client, which share one pool of connections.
async fn list<T: DeserializeOwned>(api: &Client, path: &str) -> Result<Vec<T>, authwright_reqwest::Error> {
    Ok(api.get(path).send().await?.error_for_status()?.json().await?)
}

#[derive(Deserialize)]
struct Order {
    id: u64,
    item: String,
    quantity: u32,
    state: String,
}

#[derive(Deserialize)]
struct Article {
    item: String,
    left: u32,
}

#[derive(Deserialize)]
struct Customer {
    name: String,
}
