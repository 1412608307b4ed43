//! What every store must pass.

use authwright_core::TokenStore;

use crate::support::{PATIENCE, fresh_key, kept, record, store};

// HERE: once `authwright_core::store::conformance` has its checks, enable the feature `conformance` of authwright-core
// in the dev-dependencies and call it with `|| Box::new(store())`; the tests of this file and the plain ones of `locks`
// then repeat it.

#[test]
fn bytes_come_back_as_they_were() {
    let every_byte: Vec<u8> = (0..=255).collect();
    for bytes in [every_byte, Vec::new(), b"\r\n$3\r\n".to_vec(), vec![0x5a; 1 << 20]] {
        let (store, key) = (store(), fresh_key());
        let mut guard = store.lock(&key, PATIENCE).unwrap();
        let record = authwright_core::store::Record::from_bytes(bytes);
        assert_eq!(guard.load().unwrap(), None);
        assert_eq!(guard.save(&record).unwrap(), authwright_core::store::Saved::Stored);
        assert_eq!(guard.load().unwrap().as_ref(), Some(&record));
        drop(guard);
        assert_eq!(store.load(&key).unwrap(), Some(record));
    }
}

#[test]
fn keys_and_prefixes_are_apart() {
    let (store, key, other) = (store(), fresh_key(), fresh_key());
    let elsewhere = store.clone().prefix("other:");
    let _ = store.lock(&key, PATIENCE).unwrap().save(&record("here")).unwrap();
    assert_eq!(kept(&store, &other), None);
    assert_eq!(kept(&elsewhere, &key), None);
    let _held = store.lock(&key, PATIENCE).unwrap();
    let _both = store.lock(&other, PATIENCE).unwrap();
    let _third = elsewhere.lock(&key, PATIENCE).unwrap();
}

#[test]
fn removing_leaves_nothing_and_needs_nothing() {
    let (store, key) = (store(), fresh_key());
    let mut guard = store.lock(&key, PATIENCE).unwrap();
    let _ = guard.remove().unwrap();
    let _ = guard.save(&record("one")).unwrap();
    let _ = guard.remove().unwrap();
    assert_eq!(guard.load().unwrap(), None);
    drop(guard);
    assert_eq!(kept(&store, &key), None);
    let _ = store.lock(&key, PATIENCE).unwrap().save(&record("two")).unwrap();
    assert_eq!(kept(&store, &key).as_deref(), Some("two"));
}
