//! One call of a guest: what it may see, what it has done so far, and what stops it. This is what an instance's
//! store carries, and it goes with the instance.

use std::fmt;

use herald_core::decision::FailureCause;
use wasmtime::{ResourceLimiter, Store, UpdateDeadline};

use super::engine::TABLE_ELEMENT_LIMIT;
use super::wasi::Surroundings;
use super::words::LastWords;
use crate::deadline::Deadline;
use crate::evaluation::Evaluation;
use crate::ledger::Ledger;

/// Bytes that one host call, or the result of a hook, may bring from the guest's memory into the host's. A plan
/// within its own limit is far below; this bounds what is read before that one can be counted.
pub(super) const HOSTCALL_LIMIT_BYTES: usize = 8 * 1_024 * 1_024;
/// What an element of a table takes in the host, in bytes.
const TABLE_ELEMENT_BYTES: usize = size_of::<usize>();

/// One call.
pub(super) struct Call {
    pub(super) evaluation: Evaluation,
    pub(super) ledger: Ledger,
    pub(super) memory: Memory,
    pub(super) words: LastWords,
    pub(super) surroundings: Surroundings,
    deadline: Deadline,
}

/// The reason that ended a call; a guest cannot catch it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stop(pub(super) FailureCause);

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stopped: {}", self.0)
    }
}

impl std::error::Error for Stop {}

impl Call {
    pub(super) fn new(evaluation: Evaluation) -> Self {
        let limits = evaluation.limits;
        Self {
            ledger: Ledger::new(limits),
            memory: Memory::new(limits.memory_limit_mib),
            words: LastWords::default(),
            surroundings: Surroundings::default(),
            deadline: Deadline::start(limits.time_limit_ms),
            evaluation,
        }
    }

    pub(super) fn elapsed_micros(&self) -> u64 {
        self.deadline.elapsed_micros()
    }
}

/// Puts the limits of the call in `store` in force.
pub(super) fn limit(store: &mut Store<Call>) {
    store.limiter(|call| &mut call.memory);
    store.set_hostcall_fuel(HOSTCALL_LIMIT_BYTES);
    // At every tick, as the first look is where the deadline begins to count what the thread computes.
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut context| {
        if context.data_mut().deadline.is_over() {
            return Err(Stop(FailureCause::Time).into());
        }
        Ok(UpdateDeadline::Continue(1))
    });
}

/// What all memories and tables of a call take together, against its limit.
pub(super) struct Memory {
    limit_bytes: usize,
    bytes: usize,
    refused: Option<Refused>,
}

/// What a guest asked for and did not get. It is only told that it got none, and most then give up in their own way;
/// whatever they trap with, this is why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// More than its memory limit.
    Memory,
    /// A table of more elements than any guest may have.
    Table,
    /// What it may have, and the machine has not.
    Machine,
}

impl Memory {
    fn new(limit_mib: u32) -> Self {
        let limit_bytes = usize::try_from(limit_mib).unwrap_or(usize::MAX).saturating_mul(1_024 * 1_024);
        Self { limit_bytes, bytes: 0, refused: None }
    }

    /// The most that was granted: nothing is given back before the end.
    pub(super) fn most_bytes(&self) -> u64 {
        u64::try_from(self.bytes).unwrap_or(u64::MAX)
    }

    pub(super) fn refused(&self) -> Option<Refused> {
        self.refused
    }

    /// Grants `more_bytes`, unless that is over the limit, or over the maximum that the guest has set itself.
    fn grow(&mut self, more_bytes: usize, is_over_its_own: bool) -> bool {
        let wanted = self.bytes.saturating_add(more_bytes);
        if wanted > self.limit_bytes {
            self.refused = Some(Refused::Memory);
            return false;
        }
        if is_over_its_own {
            return false;
        }
        self.bytes = wanted;
        true
    }
}

/// What was granted stays counted, also where it could not be had: of a growth that failed one is not told which it was,
/// and some are told that were never asked about.
impl ResourceLimiter for Memory {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let is_over_its_own = maximum.is_some_and(|maximum| desired > maximum);
        Ok(self.grow(desired.saturating_sub(current), is_over_its_own))
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.refused = Some(Refused::Machine);
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if desired > TABLE_ELEMENT_LIMIT {
            self.refused = Some(Refused::Table);
            return Ok(false);
        }
        let is_over_its_own = maximum.is_some_and(|maximum| desired > maximum);
        Ok(self.grow(desired.saturating_sub(current).saturating_mul(TABLE_ELEMENT_BYTES), is_over_its_own))
    }
}
