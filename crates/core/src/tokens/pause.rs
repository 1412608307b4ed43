//! How long to leave a token endpoint alone after it failed, or after what it issued was refused.

use std::time::{Duration, SystemTime};

use crate::Error;

/// After the first failure of a kind that passes, a caller without a token may try again at once; after more, they wait.
const SHORT: Duration = Duration::from_millis(500);
const SHORT_MOST: Duration = Duration::from_secs(30);
/// A wrong password or a spent refresh token does not mend itself, and trying it again may lock an account.
const LONG: Duration = Duration::from_secs(30);
const LONG_MOST: Duration = Duration::from_secs(600);
/// What a server may ask for in `Retry-After`, at most.
const ASKED_MOST: Duration = Duration::from_secs(3600);
const REFUSED: Duration = Duration::from_secs(1);
pub(super) const REFUSED_MOST: Duration = Duration::from_secs(60);

pub(super) struct Failure {
    error: Error,
    at: SystemTime,
    /// In a row.
    count: u32,
}

impl Failure {
    pub(super) fn after(before: Option<Self>, error: Error, at: SystemTime) -> Self {
        let count = before.map_or(1, |before| before.count.saturating_add(1));
        Self { error, at, count }
    }

    /// How much of the pause is left. `over`: there is no token to go on with, so somebody is waiting.
    pub(super) fn pause_left(&self, now: SystemTime, over: bool) -> Option<Duration> {
        let own = match (self.error.is_transient(), over) {
            (false, _) => doubled(LONG, self.count - 1, LONG_MOST),
            (true, true) if self.count == 1 => Duration::ZERO,
            (true, true) => doubled(SHORT, self.count - 2, SHORT_MOST),
            (true, false) => doubled(SHORT, self.count - 1, SHORT_MOST),
        };
        let pause = own.max(self.error.retry_after().unwrap_or_default().min(ASKED_MOST));
        // A clock that was set back must not turn a pause into years.
        let passed = now.duration_since(self.at).ok()?;
        pause.checked_sub(passed).filter(|left| !left.is_zero())
    }

    /// The failure, for those who come during the pause.
    pub(super) fn error(&self, left: Duration) -> Error {
        if self.error.is_transient() { self.error.clone().with_retry_after(left) } else { self.error.clone() }
    }
}

/// How long a token fetched after `refusals` refusals in a row is left in place when it is refused too.
pub(super) fn after_refusals(refusals: u32) -> Duration {
    if refusals == 0 { Duration::ZERO } else { doubled(REFUSED, refusals - 1, REFUSED_MOST) }
}

fn doubled(base: Duration, times: u32, most: Duration) -> Duration {
    base.saturating_mul(1_u32.checked_shl(times.min(16)).unwrap_or(u32::MAX)).min(most)
}
