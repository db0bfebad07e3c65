//! Rows and records as bytes: JSON, so that a person can read them and another program too.
//!
//! A row has no format number of its own: rows follow from the journal and are made again when their shape
//! changes. A record has one, and every format that was ever written stays readable.

use std::borrow::Cow;
use std::fmt;

use herald_core::message::Message;
use herald_core::record::{RECORD_FORMAT, Record};
use serde::de::{self, DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::Position;
use super::tables::TableName;
use crate::error::StoreError;

/// Writes `value` into `buffer`, over what was there.
pub(super) fn encode(value: &impl Serialize, buffer: &mut Vec<u8>) -> Result<(), StoreError> {
    buffer.clear();
    let unwritable = |error| StoreError::Corrupt(format!("a value has no JSON form: {error}"));
    serde_json::to_writer(buffer, value).map_err(unwritable)
}

pub(super) fn decode_row<T: DeserializeOwned>(table: TableName, bytes: &[u8]) -> Result<T, StoreError> {
    let unreadable = |error| StoreError::Corrupt(format!("a row of `{}` cannot be read: {error}", table.as_str()));
    serde_json::from_slice(bytes).map_err(unreadable)
}

/// The error for a key that is not made as its table's keys are.
pub(super) fn bad_key(table: TableName) -> StoreError {
    StoreError::Corrupt(format!("a key of `{}` cannot be read", table.as_str()))
}

/// Reads a record of any format up to [`RECORD_FORMAT`].
pub(super) fn decode_record(position: Position, bytes: &[u8]) -> Result<Record, StoreError> {
    decode(position, bytes, |record: &Record| record.format)
}

/// Reads of a record the message that it brought, if it did, and passes over the rest: most of it is the decision.
pub(super) fn decode_message(position: Position, bytes: &[u8]) -> Result<Option<Message>, StoreError> {
    let parcel = decode(position, bytes, |parcel: &Parcel| parcel.format)?;
    Ok(parcel.events.into_iter().find_map(|Brought(message)| message))
}

fn decode<T: DeserializeOwned>(position: Position, bytes: &[u8], format: fn(&T) -> u16) -> Result<T, StoreError> {
    /// The one field that every format has.
    #[derive(Deserialize)]
    struct Version {
        format: u16,
    }
    let decoded = serde_json::from_slice(bytes);
    let found = match &decoded {
        Ok(decoded) => format(decoded),
        // A newer format is no damage, whatever else is wrong.
        Err(_) => serde_json::from_slice(bytes).map_or(0, |Version { format }| format),
    };
    if found > RECORD_FORMAT {
        return Err(StoreError::NewerFormat {
            what: position.to_string(),
            found: found.into(),
            supported: RECORD_FORMAT.into(),
        });
    }
    decoded.map_err(|error| StoreError::Corrupt(format!("{position} cannot be read: {error}")))
}

/// What [`decode_message`] reads of a record.
#[derive(Deserialize)]
struct Parcel {
    format: u16,
    events: Vec<Brought>,
}

/// What [`decode_message`] reads of an event.
struct Brought(Option<Message>);

impl<'de> Deserialize<'de> for Brought {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BroughtVisitor)
    }
}

struct BroughtVisitor;

impl<'de> Visitor<'de> for BroughtVisitor {
    type Value = Brought;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an event")
    }

    /// An event without fields.
    fn visit_str<E: de::Error>(self, _name: &str) -> Result<Brought, E> {
        Ok(Brought(None))
    }

    /// An event's name, and its fields.
    fn visit_map<A: MapAccess<'de>>(self, mut event: A) -> Result<Brought, A::Error> {
        #[derive(Deserialize)]
        struct Sent {
            message: Message,
        }
        let mut brought = None;
        while let Some(name) = event.next_key::<Cow<'de, str>>()? {
            match name.as_ref() {
                "submitted" | "resubmitted" => brought = Some(event.next_value::<Sent>()?.message),
                _ => drop(event.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Brought(brought))
    }
}
