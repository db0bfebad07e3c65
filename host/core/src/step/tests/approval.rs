//! Approval: modes, phases, verdicts, deadlines, and who decides instead of whom.

use serde_json::{Value, json};

use super::SUBMIT;
use crate::fixture::{World, check, check_in, plan};

fn stage(name: &str, approvers: &[&str], edit: Value) -> Value {
    let usual = json!({"name": name, "approvers": approvers, "set_by": "production/x"});
    crate::fixture::merged(usual, edit)
}

/// A plan that asks something of sales, so that the open case stays open, once `stages` have approved it.
fn approved_by(stages: &[Value]) -> Value {
    let promise = json!([{"within": "PT72H", "set_by": "sales/x"}]);
    json!({"recipients": {"department:sales": {"answer": promise}}, "stages": stages, "accountable": "person:s.head"})
}

fn beside(stages: &[Value]) -> Value {
    crate::fixture::merged(approved_by(stages), json!({"post_hoc": true}))
}

#[test]
fn modes() {
    let reviewers = &["role:legal/reviewer"][..];
    let both = &["role:legal/head", "role:sales/agent"][..];
    let any = approved_by(&[stage("check", reviewers, json!({"mode": "any"}))]);
    check(
        any.clone(),
        &[
            (
                "11-23 09:00 p.worker submit",
                "case awaiting-approval; t1 approve of l.lou+l.lun+l.luo; stage check running; !t2",
            ),
            ("11-23 09:10 l.head approve 1", "refused: person:l.head may not `approve` this"),
            ("11-23 09:10 l.luo approve 1", "case open; stage check approved; t2 answer"),
        ],
    );
    check(
        any,
        &[SUBMIT, ("11-23 09:10 l.luo reject 1 no", "case rejected; stage check rejected; verdict to p.worker")],
    );
    let all = approved_by(&[stage("check", both, json!({"mode": "all"}))]);
    check(
        all.clone(),
        &[
            ("11-23 09:00 p.worker submit", "t1 approve of l.head; t2 approve of s.agent+s.desk"),
            ("11-23 09:10 s.desk approve 2", "case awaiting-approval; !t2"),
            ("11-23 09:10 l.head approve 1", "case open; stage check approved"),
        ],
    );
    check(all, &[SUBMIT, ("11-23 09:10 l.head reject 1 no", "case rejected; !t2")]);
    let quorum = |n: u32| approved_by(&[stage("check", reviewers, json!({"mode": {"quorum": n}}))]);
    check(
        quorum(2),
        &[
            ("11-23 09:00 p.worker submit", "t1 approve of l.lou; t2 approve of l.lun; t3 approve of l.luo"),
            ("11-23 09:10 l.lun reject 2 no", "case awaiting-approval"),
            ("11-23 09:20 l.lou approve 1", "case awaiting-approval"),
            ("11-23 09:30 l.luo approve 3", "case open"),
        ],
    );
    check(
        quorum(2),
        &[
            SUBMIT,
            ("11-23 09:10 l.lun reject 2 no", "case awaiting-approval"),
            ("11-23 09:20 l.lou reject 1 no", "case rejected; stage check rejected; !t3"),
        ],
    );
    check(
        quorum(9),
        &[
            SUBMIT,
            ("11-23 09:10 l.lun approve 2", ""),
            ("11-23 09:20 l.lou approve 1", "case awaiting-approval"),
            ("11-23 09:30 l.luo approve 3", "case open"),
        ],
    );
    let sequential = approved_by(&[stage("check", both, json!({"mode": "sequential"}))]);
    check(
        sequential.clone(),
        &[
            ("11-23 09:00 p.worker submit", "t1 approve of l.head; !t2"),
            ("11-23 09:10 l.head approve 1", "case awaiting-approval; t2 approve of s.agent+s.desk"),
            ("11-23 09:20 s.agent approve 2", "case open"),
        ],
    );
    check(sequential, &[SUBMIT, ("11-23 09:10 l.head reject 1 no", "case rejected; !t2")]);
}

#[test]
fn stages_follow_each_other_in_the_order_of_the_plan() {
    let mut world = World::new(json!({}));
    world.plan = plan(approved_by(&[
        stage("a", &["role:production/head"], json!({})),
        stage("b", &["role:sales/head"], json!({})),
        stage("x", &["role:legal/head"], json!({"phase": "legal"})),
    ]));
    check_in(
        world,
        &[
            ("11-23 09:00 p.worker submit", "stage a running; stage b waiting; stage x waiting"),
            ("11-23 09:10 p.head approve 1", "stage a approved; stage b running; stage x waiting"),
            ("11-23 09:20 s.head approve 2", "stage b approved; stage x running"),
            ("11-23 09:30 l.head approve 3 fine", "stage x approved; case open"),
        ],
    );
}

