//! A stage of an approval.

use serde::{Deserialize, Serialize};

use super::texts;
use crate::span::Span;

/// How many of its approvers a stage needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Mode {
    /// Any one of the people meant.
    Any,
    /// Each of the targets, by any one of the people it means.
    All,
    /// So many different people of all that are meant.
    Quorum(u32),
    /// Each of the targets, one after the other.
    Sequential,
}

/// A stage of an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Stage {
    /// Its name; its deadline is the goal `stage:NAME`.
    pub name: String,
    /// When its turn comes.
    #[serde(default = "department")]
    pub phase: String,
    /// How many must approve.
    #[serde(default = "any")]
    pub mode: Mode,
    /// Who decides, as targets.
    pub approvers: Vec<String>,
    /// How long they have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Span>,
    /// What happens when it is late.
    #[serde(default = "escalate")]
    pub at_deadline: String,
    /// Whether the sender may be among those who decide.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub self_approval: bool,
}

fn department() -> String {
    "department".to_owned()
}

fn any() -> Mode {
    Mode::Any
}

fn escalate() -> String {
    "escalate".to_owned()
}

impl Stage {
    /// When its turn comes: `department`, `joint`, `leadership`, `legal` or `channel`, in this order, before the
    /// message goes out; `acceptance` once the case is resolved. Without it, `department`.
    ///
    /// ```
    /// use herald_policy_sdk::{ApprovePlan, working_days};
    ///
    /// let mut plan = ApprovePlan::default();
    /// let sides = ["role:sales/head", "role:production/head"];
    /// plan.stage("accepted").all_of(sides).phase("acceptance").within(working_days(2));
    /// ```
    pub fn phase(&mut self, phase: impl Into<String>) -> &mut Self {
        self.phase = phase.into();
        self
    }

    /// How long its approvers have.
    pub fn within(&mut self, span: Span) -> &mut Self {
        self.within = Some(span);
        self
    }

    /// What happens when it is late: `escalate`, `approve` or `reject`; without it, `escalate`.
    pub fn at_deadline(&mut self, then: impl Into<String>) -> &mut Self {
        self.at_deadline = then.into();
        self
    }

    /// The sender may be among those who decide; without it, nobody approves their own message.
    pub fn self_approval(&mut self) -> &mut Self {
        self.self_approval = true;
        self
    }
}

/// A stage that has a name and nobody who decides it yet, and is not in the plan before somebody does.
#[derive(Debug)]
#[must_use = "without approvers there is no stage"]
pub struct NewStage<'p> {
    stages: &'p mut Vec<Stage>,
    name: String,
}

impl<'p> NewStage<'p> {
    pub(super) fn new(stages: &'p mut Vec<Stage>, name: String) -> Self {
        Self { stages, name }
    }

    /// Any one of the people meant approves.
    pub fn any_of<T: Into<String>>(self, targets: impl IntoIterator<Item = T>) -> &'p mut Stage {
        self.decided(Mode::Any, texts(targets))
    }

    /// Each of the targets approves, by any one of the people it means.
    pub fn all_of<T: Into<String>>(self, targets: impl IntoIterator<Item = T>) -> &'p mut Stage {
        self.decided(Mode::All, texts(targets))
    }

    /// So many different people of all that are meant approve.
    pub fn quorum_of<T: Into<String>>(self, count: u32, targets: impl IntoIterator<Item = T>) -> &'p mut Stage {
        self.decided(Mode::Quorum(count), texts(targets))
    }

    /// Each of the targets approves, one after the other.
    pub fn in_order<T: Into<String>>(self, targets: impl IntoIterator<Item = T>) -> &'p mut Stage {
        self.decided(Mode::Sequential, texts(targets))
    }

    fn decided(self, mode: Mode, approvers: Vec<String>) -> &'p mut Stage {
        let Self { stages, name } = self;
        let (phase, at_deadline) = (department(), escalate());
        stages.push_mut(Stage { name, phase, mode, approvers, within: None, at_deadline, self_approval: false })
    }
}
