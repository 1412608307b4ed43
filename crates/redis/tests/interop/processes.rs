//! Several processes, as in production; some of them are killed.

use std::{
    env, fs, process, thread,
    time::{Duration, Instant},
};

use authwright_core::{TokenStore, store::StoreKey};

use crate::support::{PATIENCE, child, fresh_key, given, kept, record, store, wait_for};

const KEY: &str = "AUTHWRIGHT_TEST_KEY";
const MARK: &str = "AUTHWRIGHT_TEST_MARK";

#[test]
fn eight_processes_lose_no_increment() {
    let key = fresh_key();
    let start = Instant::now();
    let children: Vec<_> =
        (0..8).map(|_| child("processes::increments", &[(KEY, key.identity())]).spawn().unwrap()).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    println!("800 increments under the lock by 8 processes: {:?}", start.elapsed());
    assert_eq!(kept(&store(), &key).as_deref(), Some("800"));
}

#[test]
#[ignore = "a child of `eight_processes_lose_no_increment`"]
fn increments() {
    let (store, key) = (store(), StoreKey::new(given(KEY)));
    for _ in 0..100 {
        let mut guard = store.lock(&key, Duration::from_secs(60)).unwrap();
        let count: u32 = kept(&store, &key).map_or(0, |text| text.parse().unwrap());
        let _ = guard.save(&record(&(count + 1).to_string())).unwrap();
    }
}

#[test]
fn a_killed_holder_blocks_for_its_lease_and_no_longer() {
    let key = fresh_key();
    let mark = env::temp_dir().join(format!("authwright-mark-{}", process::id()));
    let _ = fs::remove_file(&mark);
    let variables = [(KEY, key.identity()), (MARK, mark.to_str().unwrap())];
    let mut holder = child("processes::holds_until_killed", &variables).spawn().unwrap();
    wait_for(&mark);
    // SIGKILL: nothing of the child runs any more.
    holder.kill().and_then(|()| holder.wait()).unwrap();
    let _ = fs::remove_file(&mark);

    let store = store();
    assert!(store.lock(&key, Duration::from_millis(200)).unwrap_err().is_transient(), "still its lease");
    let start = Instant::now();
    let guard = store.lock(&key, PATIENCE).unwrap();
    let took = start.elapsed();
    assert!(took < Duration::from_secs(3), "{took:?}");
    drop(guard);
}

#[test]
#[ignore = "a child of `a_killed_holder_blocks_for_its_lease_and_no_longer`"]
fn holds_until_killed() {
    let lease = Duration::from_secs(2);
    let _guard = store().lease(lease).lock(&StoreKey::new(given(KEY)), PATIENCE).unwrap();
    fs::write(given(MARK), "held").unwrap();
    thread::sleep(Duration::from_secs(60));
}
