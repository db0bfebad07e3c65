//! The journal on a disk that fails: crashes at every sync and every write, syncs that report
//! errors, and long lives of one crash after another. Each frame is appended in one transaction
//! with what is derived from it (here a count) and, at times, with an erasure; after a failure the
//! store must hold exactly what was answered, or that and the whole of the transaction under way.

use herald_store::journal::{self, FrameBuilder, JournalReader, JournalWriter};
use herald_store::{Database, StoreError, StoreSettings};
use herald_tests::fault::{Fault, FaultBackend, Random, fault_disk};
use jiff::Timestamp;
use redb::TableDefinition;

/// Stands for everything that is derived from the journal.
const DERIVED: TableDefinition<&str, u64> = TableDefinition::new("derived");

/// Enough for the file to grow, to use pages again, and to shrink.
const FRAMES: u64 = 12;

/// The records of frame `sequence`. Every third frame has a large one, which is erased two frames
/// later.
fn records(sequence: u64) -> Vec<Vec<u8>> {
    let fill = sequence as u8;
    match sequence % 3 {
        1 => vec![vec![fill; 120_000], vec![fill; 10]],
        2 => (0..40).map(|index| vec![fill; index * 7]).collect(),
        _ => vec![vec![fill; 900]],
    }
}

/// What the journal holds after `count` frames.
fn history(count: u64) -> Vec<Vec<Option<Vec<u8>>>> {
    let erased = |sequence, index| index == 0 && sequence % 3 == 1 && sequence + 2 <= count;
    (1..=count)
        .map(|sequence| {
            let records = records(sequence).into_iter().enumerate();
            records.map(|(index, record)| (!erased(sequence, index)).then_some(record)).collect()
        })
        .collect()
}

/// One transaction: frame `sequence`, the erasure that is due with it, and what is derived.
fn commit_frame(database: &Database, sequence: u64) -> Result<(), StoreError> {
    let mut builder = FrameBuilder::new(Timestamp::UNIX_EPOCH);
    for record in records(sequence) {
        builder.push(&record, &[sequence as u8; 16]).unwrap();
    }
    let transaction = database.begin_write()?;
    let mut journal = JournalWriter::open(&transaction)?;
    journal.append(sequence - 1, &builder.finish()).map_err(|error| match error {
        journal::AppendError::Store(error) => error,
        refused => panic!("{refused}"),
    })?;
    if sequence.is_multiple_of(3) {
        journal.erase_payload(sequence - 2, 0)?;
    }
    drop(journal);
    transaction.open_table(DERIVED)?.insert("frames", sequence)?;
    transaction.commit()?;
    Ok(())
}

fn open(backend: FaultBackend) -> Result<Database, StoreError> {
    let settings = StoreSettings { cache_bytes: 1024 * 1024, ..StoreSettings::default() };
    Database::open_with_backend(backend, &settings)
}

/// How far a store came before it failed.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reached {
    /// Not even an empty store was answered for.
    Nothing,
    /// So many frames were answered for.
    Frames(u64),
}

/// Opens the store and appends the frames after number `from` until the end or the first error.
fn run(backend: FaultBackend, from: u64) -> Reached {
    let Ok(database) = open(backend) else {
        return Reached::Nothing;
    };
    let refused = (from + 1..=FRAMES).find(|&sequence| match commit_frame(&database, sequence) {
        Ok(()) => false,
        Err(StoreError::Disk(_)) => true,
        Err(error) => panic!("frame {sequence}: {error}"),
    });
    let Some(refused) = refused else {
        return Reached::Frames(FRAMES);
    };
    let next = database.begin_write();
    assert!(next.is_err(), "a writer went on although frame {refused} may or may not be there");
    Reached::Frames(refused - 1)
}

