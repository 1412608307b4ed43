//! A [`TokenStore`](authwright_core::TokenStore) in Redis: the processes of several machines share one login, one of
//! them renews it at a time, and one that comes late cannot overwrite what another has stored since.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use authwright_redis::RedisStore;
//!
//! let store = RedisStore::new("rediss://:password@cache.example.com")?
//!     .prefix("billing:")
//!     .lease(Duration::from_secs(60));
//! # Ok::<(), authwright_redis::Error>(())
//! ```
//!
//! # What it guarantees
//!
//! With one primary that keeps what it was told:
//!
//! * **One holder.** A lock keeps out every other holder of its key, in this process and in all others, until it is
//!   dropped or its [lease](RedisStore::lease) has run out. A process that is killed blocks the others for one lease at
//!   most.
//! * **No late writer.** Every lock comes with a fence, a number that only grows. A save is one script in Redis, which
//!   writes unless a newer fence has been handed out for the key. A holder whose lease ran out may thus still save as
//!   long as nobody has had the lock since. Otherwise it gets [`Saved::Overtaken`](authwright_core::store::Saved), writes
//!   nothing, and has to adopt what the newer holder stored.
//! * **Whole records.** A reader sees the record before a save or the one after it.
//! * **Nothing hangs.** Connecting and every answer have a [time limit](RedisStore::timeouts); an idle connection that
//!   broke is replaced once before a call fails. Such errors are
//!   [transient](authwright_core::Error::is_transient).
//!
//! # When the lease runs out during a renewal
//!
//! The next holder finds the old record and renews too, with the same refresh token. A server that rotates refresh
//! tokens may take that for theft and end the login. So the lease has to be longer than the slowest answer of the token
//! endpoint, discovery and retries included; 60 s is the default. It is not extended while a renewal runs, so that a process that
//! hangs cannot hold the lock for ever.
//!
//! # What it cannot guarantee
//!
//! * **Failover.** Redis replicates after it has answered, and this store does not `WAIT`. A failover may lose a lock,
//!   and then two holders renew at once, or a record, and then the one before it is back. Fences hold up all the same:
//!   they follow the clock of the server, so that a new primary hands out newer ones as long as its clock is not behind
//!   by more than the failover took, and a holder whose lock was lost can still save unless another took it.
//! * **A crash of Redis** loses what its persistence had not written yet: a second with `appendfsync everysec`,
//!   everything without persistence. So does eviction: set `maxmemory-policy noeviction`.
//! * **Who can reach Redis** can read the tokens: give the store a user of its own, below.
//!
//! # What is kept, and under which keys
//!
//! `PREFIX{NAME}` is a hash with the fields `bytes`, the record, and `fence`, the newest fence; `PREFIX{NAME}:lock` is
//! the lock, which expires. `NAME` is [`StoreKey::file_name`](authwright_core::store::StoreKey::file_name). After a
//! removal the hash stays with its fence alone, some 250 bytes, since a late writer must still find it.
//!
//! The braces keep both keys in one slot of a Redis Cluster. The store talks to one address and does not follow
//! `MOVED`: a cluster has to be behind a proxy that routes, or a single shard.
//!
//! It needs Redis 5 or newer, or Valkey; 6 for user names. An ACL for it, prefix as by default:
//!
//! ```text
//! ACL SETUSER tokens on >PASSWORD ~authwright:* +eval +hget +hset +hdel +get +set +del +time +persist +pexpire +pttl
//! ```
//!
//! with `+select` where the URL names a database.
//!
//! # TLS
//!
//! Feature `tls` brings `rediss://`, on rustls with the certificates the system trusts; `SSL_CERT_FILE` in the
//! environment names others. rustls needs a crypto provider, which is the program's choice and not ours:
//! `rustls::crypto::ring::default_provider().install_default()` at the start of `main`, for one. Without it, calls fail
//! with an error that says so.
//!
//! Plain `redis://` is for this machine. To any other host it is an error, since tokens would travel in the clear;
//! [`RedisStore::danger_plain`] is there for networks that nobody else can listen to.

mod address;
mod answer;
mod chance;
mod guard;
mod scripts;
mod server;
mod store;

pub use authwright_core::{self, Error};

pub use self::store::RedisStore;