#[test]
fn a_verdict_that_sends_it_back_voids_the_approvals_before() {
    let stages =
        [stage("a", &["role:production/head"], json!({})), stage("b", &["role:sales/head"], json!({"within": "PT4H"}))];
    let world = check(
        approved_by(&stages),
        &[
            SUBMIT,
            (
                "11-23 09:10 p.head approve 1",
                "g1 stage:b running of s.head due 11-23 13:10; t2 approve of s.head due 11-23 13:10",
            ),
            ("11-23 09:20 s.head return 2", "refused: `/text`: is missing; say why you return it"),
            (
                "11-23 09:20 s.head return 2 unclear",
                "case returned; stage a approved; stage b returned; g1 stage:b met",
            ),
            (
                "11-23 12:00 p.worker resubmit",
                "case awaiting-approval; stage a running; stage b waiting; t3 approve of p.head",
            ),
            ("11-23 12:10 p.head approve 1", "refused: the task is `done` since"),
            ("11-23 12:10 p.head approve 3", "stage b running; t4 approve of s.head due 11-23 16:10"),
            ("11-23 12:20 s.head approve 4", "case open"),
        ],
    );
    assert_eq!(world.case().message_version, 2);
    check(
        approved_by(&stages),
        &[
            SUBMIT,
            ("11-23 09:20 p.head reject 1 no", "case rejected; stage a rejected; stage b cancelled"),
            ("11-23 12:00 p.worker resubmit", "refused: a case that is `rejected` does not take `resubmit`"),
        ],
    );
}

#[test]
fn nobody_approves_their_own_message() {
    let own = &["role:production/head"][..];
    let mixed = &["role:production/head", "role:legal/head"][..];
    let cases = [
        // A head's message goes to who stands above the heads.
        ("p.head", own, json!({"mode": "any"}), "t1 approve of gm"),
        ("p.head", mixed, json!({"mode": "any"}), "t1 approve of l.head."),
        ("p.head", mixed, json!({"mode": "all"}), "t1 approve of gm; t2 approve of l.head"),
        ("p.head", mixed, json!({"mode": "sequential"}), "t1 approve of gm; !t2"),
        ("p.head", mixed, json!({"mode": {"quorum": 1}}), "t1 approve of l.head.; !t2"),
        ("p.head", mixed, json!({"mode": {"quorum": 2}}), "t1 approve of gm.; t2 approve of l.head."),
        ("p.head", &["person:p.head"][..], json!({"mode": {"quorum": 1}}), "t1 approve of gm."),
        // A worker's own seat goes to their head.
        ("p.worker", &["person:p.worker"][..], json!({"mode": "any"}), "t1 approve of p.head"),
        // Nobody stands above the general manager; the catch-all decides.
        ("gm", &["role:organisation/head"][..], json!({"mode": "any"}), "t1 approve of duty"),
        // A stage is never empty.
        ("p.worker", &["role:legal/nobody"][..], json!({"mode": "any"}), "t1 approve of p.head"),
        ("p.worker", &["contact:acme"][..], json!({"mode": "all"}), "t1 approve of p.head"),
        ("p.worker", &[][..], json!({"mode": "all"}), "t1 approve of p.head"),
        ("p.worker", &[][..], json!({"mode": {"quorum": 0}}), "t1 approve of p.head"),
        ("p.worker", &[][..], json!({"mode": "sequential"}), "t1 approve of p.head"),
    ];
    for (sender, approvers, mode, seen) in cases {
        let mut world = World::new(approved_by(&[stage("check", approvers, mode)]));
        world.message.sender = serde_json::from_value(json!({"person": sender})).unwrap();
        if sender == "gm" {
            world.message.department = "organisation".parse().unwrap();
        }
        let submit = format!("11-23 09:00 {sender} submit");
        let decide = format!("11-23 09:10 {sender} approve 1");
        check_in(world, &[(&submit, seen), (&decide, "refused; case awaiting-approval")]);
    }
}

