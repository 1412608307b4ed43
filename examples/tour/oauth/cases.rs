//! The cases, and what each does.

use std::{collections::HashSet, time::Duration};

use authwright_examples::secrets::BILLING_SECRET;
use authwright_oauth2::{Device, Registration, Session};
use authwright_reqwest::{MemoryStore, Tokens};
use authwright_testkit::{
    DevicePoll::{Approved, Pending},
    Endpoint, Reply,
};

use super::{Case, Outcome, bench::Bench};
use crate::tokens::caller::{Caller, Said};

/// For how long the server issues access tokens.
const LIFETIME: Duration = Duration::from_secs(3600);

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    Case::new("signs in with a browser", browser, "code", "Bearer 1 ×2", "none, 200 ×2")
        .says("run `acme login`").note("code and PKCE"),
    Case::new("signs in on another machine", device, "device ×3", "Bearer 1 ×2", "200 ×2")
        .note("two polls say: not yet"),
    Case::new("a service, by its secret", secret, "client", "Bearer 1 ×20", "200 ×20"),
    Case::new("a service, by its key", key, "client", "Bearer 1 ×20", "200 ×20")
        .note("the key is never sent"),
    Case::new("the token is over, twice", over, "code, refresh ×2", "Bearer 1, 2, 3", "200 ×3")
        .note("three refresh tokens"),
    Case::new("1,000 requests, one renewal", a_thousand, "code, refresh", "Bearer 1, 2 ×1000", "200 ×1001"),
    Case::new("401: renewed, sent once more", revoked, "code, refresh", "Bearer 1 ×2, 2", "200 ×2"),
    Case::new("DPoP: bound to a key", bound, "code ×2", "DPoP 1 ×3", "200 ×2")
        .note("both servers want nonces"),
    Case::new("DPoP: over, renewed", bound_over, "code ×2, refresh", "DPoP 1 ×2, 2", "200 ×2")
        .note("bound to the same key"),
    Case::new("redirected to another host", elsewhere, "code ×2", "DPoP 1 ×3", "200 ×2")
        .note("which sees no token"),
    Case::new("signs out", signs_out, "code", "Bearer 1", "200, none")
        .says("not signed in to"),
];

fn browser(bench: &Bench) -> Outcome {
    let session = session(&app(bench))?;
    let client = bench.client(session.tokens())?;
    let before = client.ask();
    client.run(session.login(bench.browser()))?;
    Ok([vec![before], ask(&*client, 2)].concat())
}

fn device(bench: &Bench) -> Outcome {
    bench.server.server().device_answers(&[Pending, Pending, Approved]);
    let session = session(&app(bench))?;
    let client = bench.client(session.tokens())?;
    let shown = bench.shown();
    client.run(session.login(Device::new().shown_by(move |prompt| shown.add(prompt))))?;
    Ok(ask(&*client, 2))
}

fn secret(bench: &Bench) -> Outcome {
    let app = Registration::new(bench.server.issuer(), "billing").secret(BILLING_SECRET).scope("orders.read");
    let client = bench.client(&Tokens::new(app.client_credentials())?)?;
    Ok(ask(&*client, 20))
}

fn key(bench: &Bench) -> Outcome {
    let app = Registration::new(bench.server.issuer(), "robot").key(bench.server.key()).scope("orders.read");
    let client = bench.client(&Tokens::new(app.client_credentials())?)?;
    Ok(ask(&*client, 20))
}

/// Each renewal spends the refresh token of the one before: the server takes none twice.
fn over(bench: &Bench) -> Outcome {
    let (_, client) = signed_in(bench, &app(bench))?;
    let (mut said, mut given) = (Vec::new(), HashSet::new());
    for _ in 0..3 {
        said.push(client.ask());
        given.extend(bench.server.server().live_refresh_tokens());
        bench.server.clock().advance(LIFETIME);
    }
    if given.len() == 3 { Ok(said) } else { Err("the refresh token was not rotated".into()) }
}

/// The token is over, and the next one is held back until everybody has begun.
fn a_thousand(bench: &Bench) -> Outcome {
    let (session, client) = signed_in(bench, &app(bench))?;
    let said = client.ask();
    bench.server.clock().advance(LIFETIME);
    bench.gate.close();
    Ok([vec![said], client.ask_a_thousand(session.tokens(), &bench.gate)?].concat())
}

fn revoked(bench: &Bench) -> Outcome {
    let (_, client) = signed_in(bench, &app(bench))?;
    let said = client.ask();
    bench.server.server().revoke_access_tokens();
    Ok(vec![said, client.ask()])
}

fn bound(bench: &Bench) -> Outcome {
    let (_, client) = signed_in(bench, &app(bench).dpop())?;
    Ok(ask(&*client, 2))
}

fn bound_over(bench: &Bench) -> Outcome {
    let (_, client) = signed_in(bench, &app(bench).dpop())?;
    let said = client.ask();
    bench.server.clock().advance(LIFETIME);
    Ok(vec![said, client.ask()])
}

fn elsewhere(bench: &Bench) -> Outcome {
    let (_, client) = signed_in(bench, &app(bench).dpop())?;
    let to = bench.server.other_origin();
    let said = client.ask();
    bench.server.server().next(Endpoint::Resource, Reply::redirect(307, &format!("{to}/orders")));
    Ok(vec![said, client.ask()])
}

fn signs_out(bench: &Bench) -> Outcome {
    let (session, client) = signed_in(bench, &app(bench))?;
    let said = client.ask();
    client.run(session.logout())?;
    Ok(vec![said, client.ask()])
}

/// A program on somebody's machine.
fn app(bench: &Bench) -> Registration {
    Registration::new(bench.server.issuer(), "acme-cli").scope("repo offline_access")
}

fn session(app: &Registration) -> Result<Session, authwright_reqwest::SchemeError> {
    Ok(Session::new(app, MemoryStore::new())?.hint("run `acme login`"))
}

fn signed_in(
    bench: &Bench,
    app: &Registration,
) -> Result<(Session, Box<dyn Caller>), Box<dyn std::error::Error>> {
    let session = session(app)?;
    let client = bench.client(session.tokens())?;
    client.run(session.login(bench.browser()))?;
    Ok((session, client))
}

/// So many requests, one after the other.
fn ask(client: &dyn Caller, times: usize) -> Vec<Said> {
    (0..times).map(|_| client.ask()).collect()
}
