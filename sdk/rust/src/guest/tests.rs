use super::*;
use crate::bindings::exports::herald::policy::hooks::Guest;
use crate::prelude::*;

/// Fills in whatever a plan has.
#[derive(Deserialize)]
struct Everything {}

impl Policy for Everything {
    fn route(&self, message: &Message, plan: &mut RoutePlan) -> Result {
        plan.level(2).classification("confidential").audience("external").assign("role:sales/head");
        plan.digest("weekly").label("machine", message.field::<&str>("machine")?).archive("permanent");
        plan.restrict_recipients(["role:sales/head"]).restrict_channels(["inbox"]);
        plan.send("department:sales")
            .by(["phone", "inbox"])
            .acknowledge_within(minutes(90))
            .answer_within(working_hours(4))
            .report_every(working_days(3));
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
        plan.stage("each").all_of(["role:sales/head"]).phase("joint").at_deadline("reject").within(hours(1));
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
        sends: vec![types::Send {
            to: "department:sales".into(),
            by: texts(&["inbox", "phone"]),
            acknowledge_within: Some(types::Span::Clock("PT1H30M".into())),
            answer_within: Some(types::Span::WorkingHours(4)),
            report_every: Some(types::Span::WorkingDays(3)),
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
