//! Reading frames. Every frame that is read is checked: it follows from the one before, and its
//! payloads are those that were written. So a replay never applies a record that was tampered
//! with, and verification is the same reading with a report.

use jiff::Timestamp;
use redb::{ReadOnlyTable, ReadTransaction, ReadableTable};

use super::digest::Digest;
use super::header::Header;
use super::mismatch::{Mismatch, MismatchKind};
use super::payload::{self, Payload};
use super::{FRAMES, Head, PAYLOADS};
use crate::error::StoreError;

/// How much [`JournalReader::read`] returns at once: it stops after the frame that reaches 4 MiB of
/// headers and records.
pub const READ_CHUNK_BYTES: usize = 4 * 1024 * 1024;

/// A frame as it lies in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFrame {
    /// Its number and the hash of its header: the journal's head once it was appended.
    pub head: Head,
    /// The partition's time.
    pub at: Timestamp,
    /// The records in order; `None` for an erased one.
    pub records: Vec<Option<Vec<u8>>>,
    /// The size of header and records.
    pub(super) bytes: usize,
}

/// The journal within a read transaction, that is, at one moment. Appends after that moment are
/// seen by a new one only.
#[derive(Debug)]
pub struct JournalReader {
    pub(super) frames: ReadOnlyTable<u64, &'static [u8]>,
    pub(super) payloads: ReadOnlyTable<(u64, u32), &'static [u8]>,
}

/// Reading stopped.
#[derive(Debug)]
pub(super) enum LoadError {
    /// What is stored is not what was written.
    Mismatch(Mismatch),
    /// The store failed.
    Store(StoreError),
}

impl From<Mismatch> for LoadError {
    fn from(mismatch: Mismatch) -> Self {
        Self::Mismatch(mismatch)
    }
}

impl From<redb::StorageError> for LoadError {
    fn from(error: redb::StorageError) -> Self {
        Self::Store(error.into())
    }
}

impl From<LoadError> for StoreError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Mismatch(mismatch) => mismatch.into(),
            LoadError::Store(error) => error,
        }
    }
}

impl JournalReader {
    /// Opens the journal at the moment of `transaction`, and keeps that moment alive.
    ///
    /// # Errors
    ///
    /// [`StoreError`], when the tables cannot be read or are not a journal's.
    pub fn open(transaction: &ReadTransaction) -> Result<Self, StoreError> {
        Ok(Self { frames: transaction.open_table(FRAMES)?, payloads: transaction.open_table(PAYLOADS)? })
    }

    /// Where the journal ends.
    ///
    /// # Errors
    ///
    /// [`StoreError`], when the tables cannot be read.
    pub fn head(&self) -> Result<Head, StoreError> {
        Ok(match self.frames.last()? {
            Some((key, row)) => Head { sequence: key.value(), hash: Digest::of_header(row.value()) },
            None => Head::EMPTY,
        })
    }

    /// The partition's time in the last frame; `None` in an empty journal.
    ///
    /// # Errors
    ///
    /// [`StoreError`], when the tables or the last header cannot be read.
    pub fn last_time(&self) -> Result<Option<Timestamp>, StoreError> {
        let Some((key, row)) = self.frames.last()? else { return Ok(None) };
        let at = Header::decode_time(row.value()).map_err(|kind| Mismatch::of_frame(key.value(), kind))?;
        Ok(Some(at))
    }

    /// What the head was when frame `sequence` was the last one; `None` if there is no such frame.
    ///
    /// # Errors
    ///
    /// [`StoreError`], when the tables cannot be read.
    pub fn head_at(&self, sequence: u64) -> Result<Option<Head>, StoreError> {
        if sequence == 0 {
            return Ok(Some(Head::EMPTY));
        }
        Ok(self.frames.get(sequence)?.map(|row| Head { sequence, hash: Digest::of_header(row.value()) }))
    }

    /// Frames from number `from` on, in order: as many as [`READ_CHUNK_BYTES`] allows but at least
    /// one; none when the journal ends before `from`. To read on, ask again from the number after
    /// the last one, in a new transaction if the scan is long.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] when a frame is not as it was written, [`StoreError::NewerFormat`]
    /// when a newer program wrote it, [`StoreError::Disk`].
    pub fn read(&self, from: u64) -> Result<Vec<StoredFrame>, StoreError> {
        let before = from.saturating_sub(1);
        let Some(mut head) = self.head_at(before)? else {
            if before > self.head()?.sequence {
                return Ok(Vec::new());
            }
            return Err(Mismatch::of_frame(before, MismatchKind::FrameMissing).into());
        };
        let mut frames = Vec::new();
        let mut bytes = 0;
        while bytes < READ_CHUNK_BYTES
            && let Some(frame) = self.frame_after(head)?
        {
            head = frame.head;
            bytes += frame.bytes;
            frames.push(frame);
        }
        Ok(frames)
    }

    /// The frame that follows `before`, checked against it; `None` at the end of the journal.
    pub(super) fn frame_after(&self, before: Head) -> Result<Option<StoredFrame>, LoadError> {
        let sequence = before.sequence + 1;
        let Some(row) = self.frames.get(sequence)? else {
            return match self.frames.last()? {
                Some((last, _)) if last.value() > sequence => {
                    Err(Mismatch::of_frame(sequence, MismatchKind::FrameMissing).into())
                }
                _ => Ok(None),
            };
        };
        let mismatch = |kind| Mismatch::of_frame(sequence, kind);
        let header = Header::decode(row.value()).map_err(mismatch)?;
        if header.seq != sequence {
            return Err(mismatch(MismatchKind::Misplaced).into());
        }
        if header.prev != before.hash {
            return Err(mismatch(MismatchKind::ChainBroken).into());
        }
        let records = self.records(&header)?;
        let record_bytes: usize = records.iter().flatten().map(Vec::len).sum();
        Ok(Some(StoredFrame {
            head: Head { sequence, hash: Digest::of_header(row.value()) },
            at: header.at,
            records,
            bytes: row.value().len() + record_bytes,
        }))
    }

    /// The records that a header names, each compared with its digest.
    fn records(&self, header: &Header) -> Result<Vec<Option<Vec<u8>>>, LoadError> {
        let sequence = header.seq;
        let mismatch = |index, kind| Mismatch::of_record(sequence, index, kind);
        let mut rows = self.payloads.range((sequence, u32::MIN)..=(sequence, u32::MAX))?;
        let mut records = Vec::with_capacity(header.records.len());
        for (index, (digest, length)) in (0_u32..).zip(&header.records) {
            let Some((key, row)) = rows.next().transpose()? else {
                return Err(mismatch(index, MismatchKind::PayloadMissing).into());
            };
            if key.value() != (sequence, index) {
                return Err(mismatch(index, MismatchKind::PayloadMissing).into());
            }
            let record = check_payload(row.value(), *digest, *length).map_err(|kind| mismatch(index, kind))?;
            records.push(record);
        }
        if let Some((key, _)) = rows.next().transpose()? {
            return Err(mismatch(key.value().1, MismatchKind::PayloadUnexpected).into());
        }
        Ok(records)
    }
}

/// Compares a payload with its digest and returns its record; `None` when it was erased.
fn check_payload(row: &[u8], digest: Digest, length: usize) -> Result<Option<Vec<u8>>, MismatchKind> {
    match payload::unpack(row)? {
        None => Ok(None),
        Some(Payload { salt, record }) if record.len() == length && Digest::of_payload(&salt, &record) == digest => {
            Ok(Some(record.into_owned()))
        }
        Some(_) => Err(MismatchKind::PayloadDiffers),
    }
}
