//! A registration that a program has obtained by itself: what it is good for, and what becomes of it.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use authwright_core::{
    Error, Fault, Target, TokenStore,
    flow::Io,
    store::{Saved, StoreKey},
};

use super::{
    NewClient,
    kept::{Kept, Registered},
};
use crate::{client::Client, errors, server::Server};

/// How long to wait for another process that registers: as long as its call may take, and some more.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// How often a lock may run out before its work is done.
const TRIES: u32 = 3;

/// Where a program's registration at a server is kept.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) store: Arc<dyn TokenStore>,
    pub(super) key: StoreKey,
    pub(super) issuer: String,
    /// Of the issuer, for messages.
    pub(super) origin: String,
}

impl Place {
    /// The description is checked.
    pub(super) fn new(
        server: &Server,
        client: &NewClient,
        store: Arc<dyn TokenStore>,
    ) -> Result<Self, Error> {
        client.check()?;
        Ok(Self {
            store,
            key: StoreKey::new(client.identity(server)?),
            issuer: server.issuer.clone(),
            origin: crate::endpoint::origin_of(&server.issuer),
        })
    }
}

/// A client that has registered itself.
pub(crate) struct Obtained {
    place: Place,
    client: Registered,
    /// The server does not know it any more, or it is not the one in the store. Nothing is sent for it then.
    is_refused: AtomicBool,
    /// It stands for one that was refused, and has not been accepted yet.
    is_unproven: AtomicBool,
}

impl Obtained {
    pub(super) fn new(place: Place, client: Registered, is_second: bool) -> Self {
        Self { place, client, is_refused: false.into(), is_unproven: is_second.into() }
    }

    fn name(&self) -> String {
        format!("client `{}` at {}", self.client.id.escape_debug(), self.place.origin)
    }

    /// Refuses a client that is over: its secret is not shown past its end.
    pub(crate) fn check_is_good(&self, now: SystemTime) -> Result<(), Error> {
        let why = if self.is_refused.load(Ordering::Relaxed) {
            "is not known to the server any more, or was forgotten here"
        } else if !self.client.is_good_for(Duration::ZERO, now) {
            "has a secret that has ended"
        } else {
            return Ok(());
        };
        let message = format!("{} {why}: register again (Registration::obtain), and sign in", self.name());
        Err(Error::new(Fault::Credential, message))
    }

    /// Refuses a grant that the server has not registered it for.
    pub(crate) fn check_grant(&self, grant: &str) -> Result<(), Error> {
        // A refresh token is there to be used, whatever was said before it was given.
        if grant == "refresh_token" || self.client.grants.iter().any(|known| known == grant) {
            return Ok(());
        }
        let message = format!(
            "{} is not registered for the grant `{grant}`; ask for it where it registers (NewClient::grant_type), unless the \
             server withholds it",
            self.name()
        );
        Err(Error::new(Fault::Caller, message))
    }

    /// Refuses a login that would end at the server with a page that nobody can do anything about. `redirect_uri`: of one
    /// by browser.
    pub(crate) async fn check_login(
        &self,
        grant: &str,
        redirect_uri: Option<&str>,
        io: &Io,
    ) -> Result<(), Error> {
        self.check_is_good(io.now())?;
        self.check_grant(grant)?;
        if redirect_uri.is_some_and(|uri| !self.has_redirect_uri(uri)) {
            let message = format!(
                "the redirect URI of this login is none that {} is registered with; give it to NewClient::redirect_uri",
                self.name()
            );
            return Err(Error::new(Fault::Caller, message));
        }
        // Another process may have heard that it is over.
        let place = self.place.clone();
        let record = io.block(move || place.store.load(&place.key)).await??;
        let kept =
            record.map(|record| Kept::read(&record, &self.place.key, &self.place.issuer)).transpose()?;
        if !kept.is_some_and(|kept| kept.is_of(&self.client.id)) {
            self.is_refused.store(true, Ordering::Relaxed);
        }
        self.check_is_good(io.now())
    }

