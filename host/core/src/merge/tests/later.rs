//! The merge of what comes after routing: approvals and escalations.

use super::*;
use crate::fixture;

/// Merges `approve` plans into the usual plan for sales by `channel`, for a message of `kind`.
fn check_approve(kind: &str, channel: &str, voices: &[(&str, &str, Value)], seen: &[(&str, Value)], cut: &[&str]) {
    check_approve_of(json!({"kind": kind, "urgency": "urgent"}), channel, voices, seen, cut);
}

fn check_approve_of(edit: Value, channel: &str, voices: &[(&str, &str, Value)], seen: &[(&str, Value)], cut: &[&str]) {
    let (organisation, message) = (organisation(), message(edit));
    let sends = of(SENDER, json!({"sends": [send("department:sales", json!({"by": [channel]}))]}));
    let (mut plan, _) = route(&organisation, &message, &contributions("route", &[sends]));
    let cuts = approve(&organisation, &message, &mut plan, &contributions("approve", voices));
    let names: Vec<_> = plan.stages.iter().map(|stage| stage.plan.name.to_string()).collect();
    agree(&format!("{voices:?}"), &merged(json!(plan), json!({"names": names})), &cuts, seen, cut);
}

#[test]
fn stages_are_united_by_phase() {
    let stage =
        |name: &str, phase: &str, approver: &str| json!({"name": name, "phase": phase, "approvers": [approver]});
    let asks = |stages: Value| json!({"stages": stages});
    check_approve(
        "notice",
        "room",
        &[
            of(SALES, asks(json!([stage("b", "legal", "role:legal/head"), stage("a", "leadership", "person:gm")]))),
            of(
                SENDER,
                asks(json!([stage("z", "department", "role:production/head"), stage("c", "joint", "role:sales/head")])),
            ),
        ],
        &[("/names", json!(["z", "c", "a", "b"])), ("/post_hoc", json!(null))],
        &[],
    );
    // Asked alike by several it is one; asked otherwise under the same name it is another, and none is lost.
    let legal = |approver: &str| asks(json!([stage("legal", "legal", approver)]));
    check_approve(
        "notice",
        "room",
        &[
            of(HOUSE, legal("role:legal/head")),
            of(SENDER, legal("person:l.lou")),
            of(SALES, legal("role:legal/head")),
            of(LEGAL, legal("person:l.lou")),
        ],
        &[
            ("/names", json!(["legal", "legal.2"])),
            ("/stages/0/set_by", json!("organisation/base")),
            ("/stages/1/set_by", json!("production/x")),
        ],
        &[],
    );
    // A channel's own approval comes last, whatever a bundle calls its stages.
    let taken = asks(json!([stage("channel.bulletin", "department", "person:p.mate")]));
    check_approve(
        "notice",
        "bulletin",
        &[of(SENDER, taken)],
        &[
            ("/names", json!(["channel.bulletin", "channel.bulletin.2"])),
            ("/stages/1/phase", json!("channel")),
            ("/stages/1/approvers", json!(["role:administration/head"])),
        ],
        &[],
    );
}

#[test]
fn approval_after_the_fact_is_for_emergencies_that_nobody_objects_to() {
    let asks = |post_hoc: bool| json!({"post_hoc": post_hoc, "stages": [{"name": "a", "approvers": ["person:gm"]}]});
    check_approve("fault", "room", &[of(SENDER, asks(true))], &[("/post_hoc", json!(true))], &[]);
    check_approve(
        "notice",
        "room",
        &[of(SENDER, asks(true))],
        &[("/post_hoc", json!(null))],
        &["production/x: approval after the fact: only an urgent message of a deferrable kind"],
    );
    check_approve(
        "fault",
        "room",
        &[of(SENDER, asks(true)), of(HOUSE, asks(false))],
        &[("/post_hoc", json!(null))],
        &["another bundle asks for its approval first"],
    );
    check_approve_of(
        json!({"kind": "fault", "urgency": "normal"}),
        "room",
        &[of(SENDER, asks(true))],
        &[("/post_hoc", json!(null))],
        &["only an urgent message of a deferrable kind"],
    );
    check_approve(
        "fault",
        "bulletin",
        &[of(SENDER, asks(true))],
        &[("/post_hoc", json!(null))],
        &["a channel that it goes through asks for its approval first"],
    );
    check_approve(
        "fault",
        "room",
        &[of(SENDER, asks(true)), of(HOUSE, asks(true))],
        &[("/post_hoc", json!(true))],
        &[],
    );
    check_approve("fault", "room", &[of(SENDER, asks(false))], &[("/post_hoc", json!(null))], &[]);
}

