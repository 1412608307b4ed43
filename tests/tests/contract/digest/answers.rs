//! What an answer looks like: C3, C4, C5, C7, C11.

use authwright_core::{ApiKey, Auth, Digest, http::Method};
use authwright_testkit::{DigestRealm, Plan, PlanBody, Proof, Reply};
use authwright_tests::on_every_driver;

use super::{PASSWORD, assert_fine, authorizations, digest, get, guard, parameter, sam};
use crate::support::net;

/// RFC 7616 section 3.9.1: both algorithms, response and all else byte for byte.
#[test]
fn c11_rfc_7616_3_9_1() {
    let net = net();
    let (nonce, opaque) =
        ("7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS");
    let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    on_every_driver(|driver| {
        for (offered, algorithm, response) in [
            (&["MD5"][..], "MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            (
                &["SHA-256", "MD5"],
                "SHA-256",
                "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
            ),
        ] {
            let builder = DigestRealm::builder("http-auth@example.org").user("Mufasa", "Circle of Life");
            let builder = builder.qop("auth, auth-int").fixed_nonce(nonce).opaque(opaque);
            let realm = guard(&net, builder.algorithms(offered));
            let scheme = Digest::new("Mufasa", "Circle of Life").fixed_cnonce(cnonce);
            let auth = Auth::new(net.origin(0), scheme).unwrap();
            assert_fine(&get(driver, &net, "/dir/index.html", &auth), &realm, driver.name());
            let sent = authorizations(&net).remove(1);
            for (name, expected) in [
                ("username", "Mufasa"),
                ("realm", "http-auth@example.org"),
                ("uri", "/dir/index.html"),
                ("algorithm", algorithm),
                ("nonce", nonce),
                ("nc", "00000001"),
                ("cnonce", cnonce),
                ("qop", "auth"),
                ("response", response),
                ("opaque", opaque),
            ] {
                assert_eq!(parameter(&sent, name), Some(expected), "{} {name}: {sent}", driver.name());
            }
        }
    });
}

/// RFC 7616 section 3.9.2, with the values of erratum 4897: the printed ones are of SHA-512 cut short.
#[test]
fn c11_rfc_7616_3_9_2() {
    let net = net();
    on_every_driver(|driver| {
        for (userhash, name) in [
            (true, "username=\"793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b\""),
            (false, "username*=UTF-8''J%C3%A4s%C3%B8n%20Doe"),
        ] {
            let builder =
                DigestRealm::builder("api@example.org").user("J\u{e4}s\u{f8}n Doe", "Secret, or not?");
            let builder = builder
                .algorithms(&["SHA-512-256"])
                .fixed_nonce("5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK")
                .opaque("HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS")
                .utf8();
            let realm = guard(&net, if userhash { builder.userhash() } else { builder });
            let scheme = Digest::new("J\u{e4}s\u{f8}n Doe", "Secret, or not?")
                .fixed_cnonce("NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v");
            let auth = Auth::new(net.origin(0), scheme).unwrap();
            assert_fine(&get(driver, &net, "/doe.json", &auth), &realm, driver.name());
            let sent = authorizations(&net).remove(1);
            let response = "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5";
            assert_eq!(parameter(&sent, "response"), Some(response), "{} {sent}", driver.name());
            assert!(sent.contains(name), "{} {sent}", driver.name());
            assert_eq!(sent.contains("userhash=true"), userhash, "{} {sent}", driver.name());
        }
    });
}

/// RFC 7616 section 3.4.3: the target as it is sent, query included, whatever the client's URL type made of it.
#[test]
fn c4_the_target_is_the_one_on_the_wire() {
    let net = net();
    on_every_driver(|driver| {
        for path in [
            "/p?a=1&b=%20",
            "/p?a=1&b=%20#fragment",
            "",
            "/%7Euser/a%2Fb;c=d,e",
            "/a'b(c)*!$&+=:@",
            "/p?",
            "/p?q=%22%5C%22",
            "/p?a=b?c/d",
            "/p??",
            "//x//y",
            "/caf%C3%A9?%E2%82%AC",
        ] {
            let realm = guard(&net, sam("r").in_order().proof(Proof::Right));
            let auth = digest(&net, 0);
            for _ in 0..2 {
                let who = format!("{} {path}", driver.name());
                assert_fine(&get(driver, &net, path, &auth), &realm, &who);
            }
            assert_eq!(net.requests().len(), 3, "{} {path}", driver.name());
        }
    });
}

