//! What comes back through the browser, which anybody may have sent (RFC 6749 section 10.12, RFC 9207).

use std::sync::Arc;

use authwright_core::Fault;
use authwright_oauth2::Pending;
use authwright_testkit::{Callback, RegisteredClient};
use authwright_tests::on_every_driver;

use crate::{
    bench::{Bench, CALLBACK},
    code::shop,
};

const NOTHING_SENT: &str = "nothing was sent to the token endpoint";

/// Begins a login, has the server answer so, and gives the error of finishing with that.
fn refused(bench: &Bench<'_>, callback: Callback) -> String {
    let session = bench.session(bench.app("shop"));
    bench.server.callback(callback);
    let pending = bench.run(session.begin(CALLBACK)).unwrap();
    let answer = bench.server.follow(pending.url());
    let failure = bench.run(session.finish(pending, answer)).unwrap_err();
    assert!(!failure.is_transient, "{}", failure.message);
    assert_eq!(bench.count("/token"), 0, "{}: {}", bench.driver.name(), failure.message);
    failure.message
}

#[test]
fn e7_a_callback_of_another_login_is_refused_before_anything_is_sent() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let other = format!("the callback belongs to no login begun here (state differs); {NOTHING_SENT}");
        let set = |value: &'static str| {
            Callback::Changed(Arc::new(move |pairs: &mut Vec<(String, String)>| {
                pairs.iter_mut().filter(|(name, _)| name == "state").for_each(|pair| pair.1 = value.into());
            }))
        };
        for callback in [Callback::WrongState, Callback::MissingState, set(""), set("A")] {
            assert_eq!(refused(&bench, callback), other, "{}", driver.name());
        }
        for name in ["state", "code", "iss"] {
            let twice = format!("the callback has `{name}` more than once; {NOTHING_SENT}");
            assert_eq!(refused(&bench, Callback::Twice(name)), twice, "{}", driver.name());
        }
    });
}

/// A state is good once, also where its record is used again, and for the login it was made for.
#[test]
fn e7_a_state_is_not_used_twice_nor_for_another_login() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop"));
        let begin = || bench.run(session.begin(CALLBACK)).unwrap();
        let (one, two) = (begin(), begin());
        let record = one.to_record();
        let (first, second) = (bench.server.follow(one.url()), bench.server.follow(two.url()));
        let swapped = bench.run(session.finish(one, &*second)).unwrap_err();
        assert!(swapped.message.contains("state differs"), "{}", swapped.message);
        let kept = || Pending::from_record(&record).unwrap();
        bench.run(session.finish(kept(), &*first)).unwrap();
        let replayed = bench.run(session.finish(kept(), &*first)).unwrap_err();
        assert!(replayed.message.contains("its state was used"), "{}", replayed.message);
        assert_eq!(bench.count("/token"), 1, "{}", driver.name());
        bench.assert_clean();
    });
}

/// The person comes back in an hour, or not at all.
#[test]
fn a_login_that_was_begun_long_ago_is_begun_anew() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop"));
        let pending = bench.run(session.begin(CALLBACK)).unwrap();
        let callback = bench.server.follow(pending.url());
        bench.clock.advance(std::time::Duration::from_secs(3601));
        let failure = bench.run(session.finish(pending, callback)).unwrap_err();
        assert!(
            failure.is_login_required && failure.message.contains("more than an hour ago"),
            "{}",
            failure.message
        );
        assert_eq!(bench.count("/token"), 0, "{}", driver.name());
    });
}

