//! Escalations that do not arrive, that come late, and that nobody acts on.

use serde_json::{Value, json};

use super::{SUBMIT, escalating, goal, goals};
use crate::fixture::{check, check_in};

fn promise(within: &str) -> Value {
    json!([{"within": within, "set_by": "sales/x"}])
}

#[test]
fn an_escalation_that_dies_on_its_way_goes_to_the_catch_all() {
    let by_phone = json!({"notify": {"person:gm": {"by": ["phone"], "acknowledge": promise("PT1H")}}});
    let world = escalating(goals(&[goal("a", json!({}))]), &[("a", by_phone)]);
    let breached = [SUBMIT, ("11-23 17:00 tick", "d2 escalation to gm by phone pending; flags []; !to duty")];
    let world = check_in(world, &breached);
    check_in(
        world.clone(),
        &[
            ("11-23 17:10 host failed 2", "flags []; !to duty"),
            ("11-23 17:20 host dead 2", "flags [escalation-fallback]; d3 escalation to duty by inbox delivered"),
            ("11-23 17:30 host dead 2", "events: .; !d4"),
            // Tried again, it may die again.
            ("11-23 17:40 admin replay 2", "d2 escalation to gm by phone pending"),
            ("11-23 17:50 host dead 2", "d4 escalation to duty"),
        ],
    );
    // What was kept meanwhile needs nobody any more, and neither does what followed from it.
    check_in(world.clone(), &[("11-23 17:10 s.head meet a", ""), ("11-23 17:20 host dead 2", "flags []; !to duty")]);
    let chain = [
        ("a", json!({"goals": [goal("b", json!({}))]})),
        ("b", json!({"notify": {"person:gm": {"by": ["phone"], "acknowledge": promise("PT1H")}}})),
    ];
    let followed = escalating(goals(&[goal("a", json!({}))]), &chain);
    let steps = [
        SUBMIT,
        ("11-24 01:00 tick", "b breached; d3 escalation to gm by phone pending"),
        ("11-24 01:10 s.head meet a", "b breached of"),
        ("11-24 01:20 host dead 3", "flags []; !to duty"),
    ];
    check_in(followed, &steps);
    // A message that dies is no escalation; with nobody in the house the dead letter stands.
    let told = json!({"recipients": {"person:gm": {"by": ["phone"]}}, "goals": [goal("a", json!({}))]});
    check(told, &[SUBMIT, ("11-23 09:10 host dead 1", "flags []; !to duty")]);
    let mut empty = world;
    for person in empty.organisation.people.values_mut() {
        person.active = false;
    }
    check_in(
        empty,
        &[("11-23 17:20 host dead 2", "flags [escalation-fallback]; d2 escalation to gm by phone dead; !d3")],
    );
}

#[test]
fn what_is_kept_after_its_deadline_is_late_before_the_host_says_so() {
    let answer =
        json!({"recipients": {"department:sales": {"answer": promise("PT24H")}}, "accountable": "role:sales/head"});
    check(answer.clone(), &[SUBMIT, ("11-24 09:00 s.desk answer 1 in time", "g1 answer met")]);
    check(
        answer,
        &[
            SUBMIT,
            (
                "11-24 09:01 s.desk answer 1 sorry",
                "events: task-done goals-breached goal-met told.; g1 answer breached kept late",
            ),
            // The timer was on its way.
            ("11-24 09:02 host due 1", "events: ."),
        ],
    );
    let clock = goals(&[goal("a", json!({"stops": "resolved"})), goal("b", json!({"starts": "met:a"}))]);
    check(
        clock,
        &[
            SUBMIT,
            ("11-23 17:01 s.head pause a", "refused: goal `a` is not running within its deadline"),
            ("11-23 17:02 s.agent resolve", "a breached kept late; b running"),
        ],
    );
    check(goals(&[goal("a", json!({}))]), &[SUBMIT, ("11-23 17:00 s.head pause a", "a paused")]);
    // One that repeats is late once, and goes on in its rhythm.
    let daily = goals(&[goal("a", json!({"within": "PT24H", "repeats": true}))]);
    check(
        daily,
        &[
            SUBMIT,
            (
                "11-24 10:00 s.head meet a",
                "events: goals-breached goal-met goal-started.; a running of s.head due 11-25 09:00",
            ),
        ],
    );
    let staged = json!({"stages": [
        {"name": "check", "approvers": ["role:production/head"], "within": "PT1H", "set_by": "production/x"},
    ]});
    check(staged, &[SUBMIT, ("11-23 10:01 p.head approve 1", "stage:check breached kept late; stage check approved")]);
}

#[test]
fn a_goal_whose_start_is_past_runs_at_once() {
    let mut plan = goals(&[
        goal("after", json!({"starts": "met:stage:legal"})),
        goal("until", json!({"stops": "met:stage:legal"})),
        goal("never", json!({"starts": "met:stage:lead"})),
    ]);
    plan["stages"] = json!([
        {"name": "legal", "approvers": ["role:legal/head"], "within": "PT8H", "phase": "legal", "set_by": "production/x"},
        {"name": "lead", "approvers": ["role:production/head"], "phase": "channel", "set_by": "production/x"},
    ]);
    check(
        plan.clone(),
        &[
            SUBMIT,
            ("11-23 10:00 l.head approve 1", "stage:legal met; stage lead running; !after"),
            // Counted from the opening, where it is set; what had ended by then is not set at all.
            (
                "11-23 12:00 p.head approve 2",
                "case open; after running of s.head due 11-23 20:00; !until; never pending",
            ),
        ],
    );
    // What was approved in an earlier version was not approved in this one.
    let world = check(
        plan,
        &[
            SUBMIT,
            ("11-23 10:00 l.head approve 1", "stage:legal met"),
            ("11-23 11:00 p.head return 2 unclear", "case returned"),
        ],
    );
    let mut world = world;
    world.plan.stages.clear();
    check_in(world, &[("11-23 12:00 p.worker resubmit", "case open; after pending; until running")]);
}

