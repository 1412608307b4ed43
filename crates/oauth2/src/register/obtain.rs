//! Obtaining a registration: the one that is stored, or a new one, made once by all who begin at the same time.

use std::{sync::Arc, time::Duration};

use authwright_core::{
    Error, Fault, Flow, TokenStore,
    flow::Io,
    store::{Record, Saved, StoreGuard},
};
use http::{HeaderValue, header};
use secrecy::ExposeSecret;

use super::{
    NewClient, Obtained,
    answer::{Asked, registered},
    document::METHODS,
    kept::{Kept, Registered},
    obtained::{PATIENCE, Place},
};
use crate::{
    Registration,
    client::Placed,
    errors,
    registration::{Given, read_secret},
    server::{Metadata, Server, Which},
};

/// A secret that ends this soon is not begun with.
const LEEWAY: Duration = Duration::from_secs(60);

impl Registration {
    /// A registration that the program makes by itself (RFC 7591): the one in the store, or a new one, which is then stored.
    ///
    /// However often and in however many processes this runs, one client is registered for all of them, as long as they use
    /// one store and say the same. What the server has decided is used: client id, secret and the way to show it, redirect
    /// URIs, grants, and as much of the scope as it allows.
    ///
    /// Another is registered when the secret of the client has ended (RFC 7591 section 3.2.1), and when the server has
    /// answered `invalid_client` since: once. Should the new client be refused too, before it was ever accepted, a person
    /// has to look. Logins are of the client they were made with; after a new registration people sign in again.
    ///
    /// Before the server is told, the store shows that it can be written. The flow fails where it cannot, where the
    /// description is malformed, and where the server registers nobody, or not this program.
    ///
    /// ```
    /// use authwright_core::MemoryStore;
    /// use authwright_oauth2::{NewClient, Registration, Session};
    ///
    /// let store = MemoryStore::new(); // or FileStore::for_app("acme")?, which outlives the process
    /// let client = NewClient::new("Acme CLI").redirect_uri("http://127.0.0.1/callback").scope("repo offline_access");
    /// let obtain = Registration::obtain("https://login.example.com", client, store.clone());
    /// // let app = agent.run_flow(obtain)?;
    /// // let session = Session::new(app, store)?;
    /// # let _ = (obtain, store);
    /// ```
    pub fn obtain(server: impl Into<Server>, client: NewClient, store: impl TokenStore) -> Flow<Self> {
        let (server, store) = (server.into(), Arc::new(store));
        Flow::new(move |io| async move {
            let known = server.check()?;
            let place = Place::new(&server, &client, store)?;
            let obtain = Obtain { server, client, place, io: &io };
            let kept = match obtain.stored().await? {
                Some(kept) => kept,
                None => obtain.register(known).await?,
            };
            obtain.registration(kept)
        })
    }

    /// Takes a registration that was [obtained](Self::obtain) with the same description out of its store, whatever is there:
    /// the next that is obtained is a new one. At the server the client stays.
    pub fn forget(server: impl Into<Server>, client: NewClient, store: impl TokenStore) -> Flow<()> {
        let (server, store) = (server.into(), Arc::new(store));
        Flow::new(move |io| async move {
            let place = Place::new(&server, &client, store)?;
            let removed = io.block(move || place.store.lock(&place.key, PATIENCE)?.remove());
            if removed.await?? == Saved::Overtaken {
                let message = "the registration cannot be forgotten: the lock on it has run out; try again";
                return Err(Error::new(Fault::Store, message).transient());
            }
            Ok(())
        })
    }
}

struct Obtain<'a> {
    server: Server,
    client: NewClient,
    place: Place,
    io: &'a Io,
}

