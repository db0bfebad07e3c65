//! Passing on: who comes to hold a task, who comes to approve as well, and who never does.

use serde_json::{Value, json};

use super::{SUBMIT, goal, goals};
use crate::command::PASS_LIMIT_PEOPLE;
use crate::fixture::{World, check, check_in, merged};
use crate::names::PersonId;

fn asked(recipient: &str) -> Value {
    let promise = json!([{"within": "PT8H", "set_by": "sales/x"}]);
    json!({"recipients": {recipient: {"answer": promise}}, "accountable": "role:sales/head"})
}

/// What asks sales, once a stage of legal has approved it.
fn approved(mode: Value) -> Value {
    let stage = json!({"name": "law", "approvers": ["role:legal/reviewer"], "mode": mode, "within": "PT8H",
        "set_by": "production/x"});
    merged(asked("department:sales"), json!({"stages": [stage]}))
}

#[test]
fn a_task_is_given_away_or_shared() {
    check(
        asked("department:sales"),
        &[
            ("11-23 09:00 p.worker submit", "t1 answer of s.desk due 11-23 17:00; g1 answer running of s.desk"),
            ("11-23 09:05 s.agent transfer 1 person:s.agent", "refused: person:s.agent may not `transfer` this"),
            (
                "11-23 09:10 s.desk transfer 1 person:s.agent knows them",
                "t1 answer of s.agent due 11-23 17:00; g1 answer running of s.agent; task to s.agent by inbox",
            ),
            ("11-23 09:15 s.desk answer 1 yes", "refused: person:s.desk may not `answer` this"),
            ("11-23 09:20 s.agent delegate 1 person:s.head", "t1 answer of s.agent+s.head; of s.agent+s.head due"),
            ("11-23 09:25 s.agent delegate 1 person:s.head", "refused: `/to`: `person:s.head` has this task already"),
            ("11-23 09:30 s.head answer 1 yes", "g1 answer met; !t1"),
            ("11-23 09:35 s.agent transfer 1 person:s.desk", "refused: the task is `done`"),
        ],
    );
    // Of a task that was offered to several, whoever passes it on gives only their own part away.
    check(
        asked("role:sales/agent"),
        &[
            ("11-23 09:00 p.worker submit", "t1 answer of s.agent+s.desk"),
            ("11-23 09:10 s.desk transfer 1 person:s.head", "t1 answer of s.agent+s.head"),
        ],
    );
    // To read something is one person's own.
    let promise = json!([{"within": "PT8H", "set_by": "sales/x"}]);
    check(
        json!({"recipients": {"person:s.desk": {"acknowledge": promise}}}),
        &[SUBMIT, ("11-23 09:10 s.desk transfer 1 person:s.agent", "refused: the task asks to `acknowledge`")],
    );
    for (to, says) in [
        ("everyone", "`everyone` cannot be given this"),
        ("contact:acme", "`contact:acme` cannot be given this"),
        ("members:sales", "`members:sales` cannot be given this"),
        ("role:sales/nobody", "`role:sales/nobody` comes to nobody who is there"),
    ] {
        let step = format!("11-23 09:10 s.desk transfer 1 {to}");
        check(asked("department:sales"), &[SUBMIT, (&step, &format!("refused: `/to`: {says}"))]);
    }
}

/// The usual world, where a role of sales is held by 65 people.
fn crowded(plan: Value) -> World {
    let mut world = World::new(plan);
    let colleague = world.organisation.people["s.agent"].clone();
    let crowd: Vec<PersonId> = (0..=PASS_LIMIT_PEOPLE).map(|n| format!("x{n}").parse().unwrap()).collect();
    world.organisation.people.extend(crowd.iter().map(|person| (person.clone(), colleague.clone())));
    let sales = world.organisation.departments.get_mut("sales").unwrap();
    sales.roles.insert("crowd".parse().unwrap(), crowd);
    world
}

#[test]
fn nothing_is_passed_on_to_a_crowd() {
    for (plan, verb) in [
        (asked("department:sales"), "s.desk transfer 1"),
        (asked("department:sales"), "s.desk delegate 1"),
        (asked("department:sales"), "s.desk copy 1"),
        (asked("department:sales"), "s.head hand-over"),
        (approved(json!("any")), "l.lou add-approver 1"),
    ] {
        let step = format!("11-23 09:10 {verb} role:sales/crowd");
        let seen = "refused: `/to`: comes to 65 people, and 64 are the most";
        check_in(crowded(plan), &[SUBMIT, (&step, seen)]);
    }
    // However many targets name them.
    let mut world = crowded(asked("department:sales"));
    let sales = world.organisation.departments.get_mut("sales").unwrap();
    sales.roles.get_mut("crowd").unwrap().pop();
    check_in(
        world.clone(),
        &[SUBMIT, ("11-23 09:10 s.desk copy 1 role:sales/crowd,person:l.lou", "refused: `/to`: comes to 65 people")],
    );
    check_in(world, &[SUBMIT, ("11-23 09:10 s.desk copy 1 role:sales/crowd", "copy to x63")]);
}

