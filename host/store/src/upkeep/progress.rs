//! How far long work has come, for whoever waits for it.

/// A part of long work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Reading the journal and computing its hashes again; counted in frames.
    Chain,
    /// Making the projections again; counted in frames.
    Replay,
    /// Comparing tables row by row; counted in rows.
    Compare,
    /// Asking every row for its index entries; counted in rows.
    Rows,
    /// Copying; counted in frames and rows.
    Copy,
    /// Writing the journal out; counted in frames.
    Export,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub part: Part,
    /// How much of it is done.
    pub done: u64,
    /// How much there is, as far as is known; what is written meanwhile may come on top.
    pub total: u64,
}

/// Every how many rows somebody is told.
const STEP_ROWS: u64 = 10_000;

/// Counts rows and tells now and then.
pub(crate) struct Counter<'a> {
    progress: Progress,
    tell: &'a mut dyn FnMut(Progress),
}

impl<'a> Counter<'a> {
    pub(crate) fn new(part: Part, total: u64, tell: &'a mut dyn FnMut(Progress)) -> Self {
        Self { progress: Progress { part, done: 0, total }, tell }
    }

    pub(crate) fn one_more(&mut self) {
        self.progress.done += 1;
        if self.progress.done.is_multiple_of(STEP_ROWS) || self.progress.done == self.progress.total {
            (self.tell)(self.progress);
        }
    }

    pub(crate) fn done(&self) -> u64 {
        self.progress.done
    }
}
