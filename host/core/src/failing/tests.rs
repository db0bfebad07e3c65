use super::*;
use crate::decision::HookPlan;
use crate::fixture::{World, at, case_id, check_in};
use crate::plan::RoutePlan;

/// Outcomes of calls, a word each: the hook's first letter, then `+` or what the cause begins with.
fn counted(calls: &str) -> Failures {
    let mut failures = Failures::default();
    for (minute, call) in (0..).zip(calls.split_whitespace()) {
        let (hook, outcome) = call.split_at(1);
        let hook = Hook::ALL.iter().find(|known| known.as_str().starts_with(hook)).unwrap();
        let outcome = match FailureCause::ALL.iter().find(|cause| cause.as_str().starts_with(outcome)) {
            Some(cause) => HookOutcome::Failed { cause: *cause, message: String::new() },
            None => HookOutcome::Plan(HookPlan::Route(RoutePlan::default())),
        };
        failures.count(*hook, &outcome, case_id(), at(&format!("11-23 09:{minute:02}")));
    }
    failures
}

#[test]
fn three_failures_of_one_hook_in_a_row_are_failing() {
    let said = |calls: &str| {
        let failing = counted(calls).failing();
        failing.map_or("-".to_owned(), |Failing { hook, streak }| {
            let minute = |at: Timestamp| at.duration_since(crate::fixture::at("11-23 09:00")).as_mins();
            format!("{hook} {} {} {}..{}", streak.failures, streak.cause, minute(streak.since), minute(streak.at))
        })
    };
    for (calls, expected) in [
        ("", "-"),
        ("re re", "-"),
        ("re rt ro", "route 3 operations 0..2"),
        ("re re re rt", "route 4 time 0..3"),
        ("re re r+ re re", "-"),
        ("re re re r+", "-"),
        ("re re re r+ re", "-"),
        // What another hook does in between neither counts nor forgives.
        ("ae r+ ae r+ ae", "approve 3 error 0..4"),
        ("re ae re ae", "-"),
        ("re ae re ae rt ae", "approve 3 error 1..5"),
        ("re re re ae ae ae r+", "approve 3 error 3..5"),
        // Not having been called says nothing.
        ("re re rsu rn", "-"),
        ("re re re rsu", "route 3 error 0..2"),
        ("re re rsu re", "route 3 error 0..3"),
    ] {
        assert_eq!(said(calls), expected, "{calls}");
    }
    assert!(counted("re ae r+ a+").is_empty());
    assert!(!counted("re ae r+").is_empty());
}

/// A world in which the host gives notice of `trouble` with a bundle.
fn noticed(bundle: &str, trouble: &Trouble) -> World {
    let mut world = World::new(json!({}));
    let (message, decision) = notice(&world.organisation, &bundle.parse().unwrap(), 3, trouble, world.now);
    (world.message, world.plan) = (message, decision.plan);
    world
}

fn failing() -> Trouble {
    Trouble::Failing { failing: counted("re re rt").failing().unwrap(), suspended: false }
}

#[test]
fn a_notice_is_a_task_of_the_departments_policy_authors() {
    let mut authored = noticed("legal/reading", &failing());
    let legal = authored.organisation.departments.get_mut("legal").unwrap();
    legal.roles.insert(crate::organisation::POLICY_AUTHOR.parse().unwrap(), vec!["l.luo".parse().unwrap()]);
    let bundle: BundleId = "legal/reading".parse().unwrap();
    authored.plan = notice(&authored.organisation, &bundle, 3, &failing(), authored.now).1.plan;
    for (world, holder) in [
        (noticed("sales/complaint", &failing()), "s.head"),
        (noticed("organisation/notice", &failing()), "gm"),
        (noticed("gone/lost", &Trouble::NotLoaded { reason: "no such department".into() }), "duty"),
        (authored, "l.luo"),
    ] {
        let bundle = world.message.labels[BUNDLE_LABEL].clone();
        let mut world = world;
        world.run("host", &world.submit_command()).unwrap();
        let (case, task) = (world.case(), world.task(1));
        assert_eq!(task.holders, [holder.parse().unwrap()], "{bundle}");
        assert_eq!(case.accountable, Some(holder.parse().unwrap()), "{bundle}");
        assert_eq!(task.due, Some(at("11-24 09:00")), "{bundle}");
        let subject = subject_of_notice(&case.kind, &case.labels);
        assert_eq!(subject, Some((bundle.parse().unwrap(), 3)), "{bundle}");
    }
}

#[test]
fn a_notice_says_what_fails_and_not_what_the_policy_said() {
    let trouble = failing();
    let (message, _) = notice(
        &World::new(json!({})).organisation,
        &"sales/complaint".parse().unwrap(),
        3,
        &trouble,
        at("11-23 09:00"),
    );
    assert_eq!(message.subject, "policy sales/complaint revision 3 keeps failing");
    let summary = "`route` failed 3 times in a row; last it took longer than it may, for message ";
    assert_eq!(message.summary.unwrap(), format!("{summary}{}", case_id()));
    assert_eq!((&message.body["cause"], &message.body["failures"]), (&json!("time"), &json!(3)));
    assert_eq!(message.caused_by, Some(case_id()));
}

#[test]
fn the_host_takes_a_notice_back_and_nobody_is_asked_any_more() {
    check_in(
        noticed("sales/complaint", &failing()),
        &[
            ("11-23 09:00 host submit", "t1 answer of s.head due 11-24 09:00; case open"),
            ("11-23 10:00 host withdraw", "case withdrawn; g1 answer cancelled; !t1; withdrawal to s.head"),
        ],
    );
    // Unanswered, it climbs like anything else.
    check_in(
        noticed("sales/complaint", &failing()),
        &[("11-23 09:00 host submit", ""), ("11-24 09:00 tick", "g1 answer breached; escalation to duty by inbox")],
    );
}
