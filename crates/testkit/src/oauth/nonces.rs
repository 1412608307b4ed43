//! The nonces of one kind of server (RFC 9449 sections 8 and 9).

use super::state::unguessable;

/// Whether proofs need a nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoncePolicy {
    /// None is asked for.
    Free,
    /// The same one, until it is [changed](super::AuthServer::rotate_nonces).
    Demanded,
    /// A new one with every good answer to a proof; only the newest is taken (RFC 9449 section 8.2).
    Rotating,
}

#[derive(Debug)]
pub(super) struct Nonces {
    policy: NoncePolicy,
    given: Vec<String>,
}

impl Nonces {
    pub(super) fn new(policy: NoncePolicy) -> Self {
        Self { policy, given: Vec::new() }
    }

    /// The one that a proof must have now.
    pub(super) fn expected(&mut self) -> Option<String> {
        if self.policy == NoncePolicy::Free {
            return None;
        }
        if self.given.is_empty() {
            self.rotate();
        }
        self.given.last().cloned()
    }

    /// What an answer says, where it says anything. `asked`: it refuses a proof for its nonce.
    pub(super) fn announced(&mut self, asked: bool) -> Option<String> {
        if self.policy == NoncePolicy::Rotating {
            self.rotate();
        }
        self.expected().filter(|_| asked || self.policy == NoncePolicy::Rotating)
    }

    pub(super) fn rotate(&mut self) {
        self.given.push(unguessable("nonce"));
    }

    pub(super) fn has_given(&self, nonce: &str) -> bool {
        self.given.iter().any(|given| given == nonce)
    }
}
