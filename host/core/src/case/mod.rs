//! A case and its rows as they stand: the state that events build and commands are judged against.
//!
//! The case itself stays small. Tasks, goals and deliveries are rows of their own, numbered densely from 1, so
//! that an acknowledgement in a notice to ten thousand people touches the case, one task and one goal.

mod delivery;
mod goal;
mod promises;
mod stage;
mod task;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use delivery::{Delivery, DeliveryStatus, Purpose};
pub use goal::{Goal, GoalStatus, SetBy};
pub use promises::{Followers, Promises, Standing};
pub use stage::{Seat, Stage, StageStatus, Verdict};
pub use task::{Done, Passed, Task, TaskKind, TaskStatus};

use crate::decision::{Flag, Hold, Plan, SetRestriction};
use crate::ids::{CaseId, DeliveryNumber, GoalNumber, TaskNumber};
use crate::message::{Audience, Classification, ContentType, Level, Urgency};
use crate::names::{DepartmentId, KindName, PersonId};
use crate::organisation::ArchiveClass;
use crate::plan::{GoalName, Moment};
use crate::target::Actor;
use crate::words::words;

words! {
    /// Where a case is in its life.
    Status {
        /// A policy failed closed; somebody must release it.
        Held = "held",
        /// Somebody must approve it first.
        AwaitingApproval = "awaiting-approval",
        /// Sent back to its sender for an edit.
        Returned = "returned",
        /// Not approved; its end.
        Rejected = "rejected",
        /// Taken back by its sender; its end.
        Withdrawn = "withdrawn",
        /// On its way to those it is for.
        Open = "open",
        /// Settled, in the eyes of the accountable person.
        Resolved = "resolved",
        /// Accepted; may be reopened for a while.
        Closed = "closed",
        /// Kept for the record.
        Archived = "archived",
    }
}

impl Status {
    /// Whether the same event, submitted again, belongs to this case.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(self, Self::Held | Self::AwaitingApproval | Self::Returned | Self::Open | Self::Resolved)
    }
}

/// What is still to be done in a case, by count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Outstanding {
    /// Open approval tasks.
    pub approvals: u32,
    /// Open acknowledgements.
    pub acknowledgements: u32,
    /// Open answers.
    pub answers: u32,
    /// Open reports.
    pub reports: u32,
    /// Deliveries that are not final.
    pub deliveries: u32,
    /// Goals that are running or paused.
    pub goals: u32,
}

/// How many rows a case has made so far; the next one gets the next number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Made {
    /// Tasks.
    pub tasks: u32,
    /// Goals.
    pub goals: u32,
    /// Deliveries.
    pub deliveries: u32,
}

/// A message's whole life, less its rows and its content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// Counts the commands that changed it, from 1; what `If-Match` compares. A comment, a reminder, a warning and how
    /// a delivery fares do not move it.
    pub version: u64,
    /// Where it is in its life.
    pub status: Status,
    /// The kind of its message.
    pub kind: KindName,
    /// Its name by the kind's naming rule.
    pub name: String,
    /// The subject of its message, which tells cases of one name apart.
    pub subject: String,
    /// The number of the document, of a kind that has them, once it is sent (requirement R3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_number: Option<String>,
    /// Which version of its message is current, from 1; a resubmission makes the next.
    pub message_version: u32,
    /// Who sent it.
    pub sender: Actor,
    /// The department it was sent for.
    pub department: DepartmentId,
    /// Departments that receive it, in the order in which they were named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receivers: Vec<DepartmentId>,
    /// What the sender said about haste.
    pub urgency: Urgency,
    /// How urgent it is.
    pub level: Level,
    /// Whom it is meant for.
    pub audience: Audience,
    /// What it is for.
    pub content_type: ContentType,
    /// How confidential it is.
    pub classification: Classification,
    /// Whom it may reach, and through which channels, by the organisation's word: when it is passed on and when it
    /// escalates, as when it was routed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restrictions: Vec<SetRestriction>,
    /// Labels of sender and policies.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The same event submitted twice while this case is live is this case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dedup_key: Option<String>,
    /// The case this one came out of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caused_by: Option<CaseId>,
    /// How long it is kept.
    pub archive: ArchiveClass,
    /// What a reader should know.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub flags: BTreeSet<Flag>,
    /// Why it is held, while it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Hold>,
    /// Who answers for its resolution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accountable: Option<PersonId>,
    /// What is to be carried out once it is approved; kept only while it waits for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Box<Plan>>,
    /// The stages of its approval, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
    /// Whether nothing but deliveries and acknowledgements is asked, so that it ends by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub information_only: bool,
    /// Where it must be answered before it is resolved, as its kind said when it opened: how many tasks there were by
    /// then, for what was asked before is not the answer. What is published later asks nothing of a case that is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub must_answer_after: Option<u32>,
    /// What is still to be done.
    pub outstanding: Outstanding,
    /// How many rows there are.
    pub made: Made,
    /// The promises that were made, by the name of their goals; those of no stage that is to be decided again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub promises: BTreeMap<GoalName, Promises>,
    /// Goals that something in this case's life starts, besides their having been set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub starting: Vec<(Moment, GoalNumber)>,
    /// Goals that something in this case's life ends, besides their owner's word.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stopping: Vec<(Moment, GoalNumber)>,
    /// When its message was first submitted.
    pub submitted_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<Timestamp>,
    /// When it was last resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Timestamp>,
    /// When it ended: closed, rejected or withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

impl Case {
    /// The numbers of its tasks.
    pub fn tasks(&self) -> impl DoubleEndedIterator<Item = TaskNumber> + use<> {
        (1..=self.made.tasks).map(TaskNumber)
    }

    /// The numbers of its goals.
    pub fn goals(&self) -> impl DoubleEndedIterator<Item = GoalNumber> + use<> {
        (1..=self.made.goals).map(GoalNumber)
    }

    /// The numbers of its deliveries.
    pub fn deliveries(&self) -> impl DoubleEndedIterator<Item = DeliveryNumber> + use<> {
        (1..=self.made.deliveries).map(DeliveryNumber)
    }

    /// The stage that `task` decides, if it is an approval.
    #[must_use]
    pub fn stage_of(&self, task: &Task) -> Option<&Stage> {
        self.stages.iter().find(|stage| task.stage.as_ref() == Some(&stage.name))
    }

    /// Who has still to keep `goal`: its owners; of a stage, those whose voice is missing.
    #[must_use]
    pub fn awaited<'a>(&'a self, goal: &'a Goal) -> BTreeSet<&'a PersonId> {
        let mut running = self.stages.iter().filter(|stage| stage.status == StageStatus::Running);
        match running.find(|stage| stage.goal == Some(goal.number)) {
            Some(stage) => {
                let silent = stage.seats.iter().filter(|seat| seat.task.is_some() && seat.verdict.is_none());
                silent.flat_map(|seat| &seat.people).collect()
            }
            None => goal.owners.iter().collect(),
        }
    }

    /// When all promises of a name were kept, if they are.
    #[must_use]
    pub fn met_at(&self, name: &GoalName) -> Option<Timestamp> {
        self.promises.get(name).and_then(Promises::met_at)
    }

    /// The department whose business it is: the first that receives it, else the one that sent it.
    #[must_use]
    pub fn first_receiver(&self) -> &DepartmentId {
        self.receivers.first().unwrap_or(&self.department)
    }
}
