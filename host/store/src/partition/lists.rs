//! The lists that readers page through. A page goes on from the last item of the page before, which says by
//! itself where it stands: so lists of several partitions can be merged, an item that has gone meanwhile does
//! no harm, and every item that stays is seen exactly once.

use std::ops::Bound;

use herald_core::case::{Case, Status};
use herald_core::decision::BundleId;
use herald_core::failing::Failures;
use herald_core::ids::{CaseId, DeliveryId, DeliveryNumber, GoalId, GoalNumber, TaskId, TaskNumber};
use herald_core::message::Level;
use herald_core::names::{DepartmentId, KindName, PersonId};
use jiff::Timestamp;
use redb::ReadableTable;

use super::keys::{self, NAME_END, NO_MOMENT, Parts};
use super::snapshot::Snapshot;
use super::tables::TableName;
use super::{codec, lookup};
use crate::error::StoreError;

/// The most cases that one page of [`Snapshot::cases`] looks at. A rare combination of filters then takes
/// several pages, some of them empty, rather than a long scan.
pub const SCAN_LIMIT_CASES: usize = 1_000;

/// A goal that has to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timer {
    /// When, to the microsecond, never earlier than the goal says.
    pub due: Timestamp,
    /// Which goal.
    pub goal: GoalId,
}

/// A delivery that has to be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutboxItem {
    /// When, to the microsecond, never earlier than the delivery says.
    pub next_attempt: Timestamp,
    /// Which delivery.
    pub delivery: DeliveryId,
}

/// An open task of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InboxTask {
    /// By when it is to be done, to the microsecond.
    pub due: Option<Timestamp>,
    /// Which task.
    pub task: TaskId,
}

/// A delivery that arrived in somebody's inbox, or was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InboxDelivery {
    /// When it arrived or was given up, to the microsecond.
    pub at: Timestamp,
    /// Which delivery.
    pub delivery: DeliveryId,
}

/// Which cases to list. What is not set does not matter.
#[derive(Debug, Clone, Copy, Default)]
pub struct CaseFilter<'a> {
    /// Their status.
    pub status: Option<Status>,
    /// Their kind.
    pub kind: Option<&'a KindName>,
    /// A department that sent or received them.
    pub department: Option<&'a DepartmentId>,
    /// Somebody who has ever taken part in them.
    pub participant: Option<&'a PersonId>,
    /// Their level.
    pub level: Option<Level>,
    /// A label that they bear, and its value.
    pub label: Option<(&'a str, &'a str)>,
    /// The case that they came out of.
    pub caused_by: Option<CaseId>,
}

/// Some cases.
#[derive(Debug, Clone, PartialEq)]
pub struct CasePage {
    /// Those that were found, newest first.
    pub cases: Vec<Case>,
    /// Where to go on; `None` when there are no more.
    pub next: Option<CaseId>,
}

type Keys = Vec<Vec<u8>>;

impl Snapshot {
    /// Goals to look at by `until`, earliest first, at most `limit`.
    ///
    /// # Errors
    ///
    /// See [`Snapshot::journal`], as for all lists.
    pub fn due_timers(&self, until: Timestamp, limit: usize) -> Result<Vec<Timer>, StoreError> {
        let timer = |(due, case, number)| Timer { due, goal: GoalId { case, number: GoalNumber(number) } };
        self.due(TableName::Timers, None, until, limit).map(|items| items.into_iter().map(timer).collect())
    }

    /// When the first goal after `after` has to be looked at.
    ///
    /// # Errors
    ///
    /// See [`Snapshot::due_timers`].
    pub fn next_timer(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let next = self.due(TableName::Timers, Some(after), Timestamp::MAX, 1)?;
        Ok(next.first().map(|(due, ..)| *due))
    }

    /// Deliveries to try by `until`, earliest first, at most `limit`.
    ///
    /// # Errors
    ///
    /// See [`Snapshot::due_timers`].
    pub fn outbox(&self, until: Timestamp, limit: usize) -> Result<Vec<OutboxItem>, StoreError> {
        let item = |(next_attempt, case, number)| OutboxItem {
            next_attempt,
            delivery: DeliveryId { case, number: DeliveryNumber(number) },
        };
        self.due(TableName::Outbox, None, until, limit).map(|items| items.into_iter().map(item).collect())
    }

    /// When the first delivery after `after` is tried.
    ///
    /// # Errors
    ///
    /// See [`Snapshot::due_timers`].
    pub fn next_attempt(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let next = self.due(TableName::Outbox, Some(after), Timestamp::MAX, 1)?;
        Ok(next.first().map(|(due, ..)| *due))
    }

