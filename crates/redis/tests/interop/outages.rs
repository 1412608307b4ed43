//! Redis goes away, hangs, comes back, or does not let us in.

use std::{
    env,
    time::{Duration, Instant},
};

use authwright_core::{Fault, TokenStore, store::Saved};
use authwright_redis::RedisStore;

use crate::support::{OwnServer, PATIENCE, fresh_key, kept, record, store, url};

const LIMIT: Duration = Duration::from_millis(500);

fn store_of(server: &OwnServer) -> RedisStore {
    RedisStore::new(&server.url("")).unwrap().timeouts(LIMIT, LIMIT)
}

#[test]
fn killed_in_the_middle_and_back_again() {
    let mut server = OwnServer::start(&[]);
    let (store, key) = (store_of(&server), fresh_key());
    let mut guard = store.lock(&key, PATIENCE).unwrap();
    server.kill();

    let start = Instant::now();
    for error in [
        guard.load().unwrap_err(),
        guard.save(&record("lost?")).unwrap_err(),
        store.load(&key).unwrap_err(),
        store.lock(&fresh_key(), PATIENCE).unwrap_err(),
    ] {
        assert!(error.is_transient() && error.fault() == Fault::Network, "{error:?}");
        assert!(error.to_string().contains(&format!("127.0.0.1:{}", server.port)), "{error}");
    }
    assert!(start.elapsed() < LIMIT * 8, "{:?}", start.elapsed());

    server.restart();
    // It came back without anything; the holder's record is still wanted, and the store works as before.
    assert_eq!(guard.save(&record("kept")).unwrap(), Saved::Stored);
    drop(guard);
    assert_eq!(kept(&store, &key).as_deref(), Some("kept"));
    drop(store.lock(&key, Duration::ZERO).unwrap());
}

#[test]
fn a_restart_between_two_calls_is_not_noticed() {
    let mut server = OwnServer::start(&[]);
    let (store, key) = (store_of(&server), fresh_key());
    assert_eq!(kept(&store, &key), None);
    server.restart();
    assert_eq!(kept(&store, &key), None);
}

#[test]
fn a_server_that_hangs_is_given_up() {
    let server = OwnServer::start(&[]);
    let (store, key) = (store_of(&server), fresh_key());
    let mut guard = store.lock(&key, PATIENCE).unwrap();
    server.freeze();
    let start = Instant::now();
    for error in [guard.save(&record("x")).unwrap_err(), store.lock(&key, PATIENCE).unwrap_err()] {
        assert!(error.is_transient() && error.is_timeout(), "{error:?}");
    }
    drop(guard);
    let took = start.elapsed();
    assert!(took >= LIMIT * 2 && took < LIMIT * 8, "{took:?}");
}

#[test]
fn passwords() {
    let server = OwnServer::start(&["--requirepass", "right"]);
    let at = |credentials: &str| RedisStore::new(&server.url(credentials)).unwrap();
    for credentials in ["", ":hunter2@", "default:hunter2@", "nobody:hunter2@"] {
        let error = at(credentials).load(&fresh_key()).unwrap_err();
        assert_eq!(error.fault(), Fault::Credential, "{credentials}: {error}");
        assert!(!error.is_transient());
        let shown = format!("{error} {error:?} {:?}", at(credentials));
        assert!(shown.contains(&format!("127.0.0.1:{}", server.port)), "{shown}");
        assert!(!shown.contains("hunter2") && !shown.contains("nobody"), "{shown}");
    }
    for credentials in [":right@", "default:right@", "default:%72ight@"] {
        assert_eq!(at(credentials).load(&fresh_key()).unwrap(), None, "{credentials}");
    }
}

/// The ACL that the documentation gives is enough, and no key is outside the prefix.
#[test]
fn the_documented_acl_is_enough() {
    let rule = include_str!("../../src/lib.rs").lines().find(|line| line.contains("ACL SETUSER")).unwrap();
    let rule = rule.trim_start_matches("//! ACL SETUSER ").replace(">PASSWORD", ">hunter2");
    let server = OwnServer::start(&[]);
    server.add_user(&rule);
    let store = RedisStore::new(&server.url("tokens:hunter2@")).unwrap();
    for store in [store.clone().expire_after(PATIENCE), store] {
        let key = fresh_key();
        let mut guard = store.lock(&key, PATIENCE).unwrap();
        assert_eq!(guard.save(&record("allowed")).unwrap(), Saved::Stored);
        assert_eq!(kept(&store, &key).as_deref(), Some("allowed"));
        assert_eq!(guard.remove().unwrap(), Saved::Stored);
        drop(guard);
        drop(store.lock(&key, Duration::ZERO).unwrap());
    }
}

#[test]
fn a_user_that_may_not_is_told_of_the_acl() {
    let server = OwnServer::start(&[]);
    server.add_user("weak on >hunter2 ~other:* +@all");
    let store = RedisStore::new(&server.url("weak:hunter2@")).unwrap();
    for error in [store.load(&fresh_key()).unwrap_err(), store.lock(&fresh_key(), PATIENCE).unwrap_err()] {
        assert_eq!(error.fault(), Fault::Store, "{error}");
        assert!(error.to_string().contains("ACL") && !error.is_transient(), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"));
    }
}

#[test]
fn a_replica_says_that_it_is_one() {
    let primary = OwnServer::start(&[]);
    let replica = OwnServer::start(&["--replicaof", &format!("127.0.0.1 {}", primary.port)]);
    let error = store_of(&replica).lock(&fresh_key(), PATIENCE).unwrap_err();
    assert!(error.to_string().contains("replica") && error.is_transient(), "{error:?}");
}

#[test]
fn a_full_server_is_a_passing_fault() {
    let server = OwnServer::start(&["--maxclients", "1", "--requirepass", "right"]);
    let one = RedisStore::new(&server.url(":right@")).unwrap();
    // The connection that start() has made may not be gone yet.
    let give_up = Instant::now() + Duration::from_secs(5);
    while one.load(&fresh_key()).is_err() {
        assert!(Instant::now() < give_up);
        std::thread::sleep(Duration::from_millis(10));
    }
    let error = RedisStore::new(&server.url(":right@")).unwrap().load(&fresh_key()).unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("as many clients"), "{error:?}");
}

#[test]
fn databases_are_apart() {
    let server = OwnServer::start(&[]);
    let of = |database: &str| RedisStore::new(&format!("{}/{database}", server.url(""))).unwrap();
    let key = fresh_key();
    let _ = of("3").lock(&key, PATIENCE).unwrap().save(&record("in 3")).unwrap();
    assert_eq!(kept(&of("3"), &key).as_deref(), Some("in 3"));
    assert_eq!(kept(&of(""), &key), None);
    let error = of("99").load(&key).unwrap_err();
    assert_eq!(error.fault(), Fault::Store, "{error:?}");
}

#[test]
fn a_socket_will_do() {
    let path = env::var("AUTHWRIGHT_REDIS_SOCKET").expect("tests/interop/run names the socket");
    let by_socket = RedisStore::new(&format!("unix:{path}")).unwrap();
    let key = fresh_key();
    let _ = by_socket.lock(&key, PATIENCE).unwrap().save(&record("by socket")).unwrap();
    assert_eq!(kept(&store(), &key).as_deref(), Some("by socket"), "{} is the same server", url());
    assert!(format!("{by_socket:?}").contains(&path));
}
