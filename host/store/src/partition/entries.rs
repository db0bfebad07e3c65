//! Which index entries a row has. Each index is a function of single rows, so that a change of a row mends the
//! indexes from the row as it was and as it is, and a check can ask every row for its entries.
//!
//! Nothing is written here.

use std::ops::Range;

use herald_core::case::{Case, Delivery, DeliveryStatus, Goal, Task, TaskStatus};
use herald_core::ids::CaseId;
use herald_core::names::PersonId;
use herald_core::organisation::INBOX;
use herald_core::target::Recipient;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::keys::{self, NAME_END, NO_MOMENT};
use super::tables::TableName;

/// A row with a table of its own, and entries in indexes.
pub(super) trait Row: Serialize + DeserializeOwned + PartialEq {
    /// Where it lies.
    const TABLE: TableName;
    /// The indexes that it can have entries in.
    const INDEXES: &[TableName];
    /// Adds its entries, as a row of `case`.
    fn entries(&self, case: CaseId, entries: &mut Entries);
}

/// A list of index entries in one buffer: a notice to ten thousand people makes tens of thousands of them.
#[derive(Debug, Default)]
pub(super) struct Entries {
    bytes: Vec<u8>,
    spans: Vec<(TableName, Range<usize>)>,
}

impl Entries {
    /// Forgets everything but the memory it takes.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.spans.clear();
    }

    fn add(&mut self, index: TableName, parts: &[&[u8]]) {
        let start = self.bytes.len();
        for part in parts {
            self.bytes.extend_from_slice(part);
        }
        self.spans.push((index, start..self.bytes.len()));
    }

    fn add_participant(&mut self, person: &PersonId, case: CaseId) {
        self.add(TableName::Participants, &[person.as_str().as_bytes(), NAME_END, case.as_bytes()]);
    }

    /// Sorts the entries by index and key, each once.
    pub(super) fn sort(&mut self) {
        let bytes = &self.bytes;
        let entry = |(index, span): &(TableName, Range<usize>)| (*index, bytes.get(span.clone()));
        self.spans.sort_unstable_by(|left, right| entry(left).cmp(&entry(right)));
        self.spans.dedup_by(|left, right| entry(left) == entry(right));
    }

    /// The entries in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (TableName, &[u8])> {
        self.spans.iter().filter_map(|(index, span)| Some((*index, self.bytes.get(span.clone())?)))
    }
}

impl Row for Case {
    const TABLE: TableName = TableName::Cases;
    const INDEXES: &[TableName] =
        &[TableName::ByStatus, TableName::ByKind, TableName::ByDepartment, TableName::Dedup, TableName::Participants];

    fn entries(&self, case: CaseId, entries: &mut Entries) {
        let id = case.as_bytes();
        entries.add(TableName::ByStatus, &[self.status.as_str().as_bytes(), NAME_END, id]);
        entries.add(TableName::ByKind, &[self.kind.as_str().as_bytes(), NAME_END, id]);
        for department in std::iter::once(&self.department).chain(&self.receivers) {
            entries.add(TableName::ByDepartment, &[department.as_str().as_bytes(), NAME_END, id]);
        }
        if let Some(key) = &self.dedup_key
            && self.status.is_live()
        {
            let digest = keys::digest(&[self.kind.as_str(), self.department.as_str(), key]);
            entries.add(TableName::Dedup, &[&digest, id]);
        }
        for person in self.sender.person().into_iter().chain(&self.accountable) {
            entries.add_participant(person, case);
        }
    }
}

impl Row for Task {
    const TABLE: TableName = TableName::Tasks;
    const INDEXES: &[TableName] = &[TableName::InboxTasks, TableName::Participants];

    fn entries(&self, case: CaseId, entries: &mut Entries) {
        let due = self.due.map_or(NO_MOMENT, keys::due);
        let row = keys::row(case, self.number.0);
        for holder in &self.holders {
            if self.status == TaskStatus::Open {
                entries.add(TableName::InboxTasks, &[holder.as_str().as_bytes(), NAME_END, &due, &row]);
            }
            entries.add_participant(holder, case);
        }
    }
}

impl Row for Goal {
    const TABLE: TableName = TableName::Goals;
    const INDEXES: &[TableName] = &[TableName::Timers];

    fn entries(&self, case: CaseId, entries: &mut Entries) {
        if let Some(at) = self.timer() {
            entries.add(TableName::Timers, &[&keys::due(at), &keys::row(case, self.number.0)]);
        }
    }
}

impl Row for Delivery {
    const TABLE: TableName = TableName::Deliveries;
    const INDEXES: &[TableName] =
        &[TableName::Outbox, TableName::InboxDeliveries, TableName::DeadLetters, TableName::Participants];

    fn entries(&self, case: CaseId, entries: &mut Entries) {
        let row = keys::row(case, self.number.0);
        let settled = || keys::newest_first(keys::moment(self.settled_at.unwrap_or(self.made_at)));
        match (self.status, self.next_attempt) {
            (DeliveryStatus::Pending, Some(at)) => entries.add(TableName::Outbox, &[&keys::due(at), &row]),
            (DeliveryStatus::Dead, _) => entries.add(TableName::DeadLetters, &[&settled(), &row]),
            _ => {}
        }
        if let Recipient::Person(person) = &self.to {
            if self.status == DeliveryStatus::Delivered && self.channel.as_str() == INBOX {
                let key: [&[u8]; 4] = [person.as_str().as_bytes(), NAME_END, &settled(), &row];
                entries.add(TableName::InboxDeliveries, &key);
            }
            entries.add_participant(person, case);
        }
    }
}