#[test]
fn nobody_comes_to_decide_on_their_own_message() {
    for verb in ["transfer", "delegate", "add-approver"] {
        let step = format!("11-23 09:10 l.lou {verb} 1 person:p.worker");
        check(approved(json!("any")), &[SUBMIT, (&step, "refused: `/to`: `person:p.worker` may not have this")]);
        // Nor by standing in for somebody.
        let mut world = World::new(approved(json!("any")));
        let head = world.organisation.people.get_mut("p.head").unwrap();
        (head.active, head.substitute) = (false, Some("p.worker".parse().unwrap()));
        let step = format!("11-23 09:10 l.lou {verb} 1 person:p.head");
        check_in(world, &[SUBMIT, (&step, "refused: `/to`: `person:p.head` may not have this")]);
    }
    // In a joint review nobody gets the voice of another department besides their own.
    let mut joint = approved(json!("all"));
    joint["stages"][0]["approvers"] = json!(["role:legal/head", "role:sales/head"]);
    for verb in ["transfer", "delegate"] {
        let pass = format!("11-23 09:20 l.head {verb} 1 person:s.head");
        let refused = "refused: `/to`: `person:s.head` may not have this";
        check(joint.clone(), &[SUBMIT, (&pass, refused)]);
        check(joint.clone(), &[SUBMIT, ("11-23 09:10 s.head approve 2", "stage law running"), (&pass, refused)]);
    }
    // In a quorum everybody has one voice.
    check(
        approved(json!({"quorum": 2})),
        &[
            ("11-23 09:00 p.worker submit", "t1 approve of l.lou; t2 approve of l.lun; t3 approve of l.luo"),
            ("11-23 09:10 l.lou transfer 1 person:l.lun", "refused: `/to`: `person:l.lun` may not have this"),
            (
                "11-23 09:10 l.lou transfer 1 person:l.head",
                "t1 approve of l.head; g1 stage:law running of l.head+l.lun+l.luo due",
            ),
        ],
    );
}

#[test]
fn what_is_confidential_is_passed_on_to_its_readers_only() {
    for (classification, agent, reader) in [
        ("internal", "t1 answer of s.agent", "t1 answer of l.head"),
        ("confidential", "refused", "t1 answer of l.head"),
    ] {
        let plan = merged(asked("person:s.desk"), json!({"classification": classification}));
        check(plan.clone(), &[SUBMIT, ("11-23 09:10 s.desk transfer 1 person:s.agent", agent)]);
        check(plan, &[SUBMIT, ("11-23 09:10 s.desk transfer 1 person:l.head", reader)]);
    }
    // Whoever takes part in it reads it already.
    let mut plan = merged(asked("person:s.desk"), json!({"classification": "confidential"}));
    plan["recipients"]["person:a.head"] = json!({});
    check(plan, &[SUBMIT, ("11-23 09:10 s.desk transfer 1 person:a.head", "t1 answer of a.head")]);
}

#[test]
fn what_is_restricted_is_passed_on_to_nobody_beyond() {
    let limits = json!([{"recipients": ["department:sales", "role:sales/head"], "set_by": "organisation/base"}]);
    let refused = "refused: `/to`: `person:a.head` may not have this: `organisation/base` restricts whom";
    let restricted = |plan: Value| merged(plan, json!({"restrictions": limits}));
    for (plan, verb) in [
        (asked("department:sales"), "s.desk transfer 1"),
        (asked("department:sales"), "s.desk delegate 1"),
        (asked("department:sales"), "s.desk copy 1"),
        (asked("department:sales"), "p.worker copy"),
        (asked("department:sales"), "s.head hand-over"),
        (approved(json!("any")), "l.lou add-approver 1"),
    ] {
        let step = format!("11-23 09:10 {verb} person:a.head");
        check(plan.clone(), &[SUBMIT, (&step, "!refused")]);
        check(restricted(plan.clone()), &[SUBMIT, (&step, refused)]);
        let within = format!("11-23 09:10 {verb} person:s.desk,person:s.head");
        let within = if verb.contains("copy") { within } else { step.replace("person:a.head", "role:sales/head") };
        if !verb.contains("hand-over") {
            check(restricted(plan), &[SUBMIT, (&within, "!refused")]);
        }
    }
    // Of several, those it may reach; and whoever takes part has been reached already.
    let several = restricted(asked("department:sales"));
    let transfer = "11-23 09:10 s.desk transfer 1 role:sales/agent";
    check(several.clone(), &[SUBMIT, (transfer, "refused: `/to`: `role:sales/agent` has this task already")]);
    check(several, &[SUBMIT, ("11-23 09:10 s.desk delegate 1 person:p.worker", "t1 answer of p.worker+s.desk")]);
    // A case that was returned and is sent again goes by what was decided then.
    let mut world = World::new(restricted(approved(json!("any"))));
    world = check_in(world, &[SUBMIT, ("11-23 09:05 l.lou return 1 unclear", "case returned")]);
    world.plan.restrictions.clear();
    check_in(
        world,
        &[
            ("11-23 09:06 p.worker resubmit", "case awaiting-approval"),
            ("11-23 09:10 l.lou add-approver 2 person:a.head", "t3 approve of a.head"),
        ],
    );
}

