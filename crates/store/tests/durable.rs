//! A save is on the disk before it returns. No crash of a process shows that, so the calls to the system are looked at.
#![cfg(target_os = "linux")]

mod common;

use std::process::{Command, Stdio};

use authwright_core::store::Saved;
use authwright_store::FileStore;

use self::common::{Folder, child, key, lock, save, task};

#[test]
fn child_process() {
    let Some((_, folder)) = task() else { return };
    let store = FileStore::at(folder);
    save(&store, b"secret");
    assert_eq!(lock(&store).remove().unwrap(), Saved::Stored);
}

#[test]
fn a_save_is_synced_before_and_after_it_is_renamed() {
    let folder = Folder::new();
    let path = folder.join("acme");
    let Some(calls) = traced(&mut child("child_process", "save and remove", &path)) else {
        eprintln!("no strace here, or it may not trace: this is not tested");
        return;
    };
    let text = calls.join("\n");
    let (path, above) = (path.display(), folder.join("").display().to_string());
    let stem = format!("{path}/{}", key().file_name());
    let expected: [&[&str]; 6] = [
        &["mkdir", &format!("\"{path}\", 0700")],
        &["fsync", &format!("<{}>", above.trim_end_matches('/'))],
        &["fsync", &format!("<{stem}."), ".tmp>"],
        &["rename", &format!("\"{stem}."), &format!("\"{stem}.token\"")],
        &["fsync", &format!("<{path}>")],
        &["unlink", &format!("\"{stem}.token\"")],
    ];
    let mut calls = calls.iter();
    for parts in expected {
        assert!(
            calls.any(|call| parts.iter().all(|part| call.contains(part))),
            "no {parts:?} in its turn:\n{text}"
        );
    }
    let last = calls.find(|call| call.contains("fsync"));
    assert!(
        last.is_some_and(|call| call.contains(&format!("<{path}>"))),
        "the removal is not synced:\n{text}"
    );
}

/// The calls a child makes; `None` where nobody can look.
fn traced(child: &mut Command) -> Option<Vec<String>> {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-s", "4096", "-e", "trace=/^(mkdir|fsync|rename|unlink).*"]);
    strace.arg(child.get_program()).args(child.get_args());
    for (name, value) in child.get_envs() {
        strace.env(name, value?);
    }
    let output = strace.stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    if !text.contains("ptrace") {
        assert!(output.status.success(), "{text}");
    }
    output.status.success().then(|| text.lines().map(str::to_owned).collect())
}
