//! A goal: a promise with a deadline.

use serde::{Deserialize, Serialize};

use crate::span::Span;

/// A promise with a deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Goal {
    /// Its name.
    pub name: String,
    /// Whose promise it is, as a target; without one, the accountable person's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What starts its clock: `submitted`, `opened`, `resolved`, `closed` or `met:GOAL`.
    #[serde(default = "opened")]
    pub starts: String,
    /// What ends it besides its owner's own word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stops: Option<String>,
    /// How long it may take.
    pub within: Span,
    /// How long before the deadline its owner is warned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn_before: Option<Span>,
    /// Whether it starts again when it is met or breached, until what stops it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeats: bool,
}

fn opened() -> String {
    "opened".to_owned()
}

impl Goal {
    /// Whose promise it is; without it, the accountable person's.
    pub fn owner(&mut self, target: impl Into<String>) -> &mut Self {
        self.owner = Some(target.into());
        self
    }

    /// What starts its clock: `submitted`, `opened`, `resolved`, `closed` or `met:GOAL`; without it, `opened`.
    pub fn starts(&mut self, moment: impl Into<String>) -> &mut Self {
        self.starts = moment.into();
        self
    }

    /// What ends it besides its owner's own word.
    pub fn stops(&mut self, moment: impl Into<String>) -> &mut Self {
        self.stops = Some(moment.into());
        self
    }

    /// How long before the deadline its owner is warned.
    pub fn warn_before(&mut self, span: Span) -> &mut Self {
        self.warn_before = Some(span);
        self
    }

    /// It starts again when it is met or breached, until what stops it.
    pub fn repeats(&mut self) -> &mut Self {
        self.repeats = true;
        self
    }
}

/// A goal that has a name and no deadline yet, and is not in the plan before it has one.
#[derive(Debug)]
#[must_use = "without `within` there is no goal"]
pub struct NewGoal<'p> {
    goals: &'p mut Vec<Goal>,
    name: String,
}

impl<'p> NewGoal<'p> {
    pub(super) fn new(goals: &'p mut Vec<Goal>, name: String) -> Self {
        Self { goals, name }
    }

    /// How long it may take.
    pub fn within(self, span: Span) -> &'p mut Goal {
        let Self { goals, name } = self;
        let goal =
            Goal { name, owner: None, starts: opened(), stops: None, within: span, warn_before: None, repeats: false };
        goals.push_mut(goal)
    }
}
