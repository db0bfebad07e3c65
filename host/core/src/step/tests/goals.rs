//! Goals: what starts, stops, pauses and repeats them, and what follows when they are breached.

use serde_json::{Value, json};

use super::{SUBMIT, escalating, goal, goals};
use crate::fixture::{World, check, check_in};

#[test]
fn what_starts_a_goal() {
    let approved = |starts: &str| {
        let mut plan = goals(&[goal("a", json!({"starts": starts})), goal("b", json!({}))]);
        plan["stages"] = json!([{"name": "check", "approvers": ["role:production/head"], "set_by": "production/x"}]);
        plan
    };
    let steps = |seen: [&'static str; 5]| {
        [
            ("11-23 09:00 p.worker submit", seen[0]),
            ("11-23 10:00 p.head approve 1", seen[1]),
            ("11-23 11:00 s.head meet b", seen[2]),
            ("11-23 12:00 s.agent resolve", seen[3]),
            ("11-23 13:00 p.worker close", seen[4]),
        ]
    };
    let running = |due: &str| format!("a running of s.head due 11-23 {due}");
    let (nine, ten, eleven, noon, one) =
        (running("17:00"), running("18:00"), running("19:00"), running("20:00"), running("21:00"));
    let leak = |text: String| -> &'static str { text.leak() };
    let (nine, ten, eleven, noon, one) = (leak(nine), leak(ten), leak(eleven), leak(noon), leak(one));
    check(approved("submitted"), &steps([nine, nine, nine, nine, "a cancelled"]));
    check(approved("opened"), &steps(["!g1", ten, ten, ten, "a cancelled"]));
    check(approved("met:b"), &steps(["!g1", "a pending", eleven, eleven, "a cancelled"]));
    check(approved("resolved"), &steps(["!g1", "a pending", "a pending", noon, "a cancelled"]));
    let world = check(approved("closed"), &steps(["!g1", "a pending", "a pending", "a pending", one]));
    check_in(world, &[("11-23 14:00 s.head meet a", "case closed; a met")]);
}

#[test]
fn what_stops_a_goal() {
    let stopped_by =
        |stops: &str| goals(&[goal("a", json!({"stops": stops, "starts": "submitted"})), goal("b", json!({}))]);
    check(stopped_by("opened"), &[("11-23 09:00 p.worker submit", "a met")]);
    check(stopped_by("met:b"), &[SUBMIT, ("11-23 10:00 s.head meet b", "b met; a met")]);
    check(stopped_by("resolved"), &[SUBMIT, ("11-23 10:00 s.agent resolve", "a met; b running")]);
    check(
        stopped_by("closed"),
        &[
            SUBMIT,
            ("11-23 10:00 s.agent resolve", "a running"),
            ("11-23 11:00 p.worker close", "a met; b cancelled; close cancelled"),
        ],
    );
    // One that never started is not kept by what would have stopped it.
    let never = goals(&[goal("a", json!({"starts": "met:b", "stops": "resolved"})), goal("b", json!({}))]);
    check(never, &[SUBMIT, ("11-23 10:00 s.agent resolve", "a cancelled; b running")]);
    // Goals may name each other.
    let ring = goals(&[goal("a", json!({"stops": "met:b"})), goal("b", json!({"stops": "met:a", "starts": "opened"}))]);
    check(ring, &[SUBMIT, ("11-23 10:00 s.head meet a", "a met; b met")]);
    // A chain as long as a plan may be is worked through.
    let link = |n: usize| goal(&format!("g{n}"), json!({"stops": format!("met:g{}", n + 1)}));
    let chain: Vec<Value> = (0..1_500).map(link).collect();
    let world = check(goals(&chain), &[SUBMIT, ("11-23 10:00 s.head meet g1499", "g0 met; g1498 met")]);
    assert_eq!(world.case().outstanding.goals, 0);
}

