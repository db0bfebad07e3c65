//! What an engine counts about itself, for whoever publishes metrics. Reading or counting waits for nothing but
//! somebody else's counting.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use herald_core::decision::{BundleId, Contribution, Hook, HookOutcome};

use crate::settings::FRAME_LIMIT_COMMANDS;

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

/// Upper bounds of the buckets of how many commands a frame holds; the last is the limit of a frame.
pub const BUCKETS_COMMANDS: [u64; 11] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, FRAME_LIMIT_COMMANDS as u64];

/// How large something was, by buckets.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// One for each bound, and one for what is beyond.
    buckets: Vec<AtomicU64>,
    sum: AtomicU64,
}

impl Histogram {
    fn new(bounds: &'static [u64]) -> Self {
        let buckets = std::iter::repeat_with(AtomicU64::default).take(bounds.len() + 1).collect();
        Self { bounds, buckets, sum: AtomicU64::default() }
    }

    /// The buckets: the upper bound of each, which the last has not, and how many fell into it.
    pub fn buckets(&self) -> impl Iterator<Item = (Option<u64>, u64)> {
        let bounds = self.bounds.iter().copied().map(Some).chain([None]);
        bounds.zip(self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)))
    }

    /// All of them together.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.sum.load(Ordering::Relaxed)
    }

    pub(crate) fn record(&self, size: u64) {
        let index = self.bounds.partition_point(|bound| *bound < size);
        if let Some(bucket) = self.buckets.get(index) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(size, Ordering::Relaxed);
    }

    pub(crate) fn record_duration(&self, took: Duration) {
        self.record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }
}

/// How the calls of one hook of a bundle fared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HookCounts {
    /// How many ended how: `answered`, or the cause of the failure.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// How many microseconds they took together.
    pub time_micros: u64,
    /// The most memory that one of them had in use at once, in bytes, as far as it is counted.
    pub memory_peak_bytes: u64,
}

/// How calls of policies' hooks fared. There is an entry for each hook of each bundle that was called since the
/// start, with as many numbers as it had outcomes: none of a sender's choosing. Of ten thousand bundles that are
/// published, those that were never called have none.
#[derive(Debug, Default)]
pub struct HookCalls(Mutex<BTreeMap<(BundleId, Hook), HookCounts>>);

impl HookCalls {
    /// The counts, by bundle and hook.
    #[must_use]
    pub fn get(&self) -> BTreeMap<(BundleId, Hook), HookCounts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn count(&self, contributions: &[Contribution]) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for Contribution { bundle, hook, outcome, cost, .. } in contributions {
            let counts = calls.entry((bundle.clone(), *hook)).or_default();
            let outcome = match outcome {
                HookOutcome::Plan(_) => "answered",
                HookOutcome::Failed { cause, .. } => cause.as_str(),
            };
            *counts.outcomes.entry(outcome).or_default() += 1;
            counts.time_micros = counts.time_micros.saturating_add(cost.time_micros);
            counts.memory_peak_bytes = counts.memory_peak_bytes.max(cost.memory_bytes);
        }
    }
}

/// Everything that is counted, since the engine started.
#[derive(Debug)]
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
    /// How many commands frames held, those that were refused in them included; by [`BUCKETS_COMMANDS`].
    pub batch: Histogram,
    /// How many microseconds frames took, judging their commands, and the commit; by [`BUCKETS_MICROS`].
    pub commit: Histogram,
    /// How many microseconds evaluations took, everything on an evaluation thread, the reading before included; by
    /// [`BUCKETS_MICROS`].
    pub evaluation: Histogram,
    /// How calls of hooks ended, what-if evaluations included.
    pub hooks: HookCalls,
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

impl Default for Stats {
    fn default() -> Self {
        Self {
            carried_out: Counter::default(),
            refused: Counter::default(),
            repeated: Counter::default(),
            overloaded: Counter::default(),
            frames: Counter::default(),
            batch: Histogram::new(&BUCKETS_COMMANDS),
            commit: Histogram::new(&BUCKETS_MICROS),
            evaluation: Histogram::new(&BUCKETS_MICROS),
            hooks: HookCalls::default(),
            defects: Counter::default(),
            timers_fired: Counter::default(),
            attempts: Counter::default(),
            arrived: Counter::default(),
            given_up: Counter::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_falls_into_the_first_bucket_that_holds_it() {
        for (micros, bucket) in [(0, 0), (250, 0), (251, 1), (5_000_000, 13), (5_000_001, 14), (u64::MAX, 14)] {
            let histogram = Histogram::new(&BUCKETS_MICROS);
            histogram.record_duration(Duration::from_micros(micros));
            let (bound, count) = histogram.buckets().nth(bucket).unwrap();
            assert_eq!((bound, count), (BUCKETS_MICROS.get(bucket).copied(), 1), "{micros}");
            assert_eq!((histogram.sum(), histogram.buckets().map(|(_, count)| count).sum::<u64>()), (micros, 1));
        }
    }
}
