//! How a challenge is read, and when an argument ends: A1, A3, A4, A6.

use authwright_core::{Auth, Digest, Password};
use authwright_testkit::{DigestRealm, Ending, Memory, Plan, Proof, Received, Reply};
use authwright_tests::on_every_driver;
use proptest::{prelude::*, test_runner::TestRunner};

use super::{PASSWORD, assert_fine, authorizations, digest, get, guard, sam};
use crate::support::net;

/// RFC 9110 sections 11.1 and 11.2.
#[test]
fn a1_schemes_and_parameters_are_found_in_any_case() {
    let net = net();
    on_every_driver(|driver| {
        for (from, to) in [
            ("Digest ", "dIgEsT "),
            ("Digest ", "DIGEST "),
            ("realm=", "REALM="),
            ("nonce=", "NoNcE="),
            ("qop=", "QOP="),
            ("opaque=", "Opaque="),
            ("algorithm=", "ALGORITHM="),
            ("qop=\"auth\"", "qop=\"AUTH\""),
        ] {
            let who = format!("{} {to}", driver.name());
            let builder = sam("r").algorithms(&["SHA-256"]).opaque("o");
            let realm = guard(&net, builder.spelled(move |text| text.replacen(from, to, 1)));
            let outcome = get(driver, &net, "/", &digest(&net, 0));
            assert_fine(&outcome, &realm, &who);
            assert_eq!(net.requests().len(), 2, "{who}");
        }
    });
}

/// The name of an algorithm has no case either; it goes back as the server spelled it.
#[test]
fn a1_algorithms_are_known_in_any_case() {
    let net = net();
    on_every_driver(|driver| {
        for name in ["md5", "Md5-SESS", "sha-256", "SHA-256-Sess", "sha-512-256", "Sha-512-256-sESS"] {
            let realm = guard(&net, sam("r").algorithms(&[name]));
            let outcome = get(driver, &net, "/", &digest(&net, 0));
            assert_fine(&outcome, &realm, &format!("{} {name}", driver.name()));
            assert_eq!(realm.accepted()[0].algorithm, name, "{}", driver.name());
        }
    });
}

/// RFC 9110 section 11.2: a parameter occurs once in a challenge. Which of two would be meant is not guessed.
#[test]
fn a3_a_repeated_parameter_refuses_its_challenge() {
    let net = net();
    on_every_driver(|driver| {
        for repeated in [
            "nonce=\"other\"",
            "nonce=\"n\"",
            "NONCE=\"other\"",
            "realm=\"other\"",
            "Realm=\"r\"",
            "qop=\"auth\"",
            "opaque=\"p\"",
            "algorithm=MD5",
        ] {
            let line = format!(
                "Digest realm=\"r\", nonce=\"n\", qop=\"auth\", opaque=\"o\", algorithm=MD5, {repeated}"
            );
            let who = format!("{} {repeated}", driver.name());
            let challenge = line.clone();
            net.set_script(move |_| Reply::unauthorized(&challenge));
            let outcome = get(driver, &net, "/", &digest(&net, 0));
            assert_eq!(outcome.status(), Some(401), "{who}: {outcome}");
            assert_eq!(authorizations(&net), ["-"], "{who}");

            let realm = guard(&net, sam("good").after(&line));
            let outcome = get(driver, &net, "/", &digest(&net, 0));
            assert_fine(&outcome, &realm, &format!("{who}, a good one behind it"));
        }
    });
}

/// RFC 9110 section 5.6.4: quotes and backslashes, in what is read and in what is written.
#[test]
fn a4_quoted_pairs_are_undone_and_done() {
    let net = net();
    on_every_driver(|driver| {
        for (realm, user) in [
            ("a \"b\" \\c", "s\"a\\m"),
            ("\\", "\\"),
            ("\"", "\""),
            ("a, b=\"c\", Basic x", "sam, realm=\"x\""),
            ("", "sam"),
            (" r ", " sam "),
        ] {
            let who = format!("{} {realm:?} {user:?}", driver.name());
            let builder = DigestRealm::builder(realm).user(user, PASSWORD);
            let realm = guard(&net, builder.algorithms(&["SHA-256"]));
            let auth = Auth::new(net.origin(0), Digest::new(user, PASSWORD)).unwrap();
            assert_fine(&get(driver, &net, "/", &auth), &realm, &who);
            assert_eq!(realm.accepted()[0].user, user, "{who}");
        }
    });
}

