//! An API with a login endpoint: user and password in, a token out that ends. With ureq, and a file that keeps the token
//! for the next run.
//!
//! ```sh
//! cargo run --example login_endpoint
//! ```

use std::{env, error::Error, fs, path::Path, process};

use authwright_examples::{Embedded, secrets};
use authwright_ureq::{Agent, Auth, FileStore, LoginEndpoint, TokenEvent, Tokens};

/// What a program does: the token comes from the store, or else from a login.
fn run(api: &str, folder: &Path) -> Result<(), Box<dyn Error>> {
    let login = LoginEndpoint::json(format!("{api}/login"))
        .field("email", secrets::EMAIL)
        .secret("password", secrets::LOGIN_PASSWORD) // in your program: Secret::env("SHOP_PASSWORD")
        .token_at("/data/token")
        .expires_in_at("/data/ttl");
    let tokens = Tokens::builder(login)
        .store(FileStore::at(folder)) // in your program: FileStore::for_app("shop")?
        .on_event(tell)
        .build()?;
    let agent = Agent::builder(Auth::new(api, tokens)?).base_url(api).build()?;

    for _ in 0..3 {
        println!("  the API says {}", agent.get("bearer").call()?.body_mut().read_to_string()?);
    }
    Ok(())
}

/// For a log. An event shows no secret.
fn tell(event: &TokenEvent) {
    match event {
        TokenEvent::Renewed(token) => println!("  logged in, token {}", token.fingerprint()),
        TokenEvent::Adopted(token) => println!("  no login, the store has token {}", token.fingerprint()),
        TokenEvent::NotSaved(error) => println!("  the token is in use but was not kept: {error}"),
        TokenEvent::Failed(error) => println!("  no new token: {error}"),
        _ => {}
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Embedded::start()?;
    let folder = env::temp_dir().join(format!("authwright-login-{}", process::id()));
    for title in ["the first run", "the second run"] {
        println!("{title}");
        run(server.origin(), &folder)?;
    }
    fs::remove_dir_all(folder)?;
    Ok(())
}
