//! nginx: Basic.

use authwright_core::{Auth, Basic, Digest, Password, Secret, http::Method};
use authwright_testkit::PlanBody;

use crate::table::{Table, given, logged, table};

const LOG: &str = "AUTHWRIGHT_NGINX_LOG";
const SAM: (&str, &str) = ("sam", "pa:ss wörd");

fn url(path: &str) -> String {
    given("AUTHWRIGHT_NGINX_URL") + path
}

/// For all of the server.
fn basic(user: &str, password: &str) -> Auth {
    Auth::new(url(""), Basic::new(user, Secret::new(password))).unwrap()
}

fn areas() -> Auth {
    Auth::new(url("/orders/"), Basic::new(SAM.0, Secret::new(SAM.1)))
        .and_then(|auth| auth.and(url("/stock/"), Basic::new("keeper", Secret::new("north"))))
        .unwrap()
}

#[test]
fn basic_is_accepted() {
    table("nginx", "Basic", |table| {
        each_user(table);
        table.case("POST, PUT and HEAD", |kind| {
            let client = kind.open(&basic(SAM.0, SAM.1));
            client.post(&url("/orders/1?a=b"), "twelve bytes").is("POST /orders/1?a=b 12");
            client.send(Method::PUT, &url("/orders/1"), PlanBody::Bytes("four".into())).is("PUT /orders/1 4");
            client.send(Method::HEAD, &url("/orders/1"), PlanBody::Empty).is("");
        });
        table.case("POST of a stream", |kind| {
            let stream = PlanBody::Stream(vec!["one ".into(), "two ".into(), "three".into()]);
            let answer = kind.open(&basic(SAM.0, SAM.1)).send(Method::POST, &url("/orders/2"), stream);
            // nginx hands a chunked body on with its length.
            answer.is("POST /orders/2 13");
        });
    });
}

/// The ways in which nginx keeps passwords, and what is hard in them: a colon, a blank, letters outside ASCII, nothing.
fn each_user(table: &mut Table) {
    let users =
        [("MD5 crypt", SAM), ("SHA-1", ("Ju\u{308}rgen", "grün")), ("plain and empty", ("nobody", ""))];
    for (what, (user, password)) in users {
        table.case(&format!("GET, password kept as {what}"), |kind| {
            let client = kind.open(&basic(user, password));
            client.get(&url("/orders/1?a=b%20c")).is("GET /orders/1?a=b%20c");
        });
    }
}

#[test]
fn basic_is_refused() {
    table("nginx", "Basic", |table| {
        for (what, user, password) in
            [("a wrong password", "sam", "wrong"), ("another area's user", "keeper", "north")]
        {
            table.case(what, |kind| {
                let answer = kind.open(&basic(user, password)).get(&url("/orders/1"));
                let denied = answer.is_refused();
                assert!(format!("{:?}", denied.challenges()).contains("Orders"), "{denied:?}");
                assert!(answer.body.contains("401 Authorization Required"), "{answer:?}");
            });
        }
        table.case("nothing attached", |kind| {
            let answer = kind.open(&Auth::none()).get(&url("/orders/1"));
            let denied = answer.denied.as_ref().unwrap();
            assert!(answer.status == 401 && !denied.was_attached(), "{answer:?}");
        });
    });
}

#[test]
fn basic_keeps_to_its_area() {
    table("nginx", "Basic", |table| {
        table.case("two realms, two users, and a page that asks for none", |kind| {
            let client = kind.open(&areas());
            client.get(&url("/orders/1")).is("GET /orders/1");
            client.get(&url("/stock/1")).is("GET /stock/1");
            let tag = format!("page-{}", kind.name());
            client.get(&url(&format!("/page?{tag}"))).is("open");
            assert!(logged(LOG, &tag, 1)[0].ends_with(r#" 200 "-""#));
        });
        table.case("a redirect to the other area takes its user", |kind| {
            kind.open(&areas()).get(&url("/orders/across")).is("GET /stock/");
        });
        table.case("a redirect to another port takes nothing", |kind| {
            let tag = format!("away-{}", kind.name());
            kind.open(&areas()).post(&url(&format!("/orders/away?{tag}")), "body").is("elsewhere");
            let lines = logged(LOG, &tag, 2);
            assert!(lines[0].contains(r#" 307 "Basic "#), "{lines:?}");
            assert!(lines[1].ends_with(&format!(r#" POST /landing?{tag} 200 "-""#)), "{lines:?}");
        });
    });
}

/// nginx has no Digest: a password that may go as either goes as Basic, once it has been asked for.
#[test]
fn password_is_asked_for() {
    table("nginx", "Password", |table| {
        table.case("Basic after one 401, and at once from then on", |kind| {
            let auth = Auth::new(url(""), Password::new(SAM.0, Secret::new(SAM.1))).unwrap();
            let (client, tag) = (kind.open(&auth), format!("password-{}", kind.name()));
            let page = url(&format!("/orders/1?{tag}"));
            client.post(&page, "body").is(&format!("POST /orders/1?{tag} 4"));
            client.get(&page).is(&format!("GET /orders/1?{tag}"));
            let lines = logged(LOG, &tag, 3);
            assert!(lines[0].ends_with(r#" 401 "-""#), "{lines:?}");
            assert!(lines[1..].iter().all(|line| line.contains(r#" 200 "Basic "#)), "{lines:?}");
        });
        table.case("a wrong password", |kind| {
            let auth = Auth::new(url(""), Password::new("sam", Secret::new("wrong"))).unwrap();
            let (client, tag) = (kind.open(&auth), format!("wrong-{}", kind.name()));
            client.get(&url(&format!("/orders/1?{tag}"))).is_refused();
            logged(LOG, &tag, 2);
        });
        table.case("Digest is not asked for, and says so", |kind| {
            let auth = Auth::new(url(""), Digest::new("sam", Secret::new("s3cret"))).unwrap();
            let answer = kind.open(&auth).get(&url("/orders/1"));
            let denied = answer.denied.as_ref().unwrap();
            assert!(!denied.was_attached(), "{answer:?}");
            assert!(denied.to_string().contains("it offers no Digest challenge"), "{denied}");
        });
    });
}
