mod document;
mod flows;
mod requirement;
mod scheme;
mod servers;

use serde_json::json;

use super::*;
use crate::{Auth, config::Schemes};

/// A reference to a file with this text, which is there for as long as the tests run.
fn secret(text: &str) -> String {
    let path = std::env::temp_dir().join(format!("authwright-openapi-{}-{text}", std::process::id()));
    std::fs::write(&path, text).unwrap();
    format!("file:{}", path.display())
}

fn read(document: &str) -> OpenApi {
    serde_json::from_str(document).unwrap()
}

/// A document with these schemes and this `security`, as texts, since the order counts.
fn with(security: &str, schemes: &str) -> OpenApi {
    read(&format!(
        r#"{{"openapi": "3.1.0", "servers": [{{"url": "https://api.example.com/v1"}}], "security": {security},
            "components": {{"securitySchemes": {schemes}}}}}"#
    ))
}

const THREE: &str = r#"{
    "app": {"type": "apiKey", "in": "header", "name": "X-App"},
    "user": {"type": "apiKey", "in": "query", "name": "user"},
    "session": {"type": "apiKey", "in": "cookie", "name": "sid"}
}"#;

/// What the document was understood to say.
fn entries(api: &OpenApi) -> serde_json::Value {
    serde_json::to_value(api.config().unwrap()).unwrap()
}

/// The types and what they hold, without origins.
fn types(api: &OpenApi) -> Vec<String> {
    let entries = entries(api);
    let show = |entry: &serde_json::Value| {
        let mut entry = entry.as_object().unwrap().clone();
        entry.remove("origins");
        serde_json::to_string(&entry).unwrap()
    };
    entries.as_array().unwrap().iter().map(show).collect()
}

fn error(api: &OpenApi) -> String {
    api.config().and_then(|config| config.build()).unwrap_err().to_string()
}

fn build(api: &OpenApi) -> Auth {
    api.config().unwrap().build().unwrap()
}
