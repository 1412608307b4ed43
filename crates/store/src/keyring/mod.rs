//! Tokens in the keyring of the system.

mod entries;
mod head;
#[cfg(feature = "keyring")]
mod platform;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use authwright_core::{
    Error,
    store::{Record, Saved, StoreGuard, StoreKey, TokenStore},
};
use keyring_core::CredentialStore;

use self::entries::Entries;
use crate::{FileStore, app, check_length, folder::Folder, lock::Lock};

/// Keeps tokens in a keyring: the Secret Service, the macOS Keychain, the Windows Credential Manager, or whatever speaks
/// [`keyring_core`].
///
/// Where there is none, it says so and keeps nothing, unless the program allows a file with [`or_file`](Self::or_file).
///
/// Keyrings have no locks, so a lock file is kept beside them, in the folder [`FileStore::for_app`] would use; there is
/// no secret in it. A keyring may ask the user to unlock it, which takes as long as the user does.
///
/// ```
/// use std::time::Duration;
///
/// use authwright_core::{TokenStore, store::{Record, StoreKey}};
/// use authwright_store::{Keyring, keyring_core};
///
/// # let folder = std::env::temp_dir().join(format!("authwright-doc-keyring-{}", std::process::id()));
/// let store = keyring_core::mock::Store::new()?; // a keyring of your choice
/// let keyring = Keyring::with(store, "acme")?;
/// # let keyring = keyring.lock_folder(&folder);
/// let key = StoreKey::new("login https://api.example.com/login email=sam");
/// let saved = keyring.lock(&key, Duration::from_secs(10))?.save(&Record::from_bytes(b"token".to_vec()))?;
/// assert_eq!(keyring.load(&key)?.unwrap().as_bytes(), b"token");
/// # let _ = (saved, std::fs::remove_dir_all(folder));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Keyring {
    app: String,
    find: Find,
    if_none: Option<FileStore>,
    entry_limit: usize,
    locks: Arc<Folder>,
    chosen: OnceLock<Chosen>,
}

/// Finds the keyring. An error says that there is none.
type Find = Box<dyn Fn() -> Result<Arc<CredentialStore>, Error> + Send + Sync>;

/// Where the tokens are, from the first use on.
#[derive(Clone)]
enum Chosen {
    Keyring(Arc<Entries>),
    File(FileStore),
}

impl Keyring {
    /// The keyring of the system, with an entry for each token under this application's name.
    ///
    /// It is looked for at the first use. Where there is none, that and every later use is an error, unless
    /// [`or_file`](Self::or_file) says what to use instead.
    ///
    /// # Errors
    /// The name is not one that [`FileStore::for_app`] takes, or no home folder is known.
    ///
    /// ```
    /// use authwright_store::Keyring;
    ///
    /// let keyring = Keyring::for_app("acme")?;
    /// # Ok::<(), authwright_core::Error>(())
    /// ```
    #[cfg(feature = "keyring")]
    pub fn for_app(app: &str) -> Result<Self, Error> {
        Self::find_with(app, Box::new(platform::find))
    }

    /// A keyring of the program's choice.
    ///
    /// # Errors
    /// The name is not one that [`FileStore::for_app`] takes, or no home folder is known.
    pub fn with(store: Arc<CredentialStore>, app: &str) -> Result<Self, Error> {
        Self::find_with(app, Box::new(move || Ok(Arc::clone(&store))))
    }

    fn find_with(app: &str, find: Find) -> Result<Self, Error> {
        let locks = Arc::new(Folder::new(app::folder(app)?));
        let (if_none, entry_limit, chosen) = (None, ENTRY_LIMIT, OnceLock::new());
        Ok(Self { app: app.to_owned(), find, if_none, entry_limit, locks, chosen })
    }

    /// Where the system has no keyring, keep tokens in this file store.
    ///
    /// Which of the two it is is decided once, at the first use: a keyring that fails later is an error, and does not
    /// make tokens go to a file. Another process decides for itself, so a program that runs both in a session and
    /// without one may have tokens in both.
    ///
    /// ```
    /// use authwright_store::{FileStore, Keyring};
    ///
    /// let keyring = Keyring::for_app("acme")?.or_file(FileStore::for_app("acme")?);
    /// # Ok::<(), authwright_core::Error>(())
    /// ```
    #[cfg(feature = "keyring")]
    pub fn or_file(mut self, store: FileStore) -> Self {
        self.if_none = Some(store);
        self
    }

    /// The most bytes the keyring takes in one entry; a longer record is spread over several. Without this it is 2,560 on
    /// Windows, and elsewhere as much as a record may have. At least 512 are used.
    pub fn entry_limit(mut self, bytes: usize) -> Self {
        self.entry_limit = bytes.max(512);
        self
    }

    /// Keeps the lock files in this folder. All processes that share a keyring must name the same one.
    pub fn lock_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.locks = Arc::new(Folder::new(folder.into()));
        self
    }

    fn chosen(&self) -> Result<Chosen, Error> {
        if let Some(chosen) = self.chosen.get() {
            return Ok(chosen.clone());
        }
        let found = match ((self.find)(), &self.if_none) {
            (Ok(store), _) => {
                Chosen::Keyring(Arc::new(Entries::new(store, self.app.clone(), self.entry_limit)))
            }
            (Err(_), Some(file)) => Chosen::File(file.clone()),
            (Err(error), None) => return Err(error),
        };
        // Where two threads have looked at once, the first to come counts for both.
        Ok(self.chosen.get_or_init(|| found).clone())
    }
}

/// `CRED_MAX_CREDENTIAL_BLOB_SIZE`. The others have no limit that a record would reach, and one entry means one question
/// to the user where a keychain asks.
const ENTRY_LIMIT: usize = if cfg!(windows) { 5 * 512 } else { usize::MAX };

impl TokenStore for Keyring {
    fn load(&self, key: &StoreKey) -> Result<Option<Record>, Error> {
        match self.chosen()? {
            Chosen::Keyring(entries) => Ok(entries.load(&key.file_name())?.map(Record::from_bytes)),
            Chosen::File(file) => file.load(key),
        }
    }

    fn lock(&self, key: &StoreKey, patience: Duration) -> Result<Box<dyn StoreGuard>, Error> {
        match self.chosen()? {
            Chosen::Keyring(entries) => {
                let lock = Lock::take(&self.locks, key, patience)?;
                Ok(Box::new(Guard { entries, key: key.clone(), name: key.file_name(), _lock: lock }))
            }
            Chosen::File(file) => file.lock(key, patience),
        }
    }
}

struct Guard {
    entries: Arc<Entries>,
    key: StoreKey,
    name: String,
    _lock: Lock,
}

impl StoreGuard for Guard {
    fn load(&mut self) -> Result<Option<Record>, Error> {
        Ok(self.entries.load(&self.name)?.map(Record::from_bytes))
    }

    fn save(&mut self, record: &Record) -> Result<Saved, Error> {
        check_length(&self.key, record.as_bytes())?;
        self.entries.save(&self.name, record.as_bytes())?;
        Ok(Saved::Stored)
    }

    fn remove(&mut self) -> Result<Saved, Error> {
        self.entries.remove(&self.name)?;
        Ok(Saved::Stored)
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guard").field(&self.key).finish()
    }
}

/// Shows the application, and where tokens are once that is decided.
impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_tuple("Keyring");
        debug.field(&self.app);
        if let Some(Chosen::File(file)) = self.chosen.get() {
            debug.field(file);
        }
        debug.finish()
    }
}
