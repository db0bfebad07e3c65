use std::collections::{BTreeMap, BTreeSet};

use herald_core::case::{Outstanding, Status};
use herald_core::decision::{FailureCause, Flag};
use herald_core::ids::{CaseId, Shard};
use herald_core::message::Level;
use serde_json::{Value, json};

use super::*;
use crate::limits::HostLimits;
use crate::testing::{load, message, world};

/// Bundles by id, script and the rest of their manifest.
fn set(bundles: &[(&str, &str, &str)]) -> PolicySet {
    PolicySet::new(bundles.iter().map(|(id, script, more)| Arc::new(load(id, script, more))).collect())
}

/// Who was asked what, in order: `sales/one route sender`, with `!` for a failure.
fn asked(contributions: &[Contribution]) -> Vec<String> {
    contributions
        .iter()
        .map(|c| {
            let failed = if matches!(c.outcome, HookOutcome::Failed { .. }) { " !" } else { "" };
            format!("{} {} {}{failed}", c.bundle, c.hook, c.layer)
        })
        .collect()
}

#[test]
fn layers_are_asked_in_order_each_bundle_once() {
    let set = set(&[
        ("sales/a", "fn route(message, plan) { plan.send(\"department:legal\"); }", ""),
        ("customer-service/b", "fn route(message, plan) { plan.send(\"department:sales\"); }", ""),
        ("customer-service/a", "fn route(message, plan) { plan.send(\"role:customer-service/head\"); }", ""),
        ("organisation/a", "fn route(message, plan) { plan.send(\"department:production\"); }", ""),
        ("production/a", "fn route(message, plan) { plan.level = 1; }", ""),
        ("production/other-kind", "fn route(message, plan) { plan.level = 1; }", "[applies_to]\nkinds = [\"fault\"]"),
        ("public-relations/a", "fn route(message, plan) {}", ""),
        ("legal/a", "fn route(message, plan) {}", ""),
    ]);
    let decision = set.decide(&world(), &message(json!({"to": ["department:public-relations"]})));
    assert_eq!(
        asked(&decision.contributions),
        [
            "organisation/a route organisation",
            "customer-service/a route sender",
            "customer-service/b route sender",
            "public-relations/a route receiver",
            "production/a route receiver",
            "sales/a route receiver",
        ],
        "legal is named by a receiver only"
    );
    assert_eq!((decision.plan.level, decision.configuration), (Level::ONE, 7));
    assert!(decision.held.is_none());
}

#[test]
fn approve_is_selected_by_what_the_routes_came_to() {
    let approve = "fn approve(message, route, plan) { plan.stage(\"s\").any_of([\"role:legal/head\"]); }";
    let set = set(&[
        (
            "customer-service/route",
            "fn route(message, plan) { plan.audience = \"external\"; plan.label(\"tier\", \"key\"); plan.send(\"department:sales\"); }",
            "",
        ),
        ("organisation/external", approve, "[applies_to]\naudience = [\"external\"]"),
        ("organisation/internal", approve, "[applies_to]\naudience = [\"department\"]"),
        ("sales/key", approve, "[applies_to]\nlabels.tier = \"key\""),
        ("legal/never", approve, ""),
    ]);
    let decision = set.decide(&world(), &message(json!({})));
    assert_eq!(
        asked(&decision.contributions),
        [
            "customer-service/route route sender",
            "organisation/external approve organisation",
            "sales/key approve receiver"
        ]
    );
    assert_eq!(decision.plan.stages.len(), 1);
}

