//! A web application: many people, on many machines, an `Auth` for each request.

use std::{collections::HashSet, time::Duration};

use authwright_core::Fault;
use authwright_oauth2::{Pending, Registration, Sessions};
use authwright_testkit::{AuthServerBuilder, DpopPolicy, Memory, RegisteredClient, run_flow};
use authwright_tests::on_every_driver;

use crate::{
    bench::{API, Bench, CALLBACK, SERVER},
    crowd::tokens_at_once,
};

const PEOPLE: usize = 100;

fn shop(server: AuthServerBuilder) -> AuthServerBuilder {
    server
        .client(RegisteredClient::basic("shop", "s3cret").redirect_uri(CALLBACK))
        .client(RegisteredClient::public("kiosk").redirect_uri(CALLBACK))
}

fn machine(bench: &Bench<'_>) -> Sessions {
    Sessions::new(bench.app("shop").secret("s3cret"), bench.store.clone()).unwrap()
}

/// Signs people in; that this works is shown elsewhere.
fn sign_in(bench: &Bench<'_>, sessions: &Sessions, people: impl IntoIterator<Item = usize>) {
    for person in people {
        let run = |flow| run_flow(&Memory, &bench.net, &bench.clock, flow);
        let pending = run_flow(&Memory, &bench.net, &bench.clock, sessions.begin(CALLBACK)).unwrap();
        let callback = bench.server.follow(pending.url());
        run(sessions.user(person).finish(pending, callback)).unwrap();
    }
}

/// The tokens that the API has seen since it was last asked.
fn shown(bench: &Bench<'_>) -> Vec<String> {
    let requests = bench.net.take().into_iter().filter(|request| request.origin == API);
    requests.map(|request| request.header("authorization").unwrap().to_owned()).collect()
}

#[test]
fn nobody_gets_the_token_of_another() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, shop);
        let sessions = machine(&bench);
        sign_in(&bench, &sessions, 0..PEOPLE);
        bench.net.take();
        let mut tokens: Vec<String> = Vec::new();
        for person in 0..PEOPLE {
            assert_eq!(bench.get(sessions.user(person).tokens()).status(), Some(200), "{}", driver.name());
            tokens.extend(shown(&bench));
        }
        assert_eq!(tokens.iter().collect::<HashSet<_>>().len(), PEOPLE, "{}", driver.name());
        // In another order, on another machine, and in the same one again.
        let elsewhere = machine(&bench);
        for person in (0..PEOPLE).rev() {
            let sessions = if person % 2 == 0 { &elsewhere } else { &sessions };
            assert_eq!(bench.get(sessions.user(person).tokens()).status(), Some(200), "{}", driver.name());
            assert_eq!(shown(&bench), [&*tokens[person]], "{}: {person}", driver.name());
        }
        let stranger = bench.get(sessions.user(PEOPLE).tokens());
        assert!(stranger.failure().unwrap().contains("(100): sign in"), "{}: {stranger}", driver.name());
        assert_eq!(bench.server.issued(), PEOPLE, "{}", driver.name());
        bench.assert_clean();
    });
}

/// Names that look alike once they are written down are two people all the same.
#[test]
fn people_are_told_apart_by_their_whole_name() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, shop);
        let sessions = machine(&bench);
        let names = [
            "sam",
            "Sam",
            "sam ",
            "sam\" scope=\"admin",
            "sam\\",
            "sam\\\\",
            "",
            "\u{e9}",
            "e\u{301}",
            "sam\n",
        ];
        for (at, name) in names.iter().enumerate() {
            for later in &names[at..] {
                assert!(
                    !bench.run(sessions.user(later).is_signed_in()).unwrap(),
                    "{}: {later:?}",
                    driver.name()
                );
            }
            bench.sign_in(&sessions.user(name)).unwrap();
        }
        let texts = names.map(|name| bench.token(sessions.user(name).tokens()).unwrap().expose().to_owned());
        assert_eq!(texts.iter().collect::<HashSet<_>>().len(), names.len(), "{}", driver.name());
    });
}

/// However many ask, and although each asks for a session of their own.
#[test]
fn a_person_has_one_cache_and_one_renewal() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, shop);
        let sessions = machine(&bench);
        sign_in(&bench, &sessions, 0..3);
        for round in 1..4 {
            bench.clock.advance(Duration::from_secs(4000));
            let asking = (0..12).map(|at| sessions.user(at % 3).tokens().clone());
            let texts = tokens_at_once(&bench, asking.collect());
            let texts: Vec<_> = texts.into_iter().map(Result::unwrap).collect();
            assert!((0..12).all(|at| texts[at] == texts[at % 3]), "{}", driver.name());
            assert_eq!(texts.iter().collect::<HashSet<_>>().len(), 3, "{}", driver.name());
            assert_eq!(bench.server.issued(), 3 + 3 * round, "{}: one renewal each", driver.name());
        }
        // One machine renews for all.
        let elsewhere = machine(&bench);
        for person in 0..3 {
            let (here, there) = (sessions.user(person), elsewhere.user(person));
            let [here, there] = [here, there].map(|session| bench.token(session.tokens()).unwrap());
            assert_eq!(here.expose(), there.expose(), "{}", driver.name());
        }
        assert_eq!((bench.server.issued(), bench.server.revocations()), (12, 0), "{}", driver.name());
        bench.assert_clean();
    });
}