/// Opens what a failure left, and returns the number of frames in it after checking each.
fn recover(image: Vec<u8>, reached: Reached, context: &str) -> u64 {
    let (backend, _) = fault_disk(image);
    let answered = match reached {
        Reached::Frames(count) => count,
        Reached::Nothing => 0,
    };
    let database = match open(backend) {
        Ok(database) => database,
        Err(StoreError::Corrupt(_)) if reached == Reached::Nothing => return 0,
        Err(error) => panic!("{context}: {error}"),
    };
    let transaction = database.begin_read().unwrap();
    let journal = JournalReader::open(&transaction).unwrap();
    let mut found = Vec::new();
    loop {
        let frames = journal.read(found.len() as u64 + 1).unwrap();
        if frames.is_empty() {
            break;
        }
        found.extend(frames.into_iter().map(|frame| frame.records));
    }
    let count = found.len() as u64;
    assert!(
        count == answered || count == answered + 1,
        "{context}: {answered} frames were answered for, and {count} are there"
    );
    assert!(found == history(count), "{context}: other records than were written");

    let report = journal::verify(&database, 1..=count, |_| {}).unwrap();
    assert_eq!(report.mismatch, None, "{context}");
    assert_eq!(report.head, journal.head().unwrap(), "{context}");
    if count > 0 {
        let derived = transaction.open_table(DERIVED).unwrap();
        let derived = derived.get("frames").unwrap().unwrap().value();
        assert_eq!(derived, count, "{context}: derived tables differ from the journal");
    }
    commit_frame(&database, count + 1).unwrap_or_else(|error| panic!("{context}: {error}"));
    count
}

/// Runs the script on a new disk with `fault`, and recovers what each seed leaves of it.
fn check(fault: Fault, seeds: u64) {
    let (backend, controller) = fault_disk(Vec::new());
    controller.inject(fault);
    let reached = run(backend, 0);
    assert!(controller.fault_happened(), "{fault:?} did not happen");
    for seed in 0..seeds {
        let context = format!("{fault:?}, seed {seed}");
        recover(controller.image_after_crash(seed), reached, &context);
    }
    if let Fault::FailSync(_) = fault {
        let context = format!("{fault:?}, started again on the running machine");
        recover(controller.image_after_restart(), reached, &context);
    }
}

/// The syncs and writes of a run without faults, from the making of the store to its closing.
fn syncs_and_writes() -> (u64, u64) {
    let (backend, controller) = fault_disk(Vec::new());
    assert_eq!(run(backend, 0), Reached::Frames(FRAMES));
    (controller.syncs(), controller.writes())
}

#[test]
fn a_crash_at_any_sync_loses_nothing_answered() {
    for sync in 1..=syncs_and_writes().0 {
        check(Fault::CrashAtSync(sync), 4);
    }
}

#[test]
fn a_failed_sync_leaves_the_transaction_whole_or_absent() {
    for sync in 1..=syncs_and_writes().0 {
        check(Fault::FailSync(sync), 4);
    }
}

#[test]
fn a_crash_at_any_write_loses_nothing_answered() {
    for write in 1..=syncs_and_writes().1 {
        check(Fault::CrashAtWrite(write), 1);
    }
}

/// Recovery itself may crash, and what it wrote may be torn.
#[test]
fn one_crash_after_another_loses_nothing_answered() {
    for life in 0..20 {
        let mut random = Random::new(life);
        let mut image = Vec::new();
        let mut reached = Reached::Nothing;
        for crash in 0..8 {
            let context = format!("life {life}, crash {crash}");
            let there = recover(image.clone(), reached, &context);
            if there == FRAMES {
                break;
            }
            let (backend, controller) = fault_disk(image);
            controller.inject(match random.below(3) {
                0 => Fault::CrashAtSync(1 + random.below(10) as u64),
                1 => Fault::FailSync(1 + random.below(10) as u64),
                _ => Fault::CrashAtWrite(1 + random.below(60) as u64),
            });
            reached = match run(backend, there) {
                // The store had been answered for before; this start only did not get so far.
                Reached::Nothing if reached != Reached::Nothing => Reached::Frames(there),
                reached => reached,
            };
            image = controller.image_after_crash(random.next_u64());
            if reached == Reached::Nothing {
                image.clear();
            }
        }
    }
}

/// A start after a crash must not take longer the more is stored.
#[test]
fn a_start_after_a_crash_does_not_walk_the_file() {
    const ROWS: TableDefinition<u64, &[u8]> = TableDefinition::new("rows");
    let (backend, controller) = fault_disk(Vec::new());
    let database = open(backend).unwrap();
    let transaction = database.begin_write().unwrap();
    let mut table = transaction.open_table(ROWS).unwrap();
    for row in 0..4_000 {
        table.insert(row, [1; 1_000].as_slice()).unwrap();
    }
    drop(table);
    transaction.commit().unwrap();

    let (backend, controller) = fault_disk(controller.image_after_crash(0));
    let _recovered = open(backend).unwrap();
    let read = controller.bytes_read();
    // redb's debug assertions walk the file once at every opening; a repair does so once more.
    let limit = if cfg!(debug_assertions) { 6_000_000 } else { 100_000 };
    assert!(read < limit, "{read} bytes were read of a file that holds 4,000,000");
}
