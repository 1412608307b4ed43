//! What an observer of an `Auth` is told, in order and once, and what it is never told.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use authwright_core::{ApiKey, Auth, Bearer, Digest, Event, MemoryStore, Tokens};
use authwright_testkit::{
    Credential, Driver, Ending, Memory, Net, Outcome, Plan, PlanAccess, Reply, TestClock, chains,
};
use authwright_tests::{Reqwest, on_every_driver};
use proptest::{prelude::*, test_runner::TestRunner};

use crate::{
    support::{PLACES, net, script},
    tokens::{issue, login},
};

/// An observer that writes down what it is told.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn observe(&self, auth: Auth) -> Auth {
        self.observe_as(auth, |event| match event.why() {
            Some(why) if !why.contains(' ') => format!("{} {} {why}", event.name(), event.origin()),
            _ => format!("{} {}", event.name(), event.origin()),
        })
    }

    fn observe_as(&self, auth: Auth, write: fn(&Event<'_>) -> String) -> Auth {
        let notes = Arc::clone(&self.0);
        auth.observe(move |event| notes.lock().unwrap().push(write(event)))
    }

    /// What was told since, with the places of the net by their number.
    fn take(&self, net: &Net) -> Vec<String> {
        let mut lines = std::mem::take(&mut *self.0.lock().unwrap());
        for place in 0..PLACES.len() {
            for line in &mut lines {
                *line = line.replace(net.origin(place), &format!("#{place}"));
            }
        }
        lines
    }
}

fn get(net: &Net, driver: &dyn Driver, auth: &Auth, clock: &TestClock) -> Outcome {
    driver.run(net, &Plan { clock: clock.clone(), ..Plan::get(net.url(0, "/orders"), auth) })
}

fn bearer(net: &Net) -> Auth {
    Auth::new(net.origin(0), Bearer::new("t0ken")).unwrap()
}

#[test]
fn a_send_is_told_once() {
    let net = net();
    net.set_script(|_| Reply::ok("fine"));
    on_every_driver(|driver| {
        let notes = Notes::default();
        let auth = notes.observe(bearer(&net)).and(net.origin(1), ApiKey::header("x-key", "k")).unwrap();
        driver.run(&net, &Plan::get(net.url(0, "/"), &auth));
        assert_eq!(notes.take(&net), ["attached #0"], "{}", driver.name());
        // An entry that came after the observer is observed too; a trail besides changes nothing.
        driver.run(&net, &Plan::get(net.url(1, "/"), &auth).explained());
        assert_eq!(notes.take(&net), ["attached #1"], "{}", driver.name());
        let plan = Plan { request_auth: Some(auth), ..Plan::get(net.url(0, "/"), &Auth::none()) };
        driver.run(&net, &plan);
        assert_eq!(notes.take(&net), ["attached #0"], "{}", driver.name());
        driver.run(&net, &Plan { without_auth: true, ..plan });
        assert_eq!(notes.take(&net), [""; 0], "{}", driver.name());
    });
}

#[test]
fn what_is_withheld_elsewhere_is_counted_as_other() {
    let net = net();
    net.set_script(|_| Reply::ok("fine"));
    on_every_driver(|driver| {
        let notes = Notes::default();
        let auth = notes.observe(bearer(&net));
        for place in [1, 2, 3] {
            driver.run(&net, &Plan::get(net.url(place, "/"), &auth));
            assert_eq!(notes.take(&net), ["withheld other"], "{}", driver.name());
        }
        // The caller's own: at an origin of ours.
        driver.run(&net, &Plan::get(net.url(0, "/"), &auth).header("authorization", "mine"));
        assert_eq!(notes.take(&net), ["withheld #0"], "{}", driver.name());
        let narrow = Auth::new(net.url(0, "/v1"), Bearer::new("t0ken")).unwrap();
        driver.run(&net, &Plan::get(net.url(0, "/v2"), &notes.observe(narrow)));
        assert_eq!(notes.take(&net), ["withheld #0"], "{}", driver.name());
    });
}

