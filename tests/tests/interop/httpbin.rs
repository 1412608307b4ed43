//! httpbin: Basic, Bearer, and Digest with three hashes and both qualities of protection.

use authwright_core::{Auth, Basic, Bearer, Digest, Secret, http::Method};
use authwright_testkit::PlanBody;

use crate::{
    client::Setup,
    table::{given, logged, part, table},
};

const LOG: &str = "AUTHWRIGHT_HTTPBIN_LOG";

fn url(path: &str) -> String {
    given("AUTHWRIGHT_HTTPBIN_URL") + path
}

/// The words of httpbin's JSON.
fn flat(json: &str) -> String {
    json.split_whitespace().collect()
}

const ACCEPTED: &str = r#"{"authenticated":true,"user":"sam"}"#;

#[test]
fn basic() {
    let auth = |password: &str| Auth::new(url(""), Basic::new("sam", Secret::new(password))).unwrap();
    table("httpbin", "Basic", |table| {
        for path in ["/basic-auth/sam/s3cret", "/hidden-basic-auth/sam/s3cret"] {
            table.case(path.split('/').nth(1).unwrap_or_default(), |kind| {
                assert_eq!(flat(&kind.open(&auth("s3cret")).get(&url(path)).body), ACCEPTED);
            });
        }
        table.case("basic-auth, wrong password", |kind| {
            kind.open(&auth("wrong")).get(&url("/basic-auth/sam/s3cret")).is_refused();
        });
        table.case("hidden-basic-auth, wrong password", |kind| {
            let answer = kind.open(&auth("wrong")).get(&url("/hidden-basic-auth/sam/s3cret"));
            assert!(answer.status == 404 && answer.denied.is_none(), "{answer:?}");
        });
    });
}

#[test]
fn bearer() {
    table("httpbin", "Bearer", |table| {
        table.case("bearer", |kind| {
            let auth = Auth::new(url(""), Bearer::new(Secret::new("t0ken"))).unwrap();
            let answer = kind.open(&auth).get(&url("/bearer"));
            assert_eq!(flat(&answer.body), r#"{"authenticated":true,"token":"t0ken"}"#, "{answer:?}");
        });
        table.case("bearer, nothing attached", |kind| {
            let answer = kind.open(&Auth::none()).get(&url("/bearer"));
            assert!(answer.status == 401 && answer.denied.is_some(), "{answer:?}");
        });
    });
}

fn digest(password: &str) -> Auth {
    Auth::new(url(""), Digest::new("sam", Secret::new(password))).unwrap()
}

/// The path of httpbin's own page for an algorithm and its qualities of protection.
fn page(qop: &str, rest: &str) -> String {
    format!("/digest-auth/{qop}/sam/s3cret/{rest}")
}

#[test]
fn digest_in_each_algorithm_and_quality() {
    table("httpbin", "Digest", |table| {
        for algorithm in ["MD5", "SHA-256", "SHA-512"] {
            // The third stands for both.
            for (qop, taken) in [("auth", "auth"), ("auth-int", "auth-int"), ("any", "auth")] {
                let what = format!("{algorithm}, {qop}");
                table.case(&format!("{what}: GET with query, POST with body"), |kind| {
                    let (client, tag) = (kind.open(&digest("s3cret")), format!("{}=a%20b", kind.name()));
                    let url = url(&format!("{}?{tag}", page(qop, algorithm)));
                    let answers =
                        [client.get(&url), client.post(&url, "the body"), client.post(&url, "another")];
                    assert!(answers.iter().all(|answer| flat(&answer.body) == ACCEPTED), "{answers:?}");
                    let lines = logged(LOG, &url[url.find("/dig").unwrap()..], 4);
                    assert!(lines[0].ends_with(r#" 401 "-""#), "{lines:?}");
                    for (line, count) in lines[1..].iter().zip(1..) {
                        assert_eq!((part(line, "algorithm"), part(line, "qop")), (algorithm, taken));
                        assert_eq!(part(line, "nc"), format!("{count:08x}"));
                    }
                });
                table.case(&format!("{what}: POST first"), |kind| {
                    let answer = kind.open(&digest("s3cret")).post(&url(&page(qop, algorithm)), "the body");
                    assert_eq!(flat(&answer.body), ACCEPTED, "{answer:?}");
                });
                table.case(&format!("{what}: a wrong password"), |kind| {
                    let tag = format!("wrong-{}", kind.name());
                    let page = format!("{}?{tag}", page(qop, algorithm));
                    kind.open(&digest("wrong")).get(&url(&page)).is_refused();
                    logged(LOG, &page, 2);
                });
            }
        }
    });
}

#[test]
fn digest_of_a_stream() {
    let stream = || PlanBody::Stream(vec!["one ".into(), "two".into()]);
    table("httpbin", "Digest", |table| {
        table.case("auth: gone on the first request, sent on the second", |kind| {
            let (client, url) = (kind.open(&digest("s3cret")), url(&page("auth", "SHA-256")));
            let first = client.send(Method::POST, &url, stream());
            assert!(first.status == 401 && first.denied.is_some(), "{first:?}");
            assert!(first.error.unwrap().contains("the body was a stream and gone"));
            let second = client.send(Method::POST, &url, stream());
            assert_eq!(flat(&second.body), ACCEPTED, "{second:?}");
        });
        table.case("auth-int: refused before it is sent", |kind| {
            let (client, url) = (kind.open(&digest("s3cret")), url(&page("auth-int", "SHA-256")));
            assert_eq!(flat(&client.get(&url).body), ACCEPTED);
            let answer = client.send(Method::POST, &url, stream());
            assert!(answer.status == 0 && answer.error.unwrap().contains("is a stream; send bytes"));
        });
    });
}

/// httpbin counts in cookies. They have to come back with the answer to the very response that set them.
#[test]
fn digest_with_cookies() {
    let jar = || Setup { cookies: true, ..Setup::default() };
    table("httpbin", "Digest", |table| {
        table.case("require-cookie", |kind| {
            let client = kind.open_with(&digest("s3cret"), &jar());
            let answer = client.get(&url(&page("auth", "MD5?require-cookie=1")));
            assert_eq!(flat(&answer.body), ACCEPTED, "{answer:?}");
        });
        table.case("a nonce that is stale after one request", |kind| {
            let (client, tag) = (kind.open_with(&digest("s3cret"), &jar()), format!("stale-{}", kind.name()));
            let page = format!("{}?{tag}", page("auth", "SHA-256/1"));
            for _ in 0..2 {
                assert_eq!(flat(&client.get(&url(&page)).body), ACCEPTED);
            }
            let lines = logged(LOG, &page, 4);
            let statuses: Vec<_> = lines.iter().map(|line| line.split(' ').nth(2).unwrap()).collect();
            assert_eq!(statuses, ["401", "200", "401", "200"]);
            assert_eq!(part(&lines[1], "nonce"), part(&lines[2], "nonce"));
            assert_ne!(part(&lines[2], "nonce"), part(&lines[3], "nonce"));
        });
        table.case("a nonce that is stale at once, for ever", |kind| {
            let (client, tag) = (kind.open_with(&digest("s3cret"), &jar()), format!("ever-{}", kind.name()));
            let page = format!("{}?{tag}", page("auth", "SHA-256/0"));
            client.get(&url(&page)).is_refused();
            // One question, one answer, one more with the newer nonce.
            logged(LOG, &page, 3);
        });
    });
}
