//! Protection spaces (RFC 7616 section 3.3; RFC 9110 section 11.5): which session holds where. What requests ask is one
//! immutable list, read without a lock; what is learnt goes through a lock and replaces it.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arc_swap::ArcSwap;

use super::{keys::Keys, session::Session};
use crate::{
    Stamp, Target,
    origin::{Area, has_dot_segments},
};

/// A server that invents a realm for every answer must not fill the memory.
const MAX_SPACES: usize = 32;
const MAX_AREAS: usize = 32;
/// Requests that have been refused and are to be sent again, of which some never are.
const MAX_PENDING: usize = 4096;
/// Sessions that are over, kept for the answers still under way and for the counts of their nonces: of one origin, which others must
/// not push out, and of all.
const MAX_RETIRED: usize = 64;
const MAX_RETIRED_IN_ALL: usize = 1024;

/// A realm of an origin, and where on it the realm is known to hold.
#[derive(Clone)]
struct Space {
    areas: Vec<Area>,
    /// It has been accepted there.
    session: Arc<Session>,
}

/// What one user has learnt about the servers asked so far.
#[derive(Default)]
pub(super) struct Spaces {
    known: ArcSwap<Vec<Space>>,
    aside: Mutex<Aside>,
}

/// Sessions that no request finds by where it goes.
#[derive(Default)]
struct Aside {
    last_id: u32,
    /// Each the answer to a challenge, by its number: promised to the request that was refused, and to others only once it has
    /// been accepted. A nonce may be good for one use.
    pending: BTreeMap<u32, Arc<Session>>,
    retired: VecDeque<Arc<Session>>,
}

impl Spaces {
    /// The session that holds for a target, if it is known.
    #[inline]
    pub(super) fn at(&self, target: &Target<'_>) -> Option<Arc<Session>> {
        find(&self.known.load(), target).map(|space| Arc::clone(&space.session))
    }

    /// The session of a request that was sent, or is promised to one.
    pub(super) fn with(&self, stamp: Stamp) -> Option<Arc<Session>> {
        let id = Session::id_of(stamp)?;
        let known = self.known.load();
        let current = known.iter().map(|space| &space.session).find(|session| session.id == id);
        current.cloned().or_else(|| self.aside().find(id))
    }

    /// Whether another session of the realm has been accepted since this one began.
    pub(super) fn has_moved_on(&self, session: &Session) -> bool {
        let known = self.known.load();
        let newer = |other: &Session| other.id > session.id && other.keys.share_a_space(&session.keys);
        known.iter().any(|space| newer(&space.session) && space.session.is_accepted())
    }

    /// The session for a nonce a server has sent with a challenge. Where it sends one nonce to many, they are one session.
    pub(super) fn begin(&self, keys: Keys, nonce: &[u8], nonce_raw: &[u8]) -> Arc<Session> {
        let mut aside = self.aside();
        let known = self.known.load();
        let is_it = |session: &&Arc<Session>| *session.nonce == *nonce && session.keys.are_like(&keys);
        let under_way = known.iter().map(|space| &space.session).chain(aside.pending.values());
        if let Some(same) = { under_way }.find(is_it).cloned() {
            return same;
        }
        // A nonce that comes back is answered with what it was answered with: a server may have kept the key of the session.
        let before = aside.retired.iter().find(is_it).map(|session| Arc::clone(&session.keys));
        let session = aside.session(&known, before.unwrap_or_else(|| Arc::new(keys)), nonce, nonce_raw);
        aside.promise(&session);
        session
    }

    /// The answer to a challenge has been answered itself, by somebody who may not have looked at it; or will never be.
    pub(super) fn settle(&self, session: &Arc<Session>) {
        if session.is_pending() {
            self.aside().settle(session);
        }
    }

    /// A session has been accepted for a target.
    pub(super) fn accept(&self, target: &Target<'_>, session: &Arc<Session>) {
        session.accept();
        self.learn(target, session);
    }

    /// From now on others may use a session, where its realm holds.
    pub(super) fn learn(&self, target: &Target<'_>, session: &Arc<Session>) {
        // Nearly always that is known.
        if find(&self.known.load(), target).is_some_and(|space| Arc::ptr_eq(&space.session, session)) {
            return;
        }
        let mut aside = self.aside();
        let mut known = Vec::clone(&self.known.load());
        let realm = known.iter().position(|space| space.session.keys.share_a_space(&session.keys));
        let index = if let Some(index) = realm {
            let before = &mut known[index].session;
            if before.id < session.id {
                aside.install(session);
                aside.retire(&std::mem::replace(before, Arc::clone(session)));
            } else {
                aside.settle(session);
            }
            index
        } else {
            aside.install(session);
            if known.len() == MAX_SPACES {
                aside.retire(&known.remove(0).session);
            }
            let areas = first_areas(&known, target, &session.keys);
            known.push(Space { areas, session: Arc::clone(session) });
            known.len() - 1
        };
        extend(&mut known, index, target);
        self.known.store(Arc::new(known));
    }

    /// A session has been refused for good: the next request of its realm goes bare, so that a wrong password is tried once for
    /// each request of the caller's and not twice.
    ///
    /// Where it was to take the place of one that had been accepted, that one is on probation: the password has changed, or this
    /// user is only not permitted this page. The next refusal tells.
    pub(super) fn refuse(&self, refused: &Arc<Session>) {
        let mut aside = self.aside();
        aside.settle(refused);
        let mut known = Vec::clone(&self.known.load());
        known.retain(|Space { session, .. }| {
            let is_it = Arc::ptr_eq(session, refused);
            if is_it {
                aside.retire(session);
            } else if session.keys.share_a_space(&refused.keys) && session.id < refused.id {
                session.doubt();
            }
            !is_it
        });
        self.known.store(Arc::new(known));
    }

