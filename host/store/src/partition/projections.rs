//! Applies one record to the projections: rows, indexes, and the ways back into the journal.
//!
//! Given the same records in the same order the tables become the same, byte for byte: a rebuild goes through
//! [`Projections::apply`] as the first writing did. It judges nothing and reads no clock.

use std::cell::RefCell;
use std::collections::BTreeMap;

use herald_core::case::{Case, Delivery, Goal, Task};
use herald_core::event::Event;
use herald_core::ids::{CaseId, DeliveryNumber, GoalNumber, TaskNumber};
use herald_core::names::{DepartmentId, KindName, PersonId};
use herald_core::record::Record;
use herald_core::workspace::{Change, Changes, RowError, Rows};
use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};

use super::codec;
use super::entries::{Entries, Row};
use super::keys::{self, DIGEST_BYTES};
use super::lookup::{self, StoredRequest};
use super::tables::{TableName, Tables};
use super::{PURGED_PER_RECORD, Position};
use crate::error::StoreError;

/// An index has keys only.
const NOTHING: &[u8] = &[];

/// The projections within a write transaction.
///
/// Rows are read by a workspace while it lives, and written from that same workspace: hence shared access, with
/// the tables in a cell. No borrow of the cell outlives a call.
pub(super) struct Projections<'txn> {
    inner: RefCell<Inner<'txn>>,
}

struct Inner<'txn> {
    tables: Tables<'txn>,
    /// Memory that is used again for every row: its JSON, its entries before and after.
    json: Vec<u8>,
    before: Entries,
    after: Entries,
}

impl<'txn> Projections<'txn> {
    pub(super) fn open(transaction: &'txn WriteTransaction) -> Result<Self, StoreError> {
        let tables = Tables::open(transaction)?;
        let inner = Inner { tables, json: Vec::new(), before: Entries::default(), after: Entries::default() };
        Ok(Self { inner: RefCell::new(inner) })
    }

    /// Writes what `record`, which lies at `position`, changed.
    pub(super) fn apply(&self, position: Position, record: &Record, changes: Changes<'_>) -> Result<(), StoreError> {
        let mut inner = self.inner.borrow_mut();
        inner.log(position, record, changes.case.map(|change| &change.after))?;
        inner.count_failures(record)?;
        inner.forget_old_requests(record.at)?;
        if let Some(request) = &record.request {
            let digest = lookup::request_digest(&request.principal, &request.path, &request.key);
            inner.remember_request(&digest, StoredRequest { at: record.at, position })?;
        }
        inner.take_numbers(record)?;
        if let Some(change) = changes.case {
            inner.change(record.case, record.case.as_bytes(), change)?;
        }
        inner.change_rows(record.case, changes.tasks, |number| number.0)?;
        inner.change_rows(record.case, changes.goals, |number| number.0)?;
        inner.change_rows(record.case, changes.deliveries, |number| number.0)
    }

    /// Counts how the hooks fared that the record's decisions called. [`apply`](Self::apply) does it too.
    pub(super) fn count_failures(&self, record: &Record) -> Result<(), StoreError> {
        self.inner.borrow_mut().count_failures(record)
    }

    /// Keeps the last number of each series of documents in which the record gave one. [`apply`](Self::apply) does it
    /// too.
    pub(super) fn take_numbers(&self, record: &Record) -> Result<(), StoreError> {
        self.inner.borrow_mut().take_numbers(record)
    }

    /// The latest request under this key, if it is younger than [`REQUESTS_KEPT`](super::REQUESTS_KEPT) at `now`.
    pub(super) fn request(&self, digest: &[u8], now: Timestamp) -> Result<Option<Position>, StoreError> {
        lookup::request(self.inner.borrow().tables.get(TableName::Requests), digest, now)
    }

    pub(super) fn live_case(
        &self,
        kind: &KindName,
        department: &DepartmentId,
        key: &str,
    ) -> Result<Option<CaseId>, StoreError> {
        lookup::live_case(self.inner.borrow().tables.get(TableName::Dedup), kind, department, key)
    }

    pub(super) fn participates(&self, person: &PersonId, case: CaseId) -> Result<bool, StoreError> {
        lookup::participates(self.inner.borrow().tables.get(TableName::Participants), person, case)
    }

    fn row<T: Row>(&self, key: &[u8]) -> Result<Option<T>, RowError> {
        lookup::row(self.inner.borrow().tables.get(T::TABLE), key).map_err(lookup::row_error)
    }
}

impl Rows for Projections<'_> {
    fn case(&self, case: CaseId) -> Result<Option<Case>, RowError> {
        self.row(case.as_bytes())
    }

    fn task(&self, case: CaseId, number: TaskNumber) -> Result<Option<Task>, RowError> {
        self.row(&keys::row(case, number.0))
    }

    fn goal(&self, case: CaseId, number: GoalNumber) -> Result<Option<Goal>, RowError> {
        self.row(&keys::row(case, number.0))
    }

    fn delivery(&self, case: CaseId, number: DeliveryNumber) -> Result<Option<Delivery>, RowError> {
        self.row(&keys::row(case, number.0))
    }

    fn last_number(&self, series: &str) -> Result<u32, RowError> {
        lookup::last_number(self.inner.borrow().tables.get(TableName::Numbers), series).map_err(lookup::row_error)
    }

    fn participates(&self, person: &PersonId, case: CaseId) -> Result<bool, RowError> {
        Self::participates(self, person, case).map_err(lookup::row_error)
    }
}

