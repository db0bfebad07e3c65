//! Deadlines: warned of once, breached once, never early, never lost, and oldest first.

use herald_core::case::{GoalStatus, Purpose, Status};
use herald_core::event::Event;
use herald_core::ids::{CaseId, TaskNumber};
use herald_core::plan::GoalName;
use herald_core::target::Recipient;
use herald_engine::{Ask, Draft, Settings};
use herald_store::{Partition, StoreSettings};
use herald_tests::house::{House, draft, hours, partition, requester, settings};
use jiff::SignedDuration;
use serde_json::json;

fn repair_in(hours: i64) -> Draft {
    draft(json!({"hours": hours}), &[])
}

fn warned(event: &Event) -> bool {
    matches!(event, Event::GoalsWarned { .. })
}

fn breached(event: &Event) -> bool {
    matches!(event, Event::GoalsBreached { .. })
}

/// Whom deliveries with this purpose went to, in order.
fn told(house: &House, case: CaseId, purpose: Purpose) -> Vec<String> {
    let view = house.view(case);
    let deliveries = view.deliveries.into_iter().filter(|delivery| delivery.row.purpose == purpose);
    deliveries
        .map(|delivery| match delivery.row.to {
            Recipient::Person(person) => person.to_string(),
            other => format!("{other:?}"),
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_goal_is_warned_of_and_breached_once_and_not_early() {
    let house = House::open(partition(), hours(0));
    let case = house.fault(repair_in(3)).await;
    let second = SignedDuration::from_secs(1);
    // (the time, warnings, breaches). The answer is due after four hours, the repair after three.
    let cases = [
        (hours(2) - second, 0, 0),
        (hours(2), 1, 0),
        (hours(2) + second, 1, 0),
        (hours(3) - second, 1, 0),
        (hours(3), 1, 1),
        (hours(3) + second, 1, 1),
        (hours(4), 1, 2),
    ];
    for (now, warnings, breaches) in cases {
        house.turn_to(now);
        house
            .until("what is due has fired", |house| {
                house.count(case, warned) >= warnings && house.count(case, breached) >= breaches
            })
            .await;
        house.settle().await;
        assert_eq!((house.count(case, warned), house.count(case, breached)), (warnings, breaches), "{now}");
    }
    assert_eq!(told(&house, case, Purpose::Warning), ["zhao"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_received_in_time_is_in_time() {
    let house = House::open(partition(), hours(0));
    let case = house.fault(draft(json!({}), &[])).await;
    let held = house.hold_writer().await;
    let engine = house.engine.clone();
    let answer = tokio::spawn(async move {
        let ask = Ask::Answer(TaskNumber(1), "换好了".to_owned());
        engine.ask(&requester("zhao"), None, case, None, ask).await
    });
    house.until("the answer waits", |house| house.engine.status()[0].queued == 1).await;
    house.turn_to(hours(5));
    drop(held);
    answer.await.unwrap().unwrap();
    house.settle().await;
    assert_eq!(house.view(case).goals[0].row.status, GoalStatus::Met);
    assert_eq!(house.count(case, breached), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_breach_goes_to_the_head_then_to_the_catch_all_until_somebody_acts() {
    let house = House::open(partition(), hours(0));
    let case = house.fault(draft(json!({}), &[])).await;
    // Four hours each for zhao and for the head; then the catch-all, reminded every day.
    for (now, people) in
        [(hours(4), vec!["zhang"]), (hours(8), vec!["zhang", "chen"]), (hours(32), vec!["zhang", "chen", "chen"])]
    {
        house.turn_to(now);
        house.until("somebody was told", |house| told(house, case, Purpose::Escalation).len() >= people.len()).await;
        house.settle().await;
        assert_eq!(told(&house, case, Purpose::Escalation), people, "{now}");
    }
    house.ask("zhao", case, Ask::Answer(TaskNumber(1), "换好了".to_owned())).await.unwrap();
    house.turn_to(hours(100));
    house.settle().await;
    assert_eq!(house.count(case, breached), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_are_asked_about_a_breach() {
    let house = House::open(partition(), hours(0));
    let case = house.fault(draft(json!({}), &["ask"])).await;
    house.turn_to(hours(4));
    house.until("somebody was told", |house| !told(house, case, Purpose::Escalation).is_empty()).await;
    assert_eq!(told(&house, case, Purpose::Escalation), ["wang"]);
    assert_eq!(u8::from(house.view(case).level), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resolved_case_closes_when_nobody_objects() {
    let house = House::open(partition(), hours(0));
    let case = house.fault(draft(json!({}), &[])).await;
    house.ask("zhang", case, Ask::Resolve(Some("换好了".to_owned()))).await.unwrap();
    // One working day after Monday: Tuesday, 18:00 in Shanghai.
    house.turn_to(hours(27));
    house.settle().await;
    assert_eq!(house.view(case).status, Status::Resolved);
    house.turn_to(hours(28));
    house.until("it closes", |house| house.view(case).status == Status::Closed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn timers_that_passed_while_the_host_was_down_fire_once_and_oldest_first() {
    let directory = tempfile::tempdir().unwrap();
    let open = || Partition::open(&directory.path().join("p0.redb"), &StoreSettings::default()).unwrap();
    let house = House::open(open(), hours(0));
    let mut cases = Vec::new();
    // More than are escalated at once, and the later ones are due first.
    for number in 0..50 {
        cases.push(house.fault(draft(json!({"hours": 100 - number}), &["quiet"])).await);
    }
    house.engine.shutdown().await;
    drop(house);

    // One evaluation thread keeps the order; several let neighbours overtake each other.
    let house = House::with(open(), hours(1_000), Settings { evaluation_threads: 1, ..settings() });
    let repair = "repair".parse::<GoalName>().unwrap();
    let place = |house: &House, case: CaseId| {
        let goals = house.view(case).goals.into_iter();
        let goal = goals.map(|goal| goal.row).find(|goal| goal.name == repair && goal.follows.is_none());
        let number = goal.unwrap().number;
        let breaches = |event: &Event| matches!(event, Event::GoalsBreached { goals } if goals.contains(&number));
        let snapshot = house.engine.partition_of(case).snapshot().unwrap();
        let entries = snapshot.records(case, None, 1_000).unwrap().into_iter();
        let mut places = entries.filter(|entry| entry.record.as_ref().unwrap().events.iter().any(breaches));
        let first = places.next().map(|entry| entry.position);
        assert_eq!(places.count(), 0, "one goal was breached twice");
        first
    };
    house.until("all have fired", |house| cases.iter().all(|case| place(house, *case).is_some())).await;
    house.settle().await;
    let places: Vec<_> = cases.iter().rev().map(|case| place(&house, *case).unwrap()).collect();
    assert!(places.is_sorted(), "{places:?}");
    // Nobody is told after a deadline that it is near.
    assert!(cases.iter().all(|case| house.count(*case, warned) == 0));
}
