//! The refresh transaction: look, lock, look again, redeem, store, publish, unlock. One flow, on every client.
//!
//! It must survive being dropped anywhere. So the guard of the lock is moved into each blocking part and comes back with
//! its result: a save that has begun is finished under the lock, whatever becomes of the flow.

use std::{
    future::poll_fn,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::{Duration, SystemTime},
};

use super::{
    Inner, Token, TokenEvent,
    cache::{Landed, Lead, Standing},
    current::Current,
    event::Because,
    record,
};
use crate::{
    Error,
    flow::{Flow, Io, caught},
    store::{Record, Saved, StoreGuard, StoreKey, TokenStore},
};

/// How long to wait for another process that is renewing. It does one call, and it may be the one who times out.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Where tokens are kept.
pub(super) struct Place {
    pub(super) store: Arc<dyn TokenStore>,
    pub(super) key: StoreKey,
}

pub(super) fn flow(inner: Arc<Inner>, lead: Lead) -> Flow<()> {
    let (call_timeout, what) = (inner.call_timeout, Arc::clone(&inner.cache.settings().what));
    Flow::new(move |io| async move {
        let (asks_nobody, began) = (AtomicBool::new(false), io.now());
        match renew(&inner, &lead, &io, &asks_nobody).await {
            Ok((token, how)) => lead.land(token, io.now(), how),
            Err(error) => {
                let elapsed = io.now().duration_since(began).ok();
                inner.tell_failed(&io, &error, elapsed).await;
                // Where nobody was asked, nobody has to be left alone: a login that another process makes is found at once.
                if asks_nobody.into_inner() {
                    lead.give_up(&error);
                } else {
                    lead.fail(&error, io.now());
                }
                inner.tell(&io, || TokenEvent::Failed(error)).await;
            }
        }
        Ok(())
    })
    .call_timeout(call_timeout)
    .of_source(&what)
}

/// A token, and how it has come.
type Renewed = (Token, Landed);

async fn renew(inner: &Inner, lead: &Lead, io: &Io, asks_nobody: &AtomicBool) -> Result<Renewed, Error> {
    let began = io.now();
    let old = lead.old.as_ref().map(|current| &current.token);
    let Some(place) = &inner.place else {
        let token = fetch(inner, old, io).await?.issued_by(began).inherit(old);
        let because = Because::of(lead.old.as_deref(), began);
        inner.tell_renewed(io, &token, because, io.now().duration_since(began).ok()).await;
        inner.tell(io, || TokenEvent::Renewed(token.clone())).await;
        return Ok((token, Landed::default()));
    };
    Transaction { inner, lead, io, place, began, asks_nobody }.run().await
}

/// Asks the source. A panic in it is a failure like any other: nobody else is sent into it at once.
async fn fetch(inner: &Inner, old: Option<&Token>, io: &Io) -> Result<Token, Error> {
    let what = &inner.cache.settings().what;
    let mut fetching = pin!(caught(inner.source.0.fetch_any(old, io)));
    let fetched = poll_fn(|context| match fetching.as_mut().poll(context) {
        Poll::Ready(Some(fetched)) => Poll::Ready(fetched),
        Poll::Ready(None) => Poll::Ready(Err(Error::caller(format!("{what} panicked")))),
        // It would never be polled again. Said here, the failure is one like any other: told, and not repeated at once.
        Poll::Pending => match io.check_asked() {
            Ok(()) => Poll::Pending,
            Err(error) => Poll::Ready(Err(error.because(what))),
        },
    });
    fetched.await.map_err(|error| {
        // What a provider of the user's own has been too slow for does not know its name.
        let is_named = what.rsplit(' ').next().is_some_and(|name| error.to_string().contains(name));
        if error.is_timeout() && !is_named { error.because(what) } else { error }
    })
}

struct Transaction<'a> {
    inner: &'a Inner,
    lead: &'a Lead,
    io: &'a Io,
    place: &'a Place,
    began: SystemTime,
    /// There is no login to be renewed, and none that could be made without a person.
    asks_nobody: &'a AtomicBool,
}

type Held = Box<dyn StoreGuard>;

