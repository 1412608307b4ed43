//! The keyring of the system.

use std::sync::Arc;

use authwright_core::Error;
use keyring_core::CredentialStore;

use crate::refused;

/// An error says that there is none. Nothing is kept elsewhere in its stead, unless the program has said where.
pub(super) fn find() -> Result<Arc<CredentialStore>, Error> {
    open().map_err(|error| {
        refused(format!(
            "no {NAME} here ({error}); add `.or_file(store)` if a file with mode 600 is acceptable"
        ))
    })
}

#[cfg(target_os = "macos")]
const NAME: &str = "Keychain";

#[cfg(target_os = "macos")]
fn open() -> keyring_core::Result<Arc<CredentialStore>> {
    let store = apple_native_keyring_store::keychain::Store::new()?;
    Ok(store)
}

#[cfg(windows)]
const NAME: &str = "Credential Manager";

#[cfg(windows)]
fn open() -> keyring_core::Result<Arc<CredentialStore>> {
    let store = windows_native_keyring_store::Store::new()?;
    Ok(store)
}

#[cfg(all(unix, not(any(target_os = "macos", target_os = "ios", target_os = "android"))))]
const NAME: &str = "Secret Service";

/// Fails where there is no session bus, or nobody on it who offers the service.
#[cfg(all(unix, not(any(target_os = "macos", target_os = "ios", target_os = "android"))))]
fn open() -> keyring_core::Result<Arc<CredentialStore>> {
    let store = zbus_secret_service_keyring_store::Store::new()?;
    Ok(store)
}

#[cfg(not(any(all(unix, not(any(target_os = "ios", target_os = "android"))), windows)))]
const NAME: &str = "keyring known to this crate";

#[cfg(not(any(all(unix, not(any(target_os = "ios", target_os = "android"))), windows)))]
fn open() -> keyring_core::Result<Arc<CredentialStore>> {
    Err(keyring_core::Error::NoDefaultStore)
}
