//! The client of an entry, and the server it is registered at.

use authwright_core::{Error, Secret, Target, config::Entry};

#[cfg(feature = "keys")]
use crate::PrivateKey;
use crate::{Registration, Server, providers};

/// The client: what all these types have.
pub(super) fn registration(entry: &Entry<'_>) -> Result<Registration, Error> {
    let mut app = Registration::new(server(entry)?, entry.text_or_reference("client_id")?);
    app = authenticated(app, entry)?;
    let scope = entry.words("scope")?;
    if !scope.is_empty() {
        app = app.scope(scope.join(" "));
    }
    let resources = entry.list("resource")?;
    if resources.len() > 1 && entry.kind() != "session" {
        return Err(entry.error(
            "resource",
            "names several APIs, for which only a session can ask; write an entry for each",
        ));
    }
    for url in resources {
        app = app.resource(url);
    }
    for (name, value) in entry.texts("parameters")? {
        app = app.parameter(name, value);
    }
    if entry.flag("pushed")? {
        app = app.pushed();
    }
    if entry.flag("require_pkce")? {
        app = app.require_pkce();
    }
    bound(app, entry)
}

fn server(entry: &Entry<'_>) -> Result<Server, Error> {
    let (issuer, token_endpoint) = (entry.optional_text("issuer")?, entry.optional_text("token_endpoint")?);
    let known = entry.choice("provider", PROVIDERS)?;
    if known.is_some() && issuer.is_some() {
        return Err(entry.error("issuer", "is there, and provider says who that is; keep one of the two"));
    }
    let mut server = match (known.map(provider).or(issuer.map(Server::new)), token_endpoint) {
        (Some(server), _) => server,
        (None, Some(url)) => Server::new(issuer_of(url)),
        (None, None) => Server::new(entry.text("issuer")?),
    };
    for (name, set) in ENDPOINTS {
        let Some(url) = entry.optional_text(name)? else { continue };
        if Target::parse(url).is_err() {
            return Err(entry.error(name, "is no URL; write it like https://login.example.com/token"));
        }
        if token_endpoint.is_none() && known.is_none() {
            let what = "is given by hand, and then token_endpoint has to be too: metadata are not looked up";
            return Err(entry.error(name, what));
        }
        server = set(server, url);
    }
    if entry.flag("sends_issuer")? {
        server = server.sends_issuer();
    }
    Ok(if entry.flag("danger_plain_http")? { server.danger_plain_http() } else { server })
}

/// Where all is given by hand nothing is asked of the issuer but to tell this server from others. Tenants of one host have endpoints of
/// their own.
fn issuer_of(token_endpoint: &str) -> String {
    // An issuer has no query (RFC 8414 section 2).
    token_endpoint.replace('?', "%3F").replace('#', "%23")
}

/// Those of [`providers`] that have no names of their own to be given.
pub(super) const PROVIDERS: &[&str] = &[
    "atlassian",
    "bitbucket",
    "discord",
    "dropbox",
    "facebook",
    "github",
    "google",
    "spotify",
    "twitch",
    "x",
    "zoom",
];

fn provider(name: &str) -> Server {
    match name {
        "atlassian" => providers::atlassian(),
        "bitbucket" => providers::bitbucket(),
        "discord" => providers::discord(),
        "dropbox" => providers::dropbox(),
        "facebook" => providers::facebook(),
        "google" => providers::google(),
        "spotify" => providers::spotify(),
        "twitch" => providers::twitch(),
        "x" => providers::x(),
        "zoom" => providers::zoom(),
        _ => providers::github(),
    }
}

type SetEndpoint = fn(Server, &str) -> Server;

