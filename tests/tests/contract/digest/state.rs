//! What is remembered of a protection space, and for how long: A5, C8, C9, C10.

use authwright_core::{Auth, Digest, Password};
use authwright_testkit::{DigestRealm, Received, Reply};
use authwright_tests::on_every_driver;

use super::{PASSWORD, assert_fine, authorization, authorizations, digest, get, guard, sam};
use crate::support::net;

/// RFC 7616 section 3.6: once a challenge is known, the next request brings its answer along.
#[test]
fn c10_a_known_space_is_answered_before_it_asks() {
    let net = net();
    on_every_driver(|driver| {
        let realm = guard(&net, sam("r").in_order());
        let auth = digest(&net, 0);
        for (path, sends) in [("/a", 2), ("/b?c", 3), ("/", 4), ("/a/b/c", 5)] {
            assert_fine(&get(driver, &net, path, &auth), &realm, driver.name());
            assert_eq!(net.requests().len(), sends, "{} {path}", driver.name());
        }
        // Clones of an Auth are one; another Auth knows nothing of it.
        assert_fine(&get(driver, &net, "/", &auth.clone()), &realm, driver.name());
        assert_eq!(net.requests().len(), 5 + 1, "{}", driver.name());
        assert_fine(&get(driver, &net, "/", &digest(&net, 0)), &realm, driver.name());
        assert_eq!(net.requests().len(), 6 + 2, "{}", driver.name());
    });
}

/// RFC 7616 section 3.3: `stale` means the password was right; one more send, with the new nonce.
#[test]
fn c8_a_stale_nonce_costs_one_more_send() {
    let net = net();
    on_every_driver(|driver| {
        for algorithm in ["MD5", "SHA-256-sess"] {
            let realm = guard(&net, sam("r").algorithms(&[algorithm]).nonce_uses(2).in_order());
            let auth = digest(&net, 0);
            for (request, sends) in [2, 3, 5, 6, 8, 9].into_iter().enumerate() {
                let who = format!("{} {algorithm} request {request}", driver.name());
                assert_fine(&get(driver, &net, "/", &auth), &realm, &who);
                assert_eq!(net.requests().len(), sends, "{who}");
            }
        }
    });
}

/// `stale` is a word in any case, in quotes or not; everything but `true` is false.
#[test]
fn c8_stale_in_every_spelling() {
    let net = net();
    on_every_driver(|driver| {
        for (spelling, again) in [
            ("stale=TRUE", 1),
            ("STALE=\"true\"", 1),
            ("stale = True", 1),
            ("stale=false", 0),
            ("stale=yes", 0),
        ] {
            // After a nonce that was refused at once, only `stale` can bring a third send.
            let realm = sam("r").always_stale().spelled(move |text| text.replace("stale=true", spelling));
            let realm = guard(&net, realm);
            let outcome = get(driver, &net, "/", &digest(&net, 0));
            let who = format!("{} {spelling}", driver.name());
            assert_eq!(realm.violations(), [] as [String; 0], "{who}");
            assert_eq!(net.requests().len(), 2 + again, "{who}");
            assert!(outcome.denied().is_some_and(authwright_core::Denied::was_attached), "{who}: {outcome}");
        }
    });
}

/// For ever stale: one more send, then the denial.
#[test]
fn c8_for_ever_stale_ends() {
    let net = net();
    on_every_driver(|driver| {
        for builder in [
            sam("r").always_stale(),
            sam("r").always_stale().algorithms(&["MD5-sess"]),
            sam("r").always_stale().fixed_nonce("n"),
        ] {
            let realm = guard(&net, builder);
            let auth = digest(&net, 0);
            for request in 1..=3 {
                net.take();
                let outcome = get(driver, &net, "/", &auth);
                assert!(outcome.denied().is_some(), "{} {request}: {outcome}", driver.name());
                assert_eq!(realm.violations(), [] as [String; 0], "{}", driver.name());
                assert!(net.requests().len() <= 3, "{} {request}: {}", driver.name(), net.requests().len());
            }
        }
    });
}

/// A second 401 that is not stale is about the password. It is not tried again by itself, and the next request starts bare.
#[test]
fn c8_a_wrong_password_stops_after_two_sends() {
    let net = net();
    on_every_driver(|driver| {
        let realm = guard(&net, DigestRealm::builder("r").user("sam", "another"));
        let auths = [
            digest(&net, 0),
            Auth::new(net.origin(0), Password::new("sam", PASSWORD)).unwrap(),
            Auth::new(net.origin(0), Digest::new("nobody", PASSWORD)).unwrap(),
        ];
        for auth in auths {
            for _ in 0..2 {
                net.take();
                let outcome = get(driver, &net, "/", &auth);
                let denied = outcome.denied().unwrap_or_else(|| panic!("{}: {outcome}", driver.name()));
                assert!(denied.was_attached() && !denied.is_forbidden(), "{}: {denied}", driver.name());
                assert_eq!(realm.violations(), [] as [String; 0], "{}", driver.name());
                assert_eq!(net.requests().len(), 2, "{}", driver.name());
                assert_eq!(
                    authorizations(&net)[0],
                    "-",
                    "{}: what was refused is not said again",
                    driver.name()
                );
            }
        }
    });
}

