//! A token as a store keeps it: versioned and complete, so that a restart needs nothing else.

use std::time::{Duration, SystemTime};

use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::Token;
use crate::{
    Error,
    store::{Record, StoreKey},
};

const VERSION: u64 = 1;

pub(super) fn write(token: &Token, key: &StoreKey) -> Record {
    let parts = &*token.0;
    let details: Map<_, _> =
        parts.details.iter().map(|(name, value)| (name.to_string(), (**value).into())).collect();
    let record = json!({
        "version": VERSION,
        "identity": key.identity(),
        "access_token": parts.access.expose_secret(),
        "refresh_token": parts.refresh.as_ref().map(ExposeSecret::expose_secret),
        "issued_at_ms": parts.issued.and_then(milliseconds),
        "expires_at_ms": parts.expires.and_then(milliseconds),
        "scope": parts.scope,
        "details": details,
    });
    Record::from_bytes(record.to_string().into_bytes())
}

pub(super) fn read(record: &Record, key: &StoreKey) -> Result<Token, Error> {
    let unusable = |why: &str| {
        Error::store(format!("the stored token of {key} cannot be used: {why}; remove it from its store"))
    };
    let value: Value = serde_json::from_slice(record.as_bytes()).map_err(|_| unusable("it is damaged"))?;
    match value["version"].as_u64() {
        Some(VERSION) => {}
        Some(newer) if newer > VERSION => {
            return Err(Error::store(format!(
                "the stored token of {key} was written by a newer release; update this program"
            )));
        }
        _ => return Err(unusable("it is damaged")),
    }
    if value["identity"].as_str() != Some(key.identity()) {
        return Err(unusable("it belongs to somebody else"));
    }
    let Some(access) = value["access_token"].as_str() else { return Err(unusable("it is damaged")) };
    let mut token = Token::new(access);
    let parts = std::sync::Arc::make_mut(&mut token.0);
    parts.refresh = value["refresh_token"].as_str().map(Into::into);
    parts.issued = value["issued_at_ms"].as_u64().and_then(moment);
    parts.expires = value["expires_at_ms"].as_u64().and_then(moment);
    parts.scope = value["scope"].as_str().map(Into::into);
    for (name, detail) in value["details"].as_object().into_iter().flatten() {
        if let Some(detail) = detail.as_str() {
            token = token.detail(name.clone(), detail);
        }
    }
    Ok(token)
}

fn milliseconds(moment: SystemTime) -> Option<u64> {
    u64::try_from(moment.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_millis()).ok()
}

fn moment(milliseconds: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_gives_back_the_token_it_was_made_of() {
        let key = StoreKey::new("login https://api.example.com sam");
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_392_000_123);
        let token = Token::new("t0ken")
            .lifetime(at, Duration::from_secs(300))
            .refresh_token("r3fresh")
            .scope("orders.read")
            .detail("issuer", "another, before")
            .detail("tenant", "t-1")
            .detail("issuer", "https://login.example.com");
        let back = read(&write(&token, &key), &key).unwrap();
        assert_eq!(back.expose(), "t0ken");
        assert_eq!(back.expose_refresh_token(), Some("r3fresh"));
        assert_eq!(back.expiry(), token.expiry());
        assert_eq!(back.issued_at(), Some(at));
        assert_eq!(back.granted_scope(), Some("orders.read"));
        assert_eq!(back.expose_detail("issuer"), Some("https://login.example.com"));
        assert_eq!((back.expose_detail("tenant"), back.expose_detail("ten")), (Some("t-1"), None));
        let bare = read(&write(&Token::new("t"), &key), &key).unwrap();
        assert_eq!((bare.expiry(), bare.expose_refresh_token()), (None, None));
    }

    #[test]
    fn what_is_not_ours_is_refused_and_not_quoted() {
        let key = StoreKey::new("mine");
        let other = write(&Token::new("s3cret"), &StoreKey::new("theirs"));
        let newer = br#"{"version": 2, "identity": "mine", "access_token": "s3cret"}"#;
        for (record, says) in [
            (other, "belongs to somebody else"),
            (Record::from_bytes(newer.to_vec()), "newer release"),
            (Record::from_bytes(b"".to_vec()), "damaged"),
            (Record::from_bytes(b"s3cret".to_vec()), "damaged"),
            (Record::from_bytes(br#"{"version": 1, "identity": "mine"}"#.to_vec()), "damaged"),
            (Record::from_bytes(br#"[1, "s3cret"]"#.to_vec()), "damaged"),
        ] {
            let error = read(&record, &key).unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains("s3cret"), "{error}");
        }
    }
}
