//! Apache httpd: Basic.

use authwright_core::{Auth, Basic, Secret};

use crate::table::{given, table};

fn url(path: &str) -> String {
    given("AUTHWRIGHT_APACHE_URL") + path
}

#[test]
fn basic() {
    let auth = |password: &str| Auth::new(url(""), Basic::new("sam", Secret::new(password))).unwrap();
    table("apache", "Basic", |table| {
        table.case("GET", |kind| {
            kind.open(&auth("s3cret")).get(&url("/basic/1?a=b")).is("sam GET /basic/1?a=b");
        });
        table.case("POST", |kind| {
            let answer = kind.open(&auth("s3cret")).post(&url("/basic/1"), "the body");
            answer.is("sam POST /basic/1 the body");
        });
        table.case("a wrong password", |kind| {
            kind.open(&auth("wrong")).get(&url("/basic/1")).is_refused();
        });
    });
}
