//! When a call has taken too long.
//!
//! Time is what the thread itself computed. By the wall clock, a policy would fail because the machine is busy
//! with something else; it only backs that up.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// How many times its time limit a call may take by the wall clock, however little it got to compute.
const WALL_CLOCK_FACTOR: u32 = 20;

/// When the call that runs on this thread has to end. To be asked on the thread that made it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    started: Instant,
    /// What the thread had computed at the first look. To ask for it is a system call, which most calls are over
    /// without.
    computed_before: Option<Duration>,
    limit: Duration,
}

impl Deadline {
    pub(crate) fn start(time_limit_ms: u32) -> Self {
        let limit = Duration::from_millis(time_limit_ms.into());
        Self { started: Instant::now(), computed_before: None, limit }
    }

    pub(crate) fn is_over(&mut self) -> bool {
        let before = *self.computed_before.get_or_insert_with(computed);
        // Nobody computes longer than the wall clock says, and that one costs less to look at.
        let elapsed = self.started.elapsed();
        let computed = || computed().saturating_sub(before);
        elapsed >= self.limit && (elapsed >= self.limit * WALL_CLOCK_FACTOR || computed() >= self.limit)
    }

    /// Microseconds by the wall clock since it began.
    pub(crate) fn elapsed_micros(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// How long this thread has computed since it began.
#[must_use]
pub fn computed() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
}
