//! Which of keyring and file it is, and that it stays so.

use std::{
    env, fs, process,
    sync::atomic::{AtomicBool, Ordering},
};

use keyring_core::mock;

use super::*;

/// A keyring that may come and go, and a file to fall back on.
struct Setting {
    folder: PathBuf,
    is_there: Arc<AtomicBool>,
    store: Arc<CredentialStore>,
}

impl Setting {
    fn new(test: &str) -> Self {
        let folder = env::temp_dir().join(format!("authwright-keyring-{}-{test}", process::id()));
        Self { folder, is_there: Arc::default(), store: mock::Store::new().unwrap() }
    }

    fn keyring(&self) -> Keyring {
        let (is_there, store) = (Arc::clone(&self.is_there), Arc::clone(&self.store));
        let find = move || {
            if is_there.load(Ordering::Relaxed) {
                Ok(Arc::clone(&store))
            } else {
                Err(crate::refused("none"))
            }
        };
        Keyring::find_with("acme", Box::new(find)).unwrap().lock_folder(self.folder.join("locks"))
    }

    fn or_file(&self) -> Keyring {
        Keyring { if_none: Some(self.file()), ..self.keyring() }
    }

    fn file(&self) -> FileStore {
        FileStore::at(self.folder.join("file"))
    }

    fn set_is_there(&self, is_there: bool) {
        self.is_there.store(is_there, Ordering::Relaxed);
    }
}

impl Drop for Setting {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn key() -> StoreKey {
    StoreKey::new("key")
}

fn save(store: &dyn TokenStore, text: &str) {
    let mut guard = store.lock(&key(), Duration::ZERO).unwrap();
    assert_eq!(guard.save(&Record::from_bytes(text.into())).unwrap(), Saved::Stored);
}

fn load(store: &dyn TokenStore) -> Option<String> {
    store.load(&key()).unwrap().map(|record| String::from_utf8(record.as_bytes().to_vec()).unwrap())
}

#[test]
fn without_a_keyring_nothing_is_kept() {
    let setting = Setting::new("closed");
    let keyring = setting.keyring();
    assert_eq!(keyring.load(&key()).unwrap_err().to_string(), "none");
    assert_eq!(keyring.lock(&key(), Duration::ZERO).unwrap_err().to_string(), "none");
    assert!(!setting.folder.exists(), "nothing was made");
    setting.set_is_there(true);
    save(&keyring, "kept");
    assert_eq!(load(&keyring).as_deref(), Some("kept"), "found when it has come");
}

#[test]
fn once_tokens_are_in_the_file_they_stay_there() {
    let setting = Setting::new("file");
    let keyring = setting.or_file();
    save(&keyring, "in the file");
    setting.set_is_there(true);
    assert_eq!(load(&keyring).as_deref(), Some("in the file"));
    assert_eq!(load(&setting.file()).as_deref(), Some("in the file"));
    assert_eq!(load(&setting.keyring()), None, "nothing is in the keyring");
    assert_eq!(format!("{keyring:?}"), format!("Keyring(\"acme\", {:?})", setting.file()));
}

#[test]
fn once_tokens_are_in_the_keyring_none_goes_to_the_file() {
    let setting = Setting::new("keyring");
    setting.set_is_there(true);
    let keyring = setting.or_file();
    save(&keyring, "in the keyring");
    setting.set_is_there(false);
    assert_eq!(load(&keyring).as_deref(), Some("in the keyring"));

    // A keyring that fails, by being locked for instance, is not one that is not there.
    let name = key().file_name();
    let entry = setting.store.build("acme", &name, None).unwrap();
    let entry = entry.as_any().downcast_ref::<mock::Cred>().unwrap();
    entry.set_error(keyring_core::Error::NoStorageAccess("locked".into()));
    assert!(keyring.load(&key()).unwrap_err().to_string().contains("unlock the keyring"));
    let mut guard = keyring.lock(&key(), Duration::ZERO).unwrap();
    entry.set_error(keyring_core::Error::NoStorageAccess("locked".into()));
    assert!(guard.save(&Record::from_bytes(b"lost".to_vec())).is_err());
    assert_eq!(load(&setting.file()), None, "nothing is in the file");
}

/// The record of a large token is spread on Windows and not elsewhere.
#[test]
fn entries_are_limited_where_the_system_limits_them() {
    let setting = Setting::new("limit");
    assert_eq!(setting.keyring().entry_limit, if cfg!(windows) { 2560 } else { usize::MAX });
    assert_eq!(setting.keyring().entry_limit(1).entry_limit, 512);
}