#[test]
fn warnings() {
    let warned = |within: Value, before: Value| goals(&[goal("a", json!({"within": within, "warn_before": before}))]);
    check(
        warned(json!("PT8H"), json!("PT2H")),
        &[
            ("11-23 09:00 p.worker submit", "due 11-23 17:00 warn 11-23 15:00"),
            ("11-23 14:59 host warn 1", "events: ."),
            ("11-23 15:00 tick", "events: goals-warned told.; d2 warning to s.head by inbox; ! warn 1"),
            ("11-23 15:00 host warn 1", "events: ."),
            ("11-23 17:00 tick", "a breached"),
        ],
    );
    // Working time: an hour of it before Tuesday 09:30 is Monday 17:30.
    check(
        warned(json!({"working_minutes": 510}), json!({"working_hours": 1})),
        &[("11-23 09:00 p.worker submit", "due 11-24 09:30 warn 11-23 17:30")],
    );
    check(
        warned(json!({"working_days": 2}), json!({"working_days": 1})),
        &[("11-27 15:00 p.worker submit", "due 12-01 18:00 warn 11-30 09:00")],
    );
    // A warning that would come before the goal starts is none; one that was met needs none.
    check(warned(json!("PT2H"), json!("PT8H")), &[("11-23 09:00 p.worker submit", "due 11-23 11:00.; ! warn 1")]);
    check(
        warned(json!("PT8H"), json!("PT2H")),
        &[SUBMIT, ("11-23 10:00 s.head meet a", ""), ("11-23 15:00 host warn 1", "events: .")],
    );
    // After a pause the warning moves with the deadline.
    check(
        warned(json!("PT8H"), json!("PT2H")),
        &[
            SUBMIT,
            ("11-23 12:00 s.head pause a", "a paused"),
            ("11-23 15:00 tick", "events: ."),
            ("11-23 16:00 s.head resume a", "due 11-23 21:00 warn 11-23 19:00"),
        ],
    );
}

#[test]
fn a_pause_keeps_what_is_left() {
    let clock = goals(&[goal("a", json!({}))]);
    check(
        clock.clone(),
        &[
            SUBMIT,
            ("11-23 10:00 p.mate pause a", "refused: person:p.mate may not `pause` this"),
            ("11-23 10:00 s.head resume a", "refused: goal `a` is not paused"),
            ("11-23 10:00 s.head pause b", "refused: there is no goal `b` in this case"),
            ("11-23 10:00 s.head pause a waits for the customer", "a paused"),
            ("11-23 11:00 s.head pause a", "refused: goal `a` is not running"),
            ("11-25 17:00 host due 1", "events: ."),
            // The accountable person may as well as the owner.
            ("11-25 11:00 s.agent resume a", "due 11-25 18:00"),
            ("11-25 12:00 s.head pause a", ""),
            ("11-25 13:00 s.head meet a", "a met"),
        ],
    );
    let working = goals(&[goal("a", json!({"within": {"working_hours": 4}}))]);
    check(
        working,
        &[
            ("11-27 17:00 p.worker submit", "due 11-30 12:00"),
            // Half an hour was used on Friday; three and a half are left on Tuesday.
            ("11-27 17:30 s.head pause a", "a paused"),
            ("12-01 09:00 s.head resume a", "due 12-01 13:30"),
        ],
    );
}

#[test]
fn a_goal_that_repeats_keeps_its_rhythm() {
    let promise = json!([{"within": "PT72H", "set_by": "sales/x"}]);
    let plan = json!({"recipients": {"department:sales": {"report": promise}}, "accountable": "role:sales/agent"});
    check(
        plan,
        &[
            ("11-23 09:00 p.worker submit", "t1 report of s.desk due 11-26 09:00"),
            // Counted from the deadline, not from when it was made.
            ("11-24 15:00 s.desk report 1 half done", "t1 report of s.desk due 11-29 09:00; g1 report running"),
            ("11-29 09:00 tick", "g1 report running of s.desk due 12-02 09:00; escalation to s.head; !g2"),
            // The host slept through two of them.
            ("12-07 10:00 wake", "g1 report running of s.desk due 12-08 09:00"),
            ("12-07 11:00 s.agent resolve", "g1 report cancelled; !t1"),
            ("12-07 12:00 s.desk report 1 late", "refused: the task is `cancelled` since"),
        ],
    );
    let own = goals(&[goal("brief", json!({"within": {"working_days": 1}, "repeats": true, "stops": "closed"}))]);
    check(
        own,
        &[
            ("11-27 10:00 p.worker submit", "brief running of s.head due 11-30 18:00"),
            ("11-27 11:00 s.head meet brief", "brief running of s.head due 12-01 18:00"),
            ("11-28 11:00 s.agent resolve", "brief running"),
            ("11-28 12:00 p.worker close", "brief cancelled"),
        ],
    );
}

