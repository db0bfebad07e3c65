//! Verification, rebuild, backup and export.

use std::fs;
use std::path::Path;

use herald_core::decision::Hook;
use herald_core::workspace::Rows as _;

use super::*;
use crate::journal::{self, JournalReader, JournalWriter};
use crate::partition::{self, PartitionReport};
use crate::upkeep::tests::check_export;
use crate::upkeep::{ExportError, Part};

/// A partition in a file with six cases in several frames: one lived through, two under way, three about which
/// policies failed.
fn lived_in(path: &Path) -> Partition {
    let partition = Partition::open(path, &StoreSettings::default()).unwrap();
    for (minute, events, _) in super::rows::life() {
        write(&partition, &record(case(1), at(minute), events));
    }
    partition
        .write(at(80), |frame| {
            for number in [2, 3] {
                let mut record = record(case(number), at(80), submitted(Some("im-04")));
                record.request = Some(request(&format!("key {number}"), json!({"id": number})));
                record.events.extend([
                    opened(),
                    numbered(number),
                    asked(1, &["li", "chen"], at(200)),
                    told(1, "group", &["li"]),
                ]);
                push(frame, &record)?;
            }
            Ok::<_, PushError>(())
        })
        .unwrap();
    for (number, outcomes) in [(4, "+--"), (5, "--"), (6, "-")] {
        write(&partition, &record(case(number), at(80), fared(outcomes)));
    }
    partition
}

struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    fn files(&self) -> Vec<String> {
        let names = fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<String> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn verify(partition: &Partition, place: &Place) -> PartitionReport {
    partition.verify(&place.file("scratch"), |_| {}).unwrap()
}

/// Changes a table behind the partition's back.
fn tamper(partition: &Partition, table: TableName, change: impl FnOnce(&mut super::super::tables::WriteTable<'_>)) {
    let transaction = partition.database.begin_write().unwrap();
    change(&mut transaction.open_table(table.definition()).unwrap());
    transaction.commit().unwrap();
}

/// Removes a whole table behind the partition's back.
fn lose(partition: &Partition, table: TableName) {
    let transaction = partition.database.begin_write().unwrap();
    transaction.delete_table(table.definition()).unwrap();
    transaction.commit().unwrap();
}

fn first_key(table: &super::super::tables::WriteTable<'_>) -> Vec<u8> {
    table.first().unwrap().unwrap().0.value().to_vec()
}

#[test]
fn how_bundles_fail_follows_from_the_journal() {
    let partition = partition();
    let said = |id: &str| {
        let failures = partition.snapshot().unwrap().failures_of(&id.parse().unwrap(), 3).unwrap();
        failures.failing().map(|failing| (failing.streak.failures, failing.streak.case))
    };
    for (number, outcomes, first, second) in [
        (1, "--+", None, None),
        (2, "--", None, None),
        (3, "---", Some((3, case(3))), Some((3, case(3)))),
        (4, "-", Some((4, case(4))), Some((3, case(3)))),
        (5, "+", None, Some((3, case(3)))),
        (6, ".+", None, None),
    ] {
        write(&partition, &record(case(number), at(0), fared(outcomes)));
        assert_eq!((said("sales/b0"), said("sales/b1")), (first, second), "{number}");
    }
    let left: Vec<_> =
        partition.snapshot().unwrap().failures().unwrap().into_iter().map(|(id, ..)| id.to_string()).collect();
    assert_eq!(left, ["sales/b2"], "what succeeded leaves nothing behind");
}

#[test]
fn what_an_earlier_program_did_not_keep_is_made_at_the_opening() {
    let place = Place::new();
    let path = place.file("p");
    let mut partition = lived_in(&path);
    let rows = dump_of(&partition);
    let reopened = |partition: Partition, lost: &[TableName]| {
        lost.iter().for_each(|table| lose(&partition, *table));
        drop(partition);
        Partition::open(&path, &StoreSettings::default()).unwrap()
    };
    for lost in [&[TableName::Failures][..], &[TableName::Numbers], &[TableName::Numbers, TableName::Failures], &[]] {
        partition = reopened(partition, lost);
        assert_eq!(dump_of(&partition), rows, "without {lost:?}");
        assert!(verify(&partition, &place).is_sound(), "without {lost:?}");
    }
    let snapshot = partition.snapshot().unwrap();
    assert_eq!(snapshot.last_number("生产部〔2026〕{number}号").unwrap(), 3, "no number is given twice");
    drop(snapshot);
    // What was erased is passed over, as in a replay.
    erase(&partition, partition.head().sequence);
    let failures = reopened(partition, &[TableName::Failures]).snapshot().unwrap().failures().unwrap();
    let counted = failures.iter().map(|(id, _, failures)| format!("{id} {}", failures.in_a_row(Hook::Route)));
    assert_eq!(counted.collect::<Vec<_>>(), ["sales/b0 1", "sales/b1 2", "sales/b2 1"]);
}

#[test]
fn a_table_that_was_lost_is_made_by_a_rebuild() {
    let place = Place::new();
    let path = place.file("p");
    let partition = lived_in(&path);
    let rows = dump_of(&partition);
    for table in [TableName::Failures, TableName::Tasks] {
        lose(&partition, table);
    }
    drop(partition);
    let error = Partition::open(&path, &StoreSettings::default()).unwrap_err().to_string();
    assert!(error.contains("it has no table `tasks` (try `herald rebuild` first)"), "{error}");
    partition::rebuild(&path, &StoreSettings::default(), |_| {}).unwrap();
    assert_eq!(dump_of(&Partition::open(&path, &StoreSettings::default()).unwrap()), rows);
}

#[test]
fn a_sound_partition_is_found_sound() {
    let place = Place::new();
    let partition = lived_in(&place.file("p"));
    let before = dump_of(&partition);
    let mut parts = Vec::new();
    let report = partition
        .verify(&place.file("scratch"), |progress| {
            assert!(progress.done <= progress.total, "{progress:?}");
            parts.push(progress.part);
        })
        .unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.journal.head, partition.head());
    assert_eq!(report.rows, before.len() as u64);
    parts.dedup();
    assert_eq!(parts, [Part::Chain, Part::Replay, Part::Compare, Part::Rows]);
    assert_eq!(dump_of(&partition), before);
    assert_eq!(place.files(), ["p"]);
    let empty = super::partition();
    assert!(verify(&empty, &place).is_sound());
}

#[test]
fn verification_names_what_was_tampered_with() {
    let removed = |table| {
        move |partition: &Partition| {
            tamper(partition, table, |rows| {
                let key = first_key(rows);
                rows.remove(key.as_slice()).unwrap();
            });
        }
    };
    let extra = |table| {
        move |partition: &Partition| {
            tamper(partition, table, |rows| {
                let mut key = first_key(rows);
                *key.last_mut().unwrap() ^= 1;
                rows.insert(key.as_slice(), [].as_slice()).unwrap();
            });
        }
    };
    let goal = format!("{}_g1", case(2));
    let task = format!("{}_t2", case(2));
    let (second, third) = (case(2), case(3));
    let held = |partition: &Partition| {
        tamper(partition, TableName::Tasks, |rows| {
            let key = super::super::keys::row(case(2), 2);
            let row = String::from_utf8(rows.get(key.as_slice()).unwrap().unwrap().value().to_vec()).unwrap();
            let row = row.replace(r#""holders":["chen"]"#, r#""holders":[]"#);
            rows.insert(key.as_slice(), row.as_bytes()).unwrap();
        });
    };
    type Tampering<'a> = (&'a str, Box<dyn Fn(&Partition)>, Vec<String>);
    let cases: Vec<Tampering<'_>> = vec![
        ("a timer removed", Box::new(removed(TableName::Timers)), vec![format!("`timers` lacks {goal}")]),
        (
            "a row altered so that nobody holds an open task",
            Box::new(held),
            vec![
                format!("`tasks` differs for {task}"),
                format!("task {task} is open and held by nobody"),
                "`inbox_tasks` has 1 entries that no row accounts for".into(),
            ],
        ),
        (
            "an index entry added",
            Box::new(extra(TableName::ByKind)),
            vec![
                format!("`by_kind` has case {} too many", flipped(case(1))),
                "`by_kind` has 1 entries that no row accounts for".into(),
            ],
        ),
        (
            "a participant added",
            Box::new(extra(TableName::Participants)),
            vec![format!("`participants` has case {} too many", flipped(case(1)))],
        ),
        (
            "an entry of the outbox removed",
            Box::new(removed(TableName::Outbox)),
            vec![format!("`outbox` lacks {second}_d1")],
        ),
        (
            "a case removed, although its rows stay",
            Box::new(move |partition| {
                tamper(partition, TableName::Cases, |rows| drop(rows.remove(third.as_bytes().as_slice()).unwrap()));
            }),
            vec![
                format!("`cases` lacks case {third}"),
                "`by_status` has 1 entries that no row accounts for".into(),
                "`by_kind` has 1 entries that no row accounts for".into(),
                "`by_department` has 2 entries that no row accounts for".into(),
                "`dedup` has 1 entries that no row accounts for".into(),
            ],
        ),
    ];
    for (name, change, expected) in cases {
        let place = Place::new();
        let partition = lived_in(&place.file("p"));
        change(&partition);
        let report = verify(&partition, &place);
        assert!(report.journal.mismatch.is_none(), "{name}");
        let found: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "{name}");
        assert_eq!(report.problem_count, expected.len() as u64, "{name}");
        assert!(!report.is_sound(), "{name}");
    }
}

