//! Rows and indexes follow what happens to a case.

use herald_core::case::Status;
use herald_core::workspace::Rows;

use super::*;
use crate::partition::CaseFilter;

/// What the public lists say, as lines.
fn look(snapshot: &Snapshot) -> Vec<String> {
    let minute = |at: Timestamp| at.duration_since(super::at(0)).as_mins();
    let short = |id: &dyn std::fmt::Display| id.to_string().split_once('_').unwrap().1.to_owned();
    let mut lines = Vec::new();
    for status in Status::ALL {
        let filter = CaseFilter { status: Some(*status), ..CaseFilter::default() };
        let found = snapshot.cases(filter, None, 10).unwrap().cases;
        lines.extend(found.iter().map(|_| format!("status {status}")));
    }
    for department in ["sales", "production", "legal"] {
        let department = department.parse().unwrap();
        let filter = CaseFilter { department: Some(&department), ..CaseFilter::default() };
        let found = snapshot.cases(filter, None, 10).unwrap().cases;
        lines.extend(found.iter().map(|_| format!("department {department}")));
    }
    for timer in snapshot.due_timers(Timestamp::MAX, 10).unwrap() {
        lines.push(format!("timer {} at {}", short(&timer.goal), minute(timer.due)));
    }
    for item in snapshot.outbox(Timestamp::MAX, 10).unwrap() {
        lines.push(format!("outbox {} at {}", short(&item.delivery), minute(item.next_attempt)));
    }
    for item in snapshot.dead_letters(None, 10).unwrap() {
        lines.push(format!("dead {} at {}", short(&item.delivery), minute(item.at)));
    }
    for name in ["zhao", "wang", "li", "chen"] {
        let person = person(name);
        for item in snapshot.inbox_tasks(&person, None, 10).unwrap() {
            lines.push(format!("{name} task {} due {:?}", short(&item.task), item.due.map(minute)));
        }
        for item in snapshot.inbox_deliveries(&person, None, 10).unwrap() {
            lines.push(format!("{name} got {} at {}", short(&item.delivery), minute(item.at)));
        }
        if snapshot.participates(&person, case(1)).unwrap() {
            lines.push(format!("{name} takes part"));
        }
    }
    if snapshot.live_case(&"equipment-fault".parse().unwrap(), &"sales".parse().unwrap(), "im-03").unwrap().is_some() {
        lines.push("live im-03".to_owned());
    }
    lines
}

