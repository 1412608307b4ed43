//! What a login that somebody makes, or ends, does to the token there is. For whoever lets people sign in.

use std::sync::Arc;

use super::{
    Acquired, Token, TokenEvent, Tokens,
    cache::{Landed, Refusal},
    current::Current,
    event::Because,
    record,
    renewal::{PATIENCE, Place},
};
use crate::{
    Error,
    flow::Io,
    store::{Saved, StoreGuard, StoreKey, TokenStore},
};

/// How often a lock may run out before its work is done.
const TRIES: u32 = 3;

impl Tokens {
    /// Puts a token in place of whatever there is: into the store, then in use. A renewal under way changes nothing any more.
    ///
    /// # Errors
    /// It could not be stored. It is not in use then: a login that is gone with the process is none.
    pub async fn put(&self, token: Token, io: &Io) -> Result<(), Error> {
        let inner = &self.0;
        let token = token.issued_by(io.now());
        if let Some(Place { store, key }) = &inner.place {
            let (store, key) = (Arc::clone(store), key.clone());
            let record = record::write(&token, &key);
            io.block(move || under_lock(&*store, &key, |guard| guard.save(&record))).await??;
        }
        inner.tell_renewed(io, &token, Because::Login, None).await;
        inner.tell(io, || TokenEvent::Renewed(token.clone())).await;
        inner.cache.replace(Some(token), io.now(), Landed::default());
        Ok(())
    }

    /// Takes out what there is, in use and in the store, and gives it back: its refresh token is the newest there was.
    ///
    /// # Errors
    /// It could not be removed from the store, where the next request finds it again.
    pub async fn remove(&self, io: &Io) -> Result<Option<Token>, Error> {
        let inner = &self.0;
        let in_use = self.in_use();
        let Some(Place { store, key }) = &inner.place else {
            inner.cache.replace(None, io.now(), Landed::default());
            return Ok(in_use.map(|current| current.token.clone()));
        };
        let (store, its_key) = (Arc::clone(store), key.clone());
        let removed = io.block(move || {
            let mut record = None;
            under_lock(&*store, &its_key, |guard| {
                record = guard.load()?;
                guard.remove()
            })
            .map(|()| record)
        });
        let removed = removed.await;
        inner.cache.replace(None, io.now(), Landed::default());
        let record = removed??;
        // One that nobody can read is gone too.
        let kept = record.and_then(|record| record::read(&record, key).ok());
        Ok(newest(kept, in_use.as_deref()))
    }

