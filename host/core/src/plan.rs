//! What the hooks of a policy return, as written by its author and before anything is merged.
//!
//! The shapes are the same for every policy language: a script's verbs and a component's records both end
//! here. Nothing here resolves a target or computes a time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::message::{Audience, Classification, ContentType, Level};
use crate::names::{ChannelName, NameError, StageName, check};
use crate::organisation::ArchiveClass;
use crate::span::Span;
use crate::target::Target;
use crate::text::as_text;
use crate::words::words;

as_text!(GoalName, Moment);

/// The name of a goal: `acknowledge`, `answer`, `stage:legal`, or a policy's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GoalName {
    /// To acknowledge the message.
    Acknowledge,
    /// To answer it.
    Answer,
    /// To report on it, again and again.
    Report,
    /// To decide a stage of its approval.
    Stage(StageName),
    /// The host's own: to close a resolved case that nobody objects to.
    Close,
    /// A policy's own.
    Own(OwnGoal),
}

/// The name that a policy gave a goal of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnGoal(std::sync::Arc<str>);

impl fmt::Display for GoalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Acknowledge => f.write_str("acknowledge"),
            Self::Answer => f.write_str("answer"),
            Self::Report => f.write_str("report"),
            Self::Stage(stage) => write!(f, "stage:{stage}"),
            Self::Close => f.write_str("close"),
            Self::Own(name) => f.write_str(&name.0),
        }
    }
}

impl FromStr for GoalName {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        Ok(match text {
            "acknowledge" => Self::Acknowledge,
            "answer" => Self::Answer,
            "report" => Self::Report,
            "close" => Self::Close,
            _ => match text.strip_prefix("stage:") {
                Some(stage) => Self::Stage(StageName::new(stage)?),
                None => {
                    check("goal", text)?;
                    Self::Own(OwnGoal(text.into()))
                }
            },
        })
    }
}

/// A moment in a case's life at which a goal starts or stops.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Moment {
    /// The message was submitted.
    Submitted,
    /// The case opened.
    #[default]
    Opened,
    /// It was resolved.
    Resolved,
    /// It was closed.
    Closed,
    /// Another goal was met: `met:solution`.
    Met(GoalName),
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Submitted => f.write_str("submitted"),
            Self::Opened => f.write_str("opened"),
            Self::Resolved => f.write_str("resolved"),
            Self::Closed => f.write_str("closed"),
            Self::Met(goal) => write!(f, "met:{goal}"),
        }
    }
}

/// A text that names no moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no event of a case; write `submitted`, `opened`, `resolved`, `closed` or `met:GOAL`")]
pub struct MomentError(String);

impl FromStr for Moment {
    type Err = MomentError;
    fn from_str(text: &str) -> Result<Self, MomentError> {
        match text {
            "submitted" => Ok(Self::Submitted),
            "opened" => Ok(Self::Opened),
            "resolved" => Ok(Self::Resolved),
            "closed" => Ok(Self::Closed),
            _ => {
                let goal = text.strip_prefix("met:").and_then(|goal| goal.parse().ok());
                goal.map(Self::Met).ok_or_else(|| MomentError(text.to_owned()))
            }
        }
    }
}

/// A recipient: whom to reach, through which channels, and what to ask of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Send {
    /// Whom to reach.
    pub to: Target,
    /// Through which channels; empty for the inbox.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub by: BTreeSet<ChannelName>,
    /// Each person reached acknowledges within this span.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledge_within: Option<Span>,
    /// One of the people reached answers within this span.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_within: Option<Span>,
    /// One of the people reached reports, again and again, each time within this span, until the case is resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_every: Option<Span>,
    /// How long before each of these deadlines whoever has not kept it is reminded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_before: Option<Span>,
    /// What else one of the people reached is to answer, each in a task of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asks: Vec<Question>,
}

/// Something that somebody is to answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What, in words for them.
    pub about: String,
    /// Within which span.
    pub within: Span,
}

impl Send {
    /// To `to`, with nothing asked.
    #[must_use]
    pub fn to(to: Target) -> Self {
        Self {
            to,
            by: BTreeSet::new(),
            acknowledge_within: None,
            answer_within: None,
            report_every: None,
            remind_before: None,
            asks: Vec::new(),
        }
    }
}

