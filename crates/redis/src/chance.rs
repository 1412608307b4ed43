//! Random numbers where nothing has to be secret: names of lock holders, and pauses.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    process,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

/// A name no other holder of a lock has, on any machine.
///
/// It has to be unique, not secret: whoever can send Redis somebody else's name can delete the lock without it. The
/// keys of `RandomState` are 128 random bits per thread. A process that was forked, or a machine that was copied while
/// it ran, has the same; the process number, the time and a counter tell those apart.
pub(crate) fn holder_name() -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
    format!("{:016x}{:016x}-{:x}-{now:x}-{count:x}", random(), random(), process::id())
}

/// Between half of the pause and all of it, so that those who wait do not ask in step.
pub(crate) fn jittered(pause: Duration) -> Duration {
    let share = u32::try_from(random() % 1024).unwrap_or_default();
    pause / 2 + pause * share / 2048
}

fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_differ() {
        let names: HashSet<String> = (0..10_000).map(|_| holder_name()[..32].to_owned()).collect();
        assert_eq!(names.len(), 10_000);
    }

    #[test]
    fn pauses_stay_in_their_bounds_and_vary() {
        let pause = Duration::from_millis(50);
        let pauses: HashSet<Duration> = (0..1000).map(|_| jittered(pause)).collect();
        assert!(pauses.iter().all(|one| *one >= pause / 2 && *one <= pause));
        assert!(pauses.len() > 100);
    }
}