/// The case whose id differs in the last bit.
fn flipped(case: CaseId) -> CaseId {
    let mut bytes = *case.as_bytes();
    bytes[15] ^= 1;
    CaseId::from_bytes(bytes)
}

#[test]
fn a_tampered_journal_is_reported_and_not_replayed() {
    let place = Place::new();
    let path = place.file("p");
    let partition = lived_in(&path);
    erase(&partition, 1);
    let report = verify(&partition, &place);
    let found: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
    let expected = format!(
        "frame 2, record 0 cannot be applied: the event speaks of case {}, which does not exist \
         (payloads erased before it: 1; those of one case must go together)",
        case(1)
    );
    assert_eq!(found, [expected]);

    let transaction = partition.database.begin_write().unwrap();
    let frame = partition.snapshot().unwrap().journal().unwrap().raw(3).unwrap().unwrap();
    let mut journal = JournalWriter::open(&transaction).unwrap();
    journal.copy(&journal::RawFrame { sequence: 4, ..frame }).unwrap();
    drop(journal);
    transaction.commit().unwrap();
    let report = verify(&partition, &place);
    assert_eq!(report.journal.mismatch.map(|mismatch| mismatch.sequence), Some(4));
    assert!(!report.is_sound());

    drop(partition);
    let before = fs::read(&path).unwrap();
    let error = partition::rebuild(&path, &StoreSettings::default(), |_| {}).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error}");
    let same = fs::read(&path).unwrap() == before;
    assert!(same || Partition::open(&path, &StoreSettings::default()).is_ok(), "the old file is gone");
}

fn erase(partition: &Partition, sequence: u64) {
    let transaction = partition.database.begin_write().unwrap();
    JournalWriter::open(&transaction).unwrap().erase_payload(sequence, 0).unwrap();
    transaction.commit().unwrap();
}

#[test]
fn a_rebuilt_partition_has_the_same_bytes() {
    let place = Place::new();
    let path = place.file("p");
    let partition = lived_in(&path);
    let (rows, head, frames) = (dump_of(&partition), partition.head(), frames(&partition));
    for table in TableName::ALL {
        tamper(&partition, *table, |rows| {
            while let Some((key, _)) = rows.pop_first().unwrap() {
                drop(key);
            }
        });
    }
    assert!(dump_of(&partition).is_empty());
    let in_use = partition::rebuild(&path, &StoreSettings::default(), |_| {});
    assert!(matches!(in_use, Err(StoreError::Locked)), "{in_use:?}");
    drop(partition);

    assert_eq!(partition::rebuild(&path, &StoreSettings::default(), |_| {}).unwrap(), head);
    assert_eq!(place.files(), ["p"]);
    let partition = Partition::open(&path, &StoreSettings::default()).unwrap();
    assert_eq!((dump_of(&partition), partition.head(), super::maintenance::frames(&partition)), (rows, head, frames));
    assert!(verify(&partition, &place).is_sound());
    // It goes on where it was.
    write(&partition, &record(case(9), at(90), submitted(None)));
    assert!(verify(&partition, &place).is_sound());
}

fn frames(partition: &Partition) -> Vec<journal::RawFrame> {
    let journal = partition.snapshot().unwrap().journal().unwrap();
    (1..).map_while(|sequence| journal.raw(sequence).unwrap()).collect()
}

