//! How a payload lies in its row, and how it is read again.

use std::borrow::Cow;
use std::sync::Arc;

use proptest::prelude::*;

use super::super::payload;
use super::super::seal::{SaltedRecord, Sealer};
use super::*;

/// A life of a case, a record a line.
const RECORDS: &str = include_str!("../../partition/tests/records-format-1.ndjson");

fn packed(record: &[u8]) -> Vec<u8> {
    payload::pack(&[7; SALT_BYTES], record)
}

fn unpacked(row: &[u8]) -> Result<Option<Vec<u8>>, MismatchKind> {
    let payload = payload::unpack(row)?;
    Ok(payload.map(|Payload { salt, record }| {
        assert_eq!(salt, [7; SALT_BYTES]);
        record.into_owned()
    }))
}

/// What was packed by any version stays readable: a dictionary is never changed.
#[test]
fn the_first_dictionary_does_not_drift() {
    let digest = Digest::of_header(include_bytes!("../dictionary-1.txt"));
    assert_eq!(digest.to_string(), "011f5851615f0a4f9628b001615bcd7ebcad09a7e4bae5a129b7c31872491543");
    let record =
        br#"{"format":1,"case":"","verb":"acknowledge","events":[{"task-done":{"task":1}},{"goal-met":{"goal":1}}]}"#;
    let block: &[u8] = &[
        15, 1, 16, 1, 21, 34, 235, 13, 10, 107, 3, 15, 66, 13, 11, 22, 49, 198, 2, 8, 49, 11, 96, 58, 49, 125, 125, 93,
        125,
    ];
    let row = [&[7; SALT_BYTES], [1].as_slice(), &[103, 0, 0, 0], block].concat();
    assert_eq!(unpacked(&row), Ok(Some(record.to_vec())));
}

#[test]
fn records_take_less_room_packed() {
    let (mut before, mut after) = (0, 0);
    for line in RECORDS.lines() {
        let row = packed(line.as_bytes());
        assert_eq!(unpacked(&row), Ok(Some(line.as_bytes().to_vec())));
        (before, after) = (before + SALT_BYTES + line.len(), after + row.len());
    }
    assert!(after * 3 < before * 2, "{after} of {before} bytes");
}

#[test]
fn what_does_not_get_smaller_lies_there_as_it_is() {
    let mut noise = vec![0; 2_000];
    blake3::Hasher::new().finalize_xof().fill(&mut noise);
    for record in [noise.as_slice(), b"", b"{}", b"\0", b"\x01"] {
        let row = packed(record);
        assert_eq!(row.len(), SALT_BYTES + 1 + record.len());
        assert_eq!(payload::unpack(&row).unwrap().unwrap().record, Cow::Borrowed(record));
    }
}

