//! A key that changes while the program runs, read from a file that somebody replaces. With ureq.
//!
//! ```sh
//! cargo run --example rotate
//! ```

use std::{error::Error, fs, path::Path};

use authwright_examples::{Embedded, secrets};
use authwright_ureq::{Agent, ApiKey, Auth, RotatingSecret, Secret};

fn main() -> Result<(), Box<dyn Error>> {
    let server = Embedded::start()?;
    let file = std::env::temp_dir().join(format!("authwright-rotate-{}", std::process::id()));
    replace(&file, "yesterdays-key")?;

    let key = RotatingSecret::new(Secret::file(&file))?;
    let auth = Auth::new(server.origin(), ApiKey::header("X-API-Key", &key))?;
    let agent = Agent::new(auth)?;
    ask(&agent, &server)?;

    println!("somebody replaces the file by one that no header can have");
    replace(&file, "half\na key")?;
    // In a service: on SIGHUP, every minute, or from whatever watches the file.
    if let Err(error) = key.reload() {
        println!("  {error}");
    }

    println!("and by the right one");
    replace(&file, secrets::HEADER_KEY)?;
    println!("  it has changed: {}", key.reload()?);
    ask(&agent, &server)?;
    fs::remove_file(file)?;
    Ok(())
}

fn ask(agent: &Agent, server: &Embedded) -> Result<(), Box<dyn Error>> {
    match agent.get(server.url("/orders")).call() {
        Ok(mut response) => println!("  the API says {}", response.body_mut().read_to_string()?),
        Err(error) => println!("  {error}"),
    }
    Ok(())
}

/// Whole or not at all: nobody reads half of it.
fn replace(file: &Path, text: &str) -> Result<(), Box<dyn Error>> {
    let new = file.with_extension("new");
    fs::write(&new, text)?;
    Ok(fs::rename(new, file)?)
}
