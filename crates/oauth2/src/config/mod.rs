//! The grants of OAuth 2 as types of entries of an [`AuthConfig`](authwright_core::AuthConfig).

mod client;
mod kinds;

use std::sync::Arc;

use authwright_core::{
    Error, Scheme,
    config::{Entry, Made},
};

use self::client::registration;
pub use self::kinds::KINDS;
use crate::{Session, Subject};

/// Makes schemes of entries of the [types](KINDS) of this crate: for
/// [`build_with`](authwright_core::AuthConfig::build_with).
///
/// ```no_run
/// use authwright_core::AuthConfig;
///
/// let text = r#"{"auth": [{
///     "origins": ["https://tools.example.com"],
///     "type": "client_credentials",
///     "issuer": "https://login.example.com",
///     "client_id": "agent-7",
///     "client_secret": "env:AGENT_SECRET",
///     "scope": "tools.call"
/// }]}"#;
/// let config: AuthConfig = serde_json::from_str(text)?;
/// let auth = config.build_with(&[authwright_oauth2::schemes])?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn schemes(entry: &Entry<'_>) -> Made {
    entry.made_by(&[
        ("client_credentials", client_credentials),
        #[cfg(feature = "danger-password-grant")]
        ("danger_password", danger_password),
        ("jwt_bearer", jwt_bearer),
        ("refresh_token", refresh_token),
        ("session", session_scheme),
        ("token_exchange", token_exchange),
    ])
}

fn client_credentials(entry: &Entry<'_>) -> Result<Arc<dyn Scheme>, Error> {
    entry.tokens(registration(entry)?.client_credentials())
}

#[cfg(feature = "danger-password-grant")]
fn danger_password(entry: &Entry<'_>) -> Result<Arc<dyn Scheme>, Error> {
    let (user, password) = (entry.text("user")?, entry.secret("password")?);
    entry.tokens(registration(entry)?.danger_password(user, password))
}

fn jwt_bearer(entry: &Entry<'_>) -> Result<Arc<dyn Scheme>, Error> {
    let assertion = entry.changing_secret("assertion")?;
    entry.tokens(registration(entry)?.assertion(assertion))
}

fn refresh_token(entry: &Entry<'_>) -> Result<Arc<dyn Scheme>, Error> {
    let (app, subject) = (registration(entry)?, entry.optional_text("subject")?);
    let grant = match entry.optional_secret("refresh_token")? {
        Some(token) => app.refresh_token(token),
        None if entry.store().is_some() => app.stored_refresh_token(),
        None => {
            let what = "is missing, and the program has no store that could have it; write env:NAME or file:PATH, or give \
                        the program one with AuthConfig::store";
            return Err(entry.error("refresh_token", what));
        }
    };
    entry.tokens(grant.subject(subject.unwrap_or_default()))
}

fn session_scheme(entry: &Entry<'_>) -> Result<Arc<dyn Scheme>, Error> {
    entry.put(session(entry)?.tokens().clone())
}

/// The login of an entry of the type `session`: to sign people in by what a document says. Requests with the `Auth` of that document
/// then use it.
///
/// ```
/// use authwright_core::{AuthConfig, Error, MemoryStore};
/// use authwright_oauth2::{Browser, config};
///
/// let text = r#"[{
///     "origins": "https://api.example.com",
///     "type": "session",
///     "issuer": "https://login.example.com",
///     "client_id": "acme-cli",
///     "scope": "repo offline_access"
/// }]"#;
/// let config: AuthConfig = serde_json::from_str(text).unwrap();
/// let config = config.store(MemoryStore::new()); // in your program: FileStore::for_app("acme")?
/// for entry in config.entries()? {
///     if entry.is("session") {
///         let session = config::session(&entry)?;
///         let flow = session.login(Browser::pasted()); // agent.run_flow(flow)?
///         # drop(flow);
///     }
/// }
/// let auth = config.build_with(&[authwright_oauth2::schemes])?;
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// A member is missing or malformed, or the program has no [store](authwright_core::AuthConfig::store); the error has its place.
pub fn session(entry: &Entry<'_>) -> Result<Session, Error> {
    let app = registration(entry)?;
    let (account, hint) = (entry.optional_text("account")?, entry.optional_text("hint")?);
    if hint.is_some_and(|hint| hint.contains(char::is_control)) {
        return Err(entry.error("hint", "has a control character; it is shown in one line"));
    }
    let Some(store) = entry.store() else {
        return Err(entry.error(
            "type",
            "is session, a login that is kept; give the program a store with AuthConfig::store",
        ));
    };
    let mut session = Session::new(app, store)?;
    if let Some(account) = account {
        session = session.account(account);
    }
    if let Some(hint) = hint {
        session = session.hint(hint);
    }
    Ok(session)
}

fn token_exchange(entry: &Entry<'_>) -> Result<Arc<dyn Scheme>, Error> {
    let subject: Subject = entry.changing_secret("subject_token")?.into();
    let mut exchange = registration(entry)?.token_exchange(subject);
    if let Some(urn) = entry.optional_text("subject_token_type")? {
        exchange = exchange.subject_type(urn);
    }
    let actor_type = entry.optional_text("actor_token_type")?;
    if let Some(actor) = entry.optional_secret("actor_token")? {
        exchange = match actor_type {
            Some(urn) => exchange.actor_of_type(actor, urn),
            None => exchange.actor(actor),
        };
    } else if actor_type.is_some() {
        return Err(entry.error("actor_token_type", "is there without an actor_token"));
    }
    if let Some(urn) = entry.optional_text("requested_token_type")? {
        exchange = exchange.requested_type(urn);
    }
    if let Some(audience) = entry.optional_text("audience")? {
        exchange = exchange.audience(audience);
    }
    entry.tokens(exchange)
}