#[test]
fn a_policy_may_let_the_sender_approve() {
    let own = &["role:production/head"][..];
    let mixed = &["role:production/head", "role:legal/head"][..];
    let cases = [
        (own, "any", "t1 approve of p.head", "case open"),
        (mixed, "any", "t1 approve of l.head+p.head", "case open"),
        (mixed, "all", "t1 approve of p.head; t2 approve of l.head", "!t1; case awaiting-approval"),
    ];
    for (approvers, mode, seen, decided) in cases {
        let stage = stage("check", approvers, json!({"mode": mode, "self_approval": true}));
        let mut world = World::new(approved_by(&[stage]));
        world.message.sender = serde_json::from_value(json!({"person": "p.head"})).unwrap();
        check_in(world, &[("11-23 09:00 p.head submit", seen), ("11-23 09:10 p.head approve 1", decided)]);
    }
    // Those whom the policy meant, and nobody who only comes to it: by a transfer, or as a substitute.
    let stage = stage("check", own, json!({"mode": "any", "self_approval": true}));
    let mut world = World::new(approved_by(&[stage]));
    check_in(
        world.clone(),
        &[
            ("11-23 09:00 p.worker submit", "t1 approve of p.head."),
            ("11-23 09:10 p.head transfer 1 person:p.worker", "refused: `/to`"),
            ("11-23 09:11 p.head delegate 1 person:p.worker", "refused: `/to`"),
            ("11-23 09:12 p.head add-approver 1 person:p.worker", "refused: `/to`"),
        ],
    );
    let head = world.organisation.people.get_mut("p.head").unwrap();
    (head.active, head.substitute) = (false, Some("p.worker".parse().unwrap()));
    check_in(world, &[("11-23 09:00 p.worker submit", "t1 approve of gm")]);
}

#[test]
fn whoever_is_away_is_stood_in_for() {
    let away = |world: &mut World, who: &str, substitute: Option<&str>| {
        let person = world.organisation.people.get_mut(who).unwrap();
        person.absences = serde_json::from_value(json!([{
            "from": crate::fixture::at("11-23 08:00"), "until": crate::fixture::at("11-24 08:00"),
        }]))
        .unwrap();
        person.substitute = substitute.map(|id| id.parse().unwrap());
    };
    let by = |approver: &str| World::new(approved_by(&[stage("check", &[approver], json!({}))]));

    let mut world = by("person:l.lou");
    away(&mut world, "l.lou", Some("l.luo"));
    check_in(world, &[("11-23 09:00 p.worker submit", "t1 approve of l.luo.")]);

    let mut world = by("person:l.lou");
    world.organisation.people.get_mut("l.lou").unwrap().active = false;
    check_in(world, &[("11-23 09:00 p.worker submit", "t1 approve of p.head.")]);

    // The substitute is the sender.
    let mut world = by("person:l.lou");
    away(&mut world, "l.lou", Some("p.worker"));
    check_in(world, &[("11-23 09:00 p.worker submit", "t1 approve of p.head.")]);

    // Away since the task was given: it is given again, unless somebody else holds it as well.
    let mut world = check_in(by("person:l.lou"), &[("11-23 09:00 p.worker submit", "t1 approve of l.lou.")]);
    away(&mut world, "l.lou", Some("l.luo"));
    check_in(
        world.clone(),
        &[
            ("11-23 09:10 l.luo regive 1", "refused: person:l.luo may not `regive` this"),
            ("11-23 09:10 host regive 1", "t1 approve of l.luo."),
            ("11-23 09:20 l.lou approve 1", "refused"),
            ("11-23 09:20 l.luo approve 1", "case open"),
        ],
    );
    away(&mut world, "l.lou", Some("p.worker"));
    check_in(world.clone(), &[("11-23 09:10 host regive 1", "t1 approve of p.head.")]);
    away(&mut world, "l.lou", None);
    away(&mut world, "p.head", None);
    check_in(world, &[("11-23 09:10 host regive 1", "t1 approve of gm.")]);

    let mut world = check_in(by("role:legal/reviewer"), &[SUBMIT]);
    away(&mut world, "l.lou", Some("l.head"));
    check_in(world, &[("11-23 09:10 host regive 1", "events: .; t1 approve of l.lou+l.lun+l.luo")]);

    // A voice in a quorum counts once: whoever has one already does not get a second.
    let quorum = approved_by(&[stage("check", &["role:legal/reviewer"], json!({"mode": {"quorum": 2}}))]);
    let mut world = check(quorum, &[SUBMIT]);
    away(&mut world, "l.lou", Some("l.luo"));
    check_in(world, &[("11-23 09:10 host regive 1 2 3", "t1 approve of p.head.; t3 approve of l.luo.")]);
}

