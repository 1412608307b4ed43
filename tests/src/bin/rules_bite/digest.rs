//! The rules of challenges and Digest. C: RFC 7616.

use crate::{Mutation, cut};

const ENGINE: &str = "crates/core/src/schemes/digest/engine.rs";
const OFFER: &str = "crates/core/src/schemes/digest/offer.rs";
const KEYS: &str = "crates/core/src/schemes/digest/keys.rs";
const SPACES: &str = "crates/core/src/schemes/digest/spaces.rs";
const PASSWORD: &str = "crates/core/src/schemes/password.rs";
const APPLY: &str = "crates/core/src/exchange/apply.rs";
const HOP: &str = "crates/core/src/hop/mod.rs";

pub(crate) const MUTATIONS: &[Mutation] = &[
    cut(
        "C2 the best hash, not the first",
        OFFER,
        "best.as_ref().is_none_or(|best| rank(offer.algorithm) > rank(best.algorithm))",
        "best.is_none()",
    ),
    cut("C2 MD5 switched off", OFFER, "algorithm.hash == DigestHash::Md5 && !md5", "false"),
    cut("C1 an unknown qop is not answered", OFFER, "qop.given && !qop.auth && !qop.auth_int", "false"),
    cut(
        "C10 domain: own origin only",
        OFFER,
        "same_origin(&uri, target).then(|| Area::below(target, uri.path()))",
        "Some(Area::below(&uri, uri.path()))",
    ),
    cut(
        "C10 state per origin",
        SPACES,
        "*self.session.keys.realm == *realm && self.origin.covers(target)",
        "*self.session.keys.realm == *realm",
    ),
    cut(
        "C10 state per realm",
        SPACES,
        "*self.session.keys.realm == *realm && self.origin.covers(target)",
        "self.origin.covers(target)",
    ),
    cut(
        "C10 an answer only where its space is",
        SPACES,
        "self.areas.iter().filter(|area| area.covers(target))",
        "self.areas.iter()",
    ),
    cut(
        "C3 each count once",
        SPACES,
        "self.count.fetch_add(1, Ordering::Relaxed)",
        "self.count.load(Ordering::Relaxed)",
    ),
    cut(
        "C3 one count for a nonce of two realms",
        SPACES,
        "twin.map(|twin| Arc::clone(&twin.count)).unwrap_or_default()",
        "{ let _ = twin; Arc::default() }",
    ),
    cut(
        "C3 fifty share one nonce",
        SPACES,
        "if !before.is_some_and(|before| Arc::ptr_eq(before, &space.session)) {",
        "if false {",
    ),
    cut("C8 stale is believed", ENGINE, "Some(_) if challenge.stale => (Resend::Nonce, true),", ""),
    cut(
        "C8 a refusal without stale is the password",
        ENGINE,
        "Some(sent) if sent.is_accepted() => (Resend::Challenged, false),",
        "Some(sent) if sent.is_accepted() || true => (Resend::Challenged, false),",
    ),
    cut(
        "A6 the same nonce again is nothing new",
        ENGINE,
        "(Some(sent), _) if *sent.nonce == *nonce => {",
        "(Some(sent), _) if false && *sent.nonce == *nonce => {",
    ),
    cut(
        "C9 the server's proof",
        ENGINE,
        "if session.keys.proof(line, turn).is_some_and(|proof| !claim.is(proof.as_str())) {",
        "if false {",
    ),
    cut("C9 nextnonce", ENGINE, "next_nonce = next_nonce.or(params.get(\"nextnonce\"));", ""),
    cut(
        "C5 a stream is no body to hash",
        ENGINE,
        "session.keys.protection == Protection::Body && asked.streams",
        "false",
    ),
    cut(
        "C5 the body is hashed",
        KEYS,
        "Protection::Body => hash(by, &[method, uri, hash(by, &[asked.body]).as_bytes()]),",
        "Protection::Body => hash(by, &[method, uri]),",
    ),
    cut("C5 -sess", KEYS, "if algorithm.session {", "if false {"),
    cut("C6 the hashed name", KEYS, "if challenge.userhash {", "if false {"),
    cut("C6 names that cannot be quoted", KEYS, "user.iter().all(|b| matches!(b, b' '..=b'~'))", "true"),
    cut("A4 escapes on output", KEYS, "text.push(b'\\\\');", ""),
    cut(
        "C7 opaque goes back",
        KEYS,
        "if let Some(opaque) = challenge.opaque {",
        "if let Some(opaque) = challenge.opaque.filter(|_| false) {",
    ),
    cut("C4 the target as it is sent", ENGINE, "uri: hop.target(),", "uri: hop.goes_to().path(),"),
    cut(
        "B4 Basic is never negotiated over plain http",
        PASSWORD,
        "match (offers_basic, target.is_protected()) {",
        "match (offers_basic, true) {",
    ),
    cut(
        "A6 Basic is tried once",
        PASSWORD,
        "(true, true) if sent == BASIC => {",
        "(true, true) if false => {",
    ),
    cut(
        "2 who waits to be asked keeps out of a taken place",
        HOP,
        "if let Some(slot) = slots.iter().find(is_taken).cloned() {",
        "if let Some(slot) = slots.iter().find(is_taken).cloned().filter(|_| false) {",
    ),
    cut("2 the place of who waits is kept", APPLY, "if !self.is_held(auth, entry) {", "if true {"),
];
