//! What is the weather like? One key in the query, one blocking request, with ureq.
//!
//! ```sh
//! OPENWEATHER_KEY=… cargo run --example weather Oslo
//! ```
//!
//! Against the embedded server: `cargo run --example server` prints the command.

use std::{error::Error, process::ExitCode, time::Duration};

use authwright_examples::arguments;
use authwright_ureq::{Agent, ApiKey, Auth, Secret, http::StatusCode};
use serde::Deserialize;

fn main() -> ExitCode {
    match weather() {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn weather() -> Result<String, Box<dyn Error>> {
    let (base_url, words) = arguments()?;
    let base_url = base_url.unwrap_or("https://api.openweathermap.org".into());
    let city = words.join(" ");
    if city.is_empty() {
        return Err("usage: weather [--base-url URL] CITY".into());
    }

    let auth = Auth::new(&base_url, ApiKey::query("appid", Secret::env("OPENWEATHER_KEY")))?;
    let agent = Agent::builder(auth).base_url(&base_url).timeout(Duration::from_secs(10)).build()?;
    let answer = agent.get("data/2.5/weather").query("q", &city).query("units", "metric").call();

    let now: Report = match answer {
        Ok(mut response) => response.body_mut().read_json()?,
        Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => {
            return Err(format!("OpenWeatherMap knows no city called {city}").into());
        }
        // No key, a key that was refused, no network: the text says which, and what to do.
        Err(error) => return Err(error.into()),
    };
    let sky = now.weather.first().map_or("no description", |sky| &sky.description);
    Ok(format!("{}: {:.1} °C, {sky}", now.name, now.main.temp))
}

#[derive(Deserialize)]
struct Report {
    name: String,
    main: Main,
    weather: Vec<Sky>,
}

#[derive(Deserialize)]
struct Main {
    temp: f64,
}

#[derive(Deserialize)]
struct Sky {
    description: String,
}
