//! Keyrings: records spread over entries, keyrings that fail half way, and systems without one.
#![cfg(feature = "keyring-core")]

mod common;
#[path = "keyring/hooked.rs"]
mod hooked;

use std::{fs, sync::Arc, time::Duration};

use authwright_core::{
    Fault,
    store::{Record, Saved, TokenStore, conformance},
};
use authwright_store::{
    Keyring,
    keyring_core::{self, mock},
};

use self::{
    common::{Folder, key, load, lock, refusal, save},
    hooked::Hooked,
};

/// The one of Windows.
const LIMIT: usize = 2560;

#[test]
fn conforms() {
    let (folder, store) = (Folder::new(), mock::Store::new().unwrap());
    let open = || Keyring::with(store.clone(), "acme").unwrap().lock_folder(folder.join("locks"));
    conformance::check(|| Box::new(open()));
    assert_lock_files_only(&folder);
}

#[test]
fn conforms_where_an_entry_has_a_limit() {
    let (folder, store) = (Folder::new(), Hooked::new(LIMIT));
    conformance::check(|| Box::new(keyring(&store, &folder)));
    assert_eq!(store.entries(), [""; 0], "the suite removes what it has stored");
    assert_lock_files_only(&folder);
}

#[test]
fn a_record_is_spread_over_as_few_entries_as_it_can() {
    let (folder, store) = (Folder::new(), Hooked::new(LIMIT));
    let keyring = keyring(&store, &folder);
    for (length, entries) in
        [(0, 1), (2000, 1), (2432, 1), (2433, 2), (2560, 2), (2561, 3), (25_600, 11), (100, 1)]
    {
        save(&keyring, &vec![b'x'; length]);
        assert_eq!(store.entries().len(), entries, "{length} bytes");
    }
    let unlimited = Hooked::new(usize::MAX);
    save(
        &Keyring::with(unlimited.clone(), "acme").unwrap().lock_folder(folder.join("locks")),
        &vec![b'x'; 1 << 20],
    );
    assert_eq!(unlimited.entries().len(), 1);
}

#[test]
fn a_writer_that_dies_at_any_call_leaves_a_whole_record() {
    let lengths = [1, 3_000, 9_000, 20_000];
    for (before, after) in lengths.iter().flat_map(|&before| lengths.map(|after| (before, after))) {
        let (old, new) = (vec![b'o'; before], vec![b'n'; after]);
        let mut in_force = 0;
        for calls in 0.. {
            let (folder, store) = (Folder::new(), Hooked::new(LIMIT));
            let keyring = keyring(&store, &folder);
            save(&keyring, &old);
            store.fail_after(calls);
            let saved = lock(&keyring).save(&Record::from_bytes(new.clone()));
            let complete = !store.has_failed();
            store.heal();

            let found = load(&keyring).unwrap();
            assert!(found == old || found == new, "{before} to {after} bytes, dead after {calls} calls");
            assert_eq!(found == new, saved.is_ok(), "an error means that the old record is there");
            in_force += usize::from(found == new);

            // Whatever was left goes with the next save, be it spread or not.
            if calls % 2 == 0 {
                save(&keyring, &[b's'; 3_000]);
                assert_eq!(store.entries().len(), 3, "{before} to {after} bytes, dead after {calls} calls");
            }
            save(&keyring, b"short");
            assert_eq!(store.entries().len(), 1, "{before} to {after} bytes, dead after {calls} calls");
            if complete {
                break;
            }
        }
        assert!(in_force > 1, "no call after the switch was cut off");
    }
}

#[test]
fn remove_that_dies_at_any_call_leaves_the_record_or_none() {
    for calls in 0.. {
        let (folder, store) = (Folder::new(), Hooked::new(LIMIT));
        let keyring = keyring(&store, &folder);
        save(&keyring, &[b'o'; 9_000]);
        store.fail_after(calls);
        let removed = lock(&keyring).remove();
        let complete = !store.has_failed();
        store.heal();
        let found = load(&keyring);
        assert!(found.is_none() || found.unwrap() == [b'o'; 9_000]);
        assert_eq!(removed.is_ok(), complete, "an error means that something may be left");
        assert_eq!(lock(&keyring).remove().unwrap(), Saved::Stored);
        assert_eq!(store.entries(), [""; 0]);
        if complete {
            break;
        }
    }
}

