//! The stores here are held to what every store is held to.

mod common;

use std::fs;

use authwright_core::store::conformance;
use authwright_store::FileStore;

use self::common::Folder;

#[test]
fn file_store_conforms() {
    let folder = Folder::new();
    let path = folder.join("state/acme");
    conformance::check(|| Box::new(FileStore::at(&path)));
    let left: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| name.to_string_lossy().ends_with(".lock")), "{left:?}");
}
