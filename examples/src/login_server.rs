//! An authorization server of OAuth 2 and an API that takes its tokens, on the loopback interface: the strict ones of the test
//! kit, which refuse what is not by the letter.
//!
//! | client | is | may ask for |
//! |---|---|---|
//! | `acme-cli` | a program on somebody's machine, without a secret | `repo`, `offline_access` |
//! | `shop` | a web application with a secret | `cart`, `orders` |
//! | `billing` | a service with a secret | `orders.read` |
//! | `robot` | a service with a [key](LoginServer::key) | `orders.read` |
//! | `gateway` | a service between others, with a secret | `orders.read` |

use std::{io, time::SystemTime};

use authwright_oauth2::{Browser, IntoSigner, PrivateKey};
use authwright_testkit::{
    AuthServer, DpopPolicy, Host, Net, NoncePolicy, Place, Received, RegisteredClient, Reply, TestClock,
};

use crate::{
    embedded::HELLO_FROM_ELSEWHERE,
    secrets::{BILLING_SECRET, GATEWAY_SECRET, SHOP_SECRET},
};

/// The two servers, and one that belongs to somebody else. They stop when this is dropped.
#[derive(Debug)]
pub struct LoginServer {
    net: Net,
    server: AuthServer,
    clock: TestClock,
    key: PrivateKey,
}

const API: usize = 0;
const SERVER: usize = 1;
const OTHER: usize = 2;

impl LoginServer {
    /// Starts them on free ports.
    ///
    /// # Errors
    /// No port can be opened on the loopback interface, or no key can be made.
    pub fn start() -> io::Result<Self> {
        Self::start_behind(|_| ())
    }

    /// The same. Each request for a token goes through this first, which may take its time.
    ///
    /// # Errors
    /// The same.
    pub fn start_behind(door: impl Fn(&Received) + Send + Sync + 'static) -> io::Result<Self> {
        let places = [Place::http(Host::V4), Place::http(Host::V4), Place::http(Host::Localhost)];
        let net = Net::start(&places, |_| Reply::status(503))?;
        let clock = TestClock::at(SystemTime::now());
        let key = PrivateKey::generate().key_id("robot-1");
        let signer = key.clone().into_signer().map_err(io::Error::other)?;
        let public = signer.public_key().map(|key| key.to_jwk()).unwrap_or_default();
        let server = AuthServer::builder(net.origin(SERVER), &clock)
            .resource_origin(net.origin(API))
            .dpop(DpopPolicy::Supported)
            .token_nonces(NoncePolicy::Demanded)
            .resource_nonces(NoncePolicy::Demanded)
            .client(
                RegisteredClient::public("acme-cli")
                    .redirect_uri("http://127.0.0.1/callback")
                    .scopes("repo offline_access"),
            )
            .client(
                RegisteredClient::basic("shop", SHOP_SECRET)
                    .redirect_uri("https://shop.example/callback")
                    .redirect_uri("http://127.0.0.1/callback")
                    .scopes("cart orders"),
            )
            .client(RegisteredClient::basic("billing", BILLING_SECRET).scopes("orders.read"))
            .client(
                RegisteredClient::private_key_jwt("robot", serde_json::from_str(&public)?)
                    .scopes("orders.read"),
            )
            .client(RegisteredClient::basic("gateway", GATEWAY_SECRET).scopes("orders.read"))
            .build();
        let answers = server.clone();
        net.set_script(move |request| match request.origin {
            API => answers.resource(request),
            SERVER => {
                if request.path() == "/token" {
                    door(request);
                }
                answers.answer(request)
            }
            _ => Reply::ok(HELLO_FROM_ELSEWHERE),
        });
        Ok(Self { net, server, clock, key })
    }

    /// Where somebody signs in: the issuer, such as `http://127.0.0.1:40123`.
    pub fn issuer(&self) -> &str {
        self.net.origin(SERVER)
    }

    /// The origin of the API. It answers every path with the name of who has signed in.
    pub fn api(&self) -> &str {
        self.net.origin(API)
    }

    /// The origin of the server that belongs to somebody else.
    pub fn other_origin(&self) -> &str {
        self.net.origin(OTHER)
    }

    /// The requests that the API has received.
    pub fn api_requests(&self) -> Vec<Received> {
        self.net.requests().into_iter().filter(|request| request.origin == API).collect()
    }

    /// Every byte that each has received: the API, the authorization server, and the one of somebody else.
    pub fn received(&self) -> [Vec<u8>; 3] {
        [API, SERVER, OTHER].map(|place| self.net.bytes(place))
    }

    /// The time of all. A client that goes by it too need not wait: a device that polls every five seconds does so at once.
    pub fn clock(&self) -> TestClock {
        self.clock.clone()
    }

    /// The key of the client `robot`.
    pub fn key(&self) -> PrivateKey {
        self.key.clone()
    }

    /// A browser whose person says yes at once. In your program: `Browser::new()`.
    pub fn browser(&self) -> Browser {
        // The server redirects to the program that waits, and the agent follows, as a browser does.
        Browser::opened_by(|url| ureq::get(url).call().map(drop).map_err(io::Error::other))
    }

    /// What else the server can be told and asked.
    pub fn server(&self) -> &AuthServer {
        &self.server
    }
}