#[test]
fn the_built_in_escalation_climbs_and_does_not_stop() {
    let answer = |within: Value| json!({"recipients": {"department:sales": {"answer": [{"within": within, "set_by": "sales/x"}]}}, "accountable": "role:sales/agent"});
    check(
        answer(json!("PT24H")),
        &[
            ("11-23 09:00 p.worker submit", "t1 answer of s.desk due 11-24 09:00"),
            ("11-24 08:59 host due 1", "events: ."),
            (
                "11-24 09:00 tick",
                "g1 answer breached; escalation to s.head by inbox; g2 answer running of s.head due 11-25 09:00; flags []",
            ),
            (
                "11-25 09:00 tick",
                "g2 answer breached; escalation to duty; g3 answer running of duty due 11-26 09:00; flags [escalation-fallback]",
            ),
            ("11-28 10:00 tick", "g6 answer running of duty due 11-29 09:00"),
            // Reminders that the host slept through are not made up for, and keep their hour.
            ("12-04 10:30 wake", "g7 answer running of duty due 12-05 09:00; !g8"),
            ("12-04 11:00 s.desk answer 1 sorry", "g1 answer breached kept late; g7 answer cancelled"),
            ("12-10 10:00 tick", "events: ."),
            ("12-10 10:00 host due 1 2 7", "events: ."),
        ],
    );
    // Acting on the step of an escalation ends the pressing, and keeps nothing in somebody else's name.
    let mut plan = answer(json!("PT24H"));
    plan["goals"] = json!([goal("thank", json!({"starts": "met:answer"}))]);
    check(
        plan,
        &[
            SUBMIT,
            ("11-24 09:00 tick", "g3 answer running of s.head"),
            ("11-24 10:00 s.head meet answer", "g3 answer met; g1 answer breached of; thank pending; t1 answer"),
            ("11-24 11:00 s.desk answer 1 so", "g1 answer breached kept late; thank running"),
        ],
    );
    // Without a head the catch-all is asked at once. The host fires late: the next step counts from the deadline.
    let mut world = World::new(answer(json!({"working_hours": 4})));
    world.organisation.departments.get_mut("sales").unwrap().roles.clear();
    world.plan.accountable = None;
    check_in(
        world,
        &[
            ("11-23 09:00 p.worker submit", "due 11-23 14:00"),
            ("11-23 20:00 wake", "g1 answer breached; g2 answer running of duty due 11-24 14:00"),
        ],
    );
}

#[test]
fn what_is_promised_again_after_a_breach_is_the_same_promise() {
    let plan = goals(&[goal("a", json!({})), goal("then", json!({"starts": "met:a"}))]);
    let again = json!({"goals": [goal("a", json!({"owner": "role:production/head"}))]});
    let world = || escalating(plan.clone(), &[("a", again.clone())]);
    let breached = ("11-23 17:00 tick", "g1 a breached; g3 a running of p.head; then pending");
    // Whoever keeps either has kept it: the one who took it over, or the first one, late.
    check_in(world(), &[SUBMIT, breached, ("11-23 18:00 p.head meet a", "g3 a met; then running")]);
    check_in(world(), &[SUBMIT, breached, ("11-23 18:00 s.head meet a", "g1 a breached kept late; then running")]);
}

#[test]
fn escalation_outlives_its_calendar() {
    let plan = goals(&[
        goal("a", json!({"within": {"working_days": 1}})),
        goal("b", json!({"within": {"working_days": 1}, "repeats": true, "warn_before": {"working_hours": 1}})),
    ]);
    let next = json!({"goals": [goal("next", json!({"within": {"working_hours": 3}}))]});
    let mut world = check_in(
        escalating(plan, &[("a", next)]),
        &[("11-23 09:00 p.worker submit", "g1 a running of s.head due 11-24 18:00")],
    );
    world.organisation.calendars.clear();
    world.organisation.rules.calendar = None;
    check_in(
        world,
        &[
            (
                "11-24 18:00 tick",
                "a breached; next running of s.head due 11-24 21:00; b running of s.head due 11-25 18:00",
            ),
            ("11-24 21:00 tick", "next breached"),
        ],
    );
    let mut world = World::new(goals(&[goal("a", json!({"within": {"working_days": 1}}))]));
    world.organisation.calendars.clear();
    check_in(
        world,
        &[(
            "11-23 09:00 p.worker submit",
            "refused: `a` is counted in working time, and there is no calendar; nothing",
        )],
    );
}