#[test]
fn a_backup_is_the_partition_at_one_moment() {
    let place = Place::new();
    let partition = lived_in(&place.file("p"));
    // Erased payloads stay erased in the copy.
    erase(&partition, 20);
    let (rows, head, frames) = (dump_of(&partition), partition.head(), frames(&partition));
    let mut last = None;
    let copied = partition
        .backup(&place.file("copy"), |progress| {
            // What is written while the copy is being made is not in it.
            write(&partition, &record(case(8), at(100), submitted(None)));
            last = Some(progress);
        })
        .unwrap();
    let last = last.expect("no progress was told");
    assert_eq!((copied, last.part, last.done), (head, Part::Copy, last.total));
    assert_ne!(partition.head(), head);
    assert_eq!(place.files(), ["copy", "p"]);

    let copy = Partition::open(&place.file("copy"), &StoreSettings::default()).unwrap();
    assert_eq!((copy.head(), copy.last_time()), (head, Some(at(80))));
    assert_eq!((dump_of(&copy), super::maintenance::frames(&copy)), (rows, frames));

    let again = partition.backup(&place.file("copy"), |_| {});
    assert!(matches!(again, Err(StoreError::File { .. })), "{again:?}");
    // What an attempt left that was cut off does not stand in the way.
    fs::write(place.file("other.unfinished"), b"half a copy").unwrap();
    partition.backup(&place.file("other"), |_| {}).unwrap();
    assert_eq!(place.files(), ["copy", "other", "p"]);
}

#[test]
fn an_export_can_be_checked_without_herald() {
    let place = Place::new();
    let partition = lived_in(&place.file("p"));
    erase(&partition, 3);
    let mut bytes = Vec::new();
    let last = partition.export(&mut bytes, 1, |_| {}).unwrap();
    assert_eq!(last, partition.head().sequence);
    let text = String::from_utf8(bytes).unwrap();
    let found = check_export(&text);
    assert_eq!((found.records, found.erased), (super::rows::life().len() + 4, 1));
    assert_eq!(found.head, partition.head().hash.to_string());

    let mut rest = Vec::new();
    assert_eq!(partition.export(&mut rest, last, |_| {}).unwrap(), last);
    assert!(text.ends_with(std::str::from_utf8(&rest).unwrap()) && !rest.is_empty());
    assert_eq!(partition.export(&mut Vec::new(), last + 1, |_| {}).unwrap(), last);
    let mut full: &mut [u8] = &mut [0; 100];
    assert!(matches!(partition.export(&mut full, 1, |_| {}), Err(ExportError::Write(_))));
}

#[test]
fn a_gap_in_the_journal_stops_an_export_and_a_backup() {
    let place = Place::new();
    let partition = lived_in(&place.file("p"));
    let transaction = partition.database.begin_write().unwrap();
    let frames: redb::TableDefinition<'_, u64, &[u8]> = redb::TableDefinition::new("frames");
    drop(transaction.open_table(frames).unwrap().remove(3).unwrap());
    transaction.commit().unwrap();
    let mut lines = Vec::new();
    let error = partition.export(&mut lines, 1, |_| {}).unwrap_err();
    assert!(error.to_string().contains("frame 3 is missing"), "{error}");
    assert_eq!(lines.iter().filter(|byte| **byte == b'\n').count(), 4);
    let error = partition.backup(&place.file("copy"), |_| {}).unwrap_err();
    assert!(error.to_string().contains("the journal has gaps"), "{error}");
    assert!(!place.files().contains(&"copy".to_owned()));
}

#[test]
fn another_kind_of_store_is_not_taken_for_a_partition() {
    let place = Place::new();
    let database = crate::Database::create(&place.file("p"), &StoreSettings::default()).unwrap();
    let transaction = database.begin_write().unwrap();
    let mut frame = journal::FrameBuilder::new(at(0));
    frame.push(b"{}", &[0; 16]).unwrap();
    JournalWriter::open(&transaction).unwrap().append(0, &frame.finish()).unwrap();
    transaction.commit().unwrap();
    assert_eq!(JournalReader::open(&database.begin_read().unwrap()).unwrap().head().unwrap().sequence, 1);
    drop(database);
    let error = Partition::open(&place.file("p"), &StoreSettings::default()).unwrap_err();
    assert!(error.to_string().contains("it is no partition"), "{error}");
}

#[test]
fn verification_takes_along_what_is_written_meanwhile() {
    let place = Place::new();
    let partition = lived_in(&place.file("p"));
    let mut written = 0;
    let report = partition
        .verify(&place.file("scratch"), |_| {
            if written < 3 {
                written += 1;
                write(&partition, &record(case(10 + written), at(100), submitted(None)));
            }
        })
        .unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(written, 3);
}