const ENDPOINTS: [(&str, SetEndpoint); 7] = [
    ("token_endpoint", |server, url| server.token_endpoint(url)),
    ("authorization_endpoint", |server, url| server.authorization_endpoint(url)),
    ("device_authorization_endpoint", |server, url| server.device_authorization_endpoint(url)),
    ("introspection_endpoint", |server, url| server.introspection_endpoint(url)),
    ("pushed_authorization_request_endpoint", |server, url| {
        server.pushed_authorization_request_endpoint(url)
    }),
    ("revocation_endpoint", |server, url| server.revocation_endpoint(url)),
    ("jwks_uri", |server, url| server.jwks_uri(url)),
];

const METHOD: &str = "token_endpoint_auth_method";
pub(super) const METHODS: &[&str] = &[
    "none",
    "client_secret_basic",
    "client_secret_post",
    "client_secret_jwt",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
];

/// How the client shows itself, by the names of RFC 7591 section 2.
fn authenticated(app: Registration, entry: &Entry<'_>) -> Result<Registration, Error> {
    let method = entry.choice(METHOD, METHODS)?;
    let secret = entry.optional_secret("client_secret")?;
    let key = entry.optional_secret("private_key")?;
    if entry.optional_text("key_id")?.is_some() && key.is_none() {
        return Err(entry.error("key_id", "is there without a private_key"));
    }
    let needs = |name: &'static str| {
        entry.error(name, format!("is missing, which {} needs", method.unwrap_or_default()))
    };
    if key.is_some() && method.is_some_and(|method| method != "private_key_jwt") {
        return Err(entry.error("private_key", "is there, and the method is another one"));
    }
    match method {
        None if key.is_some() && secret.is_some() => {
            Err(entry.error("private_key", "is there, and so is client_secret; keep one of the two"))
        }
        None if key.is_some() => private_key(app, key, entry),
        None => Ok(secret.into_iter().fold(app, Registration::secret)),
        Some("private_key_jwt") if secret.is_some() => {
            Err(entry.error("client_secret", "is there, and private_key_jwt sends none"))
        }
        Some("private_key_jwt") => private_key(app, Some(key.ok_or_else(|| needs("private_key"))?), entry),
        Some(method @ ("none" | "tls_client_auth" | "self_signed_tls_client_auth")) => match secret {
            Some(_) => Err(entry.error("client_secret", format!("is there, and {method} sends none"))),
            None if method == "none" => Ok(app),
            None => Ok(app.certificate()),
        },
        Some(method) => {
            let secret = secret.ok_or_else(|| needs("client_secret"))?;
            match method {
                "client_secret_post" => Ok(app.secret_in_body(secret)),
                #[cfg(feature = "keys")]
                "client_secret_jwt" => Ok(app.secret_jwt(secret)),
                #[cfg(not(feature = "keys"))]
                "client_secret_jwt" => Err(entry.error(METHOD, NEEDS_KEYS)),
                _ => Ok(app.secret(secret)),
            }
        }
    }
}

#[cfg(not(feature = "keys"))]
const NEEDS_KEYS: &str = "signs, which needs the feature `keys` of authwright-oauth2";

#[cfg(feature = "keys")]
fn private_key(app: Registration, pem: Option<Secret>, entry: &Entry<'_>) -> Result<Registration, Error> {
    let id = entry.optional_text("key_id")?;
    let Some(pem) = pem else { return Ok(app) };
    let key = PrivateKey::pem(pem);
    Ok(app.key(match id {
        Some(id) => key.key_id(id),
        None => key,
    }))
}

#[cfg(not(feature = "keys"))]
fn private_key(_: Registration, _: Option<Secret>, entry: &Entry<'_>) -> Result<Registration, Error> {
    Err(entry.error("private_key", NEEDS_KEYS))
}

#[cfg(feature = "keys")]
fn bound(app: Registration, entry: &Entry<'_>) -> Result<Registration, Error> {
    Ok(if entry.flag("dpop")? { app.dpop() } else { app })
}

#[cfg(not(feature = "keys"))]
fn bound(app: Registration, entry: &Entry<'_>) -> Result<Registration, Error> {
    if entry.flag("dpop")? { Err(entry.error("dpop", NEEDS_KEYS)) } else { Ok(app) }
}
