//! Who sees and does what, as tables.

use serde_json::json;

use super::{Barrier, barrier, may_ask, may_do, may_keep, may_see, may_show, may_submit, sees};
use crate::case::Case;
use crate::command::Verb;
use crate::fixture::{World, check, check_in, merged, requester};
use crate::message::Classification;

/// A case that `sender` sent for production, received by sales, for which `s.head` is accountable.
fn case_of(sender: &str, classification: Classification) -> Case {
    let mut world = World::new(json!({
        "recipients": {"department:sales": {"answer": [{"within": "PT8H", "set_by": "sales/x"}]}},
        "receivers": ["sales"], "accountable": "role:sales/head", "classification": classification,
    }));
    world.message.sender = requester(sender).actor;
    let submit = format!("11-23 09:00 {sender} submit");
    check_in(world, &[(&submit, "case open")]).case().clone()
}

#[test]
fn who_sees_a_case() {
    let world = World::new(json!({}));
    // By classification: public, internal, confidential, restricted.
    let table = [
        ("p.worker", "xxxx"), // the sender
        ("p.mate", "xx.."),   // of the sending department
        ("p.head", "xx.."),
        ("s.agent", "xx.."), // of a receiving department
        ("l.lun", "...."),   // of neither
        ("gm", "xxx."),      // senior management
        ("l.head", "..x."),  // reads what is confidential
        ("l.lou", "...x"),   // reads what is restricted
        ("service:mes", "xx.."),
        ("host", "...."),
    ];
    for (who, row) in table {
        for (classification, expected) in Classification::ALL.iter().zip(row.chars()) {
            let case = case_of("p.worker", *classification);
            let sees = may_see(&world.organisation, &case, &requester(who), false);
            assert_eq!(sees, expected == 'x', "{who} and a {classification} case");
            assert!(may_see(&world.organisation, &case, &requester(who), true), "{who} takes part");
        }
    }
    // Only a person is asked after, and only when the case does not settle it.
    let confidential = case_of("p.worker", Classification::Confidential);
    for (who, asked) in [("p.worker", false), ("gm", false), ("p.mate", true), ("service:mes", false)] {
        let mut was_asked = false;
        let participates = |_: &_| {
            was_asked = true;
            Ok::<_, ()>(true)
        };
        let seen = sees(&world.organisation, &confidential, &requester(who), participates).unwrap();
        assert_eq!((was_asked, seen), (asked, who != "service:mes"), "{who}");
    }
    // Whoever may release a held case sees it for as long as it is held.
    let hold = serde_json::from_value(json!({"bundle": "sales/x", "reason": "broken"})).unwrap();
    let mut held = case_of("p.worker", Classification::Restricted);
    for (who, while_held) in [("author:sales", true), ("author:production", false), ("admin", false)] {
        held.held = None;
        assert!(!may_see(&world.organisation, &held, &requester(who), false), "{who} and a case that is not held");
        held.held = Some(serde_json::from_value::<crate::decision::Hold>(Clone::clone(&hold)).unwrap());
        assert_eq!(may_see(&world.organisation, &held, &requester(who), false), while_held, "{who} and a held case");
    }
    // Whoever stays unknown is not recognised again; a service is.
    let restricted = |sender: &str| case_of(sender, Classification::Restricted);
    assert!(!may_see(&world.organisation, &restricted("anonymous"), &requester("anonymous"), false));
    assert!(may_see(&world.organisation, &restricted("service:mes"), &requester("service:mes"), false));
    assert!(!may_see(&world.organisation, &restricted("service:mes"), &requester("service:erp"), false));
    // Whoever left sees nothing of their department any more.
    let mut left = world.organisation.clone();
    left.people.get_mut("s.agent").unwrap().active = false;
    assert!(!may_see(&left, &case_of("p.worker", Classification::Internal), &requester("s.agent"), false));
    left.people.get_mut("gm").unwrap().active = false;
    assert!(!may_see(&left, &case_of("p.worker", Classification::Internal), &requester("gm"), false));
}

#[test]
fn who_asks_what_of_a_case() {
    const VERBS: [Verb; 14] = [
        Verb::Release,
        Verb::Resubmit,
        Verb::Withdraw,
        Verb::Resolve,
        Verb::Reopen,
        Verb::Close,
        Verb::Archive,
        Verb::Replay,
        Verb::DeliveryReport,
        Verb::GoalWarning,
        Verb::GoalDue,
        Verb::Regive,
        Verb::Remind,
        Verb::HandOver,
    ];
    let organisation = World::new(json!({})).organisation;
    let mut case = case_of("p.worker", Classification::Internal);
    case.held = serde_json::from_value(json!({"bundle": "sales/x", "reason": "broken"})).unwrap();
    let table = [
        ("p.worker", ".xx.xx......x."), // the sender
        ("p.head", "..x.........x."),   // the sender's head
        ("s.head", "...xx.x.....xx"),   // the accountable person
        ("s.agent", ".............."),
        ("gm", ".............."),
        ("admin", "x.....xx......"),
        ("author:sales", "x............."),
        ("author:production", ".............."),
        ("service:mes", ".............."),
        ("anonymous", ".............."),
        ("host", ".....xxxxxxx.."),
    ];
    for (who, row) in table {
        for (verb, expected) in VERBS.iter().zip(row.chars()) {
            assert_eq!(may_ask(&organisation, &case, &requester(who), *verb), expected == 'x', "{who} and {verb}");
        }
        // Tasks, goals and submission have their own questions.
        for verb in Verb::ALL.iter().filter(|verb| !VERBS.contains(verb)) {
            assert!(!may_ask(&organisation, &case, &requester(who), *verb), "{who} and {verb}");
        }
    }
    // Whoever left decides on nothing by a role that they still bear.
    let mut left = organisation.clone();
    for who in ["p.head", "s.head"] {
        left.people.get_mut(who).unwrap().active = false;
        assert!(VERBS.iter().all(|verb| !may_ask(&left, &case, &requester(who), *verb)), "{who} left");
    }
    // By classification, as in `who_sees_a_case`: a head withdraws nothing that they may not see.
    for (who, row) in [("p.worker", "xxxx"), ("p.head", "xx..")] {
        for (classification, expected) in Classification::ALL.iter().zip(row.chars()) {
            let case = case_of("p.worker", *classification);
            let may = may_ask(&organisation, &case, &requester(who), Verb::Withdraw);
            assert_eq!(may, expected == 'x', "{who} and a {classification} case");
        }
    }
    case.sender = requester("anonymous").actor;
    for verb in VERBS {
        assert!(!may_ask(&organisation, &case, &requester("anonymous"), verb), "anonymous and {verb}");
    }
}

