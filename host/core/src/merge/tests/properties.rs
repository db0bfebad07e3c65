//! What holds of every merge, whatever the bundles ask.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{approve, contributions, route, send};
use crate::decision::{Layer, Plan};
use crate::fixture::{message, organisation};
use crate::message::{Audience, Classification};
use crate::organisation::ArchiveClass;
use crate::plan::RoutePlan;
use crate::target::Target;

/// A route plan of some of the parts that there are, by the bits of `picks`.
fn route_plan(picks: u32) -> Value {
    let bit = |n: u32| picks >> n & 1 == 1;
    let some = |n: u32, of: &[&str]| bit(n).then(|| of[(picks >> 20) as usize % of.len()].to_owned());
    let all_sends = [
        send("department:sales", json!({"answer_within": "PT4H", "by": ["room"]})),
        send("everyone", json!({"acknowledge_within": "PT1H"})),
        send("role:legal/head", json!({"by": ["bulletin", "inbox"]})),
        send("contact:acme", json!({"by": ["partner"]})),
        send("person:p.mate", json!({"report_every": "PT9H"})),
    ];
    let sends: Vec<_> =
        all_sends.into_iter().enumerate().filter(|(n, _)| picks >> n & 1 == 1).map(|(_, send)| send).collect();
    let goals = if bit(5) {
        json!([{"name": "a", "within": "PT4H", "owner": "role:sales/head"}, {"name": "b", "within": {"working_days": 1}}])
    } else {
        json!([])
    };
    json!({
        "level": bit(6).then_some(picks >> 20 & 1 | 2), "classification": some(7, &["public", "internal", "confidential", "restricted"]),
        "audience": some(8, &["everyone", "department", "external"]), "sends": sends, "goals": goals, "assign": some(9, &["person:gm", "role:sales/head", "person:p.mate"]),
        "digest": some(10, &["daily", "weekly"]), "labels": if bit(11) { json!({"l": (picks >> 20).to_string()}) } else { json!({}) },
        "archive": some(12, &["standard", "extended", "permanent"]), "restrict": bit(13).then(|| json!({"recipients": ["role:sales/head", "department:sales"], "channels": ["room"]})),
    })
}

const BUNDLES: &[(&str, &str)] = &[
    ("organisation/a", "organisation"),
    ("organisation/b", "organisation"),
    ("production/a", "sender"),
    ("production/b", "sender"),
    ("sales/a", "receiver"),
    ("sales/b", "receiver"),
    ("legal/a", "receiver"),
];

fn voices(picks: &[(usize, u32)]) -> Vec<(&'static str, &'static str, Value)> {
    let seen: BTreeSet<usize> = picks.iter().map(|(bundle, _)| *bundle).collect();
    let of = |bundle: usize| picks.iter().find(|(b, _)| *b == bundle).unwrap().1;
    seen.into_iter().map(|bundle| (BUNDLES[bundle].0, BUNDLES[bundle].1, route_plan(of(bundle)))).collect()
}

fn picks() -> impl Strategy<Value = Vec<(usize, u32)>> {
    prop::collection::vec((0..BUNDLES.len(), any::<u32>()), 0..7)
}

