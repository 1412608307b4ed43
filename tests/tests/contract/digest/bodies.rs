//! Bodies that are streams: nothing is sent twice, and what cannot be hashed is refused before it is sent (C5).

use authwright_core::{Auth, Digest, Fault, Password, http::Method};
use authwright_testkit::{Ending, Plan, PlanBody};
use authwright_tests::on_every_driver;

use super::{PASSWORD, assert_fine, authorizations, digest, get, guard, sam};
use crate::support::net;

fn chunks() -> PlanBody {
    PlanBody::Stream(vec![b"one".to_vec(), vec![b'x'; 20_000], b"three".to_vec()])
}

/// Nobody has been asked yet, so the stream goes bare, once, and the denial says why it cannot go again.
#[test]
fn a_stream_at_first_contact_is_sent_once_and_the_denial_says_so() {
    let net = net();
    on_every_driver(|driver| {
        for qop in ["auth", "auth-int"] {
            let realm = guard(&net, sam("r").qop(qop));
            let auth = digest(&net, 0);
            let plan = Plan::get(net.url(0, "/"), &auth).method(Method::PUT).body(chunks());
            let outcome = driver.run(&net, &plan);
            let who = format!("{} {qop}", driver.name());
            let denied = outcome.denied().unwrap_or_else(|| panic!("{who}: {outcome}"));
            assert!(denied.to_string().contains("stream"), "{who}: {denied}");
            assert!(!denied.was_attached(), "{who}: {denied}");
            let requests = net.requests();
            assert_eq!(requests.len(), 1, "{who}");
            assert_eq!((requests[0].body.len(), requests[0].complete), (20_008, true), "{who}");
            assert!(realm.accepted().is_empty(), "{who}");
            // What the 401 said is known from now on: the next one goes with an answer.
            if qop == "auth" {
                assert_fine(&driver.run(&net, &plan), &realm, &who);
                assert_eq!(net.requests().len(), 2, "{who}");
            }
        }
    });
}

#[test]
fn a_stream_into_a_known_space_is_answered_for_and_sent_once() {
    let net = net();
    on_every_driver(|driver| {
        for qop in ["auth", "auth-int, auth", ""] {
            let builder = if qop.is_empty() { sam("r").without_qop() } else { sam("r").qop(qop) };
            let realm = guard(&net, builder.in_order());
            let auth = digest(&net, 0);
            assert_fine(&get(driver, &net, "/", &auth), &realm, driver.name());
            let plan = Plan::get(net.url(0, "/up"), &auth).method(Method::PUT).body(chunks());
            assert_fine(&driver.run(&net, &plan), &realm, &format!("{} {qop}", driver.name()));
            let requests = net.requests();
            assert_eq!(requests.len(), 3, "{}", driver.name());
            assert_eq!((requests[2].body.len(), requests[2].complete), (20_008, true), "{}", driver.name());
        }
    });
}

/// A nonce that goes stale under a stream: it is not sent again, and the next request has the new nonce.
#[test]
fn a_stream_with_a_stale_nonce_is_sent_once() {
    let net = net();
    on_every_driver(|driver| {
        let realm = guard(&net, sam("r").nonce_uses(1));
        let auth = digest(&net, 0);
        assert_fine(&get(driver, &net, "/", &auth), &realm, driver.name());
        let plan = Plan::get(net.url(0, "/up"), &auth).method(Method::PUT).body(chunks());
        let outcome = driver.run(&net, &plan);
        let denied = outcome.denied().unwrap_or_else(|| panic!("{}: {outcome}", driver.name()));
        assert!(denied.to_string().contains("stream"), "{}: {denied}", driver.name());
        assert_eq!(net.requests().len(), 3, "{}", driver.name());
        assert_fine(&driver.run(&net, &plan), &realm, driver.name());
        assert_eq!(net.requests().len(), 4, "{}", driver.name());
    });
}

/// Where the server takes `auth-int` alone, the hash of a stream would have to be sent before the stream.
#[test]
fn c5_auth_int_refuses_a_stream_before_it_is_sent() {
    let net = net();
    on_every_driver(|driver| {
        for password in [false, true] {
            let realm = guard(&net, sam("r").qop("auth-int"));
            let auth = if password {
                Auth::new(net.origin(0), Password::new("sam", PASSWORD)).unwrap()
            } else {
                Auth::new(net.origin(0), Digest::new("sam", PASSWORD)).unwrap()
            };
            assert_fine(&get(driver, &net, "/", &auth), &realm, driver.name());
            let plan = Plan::get(net.url(0, "/up"), &auth).method(Method::PUT).body(chunks());
            let outcome = driver.run(&net, &plan);
            let Ending::Failed { message, fault } = &outcome.ending else {
                panic!("{}: {outcome}", driver.name())
            };
            assert!(message.contains("stream"), "{}: {message}", driver.name());
            assert_eq!(*fault, Fault::Caller, "{}: {message}", driver.name());
            assert_eq!(net.requests().len(), 2, "{}: nothing of it was sent", driver.name());
            // The next one is none the worse for it.
            assert_fine(&get(driver, &net, "/", &auth), &realm, driver.name());
            assert_eq!(net.requests().len(), 3, "{}", driver.name());
        }
    });
}

/// A body in memory goes again, byte for byte; what was bare and refused is not counted against it.
#[test]
fn c5_bytes_go_again_whole() {
    let net = net();
    on_every_driver(|driver| {
        let realm = guard(&net, sam("r").qop("auth-int"));
        let bytes: Vec<u8> = (0..70_000_u32).map(|at| at.to_le_bytes()[0]).collect();
        let plan = Plan::get(net.url(0, "/"), &digest(&net, 0)).method(Method::POST);
        assert_fine(&driver.run(&net, &plan.body(PlanBody::Bytes(bytes.clone()))), &realm, driver.name());
        let bodies: Vec<_> = net.requests().into_iter().map(|request| request.body).collect();
        assert!(bodies == [bytes.clone(), bytes], "{}", driver.name());
        assert_eq!(authorizations(&net)[0], "-", "{}", driver.name());
    });
}