/// A promise with a deadline, as a policy sets it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoalPlan {
    /// Its name.
    pub name: GoalName,
    /// Whose promise it is; without one, the accountable person's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Target>,
    /// What starts its clock.
    #[serde(default)]
    pub starts: Moment,
    /// What ends it besides its owner's own word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stops: Option<Moment>,
    /// How long it may take.
    pub within: Span,
    /// How long before the deadline its owner is warned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn_before: Option<Span>,
    /// Whether it starts again when it is met or breached, counted from its deadline, until what stops it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeats: bool,
}

/// Recipients and channels that nothing may go beyond. Only an organisation's bundle may set one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restriction {
    /// Whom it may reach; `None` leaves it open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipients: Option<BTreeSet<Target>>,
    /// Through which channels; `None` leaves it open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<BTreeSet<ChannelName>>,
}

/// What `route` returns.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoutePlan {
    /// How urgent it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// How confidential it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<Classification>,
    /// Whom it is meant for, corrected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<Audience>,
    /// What it is for, corrected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<ContentType>,
    /// Recipients.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sends: Vec<Send>,
    /// Who is accountable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assign: Option<Target>,
    /// Goals besides those that recipients bring with them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub goals: Vec<GoalPlan>,
    /// The digest to collect it into, instead of sending it at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Labels to add.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// How long to keep it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive: Option<ArchiveClass>,
    /// What nothing may go beyond.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restrict: Option<Restriction>,
    /// Why it is not to be sent at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refuse: Option<Box<str>>,
}

words! {
    /// The order in which stages follow each other; the last is not before the message goes out, but after.
    Phase {
        /// Within the sending department.
        Department = "department",
        /// Jointly by several departments.
        Joint = "joint",
        /// By leadership.
        Leadership = "leadership",
        /// By legal or compliance.
        Legal = "legal",
        /// By who answers for a channel.
        Channel = "channel",
        /// By each side, that what was asked has been done: after the resolution, and before the end.
        Acceptance = "acceptance",
    }
    /// What happens when a stage passes its deadline undecided.
    AtDeadline {
        /// `escalate` decides.
        Escalate = "escalate",
        /// It counts as approved.
        Approve = "approve",
        /// It counts as rejected.
        Reject = "reject",
    }
}

/// How many approvers a stage needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Any one of the people that the approvers resolve to.
    Any,
    /// Each of the approvers; one that resolves to several people by any one of them.
    All,
    /// This many different people of all that the approvers resolve to.
    Quorum(u32),
    /// Each of the approvers, one after the other.
    Sequential,
}

/// A stage of an approval, as a policy or a channel asks for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StagePlan {
    /// Its name; its deadline is the goal `stage:<name>`.
    pub name: StageName,
    /// When its turn comes.
    #[serde(default = "phase_department")]
    pub phase: Phase,
    /// How many must approve.
    #[serde(default = "mode_any")]
    pub mode: Mode,
    /// Who decides.
    pub approvers: Vec<Target>,
    /// How long they have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Span>,
    /// What happens then.
    #[serde(default = "deadline_escalate")]
    pub at_deadline: AtDeadline,
    /// Whether the sender may be among those who decide. Otherwise nobody approves their own message.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub self_approval: bool,
}

fn phase_department() -> Phase {
    Phase::Department
}

fn mode_any() -> Mode {
    Mode::Any
}

fn deadline_escalate() -> AtDeadline {
    AtDeadline::Escalate
}

/// What `approve` returns.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApprovePlan {
    /// Who must approve first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StagePlan>,
    /// Whether the case may open at once and be approved after the fact. Honoured only for deferrable kinds.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub post_hoc: bool,
}

/// What `escalate` returns.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EscalatePlan {
    /// Whom to tell, and what to ask of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notify: Vec<Send>,
    /// Who is accountable from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assign: Option<Target>,
    /// How urgent it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// What is promised next, counted from the breached deadline.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub goals: Vec<GoalPlan>,
}
