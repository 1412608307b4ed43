//! The code users wish to write, task by task, in as many lines as they wish it to take: this file keeps those lines
//! compiling. The tasks that need nothing but a server run against the embedded one.
//!
//! ```sh
//! cargo run --example usage          # those that run anywhere
//! cargo run --example usage -- 1     # task 1, 2, 3, 4 or 15, with your keys and the real servers
//! ```
//!
//! Tasks 9, 17 to 20 and 22 are tests too: `cargo test --example usage`. Task 21, a scheme of your own, is the example `custom_scheme`.

mod documents;
mod logins;
mod own_tests;

use std::{borrow::Cow, error::Error, fs, path::Path, time::Duration};

use authwright_examples::{Embedded, secrets, use_ring};
use authwright_reqwest::{
    ApiKey, Auth, Bearer, Client, LoginEndpoint, Origin, Password, RotatingSecret, Secret, Tokens, Trail,
};
use authwright_ureq::Agent;
use futures_util::stream;
use metrics::counter;
use serde::{Deserialize, Serialize};
use serde_json::Value;

type Outcome = Result<(), Box<dyn Error>>;

/// A key in the query, with ureq: three lines.
#[rustfmt::skip]
fn task_01() -> Outcome {
    let auth = Auth::new("https://api.openweathermap.org", ApiKey::query("appid", Secret::env("OPENWEATHER_KEY")))?;
    let agent = Agent::new(auth)?;
    let now: Value = agent.get("https://api.openweathermap.org/data/2.5/weather").query("q", "Oslo").call()?.body_mut().read_json()?;

    println!("{now}");
    Ok(())
}

/// A GitHub token, from the environment or `.env`.
async fn task_02() -> Outcome {
    let auth = Auth::new("https://api.github.com", Bearer::new(Secret::dotenv("GITHUB_TOKEN")))?;
    let api = Client::builder(auth).http(reqwest::Client::builder().user_agent("triage/1.0")).build()?;
    let me: Value = api.get("https://api.github.com/user").send().await?.json().await?;

    println!("{me}");
    Ok(())
}

/// Basic, a server that chooses, and an intranet without TLS.
#[rustfmt::skip]
fn task_03() -> Outcome {
    let auth = Auth::new("https://api.example.com", ("sam", Secret::env("API_PASSWORD")))?;
    println!("{auth:?}");

    let auth = Auth::new("https://nas.example.com", Password::new("sam", Secret::env("API_PASSWORD")))?;
    println!("{auth:?}");

    let auth = Auth::new(Origin::danger_plain_http("http://intranet:8080"), ("svc", Secret::file("/run/secrets/intranet")))?;
    println!("{auth:?}");
    Ok(())
}

/// Two keys at once, other keys elsewhere, one client.
#[rustfmt::skip]
fn task_04() -> Outcome {
    let auth = Auth::new("https://maps.example.com", ApiKey::header("X-API-Key", Secret::env("APP_KEY")))?
        .and("https://maps.example.com", Bearer::new(Secret::env("USER_TOKEN")))?
        .and("https://mail.example.net", ApiKey::header("Authorization", Secret::env("MAIL_KEY")).prefix("ApiKey"))?;

    println!("{auth:?}");
    Ok(())
}

/// A reusable client: base URL, 5 s in all, JSON.
#[rustfmt::skip]
async fn task_05(shop: &str, auth: Auth, draft: Draft) -> Outcome {
    let api = Client::builder(auth).base_url(shop).timeout(Duration::from_secs(5)).build()?;
    let open: Vec<Order> = api.get("orders").query(&[("state", "open")]).send().await?.error_for_status()?.json().await?;
    let made: Order = api.post("orders").json(&draft).send().await?.error_for_status()?.json().await?;

    println!("{} open orders, and made {made:?}", open.len());
    Ok(())
}

/// Tenants on one client.
async fn task_06(origin: &str, url: &str, acme_key: &str, api: &Client) -> Outcome {
    let acme = Auth::new(origin, ApiKey::header("X-API-Key", acme_key))?;
    let orders = api.get(url).auth(&acme).send().await?;

    println!("{}", orders.text().await?);
    Ok(())
}

fn task_06_ureq(origin: &str, url: &str, acme_key: &str, agent: &Agent) -> Outcome {
    let acme = Auth::new(origin, ApiKey::header("X-API-Key", acme_key))?;
    let mut orders = agent.get(url).auth(&acme).call()?;

    println!("{}", orders.body_mut().read_to_string()?);
    Ok(())
}

