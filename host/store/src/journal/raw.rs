//! Frames and records as their bytes lie in the tables: for copying a journal, for exporting it, and for
//! looking up one record. Nothing is compared with a digest here; that is what reading in order and
//! verification are for.

use redb::ReadableTable;

use super::JournalWriter;
use super::mismatch::{Mismatch, MismatchKind};
use super::payload::{self, Payload};
use super::reader::JournalReader;
use crate::error::StoreError;

/// A frame, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawFrame {
    /// Its number.
    pub(crate) sequence: u64,
    /// The header: JSON in one line. The hash of these bytes is what the next frame's header names.
    pub(crate) header: Vec<u8>,
    /// The payloads as they lie in their table; empty where one was erased.
    pub(crate) payloads: Vec<Vec<u8>>,
}

impl RawFrame {
    /// Its payloads from number `from` on (0 is the first), in order; `None` for an erased one.
    pub(crate) fn unpacked(&self, from: u32) -> impl Iterator<Item = Result<(u32, Option<Payload<'_>>), Mismatch>> {
        let rows = (0_u32..).zip(&self.payloads).filter(move |(index, _)| *index >= from);
        rows.map(|(index, row)| match payload::unpack(row) {
            Ok(payload) => Ok((index, payload)),
            Err(kind) => Err(Mismatch::of_record(self.sequence, index, kind)),
        })
    }

    /// The size of all of it, as it lies there.
    pub(crate) fn bytes(&self) -> usize {
        self.header.len() + self.payloads.iter().map(Vec::len).sum::<usize>()
    }
}

impl JournalReader {
    /// Frame `sequence`; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError`], when the tables cannot be read.
    pub(crate) fn raw(&self, sequence: u64) -> Result<Option<RawFrame>, StoreError> {
        let Some(header) = self.frames.get(sequence)? else { return Ok(None) };
        let mut payloads = Vec::new();
        for row in self.payloads.range((sequence, u32::MIN)..=(sequence, u32::MAX))? {
            payloads.push(row?.1.value().to_vec());
        }
        Ok(Some(RawFrame { sequence, header: header.value().to_vec(), payloads }))
    }

    /// The record at `index` (from 0) of frame `sequence`; `None` if it was erased.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] if there is no such record, and when the tables cannot be read.
    pub fn record(&self, sequence: u64, index: u32) -> Result<Option<Vec<u8>>, StoreError> {
        record(&self.payloads, sequence, index)
    }
}

impl JournalWriter<'_> {
    /// See [`JournalReader::record`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn record(&self, sequence: u64, index: u32) -> Result<Option<Vec<u8>>, StoreError> {
        record(&self.payloads, sequence, index)
    }

    /// Puts a frame of another journal behind this one's last, without looking at it. Whether the two journals
    /// agree in the end is for the caller to find out, by their heads.
    ///
    /// # Errors
    ///
    /// [`StoreError`], when the tables cannot be written.
    pub(crate) fn copy(&mut self, frame: &RawFrame) -> Result<(), StoreError> {
        self.frames.insert(frame.sequence, frame.header.as_slice())?;
        for (index, payload) in (0_u32..).zip(&frame.payloads) {
            self.payloads.insert((frame.sequence, index), payload.as_slice())?;
        }
        Ok(())
    }
}

fn record(
    payloads: &impl ReadableTable<(u64, u32), &'static [u8]>,
    sequence: u64,
    index: u32,
) -> Result<Option<Vec<u8>>, StoreError> {
    match payloads.get((sequence, index))? {
        None => Err(Mismatch::of_record(sequence, index, MismatchKind::PayloadMissing).into()),
        Some(row) => {
            let payload = payload::unpack(row.value()).map_err(|kind| Mismatch::of_record(sequence, index, kind))?;
            Ok(payload.map(|payload| payload.record.into_owned()))
        }
    }
}
