//! A frame that is being written: records are pushed, and what they change is seen at once by the reads that
//! follow in the same frame. Nothing is durable, or seen by anybody else, before the frame is committed.

use std::cell::RefCell;
use std::sync::Arc;

use herald_core::case::{Case, Delivery, Goal, Task};
use herald_core::ids::{CaseId, DeliveryNumber, GoalNumber, TaskNumber};
use herald_core::names::{DepartmentId, KindName, PersonId};
use herald_core::record::{Record, Request};
use herald_core::workspace::{Changes, RowError, Rows};
use jiff::Timestamp;
use redb::WriteTransaction;

use super::projections::Projections;
use super::{Position, codec, lookup};
use crate::error::StoreError;
use crate::journal::{AppendError, FRAME_LIMIT_BYTES, FrameBuilder, Head, JournalWriter, Salt, Sealer};

/// A record was not pushed. The first two kinds leave the frame as it was; after the third it must be given up.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The record fits no frame, however empty. Whoever asked for it must be told.
    #[error("what this command does takes {bytes} bytes to write down, over the limit of {FRAME_LIMIT_BYTES} bytes")]
    RecordTooLarge {
        /// The record's size.
        bytes: usize,
    },
    /// The record fits the next frame: commit this one and judge the command again.
    #[error("the frame has no room for a record of {bytes} bytes")]
    FrameFull {
        /// The record's size.
        bytes: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A frame of a partition's journal while it is collected; see [`Partition::write`](super::Partition::write).
pub struct FrameWriter<'txn> {
    at: Timestamp,
    sequence: u64,
    journal: JournalWriter<'txn>,
    records: RefCell<FrameBuilder>,
    /// Memory that is used again for every record's JSON.
    json: RefCell<Vec<u8>>,
    projections: Projections<'txn>,
}

impl<'txn> FrameWriter<'txn> {
    pub(super) fn open(
        transaction: &'txn WriteTransaction,
        sealer: Option<Arc<Sealer>>,
        last: Head,
        at: Timestamp,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            at,
            sequence: last.sequence + 1,
            journal: JournalWriter::open(transaction)?,
            records: RefCell::new(FrameBuilder::sealed_by(sealer, at)),
            json: RefCell::default(),
            projections: Projections::open(transaction)?,
        })
    }

    /// The partition's time in this frame: what everything in it is judged by.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Whether a record of that many bytes still fits.
    #[must_use]
    pub fn fits(&self, record_bytes: usize) -> bool {
        self.records.borrow().fits(record_bytes)
    }

    /// Whether nothing was pushed yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.borrow().is_empty()
    }

    /// Adds `record` and lets the rows and indexes follow `changes`, which is what its events made of its case.
    /// `salt` is 16 random bytes that serve no other record.
    ///
    /// It costs as much as there are changed rows, however many rows the case has.
    ///
    /// # Errors
    ///
    /// [`PushError`]; see there for what becomes of the frame.
    pub fn push(&self, record: &Record, changes: Changes<'_>, salt: Salt) -> Result<(), PushError> {
        let mut json = self.json.borrow_mut();
        codec::encode(record, &mut json)?;
        let mut records = self.records.borrow_mut();
        let index = u32::try_from(records.len()).unwrap_or(u32::MAX);
        records.push(&json, &salt)?;
        self.projections.apply(Position { sequence: self.sequence, index }, record, changes)?;
        Ok(())
    }

    /// The request of this principal, path and key with the answer it got, if that was less than
    /// [`REQUESTS_KEPT`](super::REQUESTS_KEPT) ago. It may have been in this frame.
    ///
    /// # Errors
    ///
    /// [`StoreError`], when the tables cannot be read or the answer is not where it should be.
    pub fn answered(&self, principal: &str, path: &str, key: &str) -> Result<Option<Request>, StoreError> {
        let digest = lookup::request_digest(principal, path, key);
        let Some(position) = self.projections.request(&digest, self.at)? else { return Ok(None) };
        if position.sequence == self.sequence {
            let records = self.records.borrow();
            let record = usize::try_from(position.index).ok().and_then(|index| records.record(index));
            return lookup::answer(position, record).map(Some);
        }
        let record = self.journal.record(position.sequence, position.index)?;
        lookup::answer(position, record.as_deref()).map(Some)
    }

    /// The live case that the same event, reported again, belongs to.
    ///
    /// # Errors
    ///
    /// [`StoreError`], when the tables cannot be read.
    pub fn live_case(
        &self,
        kind: &KindName,
        department: &DepartmentId,
        key: &str,
    ) -> Result<Option<CaseId>, StoreError> {
        self.projections.live_case(kind, department, key)
    }

    /// See [`Snapshot::participates`](super::Snapshot::participates); what was pushed to this frame counts.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn participates(&self, person: &PersonId, case: CaseId) -> Result<bool, StoreError> {
        self.projections.participates(person, case)
    }

    /// Appends the frame to the journal. The transaction's commit makes it durable.
    pub(super) fn seal(mut self) -> Result<Head, StoreError> {
        let frame = self.records.into_inner().finish();
        self.journal.append(self.sequence - 1, &frame).map_err(|error| match error {
            AppendError::Store(error) => error,
            // There is one writer, and it keeps count.
            stale => StoreError::Corrupt(stale.to_string()),
        })
    }
}

impl From<crate::journal::PushError> for PushError {
    fn from(error: crate::journal::PushError) -> Self {
        match error {
            crate::journal::PushError::RecordTooLarge { bytes } => Self::RecordTooLarge { bytes },
            crate::journal::PushError::FrameFull { bytes } => Self::FrameFull { bytes },
        }
    }
}

impl Rows for FrameWriter<'_> {
    fn case(&self, case: CaseId) -> Result<Option<Case>, RowError> {
        self.projections.case(case)
    }

    fn task(&self, case: CaseId, number: TaskNumber) -> Result<Option<Task>, RowError> {
        self.projections.task(case, number)
    }

    fn goal(&self, case: CaseId, number: GoalNumber) -> Result<Option<Goal>, RowError> {
        self.projections.goal(case, number)
    }

    fn delivery(&self, case: CaseId, number: DeliveryNumber) -> Result<Option<Delivery>, RowError> {
        self.projections.delivery(case, number)
    }

    fn last_number(&self, series: &str) -> Result<u32, RowError> {
        self.projections.last_number(series)
    }

    fn participates(&self, person: &PersonId, case: CaseId) -> Result<bool, RowError> {
        Rows::participates(&self.projections, person, case)
    }
}
