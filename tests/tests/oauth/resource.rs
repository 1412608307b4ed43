//! Tokens for one API and not for another (RFC 8707).

use std::{collections::HashSet, time::Duration};

use authwright_core::{Fault, Tokens};
use authwright_oauth2::{Device, Registration, Session, Sessions};
use authwright_testkit::{AuthServerBuilder, DevicePoll, Pushed, RegisteredClient};
use authwright_tests::on_every_driver;

use crate::{
    bench::{API, Bench, CALLBACK, ELSEWHERE},
    crowd::tokens_at_once,
    flaky::Flaky,
};

fn shop(server: AuthServerBuilder) -> AuthServerBuilder {
    server
        .client(RegisteredClient::public("shop").redirect_uri(CALLBACK))
        .client(RegisteredClient::basic("billing", "s3cret"))
        .foreign_token("the-callers", "urn:ietf:params:oauth:token-type:access_token", "ann")
}

/// A login for both APIs; its own tokens are for the first.
fn both(bench: &Bench<'_>) -> Registration {
    bench.app("shop").resource(bench.net.url(API, "/")).resource(bench.net.url(ELSEWHERE, "/stock"))
}

fn resources(bench: &Bench<'_>, path: &str) -> Vec<Vec<String>> {
    let all = |body: &str| {
        let pairs = url::form_urlencoded::parse(body.as_bytes());
        pairs.filter(|(name, _)| name == "resource").map(|(_, value)| value.into_owned()).collect()
    };
    bench.requests(path).iter().map(|request| all(str::from_utf8(&request.body).unwrap())).collect()
}

#[test]
fn k1_a_resource_is_an_absolute_url_without_a_fragment() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, shop);
        let session = bench.session(bench.app("shop"));
        for bad in [
            "/orders",
            "orders",
            "",
            "//api.example.com",
            "https://api.example.com/#a",
            "https://",
            "a b:c",
            "urn:a b",
        ] {
            let app = || bench.app("shop").resource(bad);
            for refused in [
                Session::new(app(), bench.store.clone()).map(|_| ()),
                Tokens::new(app().secret("s").client_credentials()).map(|_| ()),
                Session::new(both(&bench).resource(bad), bench.store.clone()).map(|_| ()),
                session.tokens_for(bad).map(|_| ()),
            ] {
                let error = refused.expect_err(bad);
                assert_eq!(error.fault(), Fault::Caller, "{bad}");
                assert!(error.to_string().contains("RFC 8707"), "{bad}: {error}");
            }
        }
        for good in
            ["https://api.example.com", "https://api.example.com/orders?tenant=7", "urn:example:orders"]
        {
            session.tokens_for(good).unwrap();
            Session::new(bench.app("shop").resource(good), bench.store.clone()).unwrap();
        }
        assert!(bench.net.requests().is_empty(), "{}", driver.name());
    });
}

#[test]
fn k2_the_same_resource_is_asked_for_each_time() {
    on_every_driver(|driver| {
        for pushed in [Pushed::No, Pushed::Required] {
            let bench = Bench::new(driver, |server| shop(server).pushed(pushed));
            let resource = bench.net.url(API, "/orders?tenant=7&x=%C3%A4%2F+");
            let session = bench.session(bench.app("shop").resource(&resource));
            let pending = bench.run(session.begin(CALLBACK)).unwrap();
            if pushed == Pushed::No {
                let url = url::Url::parse(pending.url()).unwrap();
                let asked: Vec<_> = url.query_pairs().filter(|(name, _)| name == "resource").collect();
                assert!(asked.len() == 1 && asked[0].1 == resource, "{}: {asked:?}", driver.name());
            } else {
                assert_eq!(resources(&bench, "/par"), [[resource.clone()]], "{}", driver.name());
            }
            let callback = bench.server.follow(pending.url());
            bench.run(session.finish(pending, callback)).unwrap();
            bench.clock.advance(Duration::from_secs(4000));
            assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
            assert_eq!(bench.server.grants(), ["authorization_code", "refresh_token"]);
            assert_eq!(resources(&bench, "/token"), [[&*resource], [&*resource]], "{}", driver.name());
            bench.assert_clean();
        }
    });
}

#[test]
fn k2_so_it_is_in_every_other_grant() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, shop);
        let resource = bench.net.url(API, "/orders");
        let app = bench.app("billing").secret("s3cret").resource(&resource);
        bench.token(&Tokens::new(app.client_credentials()).unwrap()).unwrap();
        bench.token(&Tokens::new(app.token_exchange("the-callers")).unwrap()).unwrap();
        bench.server.device_answers(&[DevicePoll::Approved]);
        let session = bench.session(bench.app("shop").resource(&resource));
        bench.run(session.login(Device::new().shown_by(|_| {}))).unwrap();
        assert_eq!(resources(&bench, "/device_authorization"), [[&*resource]]);
        assert_eq!(resources(&bench, "/token"), [[&*resource], [&*resource], [&*resource]]);
        bench.assert_clean();
    });
}

