//! An API on the loopback interface that checks credentials to the letter, and two servers that belong to somebody else.
//!
//! | path | answers 200 to |
//! |---|---|
//! | `/open` | anybody |
//! | `/key/header`, `/key/prefixed`, `/key/query`, `/key/cookie` | an API key in that place |
//! | `/key/partner` | the field `X-Partner` |
//! | `/basic`, `/bearer`, `/two` | Basic; a bearer token; `X-API-Key` and a bearer token |
//! | `/digest`, `/digest/md5` | Digest, with MD5 or SHA-256; with MD5 alone |
//! | `/digest/brief` | Digest, with nonces that are good for one request |
//! | `/digest/unknown` | nobody: it asks for Digest with an algorithm that does not exist |
//! | `/negotiate` | Digest, where Negotiate and Basic are offered too |
//! | `/login` | a POST of `email` and `password` in JSON, with a token for `/bearer` |
//! | `/tenant` | the key of a tenant, with the tenant's name |
//! | `/forbidden` | nobody: 403 to the right token, 401 to others |
//! | `/signed` | a request with a good signature: see the example `custom_scheme` |
//! | `/data/2.5/weather` | the weather's `appid`, as `OpenWeatherMap` does |
//! | `/orders`, `/stock`, `/customers` | `X-API-Key`: a small shop in JSON |
//!
//! `/redirect/307/bearer` sends to `/bearer`, `/evil/307/bearer` to another host and `/port/307/bearer` to another port of
//! the same host: with any of the five codes and any of the paths above, and only where the credential is right.

use std::io;

use authwright_testkit::{Host, Net, Place, Received, Reply};

use crate::{realms::Realms, secrets, shop, signature};

/// The servers. They stop when this is dropped.
#[derive(Debug)]
pub struct Embedded {
    net: Net,
}

/// What the other servers say, so that a test can tell who answered.
pub const HELLO_FROM_ELSEWHERE: &str = "this is another server";

const API: usize = 0;
const OTHER_HOST: usize = 1;
const OTHER_PORT: usize = 2;

impl Embedded {
    /// Starts the servers on free ports.
    ///
    /// # Errors
    /// No port can be opened on the loopback interface.
    pub fn start() -> io::Result<Self> {
        let places = [Place::http(Host::V4), Place::http(Host::Localhost), Place::http(Host::V4)];
        let net = Net::start(&places, |_| Reply::status(503))?;
        let (other_host, other_port) = (net.origin(OTHER_HOST).to_owned(), net.origin(OTHER_PORT).to_owned());
        let realms = Realms::new();
        net.set_script(move |request| match request.origin {
            API => answer(request, &realms, &other_host, &other_port),
            _ => Reply::ok(HELLO_FROM_ELSEWHERE),
        });
        Ok(Self { net })
    }

    /// The origin of the API, such as `http://127.0.0.1:40123`.
    pub fn origin(&self) -> &str {
        self.net.origin(API)
    }

    /// The origins that belong to somebody else: another host, and another port of the same host.
    pub fn other_origins(&self) -> [&str; 2] {
        [self.net.origin(OTHER_HOST), self.net.origin(OTHER_PORT)]
    }

    /// The URL of a path of the API.
    pub fn url(&self, path: &str) -> String {
        self.net.url(API, path)
    }

    /// Every byte the API has received.
    pub fn received(&self) -> Vec<u8> {
        self.net.bytes(API)
    }

    /// Every byte the other servers have received.
    pub fn received_elsewhere(&self) -> Vec<u8> {
        [self.net.bytes(OTHER_HOST), self.net.bytes(OTHER_PORT)].concat()
    }

    /// How many requests the other servers have received.
    pub fn requests_elsewhere(&self) -> usize {
        self.net.requests().iter().filter(|request| request.origin != API).count()
    }
}

fn answer(request: &Received, realms: &Realms, other_host: &str, other_port: &str) -> Reply {
    let path = request.path();
    let to = match path.split('/').nth(1) {
        Some("redirect") => "",
        Some("evil") => other_host,
        Some("port") => other_port,
        _ => return resource(request, realms, path),
    };
    let Some((code, resource_path)) = redirect(path) else { return Reply::status(404) };
    let reply = resource(request, realms, resource_path);
    if reply.status_code() == 200 { Reply::redirect(code, &format!("{to}{resource_path}")) } else { reply }
}

