//! One cache for each key, however often it is asked for.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use super::{Inner, Tokens};
use crate::Error;

/// Tokens by key: a cache for every tenant, user or scope, made when it is first asked for. Two callers who ask for one key
/// share one cache, and so one fetch.
///
/// It keeps as many caches as its capacity says. One that somebody still holds is found again even past that, so that there
/// are never two for one key. One that nobody holds is forgotten past the capacity, and with it a refresh token that was
/// rotated, unless it has a store.
///
/// ```
/// use authwright_core::{Auth, LoginEndpoint, Secret, TokenPool, Tokens};
///
/// let pool = TokenPool::new(1000, |user: &String| {
///     Tokens::new(
///         LoginEndpoint::json("https://api.example.com/login")
///             .field("email", user)
///             .secret("password", Secret::new("hunter2")),
///     )
/// });
/// let auth = Auth::new("https://api.example.com", pool.get(&"sam@example.com".to_owned())?)?;
/// # Ok::<(), authwright_core::Error>(())
/// ```
pub struct TokenPool<K> {
    make: Make<K>,
    capacity: usize,
    kept: Mutex<Kept<K>>,
}

type Make<K> = Box<dyn Fn(&K) -> Result<Tokens, Error> + Send + Sync>;

struct Kept<K> {
    caches: HashMap<K, Place>,
    strong: usize,
    uses: u64,
}

/// A cache that is kept alive, or only remembered while somebody else does that.
struct Place {
    cache: Weak<Inner>,
    strong: Option<Tokens>,
    used: u64,
}

impl<K: Clone + Eq + Hash> TokenPool<K> {
    /// A pool that keeps up to `capacity` caches alive by itself, and makes them with `make`.
    pub fn new(capacity: usize, make: impl Fn(&K) -> Result<Tokens, Error> + Send + Sync + 'static) -> Self {
        let kept = Kept { caches: HashMap::new(), strong: 0, uses: 0 };
        Self { make: Box::new(make), capacity: capacity.max(1), kept: Mutex::new(kept) }
    }

    /// The cache for a key.
    ///
    /// # Errors
    /// It has to be made, and that fails.
    pub fn get(&self, key: &K) -> Result<Tokens, Error> {
        if let Some(tokens) = self.find(key) {
            return Ok(tokens);
        }
        // Somebody else's code: not under the lock. Whoever comes second takes what the first has put there.
        let made = (self.make)(key)?;
        let (tokens, evicted) = {
            let mut kept = self.lock();
            let tokens = kept.caches.get(key).and_then(|place| place.cache.upgrade()).map_or(made, Tokens);
            let evicted = kept.put(key, tokens.clone(), self.capacity);
            (tokens, evicted)
        };
        drop(evicted);
        Ok(tokens)
    }

    /// The caches that there are for such keys; none is made. `wanted` must not ask the pool.
    pub fn existing(&self, wanted: impl Fn(&K) -> bool) -> Vec<Tokens> {
        let kept = self.lock();
        let such = kept.caches.iter().filter(|(key, _)| wanted(key));
        such.filter_map(|(_, place)| place.cache.upgrade()).map(Tokens).collect()
    }

    fn find(&self, key: &K) -> Option<Tokens> {
        let (tokens, evicted) = {
            let mut kept = self.lock();
            let tokens = Tokens(kept.caches.get(key)?.cache.upgrade()?);
            let evicted = kept.put(key, tokens.clone(), self.capacity);
            (tokens, evicted)
        };
        drop(evicted);
        Some(tokens)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept<K>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone + Eq + Hash> Kept<K> {
    /// Keeps a cache alive, in place of the one that has gone unused for longest if there are too many. What is no longer
    /// kept is given back, to be dropped outside the lock: its source is somebody else's code.
    fn put(&mut self, key: &K, tokens: Tokens, capacity: usize) -> Vec<Tokens> {
        self.uses += 1;
        let place = Place { cache: Arc::downgrade(&tokens.0), strong: Some(tokens), used: self.uses };
        let before = self.caches.insert(key.clone(), place).and_then(|before| before.strong);
        self.strong += usize::from(before.is_none());
        let mut evicted = Vec::from_iter(before);
        if self.strong > capacity {
            let strong = self.caches.iter_mut().filter(|(_, place)| place.strong.is_some());
            if let Some((_, oldest)) = strong.min_by_key(|(_, place)| place.used) {
                evicted.extend(oldest.strong.take());
                self.strong -= 1;
            }
            if self.caches.len() > 2 * capacity {
                self.caches.retain(|_, place| place.cache.strong_count() > 0);
            }
        }
        evicted
    }
}

/// Shows how many caches there are.
impl<K> fmt::Debug for TokenPool<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("TokenPool")
            .field("kept", &kept.strong)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::Token;

    fn pool(capacity: usize) -> (TokenPool<u32>, Arc<AtomicUsize>) {
        let made = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&made);
        let pool = TokenPool::new(capacity, move |key: &u32| {
            count.fetch_add(1, Ordering::Relaxed);
            Tokens::new(Token::new(format!("t{key}")))
        });
        (pool, made)
    }

    fn is_same(a: &Tokens, b: &Tokens) -> bool {
        Arc::ptr_eq(&a.0, &b.0)
    }

    #[test]
    fn one_key_is_one_cache() {
        let (pool, made) = pool(2);
        let (first, other) = (pool.get(&1).unwrap(), pool.get(&2).unwrap());
        assert!(is_same(&first, &pool.get(&1).unwrap()) && !is_same(&first, &other));
        assert_eq!(made.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn what_goes_unused_is_dropped_and_what_is_held_is_found_again() {
        let (pool, made) = pool(2);
        let held = pool.get(&0).unwrap();
        for key in 1..1000 {
            pool.get(&key).unwrap();
        }
        assert!(is_same(&held, &pool.get(&0).unwrap()), "two caches for one key would fetch twice");
        let kept = pool.lock();
        assert!(kept.strong == 2 && kept.caches.len() <= 5, "{} {}", kept.strong, kept.caches.len());
        drop(kept);
        let before = made.load(Ordering::Relaxed);
        pool.get(&5).unwrap();
        assert_eq!(made.load(Ordering::Relaxed), before + 1, "nobody held it");
    }

    #[test]
    fn callers_at_once_get_the_same_cache() {
        let (pool, _) = pool(8);
        let caches: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..16).map(|_| scope.spawn(|| pool.get(&7).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(caches.iter().all(|cache| is_same(cache, &caches[0])));
    }

    #[test]
    fn an_error_is_handed_on_and_forgotten() {
        let pool = TokenPool::new(2, |_: &u32| Err(Error::caller("no such tenant")));
        assert!(pool.get(&1).is_err() && pool.get(&1).is_err());
    }
}