/// RFC 9207 section 2.4: compared code point by code point, whatever would be the same URL.
#[test]
fn j1_another_issuer_is_refused() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let issuer = bench.issuer().to_owned();
        let text = format!(
            "the callback was given by another server than the one asked (iss differs); {NOTHING_SENT}"
        );
        assert_eq!(refused(&bench, Callback::WrongIssuer), text, "{}", driver.name());
        for wrong in [
            format!("{issuer}/"),
            issuer.to_uppercase(),
            issuer.replace("http:", "https:"),
            format!("{issuer}:80"),
            format!("{issuer}/%2E"),
            String::new(),
        ] {
            let changed = Callback::Changed(Arc::new(move |pairs: &mut Vec<(String, String)>| {
                pairs.iter_mut().filter(|(name, _)| name == "iss").for_each(|pair| pair.1.clone_from(&wrong));
            }));
            assert_eq!(refused(&bench, changed), text, "{}", driver.name());
        }
    });
}

#[test]
fn j2_a_server_known_to_name_itself_must() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let text = format!(
            "the callback does not say who has given it (iss is missing), which this server does; {NOTHING_SENT}"
        );
        assert_eq!(refused(&bench, Callback::MissingIssuer), text, "{}", driver.name());
    });
}

/// The same for an answer that says no: its words are the server's only if it is.
#[test]
fn j3_the_words_of_another_server_are_not_shown() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        bench.server.user_denies(true);
        let error = |issuer: Option<&'static str>| {
            Callback::Changed(Arc::new(move |pairs: &mut Vec<(String, String)>| {
                pairs.retain(|(name, _)| name != "error_description" && (name != "iss" || issuer.is_none()));
                pairs.push(("error_description".into(), "call 0190-123".into()));
                pairs.extend(issuer.map(|issuer| ("iss".to_owned(), issuer.to_owned())));
            }))
        };
        let shown = refused(&bench, error(None));
        assert!(shown.contains("did not sign anybody in: access_denied: \"call 0190-123\""), "{shown}");
        let hidden = refused(&bench, error(Some("https://evil.example")));
        assert!(hidden.contains("iss differs") && !hidden.contains("0190"), "{}: {hidden}", driver.name());
    });
}

/// Each server as it is known: with `iss` and without.
#[test]
fn j4_a_present_issuer_is_compared_and_an_absent_one_accepted_where_it_may_be() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()).says_issuer(false));
        bench.sign_in(&bench.session(bench.app("shop"))).unwrap();
        let evil = Callback::Changed(Arc::new(|pairs: &mut Vec<(String, String)>| {
            pairs.push(("iss".into(), "https://evil.example".into()));
        }));
        let session = bench.session(bench.app("shop"));
        bench.server.callback(evil);
        let pending = bench.run(session.begin(CALLBACK)).unwrap();
        let answer = bench.server.follow(pending.url());
        let failure = bench.run(session.finish(pending, answer)).unwrap_err();
        assert!(failure.message.contains("iss differs"), "{}", failure.message);
        assert_eq!(bench.count("/token"), 1, "{}", driver.name());
    });
}

/// RFC 6749 section 4.1.2.1: whose move it is.
#[test]
fn a_refusal_at_the_authorization_endpoint_has_its_class() {
    on_every_driver(|driver| {
        for (code, fault, passes) in [
            ("access_denied", Fault::Credential, false),
            ("login_required", Fault::Credential, false),
            ("temporarily_unavailable", Fault::Server, true),
            ("server_error", Fault::Server, true),
            ("unauthorized_client", Fault::Caller, false),
            ("invalid_scope", Fault::Caller, false),
        ] {
            let bench = Bench::new(driver, |server| {
                server.client(RegisteredClient::public("shop").redirect_uri(CALLBACK))
            });
            bench.server.user_denies(true);
            bench.server.callback(Callback::Changed(Arc::new(move |pairs: &mut Vec<(String, String)>| {
                pairs.iter_mut().filter(|(name, _)| name == "error").for_each(|pair| pair.1 = code.into());
            })));
            let session = bench.session(bench.app("shop"));
            let pending = bench.run(session.begin(CALLBACK)).unwrap();
            let answer = bench.server.follow(pending.url());
            let failure = bench.run(session.finish(pending, answer)).unwrap_err();
            assert_eq!((failure.fault, failure.is_transient), (fault, passes), "{}: {code}", driver.name());
        }
    });
}
