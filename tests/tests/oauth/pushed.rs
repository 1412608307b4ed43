//! Pushed authorization requests (RFC 9126).

use authwright_testkit::{Endpoint, Pushed, RegisteredClient, Reply};
use authwright_tests::on_every_driver;

use crate::{
    bench::{Bench, CALLBACK},
    code::{query, shop},
};

#[test]
fn m1_the_client_authenticates_as_at_the_token_endpoint() {
    on_every_driver(|driver| {
        for client in [RegisteredClient::basic("shop", "s3:cr+t"), RegisteredClient::post("shop", "s3:cr+t")]
        {
            let is_post = format!("{client:?}").contains("Post") || format!("{client:?}").contains("post");
            let bench = Bench::new(driver, |server| {
                server.client(client.redirect_uri(CALLBACK)).pushed(Pushed::Possible)
            });
            let app = bench.app("shop");
            let app = if is_post { app.secret_in_body("s3:cr+t") } else { app.secret("s3:cr+t") };
            bench.sign_in(&bench.session(app.pushed())).unwrap();
            let push = &bench.requests("/par")[0];
            assert_eq!(push.form_value("request_uri"), None, "{}", driver.name());
            assert_eq!(push.form_value("client_id").as_deref(), Some("shop"), "{}", driver.name());
            assert_eq!(push.header("authorization").is_some(), !is_post, "{}", driver.name());
            bench.assert_clean();
        }
    });
}

#[test]
fn m2_only_a_201_with_a_uri_that_lives_is_taken() {
    on_every_driver(|driver| {
        let json =
            |status, body: &str| Reply::status(status).header("content-type", "application/json").body(body);
        for reply in [
            json(200, r#"{"request_uri": "urn:x", "expires_in": 60}"#),
            json(201, r#"{"expires_in": 60}"#),
            json(201, r#"{"request_uri": "", "expires_in": 60}"#),
            json(201, r#"{"request_uri": "urn:x"}"#),
            json(201, r#"{"request_uri": "urn:x", "expires_in": 0}"#),
            json(201, r#"{"request_uri": "urn:x", "expires_in": -1}"#),
            Reply::redirect(307, "http://127.0.0.1:1/elsewhere"),
            json(400, r#"{"error": "invalid_request"}"#),
        ] {
            let bench = Bench::new(driver, |server| server.client(shop()).pushed(Pushed::Required));
            bench.server.next(Endpoint::Pushed, reply);
            let failure = bench.run(bench.session(bench.app("shop")).begin(CALLBACK)).unwrap_err();
            assert!(
                failure.message.contains("pushed authorization request endpoint at http"),
                "{}",
                failure.message
            );
            assert_eq!(bench.count("/par"), 1, "{}", driver.name());
        }
    });
}

#[test]
fn m3_the_browser_carries_two_parameters() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()).pushed(Pushed::Required));
        let session = bench.session(bench.app("shop").scope("orders"));
        let pending = bench.run(session.begin(CALLBACK)).unwrap();
        let names: Vec<_> = query(pending.url()).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["client_id", "request_uri"], "{}", driver.name());
        bench.assert_clean();
    });
}

/// RFC 9126 sections 4 and 5: a `request_uri` is for one launch, and requests are pushed where the server demands it.
#[test]
fn m4_each_launch_is_pushed_where_that_is_demanded() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()).pushed(Pushed::Required));
        let session = bench.session(bench.app("shop").scope("orders"));
        let urls = [(); 2].map(|()| bench.run(session.begin(CALLBACK)).unwrap().url().to_owned());
        assert!(urls[0] != urls[1] && bench.count("/par") == 2, "{}", driver.name());
        bench.sign_in(&session).unwrap();
        bench.assert_clean();
        // Not pushed where nobody asks for it.
        let bench = Bench::new(driver, |server| server.client(shop()).pushed(Pushed::Possible));
        bench.sign_in(&bench.session(bench.app("shop"))).unwrap();
        assert_eq!(bench.count("/par"), 0, "{}", driver.name());
    });
}