#[test]
fn a_redirect_is_a_hop_to_where_it_leads() {
    let net = net();
    let (foreign, ours) = (net.url(2, "/there?secret"), net.url(1, "/ours"));
    net.set_script(move |request| match request.path() {
        "/foreign" => Reply::redirect(302, &foreign),
        "/to-ours" => Reply::redirect(302, &ours),
        _ => Reply::ok("fine"),
    });
    on_every_driver(|driver| {
        let notes = Notes::default();
        let auth = notes.observe(bearer(&net)).and(net.origin(1), Bearer::new("other")).unwrap();
        driver.run(&net, &Plan::get(net.url(0, "/foreign"), &auth));
        let twice = ["attached #0", "hop other", "withheld other", "withheld other"];
        assert_eq!(notes.take(&net), twice, "{}: once for each entry", driver.name());
        driver.run(&net, &Plan::get(net.url(0, "/to-ours"), &auth));
        assert_eq!(notes.take(&net), ["attached #0", "hop #1", "attached #1"], "{}", driver.name());
    });
}

#[test]
fn a_refusal_that_remains_is_told_as_an_error_or_not() {
    let net = net();
    on_every_driver(|driver| {
        let notes = Notes::default();
        let auth = notes.observe(bearer(&net));
        for (status, why) in [(401, "refused"), (403, "forbidden")] {
            net.set_script(move |_| Reply::status(status));
            for denied_as_error in [true, false] {
                let plan = Plan { denied_as_error, ..Plan::get(net.url(0, "/"), &auth) };
                assert_eq!(driver.run(&net, &plan).status(), Some(status));
                let denied = format!("denied #0 {why}");
                assert_eq!(notes.take(&net), ["attached #0", &denied], "{}", driver.name());
            }
            driver.run(&net, &Plan::get(net.url(1, "/"), &auth));
            let told = notes.take(&net);
            assert_eq!(told, ["withheld other", "denied other not_attached"], "{}", driver.name());
            // About the caller's credential, not about ours.
            driver.run(&net, &Plan::get(net.url(0, "/"), &auth).header("authorization", "mine"));
            assert_eq!(notes.take(&net), ["withheld #0"], "{}", driver.name());
        }
    });
}

/// The key is on the hop before the token is asked for, and taken back for the wait: told once, when it goes.
#[test]
fn a_wait_for_a_token_tells_nothing_twice() {
    let net = net();
    on_every_driver(|driver| {
        issue(&net, |number| number != 2);
        let (notes, clock) = (Notes::default(), TestClock::new());
        let tokens = Tokens::new(login(&net)).unwrap();
        let auth = Auth::new(net.origin(0), ApiKey::header("x-key", "k")).unwrap();
        let auth = notes.observe(auth.and(net.origin(0), &tokens).unwrap());
        assert_eq!(get(&net, driver, &auth, &clock).status(), Some(200));
        let first = ["renewed #0 first", "attached #0", "attached #0"];
        assert_eq!(notes.take(&net), first, "{}", driver.name());
        clock.advance(Duration::from_secs(400));
        assert_eq!(get(&net, driver, &auth, &clock).status(), Some(200));
        let sent = ["attached #0"; 2];
        let again =
            [&["renewed #0 expired"][..], &sent, &["renewed #0 refused", "resent #0"], &sent].concat();
        assert_eq!(notes.take(&net), again, "{}: the second token was refused", driver.name());
    });
}

#[test]
fn a_token_refused_again_is_denied() {
    let net = net();
    on_every_driver(|driver| {
        issue(&net, |_| false);
        let notes = Notes::default();
        let auth = notes.observe(Auth::new(net.origin(0), Tokens::new(login(&net)).unwrap()).unwrap());
        assert!(get(&net, driver, &auth, &TestClock::new()).denied().is_some());
        let told = [
            "renewed #0 first",
            "attached #0",
            "renewed #0 refused",
            "resent #0",
            "attached #0",
            "denied #0 refused",
        ];
        assert_eq!(notes.take(&net), told, "{}", driver.name());
    });
}

