//! Credentials on a client that is neither reqwest nor ureq: hyper-util's, and tonic's channel.
//!
//! ```sh
//! cargo run --example tonic_or_hyper
//! ```

use std::{
    error::Error,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use authwright_examples::{Echo, Embedded, secrets};
use authwright_testkit::FakeServer;
use authwright_tower::{
    Auth, AuthLayer, LoginEndpoint, Tokens,
    bytes::{Buf, BufMut, Bytes},
    http::Request,
};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tonic::{
    Status,
    body::Body,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    transport::Endpoint,
};
use tower::{Layer, Service, ServiceExt};

/// In your program with a connector that can TLS: `hyper_rustls::HttpsConnector`, say.
type Http = Client<HttpConnector, Full<Bytes>>;

/// hyper: the layer goes around the client, and requests are as they were.
async fn hyper(http: &Http) -> Result<(), Box<dyn Error>> {
    let server = Embedded::start()?;
    let login = LoginEndpoint::json(server.url("/login"))
        .field("email", secrets::EMAIL)
        .secret("password", secrets::LOGIN_PASSWORD) // in your program: Secret::env("SHOP_PASSWORD")
        .token_at("/data/token")
        .expires_in_at("/data/ttl");
    let auth = Auth::new(server.origin(), Tokens::new(login)?)?;

    // The same client fetches the tokens.
    let mut api = AuthLayer::new(auth).max_redirects(10).flows(http.clone()).layer(http.clone());

    for path in ["/bearer", "/redirect/307/bearer", "/evil/307/bearer"] {
        let request = Request::get(server.url(path)).body(Full::default())?;
        let response = api.ready().await?.call(request).await?;
        let text = response.into_body().collect().await?.to_bytes();
        println!("  {path}: {}", String::from_utf8_lossy(&text));
    }
    let elsewhere = String::from_utf8_lossy(&server.received_elsewhere()).into_owned();
    println!("  the token went elsewhere: {}", elsewhere.contains(secrets::TOKEN));
    Ok(())
}

/// tonic: the layer goes between the channel and the generated client. A call of one message is sent again after a renewal.
async fn tonic(http: &Http) -> Result<(), Box<dyn Error>> {
    // An authorization server, and a service that stops believing tokens when they are revoked.
    let issuer = FakeServer::start()?;
    issuer.tokens("/login");
    let (first, revoked) = (OnceLock::new(), Arc::new(AtomicBool::new(false)));
    let is_revoked = Arc::clone(&revoked);
    let server = Echo::start(move |token| {
        let is_first = first.get_or_init(|| token.to_owned()) == token;
        !(is_first && is_revoked.load(Ordering::Relaxed))
    })
    .await?;

    let tokens = Tokens::new(LoginEndpoint::form(format!("{}/login", issuer.url())))?;
    let layer = AuthLayer::new(Auth::new(server.origin(), &tokens)?)
        .grpc(server.origin())?
        .flows(http.clone())
        .buffered(64 * 1024, Body::new);
    let channel = Endpoint::from_shared(server.origin().to_owned())?.connect_lazy();
    // In your program: GreeterClient::new(layer.layer(channel))
    let mut client = tonic::client::Grpc::new(layer.layer(channel));

    for text in ["hello", "hello again, with a token that has been revoked"] {
        revoked.store(text != "hello", Ordering::Relaxed);
        client.ready().await?;
        let path = "/echo.Echo/Say".parse()?;
        let answer = client.unary(tonic::Request::new(Bytes::from(text)), path, Raw).await?;
        println!("  {} (logins so far: {})", String::from_utf8_lossy(answer.get_ref()), issuer.issued());
    }
    Ok(())
}

/// What a generated client brings along: how a message becomes bytes. Here it is bytes already.
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let http = Client::builder(TokioExecutor::new()).build_http();
    println!("hyper-util's client");
    hyper(&http).await?;
    println!("tonic's channel");
    tonic(&http).await
}
