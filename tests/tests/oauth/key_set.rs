//! The keys that ID tokens are verified with (`OpenID` Connect Core section 10.1.1).

use authwright_testkit::{Endpoint, RegisteredClient, Reply};
use authwright_tests::on_every_driver;

use crate::bench::{Bench, CALLBACK};

/// A page of something in between, once, is no reason to sign nobody in for as long as the program runs.
#[test]
fn keys_that_are_none_are_not_remembered() {
    on_every_driver(|driver| {
        for page in ["<html>", "{}", "", r#"{"keys": []}"#, r#"{"keys": "none"}"#] {
            let shop = RegisteredClient::public("shop").redirect_uri(CALLBACK);
            let bench = Bench::new(driver, |server| server.client(shop));
            let session = bench.session(bench.app("shop").openid());
            bench.server.next(Endpoint::Jwks, Reply::ok(page));
            let failure = bench.sign_in(&session).unwrap_err();
            assert!(failure.message.contains("nobody is signed in"), "{}: {failure:?}", driver.name());
            for _ in 0..2 {
                bench.sign_in(&session).unwrap();
            }
            assert_eq!(bench.count("/jwks"), 2, "{}: those that are good are", driver.name());
            bench.assert_clean();
        }
    });
}

/// How long ago somebody signed in is asked for, and checked in what the server says.
#[test]
fn a_login_that_is_too_old_is_refused() {
    on_every_driver(|driver| {
        let shop = RegisteredClient::public("shop").redirect_uri(CALLBACK);
        let bench = Bench::new(driver, |server| {
            server.client(shop).id_token(|draft| {
                let signed_in = draft.claims["auth_time"].as_u64().unwrap() - 1000;
                draft.claims["auth_time"] = signed_in.into();
            })
        });
        let session = bench.session(bench.app("shop").openid());
        for (age, is_good) in [(2000, true), (600, false)] {
            let asks = authwright_oauth2::Ask::new().max_age(std::time::Duration::from_secs(age));
            let pending = bench.run(session.begin_asking(CALLBACK, asks)).unwrap();
            assert!(pending.url().contains(&format!("&max_age={age}")), "{}", driver.name());
            let callback = bench.server.follow(pending.url());
            let finished = bench.run(session.finish(pending, callback));
            assert_eq!(finished.is_ok(), is_good, "{}: {finished:?}", driver.name());
        }
        let by_hand = authwright_oauth2::Ask::new().parameter("max_age", "600");
        let failure = bench.run(session.begin_asking(CALLBACK, by_hand)).unwrap_err();
        assert!(failure.message.contains("`max_age` cannot be given by hand"), "{failure:?}");
    });
}
