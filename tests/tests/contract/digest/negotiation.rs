//! Who decides: the server between schemes, the caller over all of them (rules 2 and 12, A13, B2, B4).

use authwright_core::{
    ApiKey, Auth, Basic, Body, Digest, Exchange, Next, Origin, Outgoing, Password, Policy, Ready,
    ResponseView, Target,
    http::{HeaderMap, Method, StatusCode},
};
use authwright_testkit::{DigestRealm, Ending, Plan, Reply};
use authwright_tests::on_every_driver;

use super::{PASSWORD, assert_fine, authorizations, digest, get, guard, sam};
use crate::support::net;

const DIGEST: &str = "Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256";

/// Digest over Basic, wherever it stands.
#[test]
fn a13_password_prefers_digest() {
    let net = net();
    on_every_driver(|driver| {
        for (before, after) in [
            (Some("Basic realm=\"r\""), None),
            (None, Some("Basic realm=\"r\"")),
            (Some("NTLM, Basic"), None),
        ] {
            let mut builder = sam("r");
            if let Some(before) = before {
                builder = builder.after(before);
            }
            let realm = builder.build();
            let asked = realm.clone();
            net.set_script(move |request| {
                let reply = asked.reply(request, Reply::ok("hello"));
                match after {
                    Some(after) if reply.status_code() == 401 => reply.header("www-authenticate", after),
                    _ => reply,
                }
            });
            let auth = Auth::new(net.origin(0), Password::new("sam", PASSWORD)).unwrap();
            for _ in 0..2 {
                assert_fine(&get(driver, &net, "/", &auth), &realm, driver.name());
            }
            assert_eq!(net.requests().len(), 3, "{}", driver.name());
        }
    });
}

/// Basic where the server wants that, and from then on without being asked.
#[test]
fn a13_password_speaks_basic_where_that_is_asked() {
    let net = net();
    on_every_driver(|driver| {
        net.set_script(|request| match request.header("authorization") {
            Some("Basic dGVzdDoxMjPCow==") => Reply::ok("hello"),
            _ => Reply::unauthorized("Basic realm=\"foo\", charset=\"UTF-8\""),
        });
        // RFC 7617 section 2.1.
        let auth = Auth::new(net.origin(0), Password::new("test", "123\u{a3}")).unwrap();
        for _ in 0..3 {
            let outcome = get(driver, &net, "/", &auth);
            assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
        }
        assert_eq!(net.requests().len(), 4, "{}", driver.name());
    });
}

/// RFC 7617 section 2.1: UTF-8, composed, with `charset` in any case, and without it too.
#[test]
fn b2_basic_is_utf8_in_composed_form() {
    let net = net();
    on_every_driver(|driver| {
        for charset in ["", ", charset=\"UTF-8\"", ", CHARSET=utf-8", ", charset=\"Utf-8\""] {
            let challenge = format!("Basic realm=\"r\"{charset}");
            // caf\u{e9}:pw\u{e9}
            net.set_script(move |request| match request.header("authorization") {
                Some("Basic Y2Fmw6k6cHfDqQ==") => Reply::ok("hello"),
                _ => Reply::unauthorized(&challenge),
            });
            for auth in [
                Auth::new(net.origin(0), Password::new("cafe\u{301}", "pwe\u{301}")),
                Auth::new(net.origin(0), Basic::new("cafe\u{301}", "pwe\u{301}")),
                Auth::new(net.origin(0), Password::new("caf\u{e9}", "pw\u{e9}")),
            ] {
                let outcome = get(driver, &net, "/", &auth.unwrap());
                assert_eq!(outcome.status(), Some(200), "{} {charset}: {outcome}", driver.name());
            }
        }
    });
}

/// What an exchange over this origin does with a first 401: the field of the next send, if there is one.
fn answered(origin: Origin, url: &str, scheme: Password, challenge: &str) -> Option<String> {
    let auth = Auth::new(origin, scheme).unwrap();
    let policy = Policy::default();
    let mut exchange = Exchange::new(Some(&auth), &policy);
    let target = Target::parse(url).unwrap();
    let mut headers = HeaderMap::new();
    let step = |exchange: &mut Exchange<'_>, headers: &mut HeaderMap| {
        let outgoing = Outgoing { method: &Method::GET, target, headers, body: Body::Empty };
        assert!(matches!(exchange.step(outgoing).unwrap(), Ready::Send(_)));
    };
    step(&mut exchange, &mut headers);
    assert!(headers.get("authorization").is_none(), "the first one goes bare");
    let answer = HeaderMap::from_iter([("www-authenticate".parse().unwrap(), challenge.parse().unwrap())]);
    match exchange.observed(&ResponseView::new(StatusCode::UNAUTHORIZED, &answer), target).unwrap() {
        Next::Resend { mut headers, .. } => {
            step(&mut exchange, &mut headers);
            assert!(headers["authorization"].is_sensitive(), "its `Debug` shows nothing");
            Some(headers["authorization"].to_str().unwrap().to_owned())
        }
        _ => None,
    }
}

