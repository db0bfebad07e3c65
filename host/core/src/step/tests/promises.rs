//! Promises of one name: when all of them are kept, and what it takes to know.

use std::cell::Cell;

use serde_json::{Value, json};

use super::{SUBMIT, escalating, goal, goals};
use crate::case::{Case, Delivery, Goal, Task};
use crate::command::Command;
use crate::fixture::{World, check, check_in, requester};
use crate::ids::{CaseId, DeliveryNumber, GoalNumber, TaskNumber};
use crate::names::PersonId;
use crate::step::{Context, Share, step};
use crate::workspace::{MemoryRows, RowError, Rows, Workspace};

fn promise(within: &str) -> Value {
    json!([{"within": within, "set_by": "sales/x"}])
}

/// Sales is to answer within a day, and to `reply` within eight hours; when that is breached, legal is to answer too.
fn asked_again(within: &str) -> World {
    let mut plan = goals(&[
        goal("reply", json!({})),
        goal("then", json!({"starts": "met:answer", "within": "PT99H"})),
        goal("until", json!({"stops": "met:answer", "within": "PT99H"})),
    ]);
    plan["recipients"] = json!({"department:sales": {"answer": promise("PT48H")}});
    escalating(plan, &[("reply", json!({"notify": {"role:legal/head": {"answer": promise(within)}}}))])
}

#[test]
fn what_is_no_longer_needed_is_waited_for_no_longer() {
    let asked = [SUBMIT, ("11-23 17:00 tick", "g2 reply breached; g5 answer running of l.head; then pending")];
    let answer = "s.desk answer 1 yes";
    // The last open promise of the name is cancelled after the other was kept, and the other way round.
    let world = check_in(asked_again("PT9H"), &asked);
    check_in(
        world.clone(),
        &[
            (&format!("11-23 18:00 {answer}"), "g1 answer met; then pending; until running"),
            ("11-23 19:00 s.head meet reply", "g5 answer cancelled; then running; until met"),
        ],
    );
    check_in(
        world.clone(),
        &[
            ("11-23 18:00 s.head meet reply", "g5 answer cancelled; then pending"),
            (&format!("11-23 19:00 {answer}"), "then running; until met"),
        ],
    );
    // Both are kept.
    check_in(
        world,
        &[
            ("11-23 18:00 l.head answer 2 no", "g5 answer met; then pending"),
            (&format!("11-23 19:00 {answer}"), "then running; until met"),
        ],
    );
    // What was breached, and follows from what is kept by now, is not waited for either.
    let world = check_in(asked_again("PT1H"), &asked);
    check_in(
        world,
        &[
            ("11-23 18:00 tick", "g5 answer breached; then pending"),
            (&format!("11-23 19:00 {answer}"), "g1 answer met; then pending"),
            ("11-23 20:00 s.head meet reply", "g5 answer breached of; then running; until met; !t2"),
        ],
    );
}

#[test]
fn nobody_is_pressed_for_what_is_kept_or_not_needed() {
    // Both answers are due at once, so that their breach is one; one is given late, the other needed no longer.
    let asked = [SUBMIT, ("11-23 17:00 tick", "g2 reply breached; g5 answer running of l.head")];
    let breached = ("11-25 09:00 tick", "g1 answer breached; g5 answer breached; g6 answer running");
    let (met, answered) = ("s.head meet reply", "s.desk answer 1 yes");
    for (first, second) in [(met, answered), (answered, met)] {
        let world = check_in(check_in(asked_again("PT40H"), &asked), &[breached]);
        let (first, second) = (format!("11-25 10:00 {first}"), format!("11-25 11:00 {second}"));
        check_in(world, &[(&first, "g6 answer running"), (&second, "g6 answer cancelled")]);
    }
}

#[test]
fn what_was_promised_in_a_version_that_was_returned_is_not_waited_for() {
    let mut plan = goals(&[
        goal("reply", json!({"starts": "submitted", "within": "PT1H"})),
        goal("then", json!({"starts": "met:late", "within": "PT99H"})),
    ]);
    plan["stages"] = json!([{"name": "check", "approvers": ["role:production/head"], "set_by": "production/x"}]);
    let late = json!({"goals": [goal("late", json!({"within": "PT1H"}))]});
    let world = check_in(
        escalating(plan, &[("reply", late)]),
        &[
            ("11-23 09:00 p.worker submit", "case awaiting-approval"),
            ("11-23 10:00 tick", "late running"),
            ("11-23 11:00 tick", "late breached"),
            ("11-23 12:00 p.head return 1 say why", "case returned"),
        ],
    );
    let unkept = world.case().promises.values().map(|promises| promises.unkept);
    assert_eq!(unkept.sum::<u32>(), 0, "{:?}", world.case().promises);
}

#[test]
fn what_was_kept_and_is_promised_again_is_to_be_kept_again() {
    let plan =
        goals(&[goal("a", json!({"stops": "resolved"})), goal("then", json!({"starts": "met:a", "within": "PT99H"}))]);
    let next = json!({"goals": [goal("late", json!({"starts": "met:a"}))]});
    check_in(
        escalating(plan, &[("then", next)]),
        &[
            SUBMIT,
            ("11-23 10:00 s.agent resolve", "a met; then running"),
            ("11-23 11:00 p.worker reopen", "a running of s.head due 11-23 19:00; then running"),
            // Set while it is to be kept again, this waits.
            ("11-27 13:00 tick", "then breached; late pending"),
            ("11-27 14:00 s.head meet a", "a breached kept late; late running"),
        ],
    );
}

