//! Idempotency keys, dedup keys, and what the journal says about a case.

use herald_core::encoded::Encoded;
use herald_core::message::Message;

use super::*;
use crate::partition::{Position, REQUESTS_KEPT, Ruling};

const HOUR: i64 = 60;

fn submit(partition: &Partition, number: u64, minute: i64, key: &str, answer: i64) {
    let mut record = record(case(number), at(minute), submitted(None));
    record.request = Some(request(key, json!({"answer": answer})));
    write(partition, &record);
}

fn answer(partition: &Partition, minute: i64, key: &str) -> Option<Value> {
    let snapshot = partition.snapshot().unwrap();
    let read = snapshot.answered("person:zhao", "/v1/messages", key, at(minute)).unwrap();
    let (written, _) = partition.write(at(minute), |frame| frame.answered("person:zhao", "/v1/messages", key)).unwrap();
    if partition.last_time() <= Some(at(minute)) {
        assert_eq!(read, written, "a frame and a snapshot disagree");
    }
    read.map(|request| request.answer.read().unwrap())
}

#[test]
fn an_answer_is_remembered_for_a_day() {
    let partition = partition();
    submit(&partition, 1, 0, "a", 1);
    let one = Some(json!({"answer": 1}));
    let kept = REQUESTS_KEPT.as_mins();
    for (minute, key, expected) in
        [(0, "a", &one), (kept - 1, "a", &one), (kept, "a", &None), (kept + 1, "a", &None), (0, "b", &None)]
    {
        assert_eq!(&answer(&partition, minute, key), expected, "{key} at {minute}");
    }
    let snapshot = partition.snapshot().unwrap();
    for (principal, path) in [("person:li", "/v1/messages"), ("person:zhao", "/v1/tasks")] {
        assert_eq!(snapshot.answered(principal, path, "a", at(0)).unwrap(), None, "{principal} {path}");
    }
}

#[test]
fn the_same_request_twice_in_one_frame_finds_its_answer() {
    let partition = partition();
    let mut record = record(case(1), at(0), submitted(None));
    record.request = Some(request("a", json!(["first", 1.5])));
    partition
        .write(at(0), |frame| {
            assert_eq!(frame.answered("person:zhao", "/v1/messages", "a")?, None);
            push(frame, &record)?;
            assert_eq!(frame.answered("person:zhao", "/v1/messages", "a")?, record.request);
            Ok::<_, PushError>(())
        })
        .unwrap();
    assert_eq!(answer(&partition, 0, "a"), Some(json!(["first", 1.5])));
}

#[test]
fn old_requests_are_cleared_away_a_few_at_a_time() {
    let partition = partition();
    for number in 0..5 {
        submit(&partition, number, number.cast_signed(), &format!("key {number}"), 0);
    }
    // (minute, requests that are still stored): a record clears away two, and may bring one
    for (minute, stored) in [(23 * HOUR, 5), (25 * HOUR, 3), (25 * HOUR, 1), (25 * HOUR, 0), (25 * HOUR, 0)] {
        write(&partition, &record(case(9), at(minute), submitted(None)));
        let dump = dump_of(&partition);
        let count = |table| dump.keys().filter(|(name, _)| *name == table).count();
        let counts = (count(TableName::Requests), count(TableName::RequestsByTime));
        assert_eq!(counts, (stored, stored), "at {minute}");
    }
}

#[test]
fn a_key_used_again_after_a_day_gets_its_new_answer() {
    let partition = partition();
    for number in 0..9 {
        submit(&partition, number, 0, &format!("key {number}"), 1);
    }
    // So many old ones are in front that the first use of this key is still stored.
    submit(&partition, 20, 25 * HOUR, "key 8", 2);
    for number in 30..40 {
        write(&partition, &record(case(number), at(26 * HOUR), submitted(None)));
    }
    assert_eq!(answer(&partition, 26 * HOUR, "key 8"), Some(json!({"answer": 2})));
    assert_eq!(partition.snapshot().unwrap().counts().unwrap().requests, 1);
}

#[test]
fn the_same_event_finds_the_live_case() {
    let partition = partition();
    let live = |kind: &str, department: &str, key: &str| {
        let snapshot = partition.snapshot().unwrap();
        snapshot.live_case(&kind.parse().unwrap(), &department.parse().unwrap(), key).unwrap()
    };
    let step = |number, events| {
        write(&partition, &record(case(number), at(1), events));
    };
    step(1, submitted(Some("im-03")));
    assert_eq!(live("equipment-fault", "sales", "im-03"), Some(case(1)));
    for (kind, department, key) in
        [("notice", "sales", "im-03"), ("equipment-fault", "production", "im-03"), ("equipment-fault", "sales", "im-3")]
    {
        assert_eq!(live(kind, department, key), None, "{kind} {department} {key}");
    }
    step(1, vec![event(json!({"closed": {}}))]);
    assert_eq!(live("equipment-fault", "sales", "im-03"), None);
    step(2, submitted(Some("im-03")));
    // Reopened, the first case has a younger twin; closing the twin brings it back.
    step(1, vec![event(json!({"reopened": {}}))]);
    assert_eq!(live("equipment-fault", "sales", "im-03"), Some(case(2)));
    step(2, vec![event(json!({"closed": {}}))]);
    assert_eq!(live("equipment-fault", "sales", "im-03"), Some(case(1)));
}

