//! A real Secret Service: run by `tests/interop/run secret-service`, in a session of its own.
#![cfg(target_os = "linux")]

use authwright_core::store::conformance;
use authwright_store::Keyring;

mod common;

#[test]
fn the_secret_service_conforms() {
    let locks = common::Folder::new();
    let keyring = || Keyring::for_app("authwright-test").unwrap().lock_folder(locks.join("locks"));
    conformance::check(|| Box::new(keyring()));
    assert!(locks.join("locks").exists());
}
