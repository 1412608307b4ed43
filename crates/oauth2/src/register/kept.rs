//! A client as it was registered, and as a store keeps it: versioned, and of one server.

use std::time::{Duration, SystemTime};

use authwright_core::{
    Error, Fault,
    store::{Record, StoreKey},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

const VERSION: u64 = 1;

/// What a store has of a program's registration at one server.
#[derive(Clone, Default)]
pub(super) struct Kept {
    /// The client there is. None yet, or none any more.
    pub(super) client: Option<Registered>,
    /// It stands, or will stand, for one that the server did not know any more, and has not been accepted since: it is not
    /// replaced by itself.
    pub(super) is_second: bool,
}

/// What the server has decided (RFC 7591 section 3.2.1).
#[derive(Clone)]
pub(super) struct Registered {
    pub(super) id: String,
    pub(super) secret: Option<SecretString>,
    /// In seconds since 1970. None: never.
    pub(super) secret_ends: Option<u64>,
    /// Its `token_endpoint_auth_method`, also one that is not known here.
    pub(super) method: String,
    pub(super) scope: String,
    pub(super) redirect_uris: Vec<String>,
    pub(super) grants: Vec<String>,
    /// By which it can be managed (RFC 7592).
    pub(super) access_token: Option<SecretString>,
    pub(super) uri: Option<String>,
}

impl Registered {
    /// When its secret ends.
    pub(super) fn end(&self) -> Option<SystemTime> {
        self.secret_ends.and_then(|seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)))
    }

    /// Whether its secret is good, and will be for so long.
    pub(super) fn is_good_for(&self, time: Duration, now: SystemTime) -> bool {
        self.end().is_none_or(|end| now + time < end)
    }
}

impl Kept {
    /// Whether the client there is this one.
    pub(super) fn is_of(&self, id: &str) -> bool {
        self.client.as_ref().is_some_and(|client| client.id == id)
    }

    pub(super) fn write(&self, key: &StoreKey, issuer: &str) -> Record {
        let expose = |secret: &Option<SecretString>| secret.as_ref().map(|it| it.expose_secret().to_owned());
        let client = self.client.as_ref().map(|client| {
            json!({
                "client_id": client.id,
                "client_secret": expose(&client.secret),
                "client_secret_expires_at": client.secret_ends,
                "token_endpoint_auth_method": client.method,
                "scope": client.scope,
                "redirect_uris": client.redirect_uris,
                "grant_types": client.grants,
                "registration_access_token": expose(&client.access_token),
                "registration_client_uri": client.uri,
            })
        });
        let record = json!({
            "version": VERSION,
            "identity": key.identity(),
            "issuer": issuer,
            "second": self.is_second,
            "client": client,
        });
        Record::from_bytes(record.to_string().into_bytes())
    }

    /// What stands in a record, which must be of this program at this server: a secret is for the one that gave it.
    pub(super) fn read(record: &Record, key: &StoreKey, issuer: &str) -> Result<Self, Error> {
        let unusable = |why: &str| {
            let message = format!(
                "the stored registration of {key} cannot be used: {why}; remove it (Registration::forget)"
            );
            Error::new(Fault::Store, message)
        };
        let damaged = || unusable("it is damaged");
        let record: Value = serde_json::from_slice(record.as_bytes()).map_err(|_| damaged())?;
        match record["version"].as_u64() {
            Some(VERSION) => {}
            Some(newer) if newer > VERSION => {
                let message = format!(
                    "the stored registration of {key} was written by a newer release; update this program"
                );
                return Err(Error::new(Fault::Store, message));
            }
            _ => return Err(damaged()),
        }
        if record["identity"].as_str() != Some(key.identity()) || record["issuer"].as_str() != Some(issuer) {
            return Err(unusable("it is of another program or at another server"));
        }
        let client = &record["client"];
        let text = |name: &str| client[name].as_str().map(ToOwned::to_owned);
        let list = |name: &str| -> Option<Vec<String>> {
            client[name].as_array()?.iter().map(|item| item.as_str().map(ToOwned::to_owned)).collect()
        };
        let read = || {
            Some(Registered {
                id: text("client_id")?,
                secret: text("client_secret").map(Into::into),
                secret_ends: client["client_secret_expires_at"].as_u64(),
                method: text("token_endpoint_auth_method")?,
                scope: text("scope")?,
                redirect_uris: list("redirect_uris")?,
                grants: list("grant_types")?,
                access_token: text("registration_access_token").map(Into::into),
                uri: text("registration_client_uri"),
            })
        };
        let client = if client.is_null() { None } else { Some(read().ok_or_else(damaged)?) };
        Ok(Self { client, is_second: record["second"] == json!(true) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://login.example.com";

    fn kept() -> Kept {
        let client = Registered {
            id: "app-1".into(),
            secret: Some("s3cret".into()),
            secret_ends: Some(1_900_000_000),
            method: "client_secret_post".into(),
            scope: "read".into(),
            redirect_uris: vec!["http://127.0.0.1/callback".into()],
            grants: vec!["authorization_code".into()],
            access_token: Some("m4nage".into()),
            uri: Some("https://login.example.com/register/app-1".into()),
        };
        Kept { client: Some(client), is_second: true }
    }

    #[test]
    fn a_record_gives_back_the_client_it_was_made_of() {
        let key = StoreKey::new("client https://login.example.com");
        let back = Kept::read(&kept().write(&key, ISSUER), &key, ISSUER).unwrap();
        assert_eq!(back.write(&key, ISSUER), kept().write(&key, ISSUER));
        assert!(back.is_second);
        let client = back.client.unwrap();
        assert_eq!((&*client.id, client.secret.unwrap().expose_secret()), ("app-1", "s3cret"));
        assert_eq!(client.secret_ends, Some(1_900_000_000));
        assert_eq!(client.access_token.unwrap().expose_secret(), "m4nage");
        let none = Kept::read(&Kept::default().write(&key, ISSUER), &key, ISSUER).unwrap();
        assert!(none.client.is_none() && !none.is_second);
    }

    #[test]
    fn p2_what_was_registered_elsewhere_is_refused_and_not_quoted() {
        let key = StoreKey::new("mine");
        let record = |text: &str| Record::from_bytes(text.as_bytes().to_vec());
        let of_two =
            r#"{"version": 2, "identity": "mine", "issuer": "https://login.example.com", "client": null}"#;
        let without = r#"{"version": 1, "identity": "mine", "issuer": "https://login.example.com",
                          "client": {"client_secret": "s3cret"}}"#;
        for (record, says) in [
            (kept().write(&StoreKey::new("theirs"), ISSUER), "another program"),
            (kept().write(&key, "https://login.example.com/"), "another server"),
            (record(of_two), "newer release"),
            (record(without), "damaged"),
            (record("s3cret"), "damaged"),
            (record(""), "damaged"),
            (record(r#"["s3cret"]"#), "damaged"),
        ] {
            let error = Kept::read(&record, &key, ISSUER).err().unwrap();
            assert_eq!(error.fault(), Fault::Store);
            let error = error.to_string();
            assert!(error.contains(says) && !error.contains("s3cret"), "{error}");
        }
    }
}