#[test]
fn policies_decide_what_follows_a_breach() {
    let promise = |within: &str| json!([{"within": within, "set_by": "sales/x"}]);
    let plan =
        json!({"recipients": {"department:sales": {"answer": promise("PT24H")}}, "accountable": "role:sales/head"});
    let world = escalating(
        plan.clone(),
        &[
            (
                "answer",
                json!({
                    "notify": {"role:sales/agent": {"by": ["phone", "inbox"], "acknowledge": promise("PT1H")}},
                    "goals": [goal("coordination", json!({"within": "PT24H"})), goal("minutes", json!({"starts": "resolved", "within": "PT1H"}))],
                }),
            ),
            (
                "coordination",
                json!({
                    "level": 1, "assign": "role:organisation/general-manager",
                    "goals": [goal("executive-response", json!({"within": "PT24H", "owner": "role:organisation/general-manager"}))],
                }),
            ),
            ("executive-response", json!({"notify": {"role:sales/nobody": {}}})),
        ],
    );
    let world = check_in(
        world,
        &[
            SUBMIT,
            // The host slept: the follow-up counts from the deadline that was breached.
            (
                "11-24 20:00 wake",
                "g1 answer breached; g4 coordination running of s.head due 11-25 09:00; escalation to s.agent by phone pending; \
             escalation to s.agent by inbox delivered; g5 minutes pending; t2 acknowledge of s.agent due 11-24 10:00; level 3",
            ),
        ],
    );
    let climbs = [
        (
            "11-25 09:00 tick",
            "coordination breached; level 1; accountable gm; escalation to gm; executive-response running of gm due 11-26 09:00",
        ),
        // Nobody holds the role: the department's head gets it in the end, and the case says so.
        ("11-26 09:00 tick", "executive-response breached; escalation to s.head; escalation-fallback"),
    ];
    let world = check_in(world, &climbs);
    // The answer, late, ends whatever followed: goals, and what was asked of others.
    let ended = check_in(
        world,
        &[("11-26 10:00 s.desk answer 1 sorry", "g1 answer breached kept late; minutes cancelled; !t2; case open")],
    );
    assert_eq!(ended.case().outstanding.goals, 0);
}

#[test]
fn what_was_breached_at_once_is_pressed_for_until_the_last_is_kept() {
    let promise = json!([{"within": "PT8H", "set_by": "administration/x"}]);
    let to = json!({"person:l.lou": {"acknowledge": promise}, "person:s.desk": {"acknowledge": promise}});
    check(
        json!({"recipients": to}),
        &[
            SUBMIT,
            // Each owner's own head hears of it.
            (
                "11-23 17:00 tick",
                "escalation to l.head; escalation to s.head; g3 acknowledge running of l.head+s.head due 11-24 01:00",
            ),
            ("11-23 18:00 l.lou acknowledge 1", "g1 acknowledge breached kept late; g3 acknowledge running"),
            ("11-24 02:00 tick", "g3 acknowledge breached; g4 acknowledge running of duty"),
            ("11-24 09:00 s.desk acknowledge 2", "g4 acknowledge cancelled; case closed"),
        ],
    );
}

#[test]
fn everybody_acknowledges_once_by_the_earliest_deadline() {
    let promise = |within: Value| json!([{"within": within, "set_by": "administration/x"}]);
    let plan = json!({"recipients": {
        "everyone": {"acknowledge": promise(json!({"working_days": 2}))},
        "role:sales/agent": {"acknowledge": promise(json!("PT4H")), "by": ["inbox", "phone"]},
        "person:s.desk": {"acknowledge": promise(json!("PT2H"))},
    }});
    let world = check(
        plan,
        &[(
            "11-23 09:00 p.worker submit",
            "acknowledge of s.desk due 11-23 11:00; acknowledge of s.agent due 11-23 13:00; acknowledge of gm due 11-25 18:00; \
         !acknowledge of p.worker; message to s.desk by phone pending",
        )],
    );
    let holders: std::collections::BTreeSet<_> = world.rows.tasks.values().map(|task| &task.holders).collect();
    assert_eq!((world.rows.tasks.len(), holders.len()), (12, 12));
    let told = world.rows.deliveries.values().filter(|delivery| delivery.channel.as_str() == "inbox");
    assert_eq!(told.count(), 13, "each is told once");
}