    fn has_redirect_uri(&self, uri: &str) -> bool {
        let on_loopback = loopback(uri);
        let is_it =
            |known: &String| known == uri || (on_loopback.is_some() && loopback(known) == on_loopback);
        self.client.redirect_uris.iter().any(is_it)
    }

    /// The server does not know it: the next [`obtain`](crate::Registration::obtain) registers another. But not for one
    /// that stands for another already, and was never accepted.
    pub(crate) async fn refused(&self, io: &Io) -> Result<(), Error> {
        let noted = self.change(PATIENCE, io, |kept| {
            let vacant = Kept { client: None, is_second: true };
            (!kept.is_second).then_some(vacant)
        });
        let noted = noted.await.map_err(|error| {
            let message = format!(
                "{} is not known to the server any more, and that cannot be noted in its store: {error}",
                self.name()
            );
            errors::in_other_words(&error, message)
        })?;
        self.is_refused.store(noted != Changed::Declined, Ordering::Relaxed);
        self.is_unproven.store(noted == Changed::Declined, Ordering::Relaxed);
        Ok(())
    }

    /// The server has taken it: should it be refused later, it can be replaced.
    pub(crate) async fn accepted(&self, io: &Io) {
        if self.is_unproven.swap(false, Ordering::Relaxed) {
            // If that cannot be stored, a refusal in another process is one for a person. Nobody is waited for: what the server
            // has just given is not stored yet.
            let _ = self.change(Duration::ZERO, io, |kept| Some(Kept { is_second: false, ..kept })).await;
        }
    }

    /// What to do where the server has refused it.
    pub(crate) fn advice(&self, client: &Client, remedy: &str) -> String {
        let then = if remedy.is_empty() { "sign in again" } else { remedy };
        if self.is_refused.load(Ordering::Relaxed) {
            return format!(
                "{client} is not known there any more: register again (Registration::obtain), then {then}"
            );
        }
        if self.is_unproven.load(Ordering::Relaxed) {
            return format!(
                "{client} was registered in place of one that was refused, and is refused too, so no other is registered by \
                 itself: ask who runs the server; after Registration::forget the next start registers again"
            );
        }
        format!("check {client}")
    }

    /// Changes what is stored, where that is still this client.
    async fn change(
        &self,
        patience: Duration,
        io: &Io,
        change: fn(Kept) -> Option<Kept>,
    ) -> Result<Changed, Error> {
        let (place, id) = (self.place.clone(), self.client.id.clone());
        let changed = io.block(move || {
            for _ in 0..TRIES {
                let mut guard = place.store.lock(&place.key, patience)?;
                let kept = guard.load()?.map(|record| Kept::read(&record, &place.key, &place.issuer));
                let Some(kept) = kept.transpose()?.filter(|kept| kept.is_of(&id)) else {
                    return Ok(Changed::NotOurs);
                };
                let Some(kept) = change(kept) else { return Ok(Changed::Declined) };
                if guard.save(&kept.write(&place.key, &place.issuer))? == Saved::Stored {
                    return Ok(Changed::Done);
                }
            }
            Err(Error::new(Fault::Store, "its lock runs out before anything can be written").transient())
        });
        changed.await?
    }
}

/// What has become of a change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Changed {
    Done,
    Declined,
    /// Somebody else has registered another client since, or has forgotten this one.
    NotOurs,
}

/// A redirect URI on this machine without its port, of which any will do (RFC 8252 section 7.3).
fn loopback(uri: &str) -> Option<(String, String)> {
    let target = Target::parse(uri).ok().filter(|target| target.is_loopback() && !target.is_https())?;
    Some((target.host().to_owned(), target.path_and_query().to_owned()))
}

/// Shows no value of a secret.
impl fmt::Debug for Obtained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Obtained({})", self.name())
    }
}
