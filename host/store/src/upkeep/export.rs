//! The journal as lines of JSON, as described [above](super#an-exported-journal). Frames are written out as they
//! lie in the tables; nothing is compared.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;

use super::progress::{Part, Progress};
use crate::database::Database;
use crate::error::StoreError;
use crate::journal::{JournalReader, Payload, READ_CHUNK_BYTES, RawFrame, Salt};

/// An export stopped.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The journal cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lines cannot be written where they should go.
    #[error("cannot write the export: {0}")]
    Write(#[from] io::Error),
}

/// The line of a record.
#[derive(Serialize)]
struct Line<'a> {
    seq: u64,
    index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    salt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    erased: bool,
}

/// Writes the frames of a store's journal from number `from` on (1 is the first) to `to`, up to the last one there
/// is by then, and returns that one's number (0 in an empty journal).
///
/// # Errors
///
/// [`ExportError`]. Whole lines may have been written by then.
pub(crate) fn export(
    database: &Database,
    to: &mut dyn Write,
    from: u64,
    tell: &mut dyn FnMut(Progress),
) -> Result<u64, ExportError> {
    let mut next = from.max(1);
    loop {
        // A new snapshot for every stretch, so that a slow reader keeps no pages from being used again.
        let journal = JournalReader::open(&database.begin_read()?)?;
        let last = journal.head()?.sequence;
        if next > last {
            to.flush()?;
            return Ok(last);
        }
        let mut bytes = 0;
        while next <= last && bytes < READ_CHUNK_BYTES {
            let missing = || StoreError::Corrupt(format!("frame {next} is missing"));
            let frame = journal.raw(next)?.ok_or_else(missing)?;
            write_frame(&frame, to)?;
            bytes += frame.bytes();
            next += 1;
        }
        tell(Progress { part: Part::Export, done: next - 1, total: last });
    }
}

fn write_frame(frame: &RawFrame, to: &mut dyn Write) -> Result<(), ExportError> {
    to.write_all(&frame.header)?;
    to.write_all(b"\n")?;
    for payload in frame.unpacked(0) {
        let (index, payload) = payload.map_err(StoreError::from)?;
        let seq = frame.sequence;
        let line = match &payload {
            Some(Payload { salt, record }) => {
                Line { seq, index, salt: Some(hex(salt)), record: Some(raw(seq, index, record)?), erased: false }
            }
            None => Line { seq, index, salt: None, record: None, erased: true },
        };
        serde_json::to_writer(&mut *to, &line).map_err(io::Error::from)?;
        to.write_all(b"\n")?;
    }
    Ok(())
}

fn raw(sequence: u64, index: u32, record: &[u8]) -> Result<&RawValue, StoreError> {
    let unreadable = |error| StoreError::Corrupt(format!("frame {sequence}, record {index} cannot be read: {error}"));
    serde_json::from_slice(record).map_err(unreadable)
}

fn hex(salt: &Salt) -> String {
    salt.iter().map(|byte| format!("{byte:02x}")).collect()
}
