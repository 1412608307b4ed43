//! Tokens in files.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use authwright_core::{
    Error,
    store::{Record, Saved, StoreGuard, StoreKey, TokenStore},
};

use crate::{app, check_length, folder::Folder, lock::Lock};

/// Keeps each token in a file of its own, in a folder that only this user can look into. Clones are the same store.
///
/// The folder and the files are made when they are needed, with modes 700 and 600 whatever the umask says, and are
/// refused where they have become wider, belong to another user, or are symbolic links. A save replaces the file as a
/// whole and is on the disk before it returns. What else is in the folder is left alone.
///
/// ```
/// use authwright_store::FileStore;
///
/// let store = FileStore::for_app("acme")?;
/// assert!(store.path().ends_with("acme/tokens"));
/// # Ok::<(), authwright_core::Error>(())
/// ```
#[derive(Clone)]
pub struct FileStore(Arc<Folder>);

impl FileStore {
    /// `tokens` in the folder of this name, which is in `$XDG_STATE_HOME` or else `~/.local/state`; on macOS in
    /// `~/Library/Application Support`, on Windows in `%LOCALAPPDATA%`.
    ///
    /// # Errors
    /// No home folder is known, or the name has other characters than letters, digits, `-`, `_` and `.`, or a dot at
    /// either end.
    pub fn for_app(app: &str) -> Result<Self, Error> {
        Ok(Self::at(app::folder(app)?))
    }

    /// This folder, which should hold nothing else. Those above it are made too where they are missing.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self(Arc::new(Folder::new(folder.into())))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    fn read(&self, key: &StoreKey) -> Result<Option<Record>, Error> {
        Ok(self.0.read(&record_name(key))?.map(Record::from_bytes))
    }
}

impl TokenStore for FileStore {
    fn load(&self, key: &StoreKey) -> Result<Option<Record>, Error> {
        self.read(key)
    }

    fn lock(&self, key: &StoreKey, patience: Duration) -> Result<Box<dyn StoreGuard>, Error> {
        let lock = Lock::take(&self.0, key, patience)?;
        Ok(Box::new(Guard { store: self.clone(), key: key.clone(), _lock: lock }))
    }
}

#[derive(Debug)]
struct Guard {
    store: FileStore,
    key: StoreKey,
    _lock: Lock,
}

impl StoreGuard for Guard {
    fn load(&mut self) -> Result<Option<Record>, Error> {
        self.store.read(&self.key)
    }

    fn save(&mut self, record: &Record) -> Result<Saved, Error> {
        let bytes = record.as_bytes();
        check_length(&self.key, bytes)?;
        self.store.0.write(&record_name(&self.key), &self.key.file_name(), bytes)?;
        Ok(Saved::Stored)
    }

    fn remove(&mut self) -> Result<Saved, Error> {
        self.store.0.remove(&record_name(&self.key))?;
        Ok(Saved::Stored)
    }
}

fn record_name(key: &StoreKey) -> String {
    format!("{}.token", key.file_name())
}

/// Shows the folder.
impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FileStore").field(&self.path()).finish()
    }
}
