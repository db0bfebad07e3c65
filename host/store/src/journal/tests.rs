//! The journal on a store in memory: limits, order, erasure, verification.

use jiff::Timestamp;
use redb::backends::InMemoryBackend;

use super::*;
use crate::database::{Database, StoreSettings};

mod packing;
mod tampering;

/// The frames of the journal that most tests begin with.
const LAST: u64 = 5;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn salt(sequence: u64, index: usize) -> Salt {
    [(sequence * 16) as u8 + index as u8; SALT_BYTES]
}

/// Frame `sequence` of every journal here: as many records as its number, less one.
fn frame(sequence: u64) -> Frame {
    let mut builder = FrameBuilder::new(at(sequence as i64));
    for index in 0..sequence as usize - 1 {
        let record = format!("record {index} of frame {sequence}").into_bytes();
        builder.push(&record, &salt(sequence, index)).unwrap();
    }
    builder.finish()
}

fn empty_store() -> Database {
    Database::open_with_backend(InMemoryBackend::new(), &StoreSettings::default()).unwrap()
}

fn append(database: &Database, expected: u64, frame: &Frame) -> Result<Head, AppendError> {
    let transaction = database.begin_write()?;
    let head = JournalWriter::open(&transaction)?.append(expected, frame)?;
    transaction.commit().map_err(StoreError::from)?;
    Ok(head)
}

fn store() -> Database {
    let database = empty_store();
    for sequence in 1..=LAST {
        append(&database, sequence - 1, &frame(sequence)).unwrap();
    }
    database
}

fn reader(database: &Database) -> JournalReader {
    JournalReader::open(&database.begin_read().unwrap()).unwrap()
}

