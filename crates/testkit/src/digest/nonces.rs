//! The nonces given out, and what was done with each.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
};

/// How many nonces this process has made: no two realms have one in common.
static SERIAL: AtomicU64 = AtomicU64::new(0);

/// All nonces of a realm.
#[derive(Debug, Default)]
pub(super) struct Nonces {
    given: HashMap<Vec<u8>, Nonce>,
}

/// One nonce, as it stands between the quotes.
#[derive(Clone, Debug)]
pub(super) struct Nonce {
    /// With which of the challenges it was given; none where all have the same.
    pub(super) offer: Option<usize>,
    /// The nonce of the challenge a session began with, this one's own or the one that `nextnonce` led here from.
    pub(super) root: Vec<u8>,
    /// Every count seen, in the order of arrival, also of answers that were refused.
    pub(super) counts: Vec<u32>,
    /// How many answers were accepted.
    pub(super) uses: u32,
    /// Another has taken its place.
    pub(super) retired: bool,
    /// The first cnonce of each user.
    first_cnonces: HashMap<String, Vec<u8>>,
}

impl Nonces {
    /// Gives out a nonce nobody has had, or the one there is.
    pub(super) fn give(&mut self, fixed: Option<&str>, offer: usize, root: Option<&[u8]>) -> String {
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let text = fixed.map_or_else(|| format!("n{:06}/+{:x}==", serial, serial * 7919), str::to_owned);
        let nonce = Nonce {
            offer: fixed.is_none().then_some(offer),
            root: root.unwrap_or(text.as_bytes()).to_vec(),
            counts: Vec::new(),
            uses: 0,
            retired: false,
            first_cnonces: HashMap::new(),
        };
        self.given.entry(text.clone().into_bytes()).or_insert(nonce);
        text
    }

    pub(super) fn get(&mut self, raw: &[u8]) -> Option<&mut Nonce> {
        self.given.get_mut(raw)
    }

    /// The cnonce a session's key is made of: the first this user sent with the session's first nonce (RFC 7616 section 3.4.2).
    pub(super) fn first_cnonce(&mut self, root: &[u8], user: &str, cnonce: &[u8]) -> Vec<u8> {
        let Some(nonce) = self.given.get_mut(root) else { return cnonce.to_vec() };
        nonce.first_cnonces.entry(user.to_owned()).or_insert_with(|| cnonce.to_vec()).clone()
    }

    pub(super) fn known(&self) -> usize {
        self.given.len()
    }
}
