//! The store: files.

use std::{env, fs, process, sync::Arc};

use authwright_core::TokenStore;
use authwright_store::FileStore;

/// How often a process is killed.
pub(crate) const KILLS: usize = 100;

/// A place of its own for each test, removed at its end.
pub(crate) struct Place(pub(crate) String);

impl Place {
    pub(crate) fn new(test: &str) -> Self {
        let folder = env::temp_dir().join(format!("authwright-{test}-{}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        Self(folder.to_str().unwrap().to_owned())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn open(place: &str) -> Arc<dyn TokenStore> {
    Arc::new(FileStore::at(place))
}
