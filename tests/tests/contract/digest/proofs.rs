//! C9: what the server proves in `Authentication-Info` (RFC 7616 section 3.5).

use std::sync::Mutex;

use authwright_core::{Auth, Fault, Password};
use authwright_testkit::{Driver, Ending, Net, Outcome, Proof, Reply};
use authwright_tests::on_every_driver;

use super::{PASSWORD, assert_fine, digest, get, guard, sam};
use crate::support::net;

/// A server that is not the one the password is shared with: an error that names it, and nothing of what it sent.
#[track_caller]
fn assert_forgery_noticed(outcome: &Outcome, net: &Net, driver: &dyn Driver, what: &str) {
    let who = format!("{} {what}", driver.name());
    let Ending::Failed { message, fault } = &outcome.ending else { panic!("{who}: {outcome}") };
    assert_eq!(*fault, Fault::Server, "{who}: {message}");
    assert!(message.contains(net.origin(0)), "{who}: {message}");
    for printed in &outcome.printed {
        assert!(!printed.contains("b0dy"), "{who}: {printed}");
    }
}

#[test]
fn c9_a_right_proof_is_silent() {
    let net = net();
    on_every_driver(|driver| {
        for algorithm in ["MD5", "SHA-256", "SHA-256-sess", "SHA-512-256"] {
            for qop in ["auth", "auth-int"] {
                for proof in [Proof::Right, Proof::Unsigned, Proof::Silent] {
                    let realm =
                        guard(&net, sam("r").algorithms(&[algorithm]).qop(qop).proof(proof).in_order());
                    let auth = digest(&net, 0);
                    for _ in 0..3 {
                        let who = format!("{} {algorithm} {qop} {proof:?}", driver.name());
                        assert_fine(&get(driver, &net, "/p?q=1", &auth), &realm, &who);
                    }
                }
            }
        }
    });
}

/// Whatever the status: a redirect is not followed, an error not delivered, a 401 not answered.
#[test]
fn c9_a_forged_proof_is_an_error() {
    let net = net();
    on_every_driver(|driver| {
        for algorithm in ["MD5", "SHA-256-sess"] {
            for (what, ok) in [
                ("200", Reply::ok("b0dy")),
                ("204", Reply::status(204)),
                ("302", Reply::redirect(302, "/b0dy").body("b0dy")),
                ("404", Reply::status(404).body("b0dy")),
                ("403", Reply::status(403).body("b0dy")),
                ("500", Reply::status(500).body("b0dy")),
            ] {
                let realm = sam("r").algorithms(&[algorithm]).proof(Proof::Forged).build();
                net.set_script(move |request| realm.reply(request, ok.clone()));
                for auth in
                    [digest(&net, 0), Auth::new(net.origin(0), Password::new("sam", PASSWORD)).unwrap()]
                {
                    net.take();
                    let outcome = get(driver, &net, "/", &auth);
                    assert_forgery_noticed(&outcome, &net, driver, what);
                    assert_eq!(net.requests().len(), 2, "{} {what}", driver.name());
                }
            }
        }
    });
}

/// A proof is for one request: that of another, or for another count, is a forgery; so are half of one and none at all.
#[test]
fn c9_a_proof_is_for_one_request() {
    let net = net();
    let info = |reply: &Reply| {
        let field = reply.headers().iter().find(|(name, _)| name == "authentication-info");
        field.map(|(_, value)| String::from_utf8(value.clone()).unwrap())
    };
    on_every_driver(|driver| {
        for (what, change) in [("replayed", None), ("empty", Some((64, ""))), ("cut short", Some((64, "0")))]
        {
            let (signing, silent) = (sam("r").algorithms(&["SHA-256"]).proof(Proof::Right), Mutex::new(None));
            let realm = signing.build();
            net.set_script(move |request| {
                let reply = realm.reply(request, Reply::ok("b0dy"));
                let Some(right) = info(&reply) else { return reply };
                let mut kept = silent.lock().unwrap();
                let first = kept.get_or_insert_with(|| right.clone()).clone();
                let said = match change {
                    None => first,
                    Some(_) if first == right => right,
                    Some((length, cut)) => {
                        format!("rspauth=\"{cut}\"{}", &right["rspauth=\"\"".len() + length..])
                    }
                };
                Reply::ok("b0dy").header("Authentication-Info", said)
            });
            let auth = digest(&net, 0);
            assert_eq!(get(driver, &net, "/", &auth).status(), Some(200), "{} {what}", driver.name());
            let outcome = get(driver, &net, "/", &auth);
            assert_forgery_noticed(&outcome, &net, driver, what);
        }
    });
}

/// A proof nobody asked for, in an answer to a bare request, proves nothing and forges nothing.
#[test]
fn c9_a_proof_without_an_answer_is_no_matter() {
    let net = net();
    on_every_driver(|driver| {
        net.set_script(|_| {
            Reply::ok("hello").header("Authentication-Info", "rspauth=\"00\", nextnonce=\"x\"")
        });
        let outcome = get(driver, &net, "/", &digest(&net, 0));
        assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
        assert_eq!(net.requests().len(), 1, "{}", driver.name());
    });
}

/// After a forgery the space is not known any more, or still is; but a server that is right again is heard.
#[test]
fn c9_a_server_that_is_right_again_is_heard() {
    let net = net();
    on_every_driver(|driver| {
        let auth = digest(&net, 0);
        guard(&net, sam("r").proof(Proof::Forged));
        assert_forgery_noticed(&get(driver, &net, "/", &auth), &net, driver, "first");
        let realm = guard(&net, sam("r").proof(Proof::Right).among_others());
        let outcome = get(driver, &net, "/", &auth);
        assert_fine(&outcome, &realm, driver.name());
    });
}