fn written_and_read<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    let written = serde_json::to_string(value).unwrap();
    let read: T = serde_json::from_str(&written).unwrap();
    assert_eq!(read, *value, "{written}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_bundles_makes_no_difference(picks in picks(), turn in 0..7_usize) {
        let organisation = organisation();
        let message = message(json!({"to": ["department:legal"]}));
        let one = contributions("route", &voices(&picks));
        let mut other = one.clone();
        other.rotate_left(turn.min(one.len()));
        other.reverse();
        let (plan, cuts) = route(&organisation, &message, &one);
        let (other_plan, other_cuts) = route(&organisation, &message, &other);
        prop_assert_eq!(&plan, &other_plan);
        prop_assert_eq!(&cuts, &other_cuts);
        written_and_read(&plan);
        written_and_read(&cuts);
        written_and_read(&one);
    }

    #[test]
    fn a_department_never_loosens_what_the_organisation_set(picks in picks(), class in 0..4_usize) {
        let organisation = organisation();
        let message = message(json!({"classification": Classification::ALL[class]}));
        let all = contributions("route", &voices(&picks));
        let house: Vec<_> = all.iter().filter(|c| c.layer == Layer::Organisation).cloned().collect();
        let (with, _) = route(&organisation, &message, &all);
        let (alone, _) = route(&organisation, &message, &house);
        let plans: Vec<RoutePlan> =
            voices(&picks).into_iter().filter(|v| v.1 == "organisation").map(|v| serde_json::from_value(v.2).unwrap()).collect();
        prop_assert!(with.classification >= alone.classification);
        prop_assert!(with.classification >= message.classification);
        prop_assert!(with.archive >= alone.archive);
        if plans.iter().any(|plan| plan.level.is_some()) {
            prop_assert_eq!(with.level, alone.level);
        }
        if plans.iter().any(|plan| plan.audience.is_some()) {
            prop_assert_eq!(with.audience, alone.audience);
        } else {
            prop_assert!(with.audience >= message.audience);
        }
        if plans.iter().any(|plan| plan.assign.is_some()) {
            prop_assert_eq!(&with.accountable, &alone.accountable);
        }
        if plans.iter().any(|plan| plan.digest.is_none() && !plan.sends.is_empty()) {
            prop_assert_eq!(&with.digest, &None);
        }
        for goal in &alone.goals {
            prop_assert!(with.goals.contains(goal) || alone.accountable != with.accountable || goal.plan.owner.is_none());
        }
        let restrictions = || plans.iter().filter_map(|plan| plan.restrict.as_ref());
        for target in with.recipients.keys() {
            let beyond = restrictions().filter_map(|of| of.recipients.as_ref()).any(|allowed| !allowed.contains(target));
            let catch_all = *target == "person:duty".parse::<Target>().unwrap();
            prop_assert!(!beyond || catch_all, "{} is beyond a restriction", target);
        }
        for channel in with.recipients.values().flat_map(|reach| &reach.by) {
            prop_assert!(restrictions().filter_map(|of| of.channels.as_ref()).all(|allowed| allowed.contains(channel)));
        }
        prop_assert!(!with.recipients.is_empty());
    }

    #[test]
    fn no_stage_is_lost(picks in prop::collection::vec((0..BUNDLES.len(), 0..3_usize, 0..3_usize, any::<bool>()), 0..9)) {
        let (organisation, message) = (organisation(), message(json!({"kind": "fault"})));
        let voices: Vec<_> = picks.iter().map(|(bundle, name, approver, post_hoc)| {
            let approver = ["person:gm", "role:legal/head", "role:sales/head"][*approver];
            let name = ["a", "b", "a.2"][*name];
            let stage = json!({"name": name, "approvers": [approver]});
            (BUNDLES[*bundle].0, BUNDLES[*bundle].1, json!({"stages": [stage], "post_hoc": post_hoc}))
        }).collect();
        let mut plan: Plan = crate::fixture::plan(json!({}));
        let cuts = approve(&organisation, &message, &mut plan, &contributions("approve", &voices));
        for (_, _, asked) in &voices {
            let found = plan.stages.iter().any(|stage| json!(stage.plan.approvers) == asked["stages"][0]["approvers"]);
            prop_assert!(found, "{:?} in {:?}", asked, plan.stages);
        }
        let names: BTreeSet<_> = plan.stages.iter().map(|stage| &stage.plan.name).collect();
        prop_assert_eq!(names.len(), plan.stages.len());
        let insists = voices.iter().any(|voice| voice.1 == "organisation" && voice.2["post_hoc"] == false);
        prop_assert!(!(insists && plan.post_hoc));
        let mut reversed = contributions("approve", &voices);
        // Several plans of one bundle keep their order; whole bundles change places.
        reversed.sort_by(|a, b| b.bundle.cmp(&a.bundle));
        let mut other: Plan = crate::fixture::plan(json!({}));
        let other_cuts = approve(&organisation, &message, &mut other, &reversed);
        prop_assert_eq!(&plan, &other);
        prop_assert_eq!(cuts, other_cuts);
        written_and_read(&plan);
    }
}

#[test]
fn plans_keep_their_words_when_they_are_written() {
    let stages = json!([
        {"name": "a", "approvers": ["person:gm"], "mode": {"quorum": 3}, "within": {"working_days": 2}, "set_by": "sales/x"},
        {"name": "b", "phase": "channel", "approvers": ["everyone"], "mode": "sequential", "at_deadline": "reject"},
    ]);
    let goals = json!([{"name": "stage:a", "owner": "contact:acme", "starts": "met:stage:a", "within": "PT1H30M", "repeats": true, "set_by": "sales/x"}]);
    let recipients = json!({"role:sales/head": {"answer": [{"within": {"working_minutes": 5}, "set_by": "sales/x"}]}, "contact:acme": {}});
    let plan: Plan = crate::fixture::plan(
        json!({"stages": stages, "goals": goals, "recipients": recipients, "flags": ["unrouted"]}),
    );
    written_and_read(&plan);
    // A misspelt field of a stage or a goal is not lost in silence.
    for wrong in [
        json!({"stages": [{"name": "a", "approvers": [], "fase": "legal"}]}),
        json!({"goals": [{"name": "a", "within": "PT1H", "owns": "x"}]}),
    ] {
        assert!(serde_json::from_value::<crate::plan::ApprovePlan>(wrong.clone()).is_err());
        assert!(serde_json::from_value::<RoutePlan>(wrong).is_err());
    }
    assert!(Audience::External > Audience::Department && ArchiveClass::Permanent > ArchiveClass::Standard);
}
