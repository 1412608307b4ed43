//! httpbin: Basic and Bearer.

use authwright_core::{Auth, Basic, Bearer, Secret};

use crate::table::{given, table};

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
