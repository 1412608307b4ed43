//! C10, A5, A10: an answer is for one host, redirects included.

use authwright_core::{Auth, Digest, Password, http::Method};
use authwright_testkit::{DigestRealm, Net, Plan, PlanBody, Proof, Received, Reply};
use authwright_tests::on_every_driver;

use super::{PASSWORD, assert_fine, authorization, digest, sam};
use crate::support::net;

/// Another port, another address, another name of the same machine: all are other hosts.
const OTHERS: [usize; 3] = [1, 2, 3];

fn at(net: &Net, place: usize) -> Vec<Received> {
    net.requests().into_iter().filter(|request| request.origin == place).collect()
}

/// The place a redirect leads to demands Digest in the same words, and gets nothing: neither this answer nor one of its own.
#[test]
fn c10_another_host_never_gets_an_answer() {
    let net = net();
    on_every_driver(|driver| {
        for other in OTHERS {
            for status in [302, 307] {
                for known in [false, true] {
                    let realm = sam("r").fixed_nonce("n").opaque("o").algorithms(&["SHA-256"]).build();
                    let (asked, to) = (realm.clone(), net.url(other, "/there"));
                    net.set_script(move |request| match (request.origin, request.path()) {
                        (0, "/") => asked.reply(request, Reply::redirect(status, &to)),
                        (0, _) => asked.reply(request, Reply::ok("")),
                        _ => asked.challenge(false),
                    });
                    let auth = digest(&net, 0);
                    if known {
                        driver.run(&net, &Plan::get(net.url(0, "/warm"), &auth));
                    }
                    let plan = Plan::get(net.url(0, "/"), &auth).method(Method::POST);
                    let outcome = driver.run(&net, &plan.body(PlanBody::Bytes(b"body".to_vec())));
                    let who = format!("{} {other} {status} {known}", driver.name());
                    assert_eq!(outcome.status(), Some(401), "{who}: {outcome}");
                    let there = at(&net, other);
                    assert_eq!(there.iter().map(authorization).collect::<Vec<_>>(), ["-"], "{who}");
                    let bytes = String::from_utf8_lossy(&net.bytes(other)).into_owned();
                    assert!(!bytes.contains("Digest") && !bytes.contains("response="), "{who}: {bytes}");
                    assert_eq!(realm.violations(), [] as [String; 0], "{who}");
                }
            }
        }
    });
}

/// There and back again: each hop is answered for its own target, and the other host sees nothing.
#[test]
fn c10_back_again_is_answered_anew() {
    let net = net();
    on_every_driver(|driver| {
        for other in OTHERS {
            for status in [302, 307, 308] {
                let realm = sam("r").in_order().proof(Proof::Right).build();
                let (asked, to, back) = (realm.clone(), net.url(other, "/there?x"), net.url(0, "/end?y=1"));
                net.set_script(move |request| match (request.origin, request.path()) {
                    (0, "/") => asked.reply(request, Reply::redirect(status, &to)),
                    (0, _) => asked.reply(request, Reply::ok("hello")),
                    _ => Reply::redirect(status, &back),
                });
                let who = format!("{} {other} {status}", driver.name());
                let outcome = driver.run(&net, &Plan::get(net.url(0, "/"), &digest(&net, 0)));
                assert_fine(&outcome, &realm, &who);
                assert_eq!(realm.accepted().len(), 2, "{who}");
                assert_eq!(at(&net, other).iter().map(authorization).collect::<Vec<_>>(), ["-"], "{who}");
            }
        }
    });
}

/// Two hosts, each with a credential and a realm of its own but of one name and nonce: nobody's answer reaches the other.
#[test]
fn c10_two_hosts_with_one_realm_have_two_spaces() {
    let net = net();
    on_every_driver(|driver| {
        for other in OTHERS {
            let realm = |user: &str| {
                DigestRealm::builder("r").user(user, PASSWORD).fixed_nonce("n").in_order().build()
            };
            let (here, there) = (realm("here"), realm("there"));
            let (asked, other_asked, to) = (here.clone(), there.clone(), net.url(other, "/end"));
            net.set_script(move |request| match (request.origin, request.path()) {
                (0, "/go") => asked.reply(request, Reply::redirect(307, &to)),
                (0, _) => asked.reply(request, Reply::ok("hello")),
                _ => other_asked.reply(request, Reply::ok("hello")),
            });
            let auth = Auth::new(net.origin(0), Digest::new("here", PASSWORD))
                .and_then(|auth| auth.and(net.origin(other), Password::new("there", PASSWORD)))
                .unwrap();
            let who = format!("{} {other}", driver.name());
            for (place, path) in [(0, "/"), (other, "/"), (0, "/go"), (0, "/go"), (other, "/x"), (0, "/x")] {
                let outcome = driver.run(&net, &Plan::get(net.url(place, path), &auth));
                assert_fine(&outcome, &here, &who);
                assert_fine(&outcome, &there, &who);
            }
            assert!(here.accepted().iter().all(|one| one.user == "here"), "{who}");
            assert!(there.accepted().iter().all(|one| one.user == "there"), "{who}");
        }
    });
}

/// One scheme object in two entries: the counts and nonces of one host are still not those of the other.
#[test]
fn c10_one_scheme_for_two_hosts_keeps_them_apart() {
    let net = net();
    on_every_driver(|driver| {
        let realms = [sam("r").in_order().build(), sam("r").in_order().build()];
        let asked = realms.clone();
        net.set_script(move |request| asked[request.origin].reply(request, Reply::ok("hello")));
        let scheme = authwright_core::IntoScheme::into_scheme(Digest::new("sam", PASSWORD)).unwrap();
        let auth = Auth::new(net.origin(0), scheme.clone())
            .and_then(|auth| auth.and(net.origin(1), scheme))
            .unwrap();
        for place in [0, 1, 0, 1, 1, 0] {
            let outcome = driver.run(&net, &Plan::get(net.url(place, "/"), &auth));
            for realm in &realms {
                assert_fine(&outcome, realm, &format!("{} {place}", driver.name()));
            }
        }
        assert_eq!(net.requests().len(), 8, "{}", driver.name());
    });
}

/// The nonce of one host in the challenge of another: an answer for it is computed for the host that asks, and with its own count.
#[test]
fn c10_a_borrowed_challenge_is_answered_by_nobody() {
    let net = net();
    on_every_driver(|driver| {
        let realm = sam("r").build();
        let asked = realm.clone();
        net.set_script(move |request| match request.origin {
            0 => asked.reply(request, Reply::ok("hello")),
            _ => asked.challenge(false),
        });
        let auth = digest(&net, 0);
        assert_fine(&driver.run(&net, &Plan::get(net.url(0, "/"), &auth)), &realm, driver.name());
        for other in OTHERS {
            let outcome = driver.run(&net, &Plan::get(net.url(other, "/"), &auth));
            assert!(
                outcome.denied().is_some_and(|denied| !denied.was_attached()),
                "{}: {outcome}",
                driver.name()
            );
            assert_eq!(
                at(&net, other).iter().map(authorization).collect::<Vec<_>>(),
                ["-"],
                "{}",
                driver.name()
            );
        }
        // What the others said has changed nothing.
        assert_fine(&driver.run(&net, &Plan::get(net.url(0, "/"), &auth)), &realm, driver.name());
    });
}