#[test]
fn rows_from_before_there_was_packing_are_read() {
    let row = [[7; SALT_BYTES].as_slice(), br#"{"format":1}"#].concat();
    assert_eq!(unpacked(&row), Ok(Some(br#"{"format":1}"#.to_vec())));
    assert_eq!(unpacked(&[7; SALT_BYTES]), Ok(Some(Vec::new())));
    assert_eq!(unpacked(&[]), Ok(None), "erased");
}

#[test]
fn what_a_newer_program_packed_is_no_damage() {
    let database = store();
    tamper(&database, |journal| {
        let mut row = payload(journal, (3, 1));
        row[SALT_BYTES] = 2;
        journal.payloads.insert((3, 1), row.as_slice()).unwrap();
    });
    let refused = reader(&database).read(3).unwrap_err().to_string();
    let says = "a payload of frame 3 has format 2, and this program reads formats up to 1; use a newer herald";
    assert_eq!(refused, says);
    assert!(matches!(reader(&database).record(3, 1), Err(StoreError::NewerFormat { found: 2, supported: 1, .. })));
}

#[test]
fn the_longest_record_is_packed_and_read() {
    for byte in [b'x', 0] {
        let mut record = RECORDS.repeat(FRAME_LIMIT_BYTES / RECORDS.len() + 1).into_bytes();
        record.truncate(FRAME_LIMIT_BYTES);
        record[FRAME_LIMIT_BYTES - 1] = byte;
        let row = packed(&record);
        assert!(row.len() < FRAME_LIMIT_BYTES / 2);
        assert_eq!(unpacked(&row), Ok(Some(record)));
    }
}

#[test]
fn a_damaged_row_is_told_of() {
    let whole = packed(RECORDS.lines().next().unwrap().as_bytes());
    let length_at = SALT_BYTES + 1;
    let with_length = |length: u32| {
        let mut row = whole.clone();
        row[length_at..length_at + 4].copy_from_slice(&length.to_le_bytes());
        row
    };
    let longer = u32::from_le_bytes(whole[length_at..length_at + 4].try_into().unwrap()) + 1;
    let damaged = [
        ("its end is missing", whole[..whole.len() - 1].to_vec()),
        ("its length is missing", whole[..length_at + 3].to_vec()),
        ("its salt is cut", whole[..SALT_BYTES - 1].to_vec()),
        ("it says that it is longer", with_length(longer)),
        ("it says that it is shorter", with_length(longer - 2)),
        ("it says that it is longer than any", with_length(u32::MAX)),
    ];
    for (what, row) in damaged {
        assert_eq!(payload::unpack(&row).map(drop), Err(MismatchKind::PayloadDiffers), "{what}");
    }
}

/// However many records there are, and whoever came to each of them first.
#[test]
fn a_frame_is_the_same_whoever_seals_it() {
    let sealer = Arc::new(Sealer::spawn().unwrap());
    let append = |sealer: Option<&Arc<Sealer>>, count| {
        let database = empty_store();
        let mut builder = FrameBuilder::sealed_by(sealer.cloned(), at(0));
        for (index, line) in (0..count).zip(RECORDS.lines().cycle()) {
            builder.push(line.as_bytes(), &[index as u8; SALT_BYTES]).unwrap();
        }
        let head = super::append(&database, 0, &builder.finish()).unwrap();
        let frames = reader(&database).read(1).unwrap();
        (head, frames.into_iter().next().unwrap().records)
    };
    for count in [1, 3, 4, 5, 16, 100] {
        let (head, records) = append(Some(&sealer), count);
        assert_eq!(records.len(), count, "{count}");
        assert_eq!((head, records), append(None, count), "{count}");
    }
}

#[test]
fn a_sealer_seals_whole_batches_and_ends_with_its_owner() {
    let records: Vec<_> = (0..7).map(|index| Arc::new(SaltedRecord::new([index; SALT_BYTES], b"{}"))).collect();
    let sealer = Sealer::spawn().unwrap();
    for count in 1..=records.len() {
        sealer.offer(&records[..count]);
    }
    // Dropping it waits for what it was given.
    drop(sealer);
    let sealed: Vec<_> = records.iter().map(|record| record.is_sealed()).collect();
    assert_eq!(sealed, [true, true, true, true, false, false, false]);
    assert!(records.iter().all(|record| Arc::strong_count(record) == 1));
    assert_eq!(records[6].sealed().digest, Digest::of_payload(&[6; SALT_BYTES], b"{}"));
}

proptest! {
    #[test]
    fn whatever_is_packed_is_unpacked(record in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert_eq!(unpacked(&packed(&record)), Ok(Some(record)));
    }

    /// Bytes that never were a payload come to an error or to some record, never to a panic.
    #[test]
    fn whatever_lies_there_is_looked_at(
        block in proptest::collection::vec(any::<u8>(), 0..200), tag in 0..3_u8, length in 0..2_000_u32,
    ) {
        let row = [&[7; SALT_BYTES], [tag].as_slice(), &length.to_le_bytes(), &block].concat();
        drop(payload::unpack(&row));
        drop(payload::unpack(&block));
    }

    /// The same of what was packed well and has changed in one place.
    #[test]
    fn a_bit_that_turned_is_looked_at(line in 0..28_usize, position in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let record = RECORDS.lines().cycle().nth(line).unwrap();
        let mut row = packed(record.as_bytes());
        let position = position.index(row.len());
        row[position] ^= 1_u8 << bit;
        drop(payload::unpack(&row));
    }
}
