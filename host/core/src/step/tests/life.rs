//! A case's life: opening, resolving, reopening, closing, withdrawing, ending by itself.

use serde_json::{Value, json};

use crate::fixture::{World, check, check_in};

fn promise(within: &str) -> Value {
    json!([{"within": within, "set_by": "sales/x"}])
}

fn answer_by_sales() -> Value {
    json!({"recipients": {"department:sales": {"answer": promise("PT24H")}}, "accountable": "role:sales/head"})
}

#[test]
fn what_is_paused_has_nothing_left_when_it_ends() {
    let goal = json!({"goals": [
        {"name": "solve", "within": "PT8H", "set_by": "production/x"},
        {"name": "close", "within": "PT8H", "set_by": "production/x"},
    ]});
    let paused = [("11-23 09:00 p.worker submit", ""), ("11-23 10:00 p.head pause solve", "g2 solve paused")];
    let by =
        [("11-23 11:00 p.head meet solve", "g2 solve met"), ("11-23 11:00 p.worker withdraw", "g2 solve cancelled")];
    for end in by {
        let world = check(goal.clone(), &[paused[0], paused[1], end]);
        assert_eq!(world.goal(2).remaining, None);
    }
}

#[test]
fn mere_information_ends_by_itself_and_reopens_for_good() {
    let seen = json!({"recipients": {"person:s.head": {}, "person:s.desk": {"acknowledge": promise("PT8H")}}});
    check(
        seen,
        &[
            ("11-23 09:00 p.worker submit", "case open; accountable p.worker"),
            ("11-23 10:00 s.desk acknowledge 1", "case closed; events: task-done goal-met resolved closed."),
            ("11-23 11:00 p.worker reopen why", "case open; events: reopened."),
            ("11-23 12:00 p.worker resolve", "case resolved; g2 close running"),
        ],
    );
    check(json!({"recipients": {"person:s.head": {}}}), &[("11-23 09:00 p.worker submit", "case closed; version 1 ")]);
    let by_room = json!({"recipients": {"department:sales": {"by": ["room"]}}});
    check(
        by_room.clone(),
        &[
            ("11-23 09:00 p.worker submit", "case open; d1 message to group:department:sales by room pending"),
            ("11-23 09:01 host failed 1", "case open; version 1 "),
            ("11-23 09:02 host arrived 1", "case closed; version 2 "),
            ("11-23 09:03 host arrived 1", "events: ."),
        ],
    );
    check(by_room, &[("11-23 09:00 p.worker submit", ""), ("11-23 09:02 host dead 1", "case closed; d1 message")]);
}

#[test]
fn a_message_that_nothing_routed_or_a_policy_failed_for_does_not_end_unread() {
    for flag in ["unrouted", "policy-failed"] {
        let plan = json!({"recipients": {"person:duty": {}}, "flags": [flag]});
        check(
            plan,
            &[
                ("11-23 09:00 p.worker submit", "case open; accountable p.head"),
                ("11-23 10:00 p.head resolve", "case resolved"),
            ],
        );
    }
}

#[test]
fn resolving_takes_the_accountable_person_and_a_reason_while_answers_are_missing() {
    check(
        answer_by_sales(),
        &[
            ("11-23 09:00 p.worker submit", "t1 answer of s.desk; accountable s.head"),
            ("11-23 10:00 s.desk resolve done", "refused: person:s.desk may not `resolve` this"),
            ("11-23 10:00 s.head resolve", "refused: `/reason`: is missing; case open"),
            ("11-23 10:00 s.head resolve  ", "refused"),
            ("11-23 10:00 s.head resolve by phone", "case resolved; t1 answer; g1 answer running"),
            ("11-23 11:00 s.desk answer 1 and in writing", "case resolved; g1 answer met"),
        ],
    );
}

#[test]
fn a_resolved_case_closes_by_its_sender_or_by_silence() {
    let resolved = [
        ("11-26 09:00 p.worker submit", ""),
        ("11-26 10:00 s.desk answer 1 so", ""),
        // Three working days: Friday, Monday, Tuesday.
        ("11-26 11:00 s.head resolve", "case resolved; g2 close running of s.head due 12-01 18:00"),
    ];
    let cases = [
        vec![("11-27 09:00 p.worker close 5", "case closed; g2 close cancelled")],
        vec![("11-27 09:00 s.head close", "refused: person:s.head may not `close` this")],
        vec![("11-27 09:00 p.worker close 6", "refused: `/score`: is a number from 1 to 5")],
        vec![("12-01 17:59 tick", "case resolved"), ("12-01 18:00 tick", "case closed")],
        vec![("11-27 09:00 p.worker reopen no", "case open; g2 close cancelled"), ("12-01 18:00 tick", "case open")],
        vec![
            ("11-27 09:00 p.worker close", "case closed"),
            // Five working days from Friday.
            ("12-04 17:59 p.worker reopen", "case open"),
        ],
        vec![
            ("11-27 09:00 p.worker close", "case closed"),
            ("12-04 18:00 p.worker reopen", "refused: it could be reopened until; case closed"),
        ],
        vec![("11-27 09:00 p.worker close", ""), ("11-27 10:00 p.mate reopen", "refused: person:p.mate may not")],
    ];
    for case in cases {
        let steps: Vec<_> = resolved.into_iter().chain(case).collect();
        check(answer_by_sales(), &steps);
    }
}

