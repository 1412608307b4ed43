//! Protection spaces (RFC 7616 section 3.3; RFC 9110 section 11.5): which challenge holds where. Read without a lock; replaced as
//! a whole where something is learnt.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use arc_swap::ArcSwap;

use super::keys::Keys;
use crate::{Stamp, Target, origin::Area};

/// A server that invents a realm for every answer must not fill the memory.
const MAX_SPACES: usize = 32;
const MAX_AREAS: usize = 32;
/// Sessions that are over, kept for answers still under way: as many requests can be checked while each brings a new nonce.
const MAX_RETIRED: usize = 64;

/// One nonce and its count.
pub(super) struct Session {
    id: u32,
    pub(super) keys: Arc<Keys>,
    /// Without escapes, as it is hashed.
    pub(super) nonce: Box<[u8]>,
    /// As it stood between its quotes; `None` where that is the same.
    nonce_raw: Option<Box<[u8]>>,
    count: Arc<AtomicU32>,
    /// The server has taken an answer of these keys, so a later refusal is not about the password.
    accepted: AtomicBool,
}

impl Session {
    pub(super) fn nonce_raw(&self) -> &[u8] {
        self.nonce_raw.as_deref().unwrap_or(&self.nonce)
    }

    /// The next count, beginning with 1 (RFC 7616 section 3.4), and the stamp of the request that uses it. `None` once eight
    /// digits no longer hold it.
    #[inline]
    pub(super) fn next_turn(&self) -> Option<(u32, Stamp)> {
        let count = self.count.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        // Early enough that the requests under way cannot begin anew with 1.
        if count > u32::MAX >> 1 {
            return None;
        }
        Some((count, Stamp(u64::from(self.id) << 32 | u64::from(count))))
    }

    /// What differs from every stamp that is sent.
    pub(super) fn stamp(&self) -> Stamp {
        Stamp(u64::from(self.id) << 32)
    }

