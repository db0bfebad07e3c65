//! A partition at one moment: single rows, and what the journal says about a case. Lists are in
//! [`lists`](super::lists).

use std::ops::Bound;

use herald_core::case::{Case, Delivery, Goal, Task};
use herald_core::decision::{Decision, Escalation};
use herald_core::event::Event;
use herald_core::ids::{CaseId, DeliveryNumber, GoalNumber, TaskNumber};
use herald_core::message::Message;
use herald_core::names::{DepartmentId, KindName, PersonId};
use herald_core::record::{Record, Request};
use herald_core::workspace::{RowError, Rows};
use jiff::Timestamp;
use redb::{ReadTransaction, ReadableTableMetadata};

use super::entries::Row;
use super::keys::{self, Parts};
use super::lookup;
use super::tables::{ReadTable, TableName};
use super::{Position, codec};
use crate::error::StoreError;
use crate::journal::{JournalReader, READ_CHUNK_BYTES};

/// A partition as it was after one commit.
pub struct Snapshot {
    transaction: ReadTransaction,
}

/// A record in the life of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct LogEntry {
    /// Where it lies; what a reader goes on from.
    pub position: Position,
    /// The record; `None` once it was erased.
    pub record: Option<Record>,
}

/// What policies ruled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ruling<'a> {
    /// About a message.
    Decision(&'a Decision),
    /// About a breached goal.
    Escalation(&'a Escalation),
}

impl LogEntry {
    /// What policies ruled in this record.
    pub fn rulings(&self) -> impl Iterator<Item = Ruling<'_>> {
        self.record.iter().flat_map(|record| &record.events).filter_map(|event| match event {
            Event::Decided { decision } => Some(Ruling::Decision(decision)),
            Event::Escalated { escalation } => Some(Ruling::Escalation(escalation)),
            _ => None,
        })
    }
}

/// How much there is, for metrics. None of it is counted by walking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Cases, whatever their status.
    pub cases: u64,
    /// Tasks, whatever their status.
    pub tasks: u64,
    /// Deliveries, whatever their status.
    pub deliveries: u64,
    /// Open tasks, once for each of their holders.
    pub open_tasks: u64,
    /// Goals that run.
    pub timers: u64,
    /// Deliveries that wait for their next attempt.
    pub outbox: u64,
    /// Deliveries that were given up.
    pub dead_letters: u64,
    /// Requests whose answers are remembered, with some that are too old but not yet cleared away.
    pub requests: u64,
}

impl Snapshot {
    pub(super) fn new(transaction: ReadTransaction) -> Self {
        Self { transaction }
    }

    pub(super) fn table(&self, table: TableName) -> Result<ReadTable, StoreError> {
        table.open(&self.transaction)
    }

    /// The journal at this moment.
    ///
    /// # Errors
    ///
    /// [`StoreError`], when its tables cannot be read, as with the other questions.
    pub fn journal(&self) -> Result<JournalReader, StoreError> {
        JournalReader::open(&self.transaction)
    }

    /// See [`FrameWriter::answered`](super::FrameWriter::answered); `now` is the partition's time.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn answered(
        &self,
        principal: &str,
        path: &str,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<Request>, StoreError> {
        let digest = lookup::request_digest(principal, path, key);
        let Some(position) = lookup::request(&self.table(TableName::Requests)?, &digest, now)? else {
            return Ok(None);
        };
        let record = self.journal()?.record(position.sequence, position.index)?;
        lookup::answer(position, record.as_deref()).map(Some)
    }

    /// The live case that the same event, reported again, belongs to.
    ///
    /// # Errors
    ///
    /// See [`Snapshot::journal`].
    pub fn live_case(
        &self,
        kind: &KindName,
        department: &DepartmentId,
        key: &str,
    ) -> Result<Option<CaseId>, StoreError> {
        lookup::live_case(&self.table(TableName::Dedup)?, kind, department, key)
    }

    /// Whether `person` has ever taken part in `case`: as sender, accountable, holder of a task or recipient.
    ///
    /// # Errors
    ///
    /// See [`Snapshot::journal`].
    pub fn participates(&self, person: &PersonId, case: CaseId) -> Result<bool, StoreError> {
        lookup::participates(&self.table(TableName::Participants)?, person, case)
    }

    /// The message of `case` in that version, from 1; `None` if there is none, or it was erased.
    ///
    /// # Errors
    ///
    /// See [`Snapshot::journal`].
    pub fn message(&self, case: CaseId, version: u32) -> Result<Option<Message>, StoreError> {
        let Some(row) = self.table(TableName::Messages)?.get(keys::row(case, version).as_slice())? else {
            return Ok(None);
        };
        let mut parts = Parts(row.value());
        let position = parts.position().and_then(|position| parts.end(position));
        let unreadable = || StoreError::Corrupt("a row of `messages` cannot be read".to_owned());
        let position = position.ok_or_else(unreadable)?;
        let Some(stored) = self.journal()?.record(position.sequence, position.index)? else { return Ok(None) };
        codec::decode_message(position, &stored)
    }

