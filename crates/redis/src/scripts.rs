//! What Redis is told. Each step is one command or one script, so that nobody comes between its parts; and each may be
//! sent twice, so that it can be repeated when a connection broke and nobody knows whether it arrived.
//!
//! Scripts travel in full (`EVAL`): they are short, and `EVALSHA` would need a hash function and a second try.

use std::time::Duration;

use authwright_core::store::StoreKey;
use redis::{Cmd, cmd};

/// The two keys of one record. The braces are the hash tag of Redis Cluster: both keys are in one slot.
pub(crate) struct Keys {
    record: String,
    lock: String,
}

impl Keys {
    pub(crate) fn new(prefix: &str, key: &StoreKey) -> Self {
        let record = format!("{prefix}{{{}}}", key.file_name());
        Self { lock: format!("{record}:lock"), record }
    }

    /// The record's bytes, or nothing.
    pub(crate) fn load(&self) -> Cmd {
        let mut command = cmd("HGET");
        command.arg(&self.record).arg("bytes");
        command
    }

    /// The fence of the lock, or nothing where somebody else holds it.
    pub(crate) fn acquire(&self, holder: &str, lease: Duration, expire: Option<Duration>) -> Cmd {
        let mut command = eval(ACQUIRE, &[&self.lock, &self.record]);
        command.arg(holder).arg(millis(lease)).arg(expire.map_or(0, millis));
        command
    }

    /// 1, or 0 where a newer fence has been handed out.
    pub(crate) fn save(&self, fence: &str, bytes: &[u8], expire: Option<Duration>) -> Cmd {
        let mut command = eval(SAVE, &[&self.record]);
        command.arg(fence).arg(expire.map_or(0, millis)).arg(bytes);
        command
    }

    /// 1, or 0 where a newer fence has been handed out.
    pub(crate) fn remove(&self, fence: &str) -> Cmd {
        let mut command = eval(REMOVE, &[&self.record]);
        command.arg(fence);
        command
    }

    /// Unlocks, where the lock is still this holder's.
    pub(crate) fn release(&self, holder: &str) -> Cmd {
        let mut command = eval(RELEASE, &[&self.lock]);
        command.arg(holder);
        command
    }
}

/// A fence is the time in microseconds, or one more than the last. So it grows even where the hash with the last one is
/// lost, by eviction or by a failover. `%.0f`, because Lua writes numbers of this size with an exponent otherwise.
///
/// The same holder asking again gets the lock again: its first request may have been answered into a broken connection.
const ACQUIRE: &str = "\
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return false end
local now = redis.call('TIME')
local fence = tonumber(now[1]) * 1000000 + tonumber(now[2])
local last = tonumber(redis.call('HGET', KEYS[2], 'fence') or 0)
if fence <= last then fence = last + 1 end
fence = string.format('%.0f', fence)
redis.call('HSET', KEYS[2], 'fence', fence)
if ARGV[3] ~= '0' and redis.call('PTTL', KEYS[2]) < 0 then redis.call('PEXPIRE', KEYS[2], ARGV[3]) end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return fence";

/// The lock itself is not looked at: nobody else has had it if and only if there is no newer fence.
const SAVE: &str = "\
local newest = tonumber(redis.call('HGET', KEYS[1], 'fence') or 0)
if newest > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'fence', ARGV[1], 'bytes', ARGV[3])
if ARGV[2] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[2]) else redis.call('PERSIST', KEYS[1]) end
return 1";

/// The fence stays, for late writers to find.
const REMOVE: &str = "\
local newest = tonumber(redis.call('HGET', KEYS[1], 'fence') or 0)
if newest > tonumber(ARGV[1]) then return 0 end
redis.call('HDEL', KEYS[1], 'bytes')
return 1";

const RELEASE: &str = "\
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0";

fn eval(script: &str, keys: &[&str]) -> Cmd {
    let mut command = cmd("EVAL");
    command.arg(script).arg(keys.len()).arg(keys);
    command
}

/// Redis takes whole milliseconds, at least one, and not so many that its clock overflows.
fn millis(time: Duration) -> u64 {
    const TEN_YEARS: u128 = 10 * 366 * 24 * 60 * 60 * 1000;
    u64::try_from(time.as_millis().clamp(1, TEN_YEARS)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_keys_share_a_hash_tag() {
        let key = StoreKey::new("login {x} https://api.example.com");
        let keys = Keys::new("authwright:", &key);
        let tag = format!("{{{}}}", key.file_name());
        assert_eq!(keys.record, format!("authwright:{tag}"));
        assert_eq!(keys.lock, format!("authwright:{tag}:lock"));
        assert_eq!(tag.matches(['{', '}']).count(), 2);
    }

    #[test]
    fn durations_are_ones_redis_takes() {
        assert_eq!(millis(Duration::ZERO), 1);
        assert_eq!(millis(Duration::from_micros(2500)), 2);
        assert!(millis(Duration::MAX) < 400 * 24 * 60 * 60 * 1000 * 10);
    }
}
