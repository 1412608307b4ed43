//! Servers that change their mind, or are of two minds at once: C8, C10, A5, A13.

use authwright_core::{Auth, Denied, Password};
use authwright_testkit::{DigestRealm, Received, Reply};
use authwright_tests::on_every_driver;

use super::{PASSWORD, assert_fine, digest, get, guard, sam};
use crate::support::net;

/// A password that was right and is no more: the old nonce may be to blame, so one answer to the new one, and then the denial.
#[test]
fn c8_a_password_that_has_changed_ends_in_a_denial() {
    let net = net();
    on_every_driver(|driver| {
        let auth = digest(&net, 0);
        let realm = guard(&net, sam("r"));
        assert_fine(&get(driver, &net, "/", &auth), &realm, driver.name());
        guard(&net, DigestRealm::builder("r").user("sam", "another").among_others());
        let outcome = get(driver, &net, "/", &auth);
        assert!(outcome.denied().is_some_and(Denied::was_attached), "{}: {outcome}", driver.name());
        assert!(net.requests().len() <= 2, "{}: {} sends", driver.name(), net.requests().len());
    });
}

/// A nonce that was good, and is refused without being called stale, in a challenge that gives the same one again: there is nothing
/// new to say (A6).
#[test]
fn a6_the_same_nonce_again_is_final() {
    let net = net();
    on_every_driver(|driver| {
        let auth = digest(&net, 0);
        let realm = guard(&net, sam("r").fixed_nonce("n"));
        assert_fine(&get(driver, &net, "/", &auth), &realm, driver.name());
        guard(&net, DigestRealm::builder("r").user("sam", "another").fixed_nonce("n").among_others());
        let outcome = get(driver, &net, "/", &auth);
        assert!(outcome.denied().is_some_and(Denied::was_attached), "{}: {outcome}", driver.name());
        assert_eq!(net.requests().len(), 1, "{}", driver.name());
    });
}

/// A server that has restarted knows no nonce and does not say `stale`: its new challenge is answered.
#[test]
fn c8_a_server_that_has_restarted_is_answered_anew() {
    let net = net();
    on_every_driver(|driver| {
        for algorithm in ["SHA-256", "SHA-256-sess"] {
            let auth = digest(&net, 0);
            let realm = guard(&net, sam("r").algorithms(&[algorithm]));
            assert_fine(&get(driver, &net, "/", &auth), &realm, driver.name());
            let builder = sam("r").algorithms(&[algorithm]).fixed_nonce("new").opaque("new");
            let restarted = guard(&net, builder.among_others());
            for sends in [2, 3] {
                let outcome = get(driver, &net, "/", &auth);
                assert_fine(&outcome, &restarted, &format!("{} {algorithm}", driver.name()));
                assert_eq!(net.requests().len(), sends, "{} {algorithm}", driver.name());
            }
            assert_eq!(restarted.nonce_counts("new"), [1, 2], "{} {algorithm}", driver.name());
        }
    });
}

/// An answer whose response was lost, or was an error of the server's, says nothing of the password: the server comes back with
/// other nonces, and what it asks then is answered.
#[test]
fn c8_an_answer_that_was_lost_is_no_wrong_password() {
    let net = net();
    on_every_driver(|driver| {
        for (what, lost) in [
            ("lost", Reply::ok("").close_before_head()),
            ("500", Reply::status(500)),
            ("503", Reply::status(503)),
        ] {
            let auth = digest(&net, 0);
            let realm = sam("r").build();
            net.set_script(move |request| realm.reply(request, lost.clone()));
            let outcome = get(driver, &net, "/", &auth);
            assert_ne!(outcome.status(), Some(401), "{} {what}: {outcome}", driver.name());
            let restarted = guard(&net, sam("r").among_others());
            let outcome = get(driver, &net, "/", &auth);
            assert_fine(&outcome, &restarted, &format!("{} {what}", driver.name()));
        }
    });
}

/// The same where a request goes bare because `domain` does not cover it: the nonce of its own 401 is the one to answer.
#[test]
fn c8_a_restart_is_noticed_outside_the_domain_too() {
    let net = net();
    on_every_driver(|driver| {
        let auth = digest(&net, 0);
        let realm = guard(&net, sam("r").domain("/api"));
        assert_fine(&get(driver, &net, "/api", &auth), &realm, driver.name());
        let restarted = guard(&net, sam("r").domain("/api").among_others());
        assert_fine(&get(driver, &net, "/elsewhere", &auth), &restarted, driver.name());
    });
}

/// A server that changes what it offers is answered by what it offers now, whether it was offered before or not.
#[test]
fn c10_a_new_challenge_replaces_the_old_one() {
    let net = net();
    on_every_driver(|driver| {
        let auth = digest(&net, 0);
        for (realm, algorithm, qop, opaque) in [
            ("r", "MD5", "auth", "1"),
            ("r", "SHA-256", "auth-int", "2"),
            ("s", "SHA-256", "auth", "3"),
            ("r", "MD5", "auth", "4"),
        ] {
            let builder = sam(realm).algorithms(&[algorithm]).qop(qop).opaque(opaque);
            let realm = guard(&net, builder.among_others());
            for _ in 0..3 {
                assert_fine(&get(driver, &net, "/", &auth), &realm, &format!("{} {opaque}", driver.name()));
            }
            assert!(net.requests().len() <= 4, "{} {opaque}", driver.name());
        }
    });
}

