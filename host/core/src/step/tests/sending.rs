//! What a case does when it is sent, besides reaching people: numbers, questions, reminders; and that it may be refused.

use serde_json::{Value, json};

use super::{SUBMIT, goal, goals};
use crate::case::Status;
use crate::fixture::{World, check, check_in, merged};
use crate::step::Share;

fn of_kind(kind: &str, plan: Value) -> World {
    let mut world = World::new(plan);
    world.message.kind = kind.parse().unwrap();
    world
}

fn promises(promises: Value) -> Value {
    json!({"recipients": {"role:sales/agent": promises}, "accountable": "role:sales/head"})
}

#[test]
fn documents_are_numbered_when_they_are_sent() {
    let stage = json!({"name": "check", "approvers": ["role:production/head"], "set_by": "production/x"});
    let plan = json!({"recipients": {"department:sales": {}}, "stages": [stage]});
    let rejected =
        check_in(of_kind("decree", plan.clone()), &[SUBMIT, ("11-23 09:10 p.head reject 1 no", "!numbered")]);
    assert_eq!((rejected.rows.numbers.len(), &rejected.case().document_number), (0, &None));

    let first = check_in(of_kind("decree", plan.clone()), &[SUBMIT, ("11-23 09:10 p.head approve 1", "numbered")]);
    assert_eq!(first.case().document_number.as_deref(), Some("生产部〔2026〕1号"));
    // The next document of the series, in the same store; a case that opens again keeps its number.
    let mut second = of_kind("decree", plan.clone());
    second.rows.numbers = first.rows.numbers.clone();
    let steps = [
        SUBMIT,
        ("11-23 09:10 p.head approve 1", "case closed"),
        ("11-23 09:20 p.worker reopen look again", "case open; !numbered"),
    ];
    let second = check_in(second, &steps);
    assert_eq!(second.case().document_number.as_deref(), Some("生产部〔2026〕2号"));
    // The year is that of the department's calendar, and a year is a series of its own.
    let mut later = of_kind("decree", json!({"recipients": {"department:sales": {}}}));
    later.rows.numbers = second.rows.numbers.clone();
    later.now = "2026-12-31T16:00:00Z".parse().unwrap();
    let submit = later.submit_command();
    later.run("p.worker", &submit).unwrap();
    assert_eq!(later.case().document_number.as_deref(), Some("生产部〔2027〕1号"));
    assert_eq!(later.rows.numbers.len(), 2);
}

#[test]
fn partitions_never_give_the_same_number() {
    for of in 1..5 {
        let mut given = Vec::new();
        for index in 0..of {
            let mut last = 0;
            for _ in 0..4 {
                last = Share { index, of }.next_number(last);
                given.push(last);
            }
        }
        given.sort_unstable();
        assert_eq!(given, (1..=4 * of).collect::<Vec<_>>(), "{of} partitions");
    }
    // One that was alone, and is one of three now, goes on behind what it gave.
    assert_eq!([0, 1, 2].map(|index| Share { index, of: 3 }.next_number(7)), [10, 8, 9]);
}

#[test]
fn every_question_is_a_task_of_its_own() {
    let set_by = "sales/x";
    let answer = json!([
        {"within": "PT8H", "set_by": set_by},
        {"within": "PT2H", "about": "which line?", "set_by": set_by},
        {"within": "PT4H", "about": "which line?", "set_by": set_by},
        {"within": "PT3H", "about": "since when?", "set_by": set_by},
    ]);
    let world = check(
        promises(json!({"answer": answer})),
        &[
            (
                "11-23 09:00 p.worker submit",
                "t1 answer of s.agent+s.desk due 11-23 17:00; t2 answer of s.agent+s.desk due 11-23 12:00; \
                 t3 answer of s.agent+s.desk due 11-23 11:00; !t4",
            ),
            ("11-23 09:10 s.agent answer 3 the second", "answer to p.worker; g3 answer met; g1 answer running"),
            ("11-23 09:20 s.head resolve done anyway", "case resolved; resolution to p.worker"),
        ],
    );
    let notes: Vec<_> = [1, 2, 3].map(|number| world.task(number).note.clone()).into();
    assert_eq!(notes, [None, Some("since when?".to_owned()), Some("which line?".to_owned())]);
}

#[test]
fn whoever_has_not_kept_a_promise_is_reminded_before_it_is_due() {
    let set_by = "sales/x";
    let promise = |within: &str| json!([{"within": within, "remind_before": "PT2H", "set_by": set_by}]);
    check(
        promises(json!({"acknowledge": promise("PT8H"), "report": promise("PT72H")})),
        &[
            ("11-23 09:00 p.worker submit", "g1 acknowledge running of s.agent due 11-23 17:00 warn 11-23 15:00"),
            ("11-23 10:00 s.agent acknowledge 1", ""),
            ("11-23 15:00 tick", "warning to s.desk; !warning to s.agent"),
            // A report is asked again and again, and so is its reminder.
            ("11-24 09:00 s.desk report 3 half", "report running of s.agent+s.desk due 11-29 09:00 warn 11-29 07:00"),
        ],
    );
    // One that would come before the beginning is none.
    check(
        promises(json!({"acknowledge": promise("PT1H")})),
        &[("11-23 09:00 p.worker submit", "g1 acknowledge running of s.agent due 11-23 10:00.")],
    );
}

