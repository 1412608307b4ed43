//! Digest, end to end.

use authwright_core::{Auth, Digest, Password};
use authwright_testkit::{Plan, Reply};
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
