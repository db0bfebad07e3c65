//! Events: what happened to a case, as the journal keeps it for good.
//!
//! This is format 1 of the journal's records. A field may be added with a default; nothing may be renamed,
//! removed or given another meaning. An event carries everything it changes: no directory, calendar or policy
//! is asked when it is applied again. One event speaks of many rows where many are alike, so that a notice to
//! ten thousand people is a few lines of names.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::calendar::Remaining;
use crate::case::{Goal, Purpose, Seat, SetBy, StageStatus, TaskKind, Verdict};
use crate::command::PassOn;
use crate::decision::{Contribution, Decision, Escalation, Flag};
use crate::encoded::Encoded;
use crate::ids::{DeliveryNumber, GoalNumber, TaskNumber};
use crate::message::{Level, Message};
use crate::names::{CalendarName, ChannelName, DepartmentId, PersonId, StageName};
use crate::plan::{GoalName, Moment};
use crate::span::Span;
use crate::target::{Recipient, Target};

/// Who holds the tasks that one [`Event::Asked`] gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holders {
    /// A task for each of them.
    Each(Vec<PersonId>),
    /// One task, offered to all of them.
    Any(Vec<PersonId>),
}

/// The running goals that come with the tasks of one [`Event::Asked`]: one a task, all alike but for owner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AskedGoal {
    /// The first number; the rest follow on.
    pub first: GoalNumber,
    /// Their name.
    pub name: GoalName,
    /// Whose head hears of a breach first.
    pub department: DepartmentId,
    /// The calendar that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<CalendarName>,
    /// How long they may take.
    pub within: Span,
    /// Their deadline.
    pub due: Timestamp,
    /// How long before the deadline their owners are reminded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn_before: Option<Span>,
    /// When that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn_at: Option<Timestamp>,
    /// Whether they start again when kept or breached.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeats: bool,
    /// What ends them besides their owners' own word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stops: Option<Moment>,
    /// Whose word set them.
    pub set_by: SetBy,
    /// The breached goal that they follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<GoalNumber>,
}