#[test]
fn what_follows_a_breach_in_a_resolved_case_runs_at_once() {
    let made = json!({"goals": [
        goal("minutes", json!({"starts": "resolved"})), goal("mend", json!({"stops": "resolved"})),
        goal("thank", json!({"starts": "closed"})),
    ]});
    let world = escalating(goals(&[goal("a", json!({}))]), &[("a", made)]);
    // From the deadline, where the case was resolved by then.
    check_in(
        world.clone(),
        &[
            SUBMIT,
            ("11-23 10:00 s.agent resolve", ""),
            ("11-23 20:00 wake", "a breached; minutes running of s.head due 11-24 01:00; !mend; thank pending"),
        ],
    );
    // The host fires late: from the resolution.
    check_in(
        world.clone(),
        &[
            SUBMIT,
            ("11-23 18:00 s.agent resolve", "a running"),
            ("11-23 20:00 wake", "minutes running of s.head due 11-24 02:00"),
        ],
    );
    // What was reopened is not resolved.
    check_in(
        world,
        &[
            SUBMIT,
            ("11-23 10:00 s.agent resolve", ""),
            ("11-23 11:00 s.agent reopen", ""),
            ("11-23 17:00 tick", "minutes pending; mend running"),
        ],
    );
}

#[test]
fn an_escalation_that_asks_nothing_is_looked_at_again() {
    let told = |to: Value| json!({"notify": to});
    let short = goals(&[goal("a", json!({}))]);
    check_in(
        escalating(short.clone(), &[("a", told(json!({"person:gm": {}, "contact:acme": {}})))]),
        &[
            SUBMIT,
            // A day later, because the goal's own eight hours are less.
            ("11-23 17:00 tick", "escalation to gm by inbox; g2 a running of gm due 11-24 17:00; !g3; flags []"),
            ("11-24 17:00 tick", "g2 a breached; g3 a running of gm due 11-25 17:00; !g4"),
            // Reminders that the host slept through are not made up for.
            ("11-28 18:00 wake", "g3 a breached; g4 a running of gm due 11-29 17:00; !g5"),
            ("11-28 19:00 s.head meet a", "g1 a breached kept late; g4 a cancelled"),
            ("11-30 19:00 tick", "events: ."),
        ],
    );
    // Its own span later, where that is longer. A contact looks at nothing; the accountable person does.
    check_in(
        escalating(
            goals(&[goal("a", json!({"within": {"working_days": 2}}))]),
            &[("a", told(json!({"contact:acme": {}})))],
        ),
        &[SUBMIT, ("11-25 18:00 tick", "g2 a running of s.agent due 11-27 18:00")],
    );
    // Who is made accountable is told once; after that the house goes on.
    check_in(
        escalating(short.clone(), &[("a", json!({"assign": "role:organisation/general-manager"}))]),
        &[
            SUBMIT,
            ("11-23 17:00 tick", "accountable gm; escalation to gm; g2 a running of gm due 11-24 17:00; !duty"),
            ("11-24 17:00 tick", "escalation to duty; g3 a running of duty due 11-25 17:00; !g4"),
            ("11-24 18:00 duty meet a", "g3 a met; g1 a breached of"),
            ("11-24 19:00 gm meet a", "g1 a breached kept late"),
        ],
    );
    // What a policy asks or sets is looked at instead, and one that repeats anyway; what it sets in vain is not.
    let asks = told(json!({"person:gm": {"acknowledge": promise("PT1H")}}));
    check_in(escalating(short.clone(), &[("a", asks)]), &[SUBMIT, ("11-23 17:00 tick", "g2 acknowledge running; !g3")]);
    let daily = goals(&[goal("a", json!({"repeats": true}))]);
    check_in(
        escalating(daily, &[("a", told(json!({"person:gm": {}})))]),
        &[SUBMIT, ("11-23 17:00 tick", "g1 a running; escalation to gm; !g2")],
    );
    let vain = json!({"goals": [goal("b", json!({"stops": "opened"}))]});
    check_in(
        escalating(short, &[("a", vain)]),
        &[SUBMIT, ("11-23 17:00 tick", "escalation to duty; g2 a running of duty")],
    );
    // Several that are breached at once are looked at together, until the last is kept.
    let to =
        json!({"person:l.lou": {"acknowledge": promise("PT8H")}, "person:s.desk": {"acknowledge": promise("PT8H")}});
    check_in(
        escalating(json!({"recipients": to}), &[("acknowledge", told(json!({"person:gm": {}})))]),
        &[
            SUBMIT,
            ("11-23 17:00 tick", "g3 acknowledge running of gm due 11-24 17:00; !g4"),
            ("11-23 18:00 l.lou acknowledge 1", "g3 acknowledge running"),
            ("11-23 19:00 s.desk acknowledge 2", "g3 acknowledge cancelled; case closed"),
        ],
    );
}
