//! Which bundles failed in a frame, to notice that one has begun to keep failing.

use std::collections::BTreeMap;

use herald_core::decision::{BundleId, Hook, HookOutcome};
use herald_core::event::Event;
use herald_core::failing::FAILURES_LIMIT;
use herald_store::{Partition, StoreError};

/// Calls that failed, by bundle, revision and hook.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeMap<(BundleId, u32, Hook), u32>);

impl Tally {
    /// The calls that failed by what these events say.
    pub(super) fn of(events: &[Event]) -> Self {
        let mut tally = Self::default();
        for contribution in events.iter().flat_map(Event::contributions) {
            if let HookOutcome::Failed { cause, .. } = &contribution.outcome
                && cause.was_called()
            {
                let key = (contribution.bundle.clone(), contribution.revision, contribution.hook);
                *tally.0.entry(key).or_default() += 1;
            }
        }
        tally
    }

    pub(super) fn add(&mut self, other: Self) {
        for (key, count) in other.0 {
            *self.0.entry(key).or_default() += count;
        }
    }

    /// Whether any of them began to keep failing by these failures, which `partition` has counted.
    pub(super) fn reaches_the_limit(&self, partition: &Partition) -> Result<bool, StoreError> {
        if self.0.is_empty() {
            return Ok(false);
        }
        let snapshot = partition.snapshot()?;
        for ((bundle, revision, hook), count) in &self.0 {
            let failures = snapshot.failures_of(bundle, *revision)?.in_a_row(*hook);
            if failures >= FAILURES_LIMIT && failures.saturating_sub(*count) < FAILURES_LIMIT {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