/// What another entry adds to the query is in the target that is signed, whichever stands first.
#[test]
fn c4_a_query_key_is_inside_the_signed_target() {
    let net = net();
    on_every_driver(|driver| {
        for key_first in [true, false] {
            let realm = guard(&net, sam("r").in_order().proof(Proof::Right));
            let origin = net.origin(0);
            let (key, scheme) = (ApiKey::query("appid", "k 3y"), Digest::new("sam", PASSWORD));
            let auth = if key_first {
                Auth::new(origin, key).and_then(|auth| auth.and(origin, scheme))
            } else {
                Auth::new(origin, scheme).and_then(|auth| auth.and(origin, key))
            };
            let auth = auth.unwrap();
            for path in ["/p?x=1", "/p", "/p?", "", "/p?x#fragment", "/p?x=1&", "/p??"] {
                assert_fine(&get(driver, &net, path, &auth), &realm, driver.name());
            }
            for request in net.requests() {
                assert_eq!(request.query_value("appid").as_deref(), Some("k 3y"), "{}", driver.name());
            }
            assert_eq!(net.requests().len(), 8, "{}", driver.name());
        }
    });
}

/// Every algorithm, in both forms, with every quality there is, on requests with and without a body.
#[test]
fn c5_every_algorithm_session_and_quality() {
    let net = net();
    let bodies = [PlanBody::Empty, PlanBody::Bytes(Vec::new()), PlanBody::Bytes(b"a=1\r\n\0\xff".to_vec())];
    on_every_driver(|driver| {
        for algorithm in ["", "MD5", "SHA-256", "SHA-512-256", "SHA-512"] {
            for suffix in ["", "-sess"] {
                for qop in ["auth", "auth-int", "auth, auth-int", ""] {
                    let name =
                        if algorithm.is_empty() { String::new() } else { format!("{algorithm}{suffix}") };
                    if qop.is_empty() && !["", "MD5"].contains(&&*name) {
                        continue; // see the two tests below
                    }
                    let who = format!("{} {name} {qop}", driver.name());
                    let builder = sam("r").algorithms(&[&name]).opaque("o").in_order();
                    let builder = if qop.is_empty() { builder.without_qop() } else { builder.qop(qop) };
                    let realm = guard(&net, builder);
                    let auth = digest(&net, 0);
                    for body in &bodies {
                        let plan =
                            Plan::get(net.url(0, "/x?y=z"), &auth).method(Method::POST).body(body.clone());
                        assert_fine(&driver.run(&net, &plan), &realm, &who);
                    }
                    let accepted = realm.accepted();
                    assert_eq!((accepted.len(), net.requests().len()), (3, 4), "{who}");
                    let expected = if qop.is_empty() { None } else { Some(qop.split(',').next().unwrap()) };
                    assert!(accepted.iter().all(|one| one.qop.as_deref() == expected), "{who}");
                }
            }
        }
    });
}

/// RFC 2069, which had no `qop`, had MD5 alone; RFC 7616 section 3.3 demands one. Without it all that is hashed is the server's choice.
#[test]
fn c5_a_better_hash_without_a_quality_is_passed_over() {
    let net = net();
    on_every_driver(|driver| {
        for name in ["SHA-256", "SHA-512-256", "SHA-512"] {
            guard(&net, sam("r").algorithms(&[name]).without_qop());
            let outcome = get(driver, &net, "/", &digest(&net, 0));
            assert!(
                outcome.to_string().contains("no protection (qop)"),
                "{} {name}: {outcome}",
                driver.name()
            );
            assert_eq!(authorizations(&net), ["-"], "{} {name}", driver.name());
        }
    });
}

/// A session's key has a cnonce in it, which must not be sent without a `qop` (RFC 7616 sections 3.4 and 3.4.2): nothing can be said
/// that the server could check. Another challenge is taken, or none.
#[test]
fn c5_a_session_without_a_quality_is_passed_over() {
    let net = net();
    on_every_driver(|driver| {
        for name in ["MD5-sess", "SHA-256-sess", "SHA-512-256-sess"] {
            guard(&net, sam("r").algorithms(&[name]).without_qop());
            assert_eq!(
                get(driver, &net, "/", &digest(&net, 0)).status(),
                Some(401),
                "{} {name}",
                driver.name()
            );
            assert_eq!(authorizations(&net), ["-"], "{} {name}", driver.name());
            let realm = guard(&net, sam("r").algorithms(&[name, "MD5"]).without_qop());
            assert_fine(
                &get(driver, &net, "/", &digest(&net, 0)),
                &realm,
                &format!("{} {name}", driver.name()),
            );
        }
    });
}

