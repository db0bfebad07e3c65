//! Compares projections with what the journal leads to, and rows with their indexes. Nothing is changed here,
//! and only what differs is kept in memory, up to a limit.

use std::collections::BTreeMap;
use std::fmt;

use herald_core::case::{Case, Delivery, DeliveryStatus, Goal, GoalStatus, Task, TaskStatus};
use herald_core::ids::{CaseId, DeliveryId, GoalId, TaskId};
use redb::{ReadableTable, ReadableTableMetadata};

use super::entries::{Entries, Row};
use super::keys::Parts;
use super::snapshot::Snapshot;
use super::tables::TableName;
use super::{Position, codec};
use crate::error::StoreError;
use crate::upkeep::{Counter, Part, Progress};

/// How many problems a report names. The rest are counted.
pub const PROBLEMS_LIMIT: usize = 100;

/// Something that is not as the journal says, or as it should be whatever the journal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A record does not fit the records before it: nothing after it could be compared.
    Record {
        /// Which record.
        position: Position,
        /// Why not.
        reason: String,
    },
    /// The journal leads to a row, or a row to an index entry, that is not there.
    Missing {
        /// The table that lacks it.
        table: TableName,
        /// What it is about.
        what: String,
    },
    /// There is a row that the journal does not lead to.
    Unexpected {
        /// The table that has it.
        table: TableName,
        /// What it is about.
        what: String,
    },
    /// There is another row than the journal leads to.
    Differs {
        /// The table it is in.
        table: TableName,
        /// What it is about.
        what: String,
    },
    /// An index has more entries than the rows account for.
    Surplus {
        /// The index.
        table: TableName,
        /// How many.
        entries: u64,
    },
    /// A goal runs without a deadline: nobody would ever look at it.
    GoalWithoutTimer(GoalId),
    /// A task is open and nobody can do it.
    TaskWithoutHolders(TaskId),
    /// A delivery is pending and would never be tried.
    DeliveryWithoutAttempt(DeliveryId),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record { position, reason } => write!(f, "{position} cannot be applied: {reason}"),
            Self::Missing { table, what } => write!(f, "`{}` lacks {what}", table.as_str()),
            Self::Unexpected { table, what } => write!(f, "`{}` has {what} too many", table.as_str()),
            Self::Differs { table, what } => write!(f, "`{}` differs for {what}", table.as_str()),
            Self::Surplus { table, entries } => {
                write!(f, "`{}` has {entries} entries that no row accounts for", table.as_str())
            }
            Self::GoalWithoutTimer(goal) => write!(f, "goal {goal} runs without a deadline"),
            Self::TaskWithoutHolders(task) => write!(f, "task {task} is open and held by nobody"),
            Self::DeliveryWithoutAttempt(delivery) => write!(f, "delivery {delivery} waits for no attempt"),
        }
    }
}

/// The problems found so far, each named once although two checks may find it.
#[derive(Debug, Default)]
pub(super) struct Problems {
    pub(super) first: Vec<Problem>,
    pub(super) count: u64,
}

impl Problems {
    pub(super) fn add(&mut self, problem: Problem) {
        if self.first.contains(&problem) {
            return;
        }
        self.count += 1;
        if self.first.len() < PROBLEMS_LIMIT {
            self.first.push(problem);
        }
    }
}

/// Compares every table of `found` with that of `expected`, and returns how many rows were read.
pub(super) fn compare(
    found: &Snapshot,
    expected: &Snapshot,
    problems: &mut Problems,
    tell: &mut dyn FnMut(Progress),
) -> Result<u64, StoreError> {
    let mut counter = Counter::new(Part::Compare, rows_in(found, TableName::ALL)?, tell);
    for &table in TableName::ALL {
        let (found, expected) = (found.table(table)?, expected.table(table)?);
        let (mut found, mut expected) = (found.iter()?, expected.iter()?);
        let (mut left, mut right) = (found.next().transpose()?, expected.next().transpose()?);
        loop {
            let order = match (&left, &right) {
                (None, None) => break,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(left), Some(right)) => left.0.value().cmp(right.0.value()),
            };
            if let (Some((key, _)), true) = (&left, order.is_lt()) {
                problems.add(Problem::Unexpected { table, what: describe(table, key.value()) });
            }
            if let (Some((key, _)), true) = (&right, order.is_gt()) {
                problems.add(Problem::Missing { table, what: describe(table, key.value()) });
            }
            if let (Some((key, found)), Some((_, expected)), true) = (&left, &right, order.is_eq())
                && found.value() != expected.value()
            {
                problems.add(Problem::Differs { table, what: describe(table, key.value()) });
            }
            if order.is_le() {
                counter.one_more();
                left = found.next().transpose()?;
            }
            if order.is_ge() {
                right = expected.next().transpose()?;
            }
        }
    }
    Ok(counter.done())
}

