//! The component's side: records in, a hook of the policy, records out. No decision is made here.

use std::marker::PhantomData;

use crate::bindings::exports::herald::policy::hooks as wit;
use crate::bindings::herald::policy::types;
use crate::error::Result;
use crate::message::{Breach, Labels, Message, RouteFacts};
use crate::plan::{ApprovePlan, EscalatePlan, Goal, Mode, Recipient, RoutePlan, Stage};
use crate::policy::{Policy, with_settings};
use crate::span::Span;

/// A policy as the component exports it.
#[derive(Debug)]
pub struct Exported<P>(PhantomData<P>);

/// Compiles for what can be exported.
pub fn is_exportable<E: wit::Guest>() {}

impl<P: Policy> wit::Guest for Exported<P> {
    fn route(message: wit::Message, settings: String) -> Result<wit::RoutePlan, String> {
        answer(|| {
            let mut plan = RoutePlan::default();
            with_settings::<P>(&settings)?.route(&read_message(message)?, &mut plan)?;
            Ok(write_route(plan))
        })
    }

    fn approve(message: wit::Message, route: wit::RouteFacts, settings: String) -> Result<wit::ApprovePlan, String> {
        answer(|| {
            let mut plan = ApprovePlan::default();
            with_settings::<P>(&settings)?.approve(&read_message(message)?, &read_route(route), &mut plan)?;
            let stages = plan.stages.into_iter().map(write_stage).collect();
            Ok(wit::ApprovePlan { stages, post_hoc: plan.post_hoc })
        })
    }

    fn escalate(message: wit::Message, breach: wit::Breach, settings: String) -> Result<wit::EscalatePlan, String> {
        answer(|| {
            let mut plan = EscalatePlan::default();
            with_settings::<P>(&settings)?.escalate(&read_message(message)?, &read_breach(breach)?, &mut plan)?;
            Ok(wit::EscalatePlan {
                notify: plan.notify.into_iter().map(write_recipient).collect(),
                assign: plan.assign,
                level: plan.level,
                goals: plan.goals.into_iter().map(write_goal).collect(),
            })
        })
    }

    fn validate_settings(settings: String) -> Result<(), Vec<String>> {
        let problems = answer(|| Ok(with_settings::<P>(&settings)?.validate_settings()));
        match problems {
            Ok(problems) if problems.is_empty() => Ok(()),
            Ok(problems) => Err(problems),
            Err(problem) => Err(vec![problem]),
        }
    }
}

fn answer<T>(hook: impl FnOnce() -> Result<T>) -> Result<T, String> {
    // In a native test the test's own runner tells of a panic.
    #[cfg(target_arch = "wasm32")]
    calls::tell_of_panics();
    hook().map_err(|error| error.text().to_owned())
}

fn read_message(message: wit::Message) -> Result<Message> {
    Ok(Message {
        kind: message.kind,
        subject: message.subject,
        summary: message.summary,
        body: message.body.into(),
        sender: message.sender,
        department: message.department,
        urgency: message.urgency,
        audience: message.audience,
        classification: message.classification,
        content_type: message.content_type,
        to: message.to,
        labels: Labels::from_iter(message.labels),
        submitted_at: message.submitted_at.parse()?,
    })
}

fn read_route(route: wit::RouteFacts) -> RouteFacts {
    RouteFacts {
        level: route.level,
        classification: route.classification,
        audience: route.audience,
        recipients: route.recipients,
        channels: route.channels,
        labels: Labels::from_iter(route.labels),
    }
}

fn read_breach(breach: wit::Breach) -> Result<Breach> {
    Ok(Breach {
        goal: breach.goal,
        due: breach.due.parse()?,
        at: breach.at.parse()?,
        owners: breach.owners,
        case_status: breach.case_status,
        level: breach.level,
        reached: breach.reached,
    })
}

fn write_route(plan: RoutePlan) -> wit::RoutePlan {
    wit::RoutePlan {
        level: plan.level,
        classification: plan.classification,
        audience: plan.audience,
        sends: plan.sends.into_iter().map(write_recipient).collect(),
        assign: plan.assign,
        goals: plan.goals.into_iter().map(write_goal).collect(),
        digest: plan.digest,
        labels: plan.labels.into_iter().collect(),
        archive: plan.archive,
        restrict: plan.restrict.map(|restriction| types::Restriction {
            recipients: restriction.recipients.map(|targets| targets.into_iter().collect()),
            channels: restriction.channels.map(|channels| channels.into_iter().collect()),
        }),
    }
}

