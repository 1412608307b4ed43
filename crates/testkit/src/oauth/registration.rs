//! Clients that introduce themselves (RFC 7591).

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    AuthServer, RegisteredClient,
    clients::{Authentication, words},
    dpop::PRIVATE,
    refused::{Refused, json_reply},
    state::{State, seconds, unguessable},
};
use crate::{Received, Reply};

/// Whether clients can introduce themselves, and what becomes of them.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Registration {
    method: Option<String>,
    secret_lifetime: Option<Duration>,
    token: Option<String>,
    withheld: Vec<String>,
}

impl Registration {
    /// Open to everybody; each client gets the method it asks for, and a secret without end.
    pub fn open() -> Self {
        Self::default()
    }

    /// Decides on this `token_endpoint_auth_method`, whatever is asked for (RFC 7591 section 3.2.1).
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// How long a secret is good. A client that uses it longer breaks a rule.
    pub fn secret_lifetime(mut self, lifetime: Duration) -> Self {
        self.secret_lifetime = Some(lifetime);
        self
    }

    /// Registers nobody for this grant, whoever asks for it (RFC 7591 section 3.2.1).
    pub fn without_grant(mut self, grant: &str) -> Self {
        self.withheld.push(grant.to_owned());
        self
    }

    /// Takes only requests with this initial access token (RFC 7591 section 3).
    pub fn initial_access_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }
}

impl AuthServer {
    /// What clients said when they introduced themselves, in order.
    pub fn registrations(&self) -> Vec<Value> {
        self.state().registrations.clone()
    }

    /// The ids of the clients that introduced themselves, in order, also of those that are forgotten since.
    pub fn registered_ids(&self) -> Vec<String> {
        self.state().registered_ids.clone()
    }

    pub(super) fn register(&self, state: &mut State, request: &Received) -> Result<Reply, Refused> {
        let Some(policy) = &self.setting.registration else {
            return Err(Refused::denied("invalid_request", "nobody can register here").status(404));
        };
        check_token(policy, request)?;
        if request.header_all("content-type") != ["application/json"] {
            return Err(bad("the content type is not application/json, once"));
        }
        let said: Map<String, Value> =
            serde_json::from_slice(&request.body).map_err(|_| bad("the body is no JSON object"))?;
        state.registrations.push(Value::Object(said.clone()));
        let said = Said(said);

        let redirect_uris = said.list("redirect_uris")?.unwrap_or_default();
        let grants = said.list("grant_types")?.unwrap_or_else(|| vec!["authorization_code".to_owned()]);
        let responses = said.list("response_types")?.unwrap_or_else(|| vec!["code".to_owned()]);
        let uses_code = grants.iter().any(|grant| grant == "authorization_code");
        if uses_code != responses.iter().any(|response| response == "code") {
            return Err(bad("`grant_types` and `response_types` do not fit (RFC 7591 section 2.1)"));
        }
        if uses_code && redirect_uris.is_empty() {
            return Err(Refused::broken("invalid_redirect_uri", "`redirect_uris` is missing"));
        }
        let grants: Vec<_> = grants.into_iter().filter(|grant| !policy.withheld.contains(grant)).collect();
        for uri in &redirect_uris {
            check_redirect_uri(uri, said.text("application_type")?)?;
        }
        let asked = said.text("token_endpoint_auth_method")?.unwrap_or("client_secret_basic");
        let method = policy.method.as_deref().unwrap_or(asked);

        // No secret, and in need of encoding all the same.
        let id = format!("{}:%+/ =", unguessable("client"));
        let secret = method.starts_with("client_secret").then(|| state.fresh("secret", ":%+/ =&"));
        let mut client = RegisteredClient::new(&id, authentication(method, secret.as_ref(), &said)?);
        client.redirect_uris = redirect_uris;
        client.grants = Some(grants.clone());
        client.scopes = words(said.text("scope")?.unwrap_or_default());
        client.dpop_bound = said.0.get("dpop_bound_access_tokens") == Some(&json!(true));
        client.secret_expires = policy.secret_lifetime.map(|lifetime| self.setting.clock.now() + lifetime);

        let mut answer = said.0.clone();
        answer.insert("client_id".to_owned(), json!(id));
        answer.insert("client_id_issued_at".to_owned(), json!(seconds(self.setting.clock.now())));
        answer.insert("token_endpoint_auth_method".to_owned(), json!(method));
        answer.insert("grant_types".to_owned(), json!(grants));
        answer.insert("response_types".to_owned(), json!(responses));
        if let Some(secret) = secret {
            answer.insert("client_secret".to_owned(), json!(secret));
            // Zero is never (RFC 7591 section 3.2.1).
            let end = client.secret_expires.map_or(0, seconds);
            answer.insert("client_secret_expires_at".to_owned(), json!(end));
        }
        state.clients.push(client);
        state.registered_ids.push(id);
        Ok(json_reply(201, &Value::Object(answer)))
    }
}

