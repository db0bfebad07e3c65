//! The journal: the one truth of a partition, a chain of frames.
//!
//! A *frame* is what became durable together: a sequence number (from 1, without gaps), the
//! partition's time, the hash of the frame before, and records, whose bytes mean nothing here. It
//! lies in two tables:
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `frames` | sequence | the header: JSON with a format version; per record a digest and a length |
//! | `payloads` | sequence, index | 16 bytes of salt, then the record, packed (see `payload`); empty once it is erased |
//!
//! The chain of hashes runs over headers, and a header holds digests of salt and record rather than
//! records. So retention can erase a payload, and with it everything that its digest could be
//! guessed from, while the chain stays whole; and nobody can change, drop, insert or reorder
//! anything without changing the hash of every frame after it.
//!
//! # The seam
//!
//! Three operations are all that the layers above ask of a journal:
//! [`append`](JournalWriter::append)`(expected_last, frame)`, [`read`](JournalReader::read)`(from)`, and
//! [`record`](JournalReader::record)`(sequence, index)` for one record that something points to. Here they are
//! tables of the partition's own file, and a frame commits in the same transaction as what is derived from it. A
//! replicated log can take their place: its append is fenced by the same expected sequence, and the other tables
//! then follow from `read`. What must not creep in above this module is any other way to a frame; copying a whole
//! file and writing it out, which [`upkeep`](crate::upkeep) does by the tables' bytes, are no business of an engine.
//!
//! # What a crash means
//!
//! An append exists once its transaction's commit has returned. A commit that failed may or may not
//! have happened, wholly; the writer stops, and [`JournalReader::head`] tells after opening again.

use jiff::Timestamp;
use redb::{ReadableTable, Table, TableDefinition, WriteTransaction};

use crate::error::StoreError;

mod digest;
mod frame;
mod header;
mod mismatch;
mod payload;
mod raw;
mod reader;
mod seal;
mod verify;

pub use digest::{Digest, DigestParseError, SALT_BYTES, Salt};
pub use frame::{FRAME_LIMIT_BYTES, FRAME_LIMIT_RECORDS, Frame, FrameBuilder, PushError};
pub use header::HEADER_FORMAT;
pub use mismatch::{Mismatch, MismatchKind};
pub(crate) use payload::Payload;
pub(crate) use raw::RawFrame;
pub use reader::{JournalReader, READ_CHUNK_BYTES, StoredFrame};
pub(crate) use seal::Sealer;
pub use verify::{VerifyProgress, VerifyReport, verify};

use header::Header;

const FRAMES: TableDefinition<u64, &[u8]> = TableDefinition::new("frames");
const PAYLOADS: TableDefinition<(u64, u32), &[u8]> = TableDefinition::new("payloads");

/// Makes the journal's tables in a new store, so that readers find them before the first append.
pub(crate) fn create_tables(transaction: &WriteTransaction) -> Result<(), StoreError> {
    JournalWriter::open(transaction).map(drop)
}

/// Where a journal ends: its last frame, and the hash of that frame's header. Two journals with the
/// same head hold the same frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The last frame's number; 0 in an empty journal.
    pub sequence: u64,
    /// The hash of the last frame's header; [`Digest::NONE`] in an empty journal.
    pub hash: Digest,
}

impl Head {
    /// The head of a journal without frames.
    pub const EMPTY: Self = Self { sequence: 0, hash: Digest::NONE };
}

/// A frame was not appended; the transaction holds nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody else has appended in between, or the caller lost count: its view is stale.
    #[error("the journal ends at frame {found}, not at {expected}: the writer's view is stale")]
    WrongSequence {
        /// The last frame, as the caller believed.
        expected: u64,
        /// The last frame.
        found: u64,
    },
    /// The clock that the caller was given went back. Deadlines are judged by these times.
    #[error("the frame's time {given} is before {last}, the time of the frame before it")]
    TimeWentBack {
        /// The last frame's time.
        last: Timestamp,
        /// The time of the frame that was refused.
        given: Timestamp,
    },
    /// The store itself failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of a request to erase a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasure {
    /// The payload was there; it goes with the commit.
    Erased,
    /// It had been erased before.
    AlreadyErased,
    /// The journal has no such record.
    NoSuchRecord,
}

