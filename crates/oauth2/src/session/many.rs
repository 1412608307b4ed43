//! One registration, any number of people: a web application.

use std::{borrow::Borrow, fmt, sync::Arc};

use authwright_core::{Error, Flow, TokenPool, TokenStore, Tokens};

use super::{Ask, Session, others, source::SessionSource};
use crate::{Pending, Registration};

/// So many people's caches are kept, where nothing else is said. Others are found in the store.
const CAPACITY: usize = 10_000;

/// The logins of many people at one server, each with a [`Session`] of their own.
///
/// ```
/// use authwright_core::{Auth, MemoryStore};
/// use authwright_oauth2::{Registration, Sessions};
///
/// let app = Registration::new("https://login.example.com", "shop").scope("orders.read");
/// let sessions = Sessions::new(app, MemoryStore::new())?;
/// let auth = Auth::new("https://api.example.com", sessions.user(4711).tokens())?;
/// # Ok::<(), authwright_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Sessions {
    /// With the caches for other APIs of everybody.
    nobody: Session,
    pool: Arc<TokenPool<String>>,
    capacity: usize,
}

impl Sessions {
    /// Logins of this registration in this store.
    ///
    /// # Errors
    /// As for [`Session::new`].
    pub fn new(app: impl Borrow<Registration>, store: impl TokenStore) -> Result<Self, Error> {
        Ok(Self::over(Session::new(app, store)?, CAPACITY))
    }

    /// How many people's tokens are kept in memory at once: 10,000 where nothing is said. The store keeps all of them.
    pub fn capacity(self, people: usize) -> Self {
        Self::over(self.nobody, people)
    }

    /// What a person has to do to sign in, for the error of a request that needs it.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self::over(self.nobody.hint(hint), self.capacity)
    }

    fn over(nobody: Session, capacity: usize) -> Self {
        let (service, store, hint) = (nobody.service.clone(), nobody.store.clone(), nobody.hint.clone());
        let make = move |user: &String| {
            Tokens::builder(SessionSource::new(&service, &hint, user)).store(Arc::clone(&store)).build()
        };
        let pool = Arc::new(TokenPool::new(capacity, make));
        let login = Arc::clone(&pool);
        let others = others(&nobody.service, &nobody.hint, move |account| login.get(account));
        Self { nobody: Session { others, ..nobody }, pool, capacity }
    }

    /// The session of a person, by whatever your application knows them by. However often it is asked for, and in however many
    /// requests at once, its tokens are one cache with one renewal.
    pub fn user(&self, id: impl fmt::Display) -> Session {
        let account = id.to_string();
        // It cannot fail: all that could has been checked. If it could, it would be a cache beside the others.
        match self.pool.get(&account) {
            Ok(tokens) => Session { account, tokens, ..self.nobody.clone() },
            Err(_) => self.nobody.clone().account(account),
        }
    }

    /// Begins a login, of whoever it will be: keep [`Pending::to_record`] in the session of their browser, and redirect them to
    /// [`Pending::url`].
    pub fn begin(&self, redirect_uri: impl Into<String>) -> Flow<Pending> {
        self.nobody.begin(redirect_uri)
    }

    /// The same, and asks for more than the registration says.
    pub fn begin_asking(&self, redirect_uri: impl Into<String>, ask: Ask) -> Flow<Pending> {
        self.nobody.begin_asking(redirect_uri, ask)
    }
}

/// Shows server and client.
impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("service", &self.nobody.service).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use authwright_core::MemoryStore;

    use super::*;

    #[test]
    fn a_hint_leaves_the_capacity_as_it_is() {
        let app = Registration::new("https://login.example.com", "shop");
        let sessions = Sessions::new(app, MemoryStore::new()).unwrap().capacity(3).hint("sign in");
        assert!(format!("{:?}", sessions.pool).contains("capacity: 3"), "{:?}", sessions.pool);
    }
}