/// Changes the tables behind the journal's back.
fn tamper(database: &Database, change: impl FnOnce(&mut JournalWriter<'_>)) {
    let transaction = database.begin_write().unwrap();
    change(&mut JournalWriter::open(&transaction).unwrap());
    transaction.commit().unwrap();
}

fn header(journal: &JournalWriter<'_>, sequence: u64) -> Vec<u8> {
    journal.frames.get(sequence).unwrap().unwrap().value().to_vec()
}

fn payload(journal: &JournalWriter<'_>, key: (u64, u32)) -> Vec<u8> {
    journal.payloads.get(key).unwrap().unwrap().value().to_vec()
}

/// Flips a bit of byte `position` of a payload's row.
fn flip(journal: &mut JournalWriter<'_>, key: (u64, u32), position: usize) {
    let mut row = payload(journal, key);
    row[position] ^= 1;
    journal.payloads.insert(key, row.as_slice()).unwrap();
}

#[test]
fn what_was_appended_is_read_again() {
    let database = store();
    let journal = reader(&database);
    let frames = journal.read(0).unwrap();
    assert_eq!(frames.len() as u64, LAST);
    assert_eq!(frames.last().unwrap().head, journal.head().unwrap());
    for (sequence, stored) in (1..).zip(&frames) {
        assert_eq!(stored.head.sequence, sequence);
        assert_eq!(stored.at, at(sequence as i64));
        assert_eq!(Some(stored.head), journal.head_at(sequence).unwrap());
        let records: Vec<_> = frame(sequence).records.into_iter().map(|r| Some(r.record().to_vec())).collect();
        assert_eq!(stored.records, records);
    }
    assert_eq!(journal.read(4).unwrap(), frames[3..]);
    assert_eq!(journal.read(LAST + 1).unwrap(), []);
    assert_eq!(journal.read(LAST + 100).unwrap(), []);
    assert_eq!(reader(&empty_store()).read(1).unwrap(), []);
    assert_eq!(reader(&empty_store()).head().unwrap(), Head::EMPTY);
}

/// Heads given away under format 1 must stay checkable: the same frames always hash the same.
#[test]
fn the_header_format_does_not_drift() {
    let database = store();
    let transaction = database.begin_write().unwrap();
    let journal = JournalWriter::open(&transaction).unwrap();
    let text = String::from_utf8(header(&journal, 2)).unwrap();
    let before = Digest::of_header(&header(&journal, 1));
    let digest = blake3::hash(&[[32; SALT_BYTES].as_slice(), b"record 0 of frame 2"].concat());
    assert_eq!(
        text,
        format!(r#"{{"v":1,"seq":2,"at":"2026-09-21T14:13:22Z","prev":"{before}","records":[["{digest}",19]]}}"#)
    );
}

#[test]
fn a_long_journal_is_read_in_chunks() {
    let database = empty_store();
    let frames_per_chunk = READ_CHUNK_BYTES / FRAME_LIMIT_BYTES;
    for sequence in 0..frames_per_chunk as u64 + 2 {
        let mut builder = FrameBuilder::new(at(0));
        builder.push(&[7; FRAME_LIMIT_BYTES], &salt(1, 0)).unwrap();
        append(&database, sequence, &builder.finish()).unwrap();
    }
    let journal = reader(&database);
    assert_eq!(journal.read(1).unwrap().len(), frames_per_chunk);
    assert_eq!(journal.read(frames_per_chunk as u64 + 1).unwrap().len(), 2);

    let last = journal.head().unwrap().sequence;
    let mut calls = Vec::new();
    let report = verify(&database, 1..=last, |progress| calls.push(progress)).unwrap();
    assert_eq!((report.mismatch, report.frames), (None, last));
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[1], VerifyProgress { frames_done: last, frames_total: last });
}

#[test]
fn a_frame_has_limits() {
    let full = |record_bytes, records| {
        let mut builder = FrameBuilder::new(at(0));
        for _ in 0..records {
            builder.push(&vec![0; record_bytes], &salt(1, 0)).unwrap();
        }
        builder
    };
    // (bytes per record so far, records so far, bytes of the next record, what becomes of it)
    let cases = [
        (0, 0, FRAME_LIMIT_BYTES, Ok(())),
        (
            0,
            0,
            FRAME_LIMIT_BYTES + 1,
            Err("a record of 524289 bytes is over the limit of 524288 bytes; make it smaller"),
        ),
        (FRAME_LIMIT_BYTES - 10, 1, 10, Ok(())),
        (
            FRAME_LIMIT_BYTES - 10,
            1,
            11,
            Err("the frame has no room for a record of 11 bytes; append it and begin another"),
        ),
        (1, FRAME_LIMIT_RECORDS - 1, 1, Ok(())),
        (1, FRAME_LIMIT_RECORDS, 0, Err("the frame has no room for a record of 0 bytes; append it and begin another")),
    ];
    for (record_bytes, records, next, expected) in cases {
        let mut builder = full(record_bytes, records);
        let before = builder.bytes();
        assert_eq!(before, record_bytes * records);
        assert_eq!(builder.fits(next), expected.is_ok());
        let outcome = builder.push(&vec![0; next], &salt(1, 0));
        assert_eq!(outcome.map_err(|error| error.to_string()), expected.map_err(str::to_owned));
        assert_eq!(builder.bytes(), before + if expected.is_ok() { next } else { 0 });
    }
    assert!(full(0, 0).is_empty() && !full(0, 1).is_empty());
}

/// What a frame costs beyond its records' bytes must leave it under a replicated log's 1 MB.
#[test]
fn the_fullest_frame_stays_under_a_megabyte() {
    let mut builder = FrameBuilder::new(at(0));
    for _ in 0..FRAME_LIMIT_RECORDS {
        builder.push(&[0; FRAME_LIMIT_BYTES / FRAME_LIMIT_RECORDS], &salt(1, 0)).unwrap();
    }
    let (bytes, frame) = (builder.bytes(), builder.finish());
    assert_eq!(bytes, FRAME_LIMIT_BYTES);
    let header = Header::of_frame(&frame, u64::MAX, Digest::NONE).encode();
    assert!(header.len() + FRAME_LIMIT_RECORDS * SALT_BYTES + bytes < 1_000_000);
}

#[test]
fn a_stale_or_backward_append_is_refused_and_leaves_nothing() {
    let cases = [
        (LAST - 1, 9, "the journal ends at frame 5, not at 4: the writer's view is stale"),
        (LAST + 1, 9, "the journal ends at frame 5, not at 6: the writer's view is stale"),
        (
            LAST,
            4,
            "the frame's time 2026-09-21T14:13:24Z is before 2026-09-21T14:13:25Z, the time of the frame before it",
        ),
    ];
    let database = store();
    let head = reader(&database).head().unwrap();
    for (expected, second, message) in cases {
        let refused = append(&database, expected, &FrameBuilder::new(at(second)).finish());
        assert_eq!(refused.unwrap_err().to_string(), message);
        assert_eq!(reader(&database).head().unwrap(), head);
    }
    append(&database, LAST, &FrameBuilder::new(at(LAST as i64)).finish()).unwrap();
}

#[test]
fn an_erased_payload_leaves_the_chain_whole() {
    let database = store();
    let head = reader(&database).head().unwrap();
    let cases = [
        (4, 1, Erasure::Erased),
        (4, 1, Erasure::AlreadyErased),
        (4, 3, Erasure::NoSuchRecord),
        (9, 0, Erasure::NoSuchRecord),
    ];
    for (sequence, index, expected) in cases {
        let transaction = database.begin_write().unwrap();
        let erasure = JournalWriter::open(&transaction).unwrap().erase_payload(sequence, index).unwrap();
        transaction.commit().unwrap();
        assert_eq!(erasure, expected, "frame {sequence}, record {index}");
    }
    let report = verify(&database, 1..=LAST, |_| {}).unwrap();
    let expected = VerifyReport { frames: 5, records: 9, erased: 1, head, mismatch: None };
    assert_eq!(report, expected);
    let stored = reader(&database).read(4).unwrap();
    assert_eq!(stored[0].records.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true]);
    tamper(&database, |journal| assert!(payload(journal, (4, 1)).is_empty()));
}

#[test]
fn a_part_of_the_journal_can_be_verified() {
    let database = store();
    tamper(&database, |journal| flip(journal, (3, 0), 0));
    // (range, frames found good, mismatch)
    let cases = [
        (1..=2, 2, None),
        (4..=5, 2, None),
        (2..=4, 1, Some("frame 3, record 0: the payload or its salt was changed")),
        (5..=6, 1, Some("frame 6: the frame is missing")),
        (9..=9, 0, Some("frame 8: the frame is missing")),
        (0..=0, 0, None),
    ];
    for (range, frames, mismatch) in cases {
        let report = verify(&database, range.clone(), |_| {}).unwrap();
        let found = report.mismatch.map(|mismatch| mismatch.to_string());
        assert_eq!((report.frames, found.as_deref()), (frames, mismatch), "{range:?}");
    }
}
