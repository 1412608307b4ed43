//! A clock that goes as the system's does, but from where a test has put it: servers that are not ours go by the real time.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use authwright_core::Clock;

/// Clones are the same watch. Who would wait by it waits for nothing: it is put forward instead.
#[derive(Clone, Default)]
pub(crate) struct Watch(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    ahead: Duration,
    /// What happens while somebody waits for the so many-th time from now.
    meanwhile: Option<(u32, Box<dyn FnOnce() + Send>)>,
}

impl Watch {
    /// Back to the real time.
    pub(crate) fn reset(&self) {
        *self.state() = State::default();
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.state().ahead += by;
    }

    /// Does something while somebody waits by this watch for the `count`-th time from now: a person takes their time.
    pub(crate) fn meanwhile(&self, count: u32, what: impl FnOnce() + Send + 'static) {
        self.state().meanwhile = Some((count, Box::new(what)));
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for Watch {
    fn now(&self) -> SystemTime {
        SystemTime::now() + self.state().ahead
    }

    fn skip(&self, time: Duration) -> bool {
        let mut state = self.state();
        state.ahead += time;
        let now = match state.meanwhile.take() {
            Some((1, what)) => Some(what),
            Some((count, what)) => {
                state.meanwhile = Some((count - 1, what));
                None
            }
            None => None,
        };
        // It asks for the time itself.
        drop(state);
        if let Some(what) = now {
            what();
        }
        true
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Watch({:?} ahead)", self.state().ahead)
    }
}
