//! Digest, end to end.

use authwright_core::{Auth, Digest, Password};
use authwright_testkit::{Plan, PlanBody, Reply};
use authwright_tests::on_every_driver;

use crate::support::net;

/// A server is asked bare, answered once, and answered from the start after that.
#[test]
fn a_challenge_is_answered_and_remembered() {
    let net = net();
    net.set_script(|request| match request.header("authorization") {
        Some(_) => Reply::ok("in"),
        None => {
            Reply::status(401).header("www-authenticate", "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"")
        }
    });
    on_every_driver(|driver| {
        let schemes = [
            Auth::new(net.origin(0), Digest::new("sam", "hunter2")).unwrap(),
            Auth::new(net.origin(0), Password::new("sam", "hunter2")).unwrap(),
        ];
        for auth in schemes {
            net.take();
            for _ in 0..2 {
                let outcome = driver.run(&net, &Plan::get(net.url(0, "/p?a=1&b=%20"), &auth));
                assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
            }
            let sent: Vec<_> = net
                .requests()
                .iter()
                .map(|request| request.header("authorization").map(str::to_owned))
                .collect();
            assert!(sent[0].is_none() && sent.len() == 3, "{}: {sent:?}", driver.name());
            for (answer, nc) in sent[1..].iter().zip(["nc=00000001", "nc=00000002"]) {
                let answer = answer.as_ref().unwrap();
                assert!(
                    answer.contains("uri=\"/p?a=1&b=%20\"") && answer.contains(nc),
                    "{}: {answer}",
                    driver.name()
                );
            }
        }
    });
}

/// One origin asks for Digest in one place and for Basic in another: each gets its own, whatever was asked for before.
#[test]
fn a_password_goes_as_each_place_asks() {
    let net = net();
    net.set_script(|request| {
        let sent = request.header("authorization").unwrap_or_default();
        let (scheme, challenge) = match request.path().split('/').nth(1) {
            Some("digest") => ("Digest ", "Digest realm=\"d\", nonce=\"n\", qop=\"auth\""),
            _ => ("Basic ", "Basic realm=\"b\""),
        };
        if sent.starts_with(scheme) {
            Reply::ok("in")
        } else {
            Reply::status(401).header("www-authenticate", challenge)
        }
    });
    for places in [["/digest/1", "/basic/1", "/page"], ["/basic/1", "/page", "/digest/1"]] {
        on_every_driver(|driver| {
            let auth = Auth::new(net.origin(0), Password::new("sam", "hunter2")).unwrap();
            for round in 0..3 {
                net.take();
                for place in places {
                    let outcome = driver.run(&net, &Plan::get(net.url(0, place), &auth));
                    assert_eq!(outcome.status(), Some(200), "{}: {place}: {outcome}", driver.name());
                }
                // The first round learns; where Basic came first, the second learns that it does not hold everywhere.
                assert!(round < 2 || net.requests().len() == places.len(), "{}", driver.name());
            }
        });
    }
}

/// The question comes when the stream is gone. The refusal says so, and the next request is answered from the start.
#[test]
fn a_stream_cannot_be_sent_again_when_the_server_asks() {
    let net = net();
    net.set_script(|request| match request.header("authorization") {
        Some(_) => Reply::ok("in"),
        None => {
            Reply::status(401).header("www-authenticate", "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"")
        }
    });
    on_every_driver(|driver| {
        net.take();
        let auth = Auth::new(net.origin(0), Digest::new("sam", "hunter2")).unwrap();
        let stream = || PlanBody::Stream(vec!["one".into(), "two".into()]);
        let plan = || Plan::get(net.url(0, "/"), &auth).method(http::Method::POST).body(stream());
        let refused = driver.run(&net, &plan());
        let why = "and when it did, the body was a stream and gone: send again";
        assert!(refused.denied().is_some_and(|denied| denied.to_string().ends_with(why)), "{refused}");
        assert_eq!(driver.run(&net, &plan()).status(), Some(200), "{}", driver.name());
        assert_eq!(net.requests().len(), 2, "{}", driver.name());
    });
}
