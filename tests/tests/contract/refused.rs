//! What a 401 or 403 becomes (rule 12), and what it says.

use authwright_core::{ApiKey, Auth, Bearer};
use authwright_testkit::{Ending, Plan, Reply};
use authwright_tests::on_every_driver;

use crate::support::net;

#[test]
fn a_refused_key_says_which_and_what_to_do() {
    let net = net();
    net.set_script(|_| Reply::unauthorized("Key realm=\"x\"").body("wrong key"));
    on_every_driver(|driver| {
        let auth = Auth::new(net.origin(0), ApiKey::query("appid", "k3y")).unwrap();
        let outcome = driver.run(&net, &Plan::get(net.url(0, "/"), &auth));
        let Ending::Denied { denied, body } = &outcome.ending else { panic!("{}: {outcome}", driver.name()) };
        let text = denied.to_string();
        let start = format!("401 from {}: query key `appid` (value, #", net.origin(0));
        assert!(text.starts_with(&start), "{}: {text}", driver.name());
        assert!(text.ends_with(") was sent and refused; check that it is correct and active"), "{text}");
        assert_eq!(body, b"wrong key", "{}: the error owns the response", driver.name());
        assert!(denied.was_attached() && !denied.is_forbidden());
        assert!(denied.challenges().next().unwrap().param("realm").unwrap().is("x"));
    });
}

/// The password may be right: what is wrong is the form, and the error says which would do.
#[test]
fn a_refusal_that_names_another_scheme_says_what_to_write() {
    let net = net();
    net.set_script(|_| Reply::unauthorized("Negotiate, Digest realm=\"r\", nonce=\"n\", qop=\"auth\""));
    on_every_driver(|driver| {
        let auth = Auth::new(net.origin(0), ("sam", "hunter2")).unwrap();
        let outcome = driver.run(&net, &Plan::get(net.url(0, "/"), &auth));
        let text = outcome.denied().unwrap_or_else(|| panic!("{}: {outcome}", driver.name())).to_string();
        let end = ") was sent and refused; check that it is correct and active; the server asks for Negotiate, Digest: \
                   use Digest::new or Password::new (feature digest)";
        assert!(text.starts_with("401 from ") && text.ends_with(end), "{}: {text}", driver.name());
    });
}

#[test]
fn a_403_says_that_the_server_knows_us() {
    let net = net();
    net.set_script(|_| {
        Reply::status(403)
            .header("WWW-Authenticate", "Bearer error=\"insufficient_scope\", scope=\"a\u{202e} b\"")
    });
    on_every_driver(|driver| {
        let auth = Auth::new(net.origin(0), Bearer::new("t0ken")).unwrap();
        let outcome = driver.run(&net, &Plan::get(net.url(0, "/"), &auth));
        let denied = outcome.denied().unwrap_or_else(|| panic!("{}: {outcome}", driver.name()));
        assert!(denied.is_forbidden());
        let text = denied.to_string();
        assert!(text.contains("but does not permit this"), "{text}");
        assert!(!text.contains('\u{202e}'), "the server's text is escaped: {text:?}");
    });
}

#[test]
fn nothing_attached_says_why() {
    let net = net();
    net.set_script(|_| Reply::unauthorized("Bearer"));
    on_every_driver(|driver| {
        let outcome = driver.run(&net, &Plan::get(net.url(0, "/"), &Auth::none()));
        let expected = format!(
            "401 from {}: no credential was attached, because this client's Auth is empty",
            net.origin(0)
        );
        assert_eq!(outcome.denied().map(ToString::to_string), Some(expected), "{}", driver.name());

        let auth = Auth::new(net.origin(2), Bearer::new("t0ken")).unwrap();
        let outcome = driver.run(&net, &Plan::get(net.url(0, "/"), &auth));
        let text = outcome.denied().unwrap().to_string();
        let end = format!(") is for {}, another host", net.origin(2));
        assert!(text.contains("no credential was attached, because Bearer (value, #"), "{text}");
        assert!(text.ends_with(&end), "{}: {text}", driver.name());
    });
}

/// Where the caller set the credential, said `.without_auth()` or switched it off, the client's own convention holds.
#[test]
fn what_the_caller_chose_is_delivered_as_it_is() {
    let net = net();
    on_every_driver(|driver| {
        for status in [401, 403] {
            net.set_script(move |_| Reply::status(status));
            let auth = Auth::new(net.origin(0), Bearer::new("t0ken")).unwrap();
            let plan = || Plan::get(net.url(0, "/"), &auth);
            for (what, plan) in [
                ("caller set it", plan().header("Authorization", "Bearer mine")),
                (
                    "caller set another",
                    Plan::get(net.url(0, "/"), &Auth::none()).sensitive_header("X-Mine", "k"),
                ),
                ("without_auth", Plan { without_auth: true, ..plan() }),
                ("switched off", Plan { denied_as_error: false, ..plan() }),
            ] {
                let outcome = driver.run(&net, &plan);
                assert!(
                    matches!(outcome.ending, Ending::Response { .. }),
                    "{} {what}: {outcome}",
                    driver.name()
                );
                assert_eq!(outcome.status(), Some(status), "{} {what}", driver.name());
            }
        }
    });
}

/// The trail tells the same story on every driver, and with it an error explains itself.
#[test]
fn the_trail_is_the_same_everywhere() {
    let net = net();
    let to = net.url(1, "/end");
    net.set_script(move |request| match request.origin {
        0 => Reply::redirect(302, &to),
        _ => Reply::status(403),
    });
    on_every_driver(|driver| {
        let auth = Auth::new(net.origin(0), Bearer::new("t0ken")).unwrap();
        let plan =
            Plan::get(net.url(0, "/secret-path?secret=query"), &auth).header("Cookie", "a=b").explained();
        let outcome = driver.run(&net, &plan);
        let trail = outcome.trail.unwrap_or_else(|| panic!("{}: no trail", driver.name())).to_string();
        let (a, b) = (net.origin(0), net.origin(1));
        let label = trail.split("  ").nth(2).unwrap().to_owned();
        assert!(label.starts_with("Bearer (value, #"), "{trail}");
        let expected = format!(
            "1  {a}  {label}  attached\n1  {a}  answered 302\n1  {a}  followed to {b}, without cookie\n\
             2  {b}  {label}  withheld: for {a}, another port\n2  {b}  answered 403"
        );
        assert_eq!(trail, expected, "{}", driver.name());
    });
}