/// More people than are kept in memory: they are found in the store, and nobody is mixed up.
#[test]
fn people_who_do_not_fit_are_found_again() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, shop);
        let sessions = machine(&bench).capacity(2).hint("go to /login");
        sign_in(&bench, &sessions, 0..10);
        let text = |person: usize| bench.token(sessions.user(person).tokens()).unwrap().expose().to_owned();
        let first: Vec<_> = (0..10).map(text).collect();
        bench.clock.advance(Duration::from_secs(4000));
        let second: Vec<_> = (0..10).map(text).collect();
        let third: Vec<_> = (0..10).map(text).collect();
        assert_eq!(second, third, "{}", driver.name());
        let all: HashSet<_> = first.iter().chain(&second).collect();
        assert_eq!((all.len(), bench.server.issued()), (20, 20), "{}", driver.name());
        assert_eq!(bench.server.revocations(), 0, "{}", driver.name());
        let nobody = bench.token(sessions.user(11).tokens()).unwrap_err();
        assert!(nobody.message.ends_with("(11): go to /login"), "{nobody:?}");
        bench.assert_clean();
    });
}

#[test]
fn p5_one_person_signs_out_and_the_others_stay() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, shop);
        let sessions = machine(&bench);
        sign_in(&bench, &sessions, 0..4);
        bench.run(sessions.user(2).logout()).unwrap();
        for person in 0..4 {
            let outcome = bench.get(sessions.user(person).tokens());
            assert_eq!(outcome.status().is_some(), person != 2, "{}, {person}: {outcome}", driver.name());
        }
        assert_eq!(bench.server.revoked_tokens().len(), 1, "{}", driver.name());
        bench.assert_clean();
    });
}

/// The person comes back to another machine, which has never heard of them.
#[test]
fn a_login_is_finished_on_another_machine() {
    on_every_driver(|driver| {
        for bound in [false, true] {
            let bench = Bench::new(driver, |server| {
                shop(server).dpop(if bound { DpopPolicy::Required } else { DpopPolicy::Off })
            });
            let app = || {
                let app = bench.app("kiosk").openid();
                if bound { app.dpop() } else { app }
            };
            let machine = || Sessions::new(app(), bench.store.clone()).unwrap();
            let pending = bench.run(machine().begin(CALLBACK)).unwrap();
            let (record, url) = (pending.to_record().to_string(), pending.url().to_owned());
            let shown = format!("{pending:?} {:?}", pending.to_record());
            drop(pending);

            let there = machine();
            let pending = Pending::from_record(&record).unwrap();
            assert_eq!(pending.url(), url);
            let callback = bench.server.follow(&url);
            bench.run(there.user("ann").finish(pending, &callback)).unwrap();
            assert_eq!(bench.get(machine().user("ann").tokens()).status(), Some(200), "{}", driver.name());

            // Its record is worth nothing afterwards, and no print of it was.
            let again = bench.run(there.user("eve").finish(Pending::from_record(&record).unwrap(), callback));
            let message = again.unwrap_err().message;
            assert!(message.contains("has been finished already"), "{}: {message}", driver.name());
            bench.clock.advance(Duration::from_secs(4000));
            assert_eq!(bench.get(machine().user("ann").tokens()).status(), Some(200), "{}", driver.name());
            bench.assert_clean();
            for secret in bench.server.secrets() {
                assert!(!shown.contains(&secret), "{}: {shown}", driver.name());
            }
            let json: serde_json::Value = serde_json::from_str(&record).unwrap();
            for name in ["state", "verifier", "key"] {
                assert!(json[name].as_str().is_none_or(|secret| !shown.contains(secret)), "{name}: {shown}");
            }
        }
    });
}

/// Nothing is sent for a record that is damaged, or of another program.
#[test]
fn a_record_that_is_none_is_refused_and_not_quoted() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, shop);
        let pending = bench.run(machine(&bench).begin(CALLBACK)).unwrap();
        let record = pending.to_record().to_string();
        let mut json: serde_json::Value = serde_json::from_str(&record).unwrap();
        let mut damaged = vec![String::new(), "{}".into(), "null".into(), record[..record.len() / 2].into()];
        for name in ["version", "url", "issuer", "client_id", "redirect_uri", "state", "verifier", "begun_at"]
        {
            let value = json[name].take();
            damaged.push(json.to_string());
            json[name] = value;
        }
        json["version"] = serde_json::json!(2);
        damaged.push(json.to_string());
        for record in damaged {
            let error = Pending::from_record(&record).unwrap_err();
            assert_eq!(error.fault(), Fault::Caller);
            let expected = "this is no record of a login that has begun; it has to be begun anew";
            assert_eq!(error.to_string(), expected, "{record}");
        }
        let callback = bench.server.follow(pending.url());
        let other = Registration::new(bench.issuer(), "kiosk");
        let other = Sessions::new(other, bench.store.clone()).unwrap();
        bench.net.take();
        let error = bench.run(other.user("ann").finish(pending, callback)).unwrap_err();
        assert!(error.message.contains("begun for another client"), "{}: {error:?}", driver.name());
        assert!(
            bench.net.take().iter().all(|request| request.origin != SERVER || request.path() != "/token")
        );
    });
}