#[test]
fn a_failure_changes_the_outcome_only_as_the_manifest_says() {
    let good = ("customer-service/good", "fn route(message, plan) { plan.send(\"role:customer-service/head\"); }", "");
    let broken = "fn route(message, plan) { throw \"broken\"; }";
    let refuses = "fn approve(message, route, plan) { throw \"broken\"; }";
    let house_stage = "fn approve(message, route, plan) { plan.stage(\"house\").any_of([\"role:legal/head\"]); }";
    let urgent_fault = json!({"kind": "fault", "urgency": "urgent"});
    let hold = "[on_failure]\nroute = \"hold\"";
    let skip = "[on_failure]\nroute = \"skip\"\napprove = \"skip\"";
    // What failed, the message, whether it is held, whether it is approved afterwards, flags.
    for (bundle, more, change, held, afterwards, flags) in [
        (("customer-service/x", broken), "", json!({}), false, false, &[Flag::PolicyFailed][..]),
        (("customer-service/x", broken), hold, json!({}), true, false, &[Flag::PolicyFailed]),
        (("organisation/x", broken), "", json!({}), true, false, &[Flag::PolicyFailed]),
        (("organisation/x", broken), skip, json!({}), false, false, &[Flag::PolicyFailed]),
        (("customer-service/x", refuses), "", json!({}), true, false, &[]),
        (("customer-service/x", refuses), skip, json!({}), false, false, &[Flag::PolicyFailed]),
        (("customer-service/x", refuses), "", json!({"kind": "fault"}), true, false, &[]),
        (("customer-service/x", refuses), "", json!({"urgency": "urgent"}), true, false, &[]),
        (("customer-service/x", refuses), "", urgent_fault.clone(), false, true, &[Flag::ApprovalFailed]),
    ] {
        let set = set(&[good, (bundle.0, bundle.1, more)]);
        let decision = set.decide(&world(), &message(change.clone()));
        let found = (decision.held.is_some(), decision.plan.post_hoc, decision.plan.flags.clone());
        assert_eq!(found, (held, afterwards, flags.iter().copied().collect()), "{bundle:?} {more} {change}");
        assert_eq!(decision.plan.recipients.len(), 1, "the others' plans are kept");
        if let Some(held) = decision.held {
            assert_eq!(held.bundle.to_string(), bundle.0);
            assert!(held.reason.contains("policy.rhai:1:") && held.reason.ends_with(": broken"), "{}", held.reason);
        }
    }
    // What somebody else wants approved first is not opened because an approval failed.
    let both = set(&[good, ("customer-service/x", refuses, ""), ("organisation/house", house_stage, "")]);
    let decision = both.decide(&world(), &message(urgent_fault));
    assert!(decision.held.is_some() && !decision.plan.post_hoc);
}

#[test]
fn what_is_stopped_counts_as_failed_and_opens_nothing() {
    let fine = "fn route(message, plan) { plan.level = 1; } fn approve(message, route, plan) {}";
    let suspend = |on_failure: &str| format!("[on_failure]\nafter_three = \"suspend\"\n{on_failure}");
    let suspended = |id: &str, on_failure: &str| {
        let before = set(&[("sales/other", fine, ""), (id, fine, &suspend(on_failure))]);
        assert!(before.decide(&world(), &message(json!({}))).held.is_none());
        let id: BundleId = id.parse().unwrap();
        assert!(before.suspend(&id, 2).is_none(), "another revision is in force");
        let after = before.suspend(&id, 3).unwrap();
        assert!(after.suspend(&id, 3).is_none(), "it is suspended already");
        assert!(before.suspend(&"sales/other".parse().unwrap(), 3).is_none(), "it does not ask for it");
        after
    };
    let not_loaded = |id: &str, manifest: Option<&str>| {
        let (id, host) = (id.parse().unwrap(), HostLimits::default());
        let bundle = Bundle::not_loaded(&id, 3, String::new(), manifest, &host, "no such verb".to_owned());
        set(&[("sales/other", fine, "")]).with(Arc::new(bundle))
    };
    let manifest = |id: &str, more: &str| crate::testing::manifest(id, "fn route(", more);
    let (own, house) = ("customer-service/x", "organisation/x");
    let other_kind = manifest(house, "[applies_to]\nkinds = [\"fault\"]");
    for (name, set, held, cause) in [
        ("a suspended bundle of the house", suspended(house, ""), true, Some("suspended")),
        ("the same, which skips", suspended(house, "route = \"skip\"\napprove = \"skip\""), false, Some("suspended")),
        ("a suspended gate of a department", suspended(own, ""), true, Some("suspended")),
        ("the same, which skips", suspended(own, "approve = \"skip\""), false, Some("suspended")),
        ("no manifest, of the house", not_loaded(house, None), true, Some("not-loaded")),
        ("no manifest, of a department: its gate holds", not_loaded(own, Some("name = 5")), true, Some("not-loaded")),
        ("a manifest without a gate", not_loaded(own, Some(&manifest(own, ""))), false, Some("not-loaded")),
        ("a manifest for other messages", not_loaded(house, Some(&other_kind)), false, None),
        ("somebody else's manifest", not_loaded(house, Some(&manifest(own, ""))), true, Some("not-loaded")),
    ] {
        let decision = set.decide(&world(), &message(json!({})));
        let found = decision.contributions.iter().find_map(|contribution| match &contribution.outcome {
            HookOutcome::Failed { cause, .. } => Some(cause.as_str()),
            HookOutcome::Plan(_) => None,
        });
        assert_eq!((decision.held.is_some(), found), (held, cause), "{name}");
    }
}

