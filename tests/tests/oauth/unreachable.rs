//! A server that is not to be trusted or does not answer: an error that passes, in time, and a login that is still there.

use std::time::Duration;

use authwright_core::Fault;
use authwright_oauth2::Session;
use authwright_testkit::{Endpoint, Host, Memory, Place, Reply, TokenFailure, run_flow};
use authwright_tests::on_every_driver;

use crate::{
    bench::{API, Bench, CALLBACK, SERVER},
    code::shop,
};

/// How long a call may take here.
const PATIENCE: Duration = Duration::from_millis(150);
/// Longer than anybody waits; the end of the test ends it.
const FOR_EVER: Duration = Duration::from_secs(600);

/// Signs in on the driver that has no TLS, which sees no certificate.
fn sign_in_without_tls(bench: &Bench<'_>, session: &Session) {
    let run = |flow| run_flow(&Memory, &bench.net, &bench.clock, flow);
    let pending = run_flow(&Memory, &bench.net, &bench.clock, session.begin(CALLBACK)).unwrap();
    let callback = bench.server.follow(pending.url());
    run(session.finish(pending, callback)).unwrap();
}

#[track_caller]
fn assert_clear(failure: &TokenFailure, bench: &Bench<'_>) {
    let who = bench.who();
    // Which of the two a bad certificate is, each client has its own opinion of.
    assert!(matches!(failure.fault, Fault::Network | Fault::Server), "{who}: {failure:?}");
    assert!(!failure.is_login_required, "{who}: {failure:?}");
    assert_eq!(failure.is_transient, failure.fault == Fault::Network, "{who}: {failure:?}");
    assert!(failure.message.contains(bench.issuer()), "{who}: {failure:?}");
    assert!(!failure.message.contains("/token"), "{who}: {failure:?}");
}

/// RFC 8414 section 6.1, RFC 6749 section 3.2: not one byte goes to a server whose certificate has expired or is another's; not
/// to find its endpoints, and not to one of them.
#[test]
fn i3_a_server_with_a_bad_certificate_gets_nothing() {
    on_every_driver(|driver| {
        for bad in [Place::https(Host::Localhost).expired(), Place::https(Host::Localhost).wrong_name()] {
            let places = [Place::http(Host::V4), bad, Place::http(Host::V4)];
            let bench = Bench::at(places, driver, |server| server.client(shop()));
            let session = bench.session(bench.app("shop"));
            sign_in_without_tls(&bench, &session);
            if driver.name() == "in-memory" {
                continue; // it has no TLS
            }
            bench.clock.advance(Duration::from_secs(4000));
            bench.net.take();
            // The endpoint is known to one, and the other has to look for it.
            let restarted = bench.session(bench.app("shop"));
            for session in [&session, &restarted] {
                assert_clear(&bench.token(session.tokens()).unwrap_err(), &bench);
                assert!(bench.run(session.is_signed_in()).unwrap(), "{}", driver.name());
                assert!(bench.get(session.tokens()).failure().is_some(), "{}", driver.name());
            }
            assert_clear(&bench.run(restarted.begin(CALLBACK)).unwrap_err(), &bench);
            let (received, asked) = (bench.net.bytes(SERVER), bench.net.bytes(API));
            assert!(received.is_empty() && asked.is_empty(), "{}: {received:?}", driver.name());
            assert!(bench.net.connections(SERVER) > 0, "{}: it was tried", driver.name());
        }
    });
}

/// Discovery, the token endpoint, and the one for devices: the time for one call ends it, and a later one goes through.
#[test]
fn i3_a_server_that_hangs_is_waited_for_as_long_as_was_said() {
    on_every_driver(|driver| {
        let hangs = || Reply::status(200).delay(FOR_EVER);
        let bench = Bench::new(driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop"));
        bench.server.next(Endpoint::Metadata, hangs());
        let failure = bench.run(session.begin(CALLBACK).call_timeout(PATIENCE)).unwrap_err();
        assert!(failure.is_timeout, "{}: {failure:?}", driver.name());
        assert_clear(&failure, &bench);

        let pending = bench.run(session.begin(CALLBACK).call_timeout(PATIENCE)).unwrap();
        let callback = bench.server.follow(pending.url());
        bench.server.next(Endpoint::Token, hangs());
        let failure = bench.run(session.finish(pending, callback).call_timeout(PATIENCE)).unwrap_err();
        assert!(failure.is_timeout, "{}: {failure:?}", driver.name());
        assert_clear(&failure, &bench);
        bench.sign_in(&session).unwrap();

        bench.server.next(Endpoint::Revocation, hangs());
        let failure = bench.run(session.logout().call_timeout(PATIENCE)).unwrap_err();
        assert!(failure.is_timeout && failure.message.contains("signed out here"), "{failure:?}");
        bench.assert_clean();
    });
}
