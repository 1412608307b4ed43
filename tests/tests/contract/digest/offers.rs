//! Which of several offers is taken: A13, C1, C2.

use authwright_core::{Auth, Digest, Password};
use authwright_testkit::Reply;
use authwright_tests::on_every_driver;

use super::{PASSWORD, assert_fine, authorizations, digest, get, guard, sam};
use crate::support::net;

/// RFC 9110 section 11.6.1: what is not known is passed over.
#[test]
fn a13_unknown_schemes_are_passed_over() {
    let net = net();
    on_every_driver(|driver| {
        for before in [
            "Negotiate",
            "Negotiate oYG2MIGzoAMKAQCh, NTLM",
            "X-New realm=\"r\", nonce=\"n\", qop=\"auth\"",
            "Basic realm=\"r\"",
            "Bearer",
            ",, ,",
            "=, \"",
        ] {
            let who = format!("{} {before}", driver.name());
            let realm = guard(&net, sam("r").after(before));
            assert_fine(&get(driver, &net, "/", &digest(&net, 0)), &realm, &who);
        }
    });
}

/// With `Basic` behind them too.
#[test]
fn a13_basic_behind_unknown_schemes() {
    let net = net();
    on_every_driver(|driver| {
        net.set_script(|request| match request.header("authorization") {
            Some("Basic c2FtOmM0bjRyeTVlY3JldA==") => Reply::ok("hello"),
            _ => Reply::unauthorized("Negotiate")
                .header("www-authenticate", "X-New a=\"b\", Basic realm=\"r\""),
        });
        let auth = Auth::new(net.origin(0), Password::new("sam", PASSWORD)).unwrap();
        let outcome = get(driver, &net, "/", &auth);
        assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
        assert_eq!(net.requests().len(), 2, "{}", driver.name());
    });
}

/// RFC 7616 section 3.3: unknown algorithms, qualities and parameters are no obstacle.
#[test]
fn c1_what_is_unknown_is_ignored() {
    let net = net();
    on_every_driver(|driver| {
        for (what, builder) in [
            ("algorithm first", sam("r").algorithms(&["SHA-3", "SHA-256"])),
            ("algorithm last", sam("r").algorithms(&["SHA-256", "SHA3-512-sess"])),
            ("qop first", sam("r").qop("auth-conf, auth")),
            ("qop last", sam("r").qop("auth,auth-conf")),
            ("blanks and empty members", sam("r").qop(" , auth ,, token ")),
            ("parameters", sam("r").spelled(|text| format!("{text}, x=y, ext=\"a, b\", Q=\"\""))),
        ] {
            let realm = guard(&net, builder);
            assert_fine(
                &get(driver, &net, "/", &digest(&net, 0)),
                &realm,
                &format!("{} {what}", driver.name()),
            );
        }
    });
}

/// Where all is unknown, nothing is sent. A `qop` without a known word is no server of RFC 2069.
#[test]
fn c1_where_all_is_unknown_nothing_is_sent() {
    let net = net();
    on_every_driver(|driver| {
        for (what, builder) in
            [("algorithm", sam("r").algorithms(&["SHA-1", "X"])), ("qop", sam("r").qop("auth-conf, token"))]
        {
            let who = format!("{} {what}", driver.name());
            guard(&net, builder);
            let outcome = get(driver, &net, "/", &digest(&net, 0));
            assert_eq!(outcome.status(), Some(401), "{who}: {outcome}");
            assert_eq!(authorizations(&net), ["-"], "{who}");
        }
    });
}

/// RFC 7616 section 3.7 with a policy of our own: the strongest of what is offered, not the first.
#[test]
fn c2_the_best_algorithm_is_answered() {
    let net = net();
    on_every_driver(|driver| {
        for (offered, best) in [
            (&["MD5", "SHA-256"][..], "SHA-256"),
            (&["SHA-256", "MD5"], "SHA-256"),
            (&["", "SHA-256-sess"], "SHA-256-sess"),
            (&["MD5", "SHA-256", "SHA-512-256"], "SHA-512-256"),
            (&["SHA-256", "SHA-512", "MD5"], "SHA-512"),
            (&["SHA-512", "SHA-512-256"], "SHA-512-256"),
            (&["MD5-sess", "MD5"], "MD5"),
            (&["SHA-256-sess", "MD5", "X"], "SHA-256-sess"),
        ] {
            let who = format!("{} {offered:?}", driver.name());
            let realm = guard(&net, sam("r").algorithms(offered).opaque("o"));
            assert_fine(&get(driver, &net, "/", &digest(&net, 0)), &realm, &who);
            assert_eq!(realm.accepted()[0].algorithm, best, "{who}");
        }
        for (offered, chosen) in
            [("auth-int, auth", "auth"), ("auth,auth-int", "auth"), ("auth-int", "auth-int")]
        {
            let realm = guard(&net, sam("r").qop(offered));
            assert_fine(&get(driver, &net, "/", &digest(&net, 0)), &realm, driver.name());
            assert_eq!(realm.accepted()[0].qop.as_deref(), Some(chosen), "{}", driver.name());
        }
    });
}

#[test]
fn c2_md5_can_be_switched_off() {
    let net = net();
    on_every_driver(|driver| {
        let auths = || {
            [
                Auth::new(net.origin(0), Digest::new("sam", PASSWORD).without_md5()).unwrap(),
                Auth::new(net.origin(0), Password::new("sam", PASSWORD).without_md5()).unwrap(),
            ]
        };
        for offered in ["MD5", "", "MD5-sess", "md5"] {
            for auth in auths() {
                guard(&net, sam("r").algorithms(&[offered]));
                let outcome = get(driver, &net, "/", &auth);
                assert_eq!(outcome.status(), Some(401), "{} {offered}: {outcome}", driver.name());
                assert_eq!(authorizations(&net), ["-"], "{} {offered}", driver.name());
            }
            for auth in auths() {
                let realm = guard(&net, sam("r").algorithms(&[offered, "SHA-256-sess"]));
                assert_fine(&get(driver, &net, "/", &auth), &realm, driver.name());
            }
        }
    });
}
