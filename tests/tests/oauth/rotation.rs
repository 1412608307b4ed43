//! A login whose refresh tokens are good once (RFC 6749 section 6, RFC 9700 section 4.14.2), however many use it at once.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use authwright_oauth2::{Registration, Session};
use authwright_testkit::{AuthServerBuilder, DpopPolicy, RefreshTokens, RegisteredClient, Reply};
use authwright_tests::on_every_driver;

use crate::{
    bench::{API, Bench, CALLBACK, SERVER},
    crowd::tokens_at_once,
    flaky::Flaky,
};

const CALLERS: usize = 100;

fn shop(server: AuthServerBuilder) -> AuthServerBuilder {
    server.client(RegisteredClient::public("shop").redirect_uri(CALLBACK))
}

/// Half of the callers in one process, half in another with the same store.
#[test]
fn e14_a_hundred_callers_of_a_login_redeem_each_refresh_token_once() {
    on_every_driver(|driver| {
        for (policy, app) in [
            (DpopPolicy::Off, (|app| app) as fn(Registration) -> Registration),
            (DpopPolicy::Required, |app| app.dpop()),
        ] {
            let bench = Bench::new(driver, |server| shop(server).dpop(policy));
            let machines = [(); 2].map(|()| bench.session(app(bench.app("shop"))));
            bench.sign_in(&machines[0]).unwrap();
            let mut before = bench.token(machines[0].tokens()).unwrap().expose().to_owned();
            for round in 1..=2 {
                bench.clock.advance(Duration::from_secs(4000));
                bench.net.take();
                let callers = (0..CALLERS).map(|caller| machines[caller % 2].tokens().clone());
                let texts = tokens_at_once(&bench, callers.collect());
                let texts: HashSet<_> = texts.into_iter().map(Result::unwrap).collect();
                assert_eq!(texts.len(), 1, "{}: all get the same", driver.name());
                assert!(!texts.contains(&before), "{}: and it is the new one", driver.name());
                assert_eq!(bench.count("/token"), 1, "{}, round {round}", driver.name());
                assert_eq!(bench.server.issued(), 1 + round, "{}", driver.name());
                for machine in &machines {
                    assert_eq!(bench.get(machine.tokens()).status(), Some(200), "{}", driver.name());
                }
                before = texts.into_iter().next().unwrap();
            }
            assert_eq!(bench.server.revocations(), 0, "{}", driver.name());
            bench.assert_clean();
        }
    });
}

/// Whoever uses the new access token finds its refresh token in the store, and the one before it nowhere in it.
#[test]
fn e14_a_new_refresh_token_is_stored_before_its_access_token_is_used() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, shop);
        let store = Flaky::default();
        let session = Session::new(bench.app("shop"), store.clone()).unwrap();
        let used = Arc::new(Mutex::new(Vec::new()));
        let (server, seen, kept) = (bench.server.clone(), Arc::clone(&used), store.clone());
        bench.net.set_script(move |request| match request.origin {
            API => {
                let sent = request.header("authorization").unwrap_or_default().to_owned();
                seen.lock().unwrap().push((sent, kept.kept().unwrap(), server.live_refresh_tokens()));
                server.resource(request)
            }
            SERVER => server.answer(request),
            _ => Reply::status(404),
        });
        bench.sign_in(&session).unwrap();
        let mut used_up: Vec<String> = Vec::new();
        for turn in 0..4 {
            assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
            let (shown, record, live) = used.lock().unwrap().pop().unwrap();
            let who = format!("{}, turn {turn}", driver.name());
            assert_eq!(shown, format!("Bearer {}", record["access_token"].as_str().unwrap()), "{who}");
            assert_eq!(live, [record["refresh_token"].as_str().unwrap()], "{who}");
            let whole = record.to_string();
            assert!(!used_up.iter().any(|old| whole.contains(old)), "{who}: an old one stays");
            used_up.extend(live);
            // Over by its time, and taken back early.
            if turn % 2 == 0 {
                bench.clock.advance(Duration::from_secs(4000));
            } else {
                bench.server.revoke_access_tokens();
                used.lock().unwrap().clear();
            }
        }
        assert_eq!(used_up.iter().collect::<HashSet<_>>().len(), 4, "{}", driver.name());
        assert_eq!(bench.server.revocations(), 0, "{}", driver.name());
        bench.assert_clean();
    });
}

/// RFC 6749 section 6: where none comes with the answer, the one there is goes on; in the next process too.
#[test]
fn e14_a_refresh_token_that_is_not_replaced_goes_on() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| shop(server).refresh_tokens(RefreshTokens::Kept));
        bench.sign_in(&bench.session(bench.app("shop"))).unwrap();
        let [first] = &bench.server.live_refresh_tokens()[..] else { panic!("not one refresh token") };
        for _ in 0..3 {
            bench.clock.advance(Duration::from_secs(4000));
            bench.net.take();
            let restarted = bench.session(bench.app("shop"));
            assert_eq!(bench.get(restarted.tokens()).status(), Some(200), "{}", driver.name());
            let sent = bench.requests("/token")[0].form_value("refresh_token");
            assert_eq!(sent.as_ref(), Some(first), "{}", driver.name());
        }
        bench.assert_clean();
    });
}
