//! What a realm offers, and how it behaves.

use std::fmt;

use super::DigestRealm;

/// Describes a [`DigestRealm`]. Without more it offers MD5 with `qop="auth"`, a fresh nonce in each challenge, and no
/// `Authentication-Info`.
#[must_use]
#[allow(clippy::struct_excessive_bools)] // what a server does or does not, each apart from the others
pub struct DigestBuilder {
    pub(super) realm: String,
    pub(super) users: Vec<User>,
    pub(super) offers: Vec<Option<String>>,
    pub(super) qop: Option<String>,
    pub(super) opaque: Option<String>,
    pub(super) domain: Option<String>,
    pub(super) userhash: bool,
    pub(super) utf8: bool,
    pub(super) fixed_nonce: Option<String>,
    pub(super) nonce_uses: Option<u32>,
    pub(super) next_nonce_every: Option<u32>,
    pub(super) always_stale: bool,
    pub(super) refuse_all: bool,
    pub(super) in_order: bool,
    pub(super) among_others: bool,
    pub(super) proof: Proof,
    pub(super) proxy: bool,
    pub(super) before: Vec<String>,
    pub(super) spell: Option<Spell>,
}

/// Who may come in. It has no `Debug`.
pub(super) struct User {
    pub(super) name: String,
    pub(super) password: String,
}

pub(super) type Spell = Box<dyn Fn(String) -> String + Send + Sync>;

/// What an accepted request is told in `Authentication-Info` (RFC 7616 section 3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Nothing; the field is there only where it gives a next nonce.
    Silent,
    /// All but `rspauth`.
    Unsigned,
    /// That the server knows the password too.
    Right,
    /// Something that only a server without the password would say.
    Forged,
}

impl DigestBuilder {
    pub(super) fn new(realm: &str) -> Self {
        Self {
            realm: realm.to_owned(),
            users: Vec::new(),
            offers: vec![Some("MD5".to_owned())],
            qop: Some("auth".to_owned()),
            opaque: None,
            domain: None,
            userhash: false,
            utf8: false,
            fixed_nonce: None,
            nonce_uses: None,
            next_nonce_every: None,
            always_stale: false,
            refuse_all: false,
            in_order: false,
            among_others: false,
            proof: Proof::Silent,
            proxy: false,
            before: Vec::new(),
            spell: None,
        }
    }

    /// Lets a user in. Names and passwords are hashed as UTF-8, as they stand here.
    pub fn user(mut self, name: &str, password: &str) -> Self {
        self.users.push(User { name: name.to_owned(), password: password.to_owned() });
        self
    }

    /// Offers one challenge for each of these, in this order. An empty name leaves `algorithm` out; an unknown one is sent, and
    /// nobody can answer it.
    pub fn algorithms(mut self, names: &[&str]) -> Self {
        self.offers =
            names.iter().map(|name| Some((*name).to_owned()).filter(|name| !name.is_empty())).collect();
        self
    }

    /// The list between the quotes of `qop`, such as `auth, auth-int`.
    pub fn qop(mut self, list: &str) -> Self {
        self.qop = Some(list.to_owned());
        self
    }

    /// Offers no `qop`, as a server of RFC 2069 does.
    pub fn without_qop(mut self) -> Self {
        self.qop = None;
        self
    }

    /// The value of `opaque` as it stands between the quotes; it must come back byte for byte.
    pub fn opaque(mut self, raw: &str) -> Self {
        self.opaque = Some(raw.to_owned());
        self
    }

    /// The list between the quotes of `domain`.
    pub fn domain(mut self, list: &str) -> Self {
        self.domain = Some(list.to_owned());
        self
    }

    /// Takes hashed names, and then no others.
    pub fn userhash(mut self) -> Self {
        self.userhash = true;
        self
    }

    /// Says `charset=UTF-8`.
    pub fn utf8(mut self) -> Self {
        self.utf8 = true;
        self
    }

    /// Gives this nonce, as it stands between the quotes, in every challenge.
    pub fn fixed_nonce(mut self, raw: &str) -> Self {
        self.fixed_nonce = Some(raw.to_owned());
        self
    }

    /// Accepts so many answers for a nonce; the next one is stale.
    pub fn nonce_uses(mut self, uses: u32) -> Self {
        self.nonce_uses = Some(uses);
        self
    }

    /// Gives a `nextnonce` with one accepted answer out of so many. What it replaces is stale from then on.
    pub fn next_nonce_every(mut self, answers: u32) -> Self {
        self.next_nonce_every = Some(answers);
        self
    }

    /// Calls every right answer stale.
    pub fn always_stale(mut self) -> Self {
        self.always_stale = true;
        self
    }

    /// Answers 401 to everything, as if the password were wrong.
    pub fn refuse_all(mut self) -> Self {
        self.refuse_all = true;
        self
    }

    /// Demands that the counts of a nonce arrive as 1, 2, 3. Only for a client that sends one request after the other.
    pub fn in_order(mut self) -> Self {
        self.in_order = true;
        self
    }

    /// Stands at an origin with other realms, or after another: an answer for a realm or with a nonce that is not its own is a reason
    /// to ask, not a bug of the client.
    pub fn among_others(mut self) -> Self {
        self.among_others = true;
        self
    }

    /// What accepted requests are told.
    pub fn proof(mut self, proof: Proof) -> Self {
        self.proof = proof;
        self
    }

    /// Is a proxy: 407, `Proxy-Authenticate`, `Proxy-Authorization`, `Proxy-Authentication-Info` (RFC 9110 section 11.7).
    pub fn proxy(mut self) -> Self {
        self.proxy = true;
        self
    }

    /// Sends this field line ahead of its own challenges.
    pub fn after(mut self, challenge: &str) -> Self {
        self.before.push(challenge.to_owned());
        self
    }

    /// Writes each of its challenges in another way.
    pub fn spelled(mut self, spell: impl Fn(String) -> String + Send + Sync + 'static) -> Self {
        self.spell = Some(Box::new(spell));
        self
    }

    /// The realm, with no nonce given out yet.
    pub fn build(self) -> DigestRealm {
        DigestRealm::of(self)
    }
}

impl fmt::Debug for DigestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigestBuilder")
            .field("realm", &self.realm)
            .field("offers", &self.offers)
            .field("qop", &self.qop)
            .finish_non_exhaustive()
    }
}