#[test]
fn who_submits_does_and_keeps() {
    let mut organisation = World::new(json!({})).organisation;
    let submits = [
        ("p.worker", "production", true),
        ("p.worker", "sales", false),
        ("p.worker", "organisation", true),
        ("service:mes", "production", true),
        ("service:mes", "sales", false),
        ("host", "production", true),
    ];
    for (who, department, may) in submits {
        assert_eq!(
            may_submit(&organisation, &requester(who), &department.parse().unwrap()),
            may,
            "{who} for {department}"
        );
    }
    organisation.people.get_mut("p.worker").unwrap().active = false;
    assert!(!may_submit(&organisation, &requester("p.worker"), &"production".parse().unwrap()));

    let stages =
        json!([{"name": "check", "approvers": ["role:production/head"], "within": "PT1H", "set_by": "production/x"}]);
    let world = check(json!({"stages": stages}), &[("11-23 09:00 p.worker submit", "t1 approve of p.head")]);
    let (case, task, goal) = (world.case(), world.task(1), world.goal(1));
    for (who, may) in [("p.head", true), ("p.mate", false), ("host", false), ("anonymous", false), ("admin", false)] {
        assert_eq!(may_do(case, &requester(who), task), may, "{who} decides");
        assert_eq!(may_keep(case, &requester(who), goal, Verb::Meet), may, "{who} keeps");
    }
    let own = Case { sender: requester("p.head").actor, ..case.clone() };
    assert!(!may_do(&own, &requester("p.head"), task), "nobody decides on their own message");
    let accountable = Case { accountable: Some("p.mate".parse().unwrap()), ..case.clone() };
    assert!(may_keep(&accountable, &requester("p.mate"), goal, Verb::Meet));
    assert!(!may_keep(&accountable, &requester("p.mate"), goal, Verb::Decline), "a promise is its owner's to decline");
}

#[test]
fn who_is_shown_a_case_and_shows_it() {
    // By classification: public, internal, confidential, restricted.
    let shown = [
        ("p.mate", "xx.."),
        ("l.lun", "xx.."),  // of no department that has to do with it
        ("l.head", "xxx."), // reads what is confidential
        ("l.lou", "xx.x"),
        ("s.head", "xxxx"), // accountable
    ];
    let organisation = World::new(json!({})).organisation;
    for (who, row) in shown {
        for (classification, expected) in Classification::ALL.iter().zip(row.chars()) {
            let case = case_of("p.worker", *classification);
            let person = who.parse().unwrap();
            let found = barrier(&organisation, &case, &person, false);
            let closed = Some(Barrier::Classification(*classification)).filter(|_| expected != 'x');
            assert_eq!(found, closed, "{who} and a {classification} case");
            assert_eq!(barrier(&organisation, &case, &person, true), None, "{who} takes part");
        }
    }
    let bundle = "organisation/base".parse().unwrap();
    for (limits, who, is_closed) in [
        (json!({"channels": ["inbox"]}), "l.lun", false),
        (json!({"recipients": ["members:production"]}), "p.mate", false),
        (json!({"recipients": ["members:production"]}), "l.lun", true),
        (json!({"recipients": []}), "s.head", false), // accountable
    ] {
        let mut case = case_of("p.worker", Classification::Internal);
        let restriction = merged(limits.clone(), json!({"set_by": bundle}));
        case.restrictions = vec![serde_json::from_value(restriction).unwrap()];
        let found = barrier(&organisation, &case, &who.parse().unwrap(), false);
        assert_eq!(found, is_closed.then_some(Barrier::Restriction(&bundle)), "{who} and {limits}");
    }
    let promise = json!([{"within": "PT8H", "set_by": "sales/x"}]);
    let plan = json!({"recipients": {"department:sales": {"answer": promise}}, "accountable": "role:sales/head"});
    let world = check(plan, &[("11-23 09:00 p.worker submit", "t1 answer of s.desk")]);
    for (who, of_case, of_task) in [
        ("p.worker", true, true),
        ("s.head", true, true),
        ("s.desk", false, true),
        ("s.agent", false, false),
        ("admin", false, false),
        ("anonymous", false, false),
    ] {
        let found = [None, Some(world.task(1))].map(|task| may_show(world.case(), &requester(who), task));
        assert_eq!(found, [of_case, of_task], "{who}");
    }
}
