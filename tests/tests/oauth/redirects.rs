//! What is sent to an endpoint is for that endpoint (RFC 6749 section 10.4): no redirect is followed with it, wherever it leads.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use authwright_core::Fault;
use authwright_oauth2::Device;
use authwright_testkit::{Endpoint, Pushed, RegisteredClient, Reply, TokenFailure};
use authwright_tests::on_every_driver;

use crate::bench::{Bench, CALLBACK, ELSEWHERE, SERVER};

const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];
/// Where redirects lead.
const MOVED: &str = "/moved";

fn shop() -> RegisteredClient {
    RegisteredClient::basic("shop", "s3cret").redirect_uri(CALLBACK)
}

/// Sends something with a secret in it to an endpoint, which answers with a redirect; and gives how that has failed.
fn redirected(bench: &Bench<'_>, endpoint: Endpoint, reply: &Reply) -> TokenFailure {
    let app = bench.app("shop").secret("s3cret");
    let session = bench.session(app.clone());
    if endpoint != Endpoint::Metadata {
        bench.sign_in(&session).unwrap();
    }
    // Discovery looks in two places.
    (0..if endpoint == Endpoint::Metadata { 2 } else { 1 })
        .for_each(|_| bench.server.next(endpoint, reply.clone()));
    bench.net.take();
    let failed = match endpoint {
        Endpoint::Pushed | Endpoint::Metadata => bench.run(session.begin(CALLBACK)).map(drop),
        Endpoint::DeviceAuthorization => bench.run(session.login(Device::new().shown_by(|_| {}))),
        Endpoint::Revocation => bench.run(session.logout()),
        Endpoint::Introspection => bench.run(app.introspect("t0ken")).map(drop),
        _ => unreachable!("not asked here: {endpoint:?}"),
    };
    failed.unwrap_err()
}

/// Not even to the server itself: a client secret or a refresh token is for the place that was looked up, to the path.
#[test]
fn e16_no_endpoint_redirects_what_it_is_sent() {
    on_every_driver(|driver| {
        for status in STATUSES {
            for place in [ELSEWHERE, SERVER] {
                for endpoint in [
                    Endpoint::Pushed,
                    Endpoint::DeviceAuthorization,
                    Endpoint::Revocation,
                    Endpoint::Introspection,
                    Endpoint::Metadata,
                ] {
                    let bench = Bench::new(driver, |server| server.client(shop()).pushed(Pushed::Required));
                    let reply = Reply::redirect(status, &bench.net.url(place, MOVED));
                    let failure = redirected(&bench, endpoint, &reply);
                    let who = format!("{}: {status} to {place} from {endpoint:?}", driver.name());
                    assert_eq!(
                        (failure.fault, failure.is_transient),
                        (Fault::Server, false),
                        "{who}: {failure:?}"
                    );
                    let says = if endpoint == Endpoint::Metadata {
                        "(a redirect is not followed)"
                    } else {
                        "a redirect, which is not followed with what was sent"
                    };
                    assert!(failure.message.contains(says), "{who}: {}", failure.message);
                    assert!(!failure.message.contains(MOVED), "{who}: {}", failure.message);
                    assert_eq!(bench.count(MOVED), 0, "{who}");
                    bench.assert_nobody_else_heard();
                    bench.assert_clean();
                }
            }
        }
    });
}

/// The keys that ID tokens are verified with are no secret, but whoever could redirect to them could sign in as anybody.
#[test]
fn e16_keys_are_taken_from_where_the_server_says() {
    on_every_driver(|driver| {
        for status in STATUSES {
            let bench = Bench::new(driver, |server| server.client(shop()));
            let session = bench.session(bench.app("shop").secret("s3cret").openid());
            bench.server.next(Endpoint::Jwks, Reply::redirect(status, &bench.net.url(ELSEWHERE, MOVED)));
            let failure = bench.sign_in(&session).unwrap_err();
            assert!(failure.message.contains("the keys of"), "{}: {}", driver.name(), failure.message);
            assert!(!bench.run(session.is_signed_in()).unwrap(), "{}", driver.name());
            bench.assert_nobody_else_heard();
        }
    });
}

/// A document of the same issuer that names another token endpoint: what is stored was issued by the one before. It is not sent
/// there, and stays for when the document is right again.
#[test]
fn e16_a_login_does_not_move_with_the_metadata() {
    on_every_driver(|driver| {
        for path in ["/token", "/other"] {
            let has_moved = Arc::new(AtomicBool::new(false));
            let moved = Arc::clone(&has_moved);
            let place = if path == "/token" { ELSEWHERE } else { SERVER };
            let to = Arc::new(std::sync::Mutex::new(String::new()));
            let other = Arc::clone(&to);
            let bench = Bench::new(driver, |server| {
                server.client(shop()).metadata(move |json| {
                    if moved.load(Ordering::SeqCst) {
                        json["token_endpoint"] = other.lock().unwrap().clone().into();
                    }
                })
            });
            *to.lock().unwrap() = bench.net.url(place, path);
            let app = || bench.app("shop").secret("s3cret");
            bench.sign_in(&bench.session(app())).unwrap();
            bench.clock.advance(Duration::from_secs(4000));
            has_moved.store(true, Ordering::SeqCst);
            bench.net.take();
            let outcome = bench.get(bench.session(app()).tokens());
            let failure = outcome.failure().unwrap_or_else(|| panic!("{}: {outcome}", driver.name()));
            assert!(failure.contains("issued by another token endpoint"), "{}: {failure}", driver.name());
            assert!(bench.count("/token") + bench.count("/other") == 0, "{}", driver.name());
            bench.assert_nobody_else_heard();

            has_moved.store(false, Ordering::SeqCst);
            let restarted = bench.session(app());
            assert_eq!(bench.get(restarted.tokens()).status(), Some(200), "{}", driver.name());
            bench.assert_clean();
        }
    });
}
