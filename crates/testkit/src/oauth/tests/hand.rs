//! Requests made by hand, right unless a test changes them.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::{
    AuthServer, AuthServerBuilder, Endpoint, RegisteredClient,
    form::{decoded, encoded},
    id_token::SigningKey,
    state::{seconds, unguessable},
};
use crate::{Received, Reply, TestClock};

pub(super) const ISSUER: &str = "https://login.example.com";
pub(super) const API: &str = "https://api.example.com";
pub(super) const CALLBACK: &str = "http://127.0.0.1:4711/callback";
/// RFC 7636 appendix B.
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Parameters whose order does not matter.
pub(super) type Pairs = Vec<(String, String)>;

pub(super) fn pairs(pairs: &[(&str, &str)]) -> Pairs {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The same with another value, or without the parameter.
pub(super) fn with(mut pairs: Pairs, name: &str, value: Option<&str>) -> Pairs {
    pairs.retain(|(key, _)| key != name);
    pairs.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    pairs
}

/// A server that knows `app`, public, and `svc`, with a secret that has to be encoded.
pub(super) fn builder() -> (AuthServerBuilder, TestClock) {
    let clock = TestClock::new();
    let app = RegisteredClient::public("app").redirect_uri("http://127.0.0.1/callback");
    let service = RegisteredClient::basic("svc", "s:3 %").redirect_uri("https://svc.example.com/cb");
    let builder = AuthServer::builder(ISSUER, &clock).client(app.scopes("openid read write")).client(service);
    (builder.resource_origin(API), clock)
}

pub(super) fn server() -> (AuthServer, TestClock) {
    let (builder, clock) = builder();
    (builder.build(), clock)
}

pub(super) fn request(method: &str, target: &str, fields: &[(&str, &str)], body: &str) -> Received {
    Received {
        origin: 0,
        method: method.to_owned(),
        target: target.to_owned(),
        version: "HTTP/1.1".to_owned(),
        headers: fields.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect(),
        body: body.as_bytes().to_vec(),
        raw: Vec::new(),
        complete: true,
    }
}

pub(super) fn path(endpoint: Endpoint) -> String {
    endpoint.url(ISSUER)[ISSUER.len()..].to_owned()
}

/// A form to an endpoint, with more fields than its content type.
pub(super) fn post(server: &AuthServer, endpoint: Endpoint, fields: &[(&str, &str)], form: &Pairs) -> Reply {
    let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
    all.extend_from_slice(fields);
    server.answer(&request("POST", &path(endpoint), &all, &encoded(form)))
}

/// To the token endpoint, without more fields.
pub(super) fn token(server: &AuthServer, form: &Pairs) -> Reply {
    post(server, Endpoint::Token, &[], form)
}

/// `svc`, as RFC 6749 section 2.3.1 has it.
pub(super) fn basic(id: &str, secret: &str) -> String {
    let half = |text: &str| encoded(&pairs(&[("", text)]))[1..].to_owned();
    let pair = format!("{}:{}", half(id), half(secret));
    format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(pair))
}

/// A right authorization request of `app`; each has a state and a verifier of its own.
pub(super) fn authorization() -> (Pairs, String) {
    let verifier = unguessable("verifier");
    let form = pairs(&[
        ("response_type", "code"),
        ("client_id", "app"),
        ("redirect_uri", CALLBACK),
        ("scope", "read"),
        ("state", &unguessable("state")),
        ("code_challenge", &BASE64URL.encode(Sha256::digest(&verifier))),
        ("code_challenge_method", "S256"),
    ]);
    (form, verifier)
}

/// What the browser is answered.
pub(super) fn browse(server: &AuthServer, form: &Pairs) -> Reply {
    server.answer(&request("GET", &format!("/authorize?{}", encoded(form)), &[], ""))
}

/// The parameters of a callback, read apart.
pub(super) fn callback_of(location: &str) -> Pairs {
    let (_, query) = location.split_once('?').unwrap();
    let half = |text: &str| decoded(text.as_bytes()).unwrap();
    query.split('&').filter_map(|pair| pair.split_once('=')).map(|(k, v)| (half(k), half(v))).collect()
}

pub(super) fn value<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// A right token request for the code of this authorization request.
pub(super) fn redemption(server: &AuthServer, form: &Pairs, verifier: &str) -> Pairs {
    let url = format!("{}?{}", server.url(Endpoint::Authorize), encoded(form));
    let callback = callback_of(&server.follow(&url));
    pairs(&[
        ("grant_type", "authorization_code"),
        ("code", value(&callback, "code").unwrap()),
        ("redirect_uri", value(form, "redirect_uri").unwrap_or(CALLBACK)),
        ("code_verifier", verifier),
        ("client_id", "app"),
    ])
}

/// The tokens of a right login of `app`.
pub(super) fn login(server: &AuthServer, scope: &str) -> Value {
    let (form, verifier) = authorization();
    let form = redemption(server, &with(form, "scope", Some(scope)), &verifier);
    let reply = token(server, &form);
    assert_eq!(reply.status_code(), 200, "{:?}", server.violations());
    super::json(&reply)
}

/// A GET on the protected resource.
pub(super) fn fetch(server: &AuthServer, fields: &[(&str, &str)]) -> Reply {
    server.resource(&request("GET", "/orders?page=2", fields, ""))
}

/// A key that makes proofs, right unless they are changed.
pub(super) struct Prover {
    pub(super) key: SigningKey,
    clock: TestClock,
}

impl Prover {
    pub(super) fn new(clock: &TestClock) -> Self {
        Self { key: SigningKey::new(), clock: clock.clone() }
    }

    /// Its public half and no more.
    pub(super) fn jwk(&self) -> Value {
        let jwk = &self.key.jwk;
        json!({"kty": "EC", "crv": "P-256", "x": jwk["x"], "y": jwk["y"]})
    }

    /// Header and claims of a right proof.
    pub(super) fn draft(&self, method: &str, url: &str) -> (Value, Value) {
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk()});
        let now = seconds(self.clock.now());
        (header, json!({"htm": method, "htu": url, "iat": now, "jti": unguessable("proof")}))
    }

    pub(super) fn proof(&self, method: &str, url: &str, token: Option<&str>, nonce: Option<&str>) -> String {
        let (header, mut claims) = self.draft(method, url);
        if let Some(token) = token {
            claims["ath"] = json!(BASE64URL.encode(Sha256::digest(token)));
        }
        if let Some(nonce) = nonce {
            claims["nonce"] = json!(nonce);
        }
        self.key.sign(&header, &claims)
    }
}

pub(super) fn later(clock: &TestClock, seconds: u64) {
    clock.advance(Duration::from_secs(seconds));
}
