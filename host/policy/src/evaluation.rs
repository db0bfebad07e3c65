//! The seam between the host and the languages of policies: one evaluation, what goes in and what comes out.
//!
//! A language compiles a bundle once, to a [`Program`]. Each call of a hook is an [`Evaluation`] of its own, and
//! no state outlives it. A program enforces the limits of the evaluation; it need not guard against its own
//! panics, which the caller contains.

use std::collections::BTreeSet;
use std::sync::Arc;

use herald_core::case::Status;
use herald_core::decision::{Cost, FailureCause, Hook, HookPlan, HostAnswer, Plan};
use herald_core::message::{Audience, Classification, ContentType, Level, Message};
use herald_core::names::{ChannelName, PersonId};
use herald_core::plan::GoalName;
use herald_core::target::Target;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::diagnostic::Place;
use crate::form::Form;
use crate::limits::Limits;
use crate::table::Tables;
use crate::world::{Near, World};

/// A bundle, compiled by its language.
pub(crate) trait Program: Send + Sync {
    /// Calls the hook that the evaluation is for.
    fn evaluate(&self, evaluation: Evaluation) -> Evaluated;

    /// Whether it is compiled; until it is, every call fails as busy.
    fn is_ready(&self) -> bool {
        true
    }
}

/// Everything that one call of a hook may see.
#[derive(Clone)]
pub(crate) struct Evaluation {
    pub(crate) subject: Arc<Subject>,
    pub(crate) input: Input,
    pub(crate) limits: Limits,
    pub(crate) given: Arc<Given>,
}

/// What is decided on, and where. Made for one decision, so that its calls count references to nothing that other
/// threads decide on.
pub(crate) struct Subject {
    pub(crate) world: Arc<Near>,
    pub(crate) message: Arc<Message>,
    /// Where in the world the form of the message is.
    form: Option<usize>,
}

impl Subject {
    pub(crate) fn new(world: &Arc<World>, message: Arc<Message>) -> Arc<Self> {
        let form = world.forms().place(&message.kind);
        Arc::new(Self { world: Near::to(world), message, form })
    }

    /// The form that the message's body was checked against.
    pub(crate) fn form(&self) -> Option<&Form> {
        self.world.forms().at(self.form?)
    }
}

/// What a bundle gives each of its calls.
#[derive(Default)]
pub(crate) struct Given {
    /// The manifest's settings.
    pub(crate) settings: Arc<Map<String, Value>>,
    /// Its decision tables.
    pub(crate) tables: Arc<Tables>,
}

impl Evaluation {
    /// The moment that the evaluation takes for now.
    pub(crate) fn now(&self) -> Timestamp {
        match &self.input {
            Input::Route | Input::Approve(_) => self.subject.message.submitted_at,
            Input::Escalate(breach) => breach.at,
        }
    }
}

/// What a hook gets besides the message.
#[derive(Clone)]
pub(crate) enum Input {
    Route,
    Approve(Arc<RouteFacts>),
    Escalate(Arc<BreachFacts>),
}

impl Input {
    pub(crate) fn hook(&self) -> Hook {
        match self {
            Self::Route => Hook::Route,
            Self::Approve(_) => Hook::Approve,
            Self::Escalate(_) => Hook::Escalate,
        }
    }
}

/// The merged route plan, as `approve` sees it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RouteFacts {
    pub(crate) level: Level,
    pub(crate) classification: Classification,
    pub(crate) audience: Audience,
    pub(crate) content_type: ContentType,
    #[serde(default)]
    pub(crate) recipients: Vec<Target>,
    #[serde(default)]
    pub(crate) channels: BTreeSet<ChannelName>,
    #[serde(default)]
    pub(crate) labels: std::collections::BTreeMap<String, String>,
}

impl RouteFacts {
    pub(crate) fn of(plan: &Plan, message: &Message) -> Self {
        Self {
            level: plan.level,
            classification: plan.classification,
            audience: plan.audience,
            content_type: plan.content_type.unwrap_or(message.content_type),
            recipients: plan.recipients.keys().cloned().collect(),
            channels: plan.recipients.values().flat_map(|reach| reach.by.iter().cloned()).collect(),
            labels: plan.labels.clone(),
        }
    }
}

/// The breach, and the case so far, as `escalate` sees them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BreachFacts {
    pub(crate) goal: GoalName,
    pub(crate) due: Timestamp,
    pub(crate) at: Timestamp,
    #[serde(default)]
    pub(crate) owners: Vec<PersonId>,
    /// Why they declined it, if they did.
    #[serde(default)]
    pub(crate) declined: Option<String>,
    pub(crate) case_status: Status,
    pub(crate) level: Level,
    /// Whom deliveries reached, written as targets.
    #[serde(default)]
    pub(crate) reached: Vec<String>,
}

/// What came of an evaluation.
pub(crate) struct Evaluated {
    pub(crate) outcome: Result<HookPlan, Failure>,
    pub(crate) answers: Vec<HostAnswer>,
    pub(crate) log: String,
    pub(crate) cost: Cost,
}

/// Why an evaluation failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) cause: FailureCause,
    /// What went wrong, in a lowercase fragment without the place.
    pub(crate) message: String,
    pub(crate) place: Option<Place>,
}