/// Every method, and what it becomes on the way: a 303 makes GET of POST, and the answer is made for what is sent.
#[test]
fn c4_the_method_is_the_one_on_the_wire() {
    let net = net();
    on_every_driver(|driver| {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            let who = format!("{} {method}", driver.name());
            let realm = guard(&net, sam("r").qop("auth-int"));
            let mut plan = Plan::get(net.url(0, "/"), &digest(&net, 0)).method(method.parse().unwrap());
            if ["POST", "PUT", "PATCH"].contains(&method) {
                plan = plan.body(PlanBody::Bytes(b"body".to_vec()));
            }
            assert_fine(&driver.run(&net, &plan), &realm, &who);
        }
        for (status, method, qop) in [
            (303, "GET", "auth"),
            (303, "GET", "auth-int"),
            (302, "GET", "auth"),
            (307, "POST", "auth-int"),
            (308, "POST", "auth"),
        ] {
            let realm = sam("r").qop(qop).in_order().proof(Proof::Right).build();
            let asked = realm.clone();
            net.set_script(move |request| match request.path() {
                "/" => asked.reply(request, Reply::redirect(status, "/next?x=1")),
                _ => asked.reply(request, Reply::ok("hello")),
            });
            let plan = Plan::get(net.url(0, "/"), &digest(&net, 0)).method(Method::POST);
            let outcome = driver.run(&net, &plan.body(PlanBody::Bytes(b"body".to_vec())));
            let who = format!("{} {status}", driver.name());
            assert_fine(&outcome, &realm, &who);
            let requests = net.requests();
            assert_eq!((requests.len(), &*requests[2].method), (3, method), "{who}");
        }
    });
}

/// RFC 7616 section 3.4: the referee sees to the quotes; `opaque` and the nonce come back with the escapes they came with.
#[test]
fn c7_opaque_and_nonce_come_back_unchanged() {
    let net = net();
    on_every_driver(|driver| {
        for raw in ["plain", "", "a\\\"b\\\\c", "\\a\\b", "a, b=c", "=", " ", "\\\\\\\""] {
            for nonce in ["n", "n\\\"o\\\\nce", "\\n", "a,b= c"] {
                let who = format!("{} {raw:?} {nonce:?}", driver.name());
                let realm = guard(&net, sam("r").opaque(raw).fixed_nonce(nonce));
                let auth = digest(&net, 0);
                assert_fine(&get(driver, &net, "/", &auth), &realm, &who);
                assert_fine(&get(driver, &net, "/", &auth), &realm, &who);
                assert_eq!(realm.nonce_counts(nonce), [1, 2], "{who}");
            }
        }
    });
}

/// A realm, an opaque and a nonce in UTF-8 or ISO-8859-1 are bytes to be sent back (RFC 9110 section 5.6.4: `obs-text`).
#[test]
fn c7_text_beyond_ascii_comes_back_unchanged() {
    let net = net();
    on_every_driver(|driver| {
        for (realm, opaque) in [("Gesch\u{fc}tzter Bereich", "o"), ("r", "\u{e9}")] {
            let realm = guard(&net, sam(realm).opaque(opaque));
            let outcome = get(driver, &net, "/", &digest(&net, 0));
            if driver.name() == "ureq" {
                // It sends no `Authorization` but of visible ASCII, and says so.
                let said = "ureq sends no `Authorization` with characters beyond ASCII";
                assert!(outcome.failure().is_some_and(|text| text.contains(said)), "{outcome}");
                continue;
            }
            assert_fine(&outcome, &realm, driver.name());
        }
    });
}

/// RFC 7616 section 3.4: counts begin at 1 and grow by one, on each nonce, and each request has a cnonce of its own.
#[test]
fn c3_counts_grow_by_one() {
    let net = net();
    on_every_driver(|driver| {
        for algorithm in ["SHA-256", "SHA-256-sess"] {
            let realm = guard(&net, sam("r").algorithms(&[algorithm]).in_order());
            let auth = digest(&net, 0);
            for _ in 0..12 {
                assert_fine(&get(driver, &net, "/", &auth), &realm, driver.name());
            }
            let accepted = realm.accepted();
            assert!(accepted.iter().all(|one| one.nonce == accepted[0].nonce), "{}", driver.name());
            assert_eq!(
                realm.nonce_counts(&accepted[0].nonce),
                (1..=12).collect::<Vec<_>>(),
                "{}",
                driver.name()
            );
            let mut cnonces: Vec<_> = accepted.into_iter().filter_map(|one| one.cnonce).collect();
            assert!(cnonces.iter().all(|cnonce| cnonce.len() >= 16), "{}: {cnonces:?}", driver.name());
            if algorithm == "SHA-256" {
                cnonces.sort();
                cnonces.dedup();
                assert_eq!(cnonces.len(), 12, "{}", driver.name());
            }
        }
    });
}