#[test]
fn when_nothing_routes_the_catch_all_gets_it() {
    let set =
        set(&[("customer-service/x", "fn route(message, plan) { loop { } }", "[limits]\noperation_limit = 1000")]);
    let decision = set.decide(&world(), &message(json!({})));
    assert_eq!(decision.plan.flags, BTreeSet::from([Flag::Unrouted, Flag::PolicyFailed]));
    assert!(!decision.plan.recipients.is_empty() && decision.held.is_none());
    let HookOutcome::Failed { cause, .. } = decision.contributions[0].outcome else { panic!() };
    assert_eq!(cause, FailureCause::Operations);
    assert!(PolicySet::default().decide(&world(), &message(json!({}))).plan.flags.contains(&Flag::Unrouted));
}

fn case() -> Case {
    let at: Timestamp = "2026-11-20T08:30:00Z".parse().unwrap();
    let message = message(json!({}));
    Case {
        id: CaseId::new(at, Shard::of_digest(1), 1),
        version: 1,
        status: Status::Open,
        kind: message.kind.clone(),
        name: String::new(),
        subject: String::new(),
        document_number: None,
        message_version: 1,
        sender: message.sender.clone(),
        department: message.department.clone(),
        receivers: Vec::new(),
        urgency: message.urgency,
        level: Level::TWO,
        audience: message.audience,
        content_type: message.content_type,
        classification: message.classification,
        restrictions: Vec::new(),
        labels: BTreeMap::new(),
        dedup_key: None,
        caused_by: None,
        archive: herald_core::organisation::ArchiveClass::Standard,
        flags: BTreeSet::new(),
        held: None,
        accountable: None,
        plan: None,
        stages: Vec::new(),
        information_only: false,
        must_answer_after: None,
        outstanding: Outstanding::default(),
        made: herald_core::case::Made::default(),
        promises: BTreeMap::new(),
        starting: Vec::new(),
        stopping: Vec::new(),
        submitted_at: at,
        updated_at: at,
        opened_at: Some(at),
        resolved_at: None,
        ended_at: None,
    }
}

#[test]
fn what_the_organisation_restricted_is_restricted_when_it_escalates() {
    let route = "fn route(message, plan) { plan.restrict_channels([\"inbox\"]); }";
    let own = "fn escalate(message, breach, plan) { plan.notify(\"role:customer-service/head\").by([\"phone\", \"inbox\"]); }";
    let set = set(&[("organisation/house", route, ""), ("customer-service/setter", own, "")]);
    let mut case = case();
    let channels = |case: &Case| {
        let setter = json!({"bundle": "customer-service/setter"});
        let escalation = set.escalate(&world(), &message(json!({})), case, &breach(setter));
        let by = escalation.notify.values().flat_map(|reach| &reach.by).map(ToString::to_string).collect::<Vec<_>>();
        (by.join(" "), escalation.cuts.iter().map(|cut| format!("{}: {}", cut.what, cut.why)).collect::<Vec<_>>())
    };
    assert_eq!(channels(&case), ("inbox phone".to_owned(), Vec::new()));
    case.restrictions = set.decide(&world(), &message(json!({}))).plan.restrictions;
    let why =
        "channel `phone` to `role:customer-service/head`: `organisation/house` restricts the channels of the message";
    assert_eq!(channels(&case), ("inbox".to_owned(), vec![why.to_owned()]));
}