/// Steps in the life of case 1: the minute, what happens, and which lines go (`-`) and come (`+`).
pub(super) fn life() -> Vec<(i64, Vec<Event>, &'static str)> {
    let due = at(60);
    let opening = vec![
        opened(),
        asked(1, &["li", "chen"], due),
        event(json!({"asked": {
            "first": 3, "kind": "answer", "target": "department:production", "holders": {"any": ["chen", "li"]},
        }})),
        told(1, "inbox", &["li"]),
        told(2, "group", &["chen", "li"]),
    ];
    vec![
        (
            0,
            submitted(Some("im-03")),
            "+department production +department sales +live im-03 +status held +zhao takes part",
        ),
        (
            1,
            opening,
            "+chen takes part +chen task t2 due Some(60) +chen task t3 due None +li got d1 at 1 +li takes part \
             +li task t1 due Some(60) +li task t3 due None +outbox d2 at 1 +outbox d3 at 1 +status open \
             +timer g1 at 60 +timer g2 at 60 +wang takes part -status held",
        ),
        (2, done(1), "-li task t1 due Some(60) -timer g1 at 60"),
        (3, vec![event(json!({"claimed": {"task": 3, "by": "li"}}))], "-chen task t3 due None"),
        (
            4,
            vec![
                event(json!({"attempt-failed": {"delivery": 2, "reason": "500", "next_attempt": at(9)}})),
                event(json!({"delivered": {"delivery": 3}})),
            ],
            "+outbox d2 at 9 -outbox d2 at 1 -outbox d3 at 1",
        ),
        (9, vec![event(json!({"delivery-dead": {"delivery": 2, "reason": "gone"}}))], "+dead d2 at 9 -outbox d2 at 9"),
        (10, vec![event(json!({"delivery-replayed": {"delivery": 2}}))], "+outbox d2 at 10 -dead d2 at 9"),
        (11, vec![event(json!({"deliveries-cancelled": {"deliveries": [2]}}))], "-outbox d2 at 10"),
        (
            12,
            vec![event(json!({"regiven": {"task": 2, "holders": ["wang"]}}))],
            "+wang task t2 due Some(60) -chen task t2 due Some(60)",
        ),
        (13, vec![event(json!({"goal-paused": {"goal": 2, "remaining": {"clock": "PT10M"}}}))], "-timer g2 at 60"),
        (
            20,
            vec![event(json!({"goal-started": {
                "goal": 2, "started_at": at(20), "due": at(70), "warn_at": at(65)
            }}))],
            "+timer g2 at 65 +wang task t2 due Some(70) -wang task t2 due Some(60)",
        ),
        (65, vec![event(json!({"goals-warned": {"goals": [2]}}))], "+timer g2 at 70 -timer g2 at 65"),
        (70, vec![event(json!({"goals-breached": {"goals": [2]}}))], "-timer g2 at 70"),
        (
            71,
            vec![event(json!({"tasks-cancelled": {"tasks": [2, 3]}}))],
            "-li task t3 due None -wang task t2 due Some(70)",
        ),
        (72, vec![event(json!({"resolved": {}}))], "+status resolved -status open"),
        (73, vec![event(json!({"closed": {}}))], "+status closed -live im-03 -status resolved"),
        (74, vec![event(json!({"reopened": {}}))], "+live im-03 +status open -status closed"),
        (75, vec![event(json!({"withdrawn": {}}))], "+status withdrawn -live im-03 -status open"),
        (76, vec![event(json!("archived"))], "+status archived -status withdrawn"),
    ]
}

fn difference(before: &[String], after: &[String]) -> String {
    let gone = before.iter().filter(|line| !after.contains(line)).map(|line| format!("-{line}"));
    let come = after.iter().filter(|line| !before.contains(line)).map(|line| format!("+{line}"));
    let mut lines: Vec<String> = gone.chain(come).collect();
    lines.sort();
    lines.join(" ")
}

#[test]
fn lists_follow_the_life_of_a_case() {
    let partition = partition();
    let mut before = look(&partition.snapshot().unwrap());
    assert!(before.is_empty(), "{before:?}");
    for (minute, events, expected) in life() {
        let what = format!("{minute}: {events:?}");
        write(&partition, &record(case(1), at(minute), events));
        let after = look(&partition.snapshot().unwrap());
        assert_eq!(difference(&before, &after), expected, "{what}");
        before = after;
    }
}

/// Two reasons for one entry: when one of them goes, the entry stays.
#[test]
fn a_department_that_sends_to_itself_keeps_the_case() {
    let partition = partition();
    let sales = "sales".parse().unwrap();
    write(&partition, &record(case(1), at(0), submitted(None)));
    for (receivers, message) in [(["sales", "production"], "sent to itself"), (["legal", "production"], "no longer")] {
        write(&partition, &record(case(1), at(0), vec![decided(&receivers)]));
        let filter = CaseFilter { department: Some(&sales), ..CaseFilter::default() };
        let found = partition.snapshot().unwrap().cases(filter, None, 10).unwrap();
        assert_eq!(found.cases.len(), 1, "{message}");
    }
}

