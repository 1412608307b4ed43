//! What the server's own log says of the whole run: each request at an endpoint it has, each client in its own way.

use std::collections::BTreeMap;

use super::referee::{clients, record};

/// A line: ISSUER METHOD ROUTE STATUS, and `name=value` for the rest.
struct Line<'l> {
    issuer: &'l str,
    route: &'l str,
    status: &'l str,
    rest: BTreeMap<&'l str, &'l str>,
}

impl<'l> Line<'l> {
    fn read(line: &'l str) -> Self {
        let mut words = line.split(' ');
        let [issuer, _, route, status] = [(); 4].map(|()| words.next().unwrap());
        Self { issuer, route, status, rest: words.map(|word| word.split_once('=').unwrap()).collect() }
    }
}

type Counts<'l> = BTreeMap<(&'l str, &'l str), usize>;

/// Checks all of it, and prints how much that was.
pub(crate) fn check() {
    let log = record("log");
    let (mut counts, mut proofs) = (Counts::new(), Counts::new());
    for text in log.lines() {
        let line = Line::read(text);
        assert!(!["404", "405", "500"].contains(&line.status), "{text}");
        let client = decoded(line.rest["client"]);
        let is_client = matches!(
            line.route,
            "/token" | "/request" | "/device/auth" | "/token/introspection" | "/token/revocation"
        );
        if is_client {
            *counts.entry((line.route, line.rest["error"])).or_default() += 1;
            let way =
                clients().find(|(id, _)| *id == client).map(|(_, known)| known["auth"].as_str().unwrap());
            let wanted = match way {
                Some("client_secret_basic") => "basic",
                Some("client_secret_post") => "post",
                Some("none") => "none",
                Some(_) => "jwt",
                // Who is not known is not named.
                None => line.rest["auth"],
            };
            assert_eq!(line.rest["auth"], wanted, "{text}");
        }
        if matches!(line.route, "/opaque" | "/jwt" | "/me") {
            *counts.entry((line.route, line.rest["error"])).or_default() += 1;
            if line.status == "200" {
                *proofs.entry((line.issuer, line.rest["proof"])).or_default() += 1;
            }
        }
    }
    // Nonces are used where there are any, and from the second proof on where nobody demands the first.
    let served: Vec<_> = proofs.keys().map(|(issuer, proof)| format!("{issuer} {proof}")).collect();
    assert_eq!(
        served,
        ["offered bare", "offered nonce", "plain bare", "plain none", "required nonce"],
        "{proofs:?}"
    );
    println!("what the server's log has of clients and tokens:");
    for ((route, error), count) in counts {
        let error = if error == "-" { "" } else { error };
        println!("| {route:<20} | {error:<24} | {count:>5}");
    }
    println!("proofs that its APIs have taken:");
    for ((issuer, proof), count) in proofs {
        println!("| {issuer:<20} | {proof:<24} | {count:>5}");
    }
}

fn decoded(text: &str) -> String {
    let pair = format!("={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes()).map(|(_, value)| value.into_owned()).collect()
}
