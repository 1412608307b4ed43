//! A server of yours instead of the embedded one, by the environment.

use std::{env, error::Error};

use authwright_oauth2::{PrivateKey, Registration, Server, providers};
use authwright_reqwest::Secret;

/// Your client at your server, and an URL of your API.
#[derive(Debug)]
pub struct Yours {
    /// The client.
    pub app: Registration,
    /// What is asked for with its token.
    pub url: String,
}

impl Yours {
    /// Reads these, or gives `None` where `OAUTH_ISSUER` is not set:
    ///
    /// | variable | is |
    /// |---|---|
    /// | `OAUTH_ISSUER` | the issuer's URL, or the name of a provider: `github`, `google`, `discord`, `spotify` |
    /// | `OAUTH_CLIENT_ID` | what the server calls the program |
    /// | `OAUTH_CLIENT_SECRET`, or `OAUTH_CLIENT_KEY` | if there is one: a secret, or a file with a private key in PEM |
    /// | `OAUTH_SCOPE` | if there is one: separated by blanks |
    /// | `OAUTH_API` | what is asked for with the token |
    ///
    /// # Errors
    /// One of them is missing or malformed.
    pub fn from_env() -> Result<Option<Self>, Box<dyn Error>> {
        let Ok(issuer) = env::var("OAUTH_ISSUER") else { return Ok(None) };
        let needed = |name| env::var(name).map_err(|_| format!("{name} is not set, and OAUTH_ISSUER is"));
        let mut app = Registration::new(server(&issuer)?, needed("OAUTH_CLIENT_ID")?)
            .scope(env::var("OAUTH_SCOPE").unwrap_or_default());
        if let Some(secret) = Secret::env("OAUTH_CLIENT_SECRET").optional()? {
            app = app.secret(secret);
        }
        if let Ok(file) = env::var("OAUTH_CLIENT_KEY") {
            app = app.key(PrivateKey::pem(Secret::file(file)));
        }
        Ok(Some(Self { app, url: needed("OAUTH_API")? }))
    }
}

fn server(name: &str) -> Result<Server, String> {
    Ok(match name {
        "github" => providers::github(),
        "google" => providers::google(),
        "discord" => providers::discord(),
        "spotify" => providers::spotify(),
        url if url.contains("://") => Server::new(url),
        other => return Err(format!("there is no provider `{other}` here; OAUTH_ISSUER can be a URL")),
    })
}
