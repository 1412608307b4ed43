//! The cases, and what each does.
#![expect(clippy::unnecessary_wraps, reason = "some cases can fail, and all have one type")]

use std::time::Duration;

use super::{Case, Outcome, bench::Bench};

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    Case::new("one login, many requests", one_login, 1, "token-1 ×20", "200 ×20"),
    Case::new("renewed ahead of its end", renewed_ahead, 2, "token-1 ×2, token-2", "200 ×3")
        .note("with 50 s left nobody waits"),
    Case::new("about to end", about_to_end, 2, "token-1, token-2", "200 ×2")
        .note("with 5 s left a request waits"),
    Case::new("401: renewed, sent once more", revoked, 2, "token-1 ×2, token-2", "200 ×2"),
    Case::new("the new one is refused too", refused_again, 2, "token-1, token-2 ×2", "401 ×2")
        .says("was sent and refused").note("the denial; no third login"),
    Case::new("1,000 requests, one renewal", a_thousand, 2, "token-1, token-2 ×1000", "200 ×1001"),
    Case::new("token endpoint down", endpoint_down, 3, "token-1 ×3", "200 ×3")
        .note("503 twice; the token goes on"),
    Case::new("… until the token has ended", ended_meanwhile, 3, "token-1, token-2", "200, none, 200")
        .says("answered 503; try again later").note("try again later: 200"),
    Case::new("wrong password", wrong_password, 1, "", "none ×2")
        .says("was refused (401); check `email` and `password`").note("nothing sent; asked once"),
    Case::new("restart: token from a file", restart, 1, "token-1 ×2", "200 ×2")
        .note("the second run does not log in"),
];

fn one_login(bench: &mut Bench) -> Outcome {
    Ok(bench.ask(20))
}

/// The new token is held back until the second request has been answered.
fn renewed_ahead(bench: &mut Bench) -> Outcome {
    let mut said = bench.ask(1);
    bench.clock.advance(Duration::from_secs(250));
    bench.gate.close();
    said.extend(bench.ask(1));
    bench.gate.open();
    bench.caller.settle();
    said.extend(bench.ask(1));
    Ok(said)
}

fn about_to_end(bench: &mut Bench) -> Outcome {
    let mut said = bench.ask(1);
    bench.clock.advance(Duration::from_secs(295));
    said.extend(bench.ask(1));
    Ok(said)
}

fn revoked(bench: &mut Bench) -> Outcome {
    let mut said = bench.ask(1);
    bench.server.revoke_tokens();
    said.extend(bench.ask(1));
    Ok(said)
}

fn refused_again(bench: &mut Bench) -> Outcome {
    bench.server.on("/orders").without_token().status(401).header("www-authenticate", "Bearer");
    Ok(bench.ask(2))
}

/// The token has ended, and the next one is held back until everybody has begun.
fn a_thousand(bench: &mut Bench) -> Outcome {
    let mut said = bench.ask(1);
    bench.clock.advance(Duration::from_secs(300));
    bench.gate.close();
    said.extend(bench.caller.ask_a_thousand(&bench.tokens, &bench.gate)?);
    bench.note = bench.caller.how_a_thousand();
    Ok(said)
}

/// One renewal fails with time to spare, one in the last seconds, when requests wait for it.
fn endpoint_down(bench: &mut Bench) -> Outcome {
    let mut said = bench.ask(1);
    bench.server.tokens("/login").fails_times(2, 503);
    for seconds in [250, 45] {
        bench.clock.advance(Duration::from_secs(seconds));
        said.extend(bench.ask(1));
        bench.caller.settle();
    }
    Ok(said)
}

fn ended_meanwhile(bench: &mut Bench) -> Outcome {
    let mut said = bench.ask(1);
    bench.server.tokens("/login").fails_times(1, 503);
    bench.clock.advance(Duration::from_secs(300));
    said.extend(bench.ask(2));
    Ok(said)
}

fn wrong_password(bench: &mut Bench) -> Outcome {
    bench.server.tokens("/login").accepts(|_| false);
    Ok(bench.ask(2))
}

/// A second client with a cache of its own; all they share is the folder.
fn restart(bench: &mut Bench) -> Outcome {
    bench.start_again()?;
    let mut said = bench.ask(1);
    bench.start_again()?;
    said.extend(bench.ask(1));
    Ok(said)
}
