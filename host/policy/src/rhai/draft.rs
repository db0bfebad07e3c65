//! A plan while a script builds it.

use std::collections::BTreeMap;

use herald_core::decision::{Hook, HookPlan};
use herald_core::message::{Audience, Classification, ContentType, Level};
use herald_core::names::StageName;
use herald_core::organisation::ArchiveClass;
use herald_core::plan::{
    ApprovePlan, AtDeadline, EscalatePlan, GoalName, GoalPlan, Mode, Moment, Phase, Restriction, RoutePlan, Send,
    StagePlan,
};
use herald_core::span::Span;
use herald_core::target::Target;

use crate::diagnostic::Place;

/// Everything that any hook's plan may hold; each hook's verbs fill in their part.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) level: Option<Level>,
    pub(super) classification: Option<Classification>,
    pub(super) audience: Option<Audience>,
    pub(super) content_type: Option<ContentType>,
    pub(super) sends: Vec<Send>,
    pub(super) assign: Option<Target>,
    pub(super) goals: Vec<GoalDraft>,
    pub(super) digest: Option<String>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) archive: Option<ArchiveClass>,
    pub(super) restrict: Option<Restriction>,
    pub(super) refuse: Option<String>,
    pub(super) stages: Vec<StageDraft>,
    pub(super) post_hoc: bool,
}

/// A goal that may still lack its span.
pub(super) struct GoalDraft {
    pub(super) name: GoalName,
    pub(super) place: Option<Place>,
    pub(super) owner: Option<Target>,
    pub(super) starts: Moment,
    pub(super) stops: Option<Moment>,
    pub(super) within: Option<Span>,
    pub(super) warn_before: Option<Span>,
    pub(super) repeats: bool,
}

/// A stage that may still lack its approvers.
pub(super) struct StageDraft {
    pub(super) name: StageName,
    pub(super) place: Option<Place>,
    pub(super) phase: Phase,
    pub(super) approvers: Option<(Mode, Vec<Target>)>,
    pub(super) within: Option<Span>,
    pub(super) at_deadline: AtDeadline,
    pub(super) self_approval: bool,
}

impl GoalDraft {
    pub(super) fn new(name: GoalName, place: Option<Place>) -> Self {
        let starts = Moment::default();
        Self { name, place, owner: None, starts, stops: None, within: None, warn_before: None, repeats: false }
    }

    fn finish(self) -> Result<GoalPlan, (String, Option<Place>)> {
        let Self { name, place, owner, starts, stops, within, warn_before, repeats } = self;
        let within = within.ok_or_else(|| (format!("goal `{name}` has no deadline; say `.within(…)`"), place))?;
        Ok(GoalPlan { name, owner, starts, stops, within, warn_before, repeats })
    }
}

impl StageDraft {
    pub(super) fn new(name: StageName, place: Option<Place>) -> Self {
        let (phase, at_deadline) = (Phase::Department, AtDeadline::Escalate);
        Self { name, place, phase, approvers: None, within: None, at_deadline, self_approval: false }
    }

    fn finish(self) -> Result<StagePlan, (String, Option<Place>)> {
        let Self { name, place, phase, approvers, within, at_deadline, self_approval } = self;
        let (mode, approvers) = approvers.ok_or_else(|| {
            (format!("stage `{name}` has no approvers; say `.any_of([…])`, `.all_of([…])` or another"), place)
        })?;
        Ok(StagePlan { name, phase, mode, approvers, within, at_deadline, self_approval })
    }
}

impl Draft {
    /// The plan of `hook`; the draft is empty afterwards.
    ///
    /// # Errors
    /// What is missing, and the place of the verb that began it.
    pub(super) fn finish(&mut self, hook: Hook) -> Result<HookPlan, (String, Option<Place>)> {
        let draft = std::mem::take(self);
        let goals = draft.goals.into_iter().map(GoalDraft::finish).collect::<Result<_, _>>()?;
        Ok(match hook {
            Hook::Route => HookPlan::Route(RoutePlan {
                level: draft.level,
                classification: draft.classification,
                audience: draft.audience,
                content_type: draft.content_type,
                sends: draft.sends,
                assign: draft.assign,
                goals,
                digest: draft.digest,
                labels: draft.labels,
                archive: draft.archive,
                restrict: draft.restrict,
                refuse: draft.refuse.map(String::into_boxed_str),
            }),
            Hook::Approve => HookPlan::Approve(ApprovePlan {
                stages: draft.stages.into_iter().map(StageDraft::finish).collect::<Result<_, _>>()?,
                post_hoc: draft.post_hoc,
            }),
            Hook::Escalate => HookPlan::Escalate(EscalatePlan {
                notify: draft.sends,
                assign: draft.assign,
                level: draft.level,
                goals,
            }),
        })
    }
}