#[test]
fn the_same_people_answer_once_by_the_earliest_deadline() {
    let promise =
        |within: &str| json!([{"within": within, "set_by": "sales/x"}, {"within": "PT48H", "set_by": "legal/x"}]);
    let plan = json!({"recipients": {
        "department:sales": {"answer": promise("PT24H")}, "person:s.desk": {"answer": promise("PT4H")},
        "person:s.agent": {"answer": promise("PT9H")},
    }});
    let world = check(
        plan,
        &[("11-23 09:00 p.worker submit", "answer of s.desk due 11-23 13:00; answer of s.agent due 11-23 18:00")],
    );
    assert_eq!(world.rows.tasks.len(), 2);
    let twice = goals(&[goal("a", json!({})), goal("a", json!({"within": "PT2H", "owner": "person:s.head"}))]);
    let world = check(twice, &[("11-23 09:00 p.worker submit", "g1 a running of s.head due 11-23 11:00")]);
    assert_eq!(world.rows.goals.len(), 1);
}

#[test]
fn a_task_given_to_somebody_else_keeps_its_deadline() {
    let promise = json!([{"within": "PT24H", "set_by": "sales/x"}]);
    let plan = json!({"recipients": {"department:sales": {"answer": promise}}, "accountable": "role:sales/head"});
    let mut world = check(plan, &[("11-23 09:00 p.worker submit", "t1 answer of s.desk due 11-24 09:00")]);
    let desk = world.organisation.people.get_mut("s.desk").unwrap();
    (desk.active, desk.substitute) = (false, Some("s.agent".parse().unwrap()));
    check_in(
        world,
        &[
            (
                "11-23 20:00 host regive 1",
                "t1 answer of s.agent due 11-24 09:00; g1 answer running of s.agent due 11-24 09:00",
            ),
            ("11-23 21:00 s.agent answer 1 yes", "g1 answer met"),
        ],
    );
}

#[test]
fn a_goal_kept_by_a_task_is_not_kept_by_a_word() {
    let promise = json!([{"within": "PT24H", "set_by": "sales/x"}]);
    let plan = json!({"recipients": {"department:sales": {"answer": promise, "acknowledge": promise}}, "accountable": "role:sales/head"});
    check(
        plan,
        &[
            SUBMIT,
            ("11-23 10:00 s.desk meet answer", "refused: goal `answer` is not running, and not kept by doing a task"),
            ("11-23 10:00 s.head meet acknowledge", "refused"),
            ("11-23 11:00 s.head resolve done", ""),
            ("11-23 12:00 s.head meet close", "refused"),
        ],
    );
}

#[test]
fn an_escalation_asks_nothing_after_the_end_and_tells_nobody_outside_before_approval() {
    let promise = json!([{"within": "PT1H", "set_by": "sales/x"}]);
    let after = escalating(
        goals(&[goal("learn", json!({"starts": "closed"}))]),
        &[("learn", json!({"notify": {"person:gm": {"acknowledge": promise}}, "goals": [goal("next", json!({}))]}))],
    );
    check_in(
        after,
        &[
            SUBMIT,
            ("11-23 10:00 s.agent resolve", ""),
            ("11-23 11:00 p.worker close", "learn running of s.head due 11-23 19:00"),
            ("11-23 19:00 tick", "learn breached; escalation to gm by inbox; case closed; !t1; !next"),
        ],
    );
    let mut plan = goals(&[goal("approved", json!({"starts": "submitted", "stops": "opened"}))]);
    plan["stages"] = json!([{"name": "check", "approvers": ["role:production/head"], "set_by": "production/x"}]);
    let told = json!({"notify": {"contact:acme": {"by": ["partner"]}, "person:gm": {"by": ["partner", "inbox"]}}});
    check_in(
        escalating(plan.clone(), &[("approved", told)]),
        &[
            SUBMIT,
            ("11-23 17:00 tick", "escalation to gm by inbox; !acme; !partner"),
            ("11-23 18:00 p.head approve 1", "case open; approved breached kept late"),
        ],
    );
    // With nobody left to tell, the built-in chain goes on; so it does where all stays as it was.
    for made in [json!({"notify": {"contact:acme": {}}}), json!({"level": 1})] {
        check_in(
            escalating(plan.clone(), &[("approved", made)]),
            &[SUBMIT, ("11-23 17:00 tick", "escalation to duty; g2 approved running of duty")],
        );
    }
    let same = escalating(goals(&[goal("a", json!({}))]), &[("a", json!({"assign": "role:sales/agent"}))]);
    check_in(
        same,
        &[
            ("11-23 09:00 p.worker submit", "accountable s.agent"),
            ("11-23 17:00 tick", "a breached; escalation to duty"),
        ],
    );
}
