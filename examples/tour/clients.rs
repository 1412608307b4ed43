//! The two clients, asked the same things.

use std::error::Error;

use authwright_examples::Embedded;
use authwright_reqwest::{Client, Trail};
use authwright_ureq::Agent;
use tokio::runtime::{Builder, Runtime};

use crate::row::{Answer, Row};

pub(crate) struct Clients {
    runtime: Runtime,
}

impl Clients {
    pub(crate) fn new() -> Result<Self, Box<dyn Error>> {
        Ok(Self { runtime: Builder::new_current_thread().enable_all().build()? })
    }

    /// Every path of the row with reqwest, then with ureq.
    pub(crate) fn run(&self, row: &Row, server: &Embedded) -> Result<Vec<Answer>, Box<dyn Error>> {
        let mut answers = self.runtime.block_on(with_reqwest(row, server))?;
        answers.extend(with_ureq(row, server)?);
        Ok(answers)
    }
}

async fn with_reqwest(row: &Row, server: &Embedded) -> Result<Vec<Answer>, authwright_reqwest::Error> {
    let api = Client::builder(row.auths[0].clone())
        .base_url(server.origin())
        .default_headers(row.default_headers.clone())
        .build()?;
    let mut answers = Vec::new();
    for (nth, path) in row.paths.iter().enumerate() {
        let mut request = api.get(path).explain();
        if let Some(auth) = &row.other_auth {
            request = request.auth(auth);
        }
        if row.without_auth {
            request = request.without_auth();
        }
        if let Some((name, value)) = row.header {
            request = request.header(name, value);
        }
        answers.push(match request.send().await {
            Ok(response) => Answer {
                client: "reqwest",
                nth,
                status: Some(response.status().as_u16()),
                trail: response.extensions().get::<Trail>().cloned().unwrap_or_default(),
                body: response.text().await?,
                error: None,
                denied: false,
            },
            Err(error) => Answer {
                client: "reqwest",
                nth,
                status: error.status().map(|status| status.as_u16()),
                trail: error.trail().cloned().unwrap_or_default(),
                body: String::new(),
                error: Some(error.to_string()),
                denied: error.denied().is_some(),
            },
        });
    }
    Ok(answers)
}

fn with_ureq(row: &Row, server: &Embedded) -> Result<Vec<Answer>, authwright_ureq::Error> {
    let agent = Agent::builder(row.auths[1].clone())
        .base_url(server.origin())
        .default_headers(row.default_headers.clone())
        .build()?;
    let mut answers = Vec::new();
    for (nth, path) in row.paths.iter().enumerate() {
        let mut request = agent.get(path).explain();
        if let Some(auth) = &row.other_auth {
            request = request.auth(auth);
        }
        if row.without_auth {
            request = request.without_auth();
        }
        if let Some((name, value)) = row.header {
            request = request.header(name, value);
        }
        answers.push(match request.call() {
            Ok(mut response) => Answer {
                client: "ureq",
                nth,
                status: Some(response.status().as_u16()),
                trail: response.extensions().get::<Trail>().cloned().unwrap_or_default(),
                body: response.body_mut().read_to_string()?,
                error: None,
                denied: false,
            },
            Err(error) => Answer {
                client: "ureq",
                nth,
                status: error.status().map(|status| status.as_u16()),
                trail: error.trail().cloned().unwrap_or_default(),
                body: String::new(),
                error: Some(error.to_string()),
                denied: error.denied().is_some(),
            },
        });
    }
    Ok(answers)
}
