//! Tasks: pieces of work for one person, or offered to several.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::stage::Verdict;
use crate::ids::{GoalNumber, TaskNumber};
use crate::names::{PersonId, StageName};
use crate::target::{Actor, Target};
use crate::words::words;

words! {
    /// What is asked of a task's holder.
    TaskKind {
        /// To decide a stage of an approval.
        Approve = "approve",
        /// To confirm having read the message.
        Acknowledge = "acknowledge",
        /// To answer it.
        Answer = "answer",
        /// To report on it, again and again, until the case is resolved.
        Report = "report",
    }
    /// Where a task is.
    TaskStatus {
        /// Somebody has to do it.
        Open = "open",
        /// It was done.
        Done = "done",
        /// It is no longer needed.
        Cancelled = "cancelled",
    }
}

/// How a task was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Who did it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// What was decided, of an approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// What they wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// How a task came from one holder to others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// Who passed it on.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// What they wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Its number within the case.
    pub number: TaskNumber,
    /// What is asked.
    pub kind: TaskKind,
    /// Where it is.
    pub status: TaskStatus,
    /// Who may do it, sorted. Never empty while it is open; one person once it is claimed.
    pub holders: Vec<PersonId>,
    /// Whom it was given to before that was resolved.
    pub target: Target,
    /// The stage that an approval decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<StageName>,
    /// The goal that doing it meets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<GoalNumber>,
    /// What it is about, where the message alone does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// How it came to its holders, if somebody passed it on; the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<Passed>,
    /// When its holders were last reminded of it by somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded_at: Option<Timestamp>,
    /// When it was given.
    pub given_at: Timestamp,
    /// By when it is to be done. Follows its goal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// How it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Done>,
}
