//! Rows in memory, for policies' cases and property tests: the whole state as ordered maps.

use std::collections::BTreeMap;

use super::{Changes, RowError, Rows};
use crate::case::{Case, Delivery, Goal, Task};
use crate::ids::{CaseId, DeliveryNumber, GoalNumber, TaskNumber};
use crate::names::PersonId;
use crate::target::Recipient;

/// The rows of any number of cases.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MemoryRows {
    /// Cases.
    pub cases: BTreeMap<CaseId, Case>,
    /// Tasks.
    pub tasks: BTreeMap<(CaseId, TaskNumber), Task>,
    /// Goals.
    pub goals: BTreeMap<(CaseId, GoalNumber), Goal>,
    /// Deliveries.
    pub deliveries: BTreeMap<(CaseId, DeliveryNumber), Delivery>,
    /// The last number of each series of documents.
    pub numbers: BTreeMap<String, u32>,
}

impl MemoryRows {
    /// Takes over what a workspace of case `id` changed.
    pub fn write(&mut self, id: CaseId, changes: Changes<'_>) {
        self.cases.extend(changes.case.map(|change| (id, change.after.clone())));
        self.tasks.extend(changes.tasks.iter().map(|(number, change)| ((id, *number), change.after.clone())));
        self.goals.extend(changes.goals.iter().map(|(number, change)| ((id, *number), change.after.clone())));
        let deliveries = changes.deliveries.iter();
        self.deliveries.extend(deliveries.map(|(number, change)| ((id, *number), change.after.clone())));
        self.numbers.extend(changes.numbers.clone());
    }
}

impl Rows for MemoryRows {
    fn case(&self, case: CaseId) -> Result<Option<Case>, RowError> {
        Ok(self.cases.get(&case).cloned())
    }

    fn task(&self, case: CaseId, number: TaskNumber) -> Result<Option<Task>, RowError> {
        Ok(self.tasks.get(&(case, number)).cloned())
    }

    fn goal(&self, case: CaseId, number: GoalNumber) -> Result<Option<Goal>, RowError> {
        Ok(self.goals.get(&(case, number)).cloned())
    }

    fn delivery(&self, case: CaseId, number: DeliveryNumber) -> Result<Option<Delivery>, RowError> {
        Ok(self.deliveries.get(&(case, number)).cloned())
    }

    fn last_number(&self, series: &str) -> Result<u32, RowError> {
        Ok(self.numbers.get(series).copied().unwrap_or(0))
    }

    fn participates(&self, person: &PersonId, case: CaseId) -> Result<bool, RowError> {
        let recipient = Recipient::Person(person.clone());
        let of_case = |one: &Case| one.sender.person() == Some(person) || one.accountable.as_ref() == Some(person);
        let mut tasks = self.tasks.iter().filter(|((of, _), _)| *of == case);
        let mut deliveries = self.deliveries.iter().filter(|((of, _), _)| *of == case);
        Ok(self.cases.get(&case).is_some_and(of_case)
            || tasks.any(|(_, task)| task.holders.contains(person))
            || deliveries.any(|(_, delivery)| delivery.to == recipient))
    }
}
