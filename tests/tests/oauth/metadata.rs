//! Server metadata (RFC 8414, `OpenID` Connect Discovery).

use authwright_core::Tokens;
use authwright_oauth2::Registration;
use authwright_testkit::Reply;
use authwright_tests::on_every_driver;

use crate::{
    bench::{Bench, ELSEWHERE, SERVER},
    code::shop,
};

/// RFC 8414 sections 3.1 and 5: the places in their order, for an issuer with a path and without.
#[test]
fn i1_the_places_are_asked_in_their_order() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server);
        bench.net.set_script(|_| Reply::status(404));
        let asked = |issuer: String| {
            bench.net.take();
            let app = Registration::new(issuer, "shop").secret("s");
            let failure = bench.token(&Tokens::new(app.client_credentials()).unwrap()).unwrap_err();
            assert!(failure.message.contains("has no metadata where RFC 8414"), "{}", failure.message);
            bench.net.take().iter().map(|request| request.target.clone()).collect::<Vec<_>>()
        };
        let (oauth, openid) =
            ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration");
        for slash in ["", "/"] {
            assert_eq!(asked(format!("{}{slash}", bench.issuer())), [oauth, openid], "{}", driver.name());
            assert_eq!(
                asked(format!("{}/t/1{slash}", bench.issuer())),
                [format!("{oauth}/t/1"), format!("{openid}/t/1"), format!("/t/1{openid}")],
                "{}",
                driver.name()
            );
        }
    });
}

/// RFC 8414 section 3.3: identical, or nothing of it is used.
#[test]
fn i2_a_document_of_another_issuer_is_discarded() {
    on_every_driver(|driver| {
        for (change, says) in [
            (&(|issuer: &str| format!("{issuer}/")) as &dyn Fn(&str) -> String, "has a slash at its end"),
            (&|issuer: &str| issuer.to_uppercase(), "check it for case"),
            (&|issuer: &str| issuer.replace("http:", "https:"), "check it for case"),
            (&|issuer: &str| format!("{issuer}/other-tenant"), "check it for case"),
            (&|_: &str| "https://evil.example".into(), "check it for case"),
        ] {
            let bench = Bench::new(driver, |server| server.client(shop()));
            let wrong = change(bench.issuer());
            let token = bench.net.url(SERVER, "/token");
            let json = serde_json::json!({"issuer": wrong, "token_endpoint": token}).to_string();
            bench.net.set_script(move |_| Reply::json(&json));
            bench.net.take();
            let app = bench.app("shop").secret("s3cret");
            let failure = bench.token(&Tokens::new(app.client_credentials()).unwrap()).unwrap_err();
            assert!(
                failure.message.contains("are of another issuer") && failure.message.contains(says),
                "{}",
                failure.message
            );
            assert_eq!(bench.net.take().len(), 1, "{}: no endpoint of it is called", driver.name());
        }
    });
}

/// RFC 8414 section 6.1: bounded, not redirected, and a failure of the moment is one.
#[test]
fn i3_a_document_is_bounded_and_not_followed_elsewhere() {
    on_every_driver(|driver| {
        let fetch =
            |reply: Reply| {
                let bench = Bench::new(driver, |server| server);
                bench.net.set_script(move |request| {
                    if request.origin == SERVER { reply.clone() } else { Reply::json("{}") }
                });
                let app = bench.app("shop").secret("s3cret");
                let failure = bench.token(&Tokens::new(app.client_credentials()).unwrap()).unwrap_err();
                let requests = bench.net.take();
                assert!(requests.iter().all(|request| request.origin != ELSEWHERE), "{}", driver.name());
                failure
            };
        assert!(fetch(Reply::status(200).huge(100 << 20)).message.contains("more than 1024 KiB"));
        for status in [301, 302, 307, 308] {
            let bench = Bench::new(driver, |server| server);
            let to = bench.net.url(ELSEWHERE, "/metadata");
            assert!(
                fetch(Reply::redirect(status, &to)).message.contains("has no metadata"),
                "{}",
                driver.name()
            );
        }
        let down = fetch(Reply::status(503).header("retry-after", "7"));
        assert!(
            down.is_transient && down.retry_after.is_some_and(|wait| wait.as_secs() == 7),
            "{}",
            down.message
        );
        // Not a document of a server's, but pages for people.
        assert!(fetch(Reply::ok("<html>")).message.contains("has no metadata"), "{}", driver.name());
    });
}

/// It is read once, and again only where that has failed.
#[test]
fn metadata_are_fetched_once() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| {
            server.client(authwright_testkit::RegisteredClient::basic("app", "s3cret").scopes("orders"))
        });
        let tokens = Tokens::new(bench.app("app").secret("s3cret").client_credentials()).unwrap();
        for _ in 0..3 {
            bench.token(&tokens).unwrap();
            bench.clock.advance(std::time::Duration::from_secs(4000));
        }
        assert_eq!(bench.count("/.well-known/oauth-authorization-server"), 1, "{}", driver.name());
        assert_eq!(bench.count("/token"), 3, "{}", driver.name());
        bench.assert_clean();
    });
}