    /// What there is, in use or in the store, whatever it is worth. Nothing is fetched.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn kept(&self, io: &Io) -> Result<Option<Token>, Error> {
        let inner = &self.0;
        if let Some(Place { store, key }) = &inner.place {
            let (store, its_key) = (Arc::clone(store), key.clone());
            let record = io.block(move || store.load(&its_key)).await??;
            if record.is_none() && inner.source.0.ends_with_its_record_any() {
                return Ok(None);
            }
            let kept = record.map(|record| record::read(&record, key)).transpose()?;
            return Ok(newest(kept, self.in_use().as_deref()));
        }
        Ok(self.in_use().map(|current| current.token.clone()))
    }

    fn in_use(&self) -> Option<Arc<Current>> {
        self.0.cache.peek().clone()
    }

    /// Does something with what is stored that may change it, such as redeeming its refresh token for something else: under the
    /// store's lock, so that nobody renews it meanwhile. `work` gives back what is to be stored from now on, and its result.
    /// Where what is in use could not be stored, it is that.
    ///
    /// # Errors
    /// There is no store, nothing is stored, or the store fails; or what `work` says. Then nothing is changed.
    pub async fn with_kept<W, F, R>(&self, io: &Io, work: W) -> Result<R, Error>
    where
        W: FnOnce(Token) -> F,
        F: Future<Output = Result<(Token, R), Error>>,
    {
        let inner = &self.0;
        let Some(Place { store, key }) = &inner.place else {
            return Err(Error::caller(format!("{} has no store", self.source_name())));
        };
        let (its_store, its_key) = (Arc::clone(store), key.clone());
        let locked = io.block(move || {
            let mut guard = its_store.lock(&its_key, PATIENCE)?;
            let record = guard.load()?;
            Ok::<_, Error>((guard, record))
        });
        let (mut guard, record) = locked.await??;
        let generation = inner.cache.generation();
        // Where a record is gone, somebody has signed out.
        let is_over = record.is_none() && inner.source.0.ends_with_its_record_any();
        let current = self.in_use().filter(|current| current.unsaved && !is_over);
        let unsaved = current.map(|current| current.token.clone());
        let kept = match record.map(|record| record::read(&record, key)).transpose() {
            Ok(kept) => kept,
            Err(error) => {
                io.block(move || drop(guard)).await?;
                return Err(error);
            }
        };
        // What is stored may be what ours has replaced: its refresh token is spent. Or another process has been there since.
        let is_newer = |kept: &Token| unsaved.as_ref().is_none_or(|ours| kept.issued_at() > ours.issued_at());
        let Some(before) = kept.filter(is_newer).or_else(|| unsaved.clone()) else {
            io.block(move || drop(guard)).await?;
            // Says what has to be done.
            return Err(inner
                .source
                .0
                .fetch_any(None, io)
                .await
                .err()
                .unwrap_or_else(|| Error::credential(format!("{} has kept no token", self.source_name()))));
        };
        let (after, result) = match work(before.clone()).await {
            Ok(worked) => worked,
            Err(error) => {
                io.block(move || drop(guard)).await?;
                return Err(error);
            }
        };
        let is_same_access = before.expose() == after.expose();
        let is_same = is_same_access && before.expose_refresh_token() == after.expose_refresh_token();
        if is_same && unsaved.is_none() {
            io.block(move || drop(guard)).await?;
            return Ok(result);
        }
        let record = record::write(&after, key);
        let saved = io.block(move || guard.save(&record)).await.and_then(|saved| saved);
        // What the server has given counts, stored or not. A refresh token that is stored is found there, and what is in use is
        // as good as it was.
        let is_unsaved = !matches!(saved, Ok(Saved::Stored));
        if is_unsaved || unsaved.is_some() || !is_same_access {
            inner.cache.follow_up(
                generation,
                after,
                io.now(),
                Landed { unsaved: is_unsaved, adopted: false },
            );
        }
        if let Err(error) = saved {
            inner.tell_not_saved(io, error).await;
        }
        Ok(result)
    }

    /// A token that can be used now, for a flow that needs one: fetched if need be. Not for the source of this same cache,
    /// which would wait for itself.
    ///
    /// # Errors
    /// There is none: the source has failed.
    pub async fn get(&self, io: &Io) -> Result<Token, Error> {
        let mut acquire = self.acquire();
        loop {
            match acquire.step(io.now())? {
                Acquired::Token(token) => return Ok(token),
                // As a part of this flow, which runs by itself as the other would.
                Acquired::Start(flow) => flow.within(io).await?,
                Acquired::Wait(flight) => {
                    let landing = io.block(move || flight.block(None)).await?;
                    acquire.landed(landing);
                }
            }
        }
    }
}

impl Tokens {
    /// A server has refused this token elsewhere than on a request, such as one that was to exchange it: whether there is
    /// another now, or there can be one. The next who asks gets it. A login that only a person could replace is left as it is.
    pub fn refuse(&self, token: &str, io: &Io) -> bool {
        let current = self.0.cache.peek();
        let is_it = |current: &&Arc<Current>| current.token.expose() == token;
        let Some(current) = current.as_ref().filter(is_it) else { return true };
        if self.0.source.0.ends_with_its_record_any() && current.token.expose_refresh_token().is_none() {
            return false;
        }
        matches!(self.0.cache.reject(current.generation, io.now()), Refusal::Again(_))
    }
}

/// Does something to a record that must not be overtaken: what a person has decided counts more than a renewal.
fn under_lock(
    store: &dyn TokenStore,
    key: &StoreKey,
    mut work: impl FnMut(&mut dyn StoreGuard) -> Result<Saved, Error>,
) -> Result<(), Error> {
    let mut last = None;
    for _ in 0..TRIES {
        // Who has it may be at a call that takes longer than anybody else would wait.
        match store.lock(key, PATIENCE) {
            Ok(mut guard) => {
                if work(&mut *guard)? == Saved::Stored {
                    return Ok(());
                }
            }
            Err(error) if error.is_transient() => last = Some(error),
            Err(error) => return Err(error),
        }
    }
    let overtaken =
        || Error::store(format!("the lock on the token of {key} runs out before it can be written"));
    Err(last.unwrap_or_else(|| overtaken().transient()))
}

/// Of what is stored, and of what is in use and could not be: its refresh token is the one that lives.
fn newest(kept: Option<Token>, in_use: Option<&Current>) -> Option<Token> {
    let is_newer = |current: &&Current| {
        kept.as_ref().is_none_or(|kept| current.unsaved && kept.issued_at() <= current.token.issued_at())
    };
    in_use.filter(is_newer).map(|current| current.token.clone()).or(kept)
}
