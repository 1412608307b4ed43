//! How a client shows that it is itself (RFC 6749 section 2.3), at every endpoint that asks.

use authwright_core::{Fault, Tokens};
use authwright_testkit::RegisteredClient;
use authwright_tests::on_every_driver;

use crate::bench::{Bench, CALLBACK};

const ID: &str = "a:pp %+/=&ä";
const SECRET: &str = "s:3 %+/=&\u{1f511}é";

/// RFC 6749 section 2.3.1: whatever is in id and secret arrives as it is.
#[test]
fn e1_e2_id_and_secret_arrive_exactly_and_in_one_way() {
    on_every_driver(|driver| {
        for (client, in_body) in
            [(RegisteredClient::basic(ID, SECRET), false), (RegisteredClient::post(ID, SECRET), true)]
        {
            let bench = Bench::new(driver, |server| server.client(client.redirect_uri(CALLBACK)));
            let app = bench.app(ID);
            let app = if in_body { app.secret_in_body(SECRET) } else { app.secret(SECRET) };
            let session = bench.session(app.clone());
            bench.sign_in(&session).unwrap();
            let token = bench.token(session.tokens()).unwrap();
            let said = bench.run(app.introspect(token.expose())).unwrap();
            assert!(said.is_active(), "{}", driver.name());
            bench.clock.advance(std::time::Duration::from_secs(4000));
            bench.token(session.tokens()).unwrap();
            bench.run(session.logout()).unwrap();
            for path in ["/token", "/introspect", "/revoke"] {
                for request in bench.requests(path) {
                    let header = request.header("authorization").is_some();
                    let body = request.form_value("client_secret").is_some();
                    assert_eq!((header, body), (!in_body, in_body), "{}: {path}", driver.name());
                    assert!(request.query().is_none(), "{}: {path}", driver.name());
                }
            }
            assert_eq!(bench.count("/token"), 2, "{}", driver.name());
            bench.assert_clean();
        }
    });
}

/// RFC 6749 section 2.3: one way, and no other is tried after it.
#[test]
fn e2_no_other_way_is_tried() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(RegisteredClient::post("app", "right")));
        let tokens = Tokens::new(bench.app("app").secret_in_body("wrong").client_credentials()).unwrap();
        let failure = bench.token(&tokens).unwrap_err();
        assert_eq!((failure.fault, bench.count("/token")), (Fault::Credential, 1), "{}", driver.name());
        assert!(failure.message.contains("check client `app` (its secret: value, #"), "{}", failure.message);
    });
}

/// RFC 6749 section 4.4: in its own name only who can show that it is itself.
#[test]
fn a_public_client_gets_no_token_in_its_own_name() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server);
        let error = Tokens::new(bench.app("app").client_credentials()).unwrap_err();
        assert!(error.to_string().contains("cannot get tokens in its own name"), "{error}");
    });
}

/// RFC 6749 section 6: a public client says its id when it renews.
#[test]
fn e15_a_renewal_is_by_the_same_client() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| {
            server.client(RegisteredClient::public("shop").redirect_uri(CALLBACK))
        });
        let session = bench.session(bench.app("shop"));
        bench.sign_in(&session).unwrap();
        for _ in 0..3 {
            bench.clock.advance(std::time::Duration::from_secs(4000));
            assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
        }
        let ids: Vec<_> =
            bench.requests("/token").iter().map(|request| request.form_value("client_id")).collect();
        assert!(ids.len() == 4 && ids.iter().all(|id| id.as_deref() == Some("shop")), "{}", driver.name());
        assert_eq!((bench.server.revocations(), bench.server.live_refresh_tokens().len()), (0, 1));
        bench.assert_clean();
    });
}