/// Merges `escalate` plans about a case that was decided as `decided` says.
fn escalated(decided: Value, voices: &[(&str, &str, Value)]) -> Escalation {
    let world = fixture::check(decided, &[("11-23 09:00 p.worker submit", "")]);
    escalation(&world.organisation, world.case(), contributions("escalate", voices))
}

#[test]
fn escalations_climb_but_do_not_leak() {
    let plan = json!({
        "notify": [send("role:organisation/general-manager", json!({"acknowledge_within": "PT1H"})), send("role:legal/head", json!({"answer_within": "PT1H"})), send("department:sales", json!({"by": ["partner"]}))],
        "level": 2, "assign": "role:sales/head",
        "goals": [{"name": "next", "within": "PT9H"}, {"name": "close", "within": "PT1H"}, {"name": "foreign", "within": "PT1H", "owner": "person:p.head"}],
    });
    let house = json!({"level": 1, "assign": "person:gm"});
    let merged = escalated(json!({}), &[of(SALES, plan.clone())]);
    agree(
        "internal",
        &json!(merged),
        &merged.cuts,
        &[
            ("/notify/role:organisation~1general-manager/acknowledge/0/within", json!("PT1H")),
            ("/notify/role:legal~1head", json!({})),
            ("/notify/department:sales/by", json!(["partner"])),
            ("/assign", json!("role:sales/head")),
            ("/level", json!(2)),
            ("/goals/0/name", json!("next")),
            ("/goals/1", json!(null)),
            ("/configuration", json!(7)),
        ],
        &["an answer from `role:legal/head`", "goal `close`", "goal `foreign` for `person:p.head`"],
    );
    let confidential = json!({"classification": "confidential"});
    let merged = escalated(confidential, &[of(SALES, plan), of(HOUSE, house)]);
    agree(
        "confidential",
        &json!(merged),
        &merged.cuts,
        &[("/notify/department:sales", json!(null)), ("/assign", json!("person:gm")), ("/level", json!(1))],
        &[
            "an answer from",
            "goal `close`",
            "goal `foreign`",
            "goal `next` for `person:gm`",
            "telling `department:sales`: the message is confidential",
        ],
    );
}

#[test]
fn a_restriction_does_not_end_with_a_deadline() {
    let restricted = |limits: Value| json!({"restrictions": [merged(limits, json!({"set_by": "organisation/base"}))]});
    let by = |channels: Value| json!({"notify": [send("role:sales/head", json!({"by": channels}))]});
    let inbox = restricted(json!({"channels": ["inbox"]}));
    // What is left of the channels is the inbox, for the organisation's own bundles as well.
    for (voice, asked, left) in [
        (SALES, json!(["phone", "inbox"]), json!(["inbox"])),
        (SALES, json!(["phone"]), json!(null)),
        (HOUSE, json!(["phone"]), json!(null)),
    ] {
        let merged = escalated(inbox.clone(), &[of(voice, by(asked))]);
        let cut =
            format!("{}: channel `phone` to `role:sales/head`: `organisation/base` restricts the channels", voice.0);
        let seen = [("/notify/role:sales~1head/by", left)];
        agree("channels", &json!(merged), &merged.cuts, &seen, &[&cut]);
    }
    let plan = json!({
        "notify": [send("role:sales/head", json!({})), send("role:sales/agent", json!({}))], "assign": "role:sales/agent",
    });
    let merged = escalated(restricted(json!({"recipients": ["role:sales/head"]})), &[of(SALES, plan)]);
    agree(
        "recipients",
        &json!(merged),
        &merged.cuts,
        &[
            ("/notify/role:sales~1head", json!({})),
            ("/notify/role:sales~1agent", json!(null)),
            ("/assign", json!(null)),
        ],
        &[
            "sales/x: making `role:sales/agent` accountable: `organisation/base` restricts whom",
            "sales/x: telling `role:sales/agent`: `organisation/base` restricts whom",
        ],
    );
}
