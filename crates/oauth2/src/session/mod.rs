//! One login of a person, kept in a store: begun, used, renewed, ended.

mod ask;
mod login;
mod many;
mod resource;
mod source;

use std::{borrow::Borrow, fmt, sync::Arc};

use authwright_core::{Error, Flow, TokenPool, TokenStore, Tokens, flow::Io};

pub use self::{ask::Ask, login::Login, many::Sessions};
use self::{resource::ResourceSource, source::SessionSource};
use crate::{
    Pending, Registration, answer::Granted, authorization::Request, errors, registration::check_resource,
    service::Service,
};

/// A person's login at a server: signed in once, kept in a store, and renewed for as long as the server lets it live.
///
/// Every process that uses the same store and registration shares it: one signs in, all are signed in, and one renews for
/// all. Without a login, requests fail with an error that says what to do ([`hint`](Self::hint)).
///
/// ```
/// use authwright_core::{Auth, MemoryStore};
/// use authwright_oauth2::{Registration, Session};
///
/// let app = Registration::new("https://login.example.com", "acme-cli").scope("repo offline_access");
/// let session = Session::new(app, MemoryStore::new())?.hint("run `acme login`");
/// let auth = Auth::new("https://api.example.com", session.tokens())?;
/// # Ok::<(), authwright_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Session {
    service: Arc<Service>,
    store: Arc<dyn TokenStore>,
    hint: String,
    account: String,
    tokens: Tokens,
    /// By account and API.
    others: Arc<TokenPool<(String, String)>>,
}

/// So many caches for other APIs are kept.
const OTHERS: usize = 10_000;

impl Session {
    /// The login of this registration in this store, whether there is one yet or not.
    ///
    /// # Errors
    /// A part of the registration is malformed, or a secret is missing; the error names it. Nothing is read or sent.
    pub fn new(app: impl Borrow<Registration>, store: impl TokenStore) -> Result<Self, Error> {
        Self::make(Arc::new(app.borrow().check()?), Arc::new(store), String::new(), String::new())
    }

