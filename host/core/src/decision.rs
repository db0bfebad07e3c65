//! What the policies decided together: the merged plan, and how it came about.
//!
//! A decision is part of the command that carries it out, and is stored with it, so that a replay of the
//! journal never runs a policy again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::message::{Audience, Classification, ContentType, Level};
use crate::names::{BundleName, ChannelName, DepartmentId, NameError};
use crate::organisation::ArchiveClass;
use crate::plan::{ApprovePlan, EscalatePlan, GoalPlan, Phase, Restriction, RoutePlan, StagePlan};
use crate::span::Span;
use crate::target::Target;
use crate::text::as_text;
use crate::words::words;

as_text!(BundleId);

/// Which bundle: its department and its name, written `customer-service/complaint`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BundleId {
    /// The department that owns it.
    pub department: DepartmentId,
    /// Its name there.
    pub name: BundleName,
}

impl fmt::Display for BundleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.department, self.name)
    }
}

impl FromStr for BundleId {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let (department, name) = text.split_once('/').unwrap_or((text, ""));
        Ok(Self { department: DepartmentId::new(department)?, name: BundleName::new(name)? })
    }
}

words! {
    /// A function that a bundle offers.
    Hook {
        /// Who gets a message, and what is asked of them.
        Route = "route",
        /// Who must approve it first.
        Approve = "approve",
        /// What happens when a goal is breached.
        Escalate = "escalate",
    }
    /// Where a bundle stands when plans are merged; an earlier layer's word weighs more.
    Layer {
        /// The organisation's bundles.
        Organisation = "organisation",
        /// Those of the department that sends.
        Sender = "sender",
        /// Those of a department that receives.
        Receiver = "receiver",
    }
    /// Why an evaluation failed.
    FailureCause {
        /// The policy itself: a wrong value, an unknown function, an error it raised.
        Error = "error",
        /// It took more operations than it may.
        Operations = "operations",
        /// It took longer than it may.
        Time = "time",
        /// It used more memory than it may.
        Memory = "memory",
        /// It called itself too deeply.
        Depth = "depth",
        /// A value of it grew larger than it may.
        Size = "size",
        /// Its plan grew larger than it may.
        Plan = "plan",
        /// It asked the host more often than it may.
        HostCalls = "host-calls",
        /// The host itself failed while evaluating; a defect of Herald, contained.
        Host = "host",
        /// The host had no room for it, or had not prepared it yet; no fault of the policy's.
        Busy = "busy",
        /// It was not called: it kept failing, and its manifest asks to be suspended then.
        Suspended = "suspended",
        /// It was not called: its revision in force does not load.
        NotLoaded = "not-loaded",
    }
}

impl FailureCause {
    /// What happened, as a fragment of a sentence.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Error => "it raised an error",
            Self::Operations => "it took more operations than it may",
            Self::Time => "it took longer than it may",
            Self::Memory => "it used more memory than it may",
            Self::Depth => "it called itself too deeply",
            Self::Size => "a value of it grew larger than it may",
            Self::Plan => "its plan grew larger than it may",
            Self::HostCalls => "it asked the host more often than it may",
            Self::Host => "herald itself failed while evaluating it",
            Self::Busy => "the host had no room for it, or had not prepared it yet",
            Self::Suspended => "it is suspended",
            Self::NotLoaded => "it does not load",
        }
    }

    /// Whether the policy was called at all.
    #[must_use]
    pub fn was_called(self) -> bool {
        !matches!(self, Self::Busy | Self::Suspended | Self::NotLoaded)
    }
}

/// A deadline that something was given, and by whose word.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Promise {
    /// How long it may take.
    pub within: Span,
    /// Whose `escalate` decides when it is breached.
    pub set_by: BundleId,
    /// How long before its deadline whoever has not kept it is reminded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_before: Option<Span>,
    /// What is asked, of an answer, where the message alone does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
}

/// Why a message is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// The bundle that refuses it.
    pub bundle: BundleId,
    /// Why, in words for the sender.
    pub reason: String,
}

/// How one target is reached, and what is asked of it, by all bundles together.
///
/// Promises stay side by side: which of them is due first depends on calendars, and is decided when the case
/// opens.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Reach {
    /// Through which channels; empty for the inbox.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub by: BTreeSet<ChannelName>,
    /// By when each person acknowledges.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub acknowledge: BTreeSet<Promise>,
    /// By when one of the people answers.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub answer: BTreeSet<Promise>,
    /// How often one of the people reports.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub report: BTreeSet<Promise>,
}

/// A goal, and the bundle that set it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SetGoal {
    /// The goal.
    #[serde(flatten)]
    pub plan: GoalPlan,
    /// Whose `escalate` decides when it is breached.
    pub set_by: BundleId,
}

/// A stage, and the bundle that asked for it; `None` for a channel's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SetStage {
    /// The stage.
    #[serde(flatten)]
    pub plan: StagePlan,
    /// Whose `escalate` decides when its deadline passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_by: Option<BundleId>,
}

/// A restriction, and the bundle of the organisation that set it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetRestriction {
    /// The restriction.
    #[serde(flatten)]
    pub limits: Restriction,
    /// Whose it is.
    pub set_by: BundleId,
}

words! {
    /// What a reader of a case should know about how it was decided.
    Flag {
        /// Nothing routed it; the catch-all got it.
        Unrouted = "unrouted",
        /// A department's bundle failed and was left out.
        PolicyFailed = "policy-failed",
        /// Approval could not be decided; it is asked after the fact.
        ApprovalFailed = "approval-failed",
        /// An escalation reached nobody and went to the catch-all.
        EscalationFallback = "escalation-fallback",
        /// A post-hoc stage was rejected.
        RejectedAfterwards = "rejected-afterwards",
    }
}