/// The smallest case of it: a realm, another, and the first one again, at one path.
#[test]
fn c10_a_realm_that_comes_back_is_answered_again() {
    let net = net();
    on_every_driver(|driver| {
        for path in ["/", "/x", "/x/y"] {
            let auth = digest(&net, 0);
            for realm in ["one", "two", "one", "two"] {
                let realm = guard(&net, sam(realm).among_others());
                for request in 0..2 {
                    let who = format!("{} {path} {realm:?} request {request}", driver.name());
                    assert_fine(&get(driver, &net, path, &auth), &realm, &who);
                }
            }
        }
    });
}

const SAM_IN_BASIC: &str = "Basic c2FtOmM0bjRyeTVlY3JldA==";

fn basic(request: &Received) -> Reply {
    match request.header("authorization") {
        Some(SAM_IN_BASIC) => Reply::ok("hello"),
        _ => Reply::unauthorized("Basic realm=\"basic\""),
    }
}

/// From Digest to Basic and back: at most two sends for each request, and all of them come in.
#[test]
fn a13_a_server_that_changes_its_scheme_is_followed() {
    let net = net();
    on_every_driver(|driver| {
        for path in ["/x/y", "/x", "/"] {
            let auth = Auth::new(net.origin(0), Password::new("sam", PASSWORD)).unwrap();
            for turn in 0..4 {
                let realm = sam("digest").among_others().build();
                let asked = realm.clone();
                match turn % 2 {
                    0 => net.set_script(move |request| asked.reply(request, Reply::ok("hello"))),
                    _ => net.set_script(basic),
                }
                for request in 0..2 {
                    net.take();
                    let who = format!("{} {path} turn {turn} request {request}", driver.name());
                    assert_fine(&get(driver, &net, path, &auth), &realm, &who);
                    assert!(net.requests().len() <= 2, "{who}");
                }
            }
        }
    });
}

/// A wrong password in Basic stops after two sends, and after one where Basic is known to be wanted.
#[test]
fn a6_a_wrong_password_in_basic_stops() {
    let net = net();
    on_every_driver(|driver| {
        let auth = Auth::new(net.origin(0), Password::new("sam", "wr0ng")).unwrap();
        for _ in 0..3 {
            net.set_script(basic);
            let outcome = get(driver, &net, "/", &auth);
            assert!(outcome.denied().is_some_and(Denied::was_attached), "{}: {outcome}", driver.name());
            assert!(net.requests().len() <= 2, "{}", driver.name());
        }
        let auth = Auth::new(net.origin(0), Password::new("sam", PASSWORD)).unwrap();
        net.set_script(basic);
        assert_eq!(get(driver, &net, "/", &auth).status(), Some(200), "{}", driver.name());
        net.set_script(|_| Reply::unauthorized("Basic realm=\"basic\""));
        let outcome = get(driver, &net, "/", &auth);
        assert!(outcome.denied().is_some_and(Denied::was_attached), "{}: {outcome}", driver.name());
        assert!(net.requests().len() <= 2, "{}", driver.name());
    });
}

/// Digest on one path and Basic on another of one origin, as machines with several applications have it.
#[test]
fn a13_digest_and_basic_side_by_side() {
    let net = net();
    on_every_driver(|driver| {
        for first in ["/digest", "/basic"] {
            let realm = sam("digest").among_others().build();
            let asked = realm.clone();
            net.set_script(move |request| match request.path() {
                path if path.starts_with("/digest") => asked.reply(request, Reply::ok("hello")),
                _ => basic(request),
            });
            let auth = Auth::new(net.origin(0), Password::new("sam", PASSWORD)).unwrap();
            for path in [first, "/basic", "/digest", "/digest/x", "/basic/x", "/digest"] {
                let before = net.requests().len();
                let who = format!("{} {first} first, {path}", driver.name());
                assert_fine(&get(driver, &net, path, &auth), &realm, &who);
                assert!(net.requests().len() - before <= 2, "{who}");
            }
        }
    });
}

/// A redirect within the origin into another realm: the second challenge is as new as the first was.
#[test]
fn c10_a_redirect_into_another_realm_is_answered() {
    let net = net();
    on_every_driver(|driver| {
        let realms = [sam("one").build(), sam("two").among_others().build()];
        let asked = realms.clone();
        net.set_script(move |request| match request.path() {
            "/one" => asked[0].reply(request, Reply::redirect(302, "/two")),
            _ => asked[1].reply(request, Reply::ok("hello")),
        });
        let outcome = get(driver, &net, "/one", &digest(&net, 0));
        assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
        assert!(net.requests().len() <= 4, "{}", driver.name());
        assert_eq!(realms[0].violations(), [] as [String; 0], "{}", driver.name());
    });
}

/// A redirect that brings the next nonce along: the next hop uses it.
#[test]
fn c9_the_next_nonce_of_a_redirect_is_for_the_next_hop() {
    let net = net();
    on_every_driver(|driver| {
        let realm = sam("r").next_nonce_every(1).in_order().build();
        let asked = realm.clone();
        net.set_script(move |request| match request.path() {
            "/end" => asked.reply(request, Reply::ok("hello")),
            path => {
                let to = if path.len() > 4 { "/end".to_owned() } else { format!("{path}x") };
                asked.reply(request, Reply::redirect(307, &to))
            }
        });
        assert_fine(&get(driver, &net, "/", &digest(&net, 0)), &realm, driver.name());
        assert_eq!(net.requests().len(), 7, "{}", driver.name());
    });
}