#[test]
fn a_message_that_policies_refuse_reaches_nobody() {
    let refused = json!({"bundle": "organisation/notice", "reason": "only administration publishes to everyone"});
    let plan = json!({
        "recipients": {"everyone": {}}, "refused": refused, "goals": [goal("a", json!({"starts": "submitted"}))],
        "stages": [{"name": "check", "approvers": ["role:production/head"], "set_by": "production/x"}],
    });
    let world = check(
        plan.clone(),
        &[
            (
                "11-23 09:00 p.worker submit",
                "case rejected; events: submitted decided rejected told.; d1 verdict to p.worker",
            ),
            ("11-23 09:10 p.worker resubmit", "refused: a case that is `rejected` does not take `resubmit`"),
        ],
    );
    assert_eq!((world.case().made.tasks, world.case().made.goals, world.case().made.deliveries), (0, 0, 1));
    // What failed is released first; who released it is not the sender, who is told.
    let mut held = World::new(plan);
    held.held_by = Some("sales/x");
    let mut held = check_in(held, &[("11-23 09:00 p.worker submit", "case held")]);
    held.held_by = None;
    check_in(held, &[("11-23 09:10 admin release", "case rejected; verdict to p.worker")]);
}

#[test]
fn an_opinion_never_ends_unanswered() {
    // Whether policies ask nobody, or somebody.
    let asks = merged(promises(json!({"answer": [{"within": "PT2H", "set_by": "sales/x"}]})), json!({}));
    for (plan, task) in [
        (promises(json!({})), "t1 answer of s.head due 11-24 10:00"),
        (asks, "t1 answer of s.agent+s.desk due 11-23 11:00"),
    ] {
        let who = if task.contains("s.head") { "s.head" } else { "s.desk" };
        let answer = format!("11-23 10:10 {who} answer 1 thank you");
        let world = check_in(
            of_kind("opinion", plan),
            &[
                ("11-23 09:00 p.worker submit", task),
                ("11-23 10:00 s.head resolve not needed", "refused: somebody has to answer it first"),
                (&answer, "answer to p.worker"),
                ("11-23 10:20 s.head resolve", "case resolved; resolution to p.worker"),
            ],
        );
        assert_eq!(world.case().status, Status::Resolved);
    }
    // What nobody answers escalates as everything does.
    check_in(
        of_kind("opinion", promises(json!({}))),
        &[SUBMIT, ("11-24 10:00 tick", "g1 answer breached; escalation to")],
    );
}

#[test]
fn only_an_answer_to_the_message_is_the_answer() {
    let law = json!([{"within": "PT2H", "about": "the law", "set_by": "legal/x"}]);
    let mut plan = promises(json!({}));
    plan["recipients"]["role:legal/head"] = json!({"answer": law});
    check_in(
        of_kind("opinion", plan),
        &[
            ("11-23 09:00 p.worker submit", "t1 answer of l.head; t2 answer of s.head due 11-24 10:00"),
            ("11-23 09:10 l.head answer 1 it may be done", ""),
            ("11-23 09:20 s.head resolve done", "refused: somebody has to answer it first"),
            ("11-23 09:30 s.head answer 2 it is done", ""),
            ("11-23 09:40 s.head resolve", "case resolved"),
        ],
    );
    // Whoever is outside has no task: who is accountable answers.
    let mut plan = promises(json!({}));
    plan["recipients"] =
        json!({"contact:acme": {"by": ["partner"], "answer": [{"within": "PT2H", "set_by": "sales/x"}]}});
    check_in(of_kind("opinion", plan), &[("11-23 09:00 p.worker submit", "t1 answer of s.head due 11-24 10:00; !t2")]);
    // Nor is what an escalation asked before the case opened.
    let mut plan = goals(&[goal("approved", json!({"starts": "submitted", "within": "PT1H"}))]);
    plan["accountable"] = json!("role:sales/head");
    plan["stages"] = json!([{"name": "check", "approvers": ["role:production/head"], "set_by": "production/x"}]);
    let mut world = of_kind("opinion", plan);
    let asks = json!({"notify": {"role:legal/head": {"answer": [{"within": "PT9H", "set_by": "sales/x"}]}}});
    world.escalations.insert("approved".to_owned(), serde_json::from_value(asks).unwrap());
    check_in(
        world,
        &[
            ("11-23 09:00 p.worker submit", "case awaiting-approval"),
            ("11-23 10:00 tick", "t2 answer of l.head"),
            ("11-23 10:30 l.head answer 2 on it", ""),
            ("11-23 11:00 p.head approve 1", "case open; t3 answer of s.head"),
            ("11-23 11:10 s.head resolve done", "refused: somebody has to answer it first"),
            ("11-23 11:20 s.head answer 3 it is done", ""),
            ("11-23 11:30 s.head resolve", "case resolved"),
        ],
    );
}

