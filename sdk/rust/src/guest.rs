//! The component's side: records in, a hook of the policy, records out. No decision is made here.

use std::marker::PhantomData;

use crate::bindings::exports::herald::policy::hooks as wit;
use crate::bindings::herald::policy::types;
use crate::error::Result;
use crate::message::{Breach, Labels, Message, RouteFacts};
use crate::plan::{ApprovePlan, EscalatePlan, Goal, Mode, Question, Recipient, RoutePlan, Stage};
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
        content_type: route.content_type,
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
        declined: breach.declined,
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
        content_type: plan.content_type,
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
        refuse: plan.refuse,
    }
}

fn write_recipient(recipient: Recipient) -> types::Send {
    types::Send {
        to: recipient.to,
        by: recipient.by.into_iter().collect(),
        acknowledge_within: recipient.acknowledge_within.map(write_span),
        answer_within: recipient.answer_within.map(write_span),
        report_every: recipient.report_every.map(write_span),
        remind_before: recipient.remind_before.map(write_span),
        asks: recipient.asks.into_iter().map(write_question).collect(),
    }
}

fn write_question(question: Question) -> types::Question {
    types::Question { about: question.about, within: write_span(question.within) }
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
        self_approval: stage.self_approval,
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

    pub(crate) fn tier(contact: &str) -> Result<String> {
        Ok(host::tier(contact)?)
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
mod tests {
    use super::*;
    use crate::bindings::exports::herald::policy::hooks::Guest;
    use crate::prelude::*;

    /// Fills in whatever a plan has.
    #[derive(Deserialize)]
    struct Everything {}

    impl Policy for Everything {
        fn route(&self, message: &Message, plan: &mut RoutePlan) -> Result {
            plan.level(2).classification("confidential").audience("external").content_type("decision");
            plan.assign("role:sales/head");
            plan.digest("weekly").label("machine", message.field::<&str>("machine")?).archive("permanent");
            plan.restrict_recipients(["role:sales/head"]).restrict_channels(["inbox"]).refuse("not now");
            plan.send("department:sales")
                .by(["phone", "inbox"])
                .acknowledge_within(minutes(90))
                .answer_within(working_hours(4))
                .report_every(working_days(3))
                .remind_before(working_hours(2))
                .ask("which line stands still?", hours(4))
                .ask("until when?", working_days(1));
            plan.goal("review")
                .within(working_minutes(30))
                .owner("role:sales/head")
                .starts("resolved")
                .stops("closed")
                .warn_before(seconds(45))
                .repeats();
            Ok(())
        }

        fn approve(&self, _: &Message, route: &RouteFacts, plan: &mut ApprovePlan) -> Result {
            plan.stage("one").any_of(&route.recipients);
            plan.stage("each")
                .all_of(["role:sales/head"])
                .phase("joint")
                .at_deadline("reject")
                .within(hours(1))
                .self_approval();
            plan.stage("some").quorum_of(2, ["everyone"]);
            plan.stage("chain").in_order(["role:sales/head"]);
            plan.post_hoc();
            Ok(())
        }

        fn escalate(&self, _: &Message, breach: &Breach, plan: &mut EscalatePlan) -> Result {
            plan.level(breach.level).assign("role:sales/head").notify(breach.goal.as_str());
            plan.goal(breach.due.to_string()).within(hours(1));
            Ok(())
        }
    }

    fn message(body: &str) -> wit::Message {
        wit::Message {
            kind: "fault".into(),
            subject: String::new(),
            summary: None,
            body: body.into(),
            sender: "anonymous".into(),
            department: "production".into(),
            urgency: "normal".into(),
            audience: "department".into(),
            classification: "internal".into(),
            content_type: "notice".into(),
            to: Vec::new(),
            labels: Vec::new(),
            submitted_at: "2026-01-05T01:00:00Z".into(),
        }
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_route_becomes_records() {
        let plan = Exported::<Everything>::route(message(r#"{"machine": "IM-07"}"#), "{}".into());
        let expected = wit::RoutePlan {
            level: Some(2),
            classification: Some("confidential".into()),
            audience: Some("external".into()),
            content_type: Some("decision".into()),
            sends: vec![types::Send {
                to: "department:sales".into(),
                by: texts(&["inbox", "phone"]),
                acknowledge_within: Some(types::Span::Clock("PT1H30M".into())),
                answer_within: Some(types::Span::WorkingHours(4)),
                report_every: Some(types::Span::WorkingDays(3)),
                remind_before: Some(types::Span::WorkingHours(2)),
                asks: vec![
                    types::Question {
                        about: "which line stands still?".into(),
                        within: types::Span::Clock("PT4H".into()),
                    },
                    types::Question { about: "until when?".into(), within: types::Span::WorkingDays(1) },
                ],
            }],
            assign: Some("role:sales/head".into()),
            goals: vec![types::Goal {
                name: "review".into(),
                owner: Some("role:sales/head".into()),
                starts: Some("resolved".into()),
                stops: Some("closed".into()),
                within: types::Span::WorkingMinutes(30),
                warn_before: Some(types::Span::Clock("PT45S".into())),
                repeats: true,
            }],
            digest: Some("weekly".into()),
            labels: vec![("machine".into(), "IM-07".into())],
            archive: Some("permanent".into()),
            restrict: Some(types::Restriction {
                recipients: Some(texts(&["role:sales/head"])),
                channels: Some(texts(&["inbox"])),
            }),
            refuse: Some("not now".into()),
        };
        assert_eq!(plan, Ok(expected));
        assert_eq!(
            Exported::<Everything>::route(message("{}"), "{}".into()),
            Err("the message's body has no `machine`".into())
        );
    }

    #[test]
    fn an_approval_becomes_records() {
        let route = wit::RouteFacts {
            level: 3,
            classification: "internal".into(),
            audience: "department".into(),
            content_type: "notice".into(),
            recipients: texts(&["department:sales"]),
            channels: Vec::new(),
            labels: Vec::new(),
        };
        let plan = Exported::<Everything>::approve(message("{}"), route, "{}".into()).unwrap();
        assert!(plan.post_hoc);
        let stages: Vec<_> =
            plan.stages.iter().map(|stage| (stage.name.as_str(), stage.mode.as_deref().unwrap())).collect();
        assert_eq!(stages, [("one", "any"), ("each", "all"), ("some", "quorum:2"), ("chain", "sequential")]);
        assert_eq!(plan.stages[0].approvers, ["department:sales"]);
        let each = types::Stage {
            name: "each".into(),
            phase: Some("joint".into()),
            mode: Some("all".into()),
            approvers: texts(&["role:sales/head"]),
            within: Some(types::Span::Clock("PT1H".into())),
            at_deadline: Some("reject".into()),
            self_approval: true,
        };
        assert_eq!(plan.stages[1], each);
    }

    #[test]
    fn an_escalation_becomes_records() {
        let breach = wit::Breach {
            goal: "answer".into(),
            due: "2026-01-05T02:00:00Z".into(),
            at: "2026-01-05T02:00:01Z".into(),
            owners: Vec::new(),
            declined: None,
            case_status: "open".into(),
            level: 2,
            reached: Vec::new(),
        };
        let plan = Exported::<Everything>::escalate(message("{}"), breach, "{}".into()).unwrap();
        assert_eq!((plan.level, plan.assign.as_deref()), (Some(2), Some("role:sales/head")));
        assert_eq!((plan.notify[0].to.as_str(), plan.goals[0].name.as_str()), ("answer", "2026-01-05T02:00:00Z"));
    }

    #[test]
    fn settings_are_validated() {
        assert_eq!(Exported::<Everything>::validate_settings("{}".into()), Ok(()));
        assert!(Exported::<Everything>::validate_settings("3".into()).is_err());
    }
}
