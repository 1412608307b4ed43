//! Several processes on one store, some of which are killed.

mod common;

use std::{
    fs,
    path::Path,
    process::Child,
    thread,
    time::{Duration, Instant},
};

use authwright_core::store::TokenStore;
use authwright_store::FileStore;

use self::common::{Folder, Said, child, key, load, lock, random, record, save, task};

/// What the children do.
#[test]
fn child_process() {
    let Some((task, folder)) = task() else { return };
    let store = FileStore::at(folder);
    match task.as_str() {
        "save" => {
            let mut last = load(&store).map_or(0, |bytes| number(&bytes));
            loop {
                last += 1;
                save(&store, &record(last));
                println!("@{last}");
            }
        }
        "increment" => {
            for _ in 0..100 {
                let mut guard = lock(&store);
                let count = number(guard.load().unwrap().unwrap().as_bytes());
                let count = authwright_core::store::Record::from_bytes((count + 1).to_le_bytes().to_vec());
                assert_eq!(guard.save(&count).unwrap(), authwright_core::store::Saved::Stored);
            }
        }
        "hold" => {
            let _guard = lock(&store);
            println!("@held");
            thread::sleep(common::PATIENT);
        }
        _ => unreachable!("{task}"),
    }
}

#[test]
fn a_kill_at_any_moment_leaves_a_whole_record() {
    let folder = Folder::new();
    let path = folder.join("acme");
    let store = FileStore::at(&path);
    let mut seed = 0x2545_f491_4f6c_dd1d;
    let mut last = 0;
    let mut left_behind = 0;
    for _ in 0..100 {
        let (mut child, mut said) = start("save", &path);
        let first = said.next().expect("it saves");
        thread::sleep(Duration::from_micros(random(&mut seed) % 6_000));
        kill(&mut child);
        let acknowledged: u64 = said.last().unwrap_or(first).parse().unwrap();

        let found = load(&store).expect("a record that was once there stays");
        let n = number(&found);
        assert!(found == record(n), "not record {n}, of {} bytes", found.len());
        assert!(n == acknowledged || n == acknowledged + 1, "{n} after {acknowledged} had been kept");
        assert!(n > last, "{n} after {last}");
        last = n;
        left_behind += temporaries(&path);
    }
    // Else nobody was killed while it wrote, and the test has shown nothing.
    assert!(left_behind > 0, "no kill has left a temporary file");
    drop(lock(&store));
    assert_eq!(temporaries(&path), 0, "whoever locks removes what the dead have left");
}

#[test]
fn no_increment_of_any_process_is_lost() {
    let folder = Folder::new();
    let path = folder.join("acme");
    let store = FileStore::at(&path);
    save(&store, &0_u64.to_le_bytes());
    let children: Vec<_> = (0..8).map(|_| start("increment", &path)).collect();
    for (mut child, said) in children {
        said.for_each(drop);
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(number(&load(&store).unwrap()), 800);
}

#[test]
fn a_lock_held_by_another_process_is_waited_for_and_not_for_ever() {
    let folder = Folder::new();
    let path = folder.join("acme");
    let store = FileStore::at(&path);
    let (mut child, mut said) = start("hold", &path);
    assert_eq!(said.next().as_deref(), Some("held"));

    let started = Instant::now();
    let refused = store.lock(&key(), Duration::from_millis(30)).unwrap_err();
    let waited = started.elapsed();
    assert!(waited >= Duration::from_millis(30) && waited < Duration::from_secs(5), "{waited:?}");
    assert!(refused.is_transient());
    let expected = "another process is renewing the token of login https://api.example.com/login email=sam, and was \
                    not done within 30ms; try again";
    assert_eq!(refused.to_string(), expected);

    kill(&mut child);
    drop(store.lock(&key(), Duration::ZERO).expect("the lock of a dead process is free"));
}

fn start(task: &str, path: &Path) -> (Child, Said) {
    let mut child = child("child_process", task, path).spawn().unwrap();
    let said = Said::by(&mut child);
    (child, said)
}

/// `SIGKILL` on Unix. The process is gone when this returns.
fn kill(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

fn number(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes[..8].try_into().unwrap())
}

fn temporaries(path: &Path) -> usize {
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name());
    entries.filter(|name| name.to_string_lossy().ends_with(".tmp")).count()
}