    /// The server has sent the nonce to use next (RFC 7616 section 3.5). It takes the place of the one it came with, and of no
    /// other.
    pub(super) fn follow(&self, session: &Arc<Session>, nonce: &[u8], nonce_raw: &[u8]) {
        let mut aside = self.aside();
        let mut known = Vec::clone(&self.known.load());
        let Some(space) = known.iter_mut().find(|space| Arc::ptr_eq(&space.session, session)) else { return };
        let next = aside.session(&self.known.load(), Arc::clone(&session.keys), nonce, nonce_raw);
        next.accept();
        next.settle();
        aside.retire(&std::mem::replace(&mut space.session, next));
        self.known.store(Arc::new(known));
    }

    fn aside(&self) -> MutexGuard<'_, Aside> {
        self.aside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Aside {
    /// A new session. Where its nonce has been given out before, for this realm or another of the origin, they share the count:
    /// each number is used once (RFC 7616 section 3.4).
    fn session(&mut self, known: &[Space], keys: Arc<Keys>, nonce: &[u8], nonce_raw: &[u8]) -> Arc<Session> {
        let current = known.iter().map(|space| &space.session);
        let mut all = current.chain(self.pending.values()).chain(&self.retired);
        let twin = all.find(|twin| twin.keys.origin == keys.origin && *twin.nonce == *nonce);
        let count = twin.map_or_else(Arc::default, |twin| Arc::clone(&twin.count));
        // 0 is of requests that carried nothing.
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        Arc::new(Session::new(self.last_id, keys, nonce, nonce_raw, count))
    }

    fn promise(&mut self, session: &Arc<Session>) {
        if self.pending.len() == MAX_PENDING {
            self.pending.pop_first();
        }
        self.pending.insert(session.id, Arc::clone(session));
    }

    fn find(&self, id: u32) -> Option<Arc<Session>> {
        let retired = || self.retired.iter().find(|session| session.id == id);
        self.pending.get(&id).or_else(retired).cloned()
    }

    /// It is found among those that are known from now on.
    fn install(&mut self, session: &Arc<Session>) {
        session.settle();
        self.pending.remove(&session.id);
        self.retired.retain(|other| !Arc::ptr_eq(other, session));
    }

    /// It is not pending any more, but may be asked for by other requests under way.
    fn settle(&mut self, session: &Arc<Session>) {
        session.settle();
        if self.pending.remove(&session.id).is_some() {
            self.retire(session);
        }
    }

    fn retire(&mut self, session: &Arc<Session>) {
        let is_near = |other: &&Arc<Session>| other.keys.origin == session.keys.origin;
        if self.retired.iter().filter(is_near).count() >= MAX_RETIRED {
            let oldest = self.retired.iter().position(|other| is_near(&other));
            oldest.and_then(|index| self.retired.remove(index));
        } else if self.retired.len() >= MAX_RETIRED_IN_ALL {
            self.retired.pop_front();
        }
        self.retired.push_back(Arc::clone(session));
    }
}

/// The space that covers a target most specifically; of two that do it alike, the one with the later session. Dot segments are looked for
/// once: a server chooses how many areas there are.
#[inline]
fn find<'a>(known: &'a [Space], target: &Target<'_>) -> Option<&'a Space> {
    let mut best: Option<((usize, u32), &Space)> = None;
    for space in known {
        for area in space.areas.iter().filter(|area| area.begins(target)) {
            let rank = (area.prefix_len(), space.session.id);
            if best.is_none_or(|(best, _)| best < rank) {
                best = Some((rank, space));
            }
        }
    }
    match best {
        Some(((1.., _), _)) if has_dot_segments(target) => known
            .iter()
            .rev()
            .find(|space| space.areas.iter().any(|area| area.prefix_len() == 0 && area.begins(target))),
        best => best.map(|(_, space)| space),
    }
}

/// Where a realm holds as far as its challenge says, or can be guessed: a second realm at an origin begins with its folder, and
/// leaves the rest to the first.
fn first_areas(known: &[Space], target: &Target<'_>, keys: &Keys) -> Vec<Area> {
    if let Some(domain) = &keys.domain {
        return domain.to_vec();
    }
    let is_second = known.iter().any(|space| space.session.keys.origin == keys.origin);
    match folder(target) {
        _ if !is_second => vec![keys.origin.clone()],
        "" => vec![Area::around(target)],
        folder => vec![Area::below(target, folder)],
    }
}

/// A realm is found to hold for a target: first its folder, then the very path, whatever suffices.
fn extend(known: &mut [Space], index: usize, target: &Target<'_>) {
    let Some(keys) = known.get(index).map(|space| Arc::clone(&space.session.keys)) else { return };
    // What was named by the server, or guessed first, stays.
    let first = keys.domain.as_ref().map_or(1, |domain| domain.len());
    // Where the server has said how far the realm reaches, a folder would be a guess.
    let folder = folder(target);
    let guess = (keys.domain.is_none() && !folder.is_empty()).then(|| Area::below(target, folder));
    for area in guess.into_iter().chain([Area::around(target)]) {
        if find(known, target).is_some_and(|space| space.session.keys.share_a_space(&keys)) {
            return;
        }
        let Some(Space { areas, .. }) = known.get_mut(index) else { return };
        if areas.len() >= MAX_AREAS {
            areas.remove(first.min(areas.len() - 1));
        }
        areas.push(area);
    }
}

fn folder<'a>(target: &Target<'a>) -> &'a str {
    let path = target.path();
    path.rfind('/').and_then(|end| path.get(..end)).unwrap_or_default()
}
