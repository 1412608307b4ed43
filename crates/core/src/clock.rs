//! Time as an argument: core reads no clock.

use std::time::{Duration, SystemTime};

/// Tells the time to schemes that need it. Drivers hand one in; tests hand in their own.
///
/// Any `Fn() -> SystemTime` is a clock, `SystemTime::now` included.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> SystemTime;

    /// Lets so much time pass at once, where this clock goes by something else than the time: a test's does. `false`: it
    /// does not, and whoever wants time to pass has to wait.
    fn skip(&self, time: Duration) -> bool {
        let _ = time;
        false
    }
}

impl<F: Fn() -> SystemTime + Send + Sync + 'static> Clock for F {
    fn now(&self) -> SystemTime {
        self()
    }
}
