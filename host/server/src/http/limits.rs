//! Limits of the edge, and what is answered when one is reached.
//!
//! Bodies are bounded where they are read, rates by principal, work in flight by a count, and time by a
//! deadline on the whole request. Nothing here waits: what does not fit is refused at once.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use super::problem::{Problem, ProblemKind};

/// How much a principal may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests a second in the long run, at least 1.
    pub per_second: u64,
    /// Requests at once after a pause, at least 1.
    pub burst: u64,
}

/// A token bucket without a lock, by the generic cell rate algorithm (ITU-T I.371): one number, the moment at
/// which the bucket would be full again.
#[derive(Debug, Default)]
pub struct Bucket {
    full_at_nanos: AtomicU64,
}

impl Bucket {
    /// Takes `count` requests out of the bucket at `now`, counted from any fixed moment.
    ///
    /// # Errors
    /// How long to wait until as many may be taken; nothing was taken. More than a burst at once is let
    /// through when the bucket is full, and paid for afterwards: a batch must not be refused for ever.
    pub(crate) fn take(&self, count: u64, now: Duration, rate: Rate) -> Result<(), Duration> {
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        let each = 1_000_000_000 / rate.per_second.max(1);
        let cost = each.saturating_mul(count);
        let room = each.saturating_mul(rate.burst).max(cost);
        let mut wait = 0;
        let taken = self.full_at_nanos.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| {
            let next = full_at.max(now).saturating_add(cost);
            wait = next.saturating_sub(now).saturating_sub(room);
            (wait == 0).then_some(next)
        });
        taken.map(drop).map_err(|_| Duration::from_nanos(wait))
    }
}

/// The answer to a principal whose bucket is empty for another `wait`.
pub(crate) fn too_fast(wait: Duration, rate: Rate) -> Problem {
    let detail = format!(
        "more than {} requests a second (and {} at once) of one owner; the settings `rate_limit_per_second` \
         and `rate_burst` say how many",
        rate.per_second, rate.burst
    );
    // Rounded up: a client that comes back too early is refused again.
    Problem::new(ProblemKind::Rate, detail).retry_after(wait.as_secs() + 1)
}

/// Counts requests in flight.
#[derive(Debug)]
pub struct InFlight {
    count: AtomicUsize,
    limit: usize,
}

/// A place among the requests in flight; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place<'a>(&'a InFlight);

impl InFlight {
    /// At most `limit` at a time.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { count: AtomicUsize::new(0), limit }
    }

    /// A place, if there is one.
    pub(crate) fn enter(&self) -> Result<Place<'_>, Problem> {
        let before = self.count.fetch_add(1, Ordering::Relaxed);
        let place = Place(self);
        if before < self.limit {
            return Ok(place);
        }
        let detail = format!(
            "{} requests are being worked on; the setting `requests_in_flight_limit` says how many",
            self.limit
        );
        Err(Problem::new(ProblemKind::Overloaded, detail))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The answer to a body of more than `limit_bytes`, by the setting of that name.
pub(crate) fn too_large(limit_bytes: usize, setting: &str) -> Problem {
    Problem::new(ProblemKind::TooLarge, format!("more than {limit_bytes} bytes; the setting `{setting}` says how many"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_refills_at_its_rate() {
        let rate = Rate { per_second: 10, burst: 3 };
        // When, how many, and how long to wait if refused; in milliseconds.
        let steps: &[(u64, u64, Option<u64>)] = &[
            (0, 1, None),
            (0, 2, None),
            (0, 1, Some(100)),
            (50, 1, Some(50)),
            (100, 1, None),
            (100, 2, Some(200)),
            (300, 2, None),
            (10_000, 5, None),
            (10_000, 1, Some(300)),
            (10_300, 1, None),
            // A clock that went back lends nothing.
            (9_000, 1, Some(1_400)),
        ];
        let bucket = Bucket::default();
        for &(at, count, wait) in steps {
            let taken = bucket.take(count, Duration::from_millis(at), rate);
            assert_eq!(taken.err(), wait.map(Duration::from_millis), "{count} at {at} ms");
        }
    }

    #[test]
    fn places_are_given_back() {
        let in_flight = InFlight::new(2);
        let first = in_flight.enter().unwrap();
        let _second = in_flight.enter().unwrap();
        assert_eq!(in_flight.enter().unwrap_err().kind, ProblemKind::Overloaded);
        drop(first);
        let _third = in_flight.enter().unwrap();
        assert!(in_flight.enter().is_err(), "a refused request takes no place");
    }
}
