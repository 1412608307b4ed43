//! Eight processes share a login whose refresh tokens are good once (E14).

use std::{
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant, SystemTime},
};

use authwright_core::{Auth, Tokens};
use authwright_reqwest::Client;
use authwright_testkit::{FakeServer, Reply, TestClock};
use authwright_tests::Reqwest;
use authwright_ureq::Agent;

use crate::{
    backend::{Place, open},
    child::{given, grant, said, say, sign_in, start},
};

const MEMBERS: usize = 8;
const EXPIRIES: usize = 200;
const LIFETIME: Duration = Duration::from_secs(300);

/// Every token ends for all processes at the same time, 200 times over, and all of them want the next one at once: one
/// redeems the refresh token, the others adopt what it has got.
#[test]
fn e14_eight_processes_redeem_each_refresh_token_once() {
    let (server, clock, place) = (FakeServer::start().unwrap(), TestClock::new(), Place::new("fleet"));
    server.tokens("/token").refresh_tokens().lifetime(LIFETIME).expire_with(&clock);
    let rounds = Rounds { clock, state: Mutex::default(), turned: Condvar::new() };
    server.on("/round").without_token().reply_with(move |_| rounds.next());
    let (first, started) = (sign_in(&server), Instant::now());

    let members: Vec<_> = (0..MEMBERS)
        .map(|number| {
            let number = number.to_string();
            let given = [("URL", server.url()), ("PLACE", &place.0), ("FIRST", &first), ("NUMBER", &number)];
            start("fleet::a_member", &given)
        })
        .collect();
    let mut adopted = 0;
    for mut member in members {
        let words: Vec<_> = said(&mut member).collect();
        assert!(member.wait().unwrap().success(), "a member failed: {words:?}");
        adopted += words.last().unwrap().parse::<usize>().unwrap();
    }

    let redeemed = server.count("/token") - 1;
    println!(
        "{MEMBERS} processes, {EXPIRIES} expiries each: {redeemed} redeemed, {adopted} adopted, {} revoked, in {:.1?}",
        server.revocations(),
        started.elapsed()
    );
    assert_eq!(server.revocations(), 0, "no refresh token was sent twice");
    assert_eq!(redeemed, EXPIRIES, "one for each expiry, and not for each process");
    assert_eq!(adopted, (MEMBERS - 1) * EXPIRIES);
    assert_eq!(server.count("/orders"), MEMBERS * EXPIRIES, "no request was refused and sent again");
}

#[test]
#[ignore = "a child of `e14_eight_processes_redeem_each_refresh_token_once`"]
fn a_member() {
    let (Some(url), Some(place), Some(first)) = (given("URL"), given("PLACE"), given("FIRST")) else {
        return;
    };
    let is_async = given("NUMBER").unwrap().parse::<usize>().unwrap().is_multiple_of(2);
    let (clock, adopted) = (TestClock::new(), Arc::new(Mutex::new(0)));
    let counts = Arc::clone(&adopted);
    let tokens = Tokens::builder(grant(&url, &first)).store(open(&place)).on_event(move |event| {
        if let authwright_core::TokenEvent::Adopted(_) = event {
            *counts.lock().unwrap() += 1;
        }
    });
    let auth = Auth::new(&url, tokens.build().unwrap()).unwrap();
    let orders = format!("{url}/orders");
    let next_round = || {
        let now = ureq::get(format!("{url}/round")).call().unwrap().body_mut().read_to_string().unwrap();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(now.parse().unwrap());
        clock.advance(now.duration_since(clock.now()).unwrap());
    };
    if is_async {
        let runtime = Reqwest::new();
        let client = Client::builder(auth).clock(clock.clone()).build().unwrap();
        for _ in 0..EXPIRIES {
            next_round();
            let answer = runtime.block_on(async { client.get(&orders).send().await });
            assert_eq!(answer.unwrap().status(), 200);
        }
        runtime.block_on(client.settled(std::time::Duration::from_secs(30)));
    } else {
        let agent = Agent::builder(auth).clock(clock.clone()).build().unwrap();
        for _ in 0..EXPIRIES {
            next_round();
            assert_eq!(agent.get(&orders).call().unwrap().status(), 200);
        }
        agent.settled(Duration::from_secs(10));
    }
    say(&adopted.lock().unwrap().to_string());
}

/// Time, for all processes: it goes on when each of them has done its part, so that every token is over for all.
struct Rounds {
    clock: TestClock,
    state: Mutex<Round>,
    turned: Condvar,
}

#[derive(Default)]
struct Round {
    number: usize,
    arrived: usize,
}

impl Rounds {
    fn next(&self) -> Reply {
        let mut state = self.state.lock().unwrap();
        let number = state.number;
        state.arrived += 1;
        if state.arrived == MEMBERS {
            *state = Round { number: number + 1, arrived: 0 };
            self.clock.advance(LIFETIME + Duration::from_secs(1));
            self.turned.notify_all();
        } else {
            // A member that has died must not keep the others waiting for ever.
            let patience = Duration::from_secs(60);
            let waited = self.turned.wait_timeout_while(state, patience, |state| state.number == number);
            if waited.unwrap().1.timed_out() {
                return Reply::status(504);
            }
        }
        let now = self.clock.now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        Reply::ok(&now.as_secs().to_string())
    }
}
