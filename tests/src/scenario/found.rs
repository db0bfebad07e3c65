//! A case as it is found in the store after a step, with all of its rows: answers show the first twenty of each.

use herald_core::case::{Case, Delivery, Goal, Task};
use herald_core::decision::Contribution;
use herald_core::event::Event;
use herald_core::ids::CaseId;
use herald_core::record::Record;
use herald_core::workspace::Rows as _;
use herald_store::Partition;

use crate::Failure;

/// The most records that a case of a scenario may have.
const RECORDS_LIMIT: usize = 10_000;

/// How far a case has come: what is after it is new.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mark {
    deliveries: u32,
    records: usize,
}

/// A case with everything that belongs to it.
#[derive(Debug)]
pub struct Found {
    /// The case.
    pub case: Case,
    /// Its tasks, in the order in which they were given.
    pub tasks: Vec<Task>,
    /// Its goals, in the order in which they were set.
    pub goals: Vec<Goal>,
    /// Its deliveries, in the order in which they were decided on.
    pub deliveries: Vec<Delivery>,
    /// Everything that happened to it, oldest first.
    pub records: Vec<Record>,
}

impl Found {
    /// Reads the case `id`.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn read(partition: &Partition, id: CaseId) -> Result<Self, Failure> {
        let snapshot = partition.snapshot()?;
        let case = snapshot.case(id)?.ok_or_else(|| format!("there is no case {id}"))?;
        let mut tasks = Vec::new();
        for number in case.tasks() {
            tasks.extend(snapshot.task(id, number)?);
        }
        let mut goals = Vec::new();
        for number in case.goals() {
            goals.extend(snapshot.goal(id, number)?);
        }
        let mut deliveries = Vec::new();
        for number in case.deliveries() {
            deliveries.extend(snapshot.delivery(id, number)?);
        }
        let entries = snapshot.records(id, None, RECORDS_LIMIT)?;
        let records = entries.into_iter().filter_map(|entry| entry.record).collect();
        Ok(Self { case, tasks, goals, deliveries, records })
    }

    /// How far it has come.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark { deliveries: self.case.made.deliveries, records: self.records.len() }
    }

    /// The deliveries that were decided on after `mark`.
    pub fn deliveries_after(&self, mark: Mark) -> impl Iterator<Item = &Delivery> {
        self.deliveries.iter().filter(move |delivery| delivery.number.0 > mark.deliveries)
    }

    /// What happened after `mark`.
    #[must_use]
    pub fn records_after(&self, mark: Mark) -> &[Record] {
        self.records.get(mark.records..).unwrap_or_default()
    }

    /// What each bundle contributed when policies were asked last.
    #[must_use]
    pub fn last_ruling(&self) -> &[Contribution] {
        let events = self.records.iter().rev().flat_map(|record| record.events.iter().rev());
        events
            .filter(|event| matches!(event, Event::Decided { .. } | Event::Escalated { .. }))
            .map(Event::contributions)
            .next()
            .unwrap_or_default()
    }
}
