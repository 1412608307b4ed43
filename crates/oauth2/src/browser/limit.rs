//! When waiting for a person ends: at its time limit, or when nobody wants the answer any more.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use authwright_core::{Error, Fault};

/// Ends the waiting when it is dropped. A flow holds it, so that a flow which is dropped closes its listener: the blocking
/// part that waits there would go on without it.
#[must_use]
pub(crate) struct CancelGuard(Arc<AtomicBool>);

impl CancelGuard {
    pub(crate) fn new(cancelled: &Arc<AtomicBool>) -> Self {
        Self(Arc::clone(cancelled))
    }
}

impl Drop for CancelGuard {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A stopwatch, since a person waits by the wall and not by the client's clock.
pub(crate) struct Limit {
    started: Instant,
    time: Duration,
    cancelled: Arc<AtomicBool>,
}

impl Limit {
    /// It runs from now.
    pub(crate) fn start(time: Duration, cancelled: Arc<AtomicBool>) -> Self {
        Self { started: Instant::now(), time, cancelled }
    }

    /// Whether to go on waiting. `advice` is what else may help.
    pub(crate) fn check(&self, advice: &str) -> Result<(), Error> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(Error::new(Fault::Caller, "the sign-in was given up before anybody answered"));
        }
        if self.started.elapsed() < self.time {
            return Ok(());
        }
        // Not transient: nobody wants browsers to open one after the other by themselves.
        let message = format!(
            "nobody signed in within {}; begin the sign-in again, with a longer .time_limit(..) if it takes that, or \
             {advice}",
            in_words(self.time)
        );
        Err(Error::new(Fault::Credential, message))
    }
}

/// `5 min`, and `90 s` for what is short.
pub(crate) fn in_words(time: Duration) -> String {
    match time.as_secs() {
        seconds if seconds >= 120 => format!("{} min", seconds / 60),
        _ => format!("{} s", time.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_ends_at_its_limit_and_when_it_is_cancelled() {
        let cancelled = Arc::default();
        let guard = CancelGuard::new(&cancelled);
        assert!(Limit::start(Duration::MAX, Arc::clone(&cancelled)).check("").is_ok());

        let over = Limit::start(Duration::ZERO, Arc::clone(&cancelled)).check("paste it").unwrap_err();
        assert_eq!(
            over.to_string(),
            "nobody signed in within 0 s; begin the sign-in again, with a longer .time_limit(..) if it takes that, or \
             paste it"
        );
        assert!(over.is_login_required() && !over.is_transient());

        drop(guard);
        let error = Limit::start(Duration::MAX, cancelled).check("").unwrap_err();
        assert!(error.to_string().contains("given up"), "{error}");
    }

    #[test]
    fn times_are_said_in_words() {
        for (milliseconds, words) in
            [(20, "0.02 s"), (90_000, "90 s"), (300_000, "5 min"), (899_999, "14 min")]
        {
            assert_eq!(in_words(Duration::from_millis(milliseconds)), words);
        }
    }
}
