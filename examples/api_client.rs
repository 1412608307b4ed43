//! A client library of your own: typed methods over a base URL, five seconds in all, typed errors. Once with reqwest and
//! once with ureq.
//!
//! ```sh
//! cargo run --example api_client
//! ```

use std::{error::Error, fmt, time::Duration};

use authwright_examples::{Embedded, secrets, use_ring};
use authwright_reqwest::{ApiKey, Auth, Client, Denied};
use authwright_ureq::Agent;
use serde::{Deserialize, Serialize};

const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug, Deserialize)]
struct Order {
    id: u64,
    item: String,
    quantity: u32,
}

#[derive(Serialize)]
struct Draft<'a> {
    item: &'a str,
    quantity: u32,
}

/// What users of this client can act on.
#[derive(Debug)]
enum ShopError {
    /// The key is wrong or missing: somebody must supply another.
    Key(String),
    /// The key is right but may not do this.
    NotPermitted(String),
    /// Nobody's fault: try later.
    Unavailable(String),
    /// The shop or this client has a bug.
    Broken(String),
}

/// The async one.
struct Shop {
    api: Client,
}

impl Shop {
    fn new(base_url: &str, auth: Auth) -> Result<Self, ShopError> {
        Ok(Self { api: Client::builder(auth).base_url(base_url).timeout(TIMEOUT).build()? })
    }

    async fn orders(&self, state: &str) -> Result<Vec<Order>, ShopError> {
        Ok(self.api.get("orders").query(&[("state", state)]).send().await?.error_for_status()?.json().await?)
    }

    async fn order(&self, draft: &Draft<'_>) -> Result<Order, ShopError> {
        Ok(self.api.post("orders").json(draft).send().await?.error_for_status()?.json().await?)
    }
}

/// The blocking one.
struct BlockingShop {
    agent: Agent,
}

impl BlockingShop {
    fn new(base_url: &str, auth: Auth) -> Result<Self, ShopError> {
        Ok(Self { agent: Agent::builder(auth).base_url(base_url).timeout(TIMEOUT).build()? })
    }

    fn orders(&self, state: &str) -> Result<Vec<Order>, ShopError> {
        Ok(self.agent.get("orders").query("state", state).call()?.body_mut().read_json()?)
    }

    fn order(&self, draft: &Draft<'_>) -> Result<Order, ShopError> {
        Ok(self.agent.post("orders").send_json(draft)?.body_mut().read_json()?)
    }
}

impl ShopError {
    fn new(denied: Option<&Denied>, is_transient: bool, text: String) -> Self {
        match denied {
            Some(denied) if denied.is_forbidden() => Self::NotPermitted(text),
            Some(_) => Self::Key(text),
            None if is_transient => Self::Unavailable(text),
            None => Self::Broken(text),
        }
    }
}

impl From<authwright_reqwest::Error> for ShopError {
    fn from(error: authwright_reqwest::Error) -> Self {
        Self::new(error.denied(), error.is_transient(), error.to_string())
    }
}

/// For `error_for_status` and `json`, which are reqwest's own.
impl From<reqwest::Error> for ShopError {
    fn from(error: reqwest::Error) -> Self {
        authwright_reqwest::Error::from(error).into()
    }
}

impl From<authwright_ureq::Error> for ShopError {
    fn from(error: authwright_ureq::Error) -> Self {
        Self::new(error.denied(), error.is_transient(), error.to_string())
    }
}

/// For `read_json`, which is ureq's own.
impl From<ureq::Error> for ShopError {
    fn from(error: ureq::Error) -> Self {
        authwright_ureq::Error::from(error).into()
    }
}

impl fmt::Display for ShopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(why) => write!(f, "the shop does not know you: {why}"),
            Self::NotPermitted(why) => write!(f, "the shop does not let you: {why}"),
            Self::Unavailable(why) => write!(f, "the shop is closed, try later: {why}"),
            Self::Broken(why) => write!(f, "the shop and this program disagree: {why}"),
        }
    }
}

impl Error for ShopError {}

fn main() -> Result<(), Box<dyn Error>> {
    use_ring();
    let server = Embedded::start()?;
    let right = Auth::new(server.origin(), ApiKey::header("X-API-Key", secrets::HEADER_KEY))?;
    let wrong = Auth::new(server.origin(), ApiKey::header("X-API-Key", "yesterday"))?;
    with_reqwest(server.origin(), right.clone(), wrong.clone())?;
    with_ureq(server.origin(), right, wrong)?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn with_reqwest(base_url: &str, right: Auth, wrong: Auth) -> Result<(), ShopError> {
    let shop = Shop::new(base_url, right)?;
    println!("reqwest  open: {}", list(&shop.orders("open").await?));
    println!("reqwest  made: {}", list(&[shop.order(&Draft { item: "ladder", quantity: 1 }).await?]));
    if let Err(error) = Shop::new(base_url, wrong)?.orders("open").await {
        println!("reqwest  {error}");
    }
    Ok(())
}

fn with_ureq(base_url: &str, right: Auth, wrong: Auth) -> Result<(), ShopError> {
    let shop = BlockingShop::new(base_url, right)?;
    println!("ureq     open: {}", list(&shop.orders("open")?));
    println!("ureq     made: {}", list(&[shop.order(&Draft { item: "ladder", quantity: 1 })?]));
    if let Err(error) = BlockingShop::new(base_url, wrong)?.orders("open") {
        println!("ureq     {error}");
    }
    Ok(())
}

fn list(orders: &[Order]) -> String {
    let order = |order: &Order| format!("#{} {} {}", order.id, order.quantity, order.item);
    orders.iter().map(order).collect::<Vec<_>>().join(", ")
}
