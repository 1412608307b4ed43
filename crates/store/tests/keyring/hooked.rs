//! A keyring in memory whose entries have a limit, which fails when it is told to, and lets others in half way.

use std::{
    any::Any,
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

use authwright_store::keyring_core::{
    CredentialStore, Entry, Error, Result,
    api::{Credential, CredentialApi, CredentialStoreApi},
};

#[derive(Clone)]
pub(crate) struct Hooked(Arc<Mutex<State>>, usize);

#[derive(Default)]
struct State {
    entries: BTreeMap<String, Vec<u8>>,
    /// How many calls that read or write may still succeed.
    left: Option<usize>,
    failed: bool,
    /// What happens before a read, and before which.
    hook: Option<(usize, Box<dyn FnOnce() + Send>)>,
}

impl Hooked {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self(Arc::default(), limit))
    }

    /// The names of all entries.
    pub(crate) fn entries(&self) -> Vec<String> {
        self.state().entries.keys().cloned().collect()
    }

    pub(crate) fn put(&self, name: &str, secret: &[u8]) {
        self.state().entries.insert(name.to_owned(), secret.to_vec());
    }

    pub(crate) fn delete(&self, name: &str) {
        self.state().entries.remove(name).expect("it is there");
    }

    /// Lets this many calls through, and no more.
    pub(crate) fn fail_after(&self, calls: usize) {
        self.state().left = Some(calls);
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.state().failed
    }

    pub(crate) fn heal(&self) {
        self.state().left = None;
    }

    /// Does this once, before the read of this number from now.
    pub(crate) fn before_get(&self, read: usize, act: impl FnOnce() + Send + 'static) {
        self.state().hook = Some((read, Box::new(act)));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn call(&self) -> Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        match &mut state.left {
            Some(0) => {
                state.failed = true;
                Err(Error::PlatformFailure("told to fail".into()))
            }
            Some(left) => {
                *left -= 1;
                Ok(state)
            }
            None => Ok(state),
        }
    }
}

impl CredentialStoreApi for Hooked {
    fn vendor(&self) -> String {
        "test".into()
    }

    fn id(&self) -> String {
        "test".into()
    }

    fn build(&self, service: &str, user: &str, _: Option<&HashMap<&str, &str>>) -> Result<Entry> {
        assert_eq!(service, "acme");
        Ok(Entry::new_with_credential(Arc::new(Named { store: self.clone(), name: user.to_owned() })))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn debug_fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hooked")
    }
}

struct Named {
    store: Hooked,
    name: String,
}

impl CredentialApi for Named {
    fn set_secret(&self, secret: &[u8]) -> Result<()> {
        let mut state = self.store.call()?;
        if secret.len() > self.store.1 {
            return Err(Error::TooLong("secret".into(), 0));
        }
        state.entries.insert(self.name.clone(), secret.to_vec());
        Ok(())
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        let hook = match &mut self.store.state().hook {
            Some((left @ 1.., _)) => {
                *left -= 1;
                None
            }
            hook => hook.take(),
        };
        if let Some((_, act)) = hook {
            act();
        }
        self.store.call()?.entries.get(&self.name).cloned().ok_or(Error::NoEntry)
    }

    fn delete_credential(&self) -> Result<()> {
        self.store.call()?.entries.remove(&self.name).map(drop).ok_or(Error::NoEntry)
    }

    fn get_credential(&self) -> Result<Option<Arc<Credential>>> {
        Ok(None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        None
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn debug_fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Named")
    }
}

/// That it can be given where a keyring is asked for.
const _: fn(Arc<Hooked>) -> Arc<CredentialStore> = |store| store;
