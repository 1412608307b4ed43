//! One protection space: it challenges, checks what comes back, and remembers.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Accepted, DigestBuilder, Rejected, nonces::Nonces};
use crate::{Received, Reply};

/// A realm that demands Digest (RFC 7616) and takes nothing that is not by the letter. Clones share one memory.
///
/// ```
/// use authwright_testkit::{DigestRealm, Host, Net, Place, Reply};
///
/// let realm = DigestRealm::builder("api").user("sam", "pw").algorithms(&["SHA-256", "MD5"]).build();
/// let asked = realm.clone();
/// let net = Net::start(&[Place::http(Host::V4)], move |request| asked.reply(request, Reply::ok("hello")))?;
///
/// // ... after a client was here:
/// assert_eq!(realm.violations(), [] as [String; 0]);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct DigestRealm {
    pub(super) setting: Arc<DigestBuilder>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) nonces: Nonces,
    pub(super) accepted: Vec<Accepted>,
    pub(super) violations: Vec<String>,
}

impl DigestRealm {
    /// Describes a realm of this name.
    pub fn builder(realm: &str) -> DigestBuilder {
        DigestBuilder::new(realm)
    }

    pub(super) fn of(setting: DigestBuilder) -> Self {
        Self { setting: Arc::new(setting), state: Arc::default() }
    }

    /// Checks a request, as every server would and beyond. Its nonce count is used up by it.
    ///
    /// # Errors
    /// Which rule it breaks, or what it lacks.
    pub fn answer(&self, request: &Received) -> Result<Accepted, Rejected> {
        self.checked(request).map(|checked| checked.accepted)
    }

    /// What a server answers: `ok` with its proof, or 401 with the challenges. A client that breaks a rule gets 400, and the rule for a body.
    pub fn reply(&self, request: &Received, ok: Reply) -> Reply {
        match self.checked(request) {
            Ok(checked) => self.with_info(ok, &checked),
            Err(Rejected::Broken(rule)) => Reply::status(400).body(rule),
            Err(rejected) => self.challenge(rejected == Rejected::Stale),
        }
    }

    /// The answer to a request without credentials, or (`stale`) with a nonce that is over.
    pub fn challenge(&self, stale: bool) -> Reply {
        let (status, field) =
            if self.setting.proxy { (407, "proxy-authenticate") } else { (401, "www-authenticate") };
        let mut reply = Reply::status(status);
        for line in &self.setting.before {
            reply = reply.header(field, line);
        }
        for offer in 0..self.setting.offers.len() {
            let text = self.challenge_text(offer, stale);
            reply = reply.header(
                field,
                self.setting.spell.as_ref().map_or_else(|| text.clone(), |spell| spell(text.clone())),
            );
        }
        reply
    }

    /// The requests let through so far, in the order in which they came.
    pub fn accepted(&self) -> Vec<Accepted> {
        self.state().accepted.clone()
    }

    /// Every rule that a request has broken so far.
    pub fn violations(&self) -> Vec<String> {
        self.state().violations.clone()
    }

    /// The counts that came with a nonce, in the order of arrival, also those of answers that were refused.
    pub fn nonce_counts(&self, nonce: &str) -> Vec<u32> {
        self.state().nonces.get(nonce.as_bytes()).map(|nonce| nonce.counts.clone()).unwrap_or_default()
    }

    /// How many nonces were given out.
    pub fn nonces(&self) -> usize {
        self.state().nonces.known()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn challenge_text(&self, offer: usize, stale: bool) -> String {
        let setting = &self.setting;
        let nonce = self.state().nonces.give(setting.fixed_nonce.as_deref(), offer, None);
        let realm = setting.realm.replace('\\', "\\\\").replace('"', "\\\"");
        let mut text = format!("Digest realm=\"{realm}\", nonce=\"{nonce}\"");
        let mut add = |name: &str, value: Option<&str>, quote: &str| {
            if let Some(value) = value {
                text.extend([", ", name, "=", quote, value, quote]);
            }
        };
        add("qop", setting.qop.as_deref(), "\"");
        add("algorithm", setting.offers[offer].as_deref(), "");
        add("opaque", setting.opaque.as_deref(), "\"");
        add("domain", setting.domain.as_deref(), "\"");
        add("userhash", setting.userhash.then_some("true"), "");
        add("charset", setting.utf8.then_some("UTF-8"), "");
        add("stale", stale.then_some("true"), "");
        text
    }
}

impl fmt::Debug for DigestRealm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigestRealm").field("setting", &self.setting).finish_non_exhaustive()
    }
}