/// Whatever can stand between quotes, in all four places at once. In memory: what clients make of a field is not in question here.
#[test]
fn a4_anything_that_quotes_can_hold() {
    let net = net();
    let text = || "[ -~]{0,12}";
    let cases = (text(), text(), text(), "[!-~]{1,12}", "[ -~\u{a0}-\u{2ff}]{0,12}", prop::bool::ANY);
    let run =
        |(realm, opaque, nonce, user, password, session): (String, String, String, String, String, bool)| {
            let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
            let builder = DigestRealm::builder(&realm).user(&user, &password).opaque(&escaped(&opaque));
            let builder = builder.algorithms(&[if session { "MD5-sess" } else { "SHA-256" }]).in_order();
            let realm = guard(&net, builder.fixed_nonce(&escaped(&nonce)).proof(Proof::Right));
            let auth = Auth::new(net.origin(0), Digest::new(user.as_str(), password.as_str())).unwrap();
            for _ in 0..2 {
                assert_fine(&get(&Memory, &net, "/p?q=1", &auth), &realm, "in-memory");
            }
            Ok(())
        };
    TestRunner::new(ProptestConfig::with_cases(512)).run(&cases, run).unwrap();
}

/// RFC 9110 section 5.6.4: `\e` is `e`. The referee hashes the realm it has, and gets it in any spelling.
#[test]
fn a4_an_idle_backslash_means_nothing() {
    let net = net();
    on_every_driver(|driver| {
        let builder = sam("realm").spelled(|text| text.replacen("\"realm\"", "\"r\\e\\alm\"", 1));
        let realm = guard(&net, builder);
        assert_fine(&get(driver, &net, "/", &digest(&net, 0)), &realm, driver.name());
    });
}

/// RFC 9110 section 15.5.2: a second 401 is final, whoever asks for what.
#[test]
fn a6_a_401_for_ever_ends_after_two_sends() {
    let net = net();
    on_every_driver(|driver| {
        for (what, builder) in [
            ("fresh nonces", sam("r").refuse_all()),
            ("one nonce", sam("r").refuse_all().fixed_nonce("n")),
            ("two offers", sam("r").refuse_all().algorithms(&["MD5", "SHA-256"])),
            ("sessions", sam("r").refuse_all().algorithms(&["SHA-256-sess"])),
            ("RFC 2069", sam("r").refuse_all().without_qop()),
        ] {
            let who = format!("{} {what}", driver.name());
            let realm = guard(&net, builder);
            let outcome = get(driver, &net, "/", &digest(&net, 0));
            assert_eq!(realm.violations(), [] as [String; 0], "{who}");
            assert_eq!(net.requests().len(), 2, "{who}");
            let denied = outcome.denied().unwrap_or_else(|| panic!("{who}: {outcome}"));
            assert!(denied.was_attached(), "{who}: {denied}");
        }
    });
}

/// The bound holds when the server changes its mind each time: other realms, other schemes, nothing at all.
#[test]
fn a6_whatever_is_offered_next() {
    let net = net();
    let offers = [
        "Digest realm=\"a\", nonce=\"1\", qop=\"auth\", algorithm=MD5",
        "Digest realm=\"b\", nonce=\"2\", qop=\"auth\", algorithm=SHA-256",
        "Basic realm=\"c\"",
        "Digest realm=\"d\", nonce=\"3\"",
        "Negotiate",
        "",
    ];
    on_every_driver(|driver| {
        for first in offers {
            for second in offers {
                let auths = [
                    Auth::new(net.origin(0), Digest::new("sam", PASSWORD)).unwrap(),
                    Auth::new(net.origin(0), Password::new("sam", PASSWORD)).unwrap(),
                ];
                for auth in auths {
                    net.set_script(move |request| match request.header("authorization") {
                        None => Reply::unauthorized(first),
                        Some(_) => Reply::unauthorized(second),
                    });
                    let outcome = get(driver, &net, "/", &auth);
                    assert_eq!(outcome.status(), Some(401), "{}: {outcome}", driver.name());
                    let sends = net.requests().len();
                    assert!(sends <= 2, "{} {first} {second}: {sends} sends", driver.name());
                }
            }
        }
    });
}

/// The trail of a request tells what happened, and a denial is typed, also where the body is HTML.
#[test]
fn a6_the_denial_owns_the_second_response() {
    let net = net();
    on_every_driver(|driver| {
        let realm = sam("r").refuse_all().build();
        net.set_script(move |request| realm.reply(request, Reply::ok("")).body(body_for(request)));
        let plan = Plan::get(net.url(0, "/"), &digest(&net, 0)).explained();
        let outcome = driver.run(&net, &plan);
        let Ending::Denied { body, .. } = &outcome.ending else { panic!("{outcome}") };
        assert_eq!(body, b"answered", "{}", driver.name());
        assert!(outcome.trail.is_some(), "{}", driver.name());
    });
}

fn body_for(request: &Received) -> &'static str {
    if request.header("authorization").is_some() { "answered" } else { "bare" }
}
