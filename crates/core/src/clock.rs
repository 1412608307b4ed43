//! Time as an argument: core reads no clock.

use std::time::SystemTime;

/// Tells the time to schemes that need it. Drivers hand one in; tests hand in their own.
///
/// Any `Fn() -> SystemTime` is a clock, `SystemTime::now` included.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> SystemTime;
}

impl<F: Fn() -> SystemTime + Send + Sync + 'static> Clock for F {
    fn now(&self) -> SystemTime {
        self()
    }
}
