//! A service between others passes a request on in the name of its caller, and with a token that is good at the next service alone
//! (RFC 8693). With reqwest.
//!
//! ```sh
//! cargo run --example token_exchange    # a server of its own
//! export OAUTH_ISSUER=https://login.example.com OAUTH_CLIENT_ID=gateway OAUTH_CLIENT_SECRET=…
//! OAUTH_API=https://orders.example.com/orders cargo run --example token_exchange -- "$TOKEN_OF_A_CALLER"
//! ```

use std::{env, error::Error};

use authwright_examples::{LoginServer, Yours, secrets, use_ring};
use authwright_oauth2::{Registration, Session};
use authwright_reqwest::{Auth, Client, MemoryStore, TokenPool, Tokens};

/// What a gateway has: one client, and a cache for each caller's token.
struct Gateway {
    api: Client,
    exchanged: TokenPool<String>,
    url: String,
}

impl Gateway {
    /// `app` says who the gateway is, `url` what it asks for behind it.
    fn new(app: Registration, url: &str) -> Result<Self, Box<dyn Error>> {
        let app = app.resource(url);
        let exchange = move |incoming: &String| Tokens::new(app.token_exchange(incoming.as_str()));
        Ok(Self {
            api: Client::new(Auth::none())?,
            exchanged: TokenPool::new(1000, exchange),
            url: url.into(),
        })
    }

    /// A request of a caller, who has sent this token.
    async fn pass_on(&self, incoming: &str) -> Result<String, Box<dyn Error>> {
        let auth = Auth::new(&*self.url, self.exchanged.get(&incoming.to_owned())?)?;
        Ok(self.api.get(&self.url).auth(&auth).send().await?.error_for_status()?.text().await?)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    use_ring();
    if let Some(yours) = Yours::from_env()? {
        let incoming = env::args().nth(1).ok_or("the caller's token is missing")?;
        println!("{}", Gateway::new(yours.app, &yours.url)?.pass_on(&incoming).await?);
        return Ok(());
    }

    let server = LoginServer::start()?;
    let app = Registration::new(server.issuer(), "gateway").secret(secrets::GATEWAY_SECRET);
    let gateway = Gateway::new(app.scope("orders.read"), server.api())?;

    let incoming = token_of_a_caller(&server).await?;
    for _ in 0..3 {
        println!("in the caller's name: {}", gateway.pass_on(&incoming).await?);
    }
    println!("the server saw {:?}: three requests, one exchange", server.server().grants());
    if let Err(error) = gateway.pass_on("a-token-of-nobody").await {
        println!("{error}");
    }
    Ok(())
}

/// Somebody signs in at a program of theirs, which then calls the gateway with its token.
async fn token_of_a_caller(server: &LoginServer) -> Result<String, Box<dyn Error>> {
    let app = Registration::new(server.issuer(), "acme-cli").scope("repo");
    let session = Session::new(app, MemoryStore::new())?;
    let program = Client::new(Auth::none())?;
    program.run_flow(session.login(server.browser())).await?;
    Ok(program.token(session.tokens()).await?.expose().to_owned())
}
