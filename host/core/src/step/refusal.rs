//! Why a command is refused. A refused command changes nothing.

use jiff::Timestamp;

use crate::calendar::CalendarError;
use crate::case::{Status, TaskKind, TaskStatus};
use crate::command::Verb;
use crate::workspace::{ApplyError, RowError};

/// Why a command is refused, in words for whoever asked for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// What the command speaks of does not exist, or the requester may not know that it does.
    #[error("there is no {0}")]
    NotFound(String),
    /// A case by this id has begun already.
    #[error("a case begins with `submit` once, and this one has begun")]
    Exists,
    /// The case is in a status that does not take this command.
    #[error("a case that is `{status}` does not take `{verb}`")]
    Status {
        /// The command.
        verb: Verb,
        /// Where the case is.
        status: Status,
    },
    /// The requester has no right to it.
    #[error("{who} may not `{verb}` this: {why}")]
    Forbidden {
        /// The command.
        verb: Verb,
        /// Who asked.
        who: String,
        /// Who may.
        why: &'static str,
    },
    /// Somebody was faster.
    #[error("the case is at version {found} by now, and you decided on version {expected}; look at it again")]
    Version {
        /// What the requester had seen.
        expected: u64,
        /// What there is.
        found: u64,
    },
    /// The task was done, or is no longer needed.
    #[error("the task is `{status}` since {since}; nothing is left to do")]
    TaskOver {
        /// Where it is.
        status: TaskStatus,
        /// Since when, as far as it was done.
        since: String,
    },
    /// The task asks for something else.
    #[error("the task asks to `{kind}`, not to `{verb}`")]
    OtherTask {
        /// What it asks.
        kind: TaskKind,
        /// What was wanted.
        verb: Verb,
    },
    /// A goal is not where the command needs it to be.
    #[error("goal `{goal}` is not {needed}")]
    Goal {
        /// Its name.
        goal: String,
        /// Where it would have to be.
        needed: &'static str,
    },
    /// Something has to happen first.
    #[error("{0}")]
    First(&'static str),
    /// It is too late.
    #[error("it could be reopened until {0}; submit a new message that names this one as `caused_by`")]
    TooLate(Timestamp),
    /// Somebody has just done so.
    #[error("a reminder has just gone out; the next one may from {next} on")]
    RemindedAlready {
        /// From when on the next one may go out.
        next: Timestamp,
        /// How long that is from now on, in seconds.
        wait_seconds: u64,
    },
    /// A field of the command is wrong.
    #[error("`{field}`: {message}")]
    Invalid {
        /// The field, as a JSON pointer into the request.
        field: &'static str,
        /// What is wrong and what to do.
        message: String,
    },
    /// The directory has nobody at all who could do what has to be done.
    #[error("nobody is there to take this: the directory has no active person; add one, or a catch-all")]
    Nobody,
    /// A deadline cannot be computed.
    #[error("the deadline of `{goal}` cannot be computed: {why}")]
    Deadline {
        /// The goal.
        goal: String,
        /// Why.
        why: String,
    },
    /// The configuration has no calendar for a deadline in working time.
    #[error("`{goal}` is counted in working time, and there is no calendar; set `rules.calendar`")]
    NoCalendar {
        /// The goal.
        goal: String,
    },
}

impl Refusal {
    pub(super) fn deadline(goal: impl ToString, error: &CalendarError) -> Self {
        Self::Deadline { goal: goal.to_string(), why: error.to_string() }
    }
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// It is refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A row could not be read.
    #[error(transparent)]
    Rows(#[from] RowError),
    /// The rows contradict each other; they were not written by Herald.
    #[error(transparent)]
    Inconsistent(ApplyError),
}

impl From<ApplyError> for StepError {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Rows(error) => Self::Rows(error),
            missing @ ApplyError::Missing(_) => Self::Inconsistent(missing),
        }
    }
}