#[test]
fn of_two_who_decide_at_once_the_second_is_told() {
    let two = approved_by(&[stage("check", &["role:legal/head", "role:sales/head"], json!({"mode": "all"}))]);
    let mut world = check(two, &[SUBMIT]);
    world.expected_version = Some(1);
    let mut world = check_in(world, &[("11-23 09:10 l.head approve 1", "version 2")]);
    world.expected_version = Some(1);
    check_in(
        world,
        &[
            ("11-23 09:10 s.head approve 2", "refused: the case is at version 2 by now, and you decided on version 1"),
            ("11-23 09:10 l.head approve 1", "refused: the task is `done` since 2026-11-23T01:10:00Z by person:l.head"),
            ("11-23 09:11 s.head approve 2", "case open"),
            ("11-23 09:12 s.head approve 2", "refused: a case that is `open` does not take `approve`"),
        ],
    );
    // A task that was claimed is the claimant's.
    let any = approved_by(&[stage("check", &["role:legal/reviewer"], json!({}))]);
    check(
        any,
        &[
            SUBMIT,
            ("11-23 09:10 l.lou claim 1", "t1 approve of l.lou."),
            ("11-23 09:11 l.luo approve 1", "refused"),
            ("11-23 09:12 l.lou claim 1", "events: ."),
            ("11-23 09:12 l.lou approve 1", "case open"),
        ],
    );
}

#[test]
fn a_stage_past_its_deadline() {
    let with = |at_deadline: &str| {
        approved_by(&[
            stage("a", &["role:legal/head"], json!({"within": "PT4H", "at_deadline": at_deadline})),
            stage("b", &["role:sales/head"], json!({})),
        ])
    };
    check(
        with("approve"),
        &[
            ("11-23 09:00 p.worker submit", "t1 approve of l.head due 11-23 13:00"),
            ("11-23 12:59 tick", "stage a running"),
            ("11-23 13:00 tick", "stage a approved; stage b running; !t1; g1 stage:a breached; t2 approve of s.head"),
        ],
    );
    check(
        with("reject"),
        &[SUBMIT, ("11-23 13:00 tick", "case rejected; stage a rejected; stage b cancelled; verdict to p.worker; !t1")],
    );
    // The built-in escalation: nobody stands between a head who decides and the catch-all.
    check(
        with("escalate"),
        &[
            SUBMIT,
            (
                "11-23 13:00 tick",
                "stage a running; t1 approve of l.head; g1 stage:a breached; g2 stage:a running of duty due 11-24 13:00; escalation to duty; flags [escalation-fallback]",
            ),
            ("11-24 13:00 tick", "g2 stage:a breached; g3 stage:a running of duty due 11-25 13:00"),
            (
                "11-24 14:00 l.head approve 1",
                "stage a approved; stage b running; g1 stage:a breached kept late; g3 stage:a cancelled",
            ),
        ],
    );
    let mut world = World::new(with("escalate"));
    let escalation =
        json!({"notify": {"role:organisation/head": {"acknowledge": [{"within": "PT1H", "set_by": "production/x"}]}}});
    world.escalations.insert("stage:a".to_owned(), serde_json::from_value(escalation).unwrap());
    check_in(
        world,
        &[
            SUBMIT,
            ("11-23 13:00 tick", "t2 acknowledge of gm due 11-23 14:00; escalation to gm by inbox"),
            ("11-23 13:30 gm acknowledge 2", "case awaiting-approval; g2 acknowledge met"),
            ("11-23 14:00 l.head approve 1", "stage b running"),
        ],
    );
}

