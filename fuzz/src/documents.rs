//! What the targets of documents share: what must hold for what is built of one, and for what is said where nothing can be.

use authwright_core::{Auth, AuthConfig, Error, MemoryStore};
use serde_json::Value;
use url::Url;

use crate::{SECRET, check, texts};

/// A variable that is there wherever this runs.
pub const REFERENCE: &str = "env:PATH";

/// The document can be tried: nothing in it is read from a device that never ends, and what the checks look for is ours alone.
pub fn is_fit(document: &Value) -> bool {
    let text = document.to_string();
    !text.contains("file:") && !text.contains(SECRET)
}

/// Builds it, with and without literal secrets. `named` are the texts that may say an origin, and what they are relative to; none where
/// it cannot be told.
pub fn build(config: &AuthConfig, named: Option<(&Value, &str)>) {
    let config = config.clone().store(MemoryStore::new());
    for config in [config.clone(), config.danger_literal_secrets()] {
        for result in [config.build(), config.build_with(&[authwright_oauth2::schemes])] {
            match result {
                Err(error) => says_nothing(&error),
                Ok(auth) => covers(&auth, named),
            }
        }
    }
}

pub fn says_nothing(error: &Error) {
    let path = std::env::var("PATH").unwrap_or_default();
    check(error, &[SECRET, &path]);
}

fn covers(auth: &Auth, named: Option<(&Value, &str)>) {
    let Some((document, base)) = named else { return };
    let base = Url::parse(base).expect("a base");
    let mut known = vec![base.origin().ascii_serialization()];
    for text in texts(document) {
        known.extend(base.join(text).ok().map(|url| url.origin().ascii_serialization()));
    }
    let shown = format!("{auth:?}");
    for origin in shown.split(" for http").skip(1) {
        let end = origin.find(['"', ' ', '\\']).unwrap_or(origin.len());
        let origin = format!("http{}", &origin[..end]);
        assert!(known.contains(&origin), "{origin} is none of {known:?}: {shown}");
    }
}