/// Rotate a key at run time.
fn task_07(origin: &str, file: &Path) -> Result<(Auth, RotatingSecret), Box<dyn Error>> {
    let key = RotatingSecret::new(Secret::file(file))?;
    let auth = Auth::new(origin, ApiKey::header("X-API-Key", &key))?;
    key.reload()?;

    Ok((auth, key))
}

/// A login endpoint, a token that expires.
#[rustfmt::skip]
fn task_08(api: &str, password: Secret) -> Result<Auth, Box<dyn Error>> {
    let login = LoginEndpoint::json(format!("{api}/login")).field("email", "sam@example.com").secret("password", password);
    let auth = Auth::new(api, Tokens::new(login.token_at("/data/token").expires_in_at("/data/ttl"))?)?;

    println!("{auth:?}");
    Ok(auth)
}

/// 401, 403 and the rest.
#[rustfmt::skip]
async fn task_10(api: &Client) -> Outcome {
    match api.get("orders").send().await {
        Ok(response) => show(&response.text().await?),
        Err(e) if e.is_login_required() => eprintln!("{e}"),
        Err(e) if e.is_transient() => again_in(e.retry_after()),
        Err(e) => match e.denied() {
            Some(denied) if denied.is_forbidden() => ask_for(denied.required_scope()),
            Some(denied) => eprintln!("{e}; offered: {:?}", denied.challenges()),
            None => return Err(e.into()),
        },
    }
    Ok(())
}

#[rustfmt::skip]
fn task_10_ureq(agent: &Agent) -> Outcome {
    match agent.get("orders").call() {
        Ok(mut response) => show(&response.body_mut().read_to_string()?),
        Err(e) if e.is_login_required() => eprintln!("{e}"),
        Err(e) if e.is_transient() => again_in(e.retry_after()),
        Err(e) => match e.denied() {
            Some(denied) if denied.is_forbidden() => ask_for(denied.required_scope()),
            Some(denied) => eprintln!("{e}; offered: {:?}", denied.challenges()),
            None => return Err(e.into()),
        },
    }
    Ok(())
}

/// Why was no credential attached?
async fn task_11(url: &str, auth: &Auth, api: &Client) -> Outcome {
    println!("{}", auth.explain("https://api.githib.com/user")?);
    let response = api.get(url).explain().send().await?;
    println!("{}", response.extensions().get::<Trail>().unwrap());
    Ok(())
}

fn task_11_ureq(url: &str, agent: &Agent) -> Outcome {
    let response = agent.get(url).explain().call()?;
    println!("{}", response.extensions().get::<Trail>().unwrap());
    Ok(())
}

/// Metrics.
#[rustfmt::skip]
async fn task_12(url: &str, auth: Auth) -> Outcome {
    let auth = auth.observe(|event| counter!("auth_events", "event" => event.name(), "origin" => event.origin().to_owned()).increment(1));

    Client::new(auth.clone())?.get(url).send().await?;
    Agent::new(auth)?.get(url).call()?;
    Ok(())
}

/// Streaming upload.
async fn task_14(url: &str, api: &Client) -> Outcome {
    let chunks = stream::iter(["one, ", "two, ", "three"].map(Ok::<_, std::io::Error>));
    api.put(url).body(reqwest::Body::wrap_stream(chunks)).send().await?;
    Ok(())
}

fn task_14_ureq(url: &str, backup: &Path, agent: &Agent) -> Outcome {
    agent.put(url).send(fs::File::open(backup)?)?;
    Ok(())
}

/// Through a corporate proxy with Basic.
#[rustfmt::skip]
fn task_15(auth: Auth, ureq_proxy: Option<ureq::Proxy>) -> Outcome {
    let proxy = reqwest::Proxy::all("http://proxy.corp:3128")?.basic_auth("sam", &Secret::env("PROXY_PASSWORD").read()?);
    let api = Client::builder(auth.clone()).http(reqwest::Client::builder().proxy(proxy)).build()?;
    let agent = Agent::builder(auth).http(ureq::Agent::config_builder().proxy(ureq_proxy)).build()?;

    println!("{api:?}\n{agent:?}");
    Ok(())
}

fn main() -> Outcome {
    use_ring();
    match std::env::args().nth(1).as_deref() {
        None => run_against_the_embedded_server(),
        Some("1") => task_01(),
        Some("2") => block_on(task_02()),
        Some("3") => task_03(),
        Some("4") => task_04(),
        Some("15") => task_15(Auth::none(), ureq::Proxy::try_from_env()),
        Some(other) => Err(format!("there is no task {other} to run by its number").into()),
    }
}