    /// The open tasks of `person`, after `after`, in the order of their due times; those without one last.
    ///
    /// # Errors
    ///
    /// See [`Snapshot::due_timers`].
    pub fn inbox_tasks(
        &self,
        person: &PersonId,
        after: Option<&InboxTask>,
        limit: usize,
    ) -> Result<Vec<InboxTask>, StoreError> {
        let place = |item: &InboxTask| {
            let due = item.due.map_or(NO_MOMENT, keys::due);
            [due.as_slice(), &keys::row(item.task.case, item.task.number.0)].concat()
        };
        let table = TableName::InboxTasks;
        let keys = self.after(table, &named(person.as_str()), after.map(place), limit)?;
        let read = |key: &Vec<u8>| {
            let mut parts = Parts(key);
            parts.name()?;
            let due = parts.bytes()?;
            let due = if due == NO_MOMENT { None } else { Some(keys::read_moment(due)?) };
            let task = TaskId { case: parts.case()?, number: TaskNumber(parts.number()?) };
            parts.end(InboxTask { due, task })
        };
        keys.iter().map(|key| read(key).ok_or_else(|| codec::bad_key(table))).collect()
    }

    /// The first person after `after`, in the order of their names, who holds an open task; they need not be in
    /// the directory any more. Costs one seek, whatever number of tasks there are.
    ///
    /// # Errors
    ///
    /// See [`Snapshot::due_timers`].
    pub fn next_holder(&self, after: Option<&PersonId>) -> Result<Option<PersonId>, StoreError> {
        let table = TableName::InboxTasks;
        // Behind every key of that person, and before those of the next.
        let from = after.and_then(|person| keys::after_prefix(&named(person.as_str()))).unwrap_or_default();
        let rows = self.table(table)?;
        let mut rows = rows.range::<&[u8]>((Bound::Included(from.as_slice()), Bound::Unbounded))?;
        let Some(row) = rows.next() else { return Ok(None) };
        let key = row?.0.value().to_vec();
        let person = Parts(&key).name().and_then(|name| PersonId::new(name).ok());
        person.map(Some).ok_or_else(|| codec::bad_key(table))
    }

    /// What arrived in the inbox of `person` before `after`, newest first.
    ///
    /// # Errors
    ///
    /// See [`Snapshot::due_timers`].
    pub fn inbox_deliveries(
        &self,
        person: &PersonId,
        after: Option<&InboxDelivery>,
        limit: usize,
    ) -> Result<Vec<InboxDelivery>, StoreError> {
        self.deliveries(TableName::InboxDeliveries, &named(person.as_str()), after, limit)
    }

    /// Deliveries that were given up, newest first.
    ///
    /// # Errors
    ///
    /// See [`Snapshot::due_timers`].
    pub fn dead_letters(&self, after: Option<&InboxDelivery>, limit: usize) -> Result<Vec<InboxDelivery>, StoreError> {
        self.deliveries(TableName::DeadLetters, &[], after, limit)
    }

    /// The revisions of bundles of which a hook failed when it was last called, in force or not, by bundle and
    /// revision. There are at most as many as were published, and rarely any.
    ///
    /// # Errors
    ///
    /// See [`Snapshot::due_timers`].
    pub fn failures(&self) -> Result<Vec<(BundleId, u32, Failures)>, StoreError> {
        let table = TableName::Failures;
        let mut failures = Vec::new();
        for row in self.table(table)?.iter()? {
            let (key, row) = row?;
            let (bundle, revision) = Parts(key.value()).revision().ok_or_else(|| codec::bad_key(table))?;
            failures.push((bundle, revision, codec::decode_row(table, row.value())?));
        }
        Ok(failures)
    }

    /// How one revision of a bundle fails.
    ///
    /// # Errors
    ///
    /// See [`Snapshot::due_timers`].
    pub fn failures_of(&self, bundle: &BundleId, revision: u32) -> Result<Failures, StoreError> {
        lookup::failures(&self.table(TableName::Failures)?, &keys::revision(bundle, revision))
    }

    /// Cases that `filter` wants, newest first, older than `before` if that is given. At most `limit` of them,
    /// after looking at no more than [`SCAN_LIMIT_CASES`].
    ///
    /// # Errors
    ///
    /// See [`Snapshot::due_timers`].
    pub fn cases(&self, filter: CaseFilter<'_>, before: Option<CaseId>, limit: usize) -> Result<CasePage, StoreError> {
        let (index, prefix) = filter.index();
        let end = before.map(|case| [prefix.as_slice(), case.as_bytes()].concat());
        let end = end.or_else(|| keys::after_prefix(&prefix));
        let bounds = (Bound::Included(prefix.as_slice()), end.as_deref().map_or(Bound::Unbounded, Bound::Excluded));
        let (index_table, cases) = (self.table(index)?, self.table(TableName::Cases)?);
        let mut page = CasePage { cases: Vec::new(), next: None };
        for (looked_at, row) in index_table.range::<&[u8]>(bounds)?.rev().enumerate() {
            if page.cases.len() >= limit || looked_at >= SCAN_LIMIT_CASES {
                return Ok(page);
            }
            let (key, _) = row?;
            let mut parts = Parts(key.value().get(prefix.len()..).unwrap_or_default());
            let id = parts.case().and_then(|case| parts.end(case)).ok_or_else(|| codec::bad_key(index))?;
            let case: Case = lookup::row(&cases, id.as_bytes())?.ok_or_else(|| {
                StoreError::Corrupt(format!("`{}` names case {id}, which does not exist", index.as_str()))
            })?;
            page.next = Some(id);
            // Whatever is older than a case did not come out of it.
            if filter.caused_by.is_some_and(|cause| id < cause) {
                break;
            }
            if filter.wants(&case) {
                page.cases.push(case);
            }
        }
        page.next = None;
        Ok(page)
    }