#[test]
fn messages_decisions_and_records_are_read_from_the_journal() {
    let partition = partition();
    let mut again = submitted(None);
    let Event::Submitted { message, name } = again.remove(0) else { unreachable!() };
    let edited: Encoded<_> = Message { subject: "second".to_owned(), ..(*message).clone() }.into();
    again.insert(0, Event::Resubmitted { message: edited.clone(), name });
    let escalated = event(json!({"escalated": {"escalation": {"configuration": 3}}}));
    write(&partition, &record(case(1), at(0), submitted(None)));
    write(&partition, &record(case(2), at(1), submitted(None)));
    write(&partition, &record(case(1), at(2), vec![event(json!({"returned": {"reason": "unclear"}}))]));
    write(&partition, &record(case(1), at(3), again));
    write(&partition, &record(case(1), at(4), vec![opened(), escalated]));

    let snapshot = partition.snapshot().unwrap();
    assert_eq!(snapshot.message(case(1), 1).unwrap(), Some((*message).clone()));
    assert_eq!(snapshot.message(case(1), 2).unwrap(), Some((*edited).clone()));
    assert_eq!(snapshot.message(case(1), 3).unwrap(), None);

    let rulings: Vec<(Timestamp, u64)> = snapshot
        .decisions(case(1), None, 10)
        .unwrap()
        .iter()
        .flat_map(|entry| {
            let at = entry.record.as_ref().unwrap().at;
            entry.rulings().map(move |ruling| match ruling {
                Ruling::Decision(decision) => (at, decision.configuration),
                Ruling::Escalation(escalation) => (at, escalation.configuration),
            })
        })
        .collect();
    assert_eq!(rulings, [(at(0), 1), (at(3), 1), (at(4), 3)]);

    // The timeline in pages of two, each record once.
    let (mut after, mut minutes) = (None, Vec::new());
    loop {
        let page = snapshot.records(case(1), after, 2).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.position);
        minutes.extend(page.iter().map(|entry| entry.record.as_ref().unwrap().at));
    }
    assert_eq!(minutes, [at(0), at(2), at(3), at(4)]);
    assert_eq!(after, Some(Position { sequence: 5, index: 0 }));
}

#[test]
fn the_history_of_all_cases_pages_through_every_record_once() {
    let partition = partition();
    for frame_number in 0..4 {
        partition
            .write(at(frame_number), |frame| {
                for number in 0..3 {
                    push(frame, &record(case(number), at(frame_number), submitted(None)))?;
                }
                Ok::<_, PushError>(())
            })
            .unwrap();
    }
    let snapshot = partition.snapshot().unwrap();
    let expected: Vec<Position> =
        (1..=4).flat_map(|sequence| (0..3).map(move |index| Position { sequence, index })).collect();
    for size in 1..=13 {
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let page = snapshot.history(after, size).unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.position);
            assert!(page.len() <= size);
            assert!(page.iter().all(|entry| entry.record.is_some()));
            seen.extend(page.iter().map(|entry| entry.position));
        }
        assert_eq!(seen, expected, "by {size}");
    }
    let end = Position { sequence: partition.head().sequence, index: u32::MAX };
    assert_eq!(snapshot.history(Some(end), 10).unwrap(), []);
}

#[test]
fn an_erased_record_leaves_a_gap_in_the_timeline() {
    let partition = partition();
    write(&partition, &record(case(1), at(0), submitted(None)));
    write(&partition, &record(case(1), at(1), vec![opened()]));
    let transaction = partition.database.begin_write().unwrap();
    crate::journal::JournalWriter::open(&transaction).unwrap().erase_payload(1, 0).unwrap();
    transaction.commit().unwrap();
    let snapshot = partition.snapshot().unwrap();
    let records = snapshot.records(case(1), None, 10).unwrap();
    assert_eq!(records.iter().map(|entry| entry.record.is_some()).collect::<Vec<_>>(), [false, true]);
    assert_eq!(snapshot.message(case(1), 1).unwrap(), None);
    let history = snapshot.history(None, 10).unwrap();
    assert_eq!(history.iter().map(|entry| entry.record.is_some()).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn a_damaged_record_spoils_no_page_but_its_own() {
    let partition = partition();
    partition
        .write(at(0), |frame| {
            (0..3).try_for_each(|number| push(frame, &record(case(number), at(0), submitted(None))).map(drop))
        })
        .unwrap();
    let mut frame = partition.snapshot().unwrap().journal().unwrap().raw(1).unwrap().unwrap();
    frame.payloads[1].truncate(30);
    let transaction = partition.database.begin_write().unwrap();
    crate::journal::JournalWriter::open(&transaction).unwrap().copy(&frame).unwrap();
    transaction.commit().unwrap();
    let snapshot = partition.snapshot().unwrap();
    assert_eq!(snapshot.history(None, 1).unwrap().len(), 1);
    let damaged = snapshot.history(None, 2).unwrap_err().to_string();
    assert!(damaged.contains("frame 1, record 1"), "{damaged}");
    let after = snapshot.history(Some(Position { sequence: 1, index: 1 }), 5).unwrap();
    assert_eq!(after.iter().map(|entry| entry.position.index).collect::<Vec<_>>(), [2]);
}