fn run_against_the_embedded_server() -> Outcome {
    let server = Embedded::start()?;
    let origin = server.origin();
    let auth = Auth::new(origin, ApiKey::header("X-API-Key", secrets::HEADER_KEY))?;
    let wrong = Auth::new(origin, ApiKey::header("X-API-Key", "yesterday"))?;

    println!("task 5");
    block_on(task_05(origin, auth.clone(), Draft { item: "rope".into(), quantity: 2 }))?;

    println!("task 6");
    block_on(task_06(origin, &server.url("/tenant"), secrets::ACME_KEY, &Client::new(auth.clone())?))?;
    task_06_ureq(origin, &server.url("/tenant"), secrets::GLOBEX_KEY, &Agent::new(auth.clone())?)?;

    println!("task 7");
    let file = std::env::temp_dir().join(format!("authwright-usage-{}.key", std::process::id()));
    fs::write(&file, "yesterday")?;
    let (rotating, key) = task_07(origin, &file)?;
    let agent = Agent::new(rotating)?;
    println!(
        "{}",
        agent.get(server.url("/orders")).call().map_or_else(|error| error.to_string(), |_| String::new())
    );
    fs::write(&file, secrets::HEADER_KEY)?;
    key.reload()?;
    show(&agent.get(server.url("/orders")).call()?.body_mut().read_to_string()?);
    fs::remove_file(file)?;

    println!("task 8");
    let login = task_08(origin, Secret::new(secrets::LOGIN_PASSWORD))?;
    block_on(async {
        show(&Client::new(login.clone())?.get(server.url("/bearer")).send().await?.text().await?);
        Ok(())
    })?;
    show(&Agent::new(login)?.get(server.url("/bearer")).call()?.body_mut().read_to_string()?);

    println!("task 10");
    for auth in [&auth, &wrong] {
        block_on(task_10(&Client::builder(auth.clone()).base_url(origin).build()?))?;
        task_10_ureq(&Agent::builder(auth.clone()).base_url(origin).build()?)?;
    }

    println!("task 11");
    block_on(task_11(&server.url("/orders"), &auth, &Client::new(auth.clone())?))?;
    task_11_ureq(&server.url("/orders"), &Agent::new(auth.clone())?)?;

    println!("task 12");
    block_on(task_12(&server.url("/orders"), auth.clone()))?;
    println!("counted by whatever records metrics: see the example `metrics`");

    println!("task 14");
    let backup = std::env::temp_dir().join(format!("authwright-usage-{}.tar", std::process::id()));
    fs::write(&backup, "one, two, three")?;
    block_on(task_14(&server.url("/open"), &Client::new(auth.clone())?))?;
    task_14_ureq(&server.url("/open"), &backup, &Agent::new(auth)?)?;
    fs::remove_file(backup)?;
    println!("both uploads have arrived");

    println!("task 16");
    let stream = Auth::new("https://stream.example.com", Bearer::new("t0ken"))?;
    let (api, agent) = (Client::new(stream.clone())?, Agent::new(stream)?);
    block_on(task_16("wss://stream.example.com/feed", &api, &agent))?;

    logins::run()?;

    println!("task 20");
    documents::run()?;

    println!("task 22");
    block_on(own_tests::task_22())?;
    own_tests::task_22_ureq()?;
    println!("two logins, as it should be");
    Ok(())
}

/// A request somebody else sends.
async fn task_16(url: &str, api: &Client, agent: &Agent) -> Outcome {
    let mut request = http::Request::get(url).body(())?;
    api.authorize(&mut request).await?;

    println!("{:?}", request.headers());
    let mut request = http::Request::get(url).body(())?;
    agent.authorize(&mut request)?;

    println!("{:?}", request.headers());
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn block_on(task: impl Future<Output = Outcome>) -> Outcome {
    task.await
}

fn show(text: &str) {
    println!("{text}");
}

fn again_in(delay: Option<Duration>) {
    println!("again in {delay:?}");
}

#[expect(clippy::needless_pass_by_value, reason = "it is what a caller has")]
fn ask_for(scope: Option<Cow<'_, str>>) {
    println!("ask for the scope {scope:?}");
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "printed only")]
struct Order {
    id: u64,
    item: String,
    quantity: u32,
}

#[derive(Serialize)]
struct Draft {
    item: String,
    quantity: u32,
}
