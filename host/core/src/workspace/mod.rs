//! The rows of one case while a command is judged or a record is applied.
//!
//! A workspace serves one command or one record. It loads rows when they are first touched and remembers how
//! each of them was, so that a store writes only what changed and mends its indexes from the difference. All
//! change goes through [`Workspace::apply`]: what [`step`](crate::step::step) decides and what a replay repeats
//! are the same code.

mod apply;
mod goals;
mod made;
mod memory;
mod passing;
mod promises;
mod rows;

use std::collections::BTreeMap;

pub use apply::ApplyError;
pub use memory::MemoryRows;

use crate::case::{Case, Delivery, Goal, Task};
use crate::ids::{CaseId, DeliveryNumber, GoalNumber, TaskNumber};
use crate::names::PersonId;

/// A failure to read a row. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[error("cannot read a row of the case: {0}")]
pub struct RowError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Where rows come from.
pub trait Rows {
    /// The case, if there is one by this id.
    ///
    /// # Errors
    /// When the store cannot read it, as with the other methods.
    fn case(&self, case: CaseId) -> Result<Option<Case>, RowError>;
    /// A task of a case.
    ///
    /// # Errors
    /// See [`Rows::case`].
    fn task(&self, case: CaseId, number: TaskNumber) -> Result<Option<Task>, RowError>;
    /// A goal of a case.
    ///
    /// # Errors
    /// See [`Rows::case`].
    fn goal(&self, case: CaseId, number: GoalNumber) -> Result<Option<Goal>, RowError>;
    /// A delivery of a case.
    ///
    /// # Errors
    /// See [`Rows::case`].
    fn delivery(&self, case: CaseId, number: DeliveryNumber) -> Result<Option<Delivery>, RowError>;
    /// Whether a person takes part in a case: as sender, accountable, holder of a task or recipient.
    ///
    /// # Errors
    /// See [`Rows::case`].
    fn participates(&self, person: &PersonId, case: CaseId) -> Result<bool, RowError>;
    /// The last number that was given in a series of documents; 0 before the first.
    ///
    /// # Errors
    /// See [`Rows::case`].
    fn last_number(&self, series: &str) -> Result<u32, RowError>;
}

/// A row as it was, if it was there, and as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Change<T> {
    /// As the store has it; `None` for a new row.
    pub before: Option<T>,
    /// As it is now.
    pub after: T,
}

/// The rows of one case, loaded as they are touched.
pub struct Workspace<'rows> {
    id: CaseId,
    rows: &'rows dyn Rows,
    case: Option<Change<Case>>,
    tasks: BTreeMap<TaskNumber, Change<Task>>,
    goals: BTreeMap<GoalNumber, Change<Goal>>,
    deliveries: BTreeMap<DeliveryNumber, Change<Delivery>>,
    numbers: BTreeMap<String, u32>,
    version_moved: bool,
}

impl<'rows> Workspace<'rows> {
    /// The workspace of case `id`, which may not exist yet.
    ///
    /// # Errors
    /// When the case cannot be read.
    pub fn open(rows: &'rows dyn Rows, id: CaseId) -> Result<Self, RowError> {
        let case = rows.case(id)?.map(|case| Change { before: Some(case.clone()), after: case });
        Ok(Self {
            id,
            rows,
            case,
            tasks: BTreeMap::new(),
            goals: BTreeMap::new(),
            deliveries: BTreeMap::new(),
            numbers: BTreeMap::new(),
            version_moved: false,
        })
    }

    /// The id of the case.
    #[must_use]
    pub fn id(&self) -> CaseId {
        self.id
    }

    /// The case as it stands, if it exists.
    #[must_use]
    pub fn case(&self) -> Option<&Case> {
        self.case.as_ref().map(|change| &change.after)
    }

    /// A task as it stands, if it exists.
    ///
    /// # Errors
    /// When the store cannot read it, as with the other rows.
    pub fn task(&mut self, number: TaskNumber) -> Result<Option<&Task>, RowError> {
        let (rows, id) = (self.rows, self.id);
        load(&mut self.tasks, number, || rows.task(id, number)).map(|change| change.map(|change| &change.after))
    }

    /// A goal as it stands, if it exists.
    ///
    /// # Errors
    /// See [`Workspace::task`].
    pub fn goal(&mut self, number: GoalNumber) -> Result<Option<&Goal>, RowError> {
        let (rows, id) = (self.rows, self.id);
        load(&mut self.goals, number, || rows.goal(id, number)).map(|change| change.map(|change| &change.after))
    }

    /// A delivery as it stands, if it exists.
    ///
    /// # Errors
    /// See [`Workspace::task`].
    pub fn delivery(&mut self, number: DeliveryNumber) -> Result<Option<&Delivery>, RowError> {
        let (rows, id) = (self.rows, self.id);
        load(&mut self.deliveries, number, || rows.delivery(id, number))
            .map(|change| change.map(|change| &change.after))
    }

    /// Whether a person took part in the case before this command.
    ///
    /// # Errors
    /// See [`Workspace::task`].
    pub fn participates(&self, person: &PersonId) -> Result<bool, RowError> {
        self.rows.participates(person, self.id)
    }

    /// The last number that was given in a series of documents; 0 before the first.
    ///
    /// # Errors
    /// See [`Workspace::task`].
    pub fn last_number(&self, series: &str) -> Result<u32, RowError> {
        match self.numbers.get(series) {
            Some(number) => Ok(*number),
            None => self.rows.last_number(series),
        }
    }

    /// Every row that was touched, whether or not it differs in the end.
    #[must_use]
    pub fn changes(&self) -> Changes<'_> {
        let Self { tasks, goals, deliveries, numbers, .. } = self;
        Changes { case: self.case.as_ref(), tasks, goals, deliveries, numbers }
    }
}

/// The touched rows of a workspace, for a store to write.
#[derive(Debug, Clone, Copy)]
pub struct Changes<'a> {
    /// The case.
    pub case: Option<&'a Change<Case>>,
    /// Its tasks.
    pub tasks: &'a BTreeMap<TaskNumber, Change<Task>>,
    /// Its goals.
    pub goals: &'a BTreeMap<GoalNumber, Change<Goal>>,
    /// Its deliveries.
    pub deliveries: &'a BTreeMap<DeliveryNumber, Change<Delivery>>,
    /// The last number of each series of documents in which one was given.
    pub numbers: &'a BTreeMap<String, u32>,
}

/// The row `number`, fetched when it is touched for the first time.
fn load<N: Ord, T: Clone>(
    touched: &mut BTreeMap<N, Change<T>>,
    number: N,
    fetch: impl FnOnce() -> Result<Option<T>, RowError>,
) -> Result<Option<&mut Change<T>>, RowError> {
    use std::collections::btree_map::Entry;
    Ok(match touched.entry(number) {
        Entry::Occupied(entry) => Some(entry.into_mut()),
        Entry::Vacant(entry) => fetch()?.map(|row| entry.insert(Change { before: Some(row.clone()), after: row })),
    })
}
