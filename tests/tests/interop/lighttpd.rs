//! lighttpd: Digest with the hashes of RFC 7616, several of them at once, and names that are hashed or not ASCII.

use authwright_core::{Auth, Digest, Secret, http::Method};
use authwright_testkit::PlanBody;

use crate::table::{given, part, table};

fn url(path: &str) -> String {
    given("AUTHWRIGHT_LIGHTTPD_URL") + path
}

fn digest(user: &str, password: &str) -> Digest {
    Digest::new(user, Secret::new(password))
}

fn auth(digest: Digest) -> Auth {
    Auth::new(url(""), digest).unwrap()
}

/// The page says what it was asked with.
#[test]
fn digest_in_each_algorithm() {
    table("lighttpd", "Digest", |table| {
        for (area, algorithm) in
            [("md5", "MD5"), ("sha-256", "SHA-256"), ("sha-512-256", "SHA-512-256"), ("several", "SHA-256")]
        {
            table.case(&format!("{area}: GET, HEAD, POST"), |kind| {
                let client = kind.open(&auth(digest("sam", "s3cret")));
                let page = url(&format!("/{area}/page?a=b%20c&d"));
                let first = client.get(&page);
                assert!(first.status == 200 && first.body.starts_with("GET "), "{first:?}");
                assert_eq!(
                    (part(&first.body, "algorithm"), part(&first.body, "nc")),
                    (algorithm, "00000001")
                );
                client.send(Method::HEAD, &page, PlanBody::Empty).is("");
                let third = client.post(&page, "the body");
                assert!(third.status == 200 && third.body.ends_with("\nthe body"), "{third:?}");
                assert_eq!(part(&third.body, "nc"), "00000003");
                assert_eq!(part(&third.body, "nonce"), part(&first.body, "nonce"));
            });
        }
        // Of one area only: lighttpd takes a second to say no.
        table.case("sha-512-256: a wrong password", |kind| {
            kind.open(&auth(digest("sam", "wrong"))).get(&url("/sha-512-256/page")).is_refused();
        });
        table.case("several: without MD5", |kind| {
            let client = kind.open(&auth(digest("sam", "s3cret").without_md5()));
            assert_eq!(part(&client.get(&url("/several/page")).body, "algorithm"), "SHA-256");
        });
        table.case("md5: without MD5 nothing is sent", |kind| {
            let answer = kind.open(&auth(digest("sam", "s3cret").without_md5())).get(&url("/md5/page"));
            let denied = answer.denied.as_ref().unwrap();
            assert!(!denied.was_attached() && denied.to_string().contains("switched off"), "{denied}");
        });
        table.case("two areas, two nonces, one client", |kind| {
            let client = kind.open(&auth(digest("sam", "s3cret")));
            for _ in 0..2 {
                for area in ["md5", "sha-256"] {
                    let answer = client.get(&url(&format!("/{area}/page")));
                    assert_eq!(part(&answer.body, "realm"), area, "{answer:?}");
                }
            }
        });
    });
}

#[test]
fn digest_with_a_name_outside_ascii() {
    table("lighttpd", "Digest", |table| {
        // Composed or not: RFC 7616 section 4.
        for user in ["J\u{fc}rgen", "Ju\u{308}rgen"] {
            let letters = user.chars().count();
            table.case(&format!("userhash, a name of {letters} characters"), |kind| {
                let answer = kind.open(&auth(digest(user, "s3cret"))).get(&url("/hashed/page"));
                assert_eq!(part(&answer.body, "userhash"), "true", "{answer:?}");
                assert!(!answer.body.contains("rgen"), "{answer:?}");
            });
            table.case(&format!("username*, a name of {letters} characters"), |kind| {
                let answer = kind.open(&auth(digest(user, "s3cret"))).get(&url("/sha-256/page"));
                assert!(answer.body.contains("username*=UTF-8''J%C3%BCrgen"), "{answer:?}");
            });
        }
    });
}