#[test]
fn a_kind_settles_how_long_silence_is_waited_for_and_nothing_closes_beside_a_stage() {
    let mut world = World::new(json!({"goals": [{"name": "solve", "within": "PT8H", "set_by": "production/x"}]}));
    world.message.kind = "quick".parse().unwrap();
    check_in(
        world.clone(),
        &[
            ("11-23 09:00 p.worker submit", "case open; accountable p.head"),
            ("11-23 10:00 p.head resolve", "case resolved; close running of p.head due 11-24 18:00"),
            ("11-24 18:00 tick", "case closed"),
            ("11-24 18:00 p.worker reopen", "refused: it could be reopened until"),
        ],
    );
    world.plan.post_hoc = true;
    world.plan.stages =
        serde_json::from_value(json!([{"name": "check", "approvers": ["role:legal/head"], "set_by": "production/x"}]))
            .unwrap();
    check_in(
        world,
        &[
            ("11-23 09:00 p.worker submit", "case open; t1 approve of l.head"),
            ("11-23 10:00 p.head resolve", "case resolved; close running"),
            ("11-23 10:01 p.worker close", "refused: a stage of it is still to be decided"),
            ("11-25 10:00 tick", "case resolved; close running"),
            ("11-25 11:00 l.head approve 1", "case resolved; stage check approved"),
            ("11-27 10:00 tick", "case closed"),
        ],
    );
}

#[test]
fn reopening_starts_again_what_was_to_be_resolved() {
    let plan = json!({"accountable": "role:sales/head", "goals": [
        {"name": "resolution", "within": {"working_days": 1}, "stops": "resolved", "owner": "role:sales/head", "set_by": "sales/x"},
    ]});
    check(
        plan,
        &[
            ("11-23 09:00 p.worker submit", "g1 resolution running of s.head due 11-24 18:00"),
            ("11-23 10:00 s.head resolve", "g1 resolution met"),
            ("11-24 10:00 p.worker reopen no", "g1 resolution running of s.head due 11-25 18:00"),
            ("11-25 18:00 tick", "g1 resolution breached of s.head; resolution running of duty"),
            // Kept late the second time: what follows from the breach ends.
            ("11-26 09:00 s.head resolve", "g1 resolution breached kept late; g3 resolution cancelled; case resolved"),
            ("11-26 10:00 p.worker reopen no", "g1 resolution running of s.head due 11-27 18:00"),
        ],
    );
}

#[test]
fn whoever_was_reached_hears_of_a_withdrawal() {
    let plan = json!({"recipients": {
        "department:sales": {"by": ["inbox", "room"], "answer": promise("PT24H")},
        "contact:acme": {"by": ["partner"]},
        "person:l.head": {"by": ["phone"]},
    }});
    check(
        plan,
        &[
            (
                "11-23 09:00 p.worker submit",
                "d1 message to s.desk by inbox delivered; d2 message to contact:acme by partner",
            ),
            ("11-23 09:01 host arrived 2", "d2 message to contact:acme by partner delivered"),
            ("11-23 09:01 host arrived 4", "d4 message to group:department:sales by room delivered"),
            ("11-23 09:02 p.mate withdraw", "refused: person:p.mate may not `withdraw` this"),
            (
                "11-23 09:02 p.head withdraw wrong",
                "case withdrawn; g1 answer cancelled; !t1; d3 message to l.head by phone cancelled; \
             withdrawal to s.desk by inbox delivered; withdrawal to contact:acme by partner pending; \
             withdrawal to group:department:sales by room pending; !withdrawal to l.head",
            ),
            ("11-23 09:03 host dead 6", "withdrawal to contact:acme by partner dead"),
            ("11-23 09:04 admin replay 6", "withdrawal to contact:acme by partner pending"),
        ],
    );
    // So do those to whom it came by somebody's word.
    check(
        answer_by_sales(),
        &[
            ("11-23 09:00 p.worker submit", ""),
            ("11-23 09:01 p.worker copy person:a.head", "copy to a.head"),
            ("11-23 09:01 s.desk transfer 1 person:s.agent", "task to s.agent"),
            ("11-23 09:01 s.agent comment 1 what for?", "comment to p.worker"),
            (
                "11-23 09:02 p.worker withdraw",
                "withdrawal to a.head; withdrawal to s.agent; withdrawal to s.desk; !withdrawal to p.worker",
            ),
        ],
    );
    let by_room = json!({"recipients": {"department:sales": {"by": ["room"], "answer": promise("PT24H")}}});
    check(
        by_room,
        &[
            ("11-23 09:00 p.worker submit", ""),
            ("11-23 09:01 host dead 1", ""),
            ("11-23 09:02 p.worker withdraw", "case withdrawn; !withdrawal to"),
            ("11-23 09:03 admin replay 1", "refused: the message was withdrawn"),
        ],
    );
}

