//! The clocks that an engine can be given. Nothing else in this crate reads the time of day.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// Tells the time, and how long to wait for a moment.
///
/// A partition's own time is this clock's, but never goes back: when the clock does, the partition's time
/// stands still until it has caught up.
pub trait Clock: Send + Sync + 'static {
    /// The moment it is.
    fn now(&self) -> Timestamp;

    /// How long, in real time, until it is `at`; zero when it has passed. A caller may wake earlier and asks
    /// again.
    fn until(&self, at: Timestamp) -> Duration;
}

/// The machine's clock, in whole milliseconds: finer than any promise, and short enough to read.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        // Every millisecond of an instant that can be represented can be represented.
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    fn until(&self, at: Timestamp) -> Duration {
        // A negative span is a moment that has passed.
        Duration::try_from(at.duration_since(self.now())).unwrap_or(Duration::ZERO)
    }
}

/// A clock that stands still until it is turned, for simulations. Call [`Engine::wake`](crate::Engine::wake)
/// after turning it: nobody waits for it.
#[derive(Debug)]
pub struct TurnedClock(Mutex<Timestamp>);

impl TurnedClock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    /// Turns it to `now`, forwards or back.
    pub fn turn_to(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn until(&self, at: Timestamp) -> Duration {
        if at <= self.now() { Duration::ZERO } else { Duration::MAX }
    }
}
