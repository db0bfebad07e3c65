//! What the configuration's journal keeps: records of changes, JSON with a format version, each within what a
//! frame can hold.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use herald_core::decision::BundleId;
use herald_core::target::Actor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::bundle::StoredFile;
use super::item::Section;
use super::publish::Counts;
use super::token::Token;
use crate::error::StoreError;

/// The format that is written. Every earlier one stays readable.
const RECORD_FORMAT: u16 = 1;
/// The largest entry of a section, as JSON: 256 KiB. A form is the largest thing there is, and rarely over 10.
pub const ITEM_LIMIT_BYTES: usize = 256 * 1024;
/// How much of a file one change holds: 256 KiB, a third more in base64.
pub(super) const PART_BYTES: usize = 256 * 1024;
/// Changes are collected into a record up to this size. One change of the largest sort fits too: a listing of
/// the most files with the longest paths has 380 KiB. With who did it a record stays within a frame.
const CHANGES_LIMIT_BYTES: usize = 448 * 1024;

/// Changes that one actor made, within one transaction. Their time is the frame's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record<C> {
    /// [`RECORD_FORMAT`] of the program that wrote it.
    format: u16,
    /// Who.
    pub(super) by: Actor,
    /// What, in order.
    pub(super) changes: Vec<C>,
}

/// One change of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Change {
    /// An entry is there from now on, as it is here.
    Item { section: Section, name: String, value: Value },
    /// An entry is gone.
    ItemRemoved { section: Section, name: String },
    /// Content of a file: part `part`, from 0, of what has this BLAKE3.
    Blob { digest: String, part: u32, content: Content },
    /// A new revision of a bundle, which is active from now on. Its content came before.
    Bundle { id: BundleId, revision: u32, digest: String, files: Vec<StoredFile> },
    /// An earlier revision is active again.
    BundleActivated { id: BundleId, revision: u32 },
    /// No revision is active any more.
    BundleRetired { id: BundleId },
    /// The end of a publication, and its number.
    Published { revision: u64, counts: Counts },
    /// A new token.
    Token(Token),
    /// A token is worth nothing any more.
    TokenRevoked { id: String },
}

/// Bytes, in base64 when written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Content(pub(super) Vec<u8>);

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64_STANDARD.decode(text).map(Self).map_err(serde::de::Error::custom)
    }
}

/// The changes as records, in order, each small enough for a frame.
///
/// # Errors
/// When a value has no JSON form, which none here has.
pub(super) fn encode(by: &Actor, changes: &[Change]) -> Result<Vec<Vec<u8>>, serde_json::Error> {
    let mut records = Vec::new();
    let mut pending: Vec<Box<RawValue>> = Vec::new();
    let mut bytes = 0;
    for change in changes {
        let change = serde_json::value::to_raw_value(change)?;
        let length = change.get().len() + 1;
        if bytes + length > CHANGES_LIMIT_BYTES && !pending.is_empty() {
            records.push(encode_one(by, std::mem::take(&mut pending))?);
            bytes = 0;
        }
        bytes += length;
        pending.push(change);
    }
    if !pending.is_empty() {
        records.push(encode_one(by, pending)?);
    }
    Ok(records)
}

fn encode_one(by: &Actor, changes: Vec<Box<RawValue>>) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Record { format: RECORD_FORMAT, by: by.clone(), changes })
}

/// Why bytes of the journal are no record.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum DecodeError {
    /// A newer program wrote them.
    NewerFormat(u16),
    /// No version of this program wrote them.
    Unreadable(String),
}

impl DecodeError {
    /// As an error of the store; `place` says which record.
    pub(super) fn at(self, place: String) -> StoreError {
        match self {
            Self::NewerFormat(found) => {
                StoreError::NewerFormat { what: place, found: found.into(), supported: RECORD_FORMAT.into() }
            }
            Self::Unreadable(reason) => StoreError::Corrupt(format!("{place}: {reason}")),
        }
    }
}

/// Reads a record of any format so far.
///
/// # Errors
/// A newer format, or what no version has written.
pub(super) fn decode(bytes: &[u8]) -> Result<Record<Change>, DecodeError> {
    /// The one field that every format has.
    #[derive(Deserialize)]
    struct Version {
        format: u16,
    }
    let unreadable = |error: serde_json::Error| DecodeError::Unreadable(error.to_string());
    match serde_json::from_slice(bytes).map_err(unreadable)? {
        Version { format: RECORD_FORMAT } => serde_json::from_slice(bytes).map_err(unreadable),
        Version { format } if format > RECORD_FORMAT => Err(DecodeError::NewerFormat(format)),
        Version { format } => Err(DecodeError::Unreadable(format!("there is no format {format}"))),
    }
}