/// RFC 9110 section 11.5: two realms on one origin have each their own nonces and counts, though one user is in both.
#[test]
fn a5_two_realms_on_one_origin() {
    let net = net();
    on_every_driver(|driver| {
        let realms =
            [sam("a").among_others().build(), sam("b").algorithms(&["SHA-256"]).among_others().build()];
        let asked = realms.clone();
        net.set_script(move |request| {
            let own = &asked[usize::from(!request.path().starts_with("/a"))];
            own.reply(request, Reply::ok("hello"))
        });
        let auth = digest(&net, 0);
        for path in ["/a", "/b", "/a", "/b", "/b", "/a/x", "/b/x"] {
            let before = net.requests().len();
            let outcome = get(driver, &net, path, &auth);
            for realm in &realms {
                assert_fine(&outcome, realm, &format!("{} {path}", driver.name()));
            }
            assert!(net.requests().len() - before <= 2, "{} {path}", driver.name());
        }
        for realm in &realms {
            let accepted = realm.accepted();
            assert!(
                accepted.iter().all(|one| one.nonce == accepted[0].nonce),
                "{}: kept apart",
                driver.name()
            );
        }
    });
}

/// RFC 7616 section 3.3: `domain` says where an answer may go unasked. Elsewhere the request goes bare.
#[test]
fn c10_domain_says_where_an_answer_goes_unasked() {
    let net = net();
    on_every_driver(|driver| {
        let origin = net.origin(0);
        for domain in
            ["/api", "/api/ /x", &format!("{origin}/api"), &format!("http://other.example/ {origin}/api /y")]
        {
            let realm = guard(&net, sam("r").domain(domain));
            let auth = digest(&net, 0);
            assert_fine(&get(driver, &net, "/api/1", &auth), &realm, driver.name());
            for (path, bare) in [("/api/2", false), ("/api/2/3?q", false), ("/elsewhere", true), ("/", true)]
            {
                net.take();
                let who = format!("{} {domain} {path}", driver.name());
                assert_fine(&get(driver, &net, path, &auth), &realm, &who);
                assert_eq!(authorizations(&net)[0] == "-", bare, "{who}");
            }
        }
    });
}

/// A `domain` that names other hosts, is empty, or is no list of URIs gives nothing away and stops nothing.
#[test]
fn c10_a_strange_domain_gives_nothing_away() {
    let net = net();
    on_every_driver(|driver| {
        let other = net.origin(2).to_owned();
        for domain in ["", " ", &other, &format!("{other}/ //x /"), "::: %% \\\\", "http://"] {
            let realm = sam("r").domain(domain).build();
            let asked = realm.clone();
            net.set_script(move |request| match request.origin {
                0 => asked.reply(request, Reply::ok("hello")),
                _ => Reply::ok("hello"),
            });
            let auth = digest(&net, 0);
            let who = format!("{} {domain:?}", driver.name());
            assert_fine(&get(driver, &net, "/", &auth), &realm, &who);
            assert_fine(&get(driver, &net, "/", &auth), &realm, &who);
            let plan = authwright_testkit::Plan::get(net.url(2, "/"), &auth);
            assert_eq!(driver.run(&net, &plan).status(), Some(200), "{who}");
            let elsewhere: Vec<Received> =
                net.requests().into_iter().filter(|request| request.origin != 0).collect();
            assert_eq!(elsewhere.iter().map(authorization).collect::<Vec<_>>(), ["-"], "{who}");
        }
    });
}

/// RFC 7616 section 3.5: a server that gives the next nonce with each answer never has to say 401 again.
#[test]
fn c9_nextnonce_needs_no_second_401() {
    let net = net();
    on_every_driver(|driver| {
        for algorithm in ["MD5", "SHA-256-sess", "SHA-512-256"] {
            for (every, qop) in [(1, "auth"), (3, "auth"), (1, "auth-int"), (2, "")] {
                let builder = sam("r").algorithms(&[algorithm]).next_nonce_every(every).opaque("o");
                let builder = if qop.is_empty() { builder.without_qop() } else { builder.qop(qop) };
                if qop.is_empty() && algorithm != "MD5" {
                    continue;
                }
                let realm = guard(&net, builder.in_order().proof(authwright_testkit::Proof::Right));
                let auth = digest(&net, 0);
                for request in 0..7 {
                    let who = format!("{} {algorithm} {qop} {every} request {request}", driver.name());
                    assert_fine(&get(driver, &net, "/", &auth), &realm, &who);
                    assert_eq!(net.requests().len(), 2 + request, "{who}");
                }
            }
        }
    });
}
