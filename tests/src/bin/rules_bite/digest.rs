//! The rules of challenges and Digest. C: RFC 7616.

use crate::{Mutation, cut};

const ENGINE: &str = "crates/core/src/schemes/digest/engine.rs";
const OFFER: &str = "crates/core/src/schemes/digest/offer.rs";
const KEYS: &str = "crates/core/src/schemes/digest/keys.rs";
const SESSION: &str = "crates/core/src/schemes/digest/session.rs";
const EXCHANGE: &str = "crates/core/src/exchange/mod.rs";
const SPACES: &str = "crates/core/src/schemes/digest/spaces.rs";
const NEGOTIATED: &str = "crates/core/src/schemes/negotiated.rs";
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
        KEYS,
        "self.realm == other.realm && self.origin == other.origin",
        "self.realm == other.realm",
    ),
    cut(
        "C10 state per realm",
        KEYS,
        "self.realm == other.realm && self.origin == other.origin",
        "self.origin == other.origin",
    ),
    cut(
        "C10 an answer only where its space is",
        SPACES,
        "filter(|area| area.begins(target)) {",
        "filter(|_| true) {",
    ),
    cut(
        "C10 no path of a space is trusted with dot segments",
        SPACES,
        "if has_dot_segments(target)",
        "if false",
    ),
    cut(
        "C3 each count once",
        SESSION,
        "self.count.fetch_add(1, Ordering::Relaxed)",
        "self.count.load(Ordering::Relaxed)",
    ),
    cut(
        "C3 one count for a nonce of two realms",
        SPACES,
        "twin.map_or_else(Arc::default, |twin| Arc::clone(&twin.count))",
        "twin.filter(|_| false).map_or_else(Arc::default, |twin| Arc::clone(&twin.count))",
    ),
    cut(
        "C3 many requests with one nonce are one session",
        SPACES,
        "{ under_way }.find(is_it).cloned()",
        "{ under_way }.find(is_it).cloned().filter(|_| false)",
    ),
    cut(
        "C8 each is sent again with the nonce it was told",
        ENGINE,
        "let promised = promised.and_then(|stamp| self.spaces.with(stamp));",
        "let promised = promised.filter(|_| false).and_then(|stamp| self.spaces.with(stamp));",
    ),
    cut(
        "C8 stale is believed",
        ENGINE,
        "Some(sent) if offer.challenge.stale => {",
        "Some(sent) if false && offer.challenge.stale => {",
    ),
    cut(
        "C8 a refusal without stale is the password",
        ENGINE,
        "Some(sent) => return self.refused(sent),",
        "Some(_) => Resend::Challenged,",
    ),
    cut(
        "C8 a nonce accepted before may have ended",
        ENGINE,
        "Some(sent) if sent.is_accepted() => Resend::Challenged,",
        "",
    ),
    cut(
        "A6 the same nonce again is nothing new",
        ENGINE,
        "Some(sent) if *sent.nonce == *nonce.bytes() && sent.keys.are_like(&keys) => {",
        "Some(sent) if false && sent.keys.are_like(&keys) => {",
    ),
    cut("C8 a wrong password is forgotten", SPACES, "            !is_it\n", "            true\n"),
    cut("C8 who is refused a page is on probation only", SPACES, "session.doubt();", ""),
    cut("6 what a stream was told is for the next one", ENGINE, "if sent_once {", "if false {"),
    cut(
        "C9 the server's proof",
        ENGINE,
        "if session.keys.proof(line, turn).is_some_and(|proof| !claim.is(proof.as_str())) {",
        "if false {",
    ),
    cut(
        "C9 nextnonce",
        ENGINE,
        "next_nonce.or(params.get(\"nextnonce\"))",
        "next_nonce.or(params.get(\"nextnonce\").filter(|_| false))",
    ),
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
        NEGOTIATED,
        "match (offers_basic, target.is_protected()) {",
        "match (offers_basic, true) {",
    ),
    cut(
        "2 who waits to be asked keeps out of a taken place",
        HOP,
        "slots.iter().find(|slot| self.is_taken(slot)).cloned()",
        "slots.iter().find(|slot| self.is_taken(slot)).cloned().filter(|_| false)",
    ),
    cut("2 the place of who waits is kept", APPLY, "if self.is_held(auth, entry) {", "if false {"),
    cut("2 who waits leaves nothing behind", APPLY, "hop.finish_bare();", ""),
    cut(
        "3 a redirect may lead into another realm",
        EXCHANGE,
        "for because in [Resend::Challenged, Resend::Nonce] {",
        "for because in [Resend::Nonce] {",
    ),
    cut(
        "3 a redirect may meet nonces for one use",
        EXCHANGE,
        "for because in [Resend::Challenged, Resend::Nonce] {",
        "for because in [Resend::Challenged] {",
    ),
    cut("C8 what is not accepted is for streams alone", ENGINE, "session.is_accepted() || streams", "true"),
    cut(
        "C2 MD5 switched off is no leave for Basic",
        NEGOTIATED,
        "Verdict::Unanswered(MD5_IS_OFF) => return Verdict::Unanswered(MD5_IS_OFF),",
        "",
    ),
    cut(
        "C5 a better hash without qop",
        OFFER,
        "if !qop.given && algorithm.hash != DigestHash::Md5 {",
        "if false {",
    ),
    cut("C5 -sess without qop", OFFER, "if algorithm.session && !qop.auth && !qop.auth_int {", "if false {"),
];
