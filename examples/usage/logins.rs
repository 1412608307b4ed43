//! Tasks 9 and 17 to 19: OAuth 2. Issuer and API are arguments, so that they run against the embedded servers.

use authwright_examples::{LoginServer, secrets};
use authwright_oauth2::{Browser, Device, Registration, Session, Sessions};
use authwright_reqwest::{Auth, Bearer, Client, FileStore, MemoryStore, Secret, TokenStore, Tokens};
use authwright_ureq::Agent;

use crate::{Outcome, block_on, show};

/// Client credentials with a token that ends.
#[rustfmt::skip]
async fn task_09(issuer: &str, orders: &str, secret: Secret) -> Outcome {
    let app = Registration::new(issuer, "billing").secret(secret).scope("orders.read");
    let tokens = Tokens::new(app.client_credentials())?;
    let api = Client::new(Auth::new(orders, &tokens)?)?;
    api.token(&tokens).await?;

    show(&api.get(format!("{orders}/orders")).send().await?.text().await?);
    Ok(())
}

#[derive(Clone, Copy)]
enum Command {
    Login,
    LoginOverSsh,
    Logout,
    Repos,
}

/// Browser login, device login over SSH, logout, parallel invocations: the whole program. In a program of yours the browser
/// is `Browser::new()`, the store `FileStore::for_app("acme")?`, and nobody sets a clock: here it lets the device's five seconds
/// pass at once.
#[rustfmt::skip]
fn task_17(command: Command, server: &LoginServer, store: FileStore, browser: Browser) -> Outcome {
    let app = Registration::new(server.issuer(), "acme-cli").scope("repo offline_access");
    let session = Session::new(app, store)?.hint("run `acme login`");
    let agent = Agent::builder(Auth::new(server.api(), session.tokens())?).clock(server.clock()).build()?;
    match command {
        Command::Login => agent.run_flow(session.login(browser))?,
        Command::LoginOverSsh => agent.run_flow(session.login(Device::new()))?,
        Command::Logout => agent.run_flow(session.logout())?,
        Command::Repos => show(&agent.get(format!("{}/repos", server.api())).call()?.body_mut().read_to_string()?),
    }
    Ok(())
}

#[rustfmt::skip]
async fn task_17_reqwest(command: Command, server: &LoginServer, store: FileStore, browser: Browser) -> Outcome {
    let app = Registration::new(server.issuer(), "acme-cli").scope("repo offline_access");
    let session = Session::new(app, store)?.hint("run `acme login`");
    let api = Client::builder(Auth::new(server.api(), session.tokens())?).clock(server.clock()).build()?;
    match command {
        Command::Login => api.run_flow(session.login(browser)).await?,
        Command::LoginOverSsh => api.run_flow(session.login(Device::new())).await?,
        Command::Logout => api.run_flow(session.logout()).await?,
        Command::Repos => show(&api.get(format!("{}/repos", server.api())).send().await?.text().await?),
    }
    Ok(())
}

/// In CI a token from the environment wins.
#[rustfmt::skip]
fn task_18(api: &str, session: &Session) -> Result<Auth, Box<dyn std::error::Error>> {
    let auth = match Secret::env("ACME_TOKEN").optional()? {
        Some(token) => Auth::new(api, Bearer::new(token))?,
        None => Auth::new(api, session.tokens())?,
    };

    Ok(auth)
}

/// A web application: many users, many machines. The store is an argument, because Redis is a server: in a program of yours it is
/// `RedisStore::new("rediss://cache.example.com")?`.
#[rustfmt::skip]
async fn task_19(app: Registration, store: impl TokenStore, api: &Client, server: &LoginServer, user_id: u64) -> Outcome {
    let sessions = Sessions::new(app, store)?;
    let pending = api.run_flow(sessions.begin("https://shop.example/callback")).await?;
    let callback_query = server.server().follow(pending.url());
    api.run_flow(sessions.user(user_id).finish(pending, &callback_query)).await?;
    let cart = api.get(server.api()).auth(&Auth::new(server.api(), sessions.user(user_id).tokens())?).send().await?;

    show(&cart.text().await?);
    Ok(())
}

/// All of them, against one server.
pub(crate) fn run() -> Outcome {
    let server = LoginServer::start()?;
    println!("task 9");
    block_on(task_09(server.issuer(), server.api(), Secret::new(secrets::BILLING_SECRET)))?;

    println!("task 17");
    let folder = std::env::temp_dir().join(format!("authwright-usage-{}", std::process::id()));
    let store = || FileStore::at(&folder);
    for login in [Command::Login, Command::LoginOverSsh] {
        approve(&server);
        for command in [login, Command::Repos, Command::Logout] {
            task_17(command, &server, store(), server.browser())?;
        }
        let error = task_17(Command::Repos, &server, store(), server.browser()).err();
        show(&error.ok_or("it has signed out, and gets an answer")?.to_string());
        approve(&server);
        for command in [login, Command::Repos, Command::Logout] {
            block_on(task_17_reqwest(command, &server, store(), server.browser()))?;
        }
    }
    std::fs::remove_dir_all(folder)?;

    println!("task 18");
    let app = Registration::new(server.issuer(), "acme-cli").scope("repo");
    println!("{:?}", task_18(server.api(), &Session::new(app, MemoryStore::new())?)?);

    println!("task 19");
    let app = Registration::new(server.issuer(), "shop").secret(secrets::SHOP_SECRET).scope("cart");
    block_on(task_19(app, MemoryStore::new(), &Client::new(Auth::none())?, &server, 4711))?;

    match server.server().violations()[..] {
        [] => Ok(()),
        ref broken => Err(format!("rules were broken: {broken:?}").into()),
    }
}

/// The next device that asks is told twice to wait, and then that its person has said yes.
fn approve(server: &LoginServer) {
    use authwright_testkit::DevicePoll::{Approved, Pending};
    server.server().device_answers(&[Pending, Pending, Approved]);
}

#[test]
fn logins_take_as_many_lines_as_they_should() -> Outcome {
    authwright_examples::use_ring();
    run()
}