#[test]
fn whoever_gave_an_approval_away_hears_of_its_breach_as_a_head() {
    let mut plan = approved(json!("any"));
    plan["stages"][0]["approvers"] = json!(["role:legal/head"]);
    check(
        plan,
        &[
            ("11-23 09:00 p.worker submit", "g1 stage:law running of l.head due"),
            ("11-23 09:10 l.head transfer 1 person:l.lou", "g1 stage:law running of l.lou due"),
            ("11-23 17:00 tick", "g1 stage:law breached; escalation to l.head; !escalation to duty"),
        ],
    );
}

#[test]
fn an_added_approver_must_approve_whatever_the_mode() {
    for mode in [json!("any"), json!({"quorum": 1}), json!("sequential"), json!("all")] {
        let seats = if mode == json!({"quorum": 1}) { 3 } else { 1 };
        let new = seats + 1;
        let add = "11-23 09:10 l.lou add-approver 1 person:s.head the price";
        let added = format!("t{new} approve of s.head due 11-23 17:00; task to s.head; l.luo+s.head");
        let approve = format!("11-23 09:30 s.head approve {new}");
        let reject = format!("11-23 09:30 s.head reject {new} too cheap");
        let first = ("11-23 09:20 l.lou approve 1", "case awaiting-approval; stage law running");
        check(approved(mode.clone()), &[SUBMIT, (add, &added), first, (&approve, "case open; stage law approved")]);
        check(approved(mode.clone()), &[SUBMIT, (add, &added), (&reject, "case rejected; stage law rejected")]);
        // In the other order it is carried as well.
        let last = ("11-23 09:40 l.lou approve 1", "case open; stage law approved");
        check(approved(mode), &[SUBMIT, (add, &added), (&approve, "stage law running"), last]);
    }
    check(
        approved(json!("any")),
        &[
            SUBMIT,
            ("11-23 09:10 l.lou add-approver 1 person:l.luo", "refused: `/to`: `person:l.luo` may not have this"),
            ("11-23 09:10 l.lou add-approver 1 person:l.head", "t2 approve of l.head"),
            ("11-23 09:11 l.head add-approver 2 person:l.head", "refused: `/to`: `person:l.head` may not have this"),
            // Who was added may pass it on, and ask others in turn.
            ("11-23 09:12 l.head transfer 2 person:s.head", "t2 approve of s.head"),
            ("11-23 09:13 s.head add-approver 2 person:s.desk", "t3 approve of s.desk"),
            ("11-23 09:14 l.lun approve 1", "stage law running"),
            ("11-23 09:15 s.head approve 2", "stage law running"),
            ("11-23 09:16 s.desk return 3 unclear", "case returned; !approve of"),
        ],
    );
    let mut world = check(approved(json!("any")), &[SUBMIT]);
    let colleague = world.organisation.people["l.head"].clone();
    let more = (0..20).map(|n| (format!("x{n}").parse().unwrap(), colleague.clone()));
    world.organisation.people.extend(more);
    for n in 0..16 {
        world = check_in(world, &[(&format!("11-23 09:10 l.lou add-approver 1 person:x{n}"), "!refused")]);
    }
    check_in(world, &[("11-23 09:10 l.lou add-approver 1 person:x16", "refused: `/to`: 16 approvers were added")]);
}

#[test]
fn a_case_is_handed_over_with_what_was_promised_for_it() {
    let owned = goal("check", json!({}));
    let mut plan = goals(&[merged(goal("solve", json!({})), json!({"owner": null})), owned]);
    plan["accountable"] = json!("role:sales/head");
    check(
        plan,
        &[
            ("11-23 09:00 p.worker submit", "accountable s.head; solve running of s.head; check running of s.head"),
            ("11-23 09:05 p.head hand-over person:s.desk", "refused: person:p.head may not `hand-over` this"),
            ("11-23 09:05 s.head hand-over person:s.head", "refused: `/to`: `person:s.head` is accountable already"),
            (
                "11-23 09:10 s.head hand-over person:s.desk on leave",
                "accountable s.desk; solve running of s.desk due 11-23 17:00; task to s.desk; commented",
            ),
            ("11-23 09:20 s.head resolve done", "refused"),
            ("11-23 09:20 s.desk resolve done", "case resolved"),
        ],
    );
}
