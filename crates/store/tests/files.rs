//! Files that only this user can read: what is made, and what is refused.
#![cfg(unix)]

mod common;

use std::{
    fs::{self, Permissions},
    os::unix::{
        fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown, symlink},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use authwright_core::{
    Error, Fault,
    store::{Record, StoreKey, TokenStore},
};
use authwright_store::FileStore;

use self::common::{Folder, Said, child, key, load, lock, refusal, save, task};

const MIB: usize = 1024 * 1024;

/// What the children do, which have an environment of their own.
#[test]
fn child_process() {
    let Some((task, folder)) = task() else { return };
    let store = FileStore::at(folder);
    match task.as_str() {
        "save" => save(&store, b"secret"),
        "save too much for the disk" => {
            save(&store, b"old");
            let error = lock(&store).save(&Record::from_bytes(vec![b'x'; MIB])).unwrap_err();
            println!("@{error}");
        }
        "for app" => println!("@{}", FileStore::for_app("acme").unwrap().path().display()),
        _ => unreachable!("{task}"),
    }
}

#[test]
fn modes_are_narrow_from_the_start_whatever_the_umask() {
    let (_folder, path, store) = new();
    run("umask 0", &mut child("child_process", "save", &path));
    assert_eq!(mode(&path), 0o700);
    assert_eq!(mode(path.parent().unwrap()), 0o700, "a folder made on the way");
    assert_eq!(mode(&token(&path)), 0o600);
    assert_eq!(mode(&beside(&path, "lock")), 0o600);
    assert_eq!(load(&store).unwrap(), b"secret");
}

#[test]
fn a_folder_open_to_others_is_refused() {
    let (_folder, path, store) = new();
    save(&store, b"secret");
    for open in [0o755, 0o770, 0o740, 0o710, 0o704, 0o701, 0o702, 0o1777] {
        set_mode(&path, open);
        let expected = format!(
            "the folder {0} is open to other users (mode {open:o}); run `chmod 700 {0}`",
            path.display()
        );
        assert_eq!(refusal(&store), expected);
        assert_eq!(lock_refusal(&store), expected);
    }
    set_mode(&path, 0o700);
    assert_eq!(load(&store).unwrap(), b"secret");
}

#[test]
fn a_folder_somebody_made_for_others_gets_no_secret() {
    let folder = Folder::new();
    let path = folder.join("acme");
    fs::DirBuilder::new().mode(0o755).create(&path).unwrap();
    assert!(lock_refusal(&FileStore::at(&path)).contains("chmod 700"));
    assert_eq!(fs::read_dir(&path).unwrap().count(), 0, "nothing was made in it");
}

#[test]
fn a_file_open_to_others_is_refused() {
    let (_folder, path, store) = new();
    save(&store, b"secret");
    for open in [0o644, 0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o666] {
        set_mode(&token(&path), open);
        let expected = format!(
            "{0} is open to other users (mode {open:o}); run `chmod 600 {0}`, and sign in anew if somebody may have read it",
            token(&path).display()
        );
        assert_eq!(refusal(&store), expected);
        assert_eq!(lock(&store).load().unwrap_err().to_string(), expected, "under the lock");
    }
    set_mode(&token(&path), 0o600);
    assert_eq!(load(&store).unwrap(), b"secret");

    set_mode(&token(&path), 0o644);
    save(&store, b"signed in anew");
    assert_eq!((load(&store).unwrap(), mode(&token(&path))), (b"signed in anew".to_vec(), 0o600));
}

#[test]
fn a_lock_file_open_to_others_is_refused() {
    let (_folder, path, store) = new();
    save(&store, b"secret");
    set_mode(&beside(&path, "lock"), 0o666);
    assert!(lock_refusal(&store).contains(&format!("chmod 600 {}", beside(&path, "lock").display())));
}

#[test]
fn what_belongs_to_another_user_is_refused() {
    const SOMEBODY: u32 = 54_321;
    let (_folder, path, store) = new();
    save(&store, b"secret");
    if chown(&path, Some(SOMEBODY), None).is_err() {
        eprintln!("not root: nothing can be given to another user, so this is not tested");
        return;
    }
    for store in [&store, &FileStore::at(&path)] {
        let expected = format!(
            "the folder {} belongs to another user (number {SOMEBODY}); run this program as that user, or name another folder",
            path.display()
        );
        assert_eq!(refusal(store), expected);
        assert_eq!(lock_refusal(store), expected);
    }
    chown(&path, Some(me(&path)), None).unwrap();
    chown(token(&path), Some(SOMEBODY), None).unwrap();
    let expected = format!(
        "{} belongs to another user (number {SOMEBODY}); remove it and sign in again, or give it back with `chown`",
        token(&path).display()
    );
    assert_eq!(refusal(&store), expected);
    chown(token(&path), Some(me(&path)), None).unwrap();
    chown(beside(&path, "lock"), Some(SOMEBODY), None).unwrap();
    assert!(lock_refusal(&store).contains("belongs to another user (number 54321)"));
    assert_eq!(load(&store).unwrap(), b"secret");
}

#[test]
fn a_symbolic_link_to_the_folder_is_refused() {
    let folder = Folder::new();
    let (real, link) = (folder.join("real"), folder.join("link"));
    save(&FileStore::at(&real), b"secret");
    symlink(&real, &link).unwrap();
    let store = FileStore::at(&link);
    let expected = format!("the folder {} is a symbolic link; name the folder it leads to", link.display());
    assert_eq!(refusal(&store), expected);
    assert_eq!(lock_refusal(&store), expected);

    let (nowhere, dangling) = (folder.join("nowhere"), folder.join("dangling"));
    symlink(&nowhere, &dangling).unwrap();
    assert!(lock_refusal(&FileStore::at(dangling)).contains("is a symbolic link"));
    assert!(!nowhere.exists(), "nothing was made where it leads");
}

#[test]
fn a_symbolic_link_to_a_token_is_neither_read_nor_replaced() {
    let (folder, path, store) = new();
    save(&store, b"secret");
    let elsewhere = folder.join("elsewhere");
    fs::rename(token(&path), &elsewhere).unwrap();
    symlink(&elsewhere, token(&path)).unwrap();
    let expected = format!("{} is a symbolic link, which is not followed; remove it", token(&path).display());
    assert_eq!(refusal(&store), expected);
    let error = lock(&store).save(&Record::from_bytes(b"new".to_vec())).unwrap_err();
    assert_eq!(error.to_string(), expected);
    assert_eq!(fs::read(&elsewhere).unwrap(), b"secret");
}

#[test]
fn a_symbolic_link_to_a_lock_is_refused() {
    let (folder, path, store) = new();
    save(&store, b"secret");
    let elsewhere = folder.join("elsewhere");
    fs::remove_file(beside(&path, "lock")).unwrap();
    symlink(&elsewhere, beside(&path, "lock")).unwrap();
    assert!(lock_refusal(&store).contains("is a symbolic link, which is not followed"));
    assert!(!elsewhere.exists(), "nothing was made where it leads");
}

#[test]
fn what_is_no_file_and_what_is_no_folder_is_refused() {
    let (_folder, path, store) = new();
    save(&store, b"secret");
    fs::remove_file(token(&path)).unwrap();
    fs::create_dir(token(&path)).unwrap();
    let expected = format!("{} is not a regular file; remove it", token(&path).display());
    assert_eq!(refusal(&store), expected);
    fs::remove_dir(token(&path)).unwrap();
    // Opening one of these would wait until somebody writes into it.
    assert!(Command::new("mkfifo").arg("-m").arg("600").arg(token(&path)).status().unwrap().success());
    assert_eq!(refusal(&store), expected);
    assert_eq!(
        refusal(&FileStore::at(beside(&path, "lock"))),
        format!("{} is not a folder; remove it, or name another folder", beside(&path, "lock").display())
    );
}

#[test]
fn a_record_has_a_longest_length() {
    let (_folder, path, store) = new();
    save(&store, &vec![b'x'; MIB]);
    assert_eq!(load(&store).unwrap().len(), MIB);
    let error = lock(&store).save(&Record::from_bytes(vec![b'y'; MIB + 1])).unwrap_err();
    let expected = "the token of login https://api.example.com/login email=sam has 1048577 bytes and was not kept; \
                    1048576 is the most";
    assert_eq!(error.to_string(), expected);
    assert_eq!(load(&store).unwrap()[0], b'x', "the record before is still there");

    fs::OpenOptions::new().write(true).open(token(&path)).unwrap().set_len(1 << 21).unwrap();
    let expected = format!(
        "{} has 2097152 bytes, which no token has (1048576 at most); remove it and sign in again",
        token(&path).display()
    );
    assert_eq!(refusal(&store), expected);
}

#[test]
fn a_write_that_fails_leaves_the_old_record_and_nothing_else() {
    let (_folder, path, store) = new();
    let said =
        run("trap '' XFSZ; ulimit -f 64", &mut child("child_process", "save too much for the disk", &path));
    assert!(
        said[0].starts_with(&format!("cannot write {}: File too large", token(&path).display())),
        "{said:?}"
    );
    assert_eq!(load(&store).unwrap(), b"old");
    assert_eq!(names(&path), [file_name("lock"), file_name("token")]);
}

#[test]
fn a_temporary_file_is_new_or_is_not_used() {
    let (folder, path, store) = new();
    save(&store, b"secret");
    let elsewhere = folder.join("elsewhere");
    let mut guard = lock(&store);
    for count in 0..1000 {
        let name = format!("{}.{}-{count}.tmp", key().file_name(), std::process::id());
        symlink(&elsewhere, path.join(name)).unwrap();
    }
    assert!(guard.save(&Record::from_bytes(b"new".to_vec())).is_ok());
    assert!(!elsewhere.exists(), "a link was followed");
    assert_eq!((load(&store).unwrap(), mode(&token(&path))), (b"new".to_vec(), 0o600));
    drop(guard);
    drop(lock(&store));
    assert_eq!(names(&path), [file_name("lock"), file_name("token")]);
}

#[test]
fn only_what_is_ours_and_left_behind_is_removed() {
    let (_folder, path, store) = new();
    save(&store, b"secret");
    let other = StoreKey::new("another").file_name();
    let junk =
        ["notes.txt", ".hidden", "x.tmp", &format!("{other}.1-1.tmp"), &format!("{}.bak", key().file_name())];
    let stale = [&format!("{}.1-1.tmp", key().file_name()), "probe.1-1.tmp"];
    for name in junk.iter().chain(&stale) {
        fs::write(path.join(name), "left").unwrap();
    }
    fs::create_dir(path.join("folder.tmp")).unwrap();
    drop(lock(&store));
    let left = names(&path);
    for name in junk {
        assert!(left.iter().any(|left| left == name), "{name} is gone");
        assert_eq!(fs::read(path.join(name)).unwrap(), b"left");
    }
    assert_eq!(left.len(), 2 + junk.len() + 1, "{left:?}");

    fs::write(token(&path), "sec").unwrap();
    assert_eq!(load(&store).unwrap(), b"sec", "what a record means is not the store's to say");
    assert_eq!(lock(&store).remove().unwrap(), authwright_core::store::Saved::Stored);
    assert_eq!(names(&path).len(), left.len() - 1);
}

#[test]
fn the_lock_file_is_empty_and_stays() {
    let (_folder, path, store) = new();
    save(&store, b"secret");
    let before = fs::metadata(beside(&path, "lock")).unwrap();
    assert!(lock(&store).remove().is_ok());
    let after = fs::metadata(beside(&path, "lock")).unwrap();
    assert_eq!((before.ino(), before.len()), (after.ino(), 0));
}

#[test]
fn reading_makes_nothing() {
    let (_folder, path, store) = new();
    assert_eq!(load(&store), None);
    assert!(!path.parent().unwrap().exists());
}

#[test]
fn an_application_has_a_folder_in_the_state_folder() {
    let folder = |variables: &[(&str, &str)]| {
        let mut command = child("child_process", "for app", Path::new("/unused"));
        command.env_remove("XDG_STATE_HOME").envs(variables.iter().copied());
        run(":", &mut command).remove(0)
    };
    if cfg!(target_os = "macos") {
        assert_eq!(folder(&[("HOME", "/Users/sam")]), "/Users/sam/Library/Application Support/acme/tokens");
    } else {
        assert_eq!(folder(&[("HOME", "/home/sam")]), "/home/sam/.local/state/acme/tokens");
        assert_eq!(folder(&[("HOME", "/home/sam"), ("XDG_STATE_HOME", "/x/state")]), "/x/state/acme/tokens");
    }
    assert_eq!(FileStore::for_app("../acme").unwrap_err().fault(), Fault::Caller);
}

#[test]
fn a_relative_folder_is_where_the_program_was_started() {
    let here = std::env::current_dir().unwrap();
    assert_eq!(FileStore::at("tokens").path(), here.join("tokens"));
    assert_eq!(format!("{:?}", FileStore::at("/a/b")), "FileStore(\"/a/b\")");
}

/// A store in a folder that is still to be made, and so is the one above it.
fn new() -> (Folder, PathBuf, FileStore) {
    let folder = Folder::new();
    let path = folder.join("state/acme");
    let store = FileStore::at(&path);
    (folder, path, store)
}

fn token(path: &Path) -> PathBuf {
    beside(path, "token")
}

fn beside(path: &Path, extension: &str) -> PathBuf {
    path.join(file_name(extension))
}

fn file_name(extension: &str) -> String {
    format!("{}.{extension}", key().file_name())
}

fn names(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = entries.collect();
    names.sort();
    names
}

fn lock_refusal(store: &FileStore) -> String {
    let error: Error = store.lock(&key(), Duration::ZERO).expect_err("it is refused");
    assert!(!error.is_transient());
    assert_eq!(error.fault(), Fault::Store);
    error.to_string()
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// The user this test runs as: whom the folder above belongs to.
fn me(path: &Path) -> u32 {
    fs::metadata(path.parent().unwrap()).unwrap().uid()
}

/// Runs a child from a shell that has done this first, and returns what it says.
fn run(first: &str, child: &mut Command) -> Vec<String> {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("{first}; exec \"$0\" \"$@\"")).arg0("sh");
    shell.arg(child.get_program()).args(child.get_args());
    for (name, value) in child.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let mut running = shell.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let said = Said::by(&mut running).collect();
    assert!(running.wait().unwrap().success(), "{said:?}");
    said
}
