//! The store: Redis.

use std::{env, process, sync::Arc, time::Duration};

use authwright_core::TokenStore;
use authwright_redis::RedisStore;

/// How often a process is killed. The next one has to wait until the lease of its lock has run out.
pub(crate) const KILLS: usize = 100;

/// Short, for that wait, and a hundred times as long as a renewal takes: only one process renews.
const KILLS_LEASE: Duration = Duration::from_millis(500);
/// Longer than any renewal on a busy machine.
const LEASE: Duration = Duration::from_secs(10);

/// A place of its own for each test: Redis is thrown away after them.
pub(crate) struct Place(pub(crate) String);

impl Place {
    pub(crate) fn new(test: &str) -> Self {
        Self(format!("{test}-{}:", process::id()))
    }
}

pub(crate) fn open(place: &str) -> Arc<dyn TokenStore> {
    let url = env::var("AUTHWRIGHT_REDIS_URL").expect("run these with tests/interop/run redis");
    let lease = if place.starts_with("kills") { KILLS_LEASE } else { LEASE };
    Arc::new(RedisStore::new(&url).unwrap().prefix(place).lease(lease))
}
