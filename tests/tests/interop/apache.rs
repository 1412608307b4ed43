//! Apache httpd: Basic, and Digest with MD5: nonces that grow old, proofs, the next nonce, counts, `domain`.

use std::{collections::BTreeSet, thread, time::Duration};

use authwright_core::{Auth, Basic, Digest, Password, Secret, http::Method};
use authwright_testkit::PlanBody;

use crate::{
    client::{Client, Kind},
    table::{given, logged, part, table},
};

const LOG: &str = "AUTHWRIGHT_APACHE_LOG";

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

fn digest(kind: Kind, password: &str) -> Client {
    kind.open(&Auth::new(url(""), Digest::new("sam", Secret::new(password))).unwrap())
}

/// The statuses that a page was answered with, and the lines of the log they stand in.
fn statuses(page: &str, count: usize) -> (Vec<String>, Vec<String>) {
    let lines = logged(LOG, page, count);
    let status = |line: &String| line.split(' ').nth(3).unwrap().to_owned();
    (lines.iter().map(status).collect(), lines)
}

/// The proof httpd sends with each answer (`rspauth`) is checked on the way, or the response would not be delivered.
fn all_proved(lines: &[String]) {
    assert!(lines.iter().all(|line| line.contains(r"rspauth=\")), "{lines:#?}");
}

#[test]
fn digest_is_accepted() {
    table("apache", "Digest", |table| {
        table.case("one 401, then answered from the start", |kind| {
            let page = format!("/digest/1?first={}&b=%20", kind.name());
            let client = digest(kind, "s3cret");
            for _ in 0..3 {
                client.get(&url(&page)).is(&format!("sam GET {page}"));
            }
            let (statuses, lines) = statuses(&page, 4);
            assert_eq!(statuses, ["401", "200", "200", "200"]);
            assert!(lines[0].contains(r#" 401 "-""#), "{lines:?}");
            assert_eq!([1, 2, 3].map(|line| part(&lines[line], "nc")), ["00000001", "00000002", "00000003"]);
            all_proved(&lines[1..]);
        });
        table.case("POST, its body sent again", |kind| {
            let page = format!("/digest/1?post={}", kind.name());
            let client = digest(kind, "s3cret");
            client.post(&url(&page), "the body").is(&format!("sam POST {page} the body"));
            client.post(&url(&page), "another").is(&format!("sam POST {page} another"));
            assert_eq!(statuses(&page, 3).0, ["401", "200", "200"]);
        });
        table.case("HEAD", |kind| {
            let page = format!("/digest/1?head={}", kind.name());
            digest(kind, "s3cret").send(Method::HEAD, &url(&page), PlanBody::Empty).is("");
            let (statuses, lines) = statuses(&page, 2);
            assert_eq!(statuses, ["401", "200"]);
            all_proved(&lines[1..]);
        });
        table.case("a name with a quote and a backslash", |kind| {
            let user = Digest::new(r#"o"hara \ co"#, Secret::new("s3cret"));
            let client = kind.open(&Auth::new(url(""), user).unwrap());
            client.get(&url("/digest/1")).is(r#"o"hara \ co GET /digest/1"#);
        });
        table.case("Password takes Digest here and Basic there", |kind| {
            let auth = Auth::new(url(""), Password::new("sam", Secret::new("s3cret"))).unwrap();
            let (client, tag) = (kind.open(&auth), format!("either-{}", kind.name()));
            for area in ["digest", "basic", "digest", "basic"] {
                client.get(&url(&format!("/{area}/{tag}"))).is(&format!("sam GET /{area}/{tag}"));
            }
        });
    });
}

#[test]
fn digest_is_refused() {
    table("apache", "Digest", |table| {
        table.case("a wrong password, after two sends", |kind| {
            let page = format!("/digest/1?wrong={}", kind.name());
            let answer = digest(kind, "wrong").get(&url(&page));
            assert!(format!("{:?}", answer.is_refused().challenges()).contains("Digest"));
            assert_eq!(statuses(&page, 2).0, ["401", "401"]);
        });
        table.case("MD5 switched off: nothing is sent", |kind| {
            let page = format!("/digest/1?md5={}", kind.name());
            let without = Digest::new("sam", Secret::new("s3cret")).without_md5();
            let answer = kind.open(&Auth::new(url(""), without).unwrap()).get(&url(&page));
            assert!(answer.denied.is_some_and(|denied| !denied.was_attached()));
            assert_eq!(statuses(&page, 1).0, ["401"]);
        });
    });
}

#[test]
fn digest_with_nonces_that_end() {
    table("apache", "Digest", |table| {
        table.case("the next nonce is taken from each answer", |kind| {
            for area in ["next", "once"] {
                let page = format!("/{area}/1?next={}", kind.name());
                let client = digest(kind, "s3cret");
                for _ in 0..3 {
                    client.get(&url(&page)).is(&format!("sam GET {page}"));
                }
                let (statuses, lines) = statuses(&page, 4);
                assert_eq!(statuses, ["401", "200", "200", "200"], "{area}");
                let nonces: BTreeSet<_> = lines[1..].iter().map(|line| part(line, "nonce")).collect();
                assert_eq!(nonces.len(), 3, "{lines:#?}");
                all_proved(&lines[1..]);
            }
        });
        table.case("a stale one is replaced", |kind| {
            let page = format!("/short/1?stale={}", kind.name());
            let client = digest(kind, "s3cret");
            client.get(&url(&page)).is(&format!("sam GET {page}"));
            // httpd's clock is the machine's: the nonce is good for one second.
            thread::sleep(Duration::from_millis(1100));
            client.post(&url(&page), "the body").is(&format!("sam POST {page} the body"));
            let (statuses, lines) = statuses(&page, 4);
            assert_eq!(statuses, ["401", "200", "401", "200"]);
            assert!(lines[2].contains("Digest username"), "{lines:#?}");
        });
        table.case("a server that checks the count", |kind| {
            let page = format!("/counted/1?count={}", kind.name());
            let client = digest(kind, "s3cret");
            for _ in 0..5 {
                client.get(&url(&page)).is(&format!("sam GET {page}"));
            }
            assert_eq!(statuses(&page, 6).0, ["401", "200", "200", "200", "200", "200"]);
        });
    });
}

#[test]
fn digest_of_many_at_once() {
    const CALLERS: usize = 20;
    let all_ask = |client: &Client, page: &str| {
        thread::scope(|threads| {
            for _ in 0..CALLERS {
                threads.spawn(|| client.get(&url(page)).is(&format!("sam GET {page}")));
            }
        });
    };
    table("apache", "Digest", |table| {
        table.case("20 at once on one nonce: no count twice, no second 401", |kind| {
            let page = format!("/digest/1?many={}", kind.name());
            let client = digest(kind, "s3cret");
            client.get(&url(&page)).is(&format!("sam GET {page}"));
            all_ask(&client, &page);
            let (statuses, lines) = statuses(&page, CALLERS + 2);
            assert_eq!(statuses.iter().filter(|status| *status == "401").count(), 1);
            let seen: BTreeSet<_> =
                lines[1..].iter().map(|line| (part(line, "nonce"), part(line, "nc"))).collect();
            let nonce = part(&lines[1], "nonce");
            let counts: Vec<_> = (1..=CALLERS + 1).map(|count| format!("{count:08x}")).collect();
            let expected = counts.iter().map(|count| (nonce, count.as_str())).collect();
            assert_eq!(seen, expected);
        });
        table.case("20 at once, and nothing is known yet", |kind| {
            let page = format!("/digest/1?cold={}", kind.name());
            all_ask(&digest(kind, "s3cret"), &page);
        });
        table.case("20 at once, and each answer brings a new nonce", |kind| {
            let page = format!("/next/1?crowd={}", kind.name());
            let client = digest(kind, "s3cret");
            client.get(&url(&page)).is(&format!("sam GET {page}"));
            all_ask(&client, &page);
        });
    });
}

#[test]
fn digest_keeps_to_its_area() {
    table("apache", "Digest", |table| {
        table.case("a redirect is answered for the URL it leads to", |kind| {
            let client = digest(kind, "s3cret");
            client.post(&url("/digest/here"), "the body").is("sam POST /digest/landing the body");
        });
        table.case("a redirect to another port takes nothing", |kind| {
            let page = format!("away={}", kind.name());
            let client = digest(kind, "s3cret");
            client
                .post(&url(&format!("/digest/away?{page}")), "body")
                .is(&format!(" POST /landing?{page} body"));
            let (statuses, lines) = statuses(&page, 3);
            assert_eq!(statuses, ["401", "307", "200"]);
            assert!(lines[2].ends_with(r#" 200 "-" "-""#), "{lines:#?}");
        });
        table.case("`domain` says where it holds, and where not", |kind| {
            let (client, name) = (digest(kind, "s3cret"), kind.name());
            client
                .get(&url(&format!("/north/1?domain={name}")))
                .is(&format!("sam GET /north/1?domain={name}"));
            client
                .get(&url(&format!("/south/1?domain={name}")))
                .is(&format!("sam GET /south/1?domain={name}"));
            client.get(&url(&format!("/open?domain={name}"))).is(&format!(" GET /open?domain={name}"));
            let (statuses, lines) = statuses(&format!("domain={name}"), 4);
            assert_eq!(statuses, ["401", "200", "200", "200"]);
            assert!(lines[3].ends_with(r#" 200 "-" "-""#), "{lines:#?}");
        });
    });
}