/// RFC 7617 section 4: over plain http everybody on the way would read Basic. Digest may go there, where the opt-in was given.
#[test]
fn b4_password_never_speaks_basic_over_plain_http() {
    let intranet = || Origin::danger_plain_http("http://intranet");
    let password = || Password::new("sam", "pw");
    assert_eq!(answered(intranet(), "http://intranet/", password(), "Basic realm=\"r\""), None);
    let both = format!("Basic realm=\"r\", {DIGEST}");
    for challenge in [DIGEST, &both] {
        let sent = answered(intranet(), "http://intranet/", password(), challenge);
        assert!(sent.is_some_and(|sent| sent.starts_with("Digest ")), "{challenge}");
    }
    for origin in ["https://intranet", "http://localhost:3000", "http://127.0.0.1"] {
        let sent = answered(Origin::from(origin), &format!("{origin}/"), password(), "Basic realm=\"r\"");
        assert_eq!(sent.as_deref(), Some("Basic c2FtOnB3"), "{origin}");
    }
    assert!(Auth::new("http://intranet", password()).is_err(), "B4: without the opt-in there is no entry");
    assert!(Auth::new("http://intranet", Digest::new("sam", "pw")).is_err());
}

/// A name with a colon cannot be said in Basic (RFC 7617 section 2); Digest can hash it, or it is refused at once.
#[test]
fn b1_a_colon_never_goes_into_basic() {
    let net = net();
    on_every_driver(|driver| {
        net.set_script(|_| Reply::unauthorized("Basic realm=\"r\""));
        if let Ok(auth) = Auth::new(net.origin(0), Password::new("sam:admin", "pw")) {
            get(driver, &net, "/", &auth);
            assert!(authorizations(&net).iter().all(|sent| sent == "-"), "{}", driver.name());
        }
    });
}

/// Rule 2: what the caller set wins, and the 401 is theirs to read.
#[test]
fn a_caller_set_authorization_keeps_digest_out() {
    let net = net();
    on_every_driver(|driver| {
        let schemes = || [digest(&net, 0), Auth::new(net.origin(0), Password::new("sam", PASSWORD)).unwrap()];
        for auth in schemes() {
            for known in [false, true] {
                let realm = guard(&net, sam("r"));
                if known {
                    assert_fine(&get(driver, &net, "/", &auth), &realm, driver.name());
                }
                for plan in [
                    Plan::get(net.url(0, "/"), &auth).header("Authorization", "Bearer mine"),
                    Plan::get(net.url(0, "/"), &auth).default_header("Authorization", "Bearer mine"),
                ] {
                    let before = net.requests().len();
                    let outcome = driver.run(&net, &plan);
                    let who = format!("{} known {known}", driver.name());
                    assert!(
                        matches!(outcome.ending, Ending::Response { status: 401, .. }),
                        "{who}: {outcome}"
                    );
                    let sent = authorizations(&net);
                    assert_eq!(sent[before..], ["Bearer mine"], "{who}");
                }
            }
        }
    });
}

/// `.without_auth()` asks as nobody, and learns nothing for anybody.
#[test]
fn without_auth_goes_bare_and_stays_so() {
    let net = net();
    on_every_driver(|driver| {
        let auth = digest(&net, 0);
        let realm = guard(&net, sam("r"));
        for known in [false, true] {
            if known {
                assert_fine(&get(driver, &net, "/", &auth), &realm, driver.name());
            }
            net.take();
            let outcome = driver.run(&net, &Plan { without_auth: true, ..Plan::get(net.url(0, "/"), &auth) });
            assert!(
                matches!(outcome.ending, Ending::Response { status: 401, .. }),
                "{}: {outcome}",
                driver.name()
            );
            assert_eq!(authorizations(&net), ["-"], "{}", driver.name());
        }
    });
}

/// `denied_as_error(false)`: the conversation is the same, and its end a response.
#[test]
fn switched_off_denials_still_answer_challenges() {
    let net = net();
    on_every_driver(|driver| {
        let realm = guard(&net, sam("r"));
        let plan = |auth: &Auth| Plan { denied_as_error: false, ..Plan::get(net.url(0, "/"), auth) };
        assert_fine(&driver.run(&net, &plan(&digest(&net, 0))), &realm, driver.name());
        guard(&net, DigestRealm::builder("r").user("sam", "another"));
        let outcome = driver.run(&net, &plan(&digest(&net, 0)));
        assert!(
            matches!(outcome.ending, Ending::Response { status: 401, .. }),
            "{}: {outcome}",
            driver.name()
        );
        assert_eq!(net.requests().len(), 2, "{}", driver.name());
    });
}

/// A server that wants no credential gets none, and one that answers 403 to a bare request is not argued with (A7).
#[test]
fn a7_nothing_is_said_unasked() {
    let net = net();
    on_every_driver(|driver| {
        for status in [200, 204, 403, 404, 407, 500] {
            net.set_script(move |_| Reply::status(status).header("WWW-Authenticate", DIGEST));
            let outcome = get(driver, &net, "/", &digest(&net, 0));
            assert_eq!(authorizations(&net), ["-"], "{} {status}: {outcome}", driver.name());
        }
    });
}

/// A14: one `Authorization`, whatever stands beside it; a key in a field of its own goes along on every send.
#[test]
fn a14_digest_beside_a_key() {
    let net = net();
    on_every_driver(|driver| {
        let realm = guard(&net, sam("r"));
        let origin = net.origin(0);
        let auth = digest(&net, 0).and(origin, ApiKey::header("X-API-Key", "k3y")).unwrap();
        for _ in 0..2 {
            assert_fine(&get(driver, &net, "/", &auth), &realm, driver.name());
        }
        for request in net.requests() {
            assert_eq!(request.header_all("x-api-key"), ["k3y"], "{}", driver.name());
            assert!(request.header_all("authorization").len() <= 1, "{}", driver.name());
        }
        let tie = digest(&net, 0).and(origin, authwright_core::Bearer::new("t")).unwrap_err();
        assert!(tie.to_string().contains("`Authorization`"), "{tie}");
    });
}
