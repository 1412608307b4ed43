//! A login that has begun and not ended: what must be remembered, on whatever machine the person comes back to.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use authwright_core::{Error, Fault, SecretValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::Callback;

/// A login under way: send the person to its [`url`](Self::url), keep it where only their browser's session finds it, and
/// finish with it when they come back.
///
/// It is good for one login, and for an hour. As [a record](Self::to_record) it survives a restart and travels to another
/// machine; it is secret, and belongs to the session of the browser that was sent away: who can put another in its
/// place signs somebody in under another name.
pub struct Pending(Box<Remembered>);

pub(super) struct Remembered {
    pub(super) url: String,
    /// Before the browser opens (RFC 9207 section 2.4): what comes back is compared with this.
    pub(super) issuer: SecretValue,
    pub(super) client_id: SecretValue,
    pub(super) redirect_uri: String,
    pub(super) state: SecretString,
    pub(super) verifier: SecretString,
    pub(super) nonce: Option<SecretString>,
    pub(super) scope: Arc<str>,
    /// The key its tokens will be bound to, where it was made for them.
    pub(super) key: Option<SecretString>,
    pub(super) max_age: Option<Duration>,
    pub(super) begun_at: SystemTime,
}

const VERSION: u64 = 1;

/// A person who comes back later has to begin anew: what they would redeem is long over.
const GOOD_FOR: Duration = Duration::from_secs(3600);

impl Pending {
    pub(super) fn new(remembered: Remembered) -> Self {
        Self(Box::new(remembered))
    }

    pub(super) fn remembered(&self) -> &Remembered {
        &self.0
    }

    /// Where the person signs in: open it in their browser, or redirect them there.
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// Everything that is needed to finish it, as a text to keep. It is secret.
    ///
    /// ```
    /// # use authwright_oauth2::Pending;
    /// # fn kept(pending: &Pending) -> Result<Pending, authwright_core::Error> {
    /// let record = pending.to_record();
    /// let pending = Pending::from_record(&record)?; // on any machine
    /// # Ok(pending) }
    /// ```
    pub fn to_record(&self) -> SecretValue {
        let it = &*self.0;
        let begun_at = it.begun_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let record = json!({
            "version": VERSION,
            "url": it.url,
            "issuer": &*it.issuer,
            "client_id": &*it.client_id,
            "redirect_uri": it.redirect_uri,
            "state": it.state.expose_secret(),
            "verifier": it.verifier.expose_secret(),
            "nonce": it.nonce.as_ref().map(ExposeSecret::expose_secret),
            "scope": &*it.scope,
            "key": it.key.as_ref().map(ExposeSecret::expose_secret),
            "max_age": it.max_age.map(|age| age.as_secs()),
            "begun_at": begun_at,
        });
        SecretString::from(record.to_string()).into()
    }

    /// A login from its record.
    ///
    /// # Errors
    /// It is no such record. Nothing of it is quoted.
    pub fn from_record(record: &str) -> Result<Self, Error> {
        let unusable = || {
            Error::new(Fault::Caller, "this is no record of a login that has begun; it has to be begun anew")
        };
        let json: Value = serde_json::from_str(record).map_err(|_| unusable())?;
        if json["version"].as_u64() != Some(VERSION) {
            return Err(unusable());
        }
        let text = |name: &str| json[name].as_str().map(ToOwned::to_owned).ok_or_else(unusable);
        let secret = |name: &str| json[name].as_str().map(SecretString::from);
        let begun_at = json["begun_at"].as_u64().map(Duration::from_secs);
        Ok(Self::new(Remembered {
            url: text("url")?,
            issuer: text("issuer")?.into(),
            client_id: text("client_id")?.into(),
            redirect_uri: text("redirect_uri")?,
            state: secret("state").filter(|state| !state.expose_secret().is_empty()).ok_or_else(unusable)?,
            verifier: secret("verifier").ok_or_else(unusable)?,
            nonce: secret("nonce"),
            scope: text("scope")?.into(),
            key: secret("key"),
            max_age: json["max_age"].as_u64().map(Duration::from_secs),
            begun_at: begun_at
                .and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since))
                .ok_or_else(unusable)?,
        }))
    }

    /// Whether it says that it is the answer to this.
    pub(crate) fn is_answered_by(&self, callback: &str) -> bool {
        Callback::parse(callback).is_ok_and(|callback| callback.has_state_of(&self.0))
    }

    pub(super) fn is_over(&self, now: SystemTime) -> bool {
        now.duration_since(self.0.begun_at).is_ok_and(|since| since > GOOD_FOR)
    }
}

/// Shows nothing of it.
impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pending({})", crate::endpoint::origin_of(&self.0.issuer))
    }
}
