//! Words of a plan that are wrong, and how they are told.

use herald_core::decision::FailureCause;
use serde_json::{Value, json};

use super::bindings::herald::policy::types::{
    ApprovePlan, EscalatePlan, Goal, Question, Restriction, RoutePlan, Send, Span, Stage,
};
use super::plans::{Reader, Unread, read};
use crate::testing::evaluation;
use crate::wasm::call::{Call, Stop};

/// What comes of a returned plan, as JSON, or what is wrong with it.
fn plan<P, T: serde::Serialize>(
    returned: P,
    reading: impl FnOnce(&mut Reader<'_>, P) -> Result<T, Unread>,
) -> Result<Value, String> {
    let mut call = Call::new(evaluation());
    match read(&mut call, Ok(returned), reading) {
        Ok(outcome) => outcome.map(|plan| json!(plan)),
        Err(error) => Err(format!("{:?}", error.downcast_ref::<Stop>().unwrap().0)),
    }
}

fn route(change: impl FnOnce(&mut RoutePlan)) -> Result<Value, String> {
    let mut returned = RoutePlan {
        level: None,
        classification: None,
        audience: None,
        content_type: None,
        sends: Vec::new(),
        assign: None,
        goals: Vec::new(),
        digest: None,
        labels: Vec::new(),
        archive: None,
        restrict: None,
        refuse: None,
    };
    change(&mut returned);
    plan(returned, |reader, returned| reader.route(returned))
}

fn send(to: &str, by: &[&str]) -> Send {
    let by = by.iter().map(|channel| (*channel).to_owned()).collect();
    Send {
        to: to.to_owned(),
        by,
        acknowledge_within: None,
        answer_within: None,
        report_every: None,
        remind_before: None,
        asks: Vec::new(),
    }
}

fn question(about: &str, within: &str) -> Question {
    Question { about: about.to_owned(), within: Span::Clock(within.to_owned()) }
}

/// What comes of a plan that asks everybody this.
fn asking(questions: impl IntoIterator<Item = Question>) -> Result<Value, String> {
    let asks = questions.into_iter().collect();
    route(|plan| plan.sends = vec![Send { asks, ..send("everyone", &[]) }])
}

fn goal(name: &str, within: Span) -> Goal {
    Goal { name: name.to_owned(), owner: None, starts: None, stops: None, within, warn_before: None, repeats: false }
}

fn stage(change: impl FnOnce(&mut Stage)) -> Result<Value, String> {
    let mut stage = Stage {
        name: "legal".to_owned(),
        phase: None,
        mode: None,
        approvers: vec!["role:legal/reviewer".to_owned()],
        within: None,
        at_deadline: None,
        self_approval: false,
    };
    change(&mut stage);
    plan(ApprovePlan { stages: vec![stage], post_hoc: false }, |reader, returned| reader.approve(returned))
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn plans_are_read_whole() {
    let whole = route(|plan| {
        plan.level = Some(1);
        plan.content_type = text("feedback");
        plan.classification = text("restricted");
        plan.audience = text("external");
        let span = Span::Clock("PT90M".to_owned());
        plan.sends = vec![Send {
            acknowledge_within: Some(Span::WorkingMinutes(30)),
            answer_within: Some(span),
            report_every: Some(Span::WorkingDays(3)),
            remind_before: Some(Span::WorkingHours(2)),
            asks: vec![
                question("哪条线停了？", "PT4H"),
                Question { within: Span::WorkingDays(1), ..question("why", "") },
            ],
            ..send("everyone", &["group", "inbox"])
        }];
        plan.assign = text("role:sales/head");
        plan.goals = vec![Goal {
            owner: text("person:han"),
            starts: text("resolved"),
            stops: text("met:other"),
            warn_before: Some(Span::Clock("PT5M".to_owned())),
            repeats: true,
            ..goal("satisfaction", Span::WorkingHours(4))
        }];
        plan.digest = text("weekly");
        plan.labels = vec![("a".to_owned(), "b".to_owned())];
        plan.archive = text("permanent");
        plan.restrict = Some(Restriction {
            recipients: Some(vec!["role:sales/head".to_owned()]),
            channels: Some(vec!["inbox".to_owned()]),
        });
        plan.refuse = text("only administration publishes to everyone");
    });
    let expected = json!({
        "level": 1, "classification": "restricted", "audience": "external", "content_type": "feedback",
        "sends": [{
            "to": "everyone", "by": ["group", "inbox"], "acknowledge_within": {"working_minutes": 30},
            "answer_within": "PT1H30M", "report_every": {"working_days": 3}, "remind_before": {"working_hours": 2},
            "asks": [
                {"about": "哪条线停了？", "within": "PT4H"}, {"about": "why", "within": {"working_days": 1}}
            ]
        }],
        "assign": "role:sales/head",
        "goals": [{
            "name": "satisfaction", "owner": "person:han", "starts": "resolved", "stops": "met:other",
            "within": {"working_hours": 4}, "warn_before": "PT5M", "repeats": true
        }],
        "digest": "weekly", "labels": {"a": "b"}, "archive": "permanent",
        "restrict": {"recipients": ["role:sales/head"], "channels": ["inbox"]},
        "refuse": "only administration publishes to everyone"
    });
    assert_eq!(whole, Ok(expected));
    let left_out = stage(|_| {});
    let filled_in = json!({"stages": [{
        "name": "legal", "phase": "department", "mode": "any", "approvers": ["role:legal/reviewer"],
        "at_deadline": "escalate"
    }]});
    assert_eq!(left_out, Ok(filled_in));
    for (mode, read) in [("all", json!("all")), ("sequential", json!("sequential")), ("quorum:2", json!({"quorum": 2}))]
    {
        assert_eq!(stage(|stage| stage.mode = text(mode)).unwrap()["stages"][0]["mode"], read);
    }
    let escalation = EscalatePlan {
        notify: vec![send("role:sales/head", &[])],
        assign: None,
        level: Some(3),
        goals: vec![goal("coordination", Span::Clock("PT24H".to_owned()))],
    };
    let expected = json!({
        "notify": [{"to": "role:sales/head"}], "level": 3,
        "goals": [{"name": "coordination", "starts": "opened", "within": "PT24H"}]
    });
    assert_eq!(plan(escalation, |reader, returned| reader.escalate(returned)), Ok(expected));
}

#[test]
fn a_wrong_word_is_told_with_its_field() {
    for (outcome, says) in [
        (route(|plan| plan.level = Some(4)), "level: 4 is no level; write 1"),
        (
            route(|plan| plan.classification = text("secret")),
            "classification: there is no classification `secret`; use `public`",
        ),
        (
            route(|plan| plan.audience = text("externl")),
            "audience: there is no audience `externl`; did you mean `external`?",
        ),
        (
            route(|plan| plan.sends = vec![send("everyone", &[]), send("everyone", &["inbox", "grup"])]),
            "sends[1].by[1]: there is no channel `grup`; did you mean `group`?",
        ),
        (route(|plan| plan.sends = vec![send("han", &[])]), "sends[0].to: `han` is no target"),
        (
            route(|plan| plan.assign = text("role:sales/hed")),
            "assign: department `sales` has no role `hed`; did you mean `head`?",
        ),
        (
            route(|plan| {
                let span = Some(Span::Clock("P2D".to_owned()));
                plan.sends = vec![Send { answer_within: span, ..send("everyone", &[]) }];
            }),
            "sends[0].answer-within: `P2D`: days are ambiguous",
        ),
        (
            route(|plan| {
                let span = Some(Span::WorkingHours(0));
                plan.sends = vec![Send { remind_before: span, ..send("everyone", &[]) }];
            }),
            "sends[0].remind-before: 0 working hours is out of range",
        ),
        (
            asking([question("what?", "PT4H"), question(" ", "PT4H")]),
            "sends[0].asks[1].about: is empty; write what people are to read",
        ),
        (asking([question("what?", "P2D")]), "sends[0].asks[0].within: `P2D`: days are ambiguous"),
        (route(|plan| plan.refuse = text("")), "refuse: is empty; write what people are to read"),
        (route(|plan| plan.refuse = Some("否".repeat(1_001))), "refuse: 1001 characters are over the limit of 1000"),
        (
            route(|plan| plan.goals = vec![goal("g", Span::WorkingDays(0))]),
            "goals[0].within: 0 working days is out of range",
        ),
        (
            route(|plan| plan.goals = vec![goal("answer", Span::WorkingDays(1))]),
            "goals[0].name: `answer` is a goal that comes with",
        ),
        (
            route(|plan| plan.goals = vec![Goal { starts: text("opend"), ..goal("g", Span::WorkingDays(1)) }]),
            "goals[0].starts: `opend` is no event of a case",
        ),
        (route(|plan| plan.digest = text("")), "digest: a digest's name has 1 to 64 characters"),
        (
            route(|plan| plan.labels = vec![(String::new(), "x".to_owned())]),
            "labels[0]: a label and its value have 1 to",
        ),
        (route(|plan| plan.archive = text("ever")), "archive: there is no archive class `ever`; use"),
        (
            route(|plan| {
                plan.restrict = Some(Restriction { recipients: None, channels: Some(vec!["fax".to_owned()]) })
            }),
            "restrict.channels[0]: there is no channel `fax`",
        ),
        (stage(|stage| stage.phase = text("legl")), "stages[0].phase: there is no phase `legl`; did you mean `legal`?"),
        (stage(|stage| stage.mode = text("every")), "stages[0].mode: there is no mode `every`"),
        (stage(|stage| stage.mode = text("quorum:0")), "stages[0].mode: a quorum is a whole number of at least 1"),
        (stage(|stage| stage.approvers.clear()), "stages[0].approvers: a stage needs somebody to approve it"),
        (stage(|stage| stage.approvers.push("x".to_owned())), "stages[0].approvers[1]: `x` is no target"),
        (stage(|stage| stage.at_deadline = text("wait")), "stages[0].at-deadline: there is no way to go on"),
        (stage(|stage| stage.name = "a b".to_owned()), "stages[0].name: "),
        (
            route(|plan| plan.sends = (0..2_000).map(|_| send("everyone", &["inbox"])).collect()),
            &format!("{:?}", FailureCause::Plan),
        ),
        (asking((0..2_000).map(|_| question("what?", "PT4H"))), &format!("{:?}", FailureCause::Plan)),
        (route(|plan| plan.refuse = Some("x".repeat(70_000))), &format!("{:?}", FailureCause::Plan)),
    ] {
        let said = outcome.expect_err(says);
        assert!(said.starts_with(says), "{says}: {said}");
    }
}
