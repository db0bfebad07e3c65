//! Deliveries: tried until they arrive or are given up, one try at a time, under one id.

use herald_core::access::Requester;
use herald_core::case::DeliveryStatus;
use herald_core::ids::{CaseId, DeliveryNumber};
use herald_engine::{Ask, Carried, Draft, Settings, payload};
use herald_store::{Partition, StoreSettings};
use herald_tests::house::{House, PANIC, draft, hours, partition, requester, settings};
use serde_json::{Value, json};

fn by(channel: &str) -> Draft {
    draft(json!({"by": channel}), &[])
}

/// The delivery through a channel other than the inbox: where it stands, and how often it was tried.
fn delivery(house: &House, case: CaseId) -> (DeliveryNumber, DeliveryStatus, u32) {
    let view = house.view(case);
    let found = view.deliveries.into_iter().find(|delivery| delivery.row.channel.as_str() != "inbox").unwrap();
    (found.row.number, found.row.status, found.row.attempts)
}

fn failed(reason: &str) -> Carried {
    Carried::Failed { reason: reason.to_owned(), not_before: None }
}

async fn until_tried(house: &House, case: CaseId, times: u32) {
    house.until("it is tried", |house| delivery(house, case).2 >= times).await;
    house.settle().await;
    assert_eq!(delivery(house, case).2, times);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrives_is_not_sent_again() {
    let house = House::open(partition(), hours(0));
    let gate = house.courier.hold();
    let case = house.fault(by("screen")).await;
    house.until("it goes out", |house| !house.courier.handed().is_empty()).await;
    // While it is under way, other commits and the clock bring the outbox to look again.
    house.fault(draft(json!({}), &[])).await;
    house.turn_to(hours(1));
    house.settle().await;
    assert_eq!(house.courier.handed().len(), 1);
    gate.add_permits(1);
    until_tried(&house, case, 1).await;
    assert_eq!(delivery(&house, case).1, DeliveryStatus::Delivered);

    let handed = house.courier.handed();
    assert_eq!(handed.len(), 1);
    assert_eq!(handed[0].id.to_string(), format!("{case}_d{}", delivery(&house, case).0.0));
    let document: Value = serde_json::from_slice(&handed[0].body).unwrap();
    assert_eq!(document["type"], "herald.message");
    assert_eq!(document["timestamp"], "2026-11-23T06:00:00Z");
    assert_eq!(document["data"]["case"]["path"], format!("/v1/messages/{case}"));
    assert_eq!(document["data"]["message"]["body"]["machine"], "IM-03");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_tried_again_in_its_time_and_given_up_in_the_end() {
    let house = House::open(partition(), hours(0));
    // A courier that panics has failed; there is nothing more to it.
    house.courier.will([failed("no route"), failed(PANIC), failed("still no route")]);
    let case = house.fault(by("screen")).await;
    for tries in 1..=3 {
        until_tried(&house, case, tries).await;
        house.turn_to(hours(i64::from(tries)));
    }
    let (number, status, _) = delivery(&house, case);
    assert_eq!(status, DeliveryStatus::Dead);
    let ids: std::collections::BTreeSet<_> =
        house.courier.handed().iter().map(|parcel| parcel.id.to_string()).collect();
    assert_eq!((house.courier.handed().len(), ids.len()), (3, 1));
    let dead = house.engine.partition_of(case).snapshot().unwrap().dead_letters(None, 10).unwrap();
    assert_eq!(dead.len(), 1);

    // Replayed, it is tried from the start, under the same id.
    let admin = Requester { admin: true, ..requester("chen") };
    house.engine.ask(&admin, None, case, None, Ask::Replay(number)).await.unwrap();
    house.until("it arrives", |house| delivery(house, case).1 == DeliveryStatus::Delivered).await;
    assert_eq!(house.courier.handed()[3].id, house.courier.handed()[0].id);
    assert_eq!((house.engine.stats().attempts.get(), house.engine.stats().given_up.get()), (4, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_asks_for_time_gets_it_and_a_refusal_is_final() {
    let house = House::open(partition(), hours(0));
    let busy = Carried::Failed { reason: "busy".to_owned(), not_before: Some(hours(6)) };
    house.courier.will([busy, Carried::Refused { reason: "gone".to_owned() }]);
    let case = house.fault(by("screen")).await;
    until_tried(&house, case, 1).await;
    house.turn_to(hours(5));
    house.settle().await;
    until_tried(&house, case, 1).await;
    house.turn_to(hours(6));
    until_tried(&house, case, 2).await;
    assert_eq!(delivery(&house, case).1, DeliveryStatus::Dead);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_channel_holds_up_no_other() {
    let few = Settings { sending_per_channel_limit: 2, sending_limit: 3, ..settings() };
    let house = House::with(partition(), hours(0), few);
    let gate = house.courier.hold();
    let mut slow = Vec::new();
    for _ in 0..5 {
        slow.push(house.fault(by("screen")).await);
    }
    house.until("two go out", |house| house.courier.handed().len() == 2).await;
    house.fault(by("pager")).await;
    house.until("the other channel's goes out", |house| house.courier.handed().len() == 3).await;
    house.settle().await;
    let channels = |house: &House| -> Vec<String> {
        house.courier.handed().iter().map(|parcel| parcel.channel_name.to_string()).collect()
    };
    assert_eq!(channels(&house), ["screen", "screen", "pager"]);
    assert_eq!(house.engine.status()[0].sending, 3);
    gate.add_permits(100);
    house
        .until("all arrive", |house| slow.iter().all(|case| delivery(house, *case).1 == DeliveryStatus::Delivered))
        .await;
    assert_eq!(house.courier.handed().len(), 6, "each was sent once");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_under_way_at_the_end_is_sent_again_under_its_id() {
    let directory = tempfile::tempdir().unwrap();
    let open = || Partition::open(&directory.path().join("p0.redb"), &StoreSettings::default()).unwrap();
    let hasty = Settings { shutdown_grace: std::time::Duration::from_millis(50), ..settings() };
    let house = House::with(open(), hours(0), hasty);
    let _gate = house.courier.hold();
    let case = house.fault(by("screen")).await;
    house.until("it goes out", |house| house.courier.handed().len() == 1).await;
    let id = house.courier.handed()[0].id;
    house.engine.shutdown().await;
    drop(house);

    let house = House::open(open(), hours(1));
    until_tried(&house, case, 1).await;
    assert_eq!(house.courier.handed()[0].id, id);
    assert_eq!(delivery(&house, case).1, DeliveryStatus::Delivered);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_message_is_sent_by_reference() {
    let house = House::open(partition(), hours(0));
    let large = draft(json!({"by": "screen", "machine": "x".repeat(payload::PAYLOAD_LIMIT_BYTES)}), &[]);
    let case = house.fault(large).await;
    until_tried(&house, case, 1).await;
    let body = house.courier.handed()[0].body.clone();
    assert!(body.len() <= payload::PAYLOAD_LIMIT_BYTES);
    let document: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(document["data"]["message"]["truncated"], true);
    assert!(document["data"]["message"].get("body").is_none());
}
