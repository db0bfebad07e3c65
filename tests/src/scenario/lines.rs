//! What a case has, in the lines in which scenarios speak of it.

use herald_core::case::{Delivery, DeliveryStatus, Goal, GoalStatus, Stage, StageStatus, Task, TaskStatus};
use herald_core::decision::{Contribution, HookOutcome};
use herald_core::event::Event;
use herald_core::record::Record;
use herald_core::target::{Actor, Recipient};

use super::times::Times;

/// An open task: `answer by 10-09 17:30`, `approve legal by 10-09 17:30`; what it asks in words stands after a colon.
#[must_use]
pub fn task(task: &Task, times: &Times) -> Option<String> {
    let stage = task.stage.as_ref().map(|stage| format!(" {stage}")).unwrap_or_default();
    let due = task.due.map(|due| format!(" by {}", times.write(due))).unwrap_or_default();
    let note = task.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
    (task.status == TaskStatus::Open).then(|| format!("{}{stage}{due}{note}", task.kind))
}

/// Where a goal stands: `running until 10-09 17:30`, `met 10-09 10:12`, `breached 10-09 17:30, kept 10-10 09:00`.
#[must_use]
pub fn goal(goal: &Goal, times: &Times) -> String {
    let at = |at: Option<jiff::Timestamp>| at.map(|at| format!(" {}", times.write(at))).unwrap_or_default();
    match goal.status {
        GoalStatus::Running => format!("running until{}", at(goal.due)),
        GoalStatus::Met => format!("met{}", at(goal.met_at)),
        GoalStatus::Breached if goal.met_at.is_some() => format!("breached{}, kept{}", at(goal.due), at(goal.met_at)),
        GoalStatus::Breached => format!("breached{}", at(goal.due)),
        status @ (GoalStatus::Pending | GoalStatus::Paused | GoalStatus::Cancelled) => status.to_string(),
    }
}

/// Where a stage stands, and who is asked: `running: ma.rui, zheng.hao | tang.yue`.
#[must_use]
pub fn stage(stage: &Stage) -> String {
    if stage.status != StageStatus::Running {
        return stage.status.to_string();
    }
    let people =
        |people: &[herald_core::names::PersonId]| people.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let open = stage.seats.iter().filter(|seat| seat.verdict.is_none());
    format!("running: {}", open.map(|seat| people(&seat.people)).collect::<Vec<_>>().join(" | "))
}

/// Whom a delivery goes to, as scenarios name them: `li.lei`, `contact:acme`, `department:maintenance`.
#[must_use]
pub fn recipient(delivery: &Delivery) -> String {
    match &delivery.to {
        Recipient::Person(person) => person.to_string(),
        Recipient::Contact(contact) => format!("contact:{contact}"),
        Recipient::Group(target) => target.to_string(),
    }
}

/// A delivery: `message by phone`; one that did not arrive says so: `message by phone, dead`.
#[must_use]
pub fn delivery(delivery: &Delivery) -> String {
    let status = match delivery.status {
        DeliveryStatus::Delivered => String::new(),
        other => format!(", {other}"),
    };
    format!("{} by {}{status}", delivery.purpose, delivery.channel)
}

/// An entry of the timeline: `zhang.wei acknowledge`.
#[must_use]
pub fn entry(record: &Record) -> String {
    let who = match &record.actor {
        Actor::Person(person) => person.to_string(),
        other => other.to_string(),
    };
    format!("{who} {}", record.verb)
}

/// What a policy's hook did: `customer-service/complaint route, revision 1`, or `… revision 1 failed: error` and why.
#[must_use]
pub fn contribution(contribution: &Contribution) -> String {
    let called = format!("{} {}, revision {}", contribution.bundle, contribution.hook, contribution.revision);
    match &contribution.outcome {
        HookOutcome::Plan(_) => called,
        HookOutcome::Failed { cause, message } => format!("{called} failed: {cause}: {message}"),
    }
}

/// What people wrote into a case by a command: `lin.xiao answer: 已安排补发`.
#[must_use]
pub fn written(record: &Record) -> Vec<String> {
    let text = |event: &Event| match event {
        Event::TaskDone { text, .. } => text.clone(),
        Event::Reported { text, .. } | Event::Commented { text, .. } => Some(text.clone()),
        Event::Declined { reason, .. } => Some(reason.clone()),
        Event::Returned { reason }
        | Event::Rejected { reason }
        | Event::Withdrawn { reason }
        | Event::Resolved { reason }
        | Event::Reopened { reason }
        | Event::Closed { reason, .. } => reason.clone(),
        _ => None,
    };
    record.events.iter().filter_map(text).map(|text| format!("{}: {text}", entry(record))).collect()
}
