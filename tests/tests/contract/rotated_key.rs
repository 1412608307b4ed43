//! Keys that are replaced while the program runs.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use authwright_core::{ApiKey, Auth, RotatingSecret};
use authwright_testkit::{Net, Plan, PlanBody, Reply};
use authwright_tests::{another, on_every_driver};

use crate::support::net;

/// Takes one key only, and lets somebody act before each answer.
fn takes(net: &Net, key: &'static str, before: impl Fn(&str) + Send + Sync + 'static) {
    net.set_script(move |request| {
        let sent = request.header("x-key").unwrap_or_default();
        before(sent);
        if sent == key { Reply::ok("") } else { Reply::unauthorized("Key") }
    });
    net.take();
}

fn sent(net: &Net) -> Vec<String> {
    net.take().iter().map(|request| request.header_all("x-key").join("|")).collect()
}

#[test]
fn a_key_that_was_replaced_meanwhile_is_refused_once_and_the_new_one_sent() {
    let net = net();
    on_every_driver(|driver| {
        let key = RotatingSecret::new("old").unwrap();
        let auth = Auth::new(net.origin(0), ApiKey::header("X-Key", &key)).unwrap();
        let replaced = key.clone();
        takes(&net, "new", move |_| drop(replaced.set("new")));
        let plan = Plan::get(net.url(0, "/"), &auth).method("POST".parse().unwrap());
        let outcome = driver.run(&net, &plan.body(PlanBody::Bytes(b"two boxes".to_vec())));
        assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
        assert!(net.requests().iter().all(|request| request.body == b"two boxes"), "{}", driver.name());
        assert_eq!(sent(&net), ["old", "new"], "{}", driver.name());
        assert_eq!(driver.run(&net, &Plan::get(net.url(0, "/"), &auth)).status(), Some(200));
        assert_eq!(sent(&net), ["new"], "{}", driver.name());
    });
}

#[test]
fn a_refused_key_is_sent_again_only_where_there_is_a_newer_one() {
    let net = net();
    on_every_driver(|driver| {
        let key = RotatingSecret::new("old").unwrap();
        let auth = Auth::new(net.origin(0), ApiKey::header("X-Key", &key)).unwrap();
        takes(&net, "another", |_| {});
        let outcome = driver.run(&net, &Plan::get(net.url(0, "/"), &auth));
        let text = outcome.denied().unwrap_or_else(|| panic!("{}: {outcome}", driver.name())).to_string();
        assert!(text.ends_with("was sent and refused; check that it is correct and active"), "{text}");
        assert_eq!(sent(&net), ["old"], "{}", driver.name());

        // Never a third time, however often it changes.
        let (replaced, turn) = (key.clone(), AtomicUsize::new(0));
        takes(&net, "another", move |_| {
            drop(replaced.set(format!("new-{}", turn.fetch_add(1, Ordering::Relaxed))));
        });
        let outcome = driver.run(&net, &Plan::get(net.url(0, "/"), &auth));
        let text = outcome.denied().unwrap_or_else(|| panic!("{}: {outcome}", driver.name())).to_string();
        assert!(text.contains("was sent and refused; so was the one before it"), "{text}");
        assert_eq!(sent(&net), ["old", "new-0"], "{}", driver.name());
    });
}

#[test]
fn a_stream_is_not_sent_again_with_a_newer_key() {
    let net = net();
    on_every_driver(|driver| {
        let key = RotatingSecret::new("old").unwrap();
        let auth = Auth::new(net.origin(0), ApiKey::header("X-Key", &key)).unwrap();
        let replaced = key.clone();
        takes(&net, "new", move |_| drop(replaced.set("new")));
        let plan = Plan::get(net.url(0, "/"), &auth).method("POST".parse().unwrap());
        let outcome = driver.run(&net, &plan.body(PlanBody::Stream(vec![b"two boxes".to_vec()])));
        let text = outcome.denied().unwrap_or_else(|| panic!("{}: {outcome}", driver.name())).to_string();
        assert!(text.contains("stream"), "{text}");
        assert_eq!(sent(&net), ["old"], "{}", driver.name());
    });
}

/// The server forgets each key as soon as there is the next. Nobody begins to change it again before all have seen it
/// changed: so no request meets two changes, and none has to fail.
#[test]
fn ten_thousand_requests_while_a_key_is_replaced_a_hundred_times() {
    const CALLERS: usize = 20;
    const REQUESTS: usize = 10_000 / CALLERS;
    const CHANGES: usize = 100;
    let net = &net();
    on_every_driver(|driver| {
        let key = &RotatingSecret::new("key-0").unwrap();
        let auth = &Auth::new(net.origin(0), ApiKey::header("X-Key", key)).unwrap();
        let good: Arc<Mutex<HashSet<String>>> = Arc::new(Mutex::new(["key-0".to_owned()].into()));
        let (torn, refused): (Arc<Mutex<Vec<String>>>, Arc<AtomicUsize>) = Default::default();
        net.set_script({
            let (good, torn, refused) = (Arc::clone(&good), Arc::clone(&torn), Arc::clone(&refused));
            move |request| {
                let sent = request.header_all("x-key").join("|");
                let is_known = sent
                    .strip_prefix("key-")
                    .is_some_and(|number| number.parse().is_ok_and(|number: usize| number <= CHANGES));
                if !is_known {
                    torn.lock().unwrap().push(sent);
                    return Reply::status(500);
                }
                if good.lock().unwrap().contains(&sent) {
                    return Reply::ok("");
                }
                refused.fetch_add(1, Ordering::Relaxed);
                Reply::unauthorized("Key")
            }
        });
        let (name, served) = (driver.name(), &AtomicUsize::new(0));
        // The change each caller had seen when it began its last request.
        let (change, seen) = (&AtomicUsize::new(0), &[const { AtomicUsize::new(0) }; CALLERS]);
        let is_over = &AtomicBool::new(false);
        thread::scope(|scope| {
            let callers: Vec<_> = (0..CALLERS)
                .map(|caller| {
                    scope.spawn(move || {
                        let driver = another(name);
                        // As many as there are to make, and as long as the key changes.
                        let mut made = 0;
                        while made < REQUESTS || !is_over.load(Ordering::Acquire) {
                            seen[caller].store(change.load(Ordering::Acquire), Ordering::Release);
                            let outcome = driver.run(net, &Plan::get(net.url(0, "/"), auth));
                            assert_eq!(outcome.status(), Some(200), "{name}: {outcome}");
                            made += 1;
                        }
                        served.fetch_add(made, Ordering::Relaxed);
                    })
                })
                .collect();
            for number in 1..=CHANGES {
                let new = format!("key-{number}");
                good.lock().unwrap().insert(new.clone());
                key.set(&*new).unwrap();
                good.lock().unwrap().retain(|key| *key == new);
                change.store(number, Ordering::Release);
                let is_behind = |seen: &AtomicUsize| seen.load(Ordering::Acquire) < number;
                while seen.iter().any(is_behind) && !callers.iter().any(thread::ScopedJoinHandle::is_finished)
                {
                    thread::yield_now();
                }
            }
            is_over.store(true, Ordering::Release);
        });
        assert_eq!(*torn.lock().unwrap(), Vec::<String>::new(), "{name}");
        assert!(served.load(Ordering::Relaxed) >= 10_000, "{name}");
        assert!(refused.load(Ordering::Relaxed) > 0, "{name}: no request was under way when the key changed");
        net.take();
    });
}