    /// What a person has to do to sign in, for the error of a request that needs it: ``run `acme login` ``.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        Self::make(self.service.clone(), self.store.clone(), hint, self.account.clone()).unwrap_or(self)
    }

    /// Which of several logins: each account has one of its own. None is named where nothing is said.
    pub fn account(self, name: impl Into<String>) -> Self {
        let name = name.into();
        Self::make(self.service.clone(), self.store.clone(), self.hint.clone(), name).unwrap_or(self)
    }

    fn make(
        service: Arc<Service>,
        store: Arc<dyn TokenStore>,
        hint: String,
        account: String,
    ) -> Result<Self, Error> {
        let source = SessionSource::new(&service, &hint, &account);
        let tokens = Tokens::builder(source).store(Arc::clone(&store)).build()?;
        let login = tokens.clone();
        let others = others(&service, &hint, move |_| Ok(login.clone()));
        Ok(Self { service, store, hint, account, tokens, others })
    }

    /// Tokens of the same login for another API (RFC 8707): each API gets one of its own, that is worth nothing at another.
    /// However often they are asked for, they are one cache for each API.
    ///
    /// # Errors
    /// The resource is not an absolute URL without a fragment.
    pub fn tokens_for(&self, resource: impl Into<String>) -> Result<Tokens, Error> {
        let resource = resource.into();
        check_resource(&resource)?;
        self.others.get(&(self.account.clone(), resource))
    }

    /// Its tokens, to be given to `Auth::new`. However often this is called, they are the same cache.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Signs a person in, by `Browser` or [`Device`](crate::Device), and keeps the login: in place of the one there was.
    ///
    /// Run it with `run_flow` of either client. It ends when the person has signed in, or the time for it is over.
    pub fn login(&self, how: impl Into<Login>) -> Flow<()> {
        self.login_asking(how, Ask::new())
    }

    /// The same, and asks for more than the registration says: another prompt, a stronger login.
    pub fn login_asking(&self, how: impl Into<Login>, ask: Ask) -> Flow<()> {
        let (session, how) = (self.clone(), how.into());
        Flow::new(move |io| async move {
            let granted = how.run(&session.service, ask, &io).await?;
            session.keep(granted, &io).await
        })
        .about(&self.tokens)
    }

    /// Begins a login whose answer comes to a URL of your own: a web application. Redirect the person to
    /// [`Pending::url`], and [finish](Self::finish) when they come back.
    ///
    /// A program that signs people in at several servers gives each a redirect URI of its own. Servers that name themselves in
    /// their answers (RFC 9207) are told apart by that; the others only by where their answer came in (RFC 9700 section 4.4.2).
    pub fn begin(&self, redirect_uri: impl Into<String>) -> Flow<Pending> {
        self.begin_asking(redirect_uri, Ask::new())
    }

    /// The same, and asks for more than the registration says.
    pub fn begin_asking(&self, redirect_uri: impl Into<String>, ask: Ask) -> Flow<Pending> {
        let (service, redirect_uri) = (Arc::clone(&self.service), redirect_uri.into());
        Flow::new(move |io| async move {
            let request = Request { redirect_uri, ..ask.into_request() };
            request.check()?;
            service.begin(request, &io).await
        })
        .about(&self.tokens)
    }

    /// Finishes a login with what came back: the query of the request that the person's browser was sent to, or its whole URL. The
    /// login is then kept as this session's.
    ///
    /// Of a URL the path is compared with that of the redirect URI. Behind a proxy that rewrites paths, give the query alone.
    ///
    /// # Errors
    /// It is not the answer to this login, it was given by another server, or it is over; nothing is sent then. Or the server
    /// has signed nobody in, or takes the code from nobody any more.
    pub fn finish(&self, pending: Pending, callback: impl Into<String>) -> Flow<()> {
        let (session, callback) = (self.clone(), secrecy::SecretString::from(callback.into()));
        Flow::new(move |io| async move {
            let callback = secrecy::ExposeSecret::expose_secret(&callback);
            let granted = session.service.finish(&pending, callback, &io).await?;
            session.keep(granted, &io).await
        })
        .about(&self.tokens)
    }

    /// A new login in place of the one there was, whose tokens for other APIs are of somebody else, perhaps.
    async fn keep(&self, granted: Granted, io: &Io) -> Result<(), Error> {
        self.tokens.put(granted.token, io).await?;
        self.forget_others(io).await
    }

    async fn forget_others(&self, io: &Io) -> Result<(), Error> {
        for tokens in self.others.existing(|(account, _)| *account == self.account) {
            tokens.remove(io).await?;
        }
        Ok(())
    }

    /// Signs out: removes the login from this machine, whatever the server says, and gives its tokens up there (RFC 7009).
    ///
    /// # Errors
    /// The server could not be told: there the login may live on until it ends by itself. Or the store could not be written:
    /// then the login is worth nothing where the server was told, and is found again where it was not.
    pub fn logout(&self) -> Flow<()> {
        let session = self.clone();
        Flow::new(move |io| async move {
            let kept = session.tokens.kept(&io).await;
            let removed = session.tokens.remove(&io).await;
            session.forget_others(&io).await?;
            let origin = session.service.origin();
            // What cannot be removed here is to be worth nothing there.
            let token = if removed.is_ok() { &removed } else { &kept };
            let given_up = match token {
                Ok(Some(token)) => session.service.give_up(token, &io).await,
                _ => Ok(()),
            };
            let in_other_words =
                |error: &Error, what: &str| errors::in_other_words(error, format!("{what}: {error}"));
            removed.map_err(|error| in_other_words(&error, "the login cannot be removed from its store"))?;
            given_up.map_err(|error| {
                in_other_words(&error, &format!("signed out here, but {origin} may still take the login"))
            })
        })
        .about(&self.tokens)
    }

    /// Whether somebody is signed in: there is a login in the store. It may have ended at the server.
    pub fn is_signed_in(&self) -> Flow<bool> {
        let tokens = self.tokens.clone();
        Flow::new(move |io| async move { Ok(tokens.kept(&io).await?.is_some()) })
    }

    /// Who has signed in, by the ID token of the login. `None`: nobody has, or the server has not said who.
    #[cfg(feature = "openid")]
    pub fn identity(&self) -> Flow<Option<crate::IdClaims>> {
        let tokens = self.tokens.clone();
        Flow::new(
            move |io| async move { Ok(tokens.kept(&io).await?.as_ref().and_then(crate::openid::claims_of)) },
        )
    }
}

/// Caches for other APIs, of the login that an account has: the session's own cache of it, which has the newest refresh token
/// also where that could not be stored.
fn others(
    service: &Arc<Service>,
    hint: &str,
    login: impl Fn(&String) -> Result<Tokens, Error> + Send + Sync + 'static,
) -> Arc<TokenPool<(String, String)>> {
    let (service, hint) = (Arc::clone(service), hint.to_owned());
    Arc::new(TokenPool::new(OTHERS, move |(account, resource): &(String, String)| {
        Tokens::new(ResourceSource::new(&service, login(account)?, resource, &hint))
    }))
}

/// Shows server, client and account.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("service", &self.service)
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}
