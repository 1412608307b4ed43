//! The connections to one Redis.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use authwright_core::Error;
use redis::{
    Client, Cmd, Connection, FromRedisValue, IntoConnectionInfo, RedisConnectionInfo, RedisError, cmd,
};
use secrecy::ExposeSecret;

use crate::{address::Address, answer};

/// More than these are closed after use. Few threads renew tokens at once.
const IDLE_AT_MOST: usize = 4;
/// What has lain idle longer is not trusted: something between may have dropped it without a word, and the first use
/// would wait for its whole time limit.
const IDLE_FOR: Duration = Duration::from_secs(60);

/// A server, and connections to it that nobody uses at the moment.
pub(crate) struct Server {
    address: Arc<Address>,
    limits: Limits,
    idle: Mutex<Vec<Idle>>,
}

/// How long to wait for what. Never zero, which the system takes for "for ever" or for a mistake.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) connect: Duration,
    pub(crate) answer: Duration,
}

struct Idle {
    connection: Connection,
    since: Instant,
}

impl Server {
    pub(crate) fn new(address: Address, limits: Limits) -> Self {
        Self { address: Arc::new(address), limits, idle: Mutex::default() }
    }

    /// The same server with other limits, and connections of its own.
    pub(crate) fn with_limits(&self, limits: Limits) -> Self {
        Self { address: Arc::clone(&self.address), limits, idle: Mutex::default() }
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Sends a command that may be sent twice, and reads the answer.
    pub(crate) fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Error> {
        if let Some(connection) = self.take_idle() {
            match self.ask_on(connection, command) {
                // The server has closed it, perhaps long ago, and the others with it.
                Err(error) if error.is_connection_dropped() => self.idle().clear(),
                answer => return answer.map_err(|error| answer::failed(&self.address, &error)),
            }
        }
        let connection = self.connect()?;
        self.ask_on(connection, command).map_err(|error| answer::failed(&self.address, &error))
    }

    /// Only a connection that has answered well is used again: after a time limit, an answer may still be on its way, and
    /// after `READONLY` another server is to be looked up.
    fn ask_on<T: FromRedisValue>(&self, mut connection: Connection, command: &Cmd) -> Result<T, RedisError> {
        let answer = command.query(&mut connection)?;
        let mut idle = self.idle();
        if idle.len() < IDLE_AT_MOST {
            idle.push(Idle { connection, since: Instant::now() });
        }
        Ok(answer)
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle();
        idle.retain(|idle| idle.since.elapsed() < IDLE_FOR);
        idle.pop().map(|idle| idle.connection)
    }

    /// Signs in by hand: the client would report every refusal as a wrong password, a full server included.
    fn connect(&self) -> Result<Connection, Error> {
        #[cfg(feature = "tls")]
        answer::check_provider(&self.address)?;
        let failed = |error: RedisError| answer::unreachable(&self.address, &error);
        let anonymous = RedisConnectionInfo::default().set_skip_set_lib_name();
        let info = self.address.server.clone().into_connection_info().map_err(failed)?;
        let client = Client::open(info.set_redis_settings(anonymous)).map_err(failed)?;
        let mut connection = client.get_connection_with_timeout(self.limits.connect).map_err(failed)?;
        connection.set_read_timeout(Some(self.limits.answer)).map_err(failed)?;
        connection.set_write_timeout(Some(self.limits.answer)).map_err(failed)?;
        if let Some(password) = &self.address.password {
            let sign_in =
                cmd("AUTH").arg(&self.address.user).arg(password.expose_secret()).exec(&mut connection);
            sign_in.map_err(|error| answer::not_let_in(&self.address, &error))?;
        }
        if self.address.database != 0 {
            let select = cmd("SELECT").arg(self.address.database).exec(&mut connection);
            select.map_err(|error| answer::failed(&self.address, &error))?;
        }
        Ok(connection)
    }

    /// Nothing panics while this is held, so what it guards is whole even where a thread has died.
    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