#[test]
fn whoever_promises_several_things_hears_of_them_once() {
    let own = |name: &str| goal(name, json!({"owner": "role:legal/reviewer"}));
    let world = check(goals(&[own("a"), own("b"), own("c")]), &[SUBMIT]);
    let told: Vec<_> = world.rows.deliveries.values().map(|delivery| delivery.to.clone()).collect();
    assert_eq!(told.len(), 3, "each of the reviewers once: {told:?}");
}

/// Rows that count how many goals are read.
struct Counting<'a> {
    rows: &'a MemoryRows,
    goals: Cell<usize>,
}

impl Rows for Counting<'_> {
    fn case(&self, case: CaseId) -> Result<Option<Case>, RowError> {
        self.rows.case(case)
    }

    fn task(&self, case: CaseId, number: TaskNumber) -> Result<Option<Task>, RowError> {
        self.rows.task(case, number)
    }

    fn goal(&self, case: CaseId, number: GoalNumber) -> Result<Option<Goal>, RowError> {
        self.goals.set(self.goals.get() + 1);
        self.rows.goal(case, number)
    }

    fn delivery(&self, case: CaseId, number: DeliveryNumber) -> Result<Option<Delivery>, RowError> {
        self.rows.delivery(case, number)
    }

    fn participates(&self, person: &PersonId, case: CaseId) -> Result<bool, RowError> {
        self.rows.participates(person, case)
    }

    fn last_number(&self, series: &str) -> Result<u32, RowError> {
        self.rows.last_number(series)
    }
}

#[test]
fn an_acknowledgement_looks_at_no_other_persons() {
    let mut plan = goals(&[goal("then", json!({"starts": "met:acknowledge"}))]);
    plan["recipients"] = json!({"everyone": {"acknowledge": promise("PT8H")}});
    let mut world = World::new(plan);
    let colleague = world.organisation.people["s.agent"].clone();
    let crowd = (0..100).map(|n| (format!("x{n:02}").parse().unwrap(), colleague.clone()));
    world.organisation.people.extend(crowd);
    let mut world = check_in(world, &[SUBMIT]);
    let tasks: Vec<_> = world.rows.tasks.values().map(|task| (task.number, task.holders[0].clone())).collect();
    // From the middle on, so that those before and behind are unkept, or kept, for a long way.
    let half = tasks.len() / 2;
    for (number, person) in tasks.iter().skip(half).chain(tasks.iter().take(half)) {
        let requester = requester(person.as_str());
        let rows = Counting { rows: &world.rows, goals: Cell::new(0) };
        let mut workspace = Workspace::open(&rows, world.id).unwrap();
        let context = Context {
            now: world.now,
            received_at: world.now,
            organisation: &world.organisation,
            requester: &requester,
            expected_version: None,
            share: Share::WHOLE,
        };
        step(&mut workspace, &Command::Acknowledge { task: *number }, &context).unwrap();
        // Its own, and in the end what waits for all of them.
        assert!(rows.goals.get() <= 2, "{} goals were read for {number}", rows.goals.get());
        world.run(person.as_str(), &Command::Acknowledge { task: *number }).unwrap();
    }
    check_in(world, &[("11-23 09:30 host due 1", "then running")]);
}

#[test]
fn what_is_declined_is_due_at_once() {
    let told = json!({"notify": {"role:legal/head": {}}});
    let world = || {
        let mut plan = goals(&[goal("reply", json!({"warn_before": "PT1H"}))]);
        plan["recipients"] = json!({"department:sales": {"answer": promise("PT48H"), "acknowledge": promise("PT4H")}});
        escalating(plan, &[("reply", told.clone()), ("answer", told.clone())])
    };
    // A goal, by whose promise it is; the timer does the rest.
    let world_after = check_in(
        world(),
        &[
            SUBMIT,
            ("11-23 09:10 p.worker decline reply no", "refused: person:p.worker may not `decline` this"),
            ("11-23 09:10 s.head decline reply", "refused: `/reason`"),
            (
                "11-23 09:10 s.head decline reply the line is gone",
                "reply running of s.head due 11-23 09:10; decline to p.worker",
            ),
            ("11-23 09:10 tick", "reply breached; escalation to l.head"),
            ("11-23 09:11 s.head decline reply twice", "refused: goal `reply` is not an answer"),
            // Whoever thinks better of it keeps it, late.
            ("11-23 09:12 s.head meet reply", "reply breached kept late"),
        ],
    );
    let goal = world_after.rows.goals.values().find(|goal| goal.name.to_string() == "reply").unwrap();
    assert_eq!(goal.declined.as_deref(), Some("the line is gone"));
    // What a task asks, by its holder; a pause is over.
    check_in(
        world(),
        &[
            SUBMIT,
            ("11-23 09:10 s.desk pause answer", "answer paused"),
            ("11-23 09:20 s.desk decline 1 no", "refused: the task asks to `acknowledge`, not to `decline`"),
            ("11-23 09:20 s.desk decline 2 cannot be done", "answer running of s.desk due 11-23 09:20"),
            ("11-23 09:20 tick", "answer breached; escalation to l.head; t2 answer"),
            ("11-23 09:30 s.desk decline 2 cannot be done", "refused: goal `answer` is not an answer"),
            ("11-23 09:40 s.desk answer 2 it can", "!t2; answer breached kept late"),
        ],
    );
}
