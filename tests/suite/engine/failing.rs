//! Policies that keep failing: marked, told of once, suspended if they ask for it, and never in a loop.

use herald_core::case::Status;
use herald_core::decision::{BundleId, Hook};
use herald_core::event::Event;
use herald_core::failing::notice_kind;
use herald_core::ids::CaseId;
use herald_core::organisation::Organisation;
use herald_engine::{Answer, Ask, Draft};
use herald_store::partition::CaseFilter;
use herald_store::{Partition, StoreSettings};
use herald_tests::house::{House, configured_with, draft, hours, organisation, partition, requester, settings};
use serde_json::json;

/// A policy of the house that is for every message, notices too, and fails for each.
const BROKEN: (&str, &str) = (
    "name = \"broken\"\ndepartment = \"organisation\"\nlanguage = \"rhai\"\nhooks = [\"route\", \"escalate\"]\n\
     [on_failure]\nroute = \"skip\"\n",
    "fn route(message, plan) { throw \"no\"; } fn escalate(message, breach, plan) { throw \"no\"; }",
);

fn failing_draft() -> Draft {
    draft(json!({}), &["fail"])
}

/// The notices there are, newest first, with where they stand.
fn notices(house: &House) -> Vec<(CaseId, Status)> {
    let kind = notice_kind();
    let filter = CaseFilter { kind: Some(&kind), ..CaseFilter::default() };
    let of = |partition: &Partition| partition.snapshot().unwrap().cases(filter, None, 100).unwrap().cases;
    house.engine.partitions().flat_map(of).map(|case| (case.id, case.status)).collect()
}

/// How often in a row a bundle failed, if it keeps failing.
fn failures(house: &House, id: &str) -> Option<u32> {
    let (id, failing) = (id.parse::<BundleId>().unwrap(), house.engine.failing().unwrap());
    failing.into_iter().find(|((bundle, _), _)| *bundle == id).map(|(_, failing)| failing.streak.failures)
}

async fn submit(house: &House, draft: Draft) -> Answer {
    house.submit("li", draft).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn three_failures_in_a_row_mark_a_bundle_and_are_told_once() {
    let house = House::open(partition(), hours(0));
    for _ in 0..3 {
        house.engine.evaluate(&requester("li"), failing_draft()).await.unwrap();
    }
    for draft in [failing_draft(), failing_draft(), draft(json!({}), &[]), failing_draft(), failing_draft()] {
        submit(&house, draft).await;
    }
    house.settle().await;
    assert_eq!((failures(&house, "organisation/fault"), notices(&house)), (None, vec![]), "a trial does not count");

    let last = submit(&house, failing_draft()).await.case;
    house.until("a notice is given", |house| !notices(house).is_empty()).await;
    assert_eq!(failures(&house, "organisation/fault"), Some(3));
    let (notice, _) = notices(&house)[0];
    let view = house.view(notice);
    assert_eq!(view.subject, "policy organisation/fault revision 1 keeps failing");
    // The organisation has no head here: its catch-all stands in.
    let inbox = |house: &House| {
        let snapshot = house.engine.partition_of(notice).snapshot().unwrap();
        snapshot.inbox_tasks(&"chen".parse().unwrap(), None, 10).unwrap().len()
    };
    assert_eq!((view.tasks[0].row.holders[0].as_str(), inbox(&house)), ("chen", 1));
    let snapshot = house.engine.partition_of(notice).snapshot().unwrap();
    let message = snapshot.message(notice, 1).unwrap().unwrap();
    assert_eq!((message.caused_by, &message.body["cause"]), (Some(last), &json!("error")));
    assert!(
        !serde_json::to_string(&message).unwrap().contains("told to fail"),
        "what the policy said stays with the case"
    );
    drop(snapshot);

    submit(&house, failing_draft()).await;
    house.settle().await;
    assert_eq!((failures(&house, "organisation/fault"), notices(&house).len()), (Some(4), 1));
    submit(&house, draft(json!({}), &[])).await;
    house.settle().await;
    assert_eq!(failures(&house, "organisation/fault"), None, "a success ends it");
    assert_eq!(notices(&house), [(notice, Status::Open)], "what went wrong is still to be looked at");

    let next = Organisation { revision: 2, ..organisation() };
    house.engine.configure(configured_with(next, 2, "", &[]));
    house.until("the notice is taken back", |house| notices(house) == [(notice, Status::Withdrawn)]).await;
    assert_eq!(inbox(&house), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_failing_does_so_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let open = || Partition::open(&data.path().join("p"), &StoreSettings::default()).unwrap();
    let house = House::open(open(), hours(0));
    for _ in 0..3 {
        submit(&house, failing_draft()).await;
    }
    house.until("a notice is given", |house| !notices(house).is_empty()).await;
    let before = notices(&house);
    house.engine.shutdown().await;
    drop(house);

    let house = House::open(open(), hours(1));
    house.settle().await;
    assert_eq!((failures(&house, "organisation/fault"), notices(&house)), (Some(3), before));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_that_asks_for_it_is_suspended_and_its_gate_stays_shut() {
    let house = House::open(partition(), hours(0));
    let suspends =
        |revision| configured_with(organisation(), revision, "[on_failure]\nafter_three = \"suspend\"\n", &[]);
    house.engine.configure(suspends(1));
    for _ in 0..3 {
        submit(&house, failing_draft()).await;
    }
    house.until("a notice is given", |house| !notices(house).is_empty()).await;
    let held = submit(&house, draft(json!({}), &[])).await;
    assert_eq!(held.view.unwrap().status, Status::Held, "what the house suspended opens nothing");
    assert_eq!(failures(&house, "organisation/fault"), Some(3), "it was not asked");
    // Another publication does not forget it.
    house.engine.configure(suspends(1));
    assert!(house.engine.configured().policies.bundles().all(|bundle| bundle.stopped().is_some()));

    house.engine.configure(suspends(2));
    let mut admin = requester("chen");
    admin.admin = true;
    house.engine.ask(&admin, None, held.case, None, Ask::Release).await.unwrap();
    assert_eq!(house.view(held.case).status, Status::Open, "another revision is asked again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_fails_for_everything_is_not_asked_about_its_own_notice() {
    let house = House::open(partition(), hours(0));
    house.engine.configure(configured_with(organisation(), 1, "", &[BROKEN]));
    for _ in 0..3 {
        submit(&house, draft(json!({}), &[])).await;
    }
    house.until("a notice is given", |house| !notices(house).is_empty()).await;
    // Unanswered for a day, it is breached; nobody's `escalate` is asked.
    house.turn_to(hours(25));
    let (notice, _) = notices(&house)[0];
    let escalated = |event: &Event| matches!(event, Event::Escalated { .. });
    house.until("it escalates", |house| house.count(notice, escalated) == 1).await;
    let asked = |event: &Event| !event.contributions().is_empty();
    assert_eq!((house.count(notice, asked), notices(&house).len()), (0, 1));
    // The three messages were not answered either: about those its `escalate` is asked.
    let snapshot = house.engine.partition_of(notice).snapshot().unwrap();
    let failures = snapshot.failures_of(&"organisation/broken".parse().unwrap(), 1).unwrap();
    assert_eq!(failures.in_a_row(Hook::Route), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_one_notice_however_many_partitions() {
    let house = House::of(vec![partition(), partition()], hours(0), settings());
    for _ in 0..16 {
        submit(&house, failing_draft()).await;
    }
    house.until("a notice is given", |house| !notices(house).is_empty()).await;
    house.settle().await;
    assert_eq!((notices(&house).len(), failures(&house, "organisation/fault")), (1, Some(16)));
}
