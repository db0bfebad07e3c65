//! Goals: promises with a deadline.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::promises::Followers;
use crate::calendar::Remaining;
use crate::decision::{BundleId, is_zero};
use crate::ids::{GoalNumber, TaskNumber};
use crate::names::{CalendarName, DepartmentId, PersonId};
use crate::plan::{GoalName, Moment};
use crate::span::Span;
use crate::words::words;

words! {
    /// Where a goal is.
    GoalStatus {
        /// What starts its clock has not happened yet.
        Pending = "pending",
        /// Its clock runs.
        Running = "running",
        /// Its clock stands still while somebody else is waited for.
        Paused = "paused",
        /// Kept in time.
        Met = "met",
        /// Its deadline passed. Keeping it afterwards ends what follows from that; it stays breached.
        Breached = "breached",
        /// No longer needed.
        Cancelled = "cancelled",
    }
}

/// Whose word set a goal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SetBy {
    /// A bundle; its `escalate` decides a breach.
    Bundle(BundleId),
    /// The host: a channel's own approval, the closing of a resolved case, a step of the built-in escalation.
    Host,
}

impl SetBy {
    /// The bundle, if it was one.
    #[must_use]
    pub fn bundle(&self) -> Option<&BundleId> {
        match self {
            Self::Bundle(bundle) => Some(bundle),
            Self::Host => None,
        }
    }
}

/// A goal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// Its number within the case.
    pub number: GoalNumber,
    /// Its name.
    pub name: GoalName,
    /// Where it is.
    pub status: GoalStatus,
    /// Whose promise it is, sorted; any of them can keep it. Never empty while it runs.
    pub owners: Vec<PersonId>,
    /// The department whose head hears of a breach first, and whose calendar counts.
    pub department: DepartmentId,
    /// The calendar that counts, as it was named when the goal was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<CalendarName>,
    /// How long it may take.
    pub within: Span,
    /// How long before the deadline its owners are warned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn_before: Option<Span>,
    /// What starts its clock.
    pub starts: Moment,
    /// What ends it besides its owners' own word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stops: Option<Moment>,
    /// Whether it starts again when it is met or breached.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeats: bool,
    /// Whose word set it.
    pub set_by: SetBy,
    /// The task that meets it when it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskNumber>,
    /// The breached goal that this one follows; keeping that one ends this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<GoalNumber>,
    /// Goals that follow this one since it was breached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub followed_by: Vec<GoalNumber>,
    /// The first of the goals that were breached with it: what follows from their breach follows that one. Until
    /// it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breached_with: Option<GoalNumber>,
    /// How many of the goals that were breached with it, itself included, are still to be kept.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unkept: u32,
    /// The goals that stand for the promise of this one, which itself follows none, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub followers: BTreeMap<GoalName, Followers>,
    /// Whether nobody needs it any more although it was breached: what it followed from was kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unneeded: bool,
    /// How many steps of the built-in escalation led to it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub step: u32,
    /// When its clock started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When its owners are warned, until they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn_at: Option<Timestamp>,
    /// Its deadline, while it runs and afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// What is left of it while it is paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<Remaining>,
    /// When it was kept, in time or late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub met_at: Option<Timestamp>,
    /// When its breach was last noticed; one that repeats, or was reopened, may run again since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breached_at: Option<Timestamp>,
    /// Why somebody whose promise it is declined it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined: Option<String>,
}

impl Goal {
    /// When the host has to look at it next: its warning, then its deadline. `None` unless it runs.
    #[must_use]
    pub fn timer(&self) -> Option<Timestamp> {
        let next = || Some(self.warn_at.unwrap_or(self.due?).min(self.due?));
        if self.status == GoalStatus::Running { next() } else { None }
    }

    /// Whether somebody's word can still change it.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.status, GoalStatus::Pending | GoalStatus::Running | GoalStatus::Paused)
    }
}
