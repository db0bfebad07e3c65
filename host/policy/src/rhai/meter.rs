//! What stops a script that takes too much: operations, time, memory.
//!
//! The engine reports every operation, but not whose, and counts again from nothing inside callbacks of `map` or
//! `filter`. So the count is kept here, per thread: one call runs on one thread from its start to its end.
//!
//! A call that was stopped stays stopped. Some native functions swallow the errors of what they call (`dedup` those
//! of its comparer, the printing of a value those of its parts) and would carry on, so a second attempt to go on
//! unwinds the call. So does the first one of a call that holds much: on the way out of an error the engine may
//! still write such a value out, in one go and without reporting an operation.

use std::any::Any;
use std::cell::Cell;
use std::panic::resume_unwind;

use ::rhai::Dynamic;
use herald_core::decision::{Cost, FailureCause};

use super::call::Stop;
use crate::deadline::Deadline;
use crate::limits::{Limits, bytes};
use crate::memory::{Watch, is_over_limit};

/// Operations between two looks at the clock.
const OPERATIONS_PER_LOOK: u64 = 256;
/// A call that never held more is stopped by an error, which names the place. Whatever it could write out of this
/// is written in milliseconds, and no value in it is nested deeper than the stack bears.
const SMALL_BYTES: u64 = 64 * 1_024;

thread_local! {
    static RUNNING: Running = const {
        Running {
            operations: Cell::new(0),
            next_look: Cell::new(u64::MAX),
            stopped: Cell::new(None),
            bounds: Cell::new(None),
        }
    };
}

/// The call that runs on this thread.
struct Running {
    operations: Cell<u64>,
    /// At how many operations the count and the clock are looked at.
    next_look: Cell<u64>,
    /// Why the call has to end.
    stopped: Cell<Option<Stop>>,
    bounds: Cell<Option<Bounds>>,
}

#[derive(Clone, Copy)]
struct Bounds {
    operation_limit: u64,
    memory: Watch,
    deadline: Deadline,
}

/// The measuring of one call; ends when it is dropped.
pub(super) struct Meter {
    deadline: Deadline,
    memory: Watch,
}

impl Meter {
    pub(super) fn start(limits: &Limits) -> Self {
        let limit_bytes = bytes(limits.memory_limit_mib.saturating_mul(1_024));
        let (deadline, memory) = (Deadline::start(limits.time_limit_ms), Watch::begin(limit_bytes));
        RUNNING.with(|running| {
            running.operations.set(0);
            running.next_look.set(OPERATIONS_PER_LOOK.min(limits.operation_limit.saturating_add(1)));
            running.stopped.set(None);
            running.bounds.set(Some(Bounds { operation_limit: limits.operation_limit, memory, deadline }));
        });
        Self { deadline, memory }
    }

    /// What the call has cost so far; what it asked is counted by its ledger.
    pub(super) fn cost(&self) -> Cost {
        Cost {
            time_micros: self.deadline.elapsed_micros(),
            operations: RUNNING.with(|running| running.operations.get()),
            memory_bytes: self.memory.most_bytes(),
            ..Cost::default()
        }
    }

    /// Why the call had to end, whatever became of it. Nothing is reported after the last native call, so memory is
    /// looked at once more.
    pub(super) fn stopped(&self) -> Option<Stop> {
        let stopped = RUNNING.with(|running| running.stopped.get());
        stopped.or_else(|| is_over_limit().then_some(Stop::Limit(FailureCause::Memory)))
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        RUNNING.with(|running| {
            running.next_look.set(u64::MAX);
            running.bounds.set(None);
        });
    }
}

/// Called by the engine for each operation; ends the script when it returns something.
pub(super) fn tick() -> Option<Dynamic> {
    RUNNING.with(|running| {
        let operations = running.operations.get() + 1;
        running.operations.set(operations);
        if operations < running.next_look.get() && !is_over_limit() { None } else { look(running, operations) }
    })
}

/// Ends the call that runs here at its next operation, if what says so now should be swallowed. The first reason
/// stays.
pub(super) fn stop(why: Stop) {
    RUNNING.with(|running| {
        running.stopped.set(running.stopped.get().or(Some(why)));
        running.next_look.set(0);
    });
}

/// Ends the call that runs here at once. For what must not go on even to say why.
pub(super) fn unwind(why: Stop) -> ! {
    stop(why);
    resume_unwind(Box::new(why))
}

/// Whether it is the end of a call that a caught panic tells of.
pub(super) fn is_end(panic: &(dyn Any + Send)) -> bool {
    panic.is::<Stop>()
}

#[cold]
fn look(running: &Running, operations: u64) -> Option<Dynamic> {
    if let Some(why) = running.stopped.get() {
        unwind(why);
    }
    let mut bounds = running.bounds.get()?;
    running.next_look.set((operations + OPERATIONS_PER_LOOK).min(bounds.operation_limit.saturating_add(1)));
    let is_late = bounds.deadline.is_over();
    running.bounds.set(Some(bounds));
    let cause = if is_over_limit() {
        FailureCause::Memory
    } else if operations > bounds.operation_limit {
        FailureCause::Operations
    } else if is_late {
        FailureCause::Time
    } else {
        return None;
    };
    let why = Stop::Limit(cause);
    if bounds.memory.most_bytes() > SMALL_BYTES {
        unwind(why);
    }
    stop(why);
    Some(Dynamic::from(why))
}

/// Counts what a verb does in one go as so many operations; the script ends at its next one if that was too much.
pub(super) fn charge(operations: u64) {
    RUNNING.with(|running| running.operations.set(running.operations.get().saturating_add(operations)));
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
            assert!(meter.cost().time_micros >= waits * 1_000);
        }
    }

    #[test]
    fn what_was_stopped_does_not_go_on() {
        let meter = Meter::start(&Limits { operation_limit: 10, ..Limits::default() });
        assert!((0..10).all(|_| tick().is_none()));
        assert!(tick().is_some());
        for _ in 0..3 {
            let end = std::panic::catch_unwind(tick).unwrap_err();
            assert!(is_end(end.as_ref()));
        }
        stop(Stop::Limit(FailureCause::Plan));
        assert_eq!(meter.stopped(), Some(Stop::Limit(FailureCause::Operations)));
        drop(meter);
        assert_eq!(Meter::start(&Limits::default()).stopped(), None);
        assert!(tick().is_none(), "nothing is left for the next call");
    }
}