    fn due(
        &self,
        table: TableName,
        after: Option<Timestamp>,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Timestamp, CaseId, u32)>, StoreError> {
        let last = |moment| [keys::moment(moment).as_slice(), &[0xff; 20]].concat();
        let (after, last) = (after.map(last), last(until));
        let range = (after.as_deref().map_or(Bound::Unbounded, Bound::Excluded), Bound::Included(last.as_slice()));
        let read = |key: &[u8]| {
            let mut parts = Parts(key);
            let item = (keys::read_moment(parts.bytes()?)?, parts.case()?, parts.number()?);
            parts.end(item)
        };
        let rows = self.table(table)?;
        let due = rows.range::<&[u8]>(range)?.take(limit);
        due.map(|row| read(row?.0.value()).ok_or_else(|| codec::bad_key(table))).collect()
    }

    fn deliveries(
        &self,
        table: TableName,
        prefix: &[u8],
        after: Option<&InboxDelivery>,
        limit: usize,
    ) -> Result<Vec<InboxDelivery>, StoreError> {
        let place = |item: &InboxDelivery| {
            let at = keys::newest_first(keys::moment(item.at));
            [at.as_slice(), &keys::row(item.delivery.case, item.delivery.number.0)].concat()
        };
        let read = |key: &Vec<u8>| {
            let mut parts = Parts(key.get(prefix.len()..)?);
            let at = keys::read_moment(keys::newest_first(parts.bytes()?))?;
            let delivery = DeliveryId { case: parts.case()?, number: DeliveryNumber(parts.number()?) };
            parts.end(InboxDelivery { at, delivery })
        };
        let keys = self.after(table, prefix, after.map(place), limit)?;
        keys.iter().map(|key| read(key).ok_or_else(|| codec::bad_key(table))).collect()
    }

    /// The keys that begin with `prefix`, after the one that goes on with `after`.
    fn after(&self, table: TableName, prefix: &[u8], after: Option<Vec<u8>>, limit: usize) -> Result<Keys, StoreError> {
        let after = after.map(|after| [prefix, &after].concat());
        let from = after.as_deref().map_or(Bound::Included(prefix), Bound::Excluded);
        let end = keys::after_prefix(prefix);
        let to = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.table(table)?;
        rows.range::<&[u8]>((from, to))?.take(limit).map(|row| Ok(row?.0.value().to_vec())).collect()
    }
}

impl CaseFilter<'_> {
    /// The index that leaves the fewest cases to look at, as far as one can tell, and the prefix of its keys.
    fn index(&self) -> (TableName, Vec<u8>) {
        match *self {
            Self { participant: Some(person), .. } => (TableName::Participants, named(person.as_str())),
            Self { status: Some(status), .. } if status.is_live() => (TableName::ByStatus, named(status.as_str())),
            Self { department: Some(department), .. } => (TableName::ByDepartment, named(department.as_str())),
            Self { kind: Some(kind), .. } => (TableName::ByKind, named(kind.as_str())),
            Self { status: Some(status), .. } => (TableName::ByStatus, named(status.as_str())),
            _ => (TableName::Cases, Vec::new()),
        }
    }

    /// Whether it wants `case`, whose participants are not asked for again.
    fn wants(&self, case: &Case) -> bool {
        self.status.is_none_or(|status| case.status == status)
            && self.kind.is_none_or(|kind| case.kind == *kind)
            && self.level.is_none_or(|level| case.level == level)
            && self.label.is_none_or(|(name, value)| case.labels.get(name).is_some_and(|found| found == value))
            && self.caused_by.is_none_or(|cause| case.caused_by == Some(cause))
            && self.department.is_none_or(|id| case.department == *id || case.receivers.contains(id))
    }
}

/// The prefix of keys that begin with a name.
fn named(name: &str) -> Vec<u8> {
    [name.as_bytes(), NAME_END].concat()
}
