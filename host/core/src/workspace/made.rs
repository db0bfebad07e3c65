//! What becomes of a message, a decision and a promise in the rows.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::case::{Case, Goal, GoalStatus, Made, Outstanding, SetBy, Stage, StageStatus, Status};
use crate::decision::{Decision, Plan};
use crate::event::AskedGoal;
use crate::ids::{CaseId, GoalNumber, TaskNumber};
use crate::message::{Level, Message};
use crate::names::PersonId;
use crate::organisation::ArchiveClass;
use crate::plan::{GoalName, Moment, Phase};

pub(super) fn begin(id: CaseId, message: &Message, name: &str) -> Case {
    let mut case = Case {
        id,
        version: 0,
        // Nothing may happen to a case before it was decided on.
        status: Status::Held,
        kind: message.kind.clone(),
        name: String::new(),
        subject: String::new(),
        document_number: None,
        message_version: 1,
        sender: message.sender.clone(),
        department: message.department.clone(),
        receivers: Vec::new(),
        urgency: message.urgency,
        level: Level::of_urgency(message.urgency),
        audience: message.audience,
        content_type: message.content_type,
        classification: message.classification,
        restrictions: Vec::new(),
        labels: message.labels.clone(),
        dedup_key: message.dedup_key.clone(),
        caused_by: message.caused_by,
        archive: ArchiveClass::Standard,
        flags: BTreeSet::new(),
        held: None,
        accountable: None,
        plan: None,
        stages: Vec::new(),
        information_only: false,
        must_answer_after: None,
        outstanding: Outstanding::default(),
        made: Made::default(),
        promises: BTreeMap::new(),
        starting: Vec::new(),
        stopping: Vec::new(),
        submitted_at: message.submitted_at,
        updated_at: message.submitted_at,
        opened_at: None,
        resolved_at: None,
        ended_at: None,
    };
    take_message(&mut case, message, name);
    case
}

pub(super) fn take_message(case: &mut Case, message: &Message, name: &str) {
    name.clone_into(&mut case.name);
    case.subject.clone_from(&message.subject);
    case.urgency = message.urgency;
    case.content_type = message.content_type;
    case.department = message.department.clone();
}

pub(super) fn take_decision(case: &mut Case, decision: &Decision) {
    let plan: &Plan = &decision.plan;
    case.level = plan.level;
    case.classification = plan.classification;
    case.audience = plan.audience;
    case.content_type = plan.content_type.unwrap_or(case.content_type);
    case.receivers.clone_from(&plan.receivers);
    case.restrictions.clone_from(&plan.restrictions);
    case.labels.clone_from(&plan.labels);
    case.archive = plan.archive;
    case.flags.clone_from(&plan.flags);
    case.held.clone_from(&decision.held);
    case.accountable = None;
    case.stages = plan
        .stages
        .iter()
        .map(|stage| Stage {
            name: stage.plan.name.clone(),
            phase: stage.plan.phase,
            mode: stage.plan.mode,
            approvers: stage.plan.approvers.clone(),
            within: stage.plan.within,
            at_deadline: stage.plan.at_deadline,
            self_approval: stage.plan.self_approval,
            set_by: stage.set_by.clone().map_or(SetBy::Host, SetBy::Bundle),
            post_hoc: plan.post_hoc && stage.plan.phase != Phase::Acceptance,
            status: StageStatus::Waiting,
            seats: Vec::new(),
            goal: None,
        })
        .collect();
    // What was approved in an earlier version is not approved in this one.
    case.promises.retain(|name, _| !matches!(name, GoalName::Stage(_)));
    // Without approvers it opens or is refused in the same breath.
    let waits = decision.held.is_none() && plan.asks_approval_first();
    case.plan = waits.then(|| Box::new(plan.clone()));
}

pub(super) fn asked_goal(
    asked: &AskedGoal,
    number: GoalNumber,
    task: TaskNumber,
    owners: Vec<PersonId>,
    at: Timestamp,
) -> Goal {
    Goal {
        number,
        name: asked.name.clone(),
        status: GoalStatus::Running,
        owners,
        department: asked.department.clone(),
        calendar: asked.calendar.clone(),
        within: asked.within,
        warn_before: asked.warn_before,
        starts: Moment::Opened,
        stops: asked.stops.clone(),
        repeats: asked.repeats,
        set_by: asked.set_by.clone(),
        task: Some(task),
        follows: asked.follows,
        followed_by: Vec::new(),
        breached_with: None,
        unkept: 0,
        followers: BTreeMap::new(),
        unneeded: false,
        step: 0,
        started_at: Some(at),
        warn_at: asked.warn_at,
        due: Some(asked.due),
        remaining: None,
        met_at: None,
        breached_at: None,
        declined: None,
    }
}
