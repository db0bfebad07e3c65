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
    static RUNNING: Running = const { Running { operations: Cell::new(0), next_look: Cell::new(u64::MAX), clock: Cell::new(None) } };
}

/// The call that runs on this thread.
struct Running {
    operations: Cell<u64>,
    /// At how many operations the limits are looked at.
    next_look: Cell<u64>,
    clock: Cell<Option<Clock>>,
}

#[derive(Clone, Copy)]
struct Clock {
    operation_limit: u64,
    time_limit: Duration,
    started: Instant,
    /// What the thread had computed at the first look; to ask for it is a system call, which most calls are over
    /// without.
    computed_before: Option<Duration>,
}

impl Clock {
    fn is_out_of_time(&self) -> bool {
        // Nobody computes longer than the wall clock says, and that one costs less to look at.
        let elapsed = self.started.elapsed();
        let computed = || computed().saturating_sub(self.computed_before.unwrap_or_default());
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
        let time_limit = Duration::from_millis(limits.time_limit_ms.into());
        RUNNING.with(|running| {
            running.operations.set(0);
            running.next_look.set(OPERATIONS_PER_LOOK.min(limits.operation_limit.saturating_add(1)));
            running.clock.set(Some(Clock {
                operation_limit: limits.operation_limit,
                time_limit,
                started,
                computed_before: None,
            }));
        });
        Self { started }
    }

    /// Microseconds and operations that it took.
    pub(super) fn stop(self) -> (u64, u64) {
        let operations = RUNNING.with(|running| running.operations.get());
        (u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX), operations)
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        RUNNING.with(|running| {
            running.next_look.set(u64::MAX);
            running.clock.set(None);
        });
    }
}

/// Called by the engine for each operation; ends the script when it returns something.
pub(super) fn tick() -> Option<Dynamic> {
    RUNNING.with(|running| {
        let operations = running.operations.get() + 1;
        running.operations.set(operations);
        if operations < running.next_look.get() { None } else { look(running, operations) }
    })
}

fn look(running: &Running, operations: u64) -> Option<Dynamic> {
    let mut clock = running.clock.get()?;
    if operations > clock.operation_limit {
        return Some(Dynamic::from(Stop(FailureCause::Operations)));
    }
    running.next_look.set((operations + OPERATIONS_PER_LOOK).min(clock.operation_limit.saturating_add(1)));
    if clock.computed_before.is_none() {
        clock.computed_before = Some(computed());
        running.clock.set(Some(clock));
    }
    clock.is_out_of_time().then(|| Dynamic::from(Stop(FailureCause::Time)))
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