#[test]
fn a_stage_beside_the_open_case() {
    let stages =
        [stage("a", &["role:legal/head"], json!({"within": "PT4H"})), stage("b", &["role:sales/head"], json!({}))];
    check(
        beside(&stages),
        &[
            ("11-23 09:00 p.worker submit", "case open; t1 answer of s.desk; t2 approve of l.head; stage a running"),
            ("11-23 09:10 l.head approve 2", "case open; stage b running; t3 approve of s.head"),
            ("11-23 09:20 s.head approve 3", "case open; stage b approved"),
            ("11-23 09:30 s.head approve 3", "refused: a case that is `open` does not take `approve`"),
        ],
    );
    for verb in ["reject", "return"] {
        let verdict = format!("11-23 09:10 l.head {verb} 2 leaves out the price");
        check(
            beside(&stages),
            &[
                SUBMIT,
                (
                    &verdict,
                    "case open; flags [rejected-afterwards]; stage b cancelled; t3 answer of p.head; verdict to p.worker",
                ),
                ("11-23 09:20 s.desk answer 1 yes", ""),
                ("11-23 09:30 s.head resolve", "refused: `/reason`"),
                ("11-23 09:40 p.head answer 3 corrected", "case open"),
                ("11-23 09:50 s.head resolve", "case resolved"),
            ],
        );
    }
    // Rejected after it was resolved: it is open again, and its correction is not lost in silence.
    check(
        beside(&stages),
        &[
            SUBMIT,
            ("11-23 09:05 s.head resolve told by phone", "case resolved; close running"),
            (
                "11-23 09:10 l.head reject 2 wrong",
                "case open; flags [rejected-afterwards]; t3 answer of p.head; close cancelled",
            ),
        ],
    );
    // Mere information waits for its approval, and for the correction.
    let informs = json!({"recipients": {"person:s.desk": {}}, "stages": stages[..1], "post_hoc": true});
    check(
        informs.clone(),
        &[("11-23 09:00 p.worker submit", "case open"), ("11-23 09:10 l.head approve 1", "case closed")],
    );
    check(
        informs,
        &[
            SUBMIT,
            ("11-23 09:10 l.head reject 1 wrong", "case open; t2 answer of p.head"),
            ("11-23 09:20 p.head answer 2 corrected", "case closed"),
        ],
    );
    // Its deadline can be paused while the case is open, and the task follows.
    check(
        beside(&stages),
        &[
            ("11-23 09:00 p.worker submit", "t2 approve of l.head due 11-23 13:00"),
            ("11-23 10:00 l.head pause stage:a", "stage:a paused"),
            ("11-23 11:00 l.head resume stage:a", "t2 approve of l.head due 11-23 14:00"),
        ],
    );
}

#[test]
fn what_was_done_is_accepted_by_each_side() {
    let sides = ["role:production/head", "role:sales/head"];
    let accepted = stage("accepted", &sides, json!({"phase": "acceptance", "mode": "all", "within": "PT8H"}));
    let plan = approved_by(std::slice::from_ref(&accepted));
    let resolved = [
        // Nobody has to approve it first.
        ("11-23 09:00 p.worker submit", "case open; stage accepted waiting; !approve of"),
        ("11-23 09:10 p.worker close", "refused: a case that is `open` does not take `close`"),
        (
            "11-23 10:00 s.head resolve done",
            "case resolved; t2 approve of p.head due 11-23 18:00; t3 approve of s.head; stage accepted running",
        ),
        ("11-23 10:05 p.worker close", "refused: a stage of it is still to be decided"),
        ("11-23 10:10 p.head approve 2 signed", "case resolved; stage accepted running"),
    ];
    let world = check(plan, &resolved);
    check_in(
        world.clone(),
        &[
            ("11-23 10:20 s.head approve 3 signed", "case resolved; stage accepted approved; g3 stage:accepted met"),
            ("11-23 10:30 p.worker close 5", "case closed"),
        ],
    );
    // Whoever does not accept it has it done again, and then everybody is asked again.
    check_in(
        world.clone(),
        &[
            ("11-23 10:20 s.head reject 3 the second line stands", "case open; stage accepted waiting; !approve of"),
            ("11-23 11:00 s.head resolve both", "case resolved; t4 approve of p.head; t5 approve of s.head"),
        ],
    );
    check_in(
        world.clone(),
        &[(
            "11-23 10:20 p.worker reopen look",
            "case open; stage accepted waiting; !approve of; stage:accepted cancelled",
        )],
    );
    // Silence accepts nothing, and what is not signed escalates.
    check_in(world, &[("12-10 09:00 tick", "case resolved; stage:accepted breached; escalation to duty")]);
    // The sender may be one of the sides; and approvals come before, beside and after each other.
    let check_first = stage("check", &["role:legal/head"], json!({}));
    let both = approved_by(&[check_first.clone(), accepted.clone()]);
    let mut world = World::new(both);
    world.message.sender = crate::fixture::requester("p.head").actor;
    check_in(
        world,
        &[
            ("11-23 09:00 p.head submit", "case awaiting-approval; t1 approve of l.head; stage accepted waiting"),
            ("11-23 09:10 l.head approve 1", "case open"),
            ("11-23 10:00 s.head resolve done", "t3 approve of p.head"),
            ("11-23 10:10 p.head approve 3", "!refused"),
        ],
    );
    let mut world = World::new(beside(&[check_first, accepted]));
    world.message.kind = "fault".parse().unwrap();
    check_in(
        world,
        &[
            ("11-23 09:00 p.worker submit", "case open; stage check running; stage accepted waiting"),
            ("11-23 10:00 s.head resolve done", "case resolved; stage accepted waiting; stage check running"),
            ("11-23 10:10 l.head approve 2", "stage check approved; stage accepted running; t3 approve of p.head"),
        ],
    );
}
