//! Where tokens outlive a process: [`FileStore`] keeps them in files that only you can read, and `Keyring` (feature
//! `keyring`) in the keyring of the system. Both let one process at a time renew a token, across processes and threads.
//!
//! ```
//! use std::time::Duration;
//!
//! use authwright_core::{TokenStore, store::{Record, Saved, StoreKey}};
//! use authwright_store::FileStore;
//!
//! # let folder = std::env::temp_dir().join(format!("authwright-doc-{}", std::process::id()));
//! # let _ = FileStore::for_app("acme")?;
//! # let store = FileStore::at(&folder);
//! # #[cfg(any())]
//! let store = FileStore::for_app("acme")?;
//!
//! // What a flow does with it:
//! let key = StoreKey::new("login https://api.example.com/login email=sam");
//! let mut guard = store.lock(&key, Duration::from_secs(10))?;
//! assert_eq!(guard.save(&Record::from_bytes(b"token".to_vec()))?, Saved::Stored);
//! drop(guard);
//! assert_eq!(store.load(&key)?.unwrap().as_bytes(), b"token");
//! # std::fs::remove_dir_all(folder).unwrap();
//! # Ok::<(), authwright_core::Error>(())
//! ```
//!
//! # What protects the tokens
//!
//! In files: the access rights of the folder (700) and of each file (600), which are checked at every use and refused
//! where they are wider, as are files of other users and symbolic links. Whoever runs as the same user, and root, can
//! read them; so can whoever reads a backup. On Windows there are no such modes: the folder is in the user's profile,
//! whose access list keeps other users out, and a folder of your own must have one that does.
//!
//! In a keyring: what the system does for it. Mostly that is encryption with the password of the session, and every
//! program of the same user may read it while the session is open.
//!
//! The lock files hold nothing. A folder on a network must support locks, or the store says so and refuses.

mod app;
mod file;
mod folder;
#[cfg(feature = "keyring-core")]
mod keyring;
mod lock;
mod private;
mod temporary;

use std::{fmt, path::Path};

use authwright_core::{Error, Fault, store::StoreKey};
#[cfg(feature = "keyring-core")]
pub use keyring_core;

pub use self::file::FileStore;
#[cfg(feature = "keyring-core")]
pub use self::keyring::Keyring;

/// Longest record that is read or written, in bytes. What is longer is a mistake, not a token.
const LIMIT: usize = 1024 * 1024;

fn refused(message: impl Into<String>) -> Error {
    Error::new(Fault::Store, message)
}

fn failed(doing: &str, path: &Path, error: &dyn fmt::Display) -> Error {
    refused(format!("cannot {doing} {}: {error}", path.display()))
}

fn too_long(what: &dyn fmt::Display, length: u64) -> Error {
    refused(format!(
        "{what} has {length} bytes, which no token has ({LIMIT} at most); remove it and sign in again"
    ))
}

/// A record that could be written, but not read again.
fn check_length(key: &StoreKey, bytes: &[u8]) -> Result<(), Error> {
    let length = bytes.len();
    if length > LIMIT {
        return Err(refused(format!(
            "the token of {key} has {length} bytes and was not kept; {LIMIT} is the most"
        )));
    }
    Ok(())
}