#[test]
fn what_a_kind_demands_later_is_not_asked_of_open_cases() {
    let mut later = check(merged(goals(&[goal("a", json!({}))]), json!({"accountable": "role:sales/head"})), &[SUBMIT]);
    later.organisation.kinds.get_mut("notice").unwrap().answer_within =
        later.organisation.kinds["opinion"].answer_within;
    check_in(later, &[("11-23 10:00 s.head resolve", "case resolved")]);
    // Nor is a case freed by it.
    let mut freed = check_in(of_kind("opinion", promises(json!({}))), &[SUBMIT]);
    freed.organisation.kinds.get_mut("opinion").unwrap().answer_within = None;
    check_in(freed, &[("11-23 10:00 s.head resolve done", "refused: somebody has to answer it first")]);
}

#[test]
fn whoever_is_accountable_next_answers() {
    let hand_over = "11-23 10:00 s.head hand-over person:s.desk";
    check_in(
        of_kind("opinion", promises(json!({}))),
        &[
            SUBMIT,
            (hand_over, "t1 answer of s.desk due 11-24 10:00; g1 answer running of s.desk due"),
            ("11-23 10:10 s.head answer 1 no", "refused"),
            ("11-23 10:20 s.desk answer 1 yes", "g1 answer met"),
        ],
    );
    // Whom they shared it with keeps it; whom they gave it to has it alone.
    for (pass, holders) in [("delegate", "t1 answer of s.agent+s.desk"), ("transfer", "t1 answer of s.agent due")] {
        let pass = format!("11-23 09:30 s.head {pass} 1 person:s.agent");
        check_in(of_kind("opinion", promises(json!({}))), &[SUBMIT, (&pass, ""), (hand_over, holders)]);
    }
    // What a policy asked of them is theirs.
    let mut plan = promises(json!({}));
    plan["recipients"]["person:s.head"] = json!({"answer": [{"within": "PT2H", "set_by": "sales/x"}]});
    check_in(
        of_kind("opinion", plan),
        &[SUBMIT, (hand_over, "t1 answer of s.head due 11-23 11:00; accountable s.desk")],
    );
}

#[test]
fn what_several_have_to_do_is_met_when_all_have() {
    let set_by = "sales/x";
    let mut plan = goals(&[goal("effective", json!({"starts": "met:acknowledge"}))]);
    plan["recipients"] = json!({"role:legal/reviewer": {"acknowledge": [{"within": "PT8H", "set_by": set_by}]}});
    check(
        plan,
        &[
            ("11-23 09:00 p.worker submit", "effective pending"),
            ("11-23 10:00 l.lou acknowledge 1", "effective pending"),
            ("11-23 11:00 l.lun acknowledge 2", "effective pending"),
            // Late is kept as well, and what an escalation set beside it is no promise of theirs.
            ("11-23 18:00 tick", "g3 acknowledge breached; effective pending"),
            ("11-23 19:00 l.luo acknowledge 3", "effective running of s.head due 11-24 03:00; promise to s.head"),
        ],
    );
}

#[test]
fn who_stands_above_a_head_is_asked_in_their_place() {
    let mut world = World::new(json!({"stages": [
        {"name": "check", "approvers": ["role:production/head"], "set_by": "production/x"},
    ]}));
    world.organisation.departments.get_mut("production").unwrap().leader = Some("l.head".parse().unwrap());
    world.message.sender = crate::fixture::requester("p.head").actor;
    check_in(world, &[("11-23 09:00 p.head submit", "t1 approve of l.head")]);
}

#[test]
fn whoever_promises_something_takes_part() {
    let own = |name: &str, owner: &str, edit: Value| goal(name, merged(json!({"owner": owner}), edit));
    let mut plan = goals(&[
        own("solve", "person:s.desk", json!({})),
        own("law", "role:legal/head", json!({})),
        own("thank", "role:sales/head", json!({"starts": "met:law"})),
    ]);
    plan["recipients"] = json!({"department:sales": {}});
    check(
        plan,
        &[
            // Whoever is sent the message hears of it anyway, and of what waits there is nothing to say yet.
            ("11-23 09:00 p.worker submit", "promise to l.head by inbox; !promise to s.desk; !promise to s.head"),
            ("11-23 10:00 l.head meet law", "thank running of s.head due 11-23 18:00; promise to s.head by inbox"),
        ],
    );
}

#[test]
fn of_a_stage_those_are_awaited_whose_voice_is_missing() {
    let approvers = ["role:legal/head", "role:sales/agent"];
    let stage =
        json!({"name": "law", "approvers": approvers, "mode": "all", "within": "PT8H", "set_by": "production/x"});
    let awaited = |world: &World| {
        let awaited = world.case().awaited(world.goal(1));
        awaited.into_iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let world = check(json!({"stages": [stage]}), &[SUBMIT]);
    assert_eq!(awaited(&world), ["l.head", "s.agent", "s.desk"]);
    let world = check_in(world, &[("11-23 09:10 l.head approve 1", "stage law running")]);
    assert_eq!(awaited(&world), ["s.agent", "s.desk"]);
}
