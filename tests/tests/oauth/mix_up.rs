//! Two servers, one of them an attacker's (RFC 9700 section 4.4).

use authwright_core::MemoryStore;
use authwright_oauth2::{Registration, Session};
use authwright_testkit::Reply;
use authwright_tests::on_every_driver;

use crate::{
    bench::{Bench, CALLBACK, ELSEWHERE},
    code::shop,
};

/// The attacker's metadata send the browser to the honest server, whose code would then come to the attacker's token endpoint.
#[test]
fn q1_an_honest_code_never_reaches_another_server() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let (evil, honest) = (bench.net.origin(ELSEWHERE).to_owned(), bench.issuer().to_owned());
        let document = serde_json::json!({
            "issuer": evil,
            "authorization_endpoint": format!("{honest}/authorize"),
            "token_endpoint": format!("{evil}/token"),
        });
        let (document, answers) = (document.to_string(), bench.server.clone());
        bench.net.set_script(move |request| {
            if request.origin == ELSEWHERE { Reply::json(&document) } else { answers.answer(request) }
        });
        let session = Session::new(Registration::new(&evil, "shop"), MemoryStore::new()).unwrap();
        let pending = bench.run(session.begin(CALLBACK)).unwrap();
        let callback = bench.server.follow(pending.url());
        let code = crate::code::value(&callback, "code").unwrap();
        let failure = bench.run(session.finish(pending, callback)).unwrap_err();
        assert!(failure.message.contains("iss differs"), "{}: {}", driver.name(), failure.message);
        assert!(!bench.seen(&code), "{}", driver.name());
        let asked: Vec<_> = bench.net.requests().into_iter().filter(|it| it.origin == ELSEWHERE).collect();
        assert!(asked.iter().all(|request| request.path() != "/token"), "{}", driver.name());
    });
}

/// A login that was begun at one server is not finished at another.
#[test]
fn q1_a_login_is_finished_where_it_was_begun() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let evil = bench.net.origin(ELSEWHERE).to_owned();
        let pending = bench.run(bench.session(bench.app("shop")).begin(CALLBACK)).unwrap();
        let callback = bench.server.follow(pending.url());
        let other = Session::new(Registration::new(&evil, "shop"), bench.store.clone()).unwrap();
        let failure = bench.run(other.finish(pending, callback)).unwrap_err();
        assert!(
            failure.message.contains("begun for another client or at another server"),
            "{}",
            failure.message
        );
        assert!(bench.net.bytes(ELSEWHERE).is_empty() && bench.count("/token") == 0, "{}", driver.name());
    });
}

/// RFC 6749 section 10.4: a refresh token goes to who has issued it, whatever store it is found in; and no redirect is followed
/// with it.
#[test]
fn e16_what_one_server_has_issued_goes_to_no_other() {
    on_every_driver(|driver| {
        for status in [301, 302, 303, 307, 308] {
            let bench = Bench::new(driver, |server| server.client(shop()));
            let session = bench.session(bench.app("shop"));
            bench.sign_in(&session).unwrap();
            let to = bench.net.url(ELSEWHERE, "/token");
            bench.server.next(authwright_testkit::Endpoint::Token, Reply::redirect(status, &to));
            bench.clock.advance(std::time::Duration::from_secs(4000));
            let failure = bench.token(session.tokens()).unwrap_err();
            assert!(
                failure.message.contains("a redirect, which is not followed with"),
                "{}",
                failure.message
            );
            bench.assert_nobody_else_heard();
        }
    });
}