    pub(super) fn accept(&self) {
        // Most often it is said already, and not written again.
        if !self.is_accepted() {
            self.accepted.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn is_accepted(&self) -> bool {
        self.accepted.load(Ordering::Relaxed)
    }
}

/// A realm of an origin, and where on it the realm is known to hold.
#[derive(Clone)]
struct Space {
    origin: Area,
    areas: Vec<Area>,
    session: Arc<Session>,
}

impl Space {
    /// How specifically it covers the target.
    fn covers(&self, target: &Target<'_>) -> Option<usize> {
        self.areas.iter().filter(|area| area.covers(target)).map(Area::prefix_len).max()
    }

    fn is(&self, target: &Target<'_>, realm: &[u8]) -> bool {
        *self.session.keys.realm == *realm && self.origin.covers(target)
    }
}

#[derive(Clone, Default)]
struct State {
    spaces: Vec<Space>,
    retired: Vec<Arc<Session>>,
}

/// What one user has learnt about the servers asked so far.
#[derive(Default)]
pub(super) struct Spaces {
    state: ArcSwap<State>,
    ids: AtomicU32,
}

impl Spaces {
    /// The session that holds for a target, if it is known.
    pub(super) fn at(&self, target: &Target<'_>) -> Option<Arc<Session>> {
        self.state.load().at(target).map(|space| Arc::clone(&space.session))
    }

    /// The session of a realm at the origin of a target.
    pub(super) fn of(&self, target: &Target<'_>, realm: &[u8]) -> Option<Arc<Session>> {
        let state = self.state.load();
        state.spaces.iter().find(|space| space.is(target, realm)).map(|space| Arc::clone(&space.session))
    }

    /// The session with whose nonce a request was answered for.
    pub(super) fn sent(&self, stamp: Stamp) -> Option<Arc<Session>> {
        let id = stamp.0 >> 32;
        let state = self.state.load();
        let current = state.spaces.iter().map(|space| &space.session);
        current.chain(&state.retired).find(|session| u64::from(session.id) == id).cloned()
    }

    /// A session for a nonce. Where the origin gives one nonce out for several realms, they share the count: each number is used
    /// once (RFC 7616 section 3.4).
    pub(super) fn session(
        &self,
        target: &Target<'_>,
        keys: Arc<Keys>,
        nonce: &[u8],
        nonce_raw: &[u8],
        accepted: bool,
    ) -> Session {
        let state = self.state.load();
        let twins = state.spaces.iter().filter(|space| space.origin.covers(target));
        let known = twins.map(|space| &space.session).chain(&state.retired);
        let twin = known.into_iter().find(|session| *session.nonce == *nonce);
        Session {
            id: self.ids.fetch_add(1, Ordering::Relaxed).wrapping_add(1),
            keys,
            nonce: nonce.into(),
            nonce_raw: (nonce != nonce_raw).then(|| nonce_raw.into()),
            count: twin.map(|twin| Arc::clone(&twin.count)).unwrap_or_default(),
            accepted: AtomicBool::new(accepted),
        }
    }

    /// Puts a session in the place of `before`, the one its realm had there. Whoever came first wins: the session that holds
    /// now is given back.
    ///
    /// `domain`: where the challenge says that it holds; `None` for the whole origin.
    pub(super) fn replace(
        &self,
        target: &Target<'_>,
        before: Option<&Arc<Session>>,
        session: Session,
        domain: Option<&[Area]>,
    ) -> Arc<Session> {
        let session = Arc::new(session);
        let mut holds = Arc::clone(&session);
        self.state.rcu(|state| {
            let mut next = State::clone(state);
            holds = next.replace(target, before, &session, domain);
            next
        });
        holds
    }

    /// A realm is found to hold for a target: the next request there, and below, is answered in it from the start.
    pub(super) fn holds_at(&self, target: &Target<'_>, realm: &[u8]) {
        let is_known = |state: &State| state.at(target).is_some_and(|space| space.is(target, realm));
        if !is_known(&self.state.load()) {
            self.state.rcu(|state| {
                let mut next = State::clone(state);
                next.extend(target, realm);
                next
            });
        }
    }

    /// A session has been refused: its realm must ask anew.
    pub(super) fn forget(&self, refused: &Arc<Session>) {
        self.state.rcu(|state| {
            let mut next = State::clone(state);
            next.spaces.retain(|space| !Arc::ptr_eq(&space.session, refused));
            next.retire(refused);
            next
        });
    }
}

impl State {
    fn at(&self, target: &Target<'_>) -> Option<&Space> {
        let covering = self.spaces.iter().filter_map(|space| Some((space.covers(target)?, space)));
        // Of two for the whole origin the one learnt last.
        covering.max_by_key(|(specific, _)| *specific).map(|(_, space)| space)
    }

    fn replace(
        &mut self,
        target: &Target<'_>,
        before: Option<&Arc<Session>>,
        session: &Arc<Session>,
        domain: Option<&[Area]>,
    ) -> Arc<Session> {
        let realm = &*session.keys.realm;
        if let Some(space) = self.spaces.iter_mut().find(|space| space.is(target, realm)) {
            if !before.is_some_and(|before| Arc::ptr_eq(before, &space.session)) {
                return Arc::clone(&space.session);
            }
            let old = std::mem::replace(&mut space.session, Arc::clone(session));
            self.retire(&old);
            return Arc::clone(session);
        }
        let origin = Area::origin_of(target);
        // A second realm at an origin begins with its folder, and leaves the rest to the first.
        let whole = if self.spaces.iter().any(|space| space.origin.covers(target)) {
            let folder = folder(target);
            Area::below(target, if folder.is_empty() { target.path() } else { folder })
        } else {
            origin.clone()
        };
        let areas = domain.map_or_else(|| vec![whole], <[Area]>::to_vec);
        if self.spaces.len() == MAX_SPACES {
            let oldest = self.spaces.remove(0);
            self.retire(&oldest.session);
        }
        self.spaces.push(Space { origin, areas, session: Arc::clone(session) });
        Arc::clone(session)
    }

    /// First the folder, then the very path: whatever suffices.
    fn extend(&mut self, target: &Target<'_>, realm: &[u8]) {
        let Some(index) = self.spaces.iter().position(|space| space.is(target, realm)) else { return };
        let (folder, path) = (folder(target), target.path());
        let whole = self.spaces[index].areas.iter().any(|area| area.prefix_len() == 0);
        // Where the server has said how far the realm reaches, a folder would be a guess.
        let prefixes = if whole { [folder, path] } else { [path, path] };
        for prefix in prefixes {
            if self.at(target).is_some_and(|space| space.is(target, realm)) {
                return;
            }
            let space = &mut self.spaces[index];
            if space.areas.len() == MAX_AREAS {
                space.areas.remove(1);
            }
            space.areas.push(Area::below(target, prefix));
        }
    }

    fn retire(&mut self, session: &Arc<Session>) {
        if self.retired.len() == MAX_RETIRED {
            self.retired.remove(0);
        }
        self.retired.push(Arc::clone(session));
    }
}

fn folder<'a>(target: &Target<'a>) -> &'a str {
    let path = target.path();
    path.rfind('/').and_then(|end| path.get(..end)).unwrap_or_default()
}
