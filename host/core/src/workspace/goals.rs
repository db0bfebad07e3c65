//! What events do to goals: their clocks, what starts and stops them, and what follows from a breach.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::apply::{ApplyError, count};
use super::{Change, Workspace, load};
use crate::case::{Goal, GoalStatus, Stage, Standing};
use crate::ids::{GoalNumber, TaskNumber};
use crate::plan::GoalName;

impl Workspace<'_> {
    pub(super) fn change_goal(&mut self, number: GoalNumber, change: impl FnOnce(&mut Goal)) -> Result<(), ApplyError> {
        let (rows, id) = (self.rows, self.id);
        let row = load(&mut self.goals, number, || rows.goal(id, number))?;
        let goal = &mut row.ok_or_else(|| ApplyError::Missing(format!("goal {number}")))?.after;
        let (was_ticking, stood) = (is_ticking(goal), goal.standing());
        change(goal);
        let (is_ticking, stands) = (is_ticking(goal), goal.standing());
        count(&mut self.case_mut()?.outstanding.goals, was_ticking, is_ticking);
        self.count_promise(number, stood, stands)
    }

    pub(super) fn goal_set(&mut self, goal: Goal) -> Result<(), ApplyError> {
        let number = goal.number;
        if let Some(root) = goal.follows {
            self.change_goal(root, |root| root.followed_by.push(number))?;
        }
        let case = self.case_mut()?;
        case.made.goals = case.made.goals.max(number.0);
        if is_ticking(&goal) {
            case.outstanding.goals += 1;
        } else {
            case.starting.push((goal.starts.clone(), number));
        }
        if let Some(stops) = &goal.stops {
            case.stopping.push((stops.clone(), number));
        }
        if let GoalName::Stage(name) = &goal.name {
            for stage in case.stages.iter_mut().filter(|stage| stage.name == *name && goal.follows.is_none()) {
                stage.goal = Some(number);
            }
        }
        let stands = goal.standing();
        self.goals.insert(number, Change { before: None, after: goal });
        self.count_promise(number, Standing::Out, stands)
    }

    pub(super) fn goal_started(
        &mut self,
        number: GoalNumber,
        started_at: Timestamp,
        due: Timestamp,
        warn_at: Option<Timestamp>,
    ) -> Result<(), ApplyError> {
        self.change_goal(number, |goal| {
            goal.status = GoalStatus::Running;
            goal.started_at = Some(started_at);
            goal.due = Some(due);
            goal.warn_at = warn_at;
            goal.remaining = None;
            // One that was kept and runs again is to be kept again.
            goal.met_at = None;
            goal.unneeded = false;
            goal.declined = None;
        })?;
        let goal = self.goal(number)?;
        let (task, stops) = goal.map(|goal| (goal.task, goal.stops.clone())).unwrap_or_default();
        let case = self.case_mut()?;
        case.starting.retain(|(_, goal)| *goal != number);
        // One that had ended and runs again can be stopped again.
        if let Some(stops) = stops.filter(|_| case.stopping.iter().all(|(_, goal)| *goal != number)) {
            case.stopping.push((stops, number));
        }
        // Those of a stage share its goal.
        let of_stage = |stage: &&Stage| stage.goal == Some(number);
        let seats = self.case_mut()?.stages.iter().filter(of_stage).flat_map(|stage| &stage.seats);
        let shared: Vec<TaskNumber> = seats.filter_map(|seat| seat.task).collect();
        for task in task.into_iter().chain(shared) {
            self.change_task(task, |task| task.due = Some(due))?;
        }
        Ok(())
    }

    pub(super) fn goal_met(&mut self, number: GoalNumber, at: Timestamp) -> Result<(), ApplyError> {
        self.change_goal(number, |goal| {
            goal.met_at = Some(at);
            goal.remaining = None;
            if goal.status != GoalStatus::Breached {
                goal.status = GoalStatus::Met;
            }
        })?;
        self.leave_breach(number, None)?;
        self.forget(&[number])
    }

    /// It will not be kept, and is due at once; a pause of its clock is over.
    pub(super) fn goal_declined(&mut self, number: GoalNumber, why: &str, at: Timestamp) -> Result<(), ApplyError> {
        self.change_goal(number, |goal| {
            goal.status = GoalStatus::Running;
            goal.due = Some(at);
            goal.warn_at = None;
            goal.remaining = None;
            goal.declined = Some(why.to_owned());
        })?;
        match self.goal(number)?.and_then(|goal| goal.task) {
            Some(task) => self.change_task(task, |task| task.due = Some(at)),
            None => Ok(()),
        }
    }

    pub(super) fn goals_breached(&mut self, goals: &[GoalNumber], at: Timestamp) -> Result<(), ApplyError> {
        let Some(first) = goals.first().copied() else { return Ok(()) };
        for goal in goals {
            self.leave_breach(*goal, Some(first))?;
            self.change_goal(*goal, |goal| {
                goal.status = GoalStatus::Breached;
                goal.breached_at = Some(at);
            })?;
        }
        let unkept = u32::try_from(goals.len()).unwrap_or(u32::MAX);
        self.change_goal(first, |goal| goal.unkept = unkept)
    }

    /// That a goal was breached stays so.
    pub(super) fn goals_cancelled(&mut self, goals: &[GoalNumber]) -> Result<(), ApplyError> {
        for goal in goals {
            self.change_goal(*goal, |goal| {
                goal.unneeded = goal.status == GoalStatus::Breached;
                if !goal.unneeded {
                    goal.status = GoalStatus::Cancelled;
                }
                goal.remaining = None;
            })?;
            self.leave_breach(*goal, None)?;
        }
        self.forget(goals)
    }

    /// A goal is no longer one of those whose breach is unkept, and now perhaps one of those breached with `next`.
    fn leave_breach(&mut self, number: GoalNumber, next: Option<GoalNumber>) -> Result<(), ApplyError> {
        let mut left = None;
        self.change_goal(number, |goal| left = std::mem::replace(&mut goal.breached_with, next))?;
        match left {
            Some(first) => self.change_goal(first, |goal| goal.unkept = goal.unkept.saturating_sub(1)),
            None => Ok(()),
        }
    }

    /// Goals that ended neither start nor stop any more; one that repeats still stops.
    fn forget(&mut self, goals: &[GoalNumber]) -> Result<(), ApplyError> {
        let mut over: BTreeSet<GoalNumber> = BTreeSet::new();
        for number in goals {
            let cancelled = |goal: &Goal| goal.status == GoalStatus::Cancelled;
            if self.goal(*number)?.is_some_and(|goal| cancelled(goal) || !goal.repeats) {
                over.insert(*number);
            }
        }
        let case = self.case_mut()?;
        if !case.starting.is_empty() || !case.stopping.is_empty() {
            case.starting.retain(|(_, goal)| !over.contains(goal));
            case.stopping.retain(|(_, goal)| !over.contains(goal));
        }
        Ok(())
    }
}

fn is_ticking(goal: &Goal) -> bool {
    matches!(goal.status, GoalStatus::Running | GoalStatus::Paused)
}
