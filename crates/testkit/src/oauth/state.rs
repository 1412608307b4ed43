//! What the server remembers.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    Callback, DevicePoll, Endpoint, RegisteredClient, authorize::AuthorizationRequest, device::Device,
    form::is_unreserved, nonces::Nonces, pushed::Waiting,
};
use crate::Reply;

/// How many secrets this process has made: no two servers have one in common.
static SERIAL: AtomicU64 = AtomicU64::new(0);

#[derive(Debug)]
pub(super) struct State {
    pub(super) clients: Vec<RegisteredClient>,
    pub(super) codes: HashMap<String, Code>,
    /// Logins: what a user allowed once, and all tokens that came of it.
    pub(super) families: Vec<Family>,
    pub(super) refresh_tokens: HashMap<String, RefreshToken>,
    pub(super) access_tokens: HashMap<String, AccessToken>,
    /// Requests that were pushed, by their `request_uri`.
    pub(super) waiting: HashMap<String, Waiting>,
    pub(super) devices: HashMap<String, Device>,
    pub(super) device_answers: VecDeque<DevicePoll>,
    pub(super) device_polls: Vec<SystemTime>,
    pub(super) registrations: Vec<Value>,
    pub(super) registered_ids: Vec<String>,
    /// Tokens that were revoked by their clients.
    pub(super) given_back: Vec<String>,
    pub(super) token_nonces: Nonces,
    pub(super) resource_nonces: Nonces,
    /// State, challenge and nonce of every authorization request: none is used again.
    pub(super) once: HashSet<(&'static str, String)>,
    pub(super) callback: Callback,
    pub(super) user_denies: bool,
    pub(super) scope_demanded: String,
    pub(super) acr_demanded: Option<(String, Option<u64>)>,
    pub(super) replaced: HashMap<Endpoint, VecDeque<Replaced>>,
    pub(super) grants: Vec<String>,
    pub(super) issued: usize,
    pub(super) revocations: usize,
    pub(super) violations: Vec<String>,
    secrets: Vec<String>,
}

/// An answer the test has set in place of ours.
#[derive(Debug)]
pub(super) struct Replaced {
    pub(super) reply: Reply,
    /// The request does its work all the same.
    pub(super) served: bool,
}

/// An authorization code.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) request: AuthorizationRequest,
    pub(super) expires: SystemTime,
    pub(super) used: bool,
    /// What came of it, once it was redeemed.
    pub(super) family: Option<usize>,
}

/// What was allowed, to whom.
#[derive(Clone, Debug, Default)]
pub(super) struct Family {
    pub(super) client_id: String,
    pub(super) subject: String,
    pub(super) scope: String,
    pub(super) audience: Vec<String>,
    pub(super) acr: Option<String>,
    pub(super) auth_time: u64,
    /// The key that refresh tokens of a public client are bound to (RFC 9449 section 5).
    pub(super) bound_to: Option<String>,
    pub(super) revoked: bool,
}

#[derive(Clone, Debug)]
pub(super) struct RefreshToken {
    pub(super) family: usize,
    pub(super) spent: bool,
}

#[derive(Clone, Debug)]
pub(super) struct AccessToken {
    pub(super) family: usize,
    pub(super) scope: String,
    pub(super) audience: Vec<String>,
    pub(super) issued_at: u64,
    pub(super) expires: SystemTime,
    pub(super) bound_to: Option<String>,
    pub(super) revoked: bool,
}

impl State {
    pub(super) fn new(clients: Vec<RegisteredClient>, token_nonces: Nonces, resource_nonces: Nonces) -> Self {
        let mut state = Self {
            clients: Vec::new(),
            codes: HashMap::new(),
            families: Vec::new(),
            refresh_tokens: HashMap::new(),
            access_tokens: HashMap::new(),
            waiting: HashMap::new(),
            devices: HashMap::new(),
            device_answers: VecDeque::new(),
            device_polls: Vec::new(),
            registrations: Vec::new(),
            registered_ids: Vec::new(),
            given_back: Vec::new(),
            token_nonces,
            resource_nonces,
            once: HashSet::new(),
            callback: Callback::Right,
            user_denies: false,
            scope_demanded: String::new(),
            acr_demanded: None,
            replaced: HashMap::new(),
            grants: Vec::new(),
            issued: 0,
            revocations: 0,
            violations: Vec::new(),
            secrets: Vec::new(),
        };
        for client in &clients {
            if let Some(secret) = client.secret() {
                state.keep(secret);
            }
        }
        state.clients = clients;
        state
    }

    pub(super) fn client(&self, id: &str) -> Option<&RegisteredClient> {
        self.clients.iter().find(|client| client.id == id)
    }

    /// A secret nobody has had, remembered. `tail` holds what has to be encoded on the way.
    pub(super) fn fresh(&mut self, kind: &str, tail: &str) -> String {
        let secret = format!("{}{tail}", unguessable(kind));
        self.keep(&secret);
        secret
    }

    /// Remembers a secret for [`secrets`](Self::secrets).
    pub(super) fn keep(&mut self, secret: &str) {
        if !self.secrets.iter().any(|known| known == secret) {
            self.secrets.push(secret.to_owned());
        }
    }

    /// Every secret, and of those that look different in a URL also the longest part that does not.
    pub(super) fn secrets(&self) -> Vec<String> {
        let parts = self.secrets.iter().filter_map(|secret| {
            let runs = secret.split(|char: char| !u8::try_from(char).is_ok_and(is_unreserved));
            runs.max_by_key(|run| run.len()).filter(|run| run.len() >= 16 && *run != secret)
        });
        self.secrets.iter().cloned().chain(parts.map(str::to_owned)).collect()
    }

    /// Ends a login with all that came of it.
    pub(super) fn revoke(&mut self, family: usize) {
        if let Some(family) = self.families.get_mut(family) {
            family.revoked = true;
        }
    }

    /// Whether this is used for the first time.
    pub(super) fn first(&mut self, kind: &'static str, value: &str) -> bool {
        self.once.insert((kind, value.to_owned()))
    }
}

/// Text nobody has had before.
pub(super) fn unguessable(kind: &str) -> String {
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    let hash = Sha256::digest(format!("{kind} {serial}"));
    format!("{kind}{serial}-{}", BASE64URL.encode(hash))
}

/// Since the epoch, as JWTs count (RFC 7519 section 2).
pub(super) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
