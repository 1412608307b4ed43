//! All drivers put the same on the wire and end in the same way, whatever is asked of them.

use authwright_core::{Auth, http::Method};
use authwright_testkit::{
    Chain, Credential, Ending, Plan, PlanBody, Reply, bodies, chains, credentials, methods,
};
use authwright_tests::on_every_driver;
use proptest::{prelude::*, test_runner::TestRunner};

use crate::support::{PLACES, line, net, script_ending};

type Credentials = (Credential, Credential, Chain);
type Options = (bool, bool, bool);

#[test]
fn every_driver_writes_the_same_transcript() {
    let net = net();
    let mut drivers = Vec::new();
    on_every_driver(|driver| drivers.push(driver.name()));
    let cases = (
        (credentials(), credentials(), chains(PLACES.len(), 11)),
        (methods(), bodies()),
        (0..=11_u32, prop::sample::select(vec![200_u16, 204, 401, 403, 404, 407, 500])),
        (prop::bool::ANY, prop::bool::ANY, prop::bool::ANY),
    );
    let run =
        |(credentials, request, ends, options): (Credentials, (Method, PlanBody), (u32, u16), Options)| {
            let ((first, second, chain), (method, body)) = (credentials, request);
            let ((max_redirects, last), (bare, header, default)) = (ends, options);
            let auth = first.auth(net.origin(0)).and_then(|auth| second.add_to(auth, net.origin(1))).unwrap();
            // A body on GET or HEAD is legal and pointless; clients differ on it, so it is not asked for.
            let body = if [Method::POST, Method::PUT, Method::PATCH].contains(&method) {
                body
            } else {
                PlanBody::Empty
            };
            let mut plan = Plan::get(net.url(0, "/0?q=a%20b"), &auth).method(method).body(body).explained();
            (plan.max_redirects, plan.without_auth) = (max_redirects, bare);
            if header {
                plan =
                    plan.header("Authorization", "Bearer mine").header("X-Note", "n").header("Cookie", "a=1");
            }
            if default {
                plan = plan.default_header("X-Tenant", "t").default_header("Accept-Language", "en");
            }
            let mut transcripts = Vec::new();
            on_every_driver(|driver| {
                script_ending(&net, &chain, last);
                let outcome = driver.run(&net, &plan);
                let lines: Vec<String> = net.requests().iter().map(line).collect();
                let ending = match &outcome.ending {
                    Ending::Response { status, .. } => format!("response {status}"),
                    Ending::Denied { denied, .. } => format!("denied {denied}"),
                    Ending::ProxyDenied { denied, .. } => format!("proxy denied {denied}"),
                    Ending::TooManyRedirects => "too many".into(),
                    Ending::Failed { message, .. } => format!("failed {message}"),
                };
                transcripts.push((lines, ending, outcome.trail));
            });
            for (transcript, name) in transcripts.iter().zip(&drivers).skip(1) {
                prop_assert_eq!(transcript, &transcripts[0], "{} against {}", name, drivers[0]);
            }
            Ok(())
        };
    TestRunner::new(ProptestConfig::with_cases(96)).run(&cases, run).unwrap();
}

/// An empty `Auth` and no credential behave like the bare client: nothing is added.
#[test]
fn nothing_is_added_where_nothing_is_configured() {
    let net = net();
    net.set_script(|_| Reply::ok(""));
    on_every_driver(|driver| {
        net.take();
        driver.run(&net, &Plan::get(net.url(0, "/a?b=c"), &Auth::none()));
        assert_eq!(line(&net.requests()[0]), "0 GET /a?b=c [] \"\"", "{}", driver.name());
    });
}
