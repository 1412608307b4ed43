//! A server whose refresh tokens are good once, and a store that tells it what is saved.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use authwright_core::{
    Error, MemoryStore, TokenStore,
    store::{Record, Saved, StoreGuard, StoreKey},
};
use authwright_testkit::{Net, Received, Reply};

/// Place 1 takes each refresh token once, and takes the login away when one comes again. Place 0 takes the newest access
/// token. The log has what happened, in its order.
#[derive(Debug, Default)]
pub(crate) struct Server {
    pub(crate) state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    live: HashSet<String>,
    spent: HashSet<String>,
    pub(crate) issued: usize,
    pub(crate) revocations: usize,
    log: Vec<String>,
}

impl Server {
    pub(crate) fn on(net: &Net, first: &str) -> Arc<Self> {
        let server = Arc::new(Self::default());
        server.state.lock().unwrap().live.insert(first.into());
        let script = Arc::clone(&server);
        net.set_script(move |request| script.answer(request));
        net.take();
        server
    }

    fn answer(&self, request: &Received) -> Reply {
        let mut state = self.state.lock().unwrap();
        if request.origin == 0 {
            let sent = request.header("authorization").unwrap_or_default().to_owned();
            let is_newest = sent == format!("Bearer acc3ss-{}", state.issued);
            state.log.push(format!("used {sent}"));
            return if is_newest {
                Reply::ok("")
            } else {
                Reply::unauthorized("Bearer error=\"invalid_token\"")
            };
        }
        let token = request.form_value("refresh_token").unwrap_or_default();
        state.log.push(format!("redeemed {token}"));
        if !state.live.remove(&token) {
            if state.spent.contains(&token) {
                state.revocations += 1;
                state.live.clear();
            }
            return Reply::status(400).body(r#"{"error": "invalid_grant"}"#);
        }
        state.spent.insert(token);
        state.issued += 1;
        let number = state.issued;
        state.live.insert(format!("r3fresh-{number}"));
        Reply::json(&format!(
            r#"{{"access_token": "acc3ss-{number}", "token_type": "Bearer", "expires_in": 300, "refresh_token": "r3fresh-{number}"}}"#
        ))
    }

    pub(crate) fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().log)
    }

    /// Ends the login, as its user would.
    pub(crate) fn forget(&self) {
        self.state.lock().unwrap().live.clear();
    }

    pub(crate) fn sign_in(&self, token: &str) {
        self.state.lock().unwrap().live.insert(token.into());
    }
}

/// A store that tells what is saved, in the order of what else happens.
#[derive(Debug)]
pub(crate) struct Spy {
    pub(crate) inner: MemoryStore,
    pub(crate) server: Arc<Server>,
}

#[derive(Debug)]
struct SpyGuard {
    inner: Box<dyn StoreGuard>,
    server: Arc<Server>,
}

impl TokenStore for Spy {
    fn load(&self, key: &StoreKey) -> Result<Option<Record>, Error> {
        self.inner.load(key)
    }

    fn lock(&self, key: &StoreKey, patience: Duration) -> Result<Box<dyn StoreGuard>, Error> {
        Ok(Box::new(SpyGuard { inner: self.inner.lock(key, patience)?, server: Arc::clone(&self.server) }))
    }
}

impl StoreGuard for SpyGuard {
    fn load(&mut self) -> Result<Option<Record>, Error> {
        self.inner.load()
    }

    fn save(&mut self, record: &Record) -> Result<Saved, Error> {
        let saved = self.inner.save(record);
        let json: serde_json::Value = serde_json::from_slice(record.as_bytes()).unwrap();
        let text = |member: &str| json[member].as_str().unwrap().to_owned();
        let line = format!("saved {} {}", text("access_token"), text("refresh_token"));
        self.server.state.lock().unwrap().log.push(line);
        // No other member has kept the old one.
        let whole = json.to_string();
        assert_eq!(whole.matches("r3fresh").count(), 1, "{whole}");
        saved
    }

    fn remove(&mut self) -> Result<Saved, Error> {
        self.inner.remove()
    }
}