/// The merged plan: what all bundles together decided for a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// How urgent it is.
    pub level: Level,
    /// How confidential it is.
    pub classification: Classification,
    /// Whom it is meant for.
    pub audience: Audience,
    /// What it is for; `None` in the records of decisions that did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<ContentType>,
    /// Whom it reaches.
    pub recipients: BTreeMap<Target, Reach>,
    /// What nothing may go beyond, now and later; sorted by bundle. `recipients` are cut by it already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restrictions: Vec<SetRestriction>,
    /// Who is accountable; without one, the head of the first receiving department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accountable: Option<Target>,
    /// Departments that receive it, in the order in which the sender and the bundles named them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receivers: Vec<DepartmentId>,
    /// Goals besides those that recipients bring with them, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub goals: Vec<SetGoal>,
    /// Approval stages, sorted by phase and name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<SetStage>,
    /// Whether the stages run beside the open case.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub post_hoc: bool,
    /// The digest it is collected into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The sender's labels and those of the bundles.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// How long it is kept.
    pub archive: ArchiveClass,
    /// What a reader should know.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub flags: BTreeSet<Flag>,
    /// Why it is not to be sent at all; nothing else of the plan is carried out then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Objection>,
}

impl Plan {
    /// Whether somebody has to approve it before it goes out. A part of the journal's format: a replay asks it again.
    #[must_use]
    pub fn asks_approval_first(&self) -> bool {
        !self.post_hoc && self.stages.iter().any(|stage| stage.plan.phase != Phase::Acceptance)
    }
}

/// Something that a bundle asked for and did not get.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cut {
    /// The bundle that asked.
    pub bundle: BundleId,
    /// What it asked for.
    pub what: String,
    /// Why it did not get it.
    pub why: String,
}

/// What a bundle's hook returned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HookPlan {
    /// From `route`.
    Route(RoutePlan),
    /// From `approve`.
    Approve(ApprovePlan),
    /// From `escalate`.
    Escalate(EscalatePlan),
}

/// A question a policy asked the host, and the answer it got; a replay gives the same answer again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HostAnswer {
    /// The question: `people(role:legal/reviewer)`.
    pub question: String,
    /// The answer.
    pub answer: Value,
}

/// What an evaluation cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cost {
    /// Wall-clock time in microseconds.
    pub time_micros: u64,
    /// Operations of the script engine; compiled code counts none.
    pub operations: u64,
    /// Most memory in use at once, in bytes, as far as it is counted.
    pub memory_bytes: u64,
    /// What it asked the host; of compiled code its lookups in decision tables, too.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub host_calls: u32,
}

/// Whether a count need not be written.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
pub(crate) fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// How one bundle's hook fared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "nearly all are plans, and there are as many as hooks were asked")]
pub enum HookOutcome {
    /// It returned a plan.
    Plan(HookPlan),
    /// It failed, and its manifest said what follows.
    Failed {
        /// Why.
        cause: FailureCause,
        /// In words, with bundle, line and column.
        message: String,
    },
}

/// One bundle's part in a decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
    /// The bundle.
    pub bundle: BundleId,
    /// Which revision of it.
    pub revision: u32,
    /// BLAKE3 of the revision, in hex.
    pub digest: Arc<str>,
    /// Where it stood in the merge.
    pub layer: Layer,
    /// The function that was called.
    pub hook: Hook,
    /// What came of it.
    pub outcome: HookOutcome,
    /// What it asked the host, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<HostAnswer>,
    /// What it logged.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub log: String,
    /// What it cost.
    pub cost: Cost,
}

/// A failure that keeps a message from going on until it is released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The bundle that failed closed.
    pub bundle: BundleId,
    /// Why, in words.
    pub reason: String,
    /// Whether the host was not ready to ask it. That is nobody's to mend: the host releases the message by itself
    /// once it is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub busy: bool,
}

/// What the policies decided for a message, with every contribution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// What is to be done.
    pub plan: Plan,
    /// Set when a policy failed closed: nothing of the plan is carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Hold>,
    /// Every bundle that was asked, in the order of layers.
    pub contributions: Vec<Contribution>,
    /// What bundles asked for and did not get.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cuts: Vec<Cut>,
    /// The revision of the organisation's configuration, policies included, that was seen.
    pub configuration: u64,
}

impl Decision {
    /// Whether it is held only until the host is ready.
    #[must_use]
    pub fn waits_for_the_host(&self) -> bool {
        self.held.as_ref().is_some_and(|hold| hold.busy)
    }
}

impl Escalation {
    /// The bundles that the host was not ready to ask.
    pub fn unasked(&self) -> impl Iterator<Item = &BundleId> {
        let busy = |contribution: &&Contribution| {
            matches!(contribution.outcome, HookOutcome::Failed { cause: FailureCause::Busy, .. })
        };
        self.contributions.iter().filter(busy).map(|contribution| &contribution.bundle)
    }
}

/// What the policies decided about a breached goal.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Escalation {
    /// Whom to tell, and what to ask of them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub notify: BTreeMap<Target, Reach>,
    /// Who is accountable from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assign: Option<Target>,
    /// How urgent it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// What is promised next, counted from the breached deadline; sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub goals: Vec<SetGoal>,
    /// Every bundle that was asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contributions: Vec<Contribution>,
    /// What bundles asked for and did not get.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cuts: Vec<Cut>,
    /// The revision of the organisation's configuration, policies included, that was seen.
    pub configuration: u64,
}