/// The request is not sent again, so that nothing is told of that; how it ends is.
#[test]
fn a_token_refused_without_another_is_denied() {
    let net = net();
    on_every_driver(|driver| {
        issue(&net, |_| true);
        let (notes, clock) = (Notes::default(), TestClock::new());
        let auth = notes.observe(Auth::new(net.origin(0), Tokens::new(login(&net)).unwrap()).unwrap());
        assert_eq!(get(&net, driver, &auth, &clock).status(), Some(200));
        notes.take(&net);
        net.set_script(|request| Reply::status(if request.method == "POST" { 500 } else { 401 }));
        let outcome = get(&net, driver, &auth, &clock);
        assert!(matches!(outcome.ending, Ending::Failed { .. }), "{}: {outcome}", driver.name());
        let told = ["attached #0", "renewal_failed #0", "denied #0 refused"];
        assert_eq!(notes.take(&net), told, "{}", driver.name());
    });
}

/// Tokens are shared: whoever renews them, the observers of every `Auth` hear of it, each with the origins of its own.
#[test]
fn a_renewal_outside_any_request_is_told_to_all_who_share_it() {
    let net = net();
    on_every_driver(|driver| {
        issue(&net, |_| true);
        let (one, two, clock) = (Notes::default(), Notes::default(), TestClock::new());
        let tokens = Tokens::new(login(&net)).unwrap();
        let auth = |place| Auth::new(net.origin(place), &tokens).unwrap();
        let of_one =
            one.observe(auth(0)).and([net.url(0, "/v1"), net.origin(1).to_owned()], &tokens).unwrap();
        let of_two = two.observe(auth(2));
        driver.token(&net, &clock, &tokens).unwrap();
        let told = ["renewed #0 first", "renewed #1 first"];
        assert_eq!(one.take(&net), told, "{}: once for each origin", driver.name());
        assert_eq!(two.take(&net), ["renewed #2 first"], "{}", driver.name());
        drop(of_two);
        clock.advance(Duration::from_secs(400));
        driver.token(&net, &clock, &tokens).unwrap();
        assert_eq!(one.take(&net), ["renewed #0 expired", "renewed #1 expired"], "{}", driver.name());
        assert_eq!(two.take(&net), [""; 0], "{}: its Auth is gone", driver.name());
        drop(of_one);
    });
}

#[test]
fn a_token_of_another_process_is_adopted() {
    let net = net();
    on_every_driver(|driver| {
        issue(&net, |_| true);
        let (notes, clock, store) = (Notes::default(), TestClock::new(), Arc::new(MemoryStore::new()));
        let process = || Tokens::builder(login(&net)).store(Arc::clone(&store)).build().unwrap();
        driver.token(&net, &clock, &process()).unwrap();
        let auth = notes.observe(Auth::new(net.origin(0), process()).unwrap());
        assert_eq!(get(&net, driver, &auth, &clock).status(), Some(200));
        assert_eq!(notes.take(&net), ["adopted #0", "attached #0"], "{}", driver.name());
    });
}

/// Told before the request's error is there; nothing was sent, so nothing else is told.
#[test]
fn a_renewal_that_fails_is_told() {
    let net = net();
    net.set_script(|_| Reply::status(502));
    on_every_driver(|driver| {
        let notes = Notes::default();
        let auth = Auth::new(net.origin(0), ApiKey::header("x-key", "k")).unwrap();
        let auth = notes.observe(auth.and(net.origin(0), Tokens::new(login(&net)).unwrap()).unwrap());
        let outcome = get(&net, driver, &auth, &TestClock::new());
        assert!(matches!(outcome.ending, Ending::Failed { .. }), "{}: {outcome}", driver.name());
        assert_eq!(notes.take(&net), ["renewal_failed #0"], "{}", driver.name());
    });
}

