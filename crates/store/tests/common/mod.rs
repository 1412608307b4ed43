//! Folders that go away, children that do as they are told, and records that can be told apart.
#![allow(dead_code, unreachable_pub)]

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{self, Child, ChildStdout, Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use authwright_core::store::{Record, Saved, StoreGuard, StoreKey, TokenStore};

/// Longer than anything takes that works.
pub const PATIENT: Duration = Duration::from_secs(60);

/// A folder of its own, removed when done.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("store-{}-{count}", process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn key() -> StoreKey {
    StoreKey::new("login https://api.example.com/login email=sam")
}

pub fn lock(store: &dyn TokenStore) -> Box<dyn StoreGuard> {
    store.lock(&key(), PATIENT).unwrap()
}

pub fn save(store: &dyn TokenStore, bytes: &[u8]) {
    assert_eq!(lock(store).save(&Record::from_bytes(bytes.to_vec())).unwrap(), Saved::Stored);
}

pub fn load(store: &dyn TokenStore) -> Option<Vec<u8>> {
    store.load(&key()).unwrap().map(|record| record.as_bytes().to_vec())
}

/// The error's text, when a record cannot be loaded.
pub fn refusal(store: &dyn TokenStore) -> String {
    store.load(&key()).expect_err("it is refused").to_string()
}

/// The `n`th record: its number, then up to 32 KiB that follow from it.
pub fn record(n: u64) -> Vec<u8> {
    let mut state = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let length = usize::try_from(random(&mut state) % (32 * 1024)).unwrap();
    let mut bytes = n.to_le_bytes().to_vec();
    bytes.extend((0..length).map(|_| random(&mut state).to_le_bytes()[0]));
    bytes
}

/// Xorshift, the same in each run.
pub fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// This test program again, to run this test of it with this task and folder.
pub fn child(test: &str, task: &str, folder: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]);
    command.env("AUTHWRIGHT_TEST_TASK", task).env("AUTHWRIGHT_TEST_FOLDER", folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

/// What a child is to do, and where; `None` where this is no child.
pub fn task() -> Option<(String, PathBuf)> {
    Some((env::var("AUTHWRIGHT_TEST_TASK").ok()?, env::var_os("AUTHWRIGHT_TEST_FOLDER")?.into()))
}

/// The lines a child says, each begun with `@` as the test harness prints lines of its own.
pub struct Said(BufReader<ChildStdout>);

impl Said {
    pub fn by(child: &mut Child) -> Self {
        Self(BufReader::new(child.stdout.take().unwrap()))
    }
}

impl Iterator for Said {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        loop {
            let mut line = Vec::new();
            if self.0.read_until(b'\n', &mut line).unwrap() == 0 {
                return None;
            }
            let line = String::from_utf8_lossy(&line);
            // A line that was cut off by a kill does not count.
            if let Some((_, said)) = line.strip_suffix('\n').and_then(|line| line.split_once('@')) {
                return Some(said.to_owned());
            }
        }
    }
}
