//! A web application whose visitors sign in at another server: begun by one handler, finished by another, for any number of people
//! at once. With axum and reqwest.
//!
//! ```sh
//! cargo run --example code_flow_web    # with two visitors that are played, and a server of its own
//! export OAUTH_ISSUER=https://login.example.com OAUTH_CLIENT_ID=shop OAUTH_CLIENT_SECRET=… OAUTH_API=https://api.example.com/cart
//! cargo run --example code_flow_web    # registered: http://127.0.0.1:8400/callback
//! ```

use std::{
    collections::HashMap,
    error::Error,
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
};

use authwright_examples::{LoginServer, Yours, secrets, use_ring};
use authwright_oauth2::{Pending, Registration, Sessions};
use authwright_reqwest::{Auth, Client, MemoryStore, SecretValue};
use axum::{
    Router,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
    routing::get,
};
use tokio::net::TcpListener;

/// One for all visitors.
struct Shop {
    api: Client,
    /// With several machines in `authwright_redis::RedisStore`, where all of them find it.
    sessions: Sessions,
    /// Logins under way, each of the browser it was begun in. With several machines this is in Redis too, with an hour to live:
    /// `to_record` makes a text of it.
    pending: Mutex<HashMap<String, SecretValue>>,
    redirect_uri: String,
    url: String,
}

/// Sends the visitor away to sign in.
async fn login(State(shop): State<Arc<Shop>>) -> Result<impl IntoResponse, Failed> {
    let pending = shop.api.run_flow(shop.sessions.begin(&*shop.redirect_uri)).await?;
    let visitor = new_name()?;
    let to = Redirect::to(pending.url());
    shop.pending().insert(visitor.clone(), pending.to_record());
    Ok((called(&visitor), to))
}

/// They come back. What is kept for their own browser is the only login they can finish, and once.
async fn callback(
    State(shop): State<Arc<Shop>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<impl IntoResponse, Failed> {
    let record = visitor(&headers).and_then(|visitor| shop.pending().remove(visitor));
    let Some(record) = record else { return Err(Failed(StatusCode::BAD_REQUEST, "begin at /login".into())) };
    // Another name from now on: the old one may have been planted before anybody signed in. If your program knows its
    // people by something else, it is that here.
    let user = new_name()?;
    let finish = shop.sessions.user(&user).finish(Pending::from_record(&record)?, query.unwrap_or_default());
    shop.api.run_flow(finish).await?;
    Ok((called(&user), Redirect::to("/cart")))
}

/// A page that needs the visitor's own token.
async fn cart(State(shop): State<Arc<Shop>>, headers: HeaderMap) -> Result<Response, Failed> {
    let Some(user) = visitor(&headers) else { return Ok(Redirect::to("/login").into_response()) };
    let auth = Auth::new(&*shop.url, shop.sessions.user(user).tokens())?;
    match shop.api.get(&shop.url).auth(&auth).send().await {
        Ok(response) => Ok(format!("a cart of {}\n", response.text().await?).into_response()),
        Err(error) if error.is_login_required() => Ok(Redirect::to("/login").into_response()),
        Err(error) => Err(error.into()),
    }
}

async fn logout(State(shop): State<Arc<Shop>>, headers: HeaderMap) -> Result<&'static str, Failed> {
    if let Some(user) = visitor(&headers) {
        shop.api.run_flow(shop.sessions.user(user).logout()).await?;
    }
    Ok("signed out\n")
}

impl Shop {
    fn router(app: &Registration, here: &str, url: &str) -> Result<Router, Box<dyn Error>> {
        let shop = Self {
            api: Client::new(Auth::none())?,
            sessions: Sessions::new(app, MemoryStore::new())?,
            pending: Mutex::default(),
            redirect_uri: format!("{here}/callback"),
            url: url.to_owned(),
        };
        Ok(Router::new()
            .route("/login", get(login))
            .route("/callback", get(callback))
            .route("/cart", get(cart))
            .route("/logout", axum::routing::post(logout))
            .with_state(Arc::new(shop)))
    }

    fn pending(&self) -> std::sync::MutexGuard<'_, HashMap<String, SecretValue>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nobody can guess it. Your framework's sessions have such names already.
fn new_name() -> Result<String, Failed> {
    let mut bytes = [0; 16];
    let failed = |_| Failed(StatusCode::INTERNAL_SERVER_ERROR, "no random numbers".into());
    getrandom::fill(&mut bytes).map_err(failed)?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

/// On https add `; Secure`.
fn called(name: &str) -> AppendHeaders<[(header::HeaderName, String); 1]> {
    AppendHeaders([(header::SET_COOKIE, format!("visitor={name}; Path=/; HttpOnly; SameSite=Lax"))])
}

fn visitor(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split("; ").find_map(|cookie| cookie.strip_prefix("visitor="))
}

/// What the visitor reads. The texts of errors hold no secret; whether they are for visitors is for you to say.
struct Failed(StatusCode, String);

impl From<authwright_reqwest::Error> for Failed {
    fn from(error: authwright_reqwest::Error) -> Self {
        Self(StatusCode::BAD_GATEWAY, error.to_string())
    }
}

impl From<authwright_reqwest::SchemeError> for Failed {
    fn from(error: authwright_reqwest::SchemeError) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl From<reqwest::Error> for Failed {
    fn from(error: reqwest::Error) -> Self {
        authwright_reqwest::Error::from(error).into()
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (self.0, format!("{}\n", self.1)).into_response()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    use_ring();
    let yours = Yours::from_env()?;
    let port = if yours.is_some() { 8400 } else { 0 };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let here = format!("http://{}", listener.local_addr()?);
    if let Some(yours) = yours {
        println!("open {here}/cart in a browser");
        return Ok(axum::serve(listener, Shop::router(&yours.app, &here, &yours.url)?).await?);
    }

    let server = LoginServer::start()?;
    let app = Registration::new(server.issuer(), "shop").secret(secrets::SHOP_SECRET).scope("cart");
    tokio::spawn(axum::serve(listener, Shop::router(&app, &here, server.api())?).into_future());
    visitors(&here).await
}

/// Two people, and somebody who sends a third one a callback of their own.
async fn visitors(here: &str) -> Result<(), Box<dyn Error>> {
    let (mut one, mut two, mut three) = (Visitor::default(), Visitor::default(), Visitor::default());
    for visitor in [&mut one, &mut two] {
        print!("/cart               {}", visitor.open(&format!("{here}/cart")).await?);
    }
    print!("/cart again         {}", one.open(&format!("{here}/cart")).await?);
    three.step(&format!("{here}/login")).await?;
    let planted = format!("{here}/callback?code=planted&state=planted");
    print!("a planted callback  {}", three.open(&planted).await?);
    Ok(())
}

/// As much of a browser as this needs.
#[derive(Default)]
struct Visitor {
    cookie: String,
}

impl Visitor {
    /// Opens a page, wherever it leads.
    async fn open(&mut self, url: &str) -> Result<String, Box<dyn Error>> {
        let mut response = self.step(url).await?;
        while let Some(next) = response.headers().get(header::LOCATION) {
            let next = response.url().join(next.to_str()?)?;
            response = self.step(next.as_str()).await?;
        }
        Ok(response.text().await?)
    }

    async fn step(&mut self, url: &str) -> Result<reqwest::Response, Box<dyn Error>> {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        let response = http.get(url).header(header::COOKIE, &self.cookie).send().await?;
        if let Some(cookie) = response.headers().get(header::SET_COOKIE) {
            cookie.to_str()?.split(';').next().unwrap_or_default().clone_into(&mut self.cookie);
        }
        Ok(response)
    }
}
