//! The conversation: what is sent, what a refusal says, what an acceptance proves (RFC 7616 sections 3.3 to 3.6).

use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use http::{HeaderValue, StatusCode};

use super::{
    hash::PAIRS,
    keys::{Asked, Identity, Keys, Protection, Turn},
    offer,
    session::Session,
    spaces::Spaces,
};
use crate::{Challenge, Error, Hop, Resend, Stamp, Target, Verdict, challenge::Params};

/// One user, and what is known of the servers that asked for it. Knows nothing of header names, so that it can speak to a
/// proxy as well.
pub(crate) struct Engine {
    who: Identity,
    md5: bool,
    spaces: Spaces,
    cnonces: Cnonces,
}

impl Engine {
    pub(crate) fn new(who: Identity, md5: bool, fixed_cnonce: Option<Box<str>>) -> Self {
        Self { who, md5, spaces: Spaces::default(), cnonces: Cnonces::new(fixed_cnonce) }
    }

    /// The answer for a hop, and its stamp; `None` where no challenge is known that holds for where it goes.
    ///
    /// # Errors
    /// The server wants the body protected, and it is a stream.
    pub(crate) fn answer(&self, hop: &Hop<'_>) -> Result<Option<(HeaderValue, Stamp)>, Error> {
        let asked =
            Asked { method: hop.method(), uri: hop.target(), body: hop.body(), streams: hop.has_stream() };
        self.answer_to(hop.goes_to(), asked, hop.promised())
    }

    /// The same for whoever asks: a server, or a proxy. `promised`: what [`challenged`](Self::challenged) said to send again with.
    pub(crate) fn answer_to(
        &self,
        target: &Target<'_>,
        asked: Asked<'_>,
        promised: Option<Stamp>,
    ) -> Result<Option<(HeaderValue, Stamp)>, Error> {
        let promised = promised.and_then(|stamp| self.spaces.with(stamp));
        let promised = promised.filter(|session| session.keys.origin.covers(target));
        let Some(session) = promised.or_else(|| self.known(target, asked.streams)) else { return Ok(None) };
        if session.keys.protection == Protection::Body && asked.streams {
            return Err(Error::caller(format!(
                "{} wants the body protected (Digest with qop=auth-int), and this body is a stream; send bytes",
                target.origin()
            )));
        }
        let Some((count, stamp)) = session.next_turn() else { return Ok(None) };
        let cnonce = self.cnonces.of(stamp);
        match session.keys.answer(asked, turn(&session, count, &cnonce)) {
            Some(value) => Ok(Some((value, stamp))),
            None => Err(Error::server(format!(
                "{} sent a Digest challenge with characters that cannot be sent back; nothing was sent",
                target.origin()
            ))),
        }
    }

    /// What has not been accepted yet, or not again, is for streams alone, which cannot be sent again. Others ask, and are told a
    /// nonce of their own: that costs a wrong password no second try, and a right one no refusal.
    #[inline]
    fn known(&self, target: &Target<'_>, streams: bool) -> Option<Arc<Session>> {
        self.spaces.at(target).filter(|session| session.is_accepted() || streams)
    }

