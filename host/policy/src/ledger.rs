//! What a call has asked, been answered and logged, counted against its limits. The same for every language.

use herald_core::decision::{FailureCause, HostAnswer};
use serde_json::Value;

use crate::limits::{Limits, bytes};
use crate::vocabulary::harmless;

/// What ends a log that was cut.
const LOG_MARK: &str = "… (the log is full)\n";
/// What each thing in a plan, and each answer, counts towards its limit, besides its texts.
const ENTRY_BYTES: usize = 64;

/// The books of one call.
pub(crate) struct Ledger {
    limits: Limits,
    answers: Vec<HostAnswer>,
    log: String,
    log_is_full: bool,
    plan_bytes: usize,
    host_calls: u32,
    answer_bytes: usize,
}

impl Ledger {
    pub(crate) fn new(limits: Limits) -> Self {
        let (answers, log) = (Vec::new(), String::new());
        Self { limits, answers, log, log_is_full: false, plan_bytes: 0, host_calls: 0, answer_bytes: 0 }
    }

    /// Counts something in the plan that has `text_bytes` of text.
    ///
    /// # Errors
    /// The limit that ends the call.
    pub(crate) fn plan(&mut self, text_bytes: usize) -> Result<(), FailureCause> {
        self.plan_bytes = self.plan_bytes.saturating_add(text_bytes).saturating_add(ENTRY_BYTES);
        if self.plan_bytes > bytes(self.limits.plan_limit_kib) { Err(FailureCause::Plan) } else { Ok(()) }
    }

    /// Counts a question to the host.
    ///
    /// # Errors
    /// The limit that ends the call.
    pub(crate) fn ask(&mut self) -> Result<(), FailureCause> {
        self.host_calls = self.host_calls.saturating_add(1);
        if self.host_calls > self.limits.host_call_limit { Err(FailureCause::HostCalls) } else { Ok(()) }
    }

    /// How many questions it counted.
    pub(crate) fn host_calls(&self) -> u32 {
        self.host_calls
    }

    /// Records a question and its answer.
    ///
    /// # Errors
    /// The limit that ends the call, when all of them have grown too large together.
    pub(crate) fn answer(&mut self, question: String, answer: Value) -> Result<(), FailureCause> {
        let size = question.len().saturating_add(answer.to_string().len());
        self.answer_bytes = self.answer_bytes.saturating_add(size).saturating_add(ENTRY_BYTES);
        if self.answer_bytes > bytes(self.limits.answer_limit_kib) {
            return Err(FailureCause::Size);
        }
        self.answers.push(HostAnswer { question, answer });
        Ok(())
    }

    /// Adds a line to the log, as far as it fits.
    pub(crate) fn log(&mut self, line: &str) {
        if self.log_is_full {
            return;
        }
        let limit = bytes(self.limits.log_limit_kib);
        let room = limit.saturating_sub(LOG_MARK.len() + self.log.len() + 1);
        // No more of it is looked at than there is room for.
        let line = harmless(line.get(..line.floor_char_boundary(room.saturating_add(1))).unwrap_or_default());
        if line.len() <= room {
            self.log.push_str(&line);
            self.log.push('\n');
        } else {
            self.log_is_full = true;
            self.log.push_str(line.get(..line.floor_char_boundary(room)).unwrap_or_default());
            self.log.push_str(LOG_MARK);
        }
    }

    /// What it asked, in order, and its log; the books are empty afterwards.
    pub(crate) fn close(&mut self) -> (Vec<HostAnswer>, String) {
        (std::mem::take(&mut self.answers), std::mem::take(&mut self.log))
    }
}
