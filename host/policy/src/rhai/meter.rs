//! What stops a script that takes too long.
//!
//! The engine reports every operation, but not whose, and counts again from nothing inside callbacks of `map` or
//! `filter`. So the count is kept here, per thread: one call runs on one thread from its start to its end.

use std::cell::Cell;
use std::time::{Duration, Instant};

use ::rhai::Dynamic;
use herald_core::decision::FailureCause;

use super::call::Stop;
use crate::limits::Limits;

/// Operations between two looks at the clock.
const OPERATIONS_PER_LOOK: u64 = 256;

thread_local! {
    static RUNNING: Cell<Option<State>> = const { Cell::new(None) };
}

#[derive(Clone, Copy)]
struct State {
    operations: u64,
    limit: u64,
    deadline: Instant,
}

/// The measuring of one call; ends when it is dropped.
pub(super) struct Meter {
    started: Instant,
}

impl Meter {
    pub(super) fn start(limits: &Limits) -> Self {
        let started = Instant::now();
        let deadline = started + Duration::from_millis(limits.time_limit_ms.into());
        RUNNING.set(Some(State { operations: 0, limit: limits.operation_limit, deadline }));
        Self { started }
    }

    /// Microseconds and operations that it took.
    pub(super) fn stop(self) -> (u64, u64) {
        let operations = RUNNING.get().map_or(0, |state| state.operations);
        (u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX), operations)
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        RUNNING.set(None);
    }
}

/// Called by the engine for each operation; ends the script when it returns something.
pub(super) fn tick() -> Option<Dynamic> {
    RUNNING.with(|running| {
        let mut state = running.get()?;
        state.operations += 1;
        running.set(Some(state));
        let cause = if state.operations > state.limit {
            FailureCause::Operations
        } else if state.operations % OPERATIONS_PER_LOOK == 0 && Instant::now() >= state.deadline {
            FailureCause::Time
        } else {
            return None;
        };
        Some(Dynamic::from(Stop(cause)))
    })
}
