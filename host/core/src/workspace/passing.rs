//! Tasks that come to other holders: their goals and the seats that they decide go with them.

use std::collections::BTreeSet;

use super::{ApplyError, Workspace};
use crate::case::{Passed, Seat};
use crate::ids::{GoalNumber, TaskNumber};
use crate::names::PersonId;

impl Workspace<'_> {
    pub(super) fn regiven(&mut self, number: TaskNumber, holders: &[PersonId]) -> Result<(), ApplyError> {
        self.hold(number, holders)?;
        match self.goal_of(number)? {
            Some(goal) => self.own(goal, number, holders),
            None => Ok(()),
        }
    }

    pub(super) fn passed(
        &mut self,
        number: TaskNumber,
        holders: &[PersonId],
        passed: Passed,
    ) -> Result<(), ApplyError> {
        self.regiven(number, holders)?;
        self.change_task(number, |task| task.passed = Some(passed))
    }

    /// A goal of one task goes with it; that of a stage is of all who have a voice in it.
    fn own(&mut self, goal: GoalNumber, task: TaskNumber, holders: &[PersonId]) -> Result<(), ApplyError> {
        let stage = self.case_mut()?.stages.iter().find(|stage| stage.goal == Some(goal));
        let voices: BTreeSet<PersonId> =
            stage.into_iter().flat_map(|stage| &stage.seats).flat_map(|seat| &seat.people).cloned().collect();
        self.change_goal(goal, |goal| {
            if goal.task == Some(task) {
                goal.owners = holders.to_vec();
            } else if !voices.is_empty() {
                goal.owners = voices.into_iter().collect();
            }
        })
    }

    pub(super) fn approver_added(&mut self, stage: &str, seat: &Seat) -> Result<(), ApplyError> {
        let stage = self.stage_mut(stage)?;
        stage.seats.push(seat.clone());
        match stage.goal {
            Some(goal) => self.change_goal(goal, |goal| add(&mut goal.owners, &seat.people)),
            None => Ok(()),
        }
    }

    /// Gives a task, and the seat that it decides, to `holders`.
    fn hold(&mut self, number: TaskNumber, holders: &[PersonId]) -> Result<(), ApplyError> {
        self.change_task(number, |task| task.holders = holders.to_vec())?;
        let seats = self.case_mut()?.stages.iter_mut().flat_map(|stage| &mut stage.seats);
        for seat in seats.filter(|seat| seat.task == Some(number)) {
            seat.people = holders.to_vec();
        }
        Ok(())
    }

    fn goal_of(&mut self, number: TaskNumber) -> Result<Option<GoalNumber>, ApplyError> {
        Ok(self.task(number)?.and_then(|task| task.goal))
    }
}

fn add(owners: &mut Vec<PersonId>, more: &[PersonId]) {
    owners.extend_from_slice(more);
    owners.sort();
    owners.dedup();
}