/// The journal within a write transaction.
#[derive(Debug)]
pub struct JournalWriter<'txn> {
    frames: Table<'txn, u64, &'static [u8]>,
    payloads: Table<'txn, (u64, u32), &'static [u8]>,
}

impl<'txn> JournalWriter<'txn> {
    /// Opens the journal's tables in `transaction`. Drop it before the transaction commits.
    ///
    /// # Errors
    ///
    /// [`StoreError`], when the tables cannot be read or are not a journal's.
    pub fn open(transaction: &'txn WriteTransaction) -> Result<Self, StoreError> {
        Ok(Self { frames: transaction.open_table(FRAMES)?, payloads: transaction.open_table(PAYLOADS)? })
    }

    /// Appends `frame` after frame `expected_last` (0 for the first one) and returns the new head.
    /// Nothing is durable before the transaction's commit has returned.
    ///
    /// # Errors
    ///
    /// [`AppendError::WrongSequence`] when the journal does not end there,
    /// [`AppendError::TimeWentBack`], or the store's own error.
    pub fn append(&mut self, expected_last: u64, frame: &Frame) -> Result<Head, AppendError> {
        let (last, last_at) = self.last()?;
        if last.sequence != expected_last {
            return Err(AppendError::WrongSequence { expected: expected_last, found: last.sequence });
        }
        if let Some(last_at) = last_at.filter(|last_at| frame.at < *last_at) {
            return Err(AppendError::TimeWentBack { last: last_at, given: frame.at });
        }
        let sequence = last.sequence + 1;
        // From the end, where nobody else has come to yet.
        for record in frame.records.iter().rev() {
            record.sealed();
        }
        let header = Header::of_frame(frame, sequence, last.hash).encode();
        self.insert(sequence, &header, frame)?;
        Ok(Head { sequence, hash: Digest::of_header(&header) })
    }

    /// Erases the record at `index` (from 0) of frame `sequence`, and its salt. The header keeps
    /// the digest and the length, from which nothing can be recovered.
    ///
    /// Whoever can write the file can do the same, and the chain does not show it: so the caller
    /// appends a record of each erasure, and an erasure that no record speaks of is a question for
    /// an audit.
    ///
    /// The bytes leave the tables with the commit. On the disk they stay in a page that is free
    /// until another commit uses it.
    ///
    /// # Errors
    ///
    /// [`StoreError`], when the tables cannot be read or written.
    pub fn erase_payload(&mut self, sequence: u64, index: u32) -> Result<Erasure, StoreError> {
        let key = (sequence, index);
        let erasure = match self.payloads.get(key)? {
            None => Erasure::NoSuchRecord,
            Some(row) if row.value().is_empty() => Erasure::AlreadyErased,
            Some(_) => Erasure::Erased,
        };
        if erasure == Erasure::Erased {
            self.payloads.insert(key, [].as_slice())?;
        }
        Ok(erasure)
    }

    /// The head, and the time of the last frame if there is one.
    fn last(&self) -> Result<(Head, Option<Timestamp>), StoreError> {
        let Some((key, row)) = self.frames.last()? else {
            return Ok((Head::EMPTY, None));
        };
        let sequence = key.value();
        let at = Header::decode_time(row.value()).map_err(|kind| Mismatch::of_frame(sequence, kind))?;
        let head = Head { sequence, hash: Digest::of_header(row.value()) };
        Ok((head, Some(at)))
    }

    fn insert(&mut self, sequence: u64, header: &[u8], frame: &Frame) -> Result<(), StoreError> {
        self.frames.insert(sequence, header)?;
        for (index, record) in (0_u32..).zip(&frame.records) {
            self.payloads.insert((sequence, index), record.sealed().row.as_slice())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