#[test]
fn what_the_server_has_to_ask_for_is_unasked_first() {
    let net = net();
    net.set_script(|request| match request.header("authorization") {
        Some(_) => Reply::ok("fine"),
        None => Reply::unauthorized(r#"Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256"#),
    });
    on_every_driver(|driver| {
        let notes = Notes::default();
        let auth = notes.observe(Auth::new(net.origin(0), Digest::new("sam", "hunter2")).unwrap());
        assert_eq!(driver.run(&net, &Plan::get(net.url(0, "/"), &auth)).status(), Some(200));
        assert_eq!(notes.take(&net), ["unasked #0", "resent #0", "attached #0"], "{}", driver.name());
    });
}

#[test]
fn an_observer_that_panics_changes_nothing() {
    let net = net();
    on_every_driver(|driver| {
        issue(&net, |_| true);
        let notes = Notes::default();
        let auth = Auth::new(net.origin(0), Tokens::new(login(&net)).unwrap()).unwrap();
        let auth = notes.observe(auth.observe(|_| panic!("an observer's panic changes nothing")));
        let outcome = get(&net, driver, &auth, &TestClock::new());
        assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
        assert_eq!(notes.take(&net), ["renewed #0 first", "attached #0"], "{}", driver.name());
    });
}

/// What goes to a proxy is no entry's. The send that it asks for anew is another send.
#[test]
fn a_proxys_credential_is_not_counted() {
    let net = net();
    net.set_script(|request| match (request.origin, request.header("proxy-authorization")) {
        (0, _) => Reply::ok("fine"),
        (_, Some(_)) => Reply::passed_on(),
        (_, None) => {
            Reply::proxy_unauthorized(r#"Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256"#)
        }
    });
    // ureq builds tunnels alone, for which nothing can be answered.
    for driver in [&Memory as &dyn Driver, &Reqwest::new()] {
        let notes = Notes::default();
        let plan = Plan::get(net.url(0, "/"), &notes.observe(bearer(&net)));
        let plan = plan.through_ours(net.origin(1), PlanAccess::Digest("sam".into(), "hunter2".into()));
        assert_eq!(driver.run(&net, &plan).status(), Some(200), "{}", driver.name());
        assert_eq!(notes.take(&net), ["attached #0", "attached #0"], "{}", driver.name());
    }
}

/// Wherever servers send a request, the labels are those of the entries and one more; and what is shown holds no secret, no path
/// and no query.
#[test]
fn labels_are_bounded_by_the_entries() {
    let net = net();
    on_every_driver(|driver| {
        let entries = prop::collection::btree_set(0..PLACES.len(), 0..=2);
        let run = |(chain, entries): (_, std::collections::BTreeSet<usize>)| {
            script(&net, &chain);
            let notes = Notes::default();
            let mut auth = notes.observe_as(Auth::none(), |event| event.origin().to_owned());
            auth = notes.observe_as(auth, |event| format!("{event} {event:?}"));
            for place in &entries {
                auth = Credential::Query("key").add_to(auth, net.origin(*place)).unwrap();
            }
            driver.run(&net, &Plan::get(net.url(0, "/0?c4n4ry5ecret"), &auth));
            let allowed: Vec<_> = entries.iter().map(|place| format!("#{place}")).collect();
            for (index, line) in notes.take(&net).iter().enumerate() {
                let is_shown = index % 2 == 1;
                prop_assert!(is_shown || line == "other" || allowed.contains(line), "{line} of {allowed:?}");
                prop_assert!(!Credential::leaked_in(line.as_bytes()) && !line.contains('\n'), "{line}");
                prop_assert!(!line.contains("hop=") && !line.contains('?'), "{line}");
            }
            Ok(())
        };
        TestRunner::new(ProptestConfig::with_cases(64))
            .run(&(chains(PLACES.len(), 4), entries), run)
            .unwrap();
    });
}
