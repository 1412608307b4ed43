//! Who a program is, as a document says it: what is taken, and what is said of documents that are wrong.

mod bad;
mod good;
mod schema;
mod wire;

use authwright_core::{AuthConfig, config::Schemes};

/// The types of both crates.
const ALL: [Schemes; 1] = [authwright_oauth2::schemes];

fn toml(text: &str) -> AuthConfig {
    toml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A file with a secret, and how a document refers to it.
fn secret_file(name: &str, content: &str) -> String {
    std::fs::create_dir_all(folder()).expect("a folder");
    let path = folder().join(name);
    std::fs::write(&path, content).expect("a file");
    format!("file:{}", path.display())
}

fn folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("config")
}
