//! Rows and records as bytes: JSON, so that a person can read them and another program too.
//!
//! A row has no format number of its own: rows follow from the journal and are made again when their shape
//! changes. A record has one, and every format that was ever written stays readable.

use herald_core::record::{RECORD_FORMAT, Record};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

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
    /// The one field that every format has.
    #[derive(Deserialize)]
    struct Version {
        format: u16,
    }
    let unreadable = |error| StoreError::Corrupt(format!("{position} cannot be read: {error}"));
    let Version { format } = serde_json::from_slice(bytes).map_err(unreadable)?;
    if format > RECORD_FORMAT {
        return Err(StoreError::NewerFormat {
            what: position.to_string(),
            found: format.into(),
            supported: RECORD_FORMAT.into(),
        });
    }
    serde_json::from_slice(bytes).map_err(unreadable)
}
