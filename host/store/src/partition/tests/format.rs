//! Records of every format that was ever written are read.

use super::*;
use crate::partition::{Position, codec};

const POSITION: Position = Position { sequence: 3, index: 1 };

/// A case's life, a record a line, as format 1 was written. Never change it: it stands for journals out there.
const FORMAT_1: &str = include_str!("records-format-1.ndjson");

#[test]
fn records_of_format_1_are_read_and_mean_what_they_meant() {
    let partition = partition();
    for line in FORMAT_1.lines() {
        let record = codec::decode_record(POSITION, line.as_bytes()).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(record.format, 1);
        write(&partition, &record);
    }
    let expected = super::partition();
    for (minute, events, _) in super::rows::life() {
        let mut record = record(case(1), at(minute), events);
        record.request = (minute == 0).then(|| request("a", json!({"id": 1})));
        write(&expected, &record);
    }
    assert_eq!(dump_of(&partition), dump_of(&expected));
}

#[test]
fn the_message_is_read_without_the_rest() {
    let mut found = 0;
    for line in FORMAT_1.lines() {
        let record = codec::decode_record(POSITION, line.as_bytes()).unwrap();
        let whole = record.events.into_iter().find_map(|event| match event {
            Event::Submitted { message, .. } | Event::Resubmitted { message, .. } => Some((*message).clone()),
            _ => None,
        });
        found += usize::from(whole.is_some());
        assert_eq!(codec::decode_message(POSITION, line.as_bytes()).unwrap(), whole);
    }
    assert_eq!(found, 1, "it is submitted once");
    let newer = FORMAT_1.lines().next().unwrap().replace(r#""format":1"#, r#""format":2"#);
    assert!(matches!(codec::decode_message(POSITION, newer.as_bytes()), Err(StoreError::NewerFormat { found: 2, .. })));
}

#[test]
fn what_cannot_be_read_says_where_it_is() {
    let newer = FORMAT_1.lines().next().unwrap().replace(r#""format":1"#, r#""format":2"#);
    let cases = [
        (newer.as_str(), "frame 3, record 1 has format 2, and this program reads formats up to 1; use a newer herald"),
        ("{}", "frame 3, record 1 cannot be read: missing field `format`"),
        (r#"{"format":1}"#, "frame 3, record 1 cannot be read: missing field `case`"),
        ("\0", "frame 3, record 1 cannot be read: expected value"),
    ];
    for (bytes, says) in cases {
        let error = codec::decode_record(POSITION, bytes.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(says), "{bytes}: {error}");
    }
}
