//! Lists page through everything exactly once.

use herald_core::case::Status;
use herald_core::message::Level;

use super::*;
use crate::partition::{CaseFilter, SCAN_LIMIT_CASES};

/// Forty cases; every third is open and asks `li`, with a due time for every other.
fn forty() -> Partition {
    let partition = partition();
    for number in 1..=40 {
        let mut events = submitted(None);
        if number % 3 == 0 {
            events.extend([opened(), told(1, "inbox", &["li"]), told(2, "group", &["li"])]);
            events.push(match number % 2 {
                0 => asked(1, &["li"], at(200 - number)),
                _ => event(json!({"asked": {
                    "first": 1, "kind": "answer", "target": "person:li", "holders": {"any": ["li"]},
                }})),
            });
        }
        write(&partition, &record(case(number.cast_unsigned()), at(number / 5), events));
    }
    partition
}

/// Reads `next` page by page until none comes.
fn pages<T: Copy>(next: impl Fn(Option<&T>) -> Vec<T>) -> Vec<T> {
    let mut all: Vec<T> = Vec::new();
    loop {
        let page = next(all.last());
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

#[test]
fn inboxes_page_through_everything_once_and_in_order() {
    let partition = forty();
    let snapshot = partition.snapshot().unwrap();
    let li = person("li");
    let whole = snapshot.inbox_tasks(&li, None, 100).unwrap();
    assert_eq!(whole.len(), 13);
    let order: Vec<_> = whole.iter().map(|item| (item.due.is_none(), item.due, item.task.case)).collect();
    assert!(order.is_sorted(), "{order:?}");
    let arrived = snapshot.inbox_deliveries(&li, None, 100).unwrap();
    assert_eq!(arrived.len(), 13);
    assert!(arrived.iter().map(|item| item.at).rev().is_sorted(), "{arrived:?}");
    for size in 1..=14 {
        assert_eq!(pages(|after| snapshot.inbox_tasks(&li, after, size).unwrap()), whole, "by {size}");
        assert_eq!(pages(|after| snapshot.inbox_deliveries(&li, after, size).unwrap()), arrived, "by {size}");
    }
    for name in ["l", "li.lei", "lia"] {
        assert_eq!(snapshot.inbox_tasks(&person(name), None, 100).unwrap(), [], "{name}");
    }
}

#[test]
fn timers_and_outbox_come_earliest_first_and_not_before_they_are_due() {
    let partition = forty();
    let snapshot = partition.snapshot().unwrap();
    let timers = snapshot.due_timers(Timestamp::MAX, 100).unwrap();
    assert_eq!(timers.len(), 6);
    assert!(timers.iter().map(|timer| timer.due).is_sorted());
    // (after which minute, the next)
    for (minute, next) in [(0, Some(164)), (163, Some(164)), (164, Some(170)), (1_000, None)] {
        assert_eq!(snapshot.next_timer(at(minute)).unwrap(), next.map(at), "after {minute}");
    }
    // (until which minute, how many)
    for (minute, count) in [(163, 0), (164, 1), (169, 1), (170, 2), (1_000, 6)] {
        assert_eq!(snapshot.due_timers(at(minute), 100).unwrap().len(), count, "until {minute}");
    }
    assert_eq!(snapshot.due_timers(at(164) - SignedDuration::from_nanos(1), 100).unwrap(), []);
    assert_eq!(snapshot.due_timers(Timestamp::MAX, 2).unwrap(), timers[..2]);
    assert_eq!(snapshot.outbox(at(0), 100).unwrap().len(), 1);
    assert_eq!(snapshot.outbox(at(8), 5).unwrap().len(), 5);
    assert_eq!(
        snapshot.next_attempt(Timestamp::MIN).unwrap(),
        Some(snapshot.outbox(at(8), 1).unwrap()[0].next_attempt)
    );
    assert_eq!(snapshot.next_attempt(Timestamp::MAX).unwrap(), None);
}

#[test]
fn a_timer_is_never_early_by_a_part_of_a_microsecond() {
    let partition = partition();
    let due = at(60) + SignedDuration::from_nanos(1);
    let mut events = submitted(None);
    events.extend([opened(), asked(1, &["li"], due)]);
    write(&partition, &record(case(1), at(0), events));
    let snapshot = partition.snapshot().unwrap();
    assert_eq!(snapshot.due_timers(at(60), 10).unwrap(), []);
    assert_eq!(snapshot.due_timers(due, 10).unwrap(), []);
    assert_eq!(snapshot.due_timers(at(60) + SignedDuration::from_micros(1), 10).unwrap().len(), 1);
}

#[test]
fn cases_are_filtered_and_paged_newest_first() {
    let partition = forty();
    let snapshot = partition.snapshot().unwrap();
    let (li, sales, legal) = (person("li"), "sales".parse().unwrap(), "legal".parse().unwrap());
    let (fault, notice) = ("equipment-fault".parse().unwrap(), "notice".parse().unwrap());
    let all = CaseFilter::default();
    let filters = [
        (all, 40),
        (CaseFilter { status: Some(Status::Open), ..all }, 13),
        (CaseFilter { status: Some(Status::Held), ..all }, 27),
        (CaseFilter { status: Some(Status::Closed), ..all }, 0),
        (CaseFilter { kind: Some(&fault), ..all }, 40),
        (CaseFilter { kind: Some(&notice), ..all }, 0),
        (CaseFilter { department: Some(&sales), ..all }, 40),
        (CaseFilter { department: Some(&legal), ..all }, 0),
        (CaseFilter { participant: Some(&li), ..all }, 13),
        (CaseFilter { participant: Some(&li), status: Some(Status::Held), ..all }, 0),
        (CaseFilter { level: Some(Level::ONE), ..all }, 40),
        (CaseFilter { level: Some(Level::TWO), kind: Some(&fault), ..all }, 0),
        (CaseFilter { status: Some(Status::Open), department: Some(&legal), ..all }, 0),
    ];
    for (filter, count) in filters {
        for size in [1, 3, 7, 100] {
            let (mut found, mut before) = (Vec::new(), None);
            loop {
                let page = snapshot.cases(filter, before, size).unwrap();
                assert!(page.cases.len() <= size);
                found.extend(page.cases.iter().map(|case| case.id));
                before = page.next;
                if before.is_none() {
                    break;
                }
            }
            assert_eq!(found.len(), count, "{filter:?} by {size}");
            assert!(found.is_sorted_by(|left, right| left > right), "{filter:?} by {size}");
        }
    }
}

#[test]
fn a_page_looks_at_a_bounded_number_of_cases() {
    let partition = partition();
    let cases = SCAN_LIMIT_CASES as u64 + 10;
    partition
        .write(at(0), |frame| {
            for number in 1..=500 {
                push(frame, &record(case(number), at(0), submitted(None)))?;
            }
            Ok::<_, PushError>(())
        })
        .unwrap();
    partition
        .write(at(0), |frame| {
            for number in 501..=cases {
                push(frame, &record(case(number), at(0), submitted(None)))?;
            }
            Ok::<_, PushError>(())
        })
        .unwrap();
    let filter = CaseFilter { level: Some(Level::TWO), ..CaseFilter::default() };
    let snapshot = partition.snapshot().unwrap();
    let page = snapshot.cases(filter, None, 10).unwrap();
    assert_eq!((page.cases.len(), page.next), (0, Some(case(11))));
    let page = snapshot.cases(filter, page.next, 10).unwrap();
    assert_eq!((page.cases.len(), page.next), (0, None));
}