    /// A 401, or the 407 of a proxy: what it asks for, and whether that is something new. The request is then sent again with the
    /// nonce it was told, which nobody else has: another's may be used up by then.
    pub(crate) fn challenged<'a>(
        &self,
        challenges: impl Iterator<Item = Challenge<'a>>,
        target: &Target<'_>,
        stamp: Stamp,
        sent_once: bool,
    ) -> Verdict {
        let offer = match offer::best(challenges, self.md5) {
            Ok(offer) => offer,
            Err(why) => return Verdict::Unanswered(why),
        };
        let keys = Keys::new(&self.who, &offer, target, &self.cnonces.first());
        let nonce = offer.challenge.nonce;
        let sent = self.spaces.with(stamp).filter(|sent| sent.keys.share_a_space(&keys));
        let because = match &sent {
            // Nothing was said yet, or in another realm.
            None => Resend::Challenged,
            // The very nonce that is refused, whatever the server calls it.
            Some(sent) if *sent.nonce == *nonce.bytes() && sent.keys.are_like(&keys) => {
                return self.refused(sent);
            }
            // The digest was right, the nonce was too old (RFC 7616 section 3.3).
            Some(sent) if offer.challenge.stale => {
                self.spaces.settle(sent);
                Resend::Nonce
            }
            // What has been accepted before may have outlived its nonce at a server that does not know `stale`.
            Some(sent) if sent.is_accepted() => Resend::Challenged,
            // Another request has come in meanwhile, so it is the nonce after all.
            Some(sent) if self.spaces.has_moved_on(sent) => Resend::Nonce,
            // Never accepted, and refused: it is the password.
            Some(sent) => return self.refused(sent),
        };
        let session = self.spaces.begin(keys, &nonce.bytes(), nonce.raw());
        // A stream is gone: what it was told is for the one that follows.
        if sent_once {
            self.spaces.learn(target, &session);
        }
        Verdict::Resend { because, stamp: session.stamp() }
    }

    /// What follows begins with a question again, so that a wrong password is tried once for each request of the caller's.
    fn refused(&self, session: &Arc<Session>) -> Verdict {
        self.spaces.refuse(session);
        Verdict::Deliver
    }

    /// Any other answer: checks the server's proof, where it sends one, and takes the next nonce.
    ///
    /// # Errors
    /// The proof is none: whoever answered does not know the password.
    pub(crate) fn answered<'a>(
        &self,
        info: impl Iterator<Item = &'a HeaderValue>,
        status: StatusCode,
        (target, line): (&Target<'_>, &str),
        stamp: Stamp,
    ) -> Result<(), Error> {
        let Some(session) = self.spaces.with(stamp) else { return Ok(()) };
        let mut next_nonce = None;
        for params in info.filter_map(|line| Params::parse(line.as_bytes())) {
            let covers_body = params.get("qop").is_some_and(|qop| qop.is("auth-int"));
            if let Some(claim) = params.get("rspauth").filter(|_| !covers_body) {
                let cnonce = self.cnonces.of(stamp);
                #[allow(clippy::cast_possible_truncation)] // the lower half is the count
                let turn = turn(&session, stamp.0 as u32, &cnonce);
                if session.keys.proof(line, turn).is_some_and(|proof| !claim.is(proof.as_str())) {
                    return Err(forged(target));
                }
            }
            next_nonce = next_nonce.or(params.get("nextnonce"));
        }
        // Somebody in front may say these, who has not looked at the answer.
        if status.is_server_error() || matches!(status.as_u16(), 403 | 429) {
            self.spaces.settle(&session);
            return Ok(());
        }
        self.spaces.accept(target, &session);
        if let Some(next) = next_nonce.filter(|next| !next.raw().is_empty()) {
            let nonce = next.bytes();
            if *session.nonce != *nonce {
                self.spaces.follow(&session, &nonce, next.raw());
            }
        }
        Ok(())
    }
}

fn turn<'a>(session: &'a Session, count: u32, cnonce: &'a [u8]) -> Turn<'a> {
    let cnonce = session.keys.cnonce.as_deref().unwrap_or(cnonce);
    Turn { nonce: &session.nonce, nonce_raw: session.nonce_raw(), count, cnonce }
}

fn forged(target: &Target<'_>) -> Error {
    Error::server(format!(
        "{} answered with a proof (rspauth) that is not made with the password: this may be another server, or \
         somebody on the way; the response is not delivered",
        target.origin()
    ))
}

/// Client nonces: the keyed hash of the number of a request, after 64 bits drawn once. The keys are drawn from the system when the
/// program first needs some, so none costs a system call; none can be foretold by a server that has seen others; and the one of a
/// request can be had again when its answer comes, without being kept.
struct Cnonces {
    key: RandomState,
    start: [u8; 16],
    firsts: AtomicU64,
    fixed: Option<Box<[u8]>>,
}

impl Cnonces {
    fn new(fixed: Option<Box<str>>) -> Self {
        let mut start = [0; 16];
        write_digits(&mut start, RandomState::new().hash_one(0));
        let fixed = fixed.map(Box::<[u8]>::from);
        Self { key: RandomState::new(), start, firsts: AtomicU64::new(0), fixed }
    }

    fn of(&self, stamp: Stamp) -> Cnonce<'_> {
        self.make(stamp.0)
    }

    /// For the keys of a session, before there is a request: the numbers that no stamp has.
    fn first(&self) -> Cnonce<'_> {
        self.make(!self.firsts.fetch_add(1, Ordering::Relaxed))
    }

    #[inline]
    fn make(&self, number: u64) -> Cnonce<'_> {
        if let Some(fixed) = &self.fixed {
            return Cnonce::Fixed(fixed);
        }
        let mut text = [0; 32];
        text[..16].copy_from_slice(&self.start);
        write_digits(&mut text[16..], self.key.hash_one(number));
        Cnonce::Made(text)
    }
}

fn write_digits(text: &mut [u8], number: u64) {
    for (pair, byte) in text.chunks_exact_mut(2).zip(number.to_be_bytes()) {
        pair.copy_from_slice(&PAIRS[usize::from(byte)]);
    }
}

enum Cnonce<'a> {
    Made([u8; 32]),
    Fixed(&'a [u8]),
}

impl std::ops::Deref for Cnonce<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Made(text) => text,
            Self::Fixed(text) => text,
        }
    }
}