/// `/evil/307/bearer` is `(307, "/bearer")`.
fn redirect(path: &str) -> Option<(u16, &str)> {
    let (_, rest) = path.get(1..)?.split_once('/')?;
    let slash = rest.find('/')?;
    let code = rest[..slash].parse().ok().filter(|code| [301, 302, 303, 307, 308].contains(code))?;
    Some((code, &rest[slash..]))
}

fn resource(request: &Received, realms: &Realms, path: &str) -> Reply {
    if let Some(reply) = realms.reply(request, path) {
        return reply;
    }
    match path {
        "/open" => Reply::ok("hello, whoever you are"),
        "/key/header" => hello_if(has_header_key(request), "ApiKey"),
        "/key/prefixed" => {
            let expected = format!("ApiKey {}", secrets::PREFIXED_KEY);
            hello_if(only(request, "authorization") == Some(&expected), "ApiKey")
        }
        "/key/query" => hello_if(query_key(request).as_deref() == Some(secrets::QUERY_KEY), "ApiKey"),
        "/key/cookie" => {
            let expected = format!("session={}", secrets::COOKIE_KEY);
            hello_if(only(request, "cookie") == Some(&expected), "Cookie")
        }
        "/key/partner" => hello_if(only(request, "x-partner") == Some(secrets::PARTNER), "Partner"),
        "/basic" => {
            let expected = format!("Basic {}", secrets::BASIC);
            hello_if(
                only(request, "authorization") == Some(&expected),
                r#"Basic realm="API", charset="UTF-8""#,
            )
        }
        "/bearer" => hello_if(has_token(request), r#"Bearer error="invalid_token""#),
        "/two" => hello_if(has_token(request) && has_header_key(request), "Bearer, ApiKey"),
        "/login" => login(request),
        "/tenant" => match only(request, "x-api-key") {
            Some(secrets::ACME_KEY) => Reply::ok("hello, acme"),
            Some(secrets::GLOBEX_KEY) => Reply::ok("hello, globex"),
            _ => Reply::unauthorized("ApiKey"),
        },
        "/forbidden" if has_token(request) => Reply::status(403)
            .header("www-authenticate", r#"Bearer error="insufficient_scope", scope="orders.write""#),
        "/forbidden" => Reply::unauthorized(r#"Bearer error="invalid_token""#),
        "/signed" => hello_if(signature::is_good(request), "HMAC"),
        "/data/2.5/weather" => shop::weather(request),
        "/orders" | "/stock" | "/customers" if !has_header_key(request) => Reply::unauthorized("ApiKey"),
        "/orders" => shop::orders(request),
        "/stock" => shop::stock(),
        "/customers" => shop::customers(),
        _ => Reply::status(404).body("nothing here"),
    }
}

/// The JSON of an API that follows no standard.
fn login(request: &Received) -> Reply {
    let fields = request.json();
    if request.method == "POST"
        && fields["email"] == secrets::EMAIL
        && fields["password"] == secrets::LOGIN_PASSWORD
    {
        return Reply::json(&format!(r#"{{"data":{{"token":"{}","ttl":300}}}}"#, secrets::TOKEN));
    }
    Reply::status(401).body("unknown email or password")
}

fn hello_if(right: bool, challenge: &str) -> Reply {
    if right { Reply::ok("hello") } else { Reply::unauthorized(challenge) }
}

fn has_header_key(request: &Received) -> bool {
    only(request, "x-api-key") == Some(secrets::HEADER_KEY)
}

fn has_token(request: &Received) -> bool {
    only(request, "authorization").and_then(|value| value.strip_prefix("Bearer ")) == Some(secrets::TOKEN)
}

/// The query parameter `api_key`, if it is there once.
fn query_key(request: &Received) -> Option<String> {
    let names = request.query()?.split('&').filter(|pair| pair.starts_with("api_key="));
    (names.count() == 1).then(|| request.query_value("api_key"))?
}

/// The value of a field that is there once.
pub(crate) fn only<'a>(request: &'a Received, name: &str) -> Option<&'a str> {
    match request.header_all(name)[..] {
        [value] => Some(value),
        _ => None,
    }
}