#[test]
fn a_frame_reads_what_it_has_written_and_nobody_else_does() {
    let partition = partition();
    let result = partition.write(at(0), |frame| {
        push(frame, &record(case(1), at(0), submitted(None))).unwrap();
        assert_eq!(frame.case(case(1)).unwrap().unwrap().status, Status::Held);
        assert!(partition.snapshot().unwrap().case(case(1)).unwrap().is_none());
        push(frame, &record(case(1), at(0), vec![opened(), asked(1, &["li"], at(60))])).unwrap();
        assert_eq!(frame.case(case(1)).unwrap().unwrap().status, Status::Open);
        let task = frame.task(case(1), herald_core::ids::TaskNumber(1)).unwrap().unwrap();
        assert_eq!(task.holders, [person("li")]);
        Err::<(), _>(Deliberate)
    });
    assert!(result.is_err());
    assert!(dump_of(&partition).is_empty(), "a frame that was given up left something");
    assert_eq!((partition.head(), partition.last_time()), (Head::EMPTY, None));
}

#[test]
fn what_was_committed_is_there_after_opening_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("partition.redb");
    let open = || Partition::open(&path, &StoreSettings::default()).unwrap();
    let partition = open();
    let head = write(&partition, &record(case(1), at(5), submitted(None)));
    let given_up = partition.write(at(6), |frame| {
        push(frame, &record(case(2), at(6), submitted(None))).unwrap();
        Err::<(), _>(Deliberate)
    });
    assert!(given_up.is_err());
    let before = dump_of(&partition);
    drop(partition);

    let partition = open();
    assert_eq!((partition.head(), partition.last_time()), (head, Some(at(5))));
    assert_eq!(dump_of(&partition), before);
    // A clock that went back does not take the partition's time with it.
    let (time, same) = partition.write(at(1), |frame| Ok::<_, Deliberate>(frame.at())).unwrap();
    assert_eq!((time, same), (at(5), head));
}

#[test]
fn a_record_that_fits_no_frame_changes_nothing() {
    let partition = partition();
    let long = |length: usize| {
        record(case(1), at(0), vec![event(json!({"reported": {"task": 1, "text": "x".repeat(length)}}))])
    };
    write(&partition, &record(case(1), at(0), submitted(None)));
    let before = dump_of(&partition);
    let head = partition.head();
    let (refusal, after) = partition
        .write(at(1), |frame| {
            let refusal = push(frame, &long(600 * 1024)).unwrap_err().to_string();
            assert!(frame.is_empty());
            Ok::<_, Deliberate>(refusal)
        })
        .unwrap();
    assert_eq!(after, head);
    assert!(refusal.contains("over the limit of 524288 bytes"), "{refusal}");
    assert_eq!(dump_of(&partition), before);
    let _ = partition.write(at(1), |frame| {
        push(frame, &long(300 * 1024)).unwrap();
        let full = push(frame, &long(300 * 1024)).unwrap_err();
        assert!(matches!(full, PushError::FrameFull { .. }), "{full}");
        Ok::<_, Deliberate>(())
    });
    assert_eq!(partition.head().sequence, head.sequence + 1);
}

/// An acknowledgement in a notice to many costs what it costs in a notice to few.
#[test]
fn the_cost_of_an_acknowledgement_does_not_grow_with_the_notice() {
    let changed = |people: usize| {
        let partition = partition();
        let names: Vec<String> = (0..people).map(|number| format!("p{number:05}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut events = submitted(None);
        events.extend([opened(), asked(1, &names, at(60)), told(1, "inbox", &names)]);
        write(&partition, &record(case(1), at(0), events));
        let before = dump_of(&partition);
        write(&partition, &record(case(1), at(1), done(1)));
        let after = dump_of(&partition);
        let gone = before.iter().filter(|(key, row)| after.get(*key) != Some(row)).count();
        let come = after.iter().filter(|(key, row)| before.get(*key) != Some(row)).count();
        let case_bytes = after[&(TableName::Cases, case(1).as_bytes().to_vec())].len();
        ((gone, come), case_bytes)
    };
    let ((few, few_bytes), (many, many_bytes)) = (changed(10), changed(1_000));
    // Case, task and goal differ; the timer and the task in the inbox are gone; the record is in the log.
    assert_eq!((few, many), ((5, 4), (5, 4)));
    assert!(many_bytes <= few_bytes + 16, "the case grows with the notice: {few_bytes}, {many_bytes} bytes");
}
