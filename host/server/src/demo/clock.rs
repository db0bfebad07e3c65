//! The demo's clock: turned by hand while the story is played, then it goes on from there as clocks do.
//!
//! It goes on from where it stands, not from the machine's time: the deadlines of the story's cases are due by the time
//! that the story ended at, and a partition's time never goes back.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use herald_engine::Clock;
use jiff::Timestamp;

/// A clock that is turned until it is told to go.
#[derive(Debug)]
pub(super) struct DemoClock(Mutex<State>);

#[derive(Debug, Clone, Copy)]
enum State {
    Standing(Timestamp),
    Going { from: Timestamp, since: Instant },
}

impl DemoClock {
    /// A clock that stands at `now`.
    pub(super) fn new(now: Timestamp) -> Self {
        Self(Mutex::new(State::Standing(now)))
    }

    /// Turns it to `now`, where it stands.
    pub(super) fn turn_to(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State::Standing(now);
    }

    /// Lets it go on from where it stands.
    pub(super) fn go(&self) {
        let going = State::Going { from: self.now(), since: Instant::now() };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = going;
    }

    fn state(&self) -> State {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for DemoClock {
    fn now(&self) -> Timestamp {
        match self.state() {
            State::Standing(at) => at,
            State::Going { from, since } => {
                // In whole milliseconds, as the machine's clock is read.
                let gone = i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX);
                let now = from.as_millisecond().saturating_add(gone);
                Timestamp::from_millisecond(now).unwrap_or(Timestamp::MAX)
            }
        }
    }

    fn until(&self, at: Timestamp) -> Duration {
        match self.state() {
            // Nobody waits for a clock that stands: whoever turns it wakes them.
            State::Standing(now) if now < at => Duration::MAX,
            State::Standing(_) => Duration::ZERO,
            State::Going { .. } => Duration::try_from(at.duration_since(self.now())).unwrap_or(Duration::ZERO),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_until_it_goes_on_from_there() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let clock = DemoClock::new(at("2026-11-23T00:30:00Z"));
        assert_eq!(clock.until(at("2026-11-23T00:30:01Z")), Duration::MAX);
        clock.turn_to(at("2026-11-27T00:30:00Z"));
        assert_eq!((clock.now(), clock.until(clock.now())), (at("2026-11-27T00:30:00Z"), Duration::ZERO));
        clock.go();
        let left = clock.until(at("2026-11-27T00:31:00Z"));
        assert!(clock.now() >= at("2026-11-27T00:30:00Z") && left <= Duration::from_secs(60) && !left.is_zero());
    }
}