fn write_recipient(recipient: Recipient) -> types::Send {
    types::Send {
        to: recipient.to,
        by: recipient.by.into_iter().collect(),
        acknowledge_within: recipient.acknowledge_within.map(write_span),
        answer_within: recipient.answer_within.map(write_span),
        report_every: recipient.report_every.map(write_span),
    }
}

fn write_goal(goal: Goal) -> types::Goal {
    types::Goal {
        name: goal.name,
        owner: goal.owner,
        starts: Some(goal.starts),
        stops: goal.stops,
        within: write_span(goal.within),
        warn_before: goal.warn_before.map(write_span),
        repeats: goal.repeats,
    }
}

fn write_stage(stage: Stage) -> types::Stage {
    types::Stage {
        name: stage.name,
        phase: Some(stage.phase),
        mode: Some(match stage.mode {
            Mode::Any => "any".to_owned(),
            Mode::All => "all".to_owned(),
            Mode::Quorum(count) => format!("quorum:{count}"),
            Mode::Sequential => "sequential".to_owned(),
        }),
        approvers: stage.approvers,
        within: stage.within.map(write_span),
        at_deadline: Some(stage.at_deadline),
    }
}

pub(crate) fn write_span(span: Span) -> types::Span {
    match span {
        Span::Clock { .. } => types::Span::Clock(span.to_string()),
        Span::WorkingMinutes(count) => types::Span::WorkingMinutes(count),
        Span::WorkingHours(count) => types::Span::WorkingHours(count),
        Span::WorkingDays(count) => types::Span::WorkingDays(count),
    }
}

/// What a component asks of the host.
#[cfg(target_arch = "wasm32")]
pub(crate) mod calls {
    use std::panic;

    use super::{Result, Span, write_span};
    use crate::bindings::herald::policy::host;
    use crate::table::Value;
    use crate::time::Timestamp;

    pub(crate) fn lookup(table: &str, facts: Vec<(String, Value)>, limit: u32) -> Result<Vec<Vec<(String, Value)>>> {
        let facts: Vec<_> = facts.into_iter().map(|(name, value)| (name, write_value(value))).collect();
        let rows = host::lookup(table, &facts, limit)?;
        let row = |row: Vec<host::Cell>| row.into_iter().map(|(name, value)| (name, read_value(value))).collect();
        Ok(rows.into_iter().map(row).collect())
    }

    pub(crate) fn resolve(target: &str) -> Result<Vec<String>> {
        Ok(host::resolve(target)?)
    }

    pub(crate) fn add_working_time(calendar: &str, start: Timestamp, span: Span) -> Result<Timestamp> {
        Ok(host::add_working_time(calendar, &start.to_string(), &write_span(span))?.parse()?)
    }

    pub(crate) fn log(text: &str) {
        host::log(text);
    }

    /// Lets a panic say its text and its place. The host takes a line of the log that begins like this for the cause
    /// of the trap that follows it.
    pub(super) fn tell_of_panics() {
        panic::set_hook(Box::new(|panic| {
            let text = panic.payload_as_str().unwrap_or("without a text");
            match panic.location() {
                Some(place) => log(&format!("panicked at {place}: {text}")),
                None => log(&format!("panicked at an unknown place: {text}")),
            }
        }));
    }

    fn write_value(value: Value) -> host::Value {
        match value {
            Value::Text(text) => host::Value::Text(text),
            Value::Integer(number) => host::Value::Integer(number),
            Value::Decimal(digits) => host::Value::Decimal(digits),
            Value::Boolean(truth) => host::Value::Boolean(truth),
        }
    }

    fn read_value(value: host::Value) -> Value {
        match value {
            host::Value::Text(text) => Value::Text(text),
            host::Value::Integer(number) => Value::Integer(number),
            host::Value::Decimal(digits) => Value::Decimal(digits),
            host::Value::Boolean(truth) => Value::Boolean(truth),
        }
    }
}

#[cfg(test)]
mod tests;
