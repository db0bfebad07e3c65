//! What stops a script that takes too long.
//!
//! The engine reports every operation, but not whose, and counts again from nothing inside callbacks of `map` or
//! `filter`. So the count is kept here, per thread: one call runs on one thread from its start to its end.
//!
//! Time is what the thread itself computed. By the wall clock, a policy would fail because the machine is busy
//! with something else.

use std::cell::Cell;
use std::time::{Duration, Instant};

use ::rhai::Dynamic;
use herald_core::decision::FailureCause;
use rustix::time::{ClockId, clock_gettime};

use super::call::Stop;
use crate::limits::Limits;

/// Operations between two looks at the clock.
const OPERATIONS_PER_LOOK: u64 = 256;
/// How many times its time limit a call may take by the wall clock, however little it got to compute.
const WALL_CLOCK_FACTOR: u32 = 20;

thread_local! {
    static RUNNING: Cell<Option<State>> = const { Cell::new(None) };
}

#[derive(Clone, Copy)]
struct State {
    operations: u64,
    limit: u64,
    started: Instant,
    /// What the thread had computed before.
    computed_before: Duration,
    time_limit: Duration,
}

impl State {
    fn is_out_of_time(&self) -> bool {
        // Nobody computes longer than the wall clock says, and that one costs less to look at.
        let elapsed = self.started.elapsed();
        let computed = || computed().saturating_sub(self.computed_before);
        elapsed >= self.time_limit && (elapsed >= self.time_limit * WALL_CLOCK_FACTOR || computed() >= self.time_limit)
    }
}

/// How long this thread has computed since it began.
fn computed() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
}

/// The measuring of one call; ends when it is dropped.
pub(super) struct Meter {
    started: Instant,
}

impl Meter {
    pub(super) fn start(limits: &Limits) -> Self {
        let started = Instant::now();
        RUNNING.set(Some(State {
            operations: 0,
            limit: limits.operation_limit,
            started,
            computed_before: computed(),
            time_limit: Duration::from_millis(limits.time_limit_ms.into()),
        }));
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
        } else if state.operations % OPERATIONS_PER_LOOK == 0 && state.is_out_of_time() {
            FailureCause::Time
        } else {
            return None;
        };
        Some(Dynamic::from(Stop(cause)))
    })
}

#[cfg(test)]
mod tests {
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
