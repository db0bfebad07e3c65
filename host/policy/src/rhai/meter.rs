//! What stops a script that takes too long.
//!
//! The engine reports every operation, but not whose, and counts again from nothing inside callbacks of `map` or
//! `filter`. So the count is kept here, per thread: one call runs on one thread from its start to its end.

use std::cell::Cell;

use ::rhai::Dynamic;
use herald_core::decision::FailureCause;

use super::call::Stop;
use crate::deadline::Deadline;
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
    deadline: Deadline,
}

/// The measuring of one call; ends when it is dropped.
pub(super) struct Meter {
    deadline: Deadline,
}

impl Meter {
    pub(super) fn start(limits: &Limits) -> Self {
        let deadline = Deadline::start(limits.time_limit_ms);
        RUNNING.set(Some(State { operations: 0, limit: limits.operation_limit, deadline }));
        Self { deadline }
    }

    /// Microseconds and operations that it took.
    pub(super) fn stop(self) -> (u64, u64) {
        let operations = RUNNING.get().map_or(0, |state| state.operations);
        (self.deadline.elapsed_micros(), operations)
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
        } else if state.operations % OPERATIONS_PER_LOOK == 0 && state.deadline.is_over() {
            FailureCause::Time
        } else {
            return None;
        };
        Some(Dynamic::from(Stop(cause)))
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_thread_that_waits_uses_up_no_time_until_the_wall_clocks_backstop() {
        // (the limit and how long the thread waits, in milliseconds)
        for (time_limit_ms, waits, stops) in [(500, 600, false), (20, 450, true)] {
            let meter = Meter::start(&Limits { time_limit_ms, ..Limits::default() });
            std::thread::sleep(Duration::from_millis(waits));
            assert_eq!((0..OPERATIONS_PER_LOOK).any(|_| tick().is_some()), stops, "{time_limit_ms}");
            assert!(meter.stop().0 >= waits * 1_000);
        }
    }
}
