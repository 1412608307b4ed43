//! A process is killed between the answer of the token endpoint and the store (E14).

use std::{
    process::Child,
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant, SystemTime},
};

use authwright_core::{Auth, LoginEndpoint, TokenStore, Tokens, store::StoreKey};
use authwright_testkit::{FakeServer, Reply, TestClock};
use authwright_ureq::Agent;

use crate::{
    backend::{KILLS, Place, open},
    child::{Said, given, grant, said, say, sign_in, start},
};

const KEY: &str = "the login";
const DAY: u64 = 86_400;

/// A refresh token that was redeemed, and the one that was issued for it.
#[derive(Debug, PartialEq)]
struct Redeemed {
    sent: String,
    issued: String,
}

/// What a kill leaves is the record before the renewal or the one after it. From the one after, the next process goes on.
/// The refresh token of the one before is spent, and nothing brings it back: the next process says that somebody has to
/// sign in, and goes on when somebody has, or by itself where it can.
#[test]
fn e14_a_kill_leaves_the_old_record_or_the_new_one() {
    let (server, place) = (FakeServer::start().unwrap(), Place::new("kills"));
    let (hook, seen) = mpsc::channel();
    let hook = Mutex::new(hook);
    server.tokens("/token").refresh_tokens().raw(move |request, issued| {
        let refresh = issued.refresh_token.clone().unwrap();
        if let Some(sent) = request.form_value("refresh_token") {
            let _ = hook.lock().unwrap().send(Redeemed { sent, issued: refresh.clone() });
        }
        Reply::json(&format!(
            r#"{{"access_token": "{}", "token_type": "Bearer", "expires_in": 300, "refresh_token": "{refresh}"}}"#,
            issued.access_token
        ))
    });
    let (began, store) = (Instant::now(), open(&place.0));
    let mut parent = Parent { server: &server, place: &place.0, first: sign_in(&server), days: 0 };
    let (mut goes_on, mut signs_in, mut dice) = (0, 0, 0x2545_f491_4f6c_dd1d);
    let mut is_spent = false;
    let mut all_periods = Duration::ZERO;
    for number in 0..KILLS {
        let (mut child, _said) = parent.renewing(is_spent, &store);
        // Let it renew some more times, and kill it somewhere in the last one, or just after it.
        seen.try_iter().for_each(drop);
        let since = Instant::now();
        let turns = 2 + u32::try_from(random(&mut dice) % 3).unwrap();
        let mut last = None;
        for _ in 0..turns {
            last = Some(seen.recv_timeout(Duration::from_secs(20)).unwrap());
        }
        let period = since.elapsed() / turns;
        all_periods += period;
        // Half of them early, since some stores are done soon.
        let within = if number % 2 == 0 { period } else { period / 4 };
        let nanos = u64::try_from(within.as_nanos()).unwrap();
        thread::sleep(Duration::from_nanos(random(&mut dice) % nanos));
        child.kill().unwrap();
        child.wait().unwrap();

        // What it had sent is on its way still.
        thread::sleep(Duration::from_millis(20));
        let last = seen.try_iter().last().or(last).unwrap();
        let kept = kept(&*store);
        is_spent = kept == last.sent;
        assert!(is_spent || kept == last.issued, "{kept} is kept, after {last:?}");
        if is_spent { signs_in += 1 } else { goes_on += 1 }
    }
    let (mut child, _said) = parent.renewing(is_spent, &store);
    child.kill().and_then(|()| child.wait()).unwrap();
    println!(
        "{KILLS} kills: {goes_on} left the new record and went on, {signs_in} left the old one and signed in; a renewal took \
         {:.1?}, all {:.1?}",
        all_periods / u32::try_from(KILLS).unwrap(),
        began.elapsed()
    );
    assert!(goes_on > 0 && signs_in > 0, "both sides were hit");
}

struct Parent<'a> {
    server: &'a FakeServer,
    place: &'a str,
    /// The refresh token of the newest login.
    first: String,
    days: u64,
}

impl Parent<'_> {
    /// A new process that renews and renews. Whether it can is told by the record it finds.
    fn renewing(&mut self, is_spent: bool, store: &Arc<dyn TokenStore>) -> (Child, Said) {
        let (mut child, said, words) = self.start();
        if !is_spent {
            assert_eq!(words, "renewed");
            return (child, said);
        }
        assert!(words.starts_with("login required: token endpoint at http://127.0.0.1:"), "{words}");
        assert!(
            words.contains("answered 400 invalid_grant; ") && words.ends_with("sign in again"),
            "{words}"
        );
        said.for_each(drop);
        assert!(child.wait().unwrap().success());

        // A source that can sign in by itself goes on from the same record.
        let login = LoginEndpoint::form(format!("{}/token", self.server.url())).secret("password", "hunter2");
        let tokens = Tokens::builder(login).store(store.clone()).store_as(KEY).build().unwrap();
        let clock = self.clock();
        let agent = Agent::builder(Auth::none()).clock(clock).build().unwrap();
        agent.token(&tokens).unwrap();

        // And so does the grant, once somebody has signed in.
        self.first = sign_in(self.server);
        let (child, said, words) = self.start();
        assert_eq!(words, "renewed");
        (child, said)
    }

    fn start(&mut self) -> (Child, Said, String) {
        self.days += 1;
        let days = self.days.to_string();
        let given =
            [("URL", self.server.url()), ("PLACE", self.place), ("FIRST", &self.first), ("DAYS", &days)];
        let mut child = start("kills::renews", &given);
        let mut said = said(&mut child);
        let words = said.next().expect("it says how the first renewal went");
        (child, said, words)
    }

    /// Later than any clock so far, so that every token is over.
    fn clock(&mut self) -> TestClock {
        self.days += 1;
        at_day(self.days)
    }
}

fn at_day(days: u64) -> TestClock {
    TestClock::at(SystemTime::UNIX_EPOCH + Duration::from_secs((20_000 + days) * DAY))
}

/// The refresh token in the store.
fn kept(store: &dyn TokenStore) -> String {
    let record = store.load(&StoreKey::new(KEY)).unwrap().expect("a record that was once there stays");
    let json: serde_json::Value = serde_json::from_slice(record.as_bytes()).expect("it is whole");
    json["refresh_token"].as_str().unwrap().to_owned()
}

#[test]
#[ignore = "a child of `e14_a_kill_leaves_the_old_record_or_the_new_one`"]
fn renews() {
    let (Some(url), Some(place), Some(first)) = (given("URL"), given("PLACE"), given("FIRST")) else {
        return;
    };
    let clock = at_day(given("DAYS").unwrap().parse().unwrap());
    let tokens = Tokens::builder(grant(&url, &first)).store(open(&place)).store_as(KEY).build().unwrap();
    let agent = Agent::builder(Auth::none()).clock(clock.clone()).build().unwrap();
    let mut is_first = true;
    loop {
        match agent.token(&tokens) {
            Ok(_) if is_first => say("renewed"),
            Ok(_) => {}
            Err(error) if error.is_login_required() => return say(&format!("login required: {error}")),
            Err(error) => panic!("{error}"),
        }
        is_first = false;
        clock.advance(Duration::from_secs(400));
    }
}

fn random(dice: &mut u64) -> u64 {
    *dice ^= *dice << 13;
    *dice ^= *dice >> 7;
    *dice ^= *dice << 17;
    *dice
}
