//! A key that has been replaced, and credentials that a document describes.

use std::error::Error;

use authwright_examples::{
    Embedded, References,
    secrets::{
        COOKIE_KEY, DIGEST_PASSWORD, DIGEST_USER, EMAIL, HEADER_KEY, LOGIN_PASSWORD, PASSWORD, PREFIXED_KEY,
        QUERY_KEY, TOKEN, USER,
    },
};
use authwright_reqwest::{ApiKey, Auth, AuthConfig, Bearer, RotatingSecret};

use crate::row::{Row, Section};

pub(crate) fn section(server: &Embedded) -> Result<Section, Box<dyn Error>> {
    let (api, files) = (server.origin(), References::new("tour")?);
    let entry = |origin: &str, entry: &str| format!("[[auth]]\norigins = \"{origin}\"\n{entry}\n");
    let key = |place: &str, key: &str| {
        Ok::<_, Box<dyn Error>>(format!("type = \"api_key\"\n{place}\nkey = \"{}\"", files.to(key)?))
    };
    let header = entry(api, &key("header = \"X-API-Key\"", HEADER_KEY)?);
    let bearer = entry(api, &format!("type = \"bearer\"\ntoken = \"{}\"", files.to(TOKEN)?));
    let basic = format!("type = \"basic\"\nuser = \"{USER}\"\npassword = \"{}\"", files.to(PASSWORD)?);
    let login = format!(
        "type = \"login\"\nurl = \"{api}/login\"\nfields = {{ email = \"{EMAIL}\" }}\nsecrets = {{ password = \"{}\" }}\n\
         token_at = \"/data/token\"\nexpires_in_at = \"/data/ttl\"",
        files.to(LOGIN_PASSWORD)?
    );
    let digest =
        format!("type = \"digest\"\nuser = \"{DIGEST_USER}\"\npassword = \"{}\"", files.to(DIGEST_PASSWORD)?);
    let [other_host, _] = server.other_origins();
    let elsewhere = entry(other_host, &format!("type = \"bearer\"\ntoken = \"{}\"", files.to(TOKEN)?));
    let row = |what, path, document: &str| Ok::<_, Box<dyn Error>>(Row::new(what, path, &said(document)?));
    // The references are read where the document is built: twice, for two clients.
    let digest = || {
        said(&entry(api, &digest)).map_err(|error| {
            authwright_reqwest::SchemeError::new(authwright_reqwest::Fault::Caller, error.to_string())
        })
    };
    Ok(Section::new(
        "A key that was replaced, and credentials that a TOML document describes",
        [
            Row::new(
                "header key, replaced",
                "/key/header",
                &replaced(api, |key| ApiKey::header("X-API-Key", key), HEADER_KEY)?,
            ),
            Row::new(
                "query key, replaced",
                "/key/query",
                &replaced(api, |key| ApiKey::query("api_key", key), QUERY_KEY)?,
            ),
            Row::new("Bearer, replaced", "/bearer", &replaced(api, |key| Bearer::new(key), TOKEN)?),
            row("header key, document", "/key/header", &header)?,
            row(
                "… with a prefix",
                "/key/prefixed",
                &entry(api, &key("header = \"Authorization\"\nprefix = \"ApiKey\"", PREFIXED_KEY)?),
            )?,
            row("query key", "/key/query", &entry(api, &key("query = \"api_key\"", QUERY_KEY)?))?,
            row("cookie key", "/key/cookie", &entry(api, &key("cookie = \"session\"", COOKIE_KEY)?))?,
            row("Basic", "/basic", &entry(api, &basic))?,
            row("Bearer", "/bearer", &bearer)?,
            row("token of a login", "/bearer", &entry(api, &login))?,
            Row::learning("Digest", ("/digest", 2), digest)?,
            row("two entries", "/two", &format!("{header}{bearer}"))?.sends(&[2]),
            row("an entry for elsewhere", "/bearer", &elsewhere)?
                .sends(&[0])
                .refused(401, "no credential was attached, because"),
        ],
    ))
}

fn said(document: &str) -> Result<Auth, Box<dyn Error>> {
    let config: AuthConfig = toml::from_str(document)?;
    Ok(config.build()?)
}

/// Built with yesterday's key, which is then replaced.
fn replaced<S: authwright_reqwest::IntoScheme>(
    api: &str,
    scheme: impl Fn(&RotatingSecret) -> S,
    new: &str,
) -> Result<Auth, Box<dyn Error>> {
    let key = RotatingSecret::new("yesterdays-key")?;
    let auth = Auth::new(api, scheme(&key))?;
    key.set(new)?;
    Ok(auth)
}