impl Transaction<'_> {
    async fn run(&self) -> Result<Renewed, Error> {
        // Another process may have renewed it long ago: that needs no lock.
        if let Some(kept) = self.load().await?.filter(|kept| self.is_better(kept)) {
            return Ok(self.adopt(kept).await);
        }
        let (guard, kept) = self.lock().await?;
        if let Some(newer) = self.newer() {
            self.unlock(guard).await;
            return Ok((newer, Landed::default()));
        }
        if let Some(kept) = kept.clone().filter(|kept| self.is_better(kept)) {
            self.unlock(guard).await;
            return Ok(self.adopt(kept).await);
        }
        // A record was there, if not of this token, and is not any more: somebody has signed out.
        let ends_with_its_record = self.inner.source.0.ends_with_its_record_any();
        let old = self.lead.old.as_ref().filter(|_| kept.is_some() || !ends_with_its_record);
        if let Some(old) = old.filter(|old| self.is_unsaved(old) && !self.is_refused(old))
            && self.standing(&old.token) == Standing::Fresh
        {
            // It is a good token; only the store has not got it.
            return self.save(guard, old.token.clone(), false).await;
        }
        let is_unsaved = old.is_some_and(|old| self.is_unsaved(old));
        let base = match old {
            Some(old) if is_unsaved => Some(&old.token),
            old => kept.as_ref().or(old.map(|old| &old.token)),
        };
        self.asks_nobody.store(base.is_none() && ends_with_its_record, Ordering::Relaxed);
        match fetch(self.inner, base, self.io).await {
            Ok(token) => self.save(guard, token.issued_by(self.began).inherit(base), true).await,
            Err(error) => self.lost(guard, kept.as_ref(), error).await,
        }
    }

    /// Whether a stored token is worth more than the one we have, and is not the one a server has just refused.
    fn is_better(&self, kept: &Token) -> bool {
        let standing = self.standing(kept);
        match &self.lead.old {
            Some(old) if old.token.expose() == kept.expose() => {
                !self.is_refused(old) && standing == Standing::Fresh
            }
            // Ours is not in the store. What is there may be what ours has replaced: refused, or its refresh token spent.
            Some(old) if self.is_unsaved(old) && kept.issued_at() <= old.token.issued_at() => false,
            Some(old) if old.standing(self.io.now()) != Standing::Over => standing == Standing::Fresh,
            _ => standing != Standing::Over,
        }
    }

    /// What somebody has put in place of the token that this renewal began with: a new login, or what the stored one was redeemed
    /// for. It is in use already, and it may not be in the store: what is there is spent then.
    fn newer(&self) -> Option<Token> {
        let began_with = self.lead.old.as_ref().map_or(0, |old| old.generation);
        let current = self.inner.cache.peek();
        let current = current.as_ref().filter(|it| it.generation > began_with && !it.rejected)?;
        Some(current.token.clone())
    }

    /// Whether it is the newest there is, and not in the store. One that was replaced since, by somebody who has signed in or out,
    /// is neither.
    fn is_unsaved(&self, old: &Current) -> bool {
        let current = self.inner.cache.peek();
        old.unsaved && current.as_ref().is_some_and(|current| current.generation == old.generation)
    }

    /// Whether a server has refused it: before this began, or since.
    fn is_refused(&self, old: &Current) -> bool {
        let current = self.inner.cache.peek();
        let is_this = |current: &&Arc<Current>| current.generation == old.generation;
        old.rejected || current.as_ref().filter(is_this).is_some_and(|current| current.rejected)
    }

    fn standing(&self, token: &Token) -> Standing {
        // Now, and not when this began: the lock may have been waited for.
        let (margin, now) = (self.inner.cache.settings().margin, self.io.now());
        Current::new(token.clone(), 0, margin, now).standing(now)
    }

    async fn load(&self) -> Result<Option<Token>, Error> {
        let (store, key) = (Arc::clone(&self.place.store), self.place.key.clone());
        let record = self.io.block(move || store.load(&key)).await??;
        self.read(record.as_ref())
    }

    async fn lock(&self) -> Result<(Held, Option<Token>), Error> {
        let (store, key) = (Arc::clone(&self.place.store), self.place.key.clone());
        let held = self.io.block(move || {
            let mut guard = store.lock(&key, PATIENCE)?;
            let record = guard.load()?;
            Ok::<_, Error>((guard, record))
        });
        let (guard, record) = held.await??;
        match self.read(record.as_ref()) {
            Ok(token) => Ok((guard, token)),
            Err(error) => {
                self.unlock(guard).await;
                Err(error)
            }
        }
    }

    /// Stores the token, durably, before anybody uses it; then unlocks. `is_new`: it has just been fetched.
    async fn save(&self, guard: Held, token: Token, is_new: bool) -> Result<Renewed, Error> {
        let record = record::write(&token, &self.place.key);
        let saved = self.io.block(move || {
            let mut guard = guard;
            let saved = guard.save(&record);
            let theirs = match saved {
                Ok(Saved::Overtaken) => guard.load(),
                _ => Ok(None),
            };
            (saved, theirs)
        });
        let (saved, theirs) = match saved.await {
            Ok((Ok(saved), theirs)) => (saved, theirs),
            // The server has issued it and may have spent the old one: it is used, and stored when that is possible.
            Ok((Err(error), _)) | Err(error) => {
                return Ok(self.not_saved(token, is_new, error).await);
            }
        };
        match saved {
            Saved::Stored => {
                self.renewed(&token, is_new).await;
                self.inner.tell(self.io, || TokenEvent::Renewed(token.clone())).await;
                Ok((token, Landed::default()))
            }
            // Our lock had run out, and somebody else has renewed: theirs is the one that counts.
            Saved::Overtaken => {
                let theirs = theirs.and_then(|record| self.read(record.as_ref())).ok().flatten();
                if let Some(theirs) = theirs.filter(|theirs| self.is_better(theirs)) {
                    return Ok(self.adopt(theirs).await);
                }
                // Or they have had the lock and brought nothing. Then ours is the one that lives: it is used, and stored
                // when the lock can be had again.
                let why =
                    format!("the lock on the token of {} had run out before it was stored", self.place.key);
                Ok(self.not_saved(token, is_new, Error::store(why).transient()).await)
            }
        }
    }

    /// Of one that is merely stored at last, observers have heard.
    async fn renewed(&self, token: &Token, is_new: bool) {
        if is_new {
            let because = Because::of(self.lead.old.as_deref(), self.began);
            self.inner.tell_renewed(self.io, token, because, self.elapsed()).await;
        }
    }

    async fn not_saved(&self, token: Token, is_new: bool, why: Error) -> Renewed {
        self.renewed(&token, is_new).await;
        self.inner.tell_not_saved(self.io, why).await;
        (token, Landed { unsaved: true, adopted: false })
    }

    /// A refusal may mean that another process was faster, where a lock does not keep it out. The loser adopts, and never
    /// removes what the winner has stored.
    async fn lost(&self, guard: Held, seen: Option<&Token>, error: Error) -> Result<Renewed, Error> {
        if error.is_transient() {
            self.unlock(guard).await;
            return Err(error);
        }
        let record = self.io.block(move || {
            let mut guard = guard;
            guard.load()
        });
        let now = record.await.and_then(|record| record).and_then(|record| self.read(record.as_ref()));
        let changed = |now: &Token| seen.is_none_or(|seen| seen.expose() != now.expose());
        match now {
            Ok(Some(now)) if changed(&now) && self.is_better(&now) => Ok(self.adopt(now).await),
            _ => Err(error),
        }
    }

    async fn adopt(&self, token: Token) -> Renewed {
        let same = self.lead.old.as_ref().is_some_and(|old| old.token.expose() == token.expose());
        if !same {
            self.inner.tell_adopted(self.io, token.clone(), self.elapsed()).await;
        }
        (token, Landed { unsaved: false, adopted: true })
    }

    async fn unlock(&self, guard: Held) {
        let _ = self.io.block(move || drop(guard)).await;
    }

    fn read(&self, record: Option<&Record>) -> Result<Option<Token>, Error> {
        record.map(|record| record::read(record, &self.place.key)).transpose()
    }

    fn elapsed(&self) -> Option<Duration> {
        self.io.now().duration_since(self.began).ok()
    }
}