/// Something that happened to a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// The message arrived; the case begins.
    Submitted {
        /// The message.
        message: Encoded<Message>,
        /// The case's name.
        name: String,
    },
    /// Its sender sent it again after a return.
    Resubmitted {
        /// The next version of the message.
        message: Encoded<Message>,
        /// The case's name.
        name: String,
    },
    /// The policies decided.
    Decided {
        /// What, and how it came about.
        decision: Encoded<Decision>,
    },
    /// A policy failed closed; see the decision.
    Held,
    /// Approvers are asked before anything else happens.
    ApprovalRequired,
    /// It opened.
    Opened {
        /// Who answers for its resolution.
        accountable: Option<PersonId>,
        /// Whether nothing but deliveries and acknowledgements is asked.
        information_only: bool,
        /// Within which span it must be answered, if its kind says so by now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        must_answer: Option<Span>,
    },
    /// An approver sent it back.
    Returned {
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// It was not approved.
    Rejected {
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Its sender took it back.
    Withdrawn {
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// It is settled, in the eyes of the accountable person.
    Resolved {
        /// How, or why although answers are missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// It is not settled after all.
    Reopened {
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// It was accepted, by word or by silence.
    Closed {
        /// From 1 to 5, if its sender scored it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        score: Option<u8>,
        /// In words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// It is kept for the record.
    Archived,
    /// A reader should know this.
    Flagged {
        /// What.
        flag: Flag,
    },
    /// Somebody else is accountable.
    Assigned {
        /// Who.
        accountable: PersonId,
    },
    /// It is more or less urgent than before.
    Levelled {
        /// How urgent.
        level: Level,
    },
    /// A stage's turn came.
    StageStarted {
        /// Which.
        stage: StageName,
        /// Its voices, each with its people.
        seats: Vec<Seat>,
    },
    /// A stage ended.
    StageSettled {
        /// Which.
        stage: StageName,
        /// How.
        status: StageStatus,
    },
    /// Tasks were given, all alike but for their holders.
    Asked {
        /// The first number; the rest follow on.
        first: TaskNumber,
        /// What is asked.
        kind: TaskKind,
        /// Whom the policy named.
        target: Target,
        /// Of whom.
        holders: Holders,
        /// The stage that they decide, and which of its seats, counted from 0.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seat: Option<(StageName, u32)>,
        /// What it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// Their deadlines: a goal for each.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        goal: Option<Box<AskedGoal>>,
        /// The deadline they share with a goal that stands by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shared_goal: Option<GoalNumber>,
    },
    /// One of those it was offered to took a task on.
    Claimed {
        /// Which.
        task: TaskNumber,
        /// Who.
        by: PersonId,
    },
    /// A task was done.
    TaskDone {
        /// Which.
        task: TaskNumber,
        /// What was decided, of an approval.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        verdict: Option<Verdict>,
        /// What was written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// A periodic report was made; its task stays open for the next.
    Reported {
        /// Which.
        task: TaskNumber,
        /// What was written.
        text: String,
    },
    /// Open tasks are no longer needed.
    TasksCancelled {
        /// Which.
        tasks: Vec<TaskNumber>,
    },
    /// A task, and its goal, got other holders.
    Regiven {
        /// Which.
        task: TaskNumber,
        /// Who may do it now.
        holders: Vec<PersonId>,
    },
    /// Its holder passed a task on.
    Passed {
        /// Which.
        task: TaskNumber,
        /// How.
        how: PassOn,
        /// Who may do it now.
        holders: Vec<PersonId>,
        /// Why, or what to look at.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// An approver asked somebody else to approve as well.
    ApproverAdded {
        /// In which stage.
        stage: StageName,
        /// The new voice; it comes last.
        seat: Seat,
    },
    /// Somebody reminded the holders of tasks.
    Reminded {
        /// Which.
        tasks: Vec<TaskNumber>,
        /// In words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// Somebody wrote something down.
    Commented {
        /// The task that it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<TaskNumber>,
        /// What.
        text: String,
    },
    /// Goals without a task got other owners.
    GoalsPassed {
        /// Which.
        goals: Vec<GoalNumber>,
        /// Whose promise they are now.
        owners: Vec<PersonId>,
    },
    /// It got its number, as its kind has them.
    Numbered {
        /// The number as it is written: `行政部〔2026〕12号`.
        text: String,
        /// Which series it is counted in: the same with `{number}` in the number's place.
        series: String,
        /// Its number within the series.
        number: u32,
    },
    /// A goal was set.
    GoalSet {
        /// As it stands: pending, or running.
        goal: Box<Goal>,
    },
    /// A goal's clock runs: for the first time, after a pause, or anew.
    GoalStarted {
        /// Which.
        goal: GoalNumber,
        /// Since when.
        started_at: Timestamp,
        /// Its deadline.
        due: Timestamp,
        /// When its owners are warned.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        warn_at: Option<Timestamp>,
    },
    /// Its clock stands still.
    GoalPaused {
        /// Which.
        goal: GoalNumber,
        /// What is left of it.
        remaining: Remaining,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A goal was kept, in time or after its breach.
    GoalMet {
        /// Which.
        goal: GoalNumber,
    },
    /// Somebody said that a goal will not be kept: it is due now, and what follows from a breach follows.
    Declined {
        /// Which.
        goal: GoalNumber,
        /// Why.
        reason: String,
    },
    /// Owners were warned of a deadline.
    GoalsWarned {
        /// Which.
        goals: Vec<GoalNumber>,
    },
    /// Deadlines passed.
    GoalsBreached {
        /// Which.
        goals: Vec<GoalNumber>,
    },
    /// Goals are no longer needed.
    GoalsCancelled {
        /// Which.
        goals: Vec<GoalNumber>,
    },
    /// The policies decided about a breach.
    Escalated {
        /// What, and how it came about.
        escalation: Box<Escalation>,
    },
    /// Deliveries were decided on, all alike but for their recipients.
    Told {
        /// The first number; the rest follow on.
        first: DeliveryNumber,
        /// What they tell.
        purpose: Purpose,
        /// Through which channel.
        channel: ChannelName,
        /// To whom.
        to: Vec<Recipient>,
        /// Whether they arrived by being decided on, as in the inbox.
        arrived: bool,
        /// The goal that they are about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        about: Option<GoalNumber>,
    },
    /// A delivery arrived.
    Delivered {
        /// Which.
        delivery: DeliveryNumber,
    },
    /// A try failed; there will be another.
    AttemptFailed {
        /// Which.
        delivery: DeliveryNumber,
        /// What went wrong.
        reason: String,
        /// When it is tried again.
        next_attempt: Timestamp,
    },
    /// A delivery was given up; it is kept for replay.
    DeliveryDead {
        /// Which.
        delivery: DeliveryNumber,
        /// What went wrong last.
        reason: String,
    },
    /// A delivery that was given up is tried once more from the start.
    DeliveryReplayed {
        /// Which.
        delivery: DeliveryNumber,
    },
    /// Deliveries are no longer wanted.
    DeliveriesCancelled {
        /// Which.
        deliveries: Vec<DeliveryNumber>,
    },
}

impl Event {
    /// What each bundle contributed, if policies were asked.
    #[must_use]
    pub fn contributions(&self) -> &[Contribution] {
        match self {
            Self::Decided { decision } => &decision.contributions,
            Self::Escalated { escalation } => &escalation.contributions,
            _ => &[],
        }
    }
}