    /// The records of `case` in order, after `after` if that is given: at most `limit`, and fewer, but at least
    /// one, where they are large. Go on from the last one's position; the end is reached when none comes.
    ///
    /// # Errors
    ///
    /// See [`Snapshot::journal`].
    pub fn records(&self, case: CaseId, after: Option<Position>, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        self.log(TableName::CaseLog, case, after, limit)
    }

    /// Those records of `case` that hold a decision or an escalation, see [`LogEntry::rulings`]; paged as
    /// [`Snapshot::records`] are.
    ///
    /// # Errors
    ///
    /// See [`Snapshot::journal`].
    pub fn decisions(&self, case: CaseId, after: Option<Position>, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        self.log(TableName::Decisions, case, after, limit)
    }

    /// The records of all cases in order, after `after` if that is given; paged as [`Snapshot::records`] are.
    ///
    /// # Errors
    ///
    /// See [`Snapshot::journal`].
    pub fn history(&self, after: Option<Position>, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        let journal = self.journal()?;
        let (mut entries, mut bytes) = (Vec::new(), 0);
        let mut sequence = after.map_or(1, |after| after.sequence.max(1));
        while bytes < READ_CHUNK_BYTES
            && entries.len() < limit
            && let Some(frame) = journal.raw(sequence)?
        {
            let from =
                after.filter(|after| after.sequence == sequence).map_or(0, |after| after.index.saturating_add(1));
            for payload in frame.unpacked(from).take(limit - entries.len()) {
                let (index, payload) = payload?;
                let position = Position { sequence, index };
                bytes += payload.as_ref().map_or(0, |payload| payload.record.len());
                let record = payload.map(|payload| codec::decode_record(position, &payload.record)).transpose()?;
                entries.push(LogEntry { position, record });
            }
            sequence += 1;
        }
        Ok(entries)
    }

    /// How much there is.
    ///
    /// # Errors
    ///
    /// See [`Snapshot::journal`].
    pub fn counts(&self) -> Result<Counts, StoreError> {
        let count = |table| Ok::<_, StoreError>(self.table(table)?.len()?);
        Ok(Counts {
            cases: count(TableName::Cases)?,
            tasks: count(TableName::Tasks)?,
            deliveries: count(TableName::Deliveries)?,
            open_tasks: count(TableName::InboxTasks)?,
            timers: count(TableName::Timers)?,
            outbox: count(TableName::Outbox)?,
            dead_letters: count(TableName::DeadLetters)?,
            requests: count(TableName::Requests)?,
        })
    }

    pub(super) fn row<T: Row>(&self, key: &[u8]) -> Result<Option<T>, StoreError> {
        lookup::row(&self.table(T::TABLE)?, key)
    }

    fn log(
        &self,
        table: TableName,
        case: CaseId,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let bound = |sequence, index| keys::in_case(case, Position { sequence, index });
        let (first, last) = (bound(0, 0), bound(u64::MAX, u32::MAX));
        let after = after.map(|after| keys::in_case(case, after));
        let from = after.as_ref().map_or(Bound::Included(&first), Bound::Excluded);
        let index = self.table(table)?;
        let journal = self.journal()?;
        let (mut entries, mut bytes) = (Vec::new(), 0);
        for row in index.range::<&[u8]>((from.map(<[u8; 28]>::as_slice), Bound::Included(last.as_slice())))?.take(limit)
        {
            let (key, _) = row?;
            let mut parts = Parts(key.value());
            let position = parts.case().and_then(|_| parts.position()).and_then(|position| parts.end(position));
            let position = position.ok_or_else(|| codec::bad_key(table))?;
            let stored = journal.record(position.sequence, position.index)?;
            bytes += stored.as_ref().map_or(0, Vec::len);
            let record = stored.map(|stored| codec::decode_record(position, &stored)).transpose()?;
            entries.push(LogEntry { position, record });
            if bytes >= READ_CHUNK_BYTES {
                break;
            }
        }
        Ok(entries)
    }
}

impl Rows for Snapshot {
    fn case(&self, case: CaseId) -> Result<Option<Case>, RowError> {
        self.row(case.as_bytes()).map_err(lookup::row_error)
    }

    fn task(&self, case: CaseId, number: TaskNumber) -> Result<Option<Task>, RowError> {
        self.row(&keys::row(case, number.0)).map_err(lookup::row_error)
    }

    fn goal(&self, case: CaseId, number: GoalNumber) -> Result<Option<Goal>, RowError> {
        self.row(&keys::row(case, number.0)).map_err(lookup::row_error)
    }

    fn delivery(&self, case: CaseId, number: DeliveryNumber) -> Result<Option<Delivery>, RowError> {
        self.row(&keys::row(case, number.0)).map_err(lookup::row_error)
    }

    fn last_number(&self, series: &str) -> Result<u32, RowError> {
        let table = self.table(TableName::Numbers).map_err(lookup::row_error)?;
        lookup::last_number(&table, series).map_err(lookup::row_error)
    }

    fn participates(&self, person: &PersonId, case: CaseId) -> Result<bool, RowError> {
        Self::participates(self, person, case).map_err(lookup::row_error)
    }
}
