//! Bodies: bytes may be sent again, a stream goes once and whole (rule 6).

use authwright_core::{Auth, Error, Hop, Scheme, Slot, Step, http::Method};
use authwright_testkit::{Plan, PlanBody, Reply};
use authwright_tests::on_every_driver;
use proptest::{prelude::*, test_runner::TestRunner};

use crate::support::{Renewing, net};

/// A POST in memory is sent again, byte for byte, on a renewed credential and on 307.
#[test]
fn bytes_are_replayed_whole() {
    let net = net();
    on_every_driver(|driver| {
        let cases = (prop::collection::vec(any::<u8>(), 0..4096), prop::bool::ANY);
        let run = |(bytes, redirected): (Vec<u8>, bool)| {
            let to = net.url(1, "/end");
            net.set_script(move |request| match (request.origin, request.header("authorization")) {
                (0, _) if redirected => Reply::redirect(307, &to),
                (0, Some("Renewing t0")) => Reply::unauthorized("Renewing"),
                _ => Reply::ok(""),
            });
            let auth = Auth::new(net.origin(0), Renewing::default()).unwrap();
            let plan =
                Plan::get(net.url(0, "/"), &auth).method(Method::POST).body(PlanBody::Bytes(bytes.clone()));
            let outcome = driver.run(&net, &plan);
            assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
            let requests = net.requests();
            assert_eq!(requests.len(), 2, "{}", driver.name());
            for request in requests {
                assert_eq!(request.body, bytes, "{}", driver.name());
                assert_eq!(request.header("transfer-encoding"), None, "{}", driver.name());
            }
            Ok(())
        };
        TestRunner::new(ProptestConfig::with_cases(16)).run(&cases, run).unwrap();
    });
}

/// A stream is sent once, whole: not again on a 401 that could be renewed, not along a 307; a 303 needs no body.
#[test]
fn a_stream_is_sent_once_and_whole() {
    let net = net();
    let chunks = vec![b"one".to_vec(), vec![b'x'; 20_000], b"three".to_vec()];
    on_every_driver(|driver| {
        for (answer, status, sends) in
            [(401, 401, 1), (307, 307, 1), (308, 308, 1), (303, 200, 2), (200, 200, 1)]
        {
            let who = format!("{} {answer}", driver.name());
            let to = net.url(1, "/end");
            net.set_script(move |request| match (request.origin, answer) {
                (0, 200) | (1, _) => Reply::ok(""),
                (0, 401) => Reply::unauthorized("Renewing"),
                _ => Reply::redirect(answer, &to),
            });
            let auth = Auth::new(net.origin(0), Renewing::default()).unwrap();
            let plan =
                Plan::get(net.url(0, "/"), &auth).method(Method::PUT).body(PlanBody::Stream(chunks.clone()));
            let outcome = driver.run(&net, &plan);
            assert_eq!(outcome.status(), Some(status), "{who}: {outcome}");
            let requests = net.requests();
            assert_eq!(requests.len(), sends, "{who}");
            assert_eq!(requests[0].body, chunks.concat(), "{who}");
            assert!(requests[0].complete, "{who}");
            if answer == 401 {
                let text = outcome.denied().unwrap().to_string();
                assert!(text.contains("the body was a stream and is gone"), "{who}: {text}");
            }
        }
    });
}

/// Signs the body: its length is enough here.
#[derive(Debug)]
struct Signing;

impl Scheme for Signing {
    fn needs_body(&self) -> bool {
        true
    }

    fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
        let text = format!("{} {} {}", hop.method(), hop.target(), hop.body().len());
        let key = hop.attached("x-api-key").unwrap_or("-").to_owned();
        hop.header("x-signature", format!("{text} {key}"))?;
        Ok(Step::Send)
    }
}

/// A signer sees the bytes that are sent, on each hop, and the fields and pairs other entries have attached.
#[test]
fn a_signer_sees_what_is_sent() {
    let net = net();
    net.set_script(|request| match request.path() {
        "/" => Reply::redirect(307, "/next?y=2"),
        _ => Reply::ok(""),
    });
    on_every_driver(|driver| {
        net.take();
        let origin = net.origin(0);
        let auth = Auth::new(origin, Signing)
            .and_then(|auth| auth.and(origin, authwright_core::ApiKey::header("x-api-key", "k3y")))
            .and_then(|auth| auth.and(origin, authwright_core::ApiKey::query("key", "q")))
            .unwrap();
        let plan =
            Plan::get(net.url(0, "/?x=1"), &auth).method(Method::POST).body(PlanBody::Bytes(b"{}".to_vec()));
        driver.run(&net, &plan);
        let signed: Vec<_> =
            net.requests().iter().map(|r| r.header("x-signature").unwrap().to_owned()).collect();
        assert_eq!(signed, ["POST /?x=1&key=q 2 k3y", "POST /next?y=2&key=q 2 k3y"], "{}", driver.name());
        for request in net.requests() {
            assert!(request.header("x-signature").unwrap().contains(&request.target), "{}", driver.name());
        }
    });
}

/// Signs, and says where: in `Authorization`.
#[derive(Debug)]
struct SigningAuthorization([Slot; 1]);

impl Scheme for SigningAuthorization {
    fn signs(&self) -> bool {
        true
    }

    fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
        hop.header("authorization", "Signature x")?;
        Ok(Step::Send)
    }

    fn writes(&self) -> &[Slot] {
        &self.0
    }
}

/// Signers come last, and still win over a plain entry where theirs is the longer path.
#[test]
fn a_more_specific_signer_wins_though_it_comes_last() {
    let net = net();
    on_every_driver(|driver| {
        net.take();
        let signer = SigningAuthorization([Slot::Header(authwright_core::http::header::AUTHORIZATION)]);
        let auth = Auth::new(net.url(0, "/v1"), signer)
            .and_then(|auth| auth.and(net.origin(0), authwright_core::Bearer::new("wide")))
            .unwrap();
        for path in ["/v1/x", "/v2"] {
            driver.run(&net, &Plan::get(net.url(0, path), &auth));
        }
        let sent: Vec<_> = net.requests().iter().map(|r| r.header_all("authorization").join("+")).collect();
        assert_eq!(sent, ["Signature x", "Bearer wide"], "{}", driver.name());
    });
}

/// A stream cannot be signed: a clear error, before anything is sent.
#[test]
fn a_stream_cannot_be_signed() {
    let net = net();
    on_every_driver(|driver| {
        net.take();
        let auth = Auth::new(net.origin(0), Signing).unwrap();
        let plan = Plan::get(net.url(0, "/"), &auth)
            .method(Method::POST)
            .body(PlanBody::Stream(vec![b"x".to_vec()]));
        let outcome = driver.run(&net, &plan);
        let text = outcome.failure().unwrap_or_else(|| panic!("{}: {outcome}", driver.name()));
        assert_eq!(
            text,
            "Signing signs the body, and this body is a stream; send bytes, or use a scheme that does not need them",
            "{}",
            driver.name()
        );
        assert!(net.requests().is_empty(), "{}", driver.name());
    });
}