/// What a client says of itself.
struct Said(Map<String, Value>);

impl Said {
    fn text(&self, name: &str) -> Result<Option<&str>, Refused> {
        let text = |value: &'_ Value| value.as_str().is_some_and(|text| !text.is_empty());
        match self.0.get(name) {
            Some(value) if !text(value) => Err(bad(&format!("`{name}` is no text, or empty"))),
            value => Ok(value.and_then(Value::as_str)),
        }
    }

    fn list(&self, name: &str) -> Result<Option<Vec<String>>, Refused> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let list = value.as_array().map(|list| list.iter().map(|item| item.as_str().map(str::to_owned)));
        let list = list.and_then(Iterator::collect::<Option<Vec<_>>>);
        list.ok_or_else(|| bad(&format!("`{name}` is no list of texts"))).map(Some)
    }
}

fn check_token(policy: &Registration, request: &Received) -> Result<(), Refused> {
    let shown = request.header_all("authorization");
    match &policy.token {
        Some(token) if shown == [format!("Bearer {token}")] => Ok(()),
        None if shown.is_empty() => Ok(()),
        None => Err(bad("a client that registers authenticates, where nobody asked for it")),
        Some(_) => {
            let refused = Refused::denied("invalid_token", "the initial access token is missing or wrong");
            Err(refused.status(401).field("www-authenticate", "Bearer error=\"invalid_token\""))
        }
    }
}

/// Without a fragment (RFC 6749 section 3.1.2); plain http for a native application on this machine alone (RFC 8252
/// section 7.3), which says so where it says what it is (`OpenID` Connect Registration section 2).
fn check_redirect_uri(uri: &str, application_type: Option<&str>) -> Result<(), Refused> {
    let refuse = |why: &str| Err(Refused::broken("invalid_redirect_uri", why));
    let Some((scheme, rest)) = uri.split_once(':').filter(|_| !uri.contains('#')) else {
        return refuse("a redirect URI is relative, or has a fragment");
    };
    let host = rest.trim_start_matches("//");
    let is_loopback = ["127.0.0.1", "[::1]", "localhost"].iter().any(|name| {
        host.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/', '?']))
    });
    match (scheme, application_type) {
        (_, Some(kind)) if !["native", "web"].contains(&kind) => {
            Err(bad("`application_type` is neither native nor web"))
        }
        ("http", _) if !is_loopback => refuse("a redirect URI is plain http"),
        ("http", Some("web")) => refuse("a redirect URI on this machine is one of a native application"),
        ("javascript" | "data" | "file", _) => refuse("a redirect URI leads to no client"),
        _ => Ok(()),
    }
}

fn authentication(method: &str, secret: Option<&String>, said: &Said) -> Result<Authentication, Refused> {
    let secret = secret.cloned().unwrap_or_default();
    match method {
        "none" => Ok(Authentication::None),
        "client_secret_basic" => Ok(Authentication::Basic(secret)),
        "client_secret_post" => Ok(Authentication::Post(secret)),
        "client_secret_jwt" => Ok(Authentication::SecretJwt(secret)),
        "tls_client_auth" => Ok(Authentication::Tls),
        "private_key_jwt" => {
            let keys = said.0.get("jwks").map(|jwks| &jwks["keys"]).and_then(Value::as_array);
            let key = keys.and_then(|keys| keys.first()).ok_or_else(|| bad("`jwks` has no key"))?;
            match PRIVATE.iter().find(|name| key.get(name).is_some()) {
                Some(name) => Err(bad(&format!("the key in `jwks` has the private member `{name}`"))),
                None => Ok(Authentication::PrivateKeyJwt(key.clone())),
            }
        }
        _ => Err(bad("`token_endpoint_auth_method` is one that nobody knows here")),
    }
}

fn bad(why: &str) -> Refused {
    Refused::broken("invalid_client_metadata", why)
}
