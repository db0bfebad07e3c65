//! Which messages a bundle is for: conditions on what was submitted, checked without running anything.

use std::collections::{BTreeMap, BTreeSet};

use herald_core::decision::Plan;
use herald_core::message::{Audience, Classification, Message, Urgency};
use herald_core::names::{DepartmentId, KindName};

/// The conditions of a manifest. Each holds when it is empty or names the message's value; all must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AppliesTo {
    /// Kinds of messages.
    pub kinds: BTreeSet<KindName>,
    /// What the sender says about haste.
    pub urgency: BTreeSet<Urgency>,
    /// Whom the message is meant for.
    pub audience: BTreeSet<Audience>,
    /// How confidential it is.
    pub classification: BTreeSet<Classification>,
    /// The department it is sent for.
    pub departments: BTreeSet<DepartmentId>,
    /// Labels it must bear, each with one of these values.
    pub labels: BTreeMap<String, BTreeSet<String>>,
}

/// What conditions look at: of a message as submitted, or of the plan that its routes were merged to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub(crate) kind: &'a KindName,
    pub(crate) urgency: Urgency,
    pub(crate) audience: Audience,
    pub(crate) classification: Classification,
    pub(crate) department: &'a DepartmentId,
    pub(crate) labels: &'a BTreeMap<String, String>,
}

impl<'a> Facts<'a> {
    /// As submitted: what `route` and `escalate` are selected by.
    pub(crate) fn submitted(message: &'a Message) -> Self {
        Self {
            kind: &message.kind,
            urgency: message.urgency,
            audience: message.audience,
            classification: message.classification,
            department: &message.department,
            labels: &message.labels,
        }
    }

    /// As routed: what `approve` is selected by.
    pub(crate) fn routed(message: &'a Message, plan: &'a Plan) -> Self {
        Self {
            audience: plan.audience,
            classification: plan.classification,
            labels: &plan.labels,
            ..Self::submitted(message)
        }
    }
}

impl AppliesTo {
    /// Whether all conditions hold.
    pub(crate) fn holds(&self, facts: &Facts<'_>) -> bool {
        fn any<T: Ord>(condition: &BTreeSet<T>, value: &T) -> bool {
            condition.is_empty() || condition.contains(value)
        }
        any(&self.kinds, facts.kind)
            && any(&self.urgency, &facts.urgency)
            && any(&self.audience, &facts.audience)
            && any(&self.classification, &facts.classification)
            && any(&self.departments, facts.department)
            && self
                .labels
                .iter()
                .all(|(name, values)| facts.labels.get(name).is_some_and(|value| values.contains(value)))
    }
}
