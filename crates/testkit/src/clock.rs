//! A clock that the test moves.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// 2026-01-01T00:00:00Z, in seconds since the Unix epoch.
const START: u64 = 1_767_225_600;

/// A wall clock that stands still until the test [advances](Self::advance) it.
///
/// Clones share one time: give one to the code under test, keep another to move it.
#[derive(Clone, Debug)]
pub struct TestClock {
    now: Arc<Mutex<SystemTime>>,
}

impl TestClock {
    /// A clock that reads 2026-01-01T00:00:00Z.
    pub fn new() -> Self {
        Self::at(SystemTime::UNIX_EPOCH + Duration::from_secs(START))
    }

    /// A clock that reads `time`.
    pub fn at(time: SystemTime) -> Self {
        Self { now: Arc::new(Mutex::new(time)) }
    }

    /// Moves this clock and all its clones forward.
    pub fn advance(&self, by: Duration) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }

    /// What the clock reads.
    pub fn now(&self) -> SystemTime {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl authwright_core::Clock for TestClock {
    fn now(&self) -> SystemTime {
        Self::now(self)
    }

    /// Nobody waits for time that a test can move.
    fn skip(&self, time: Duration) -> bool {
        self.advance(time);
        true
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_move_together_and_only_when_told() {
        let clock = TestClock::new();
        let other = clock.clone();
        let start = clock.now();
        assert_eq!(start, other.now());
        other.advance(Duration::from_secs(90));
        assert_eq!(clock.now(), start + Duration::from_secs(90));
        assert_eq!(TestClock::at(start).now(), TestClock::default().now());
    }
}
