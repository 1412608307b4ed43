//! What the targets of documents share: what must hold for what is built of one, and for what is said where nothing can be.

use authwright_core::{Auth, AuthConfig, Error, MemoryStore};
use serde_json::Value;
use url::Url;

use crate::{SECRET, check, texts};

/// A variable that is there wherever this runs.
pub const REFERENCE: &str = "env:PATH";

/// The document can be tried: nothing in it is read from a device that never ends, and what the checks look for is ours alone, in parts
/// and in capitals too. (A fuzzer learns it from the checks.)
pub fn is_fit(document: &Value) -> bool {
    let text = document.to_string();
    let lower = text.to_ascii_lowercase();
    let parts = ["file:", "s3cr3t", "canary"];
    !parts.iter().any(|part| lower.contains(part)) && !text.contains(&path())
}

/// Whether a number in it is a fraction, whose last digits are lost where it is written and read again.
pub fn has_fractions(document: &Value) -> bool {
    match document {
        Value::Number(number) => number.is_f64(),
        Value::Array(items) => items.iter().any(has_fractions),
        Value::Object(members) => members.values().any(has_fractions),
        _ => false,
    }
}

fn path() -> String {
    // Never empty, which everything would contain.
    std::env::var("PATH").ok().filter(|path| !path.is_empty()).unwrap_or_else(|| SECRET.to_owned())
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
    check(error, &[SECRET, &path()]);
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