/// A save, or several, at every point of a load.
#[test]
fn a_reader_that_is_overtaken_reads_again() {
    for saves in 1..=3 {
        for point in 0..8 {
            let (folder, store) = (Folder::new(), Hooked::new(LIMIT));
            let reader = keyring(&store, &folder);
            save(&reader, &[b'o'; 9_000]);
            let writer = keyring(&store, &folder);
            store.before_get(point, move || (0..saves).for_each(|n| save(&writer, &[b'1' + n; 9_000])));
            let found = load(&reader).unwrap();
            assert!(
                found.iter().all(|byte| *byte == found[0]),
                "{saves} saves before read {point}: a mixture"
            );
            assert_eq!(found.len(), 9_000);
        }
    }
}

#[test]
fn what_was_tampered_with_is_an_error_and_can_be_replaced() {
    let (folder, store) = (Folder::new(), Hooked::new(LIMIT));
    let keyring = keyring(&store, &folder);
    let name = key().file_name();
    let broken =
        format!("the keyring entry {name} of acme is not as it was written; remove it and sign in again");
    let tampering: [&dyn Fn(); 5] = [
        &|| store.put(&name, b"something of another program"),
        &|| store.put(&format!("{name}/a/1"), &[b'y'; LIMIT]),
        &|| store.put(&format!("{name}/a/1"), b"short"),
        &|| store.put(&format!("{name}/a/2"), &[b'x'; 9_000]),
        &|| store.delete(&format!("{name}/a/3")),
    ];
    for tamper in tampering {
        assert_eq!(lock(&keyring).remove().unwrap(), Saved::Stored);
        save(&keyring, &[b'x'; 9_000]);
        tamper();
        assert_eq!(refusal(&keyring), broken);
        save(&keyring, b"signed in anew");
        assert_eq!(load(&keyring).unwrap(), b"signed in anew");
        assert_eq!(store.entries().len(), 1);
    }
    store.put(&name, b"authwright 1 1 a 1 99999999999 0\n");
    assert!(refusal(&keyring).contains("has 99999999999 bytes, which no token has"));
}

#[test]
fn errors_say_what_to_do_and_no_secret() {
    let (folder, store) = (Folder::new(), mock::Store::new().unwrap());
    let keyring = Keyring::with(store.clone(), "acme").unwrap().lock_folder(folder.join("locks"));
    save(&keyring, b"hunter2");
    let secret = || b"hunter2".to_vec();
    let causes = [
        (keyring_core::Error::BadEncoding(secret()), "cannot decode it; remove it and sign in again"),
        (
            keyring_core::Error::BadDataFormat(secret(), "hunter2".into()),
            "cannot decode it; remove it and sign in again",
        ),
        (keyring_core::Error::NoStorageAccess("locked".into()), "unlock the keyring"),
        (
            keyring_core::Error::TooLong("secret".into(), 99),
            "its secret may have 99 at most; say so with `Keyring::entry_limit`",
        ),
        (keyring_core::Error::PlatformFailure("the bus is gone".into()), "the bus is gone"),
    ];
    for (cause, fix) in causes {
        let entry =
            keyring_core::api::CredentialStoreApi::build(&*store, "acme", &key().file_name(), None).unwrap();
        entry.as_any().downcast_ref::<mock::Cred>().unwrap().set_error(cause);
        let error = keyring.load(&key()).unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with(&format!("cannot read the keyring entry {} of acme: ", key().file_name())),
            "{text}"
        );
        assert!(text.contains(fix) && !text.contains("hunter2"), "{text}");
        assert_eq!((error.fault(), error.is_transient()), (Fault::Store, false));
    }
    assert_eq!(load(&keyring).unwrap(), b"hunter2");
    assert_eq!(format!("{keyring:?}"), "Keyring(\"acme\")");
    assert_eq!(Keyring::with(store, "a/b").unwrap_err().fault(), Fault::Caller);
}

#[test]
fn the_lock_is_bounded() {
    let (folder, store) = (Folder::new(), Hooked::new(LIMIT));
    let (ours, theirs) = (keyring(&store, &folder), keyring(&store, &folder));
    let _guard = lock(&ours);
    assert!(theirs.lock(&key(), Duration::ZERO).unwrap_err().is_transient());
}

fn keyring(store: &Arc<Hooked>, folder: &Folder) -> Keyring {
    Keyring::with(store.clone(), "acme").unwrap().entry_limit(LIMIT).lock_folder(folder.join("locks"))
}

fn assert_lock_files_only(folder: &Folder) {
    for entry in fs::read_dir(folder.join("locks")).unwrap() {
        let entry = entry.unwrap();
        assert!(
            entry.file_name().to_string_lossy().ends_with(".lock") && entry.metadata().unwrap().len() == 0
        );
    }
}
