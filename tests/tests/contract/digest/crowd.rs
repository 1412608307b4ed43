//! C3 under concurrency: fifty requests at once on one nonce, on both clients.

use std::{
    sync::{Arc, Barrier},
    thread,
};

use authwright_testkit::{DigestRealm, Net};
use authwright_tests::Reqwest;
use tokio::runtime::Builder;

use super::{digest, guard, sam};
use crate::support::net;

const CROWD: usize = 50;

/// Fails if the counts of a nonce are not 1 to 50, each once.
#[track_caller]
fn assert_counted(realm: &DigestRealm, nonce: &str, who: &str) {
    let mut counts = realm.nonce_counts(nonce);
    counts.sort_unstable();
    assert_eq!(counts, (1..=50).collect::<Vec<_>>(), "{who}");
}

/// The statuses of the crowd; `warm`: the first of it goes ahead.
type Run = fn(&Net, bool) -> Vec<u16>;

const CLIENTS: [(&str, Run); 2] = [("reqwest", by_reqwest), ("ureq", by_ureq)];

fn by_reqwest(net: &Net, warm: bool) -> Vec<u16> {
    let url = net.url(0, "/p?q=1");
    drop(Reqwest::new()); // which chooses a TLS provider for the process
    let auth = digest(net, 0);
    let client = authwright_reqwest::Client::builder(auth).denied_as_error(false).build().unwrap();
    let get = move || {
        let (client, url) = (client.clone(), url.clone());
        async move { client.get(&url).send().await.unwrap().status().as_u16() }
    };
    let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut statuses = Vec::new();
        if warm {
            statuses.push(get().await);
        }
        let tasks: Vec<_> = (statuses.len()..CROWD).map(|_| tokio::spawn(get())).collect();
        for task in tasks {
            statuses.push(task.await.unwrap());
        }
        statuses
    })
}

fn by_ureq(net: &Net, warm: bool) -> Vec<u16> {
    let url = net.url(0, "/p?q=1");
    let agent = authwright_ureq::Agent::new(digest(net, 0)).unwrap();
    let get = move || match agent.get(&url).call() {
        Ok(response) => response.status().as_u16(),
        Err(error) => error.denied().unwrap_or_else(|| panic!("{error}")).status().as_u16(),
    };
    let mut statuses = Vec::new();
    if warm {
        statuses.push(get());
    }
    let rest = CROWD - statuses.len();
    let gate = Arc::new(Barrier::new(rest));
    let threads: Vec<_> = (0..rest)
        .map(|_| {
            let (get, gate) = (get.clone(), Arc::clone(&gate));
            thread::spawn(move || {
                gate.wait();
                get()
            })
        })
        .collect();
    statuses.extend(threads.into_iter().map(|thread| thread.join().unwrap()));
    statuses
}

/// Fails if anybody was kept out, or the referee has seen a rule broken.
#[track_caller]
fn assert_all_in(statuses: &[u16], realm: &DigestRealm, who: &str) {
    assert_eq!(realm.violations(), [] as [String; 0], "{who}");
    let refused = statuses.iter().filter(|status| **status != 200).count();
    assert_eq!((statuses.len(), refused), (CROWD, 0), "{who}: {refused} kept out");
    assert_eq!(realm.accepted().len(), CROWD, "{who}");
}

/// The first request has met the challenge; 49 more come at once. Each is sent once.
#[test]
fn c3_fifty_requests_count_to_fifty() {
    let net = net();
    for (who, run) in CLIENTS {
        for algorithm in ["MD5", "SHA-256-sess"] {
            let realm = guard(&net, sam("r").algorithms(&[algorithm]));
            assert_all_in(&run(&net, true), &realm, who);
            assert_counted(&realm, &realm.accepted()[0].nonce, who);
            assert_eq!(net.requests().len(), CROWD + 1, "{who}");
        }
    }
}

/// All fifty meet the challenge at once, and it is one and the same: a late 401 does not start the count anew.
#[test]
fn c3_fifty_at_first_contact_count_to_fifty() {
    let net = net();
    for (who, run) in CLIENTS {
        for algorithm in ["MD5", "SHA-256-sess"] {
            let realm = guard(&net, sam("r").algorithms(&[algorithm]).fixed_nonce("n").opaque("o"));
            assert_all_in(&run(&net, false), &realm, who);
            assert_counted(&realm, "n", who);
        }
    }
}

/// All fifty meet a challenge of their own: whichever nonces are used, none has a count twice, and all come in.
#[test]
fn c3_fifty_fresh_nonces_do_no_harm() {
    let net = net();
    for (who, run) in CLIENTS {
        for builder in [sam("r"), sam("r").algorithms(&["SHA-256-sess"]), sam("r").qop("auth-int")] {
            let realm = guard(&net, builder);
            assert_all_in(&run(&net, false), &realm, who);
            assert!(net.requests().len() <= 2 * CROWD, "{who}");
        }
    }
}

/// A wrong password in fifty requests at once is tried at most once by each.
#[test]
fn a6_a_wrong_password_under_a_crowd() {
    let net = net();
    for (who, run) in CLIENTS {
        for warm in [true, false] {
            let realm = guard(&net, sam("r").refuse_all());
            assert_eq!(run(&net, warm), [401; CROWD], "{who}");
            assert_eq!(realm.violations(), [] as [String; 0], "{who}");
            assert!(net.requests().len() <= 2 * CROWD, "{who}");
        }
    }
}

/// A nonce is good twenty times, as some servers have it by default. Everybody who is told that it is stale has a fresh nonce in
/// the very same response, and with it comes in.
#[test]
fn c8_nonces_good_for_twenty_under_a_crowd() {
    used_up(20);
}

/// Or once.
#[test]
fn c8_nonces_good_for_one_under_a_crowd() {
    used_up(1);
}

fn used_up(uses: u32) {
    let net = net();
    for (who, run) in CLIENTS {
        for warm in [true, false] {
            let realm = guard(&net, sam("r").nonce_uses(uses));
            assert_all_in(&run(&net, warm), &realm, &format!("{who} warm {warm}"));
            assert!(net.requests().len() <= 3 * CROWD, "{who}");
        }
    }
}

/// And with a next nonce in each answer, which ends the one before it.
#[test]
fn c9_next_nonces_under_a_crowd() {
    let net = net();
    for (who, run) in CLIENTS {
        let realm = guard(&net, sam("r").next_nonce_every(1));
        assert_all_in(&run(&net, true), &realm, who);
    }
}
