//! The journal as lines of JSON, for other programs and for people who want to check it without Herald.
//!
//! A frame is a line with its header, exactly as it is stored, and a line for each of its records:
//!
//! ```text
//! {"v":1,"seq":7,"at":"2026-11-23T06:00:00Z","prev":"<hash>","records":[["<digest>",312]]}
//! {"seq":7,"index":0,"salt":"<32 hexadecimal digits>","record":{"format":1,…}}
//! {"seq":7,"index":1,"erased":true}
//! ```
//!
//! The BLAKE3 hash of a header's line, without its line feed, is what the next header names as `prev`; that of
//! salt and record together is the record's digest. Nothing is compared here.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;

use super::progress::{Part, Progress};
use super::{Partition, Position};
use crate::error::StoreError;
use crate::journal::{READ_CHUNK_BYTES, RawFrame, SALT_BYTES, Salt};

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

impl Partition {
    /// Writes the frames from number `from` on (1 is the first) to `to`, up to the last one there is by then, and
    /// returns that one's number (0 in an empty journal). To go on later, begin at the number after it.
    ///
    /// # Errors
    ///
    /// [`ExportError`]. Whole lines may have been written by then.
    pub fn export(
        &self,
        to: &mut dyn Write,
        from: u64,
        mut progress: impl FnMut(Progress),
    ) -> Result<u64, ExportError> {
        let mut next = from.max(1);
        loop {
            // A new snapshot for every stretch, so that a slow reader keeps no pages from being used again.
            let journal = self.snapshot()?.journal()?;
            let last = journal.head()?.sequence;
            if next > last {
                to.flush()?;
                return Ok(last);
            }
            let mut bytes = 0;
            while next <= last && bytes < READ_CHUNK_BYTES {
                let missing = || StoreError::Corrupt(format!("frame {next} is missing"));
                bytes += write_frame(&journal.raw(next)?.ok_or_else(missing)?, to)?;
                next += 1;
            }
            progress(Progress { part: Part::Export, done: next - 1, total: last });
        }
    }
}

fn write_frame(frame: &RawFrame, to: &mut dyn Write) -> Result<usize, ExportError> {
    to.write_all(&frame.header)?;
    to.write_all(b"\n")?;
    let mut bytes = frame.header.len();
    for (index, payload) in (0_u32..).zip(&frame.payloads) {
        let seq = frame.sequence;
        let line = match payload.split_first_chunk::<SALT_BYTES>() {
            Some((salt, record)) => {
                Line { seq, index, salt: Some(hex(salt)), record: Some(raw(seq, index, record)?), erased: false }
            }
            None => Line { seq, index, salt: None, record: None, erased: true },
        };
        serde_json::to_writer(&mut *to, &line).map_err(io::Error::from)?;
        to.write_all(b"\n")?;
        bytes += payload.len();
    }
    Ok(bytes)
}

fn raw(sequence: u64, index: u32, record: &[u8]) -> Result<&RawValue, StoreError> {
    let position = Position { sequence, index };
    let unreadable = |error| StoreError::Corrupt(format!("{position} cannot be read: {error}"));
    serde_json::from_slice(record).map_err(unreadable)
}

fn hex(salt: &Salt) -> String {
    salt.iter().map(|byte| format!("{byte:02x}")).collect()
}