#[test]
fn a_held_message_waits_for_an_author_of_the_bundle_that_failed() {
    let mut world = World::new(answer_by_sales());
    world.held_by = Some("sales/x");
    let world = check_in(
        world,
        &[
            ("11-23 09:00 p.worker submit", "case held; d1 held to s.head by inbox; !t1"),
            ("11-23 09:10 author:production release", "refused"),
            ("11-23 09:20 author:sales release", "case held; d2 held to s.head"),
        ],
    );
    let mut world = world;
    world.held_by = None;
    check_in(world, &[("11-23 09:30 author:sales release", "case open; t1 answer of s.desk due 11-24 09:30")]);
}

#[test]
fn a_message_that_waits_for_the_host_is_released_by_it_and_bothers_nobody() {
    let mut world = World::new(answer_by_sales());
    (world.held_by, world.is_busy) = (Some("sales/x"), true);
    let mut world = check_in(
        world,
        &[("11-23 09:00 p.worker submit", "case held; !t1"), ("11-23 09:01 p.worker release", "refused")],
    );
    // Once it is asked, it fails for a reason of its own: that is for its authors.
    world.is_busy = false;
    let mut world = check_in(
        world,
        &[
            ("11-23 09:02 host release", "case held; d1 held to s.head by inbox"),
            ("11-23 09:03 host release", "refused"),
        ],
    );
    (world.held_by, world.is_busy) = (Some("sales/x"), true);
    let mut world = check_in(world, &[("11-23 09:04 author:sales release", "case held")]);
    world.held_by = None;
    check_in(world, &[("11-23 09:05 host release", "case open; t1 answer of s.desk due 11-24 09:05")]);
}

#[test]
fn a_new_version_is_its_senders_in_a_department_of_theirs() {
    let staged =
        json!({"stages": [{"name": "check", "approvers": ["role:production/head"], "set_by": "production/x"}]});
    let world = check(
        staged,
        &[
            ("11-23 09:00 p.worker submit", ""),
            ("11-23 09:10 p.head return 1 unclear", "case returned; verdict to p.worker"),
            ("11-23 09:20 p.mate resubmit", "refused: person:p.mate may not `resubmit` this"),
        ],
    );
    let mut elsewhere = world.clone();
    elsewhere.message.department = "sales".parse().unwrap();
    check_in(elsewhere, &[("11-23 09:20 p.worker resubmit", "refused: person:p.worker may not `resubmit` this")]);
    let mut another = world.clone();
    another.message.kind = "fault".parse().unwrap();
    check_in(another, &[("11-23 09:20 p.worker resubmit", "refused: `/kind`: ")]);
    let world = check_in(world, &[("11-23 09:20 p.worker resubmit", "case awaiting-approval; t2 approve of p.head")]);
    assert_eq!(world.case().message_version, 2);
}

#[test]
fn a_service_takes_back_and_sends_again_what_it_sent_and_nobody_else_does() {
    let staged =
        json!({"stages": [{"name": "check", "approvers": ["role:production/head"], "set_by": "production/x"}]});
    let mut world = World::new(staged);
    world.message.sender = serde_json::from_value(json!({"service": "mes"})).unwrap();
    check_in(
        world.clone(),
        &[
            ("11-23 09:00 service:mes submit", "case awaiting-approval; t1 approve of p.head"),
            ("11-23 09:10 p.head return 1 unclear", "case returned"),
            ("11-23 09:20 service:erp resubmit", "refused: service:erp may not"),
            ("11-23 09:20 service:mes resubmit", "case awaiting-approval"),
            ("11-23 09:30 service:erp withdraw", "refused"),
            ("11-23 09:30 service:mes withdraw", "case withdrawn"),
        ],
    );
    // Who stays unknown has no say afterwards; the head has.
    world.message.sender = serde_json::from_value(json!("anonymous")).unwrap();
    check_in(
        world,
        &[
            ("11-23 09:00 anonymous submit", "case awaiting-approval"),
            ("11-23 09:30 anonymous withdraw", "refused: anonymous may not"),
            ("11-23 09:30 p.head withdraw", "case withdrawn"),
        ],
    );
}