impl Inner<'_> {
    /// Notes where the record lies, and what can be found in it. Messages and decisions stay in the journal.
    fn log(&mut self, position: Position, record: &Record, case: Option<&Case>) -> Result<(), StoreError> {
        let in_case = keys::in_case(record.case, position);
        self.insert(TableName::CaseLog, &in_case, NOTHING)?;
        for event in &record.events {
            match event {
                Event::Submitted { .. } | Event::Resubmitted { .. } => {
                    let version = case.map_or(1, |case| case.message_version);
                    let key = keys::row(record.case, version);
                    self.insert(TableName::Messages, &key, &keys::position(position))?;
                }
                Event::Decided { .. } | Event::Escalated { .. } => {
                    self.insert(TableName::Decisions, &in_case, NOTHING)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn count_failures(&mut self, record: &Record) -> Result<(), StoreError> {
        for contribution in record.events.iter().flat_map(Event::contributions) {
            let key = keys::revision(&contribution.bundle, contribution.revision);
            let mut failures = lookup::failures(self.tables.get(TableName::Failures), &key)?;
            if !failures.count(contribution.hook, &contribution.outcome, record.case, record.at) {
                continue;
            }
            if failures.is_empty() {
                self.remove(TableName::Failures, &key)?;
            } else {
                codec::encode(&failures, &mut self.json)?;
                self.tables.get_mut(TableName::Failures).insert(key.as_slice(), self.json.as_slice())?;
            }
        }
        Ok(())
    }

    fn take_numbers(&mut self, record: &Record) -> Result<(), StoreError> {
        record.events.iter().try_for_each(|event| match event {
            Event::Numbered { series, number, .. } => {
                self.insert(TableName::Numbers, series.as_bytes(), &number.to_be_bytes())
            }
            _ => Ok(()),
        })
    }

    fn remember_request(&mut self, digest: &[u8; DIGEST_BYTES], request: StoredRequest) -> Result<(), StoreError> {
        let replaced = {
            let requests = self.tables.get_mut(TableName::Requests);
            let replaced = requests.insert(digest.as_slice(), request.encode().as_slice())?;
            replaced.map(|row| StoredRequest::decode(row.value())).transpose()?
        };
        if let Some(replaced) = replaced {
            self.remove(TableName::RequestsByTime, &keys::request_by_time(replaced.at, digest))?;
        }
        self.insert(TableName::RequestsByTime, &keys::request_by_time(request.at, digest), NOTHING)
    }

    /// Removes up to [`PURGED_PER_RECORD`] requests that are too old at `now`.
    fn forget_old_requests(&mut self, now: Timestamp) -> Result<(), StoreError> {
        for _ in 0..PURGED_PER_RECORD {
            let Some((oldest, _)) = self.tables.get(TableName::RequestsByTime).first()? else { return Ok(()) };
            let mut parts = keys::Parts(oldest.value());
            let request = parts.bytes().and_then(keys::read_moment).zip(parts.bytes::<DIGEST_BYTES>());
            let request = request.and_then(|request| parts.end(request));
            let (at, digest) = request.ok_or_else(|| codec::bad_key(TableName::RequestsByTime))?;
            if lookup::is_kept(at, now) {
                return Ok(());
            }
            drop(oldest);
            self.remove(TableName::Requests, &digest)?;
            self.tables.get_mut(TableName::RequestsByTime).pop_first()?;
        }
        Ok(())
    }

    fn change_rows<N: Copy + Ord, T: Row>(
        &mut self,
        case: CaseId,
        rows: &BTreeMap<N, Change<T>>,
        number: impl Fn(N) -> u32,
    ) -> Result<(), StoreError> {
        rows.iter().try_for_each(|(row, change)| self.change(case, &keys::row(case, number(*row)), change))
    }

    /// Writes a row that differs, and mends the indexes where its entries differ.
    fn change<T: Row>(&mut self, case: CaseId, key: &[u8], change: &Change<T>) -> Result<(), StoreError> {
        if change.before.as_ref() == Some(&change.after) {
            return Ok(());
        }
        codec::encode(&change.after, &mut self.json)?;
        self.tables.get_mut(T::TABLE).insert(key, self.json.as_slice())?;
        self.before.clear();
        if let Some(before) = &change.before {
            before.entries(case, &mut self.before);
            self.before.sort();
        }
        self.after.clear();
        change.after.entries(case, &mut self.after);
        self.after.sort();
        self.mend()
    }

    /// Walks the entries before and after side by side: what is in both stays untouched.
    fn mend(&mut self) -> Result<(), StoreError> {
        let Self { tables, before, after, .. } = self;
        let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
        loop {
            match (old.peek().copied(), new.peek().copied()) {
                (None, None) => return Ok(()),
                (Some(left), Some(right)) if left == right => {
                    old.next();
                    new.next();
                }
                (Some((index, key)), right) if right.is_none_or(|right| (index, key) < right) => {
                    // Whoever took part may go on reading what they were shown.
                    if index != TableName::Participants {
                        tables.get_mut(index).remove(key)?;
                    }
                    old.next();
                }
                _ => {
                    if let Some((index, key)) = new.next() {
                        tables.get_mut(index).insert(key, NOTHING)?;
                    }
                }
            }
        }
    }

    fn insert(&mut self, table: TableName, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.tables.get_mut(table).insert(key, value)?;
        Ok(())
    }

    fn remove(&mut self, table: TableName, key: &[u8]) -> Result<(), StoreError> {
        self.tables.get_mut(table).remove(key)?;
        Ok(())
    }
}
