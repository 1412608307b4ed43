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

/// Who was let in, and with which counts, over every nonce there is.
#[track_caller]
fn assert_counted(realm: &DigestRealm, net: &Net, nonce: &str, requests: usize, who: &str) {
    assert_eq!(realm.violations(), [] as [String; 0], "{who}");
    assert_eq!(realm.accepted().len(), requests, "{who}");
    let mut counts = realm.nonce_counts(nonce);
    counts.sort_unstable();
    let expected: Vec<u32> = (1..).take(requests).collect();
    assert_eq!(counts, expected, "{who}: {} sends", net.requests().len());
}

fn by_reqwest(net: &Net, warm: bool) {
    let clients = digest(net, 0);
    let url = net.url(0, "/p?q=1");
    drop(Reqwest::new()); // which chooses a TLS provider for the process
    let client = authwright_reqwest::Client::new(clients).unwrap();
    let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(async {
        let first = usize::from(warm);
        for _ in 0..first {
            assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
        }
        let tasks: Vec<_> = (first..CROWD)
            .map(|_| {
                let (client, url) = (client.clone(), url.clone());
                tokio::spawn(async move {
                    client.get(&url).send().await.map(|response| response.status().as_u16())
                })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap().unwrap(), 200);
        }
    });
}

fn by_ureq(net: &Net, warm: bool) {
    let agent = authwright_ureq::Agent::new(digest(net, 0)).unwrap();
    let url = net.url(0, "/p?q=1");
    let first = usize::from(warm);
    for _ in 0..first {
        assert_eq!(agent.get(&url).call().unwrap().status(), 200);
    }
    let gate = Arc::new(Barrier::new(CROWD - first));
    let threads: Vec<_> = (first..CROWD)
        .map(|_| {
            let (agent, url, gate) = (agent.clone(), url.clone(), Arc::clone(&gate));
            thread::spawn(move || {
                gate.wait();
                agent.get(&url).call().map(|response| response.status().as_u16())
            })
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap().unwrap(), 200);
    }
}

/// The first request has met the challenge; 49 more come at once. Each is sent once.
#[test]
fn c3_fifty_requests_count_to_fifty() {
    let net = net();
    for (who, run) in [("reqwest", by_reqwest as fn(&Net, bool)), ("ureq", by_ureq)] {
        for algorithm in ["MD5", "SHA-256-sess"] {
            let realm = guard(&net, sam("r").algorithms(&[algorithm]));
            run(&net, true);
            let nonce = realm.accepted()[0].nonce.clone();
            assert_counted(&realm, &net, &nonce, CROWD, who);
            assert_eq!(net.requests().len(), CROWD + 1, "{who}");
        }
    }
}

/// All fifty meet the challenge at once, and it is one and the same: a late 401 does not start the count anew.
#[test]
fn c3_fifty_at_first_contact_count_to_fifty() {
    let net = net();
    for (who, run) in [("reqwest", by_reqwest as fn(&Net, bool)), ("ureq", by_ureq)] {
        for algorithm in ["MD5", "SHA-256-sess"] {
            let realm = guard(&net, sam("r").algorithms(&[algorithm]).fixed_nonce("n").opaque("o"));
            run(&net, false);
            assert_counted(&realm, &net, "n", CROWD, &format!("{who} {algorithm}"));
        }
    }
}

/// All fifty meet a challenge of their own: whichever nonces are used, none has a count twice, and all come in.
#[test]
fn c3_fifty_fresh_nonces_do_no_harm() {
    let net = net();
    for (who, run) in [("reqwest", by_reqwest as fn(&Net, bool)), ("ureq", by_ureq)] {
        for builder in [sam("r"), sam("r").algorithms(&["SHA-256-sess"]), sam("r").qop("auth-int")] {
            let realm = guard(&net, builder);
            run(&net, false);
            assert_eq!(realm.violations(), [] as [String; 0], "{who}");
            assert_eq!(realm.accepted().len(), CROWD, "{who}");
            assert!(net.requests().len() <= 2 * CROWD, "{who}");
        }
    }
}

/// A nonce that goes stale in the middle of the crowd: everybody comes in, with one more send at most.
#[test]
fn c8_a_nonce_that_ends_under_a_crowd() {
    let net = net();
    for (who, run) in [("reqwest", by_reqwest as fn(&Net, bool)), ("ureq", by_ureq)] {
        let realm = guard(&net, sam("r").nonce_uses(CROWD.try_into().unwrap()));
        let nonce = {
            run(&net, true);
            realm.accepted()[0].nonce.clone()
        };
        assert_eq!(realm.nonce_counts(&nonce).len(), CROWD, "{who}");
        assert_eq!(realm.violations(), [] as [String; 0], "{who}");
    }
}

/// A nonce is good once, or twenty times, as some servers have it: everybody has a nonce of their own from their own 401, and
/// comes in.
#[test]
fn c8_nonces_that_are_soon_used_up_under_a_crowd() {
    let net = net();
    for (who, run) in [("reqwest", by_reqwest as fn(&Net, bool)), ("ureq", by_ureq)] {
        for (uses, warm) in [(20, true), (20, false), (1, true), (1, false)] {
            let realm = guard(&net, sam("r").nonce_uses(uses));
            run(&net, warm);
            assert_eq!(realm.violations(), [] as [String; 0], "{who}");
            assert_eq!(realm.accepted().len(), CROWD, "{who}");
            assert!(net.requests().len() <= 3 * CROWD, "{who}");
        }
    }
}

/// And with a next nonce in each answer, which ends the one before it.
#[test]
fn c9_next_nonces_under_a_crowd() {
    let net = net();
    for (who, run) in [("reqwest", by_reqwest as fn(&Net, bool)), ("ureq", by_ureq)] {
        let realm = guard(&net, sam("r").next_nonce_every(1));
        run(&net, true);
        assert_eq!(realm.violations(), [] as [String; 0], "{who}");
        assert_eq!(realm.accepted().len(), CROWD, "{who}");
    }
}
