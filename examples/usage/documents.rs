//! Task 20: any scheme, at run time, from configuration.

use authwright_examples::{LoginServer, References, secrets};
use authwright_reqwest::{
    Auth, AuthConfig, Client, Error,
    authwright_core::config::{Entry, Made},
};

use crate::{Outcome, block_on, show};

fn my_schemes(_: &Entry<'_>) -> Made {
    None
}

#[rustfmt::skip]
fn task_20(text: &str) -> Result<Auth, Box<dyn std::error::Error>> {
    let config: AuthConfig = toml::from_str(text)?;
    let auth = config.build_with(&[authwright_oauth2::schemes, my_schemes])?;

    Ok(auth)
}

const BASE: &str = "https://tools.example.com";
#[rustfmt::skip]
pub(crate) fn connect(auth: Auth) -> Result<Client, Error> { Client::builder(auth).base_url(BASE).build() }

/// The document of the task, but for its addresses and the place of its secret.
pub(crate) fn run() -> Outcome {
    let (server, files) = (LoginServer::start()?, References::new("usage")?);
    let document = format!(
        r#"
[[auth]]
origins = ["{}"]
type = "client_credentials"
issuer = "{}"
client_id = "billing"
client_secret = "{}"
scope = "orders.read"
"#,
        server.api(),
        server.issuer(),
        files.to(secrets::BILLING_SECRET)?,
    );
    let api = connect(task_20(&document)?)?;
    block_on(async {
        show(&api.get(server.api()).send().await?.text().await?);
        Ok(())
    })
}

#[test]
fn a_document_takes_as_many_lines_as_it_should() -> Outcome {
    authwright_examples::use_ring();
    run()
}