/// Asks every row for its index entries and for what must hold in it.
pub(super) fn check_rows(
    snapshot: &Snapshot,
    problems: &mut Problems,
    tell: &mut dyn FnMut(Progress),
) -> Result<(), StoreError> {
    let tables = [Case::TABLE, Task::TABLE, Goal::TABLE, Delivery::TABLE];
    let mut check = RowCheck {
        snapshot,
        problems,
        entries: Entries::default(),
        expected: BTreeMap::new(),
        counter: Counter::new(Part::Rows, rows_in(snapshot, &tables)?, tell),
    };
    check.table(|_, _: &Case| None)?;
    check.table(|case, task: &Task| {
        let is_stuck = task.status == TaskStatus::Open && task.holders.is_empty();
        is_stuck.then_some(Problem::TaskWithoutHolders(TaskId { case, number: task.number }))
    })?;
    check.table(|case, goal: &Goal| {
        let is_stuck = goal.status == GoalStatus::Running && goal.timer().is_none();
        is_stuck.then_some(Problem::GoalWithoutTimer(GoalId { case, number: goal.number }))
    })?;
    check.table(|case, delivery: &Delivery| {
        let is_stuck = delivery.status == DeliveryStatus::Pending && delivery.next_attempt.is_none();
        is_stuck.then_some(Problem::DeliveryWithoutAttempt(DeliveryId { case, number: delivery.number }))
    })?;
    check.sizes()
}

struct RowCheck<'a> {
    snapshot: &'a Snapshot,
    problems: &'a mut Problems,
    entries: Entries,
    /// How many entries of each index the rows account for.
    expected: BTreeMap<TableName, u64>,
    counter: Counter<'a>,
}

impl RowCheck<'_> {
    fn table<T: Row>(&mut self, stuck: impl Fn(CaseId, &T) -> Option<Problem>) -> Result<(), StoreError> {
        let mut indexes = BTreeMap::new();
        for &index in T::INDEXES {
            indexes.insert(index, self.snapshot.table(index)?);
            self.expected.entry(index).or_default();
        }
        for row in self.snapshot.table(T::TABLE)?.iter()? {
            let (key, row) = row?;
            let case = Parts(key.value()).case().ok_or_else(|| codec::bad_key(T::TABLE))?;
            let row: T = codec::decode_row(T::TABLE, row.value())?;
            if let Some(problem) = stuck(case, &row) {
                self.problems.add(problem);
            }
            self.entries.clear();
            row.entries(case, &mut self.entries);
            self.entries.sort();
            for (index, entry) in self.entries.iter() {
                *self.expected.entry(index).or_default() += 1;
                let is_there = match indexes.get(&index) {
                    Some(table) => table.get(entry)?.is_some(),
                    None => false,
                };
                if !is_there {
                    self.problems.add(Problem::Missing { table: index, what: describe(index, entry) });
                }
            }
            self.counter.one_more();
        }
        Ok(())
    }

    /// No entry is missing, or it was named; so a larger index has entries that no row asked for. People who
    /// once took part stay, although no row names them any more.
    fn sizes(self) -> Result<(), StoreError> {
        for (table, expected) in self.expected {
            let entries = self.snapshot.table(table)?.len()?.saturating_sub(expected);
            if entries > 0 && table != TableName::Participants {
                self.problems.add(Problem::Surplus { table, entries });
            }
        }
        Ok(())
    }
}

fn rows_in(snapshot: &Snapshot, tables: &[TableName]) -> Result<u64, StoreError> {
    tables.iter().map(|table| Ok(snapshot.table(*table)?.len()?)).sum()
}

/// What a key is about, in words that can be looked up elsewhere.
fn describe(table: TableName, key: &[u8]) -> String {
    let named = match table {
        TableName::Cases | TableName::ByStatus | TableName::ByKind | TableName::ByDepartment => case_at_end(key),
        TableName::Dedup | TableName::Participants => case_at_end(key),
        TableName::Tasks | TableName::InboxTasks => row_at_end(key, "_t"),
        TableName::Goals | TableName::Timers => row_at_end(key, "_g"),
        TableName::Deliveries | TableName::Outbox | TableName::InboxDeliveries | TableName::DeadLetters => {
            row_at_end(key, "_d")
        }
        TableName::Messages => row_at_end(key, ", version "),
        TableName::CaseLog | TableName::Decisions => {
            let mut parts = Parts(key);
            parts.case().zip(parts.position()).map(|(case, position)| format!("case {case}, {position}"))
        }
        TableName::Failures => Parts(key).revision().map(|(bundle, revision)| format!("{bundle} revision {revision}")),
        TableName::Numbers => std::str::from_utf8(key).ok().map(|series| format!("series `{series}`")),
        TableName::Requests | TableName::RequestsByTime => None,
    };
    named.unwrap_or_else(|| {
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("key {hex}")
    })
}

fn case_at_end(key: &[u8]) -> Option<String> {
    let case = CaseId::from_bytes(*key.last_chunk()?);
    Some(format!("case {case}"))
}

fn row_at_end(key: &[u8], between: &str) -> Option<String> {
    let mut parts = Parts(key.last_chunk::<20>()?);
    Some(format!("{}{between}{}", parts.case()?, parts.number()?))
}