/// Each is worth nothing at the other, and the refresh token that they share is spent once each time.
#[test]
fn k3_two_apis_at_once_get_two_tokens_of_one_login() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| {
            let first = "http://first.example/";
            shop(server).resource_identifier(first)
        });
        let (first, second) = ("http://first.example/", "http://second.example/");
        let session = bench.session(bench.app("shop").resource(first).resource(second));
        bench.sign_in(&session).unwrap();
        let mut seen = HashSet::new();
        for _ in 0..5 {
            let all = [first, second].map(|resource| session.tokens_for(resource).unwrap());
            let texts =
                tokens_at_once(&bench, [all.to_vec(), all.to_vec(), vec![session.tokens().clone()]].concat());
            let texts: Vec<_> = texts.into_iter().map(Result::unwrap).collect();
            assert_eq!((&texts[0], &texts[1]), (&texts[2], &texts[3]), "{}: one cache each", driver.name());
            seen.extend(texts);
            assert_eq!(bench.server.violations(), [] as [String; 0], "{}", driver.name());
            assert_eq!(bench.get(&all[0]).status(), Some(200), "{}", driver.name());
            bench.clock.advance(Duration::from_secs(4000));
        }
        assert_eq!(seen.len(), 15, "{}: three tokens each time", driver.name());
        assert_eq!(bench.server.revocations(), 0, "{}", driver.name());
        assert_eq!(bench.server.live_refresh_tokens().len(), 1);
        // What is for the second API, the first does not take.
        let second = session.tokens_for(second).unwrap();
        assert_eq!(bench.get(&second).status(), Some(401), "{}", driver.name());
        assert!(bench.server.violations().iter().all(|line| line.contains("for another resource")));
    });
}

/// The rotated refresh token is the login's: everybody goes on with it, another process too.
#[test]
fn k3_the_login_goes_on_with_what_a_token_for_another_api_has_brought() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, shop);
        let session = bench.session(both(&bench));
        bench.sign_in(&session).unwrap();
        let other = session.tokens_for(bench.net.url(ELSEWHERE, "/stock")).unwrap();
        let before = bench.token(session.tokens()).unwrap();
        bench.token(&other).unwrap();
        assert_eq!(bench.token(session.tokens()).unwrap().expose(), before.expose(), "its own token stays");
        for session in [&session, &bench.session(both(&bench))] {
            bench.clock.advance(Duration::from_secs(4000));
            bench.token(session.tokens()).unwrap();
            bench.token(&session.tokens_for(bench.net.url(ELSEWHERE, "/stock")).unwrap()).unwrap();
        }
        assert_eq!(bench.server.revocations(), 0, "{}", driver.name());
        bench.assert_clean();
    });
}

#[test]
fn k3_the_tokens_for_an_api_are_one_cache_however_often_they_are_asked_for() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, shop);
        let sessions = Sessions::new(both(&bench), bench.store.clone()).unwrap();
        let resource = bench.net.url(ELSEWHERE, "/stock");
        for user in [1, 2] {
            bench.sign_in(&sessions.user(user)).unwrap();
        }
        let asked = |user: i32| sessions.user(user).tokens_for(&resource).unwrap();
        let mut texts = [1, 2].map(|user| {
            let first = bench.token(&asked(user)).unwrap().expose().to_owned();
            let all = tokens_at_once(&bench, (0..4).map(|_| asked(user)).collect());
            assert!(all.into_iter().all(|text| text.unwrap() == first), "{}", driver.name());
            first
        });
        texts.sort();
        assert_ne!(texts[0], texts[1], "{}: each person has their own", driver.name());
        assert_eq!(bench.server.issued(), 4, "{}", driver.name());
        bench.assert_clean();
    });
}

/// The server has rotated, and the store has lost it: what is in memory is the only one that lives.
#[test]
fn k3_a_refresh_token_that_could_not_be_stored_is_not_lost() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, shop);
        let store = Flaky::default();
        let session = Session::new(both(&bench), store.clone()).unwrap();
        bench.sign_in(&session).unwrap();
        let [first, second] = ["/stock", "/"].map(|path| {
            let place = if path == "/" { API } else { ELSEWHERE };
            session.tokens_for(bench.net.url(place, path)).unwrap()
        });
        store.break_down();
        bench.token(&first).unwrap();
        bench.token(&second).unwrap_or_else(|error| panic!("{}: {error:?}", driver.name()));
        bench.clock.advance(Duration::from_secs(4000));
        bench.token(session.tokens()).unwrap_or_else(|error| panic!("{}: {error:?}", driver.name()));
        store.mend();
        bench.clock.advance(Duration::from_secs(4000));
        bench.token(session.tokens()).unwrap();
        bench.clock.advance(Duration::from_secs(4000));
        bench.token(Session::new(both(&bench), store).unwrap().tokens()).unwrap();
        assert_eq!(bench.server.revocations(), 0, "{}", driver.name());
        bench.assert_clean();
    });
}

#[test]
fn k3_a_login_that_cannot_be_renewed_says_so() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| {
            shop(server).refresh_tokens(authwright_testkit::RefreshTokens::Never)
        });
        let session = bench.session(both(&bench)).hint("run `acme login`");
        let other = session.tokens_for(bench.net.url(ELSEWHERE, "/stock")).unwrap();
        let error = bench.token(&other).unwrap_err();
        assert!(error.is_login_required && error.message.contains("not signed in to"), "{error:?}");
        bench.sign_in(&session).unwrap();
        bench.clock.advance(Duration::from_secs(31));
        let error = bench.token(&other).unwrap_err();
        assert!(error.message.contains("it has no refresh token; run `acme login`"), "{error:?}");
        assert!(error.is_login_required && bench.count("/token") == 1, "{}", driver.name());
        bench.assert_clean();
    });
}

/// The server is asked, and its answer is the caller's to read; the login is what it was.
#[test]
fn k3_an_api_the_login_is_not_for_is_refused_by_the_server() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, shop);
        let session = bench.session(both(&bench));
        bench.sign_in(&session).unwrap();
        let error = bench.token(&session.tokens_for("https://third.example").unwrap()).unwrap_err();
        assert!(error.message.contains("invalid_target"), "{error:?}");
        assert!(!error.is_login_required && error.fault == Fault::Caller, "{error:?}");
        bench.clock.advance(Duration::from_secs(4000));
        bench.token(session.tokens()).unwrap();
    });
}
