//! Where the system has no keyring: a child is told of a session bus that is not there.
#![cfg(all(feature = "keyring", target_os = "linux"))]

mod common;

use authwright_core::store::TokenStore;
use authwright_store::{FileStore, Keyring};

use self::common::{Folder, Said, child, key, load, save, task};

#[test]
fn child_process() {
    let Some((task, folder)) = task() else { return };
    let keyring = Keyring::for_app("acme").unwrap();
    if task == "or file" {
        let keyring = keyring.or_file(FileStore::at(folder));
        save(&keyring, b"secret");
        assert_eq!(load(&keyring).unwrap(), b"secret");
    } else {
        println!("@{}", keyring.load(&key()).unwrap_err());
        println!("@{}", keyring.lock(&key(), common::PATIENT).unwrap_err());
    }
}

#[test]
fn without_a_secret_service_nothing_is_kept() {
    let folder = Folder::new();
    let said = run("alone", &folder);
    assert_eq!(said.len(), 2);
    for error in said {
        assert!(error.starts_with("no Secret Service here ("), "{error}");
        assert!(error.ends_with("); add `.or_file(store)` if a file with mode 600 is acceptable"), "{error}");
    }
    assert!(!folder.join("state").exists() && !folder.join("tokens").exists(), "something was made");
}

#[test]
fn a_file_takes_its_place_where_the_program_says_so() {
    let folder = Folder::new();
    assert_eq!(run("or file", &folder), [""; 0]);
    assert_eq!(load(&FileStore::at(folder.join("tokens"))).unwrap(), b"secret");
    assert!(!folder.join("state").exists(), "nothing is locked but the file");
}

fn run(task: &str, folder: &Folder) -> Vec<String> {
    let mut command = child("child_process", task, &folder.join("tokens"));
    command.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", folder.join("no-bus").display()));
    command.env("XDG_STATE_HOME", folder.join("state"));
    let mut running = command.spawn().unwrap();
    let said = Said::by(&mut running).collect();
    assert!(running.wait().unwrap().success());
    said
}