/// A breach of a goal that `set_by` set.
fn breach(set_by: Value) -> Breach {
    Breach {
        goal: "answer".parse().unwrap(),
        owners: vec!["han".parse().unwrap()],
        declined: None,
        due: "2026-11-21T08:30:00Z".parse().unwrap(),
        at: "2026-11-21T08:30:00Z".parse().unwrap(),
        set_by: serde_json::from_value(set_by).unwrap(),
        reached: vec![Recipient::Person("han".parse().unwrap()), Recipient::Group("role:sales/head".parse().unwrap())],
    }
}

#[test]
fn a_breach_asks_who_set_the_goal_and_the_organisation() {
    let notify = |whom: &str| format!("fn escalate(message, breach, plan) {{ plan.notify(\"role:{whom}/head\"); }}");
    let (own, other) = (notify("customer-service"), notify("sales"));
    let house = "fn escalate(message, breach, plan) { if breach.reached == [\"person:han\", \"role:sales/head\"] && breach.level == 2 { plan.level = 1; } }";
    let set = set(&[
        ("customer-service/setter", &own, ""),
        ("customer-service/other", &other, ""),
        ("sales/other", &other, ""),
        ("customer-service/silent", "fn route(message, plan) {}", ""),
        ("organisation/house", house, "[applies_to]\nkinds = [\"complaint\"]"),
        ("organisation/other-kind", house, "[applies_to]\nkinds = [\"fault\"]"),
    ]);
    for (set_by, wanted) in [
        (
            json!({"bundle": "customer-service/setter"}),
            &["organisation/house escalate organisation", "customer-service/setter escalate sender"][..],
        ),
        (
            json!({"bundle": "sales/other"}),
            &["organisation/house escalate organisation", "sales/other escalate receiver"],
        ),
        (json!({"bundle": "customer-service/silent"}), &["organisation/house escalate organisation"]),
        (json!({"bundle": "customer-service/gone"}), &["organisation/house escalate organisation"]),
        (json!({"bundle": "organisation/house"}), &["organisation/house escalate organisation"]),
        (
            json!({"bundle": "organisation/other-kind"}),
            &["organisation/house escalate organisation", "organisation/other-kind escalate organisation"],
        ),
        (json!("host"), &["organisation/house escalate organisation"]),
    ] {
        let escalation = set.escalate(&world(), &message(json!({})), &case(), &breach(set_by.clone()));
        assert_eq!(asked(&escalation.contributions), wanted, "{set_by}");
        assert_eq!(escalation.level, Some(Level::ONE));
        assert_eq!(escalation.configuration, 7);
    }
}

#[test]
fn publishing_makes_a_new_set_and_leaves_the_old_one() {
    let route = |level: u8| format!("fn route(message, plan) {{ plan.level = {level}; }}");
    let old = set(&[("customer-service/a", &route(3), ""), ("sales/a", &route(2), "")]);
    let id: BundleId = "customer-service/a".parse().unwrap();
    let new = old.with(Arc::new(load("customer-service/a", &route(1), "")));
    let none = new.without(&id);
    let level = |set: &PolicySet| set.decide(&world(), &message(json!({}))).plan.level;
    assert_eq!((level(&old), level(&new), level(&none)), (Level::THREE, Level::ONE, Level::THREE));
    assert_eq!((new.bundles().count(), none.bundles().count()), (2, 1));
    assert!(none.get(&id).is_none() && old.get(&id).is_some());
    let shelf = |set: &PolicySet| Arc::as_ptr(&set.shelves[&DepartmentId::new("sales").unwrap()]);
    assert_eq!(shelf(&old), shelf(&new), "another department's shelf is not built again");
}
