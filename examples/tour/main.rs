//! The tour: every credential type with both clients against a server that checks, and what happens when things go wrong.
//!
//! ```sh
//! cargo run --example tour
//! ```
//!
//! It ends with an exit code other than 0 if anything is not as it should be. A new row is one line in
//! `sections.rs` or `digest.rs`, or in `tokens/cases.rs` or `oauth/cases.rs` where it takes several requests and some time.

mod clients;
mod digest;
mod documents;
mod oauth;
mod row;
mod sections;
mod table;
mod tokens;

use std::{error::Error, process::ExitCode};

use authwright_examples::{
    Embedded,
    secrets::{FOR_NOBODY, NOT_FOR_OTHERS},
    use_ring,
};

use crate::clients::Clients;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    use_ring();
    let server = Embedded::start()?;
    let clients = Clients::new()?;

    table::introduce(&server);
    let (mut right, mut made) = (0, 0);
    for section in sections::all(&server)? {
        table::heading(section.title);
        for row in &section.rows {
            let answers = clients.run(row, &server)?;
            right += table::print(row, &answers);
            made += answers.len();
        }
    }
    let (cases_right, cases) = tokens::run()?;
    let oauth = oauth::run()?;
    let leaks = [leaks(&server), oauth.leaks.clone()].concat();
    table::conclude(&server, (right, made), (cases_right, cases), &oauth, &leaks);
    Ok(if (right, cases_right, oauth.right) == (made, cases, oauth.made) && leaks.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Searches what the servers have received: every secret must be in the API's record, so that the search is known to find
/// it, and none in the others'. What no wire may carry must be in none, and none in what was printed.
fn leaks(server: &Embedded) -> Vec<String> {
    let (api, elsewhere) = (server.received(), server.received_elsewhere());
    let contains =
        |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    let (printed, mut leaks) = (table::printed(), Vec::new());
    for secret in NOT_FOR_OTHERS.iter().chain(FOR_NOBODY) {
        if printed.contains(secret) {
            leaks.push(format!("{secret} was printed"));
        }
    }
    for secret in NOT_FOR_OTHERS {
        if contains(&elsewhere, secret) {
            leaks.push(format!("{secret} has reached another server"));
        }
        if !contains(&api, secret) {
            leaks.push(format!("{secret} has never reached the API, so the search proves nothing"));
        }
    }
    for secret in FOR_NOBODY {
        if contains(&elsewhere, secret) || contains(&api, secret) {
            leaks.push(format!("{secret} was sent"));
        }
    }
    leaks
}
