//! What an engine counts about itself, for whoever publishes metrics. Reading or counting never waits.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// What it stands at.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, count: usize) {
        self.0.fetch_add(count as u64, Ordering::Relaxed);
    }
}

/// Upper bounds of a [`Histogram`]'s buckets, in microseconds; one more bucket has none. A quarter of a
/// millisecond is a fast evaluation, ten a usual sync of a disk, five seconds a failure.
pub const BUCKETS_MICROS: [u64; 14] =
    [250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000];

/// How long something took, by [`BUCKETS_MICROS`].
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [AtomicU64; BUCKETS_MICROS.len() + 1],
    sum_micros: AtomicU64,
}

impl Histogram {
    /// How many fell into each bucket; the last is for everything longer than the longest bound.
    #[must_use]
    pub fn buckets(&self) -> [u64; BUCKETS_MICROS.len() + 1] {
        std::array::from_fn(|index| self.buckets.get(index).map_or(0, |bucket| bucket.load(Ordering::Relaxed)))
    }

    /// How long all of them took together, in microseconds.
    #[must_use]
    pub fn sum_micros(&self) -> u64 {
        self.sum_micros.load(Ordering::Relaxed)
    }

    pub(crate) fn record(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let index = BUCKETS_MICROS.partition_point(|bound| *bound < micros);
        if let Some(bucket) = self.buckets.get(index) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.sum_micros.fetch_add(micros, Ordering::Relaxed);
    }
}

/// Everything that is counted, since the engine started.
#[derive(Debug, Default)]
pub struct Stats {
    /// Commands that were carried out, the host's own included.
    pub carried_out: Counter,
    /// Commands that were refused when they were judged.
    pub refused: Counter,
    /// Requests answered from an idempotency key.
    pub repeated: Counter,
    /// Requests turned away because a queue was full.
    pub overloaded: Counter,
    /// Frames committed.
    pub frames: Counter,
    /// How long frames took: judging their commands, and the commit.
    pub commit: Histogram,
    /// How long evaluations took: everything on an evaluation thread, the reading before included.
    pub evaluation: Histogram,
    /// Defects: evaluations or judgements that failed inside Herald. Each is in the log.
    pub defects: Counter,
    /// Timers that fired: warnings, breaches, closings.
    pub timers_fired: Counter,
    /// Tries of deliveries.
    pub attempts: Counter,
    /// Tries that arrived.
    pub arrived: Counter,
    /// Deliveries that were given up.
    pub given_up: Counter,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_falls_into_the_first_bucket_that_holds_it() {
        for (micros, bucket) in [(0, 0), (250, 0), (251, 1), (5_000_000, 13), (5_000_001, 14), (u64::MAX, 14)] {
            let histogram = Histogram::default();
            histogram.record(Duration::from_micros(micros));
            assert_eq!(histogram.buckets()[bucket], 1, "{micros}");
            assert_eq!(histogram.sum_micros(), micros);
        }
    }
}