impl Obtain<'_> {
    /// What is in the store, if its client is good. That needs no lock.
    async fn stored(&self) -> Result<Option<Kept>, Error> {
        let place = self.place.clone();
        let record = self.io.block(move || place.store.load(&place.key)).await??;
        Ok(self.read(record.as_ref())?.filter(|kept| self.is_good(kept)))
    }

    fn read(&self, record: Option<&Record>) -> Result<Option<Kept>, Error> {
        record.map(|record| Kept::read(record, &self.place.key, &self.place.issuer)).transpose()
    }

    fn is_good(&self, kept: &Kept) -> bool {
        kept.client.as_ref().is_some_and(|client| client.is_good_for(LEEWAY, self.io.now()))
    }

    async fn register(&self, known: Option<Metadata>) -> Result<Kept, Error> {
        let metadata = match known {
            Some(metadata) => metadata,
            None => self.server.discover(self.io).await?,
        };
        let place = self.place.clone();
        let locked = self.io.block(move || place.store.lock(&place.key, PATIENCE));
        let mut lock = Lock(Some(locked.await??));
        let registered = self.register_under(&mut lock, &metadata).await;
        lock.unlock(self.io).await;
        registered
    }

    /// Registers, unless somebody else has done so meanwhile.
    async fn register_under(&self, lock: &mut Lock, metadata: &Metadata) -> Result<Kept, Error> {
        let record = lock.with(self.io, |guard| guard.load()).await??;
        let before = self.read(record.as_ref())?.unwrap_or_default();
        if self.is_good(&before) {
            return Ok(before);
        }
        // A store that cannot be written would lose what is registered, so it shows first that it can.
        if self.save(lock, &before).await? == Saved::Overtaken {
            return Err(self.overtaken());
        }
        let client = self.ask(metadata).await?;
        let id = client.id.escape_debug().to_string();
        let kept = Kept { client: Some(client), ..before };
        match self.save(lock, &kept).await {
            Ok(Saved::Stored) => Ok(kept),
            // The lock had run out, and somebody else has registered: theirs is the one that counts.
            Ok(Saved::Overtaken) => {
                let record = lock.with(self.io, |guard| guard.load()).await??;
                let theirs = self.read(record.as_ref())?.filter(|theirs| self.is_good(theirs));
                theirs.ok_or_else(|| self.overtaken())
            }
            Err(error) => {
                let message = format!(
                    "the program is registered at {} as client `{id}`, but that cannot be stored, and the next start would \
                     register it again: {error}",
                    self.place.origin
                );
                Err(errors::in_other_words(&error, message))
            }
        }
    }

    async fn save(&self, lock: &mut Lock, kept: &Kept) -> Result<Saved, Error> {
        let record = kept.write(&self.place.key, &self.place.issuer);
        lock.with(self.io, move |guard| guard.save(&record)).await?
    }

    fn overtaken(&self) -> Error {
        let message = format!("the lock on the registration of {} has run out; try again", self.place.key);
        Error::new(Fault::Store, message).transient()
    }

    /// Introduces the program to the server (RFC 7591 section 3.1).
    async fn ask(&self, metadata: &Metadata) -> Result<Registered, Error> {
        let origin = &self.place.origin;
        let Some(endpoint) = metadata.find(Which::Registration, false)? else {
            let message = format!(
                "{origin} does not say where programs can register (registration_endpoint); register this one by hand, and \
                 give its client id to Registration::new"
            );
            return Err(Error::new(Fault::Caller, message));
        };
        let token = self.client.access_token.as_ref();
        let token = token.map(|token| read_secret(token, "the initial access token")).transpose()?;
        let name = token.as_ref().map(|(value, from)| format!("{from}, {}", value.fingerprint()));
        let (document, method) = self.client.document(metadata)?;
        let mut request = endpoint.json_request(document.to_string())?;
        if let Some((value, from)) = &token {
            let bearer = HeaderValue::from_str(&format!("Bearer {}", &**value)).map_err(|_| {
                let message =
                    format!("the initial access token ({from}) has characters that no token can have");
                Error::new(Fault::Credential, message)
            });
            let mut bearer = bearer?;
            bearer.set_sensitive(true);
            request.headers_mut().insert(header::AUTHORIZATION, bearer);
        }
        let answer = endpoint.send(request, self.io).await?;
        let asked = Asked {
            origin: &endpoint.origin,
            method: &method,
            scope: &self.client.scope_as_sent(),
            redirect_uris: self.client.redirect_uris(),
            grants: &self.client.grants(),
            token: token.as_ref().zip(name.as_deref()).map(|((value, _), name)| (&**value, name)),
            now: self.io.now(),
        };
        registered(&answer, &asked)
    }

    /// The client as the server has it.
    fn registration(self, kept: Kept) -> Result<Registration, Error> {
        let Some(client) = kept.client else { return Err(self.overtaken()) };
        let mut app = Registration::new(self.server, client.id.clone()).scope(client.scope.clone());
        let origin = &self.place.origin;
        let secret = || {
            let secret = client.secret.as_ref().map(|secret| secret.expose_secret().into());
            secret.ok_or_else(|| {
                let message = format!(
                    "{origin} has registered this program with {}, and has given it no `client_secret`; ask who runs the server",
                    client.method
                );
                Error::new(Fault::Server, message)
            })
        };
        app.authentication = match &*client.method {
            "none" => Given::None,
            "client_secret_basic" => Given::Secret(secret()?, Placed::ByBasic),
            "client_secret_post" => Given::Secret(secret()?, Placed::InBody),
            #[cfg(feature = "keys")]
            "client_secret_jwt" => Given::SecretJwt(secret()?),
            "private_key_jwt" if self.client.key.is_some() => match self.client.signer()? {
                Some(signer) => Given::Key(Ok(signer)),
                None => Given::None,
            },
            other => return Err(unsupported(origin, other)),
        };
        app.binding = self.client.binding.clone();
        app.obtained = Some(Arc::new(Obtained::new(self.place, client, kept.is_second)));
        Ok(app)
    }
}

/// It stays in the store: asking again would register another client in the same way.
fn unsupported(origin: &str, method: &str) -> Error {
    let has = match method {
        "private_key_jwt" => {
            "which needs a key: give it one (NewClient::key), which registers it anew".to_owned()
        }
        "client_secret_jwt" => "which needs the feature `keys` of authwright-oauth2".to_owned(),
        _ => format!(
            "which is not known here; ask for another (NewClient::token_endpoint_auth_method: {}), or register by hand",
            METHODS.join(", ")
        ),
    };
    let method: String = method.chars().take(40).collect();
    let method = method.escape_debug();
    let message = format!("{origin} has registered this program to show itself by `{method}`, {has}");
    Error::new(Fault::Server, message)
}

/// The lock on the record. It is moved into each blocking part, and so outlives a flow that is dropped meanwhile.
struct Lock(Option<Box<dyn StoreGuard>>);

impl Lock {
    async fn with<R: Send + 'static>(
        &mut self,
        io: &Io,
        work: impl FnOnce(&mut dyn StoreGuard) -> R + Send + 'static,
    ) -> Result<R, Error> {
        let Some(mut guard) = self.0.take() else {
            return Err(Error::new(Fault::Store, "the lock on a registration is lost"));
        };
        let done = io.block(move || {
            let result = work(&mut *guard);
            (guard, result)
        });
        let (guard, result) = done.await?;
        self.0 = Some(guard);
        Ok(result)
    }

    async fn unlock(mut self, io: &Io) {
        let guard = self.0.take();
        let _ = io.block(move || drop(guard)).await;
    }
}
