//! The authorization code grant with PKCE (RFC 6749 section 4.1, RFC 7636).

use authwright_testkit::RegisteredClient;
use authwright_tests::on_every_driver;

use crate::bench::{Bench, CALLBACK};

/// From nothing to an answered request, on one registration.
#[test]
fn e5_a_login_is_begun_finished_and_used() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| {
            server.client(RegisteredClient::public("shop").redirect_uri(CALLBACK).scopes("orders"))
        });
        let session = bench.session(bench.app("shop").scope("orders"));
        bench.sign_in(&session).unwrap();
        let outcome = bench.get(session.tokens());
        assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
        bench.assert_clean();
    });
}
