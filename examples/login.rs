//! Somebody signs in, in their browser or on another machine, and stays signed in for the next runs. With ureq.
//!
//! ```sh
//! cargo run --example login              # a browser that is played, and a server of its own
//! export OAUTH_ISSUER=github OAUTH_CLIENT_ID=… OAUTH_SCOPE=read:user OAUTH_API=https://api.github.com/user
//! cargo run --example login -- device    # or: login, get, logout
//! ```
//!
//! `OAUTH_ISSUER` is the URL of any issuer, or the name of a provider: `src/yours.rs` has all variables.

use std::{env, error::Error, fs, process};

use authwright_examples::{LoginServer, Yours, use_ring};
use authwright_oauth2::{Browser, Device, Registration, Session};
use authwright_testkit::DevicePoll::{Approved, Pending};
use authwright_ureq::{Agent, Auth, FileStore};

/// What each command of a program does.
fn run(
    command: &str,
    session: &Session,
    agent: &Agent,
    browser: Browser,
    url: &str,
) -> Result<(), Box<dyn Error>> {
    match command {
        "login" => agent.run_flow(session.login(browser))?,
        "device" => agent.run_flow(session.login(Device::new()))?,
        "logout" => agent.run_flow(session.logout())?,
        "get" => println!("  the API says {}", agent.get(url).call()?.body_mut().read_to_string()?),
        other => return Err(format!("there is no command `{other}`, but login, device, get, logout").into()),
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    use_ring();
    let Some(yours) = Yours::from_env()? else { return story() };
    let command = env::args().nth(1).unwrap_or_else(|| "get".to_owned());
    let session = Session::new(yours.app, FileStore::for_app("authwright-login")?)?
        .hint("run `cargo run --example login -- login`");
    let agent = Agent::new(Auth::new(&*yours.url, session.tokens())?)?;
    run(&command, &session, &agent, Browser::new(), &yours.url)
}

/// The same commands, one after the other, against the embedded server.
fn story() -> Result<(), Box<dyn Error>> {
    let server = LoginServer::start()?;
    let folder = env::temp_dir().join(format!("authwright-login-{}", process::id()));
    // The person at the other machine takes their time.
    server.server().device_answers(&[Pending, Pending, Approved]);
    for command in ["get", "login", "get", "get", "logout", "get", "device", "get", "logout"] {
        println!("acme {command}");
        // All anew each time, as in another process: what they share is the folder.
        let app = Registration::new(server.issuer(), "acme-cli").scope("repo offline_access");
        let session = Session::new(app, FileStore::at(&folder))?.hint("run `acme login`");
        let auth = Auth::new(server.api(), session.tokens())?;
        // The server's clock, by which nobody waits for the next poll.
        let agent = Agent::builder(auth).clock(server.clock()).build()?;
        if let Err(error) = run(command, &session, &agent, server.browser(), server.api()) {
            println!("  {error}");
        }
    }
    println!("the token endpoint has seen {:?}", server.server().grants());
    fs::remove_dir_all(folder)?;
    Ok(())
}
