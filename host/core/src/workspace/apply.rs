//! What each event does to the rows.
//!
//! Nothing is judged here and nothing is asked of a directory or a calendar: a replay must give the same rows
//! whatever the organisation looks like by then.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::made::{asked_goal, begin, take_decision, take_message};
use super::{Change, RowError, Workspace, load};
use crate::case::{
    Case, Delivery, DeliveryStatus, Done, Goal, GoalStatus, Outstanding, Passed, Stage, StageStatus, Status, Task,
    TaskKind, TaskStatus,
};
use crate::event::{Event, Holders};
use crate::ids::{DeliveryNumber, GoalNumber, TaskNumber};
use crate::names::PersonId;
use crate::plan::GoalName;
use crate::target::Actor;

/// Why an event could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// A row could not be read.
    #[error(transparent)]
    Rows(#[from] RowError),
    /// The event speaks of a row that does not exist. A journal that was written by Herald never does.
    #[error("the event speaks of {0}, which does not exist")]
    Missing(String),
}

impl Workspace<'_> {
    /// Lets `event`, which `actor` brought about at `at`, change the rows.
    ///
    /// # Errors
    /// When a row cannot be read, or the event does not fit this case. The workspace is to be dropped then.
    pub fn apply(&mut self, event: &Event, at: Timestamp, actor: &Actor) -> Result<(), ApplyError> {
        if let Event::Submitted { message, name } = event {
            self.case = Some(Change { before: None, after: begin(self.id, message, name) });
        }
        if moves_version(event) && !std::mem::replace(&mut self.version_moved, true) {
            self.case_mut()?.version += 1;
        }
        self.case_mut()?.updated_at = at;
        match event {
            Event::Submitted { .. } => {}
            Event::Resubmitted { message, name } => {
                let case = self.case_mut()?;
                case.message_version += 1;
                take_message(case, message, name);
            }
            Event::Decided { decision } => take_decision(self.case_mut()?, decision),
            Event::Held => self.case_mut()?.status = Status::Held,
            Event::ApprovalRequired => self.case_mut()?.status = Status::AwaitingApproval,
            Event::Opened { accountable, information_only } => {
                let case = self.case_mut()?;
                case.status = Status::Open;
                case.accountable.clone_from(accountable);
                case.information_only = *information_only;
                case.opened_at = Some(at);
                case.plan = None;
            }
            Event::Returned { .. } => self.case_mut()?.status = Status::Returned,
            Event::Rejected { .. } => self.end(Status::Rejected, at)?,
            Event::Withdrawn { .. } => self.end(Status::Withdrawn, at)?,
            Event::Resolved { .. } => {
                let case = self.case_mut()?;
                case.status = Status::Resolved;
                case.resolved_at = Some(at);
            }
            Event::Reopened { .. } => {
                let case = self.case_mut()?;
                case.status = Status::Open;
                // Somebody is not content with having been informed.
                case.information_only = false;
                case.resolved_at = None;
                case.ended_at = None;
            }
            Event::Closed { .. } => self.end(Status::Closed, at)?,
            Event::Archived => self.case_mut()?.status = Status::Archived,
            Event::Flagged { flag } => {
                self.case_mut()?.flags.insert(*flag);
            }
            Event::Assigned { accountable } => self.case_mut()?.accountable = Some(accountable.clone()),
            Event::Levelled { level } => self.case_mut()?.level = *level,
            Event::StageStarted { stage, seats } => {
                let stage = self.stage_mut(stage.as_str())?;
                stage.status = StageStatus::Running;
                stage.seats.clone_from(seats);
            }
            Event::StageSettled { stage, status } => self.stage_mut(stage.as_str())?.status = *status,
            Event::Asked { .. } => self.asked(event, at)?,
            Event::Claimed { task, by } => self.change_task(*task, |task| task.holders = vec![by.clone()])?,
            Event::TaskDone { task, verdict, text } => {
                let done = Done { by: actor.clone(), at, verdict: *verdict, text: text.clone() };
                self.change_task(*task, |task| {
                    task.status = TaskStatus::Done;
                    task.done = Some(done);
                })?;
                if let Some(verdict) = verdict {
                    let seats = self.case_mut()?.stages.iter_mut().flat_map(|stage| &mut stage.seats);
                    for seat in seats.filter(|seat| seat.task == Some(*task)) {
                        seat.verdict = Some(*verdict);
                    }
                }
            }
            Event::Reported { .. } => {}
            Event::TasksCancelled { tasks } => {
                for task in tasks {
                    self.change_task(*task, |task| task.status = TaskStatus::Cancelled)?;
                }
            }
            Event::Regiven { task, holders } => self.regiven(*task, holders)?,
            Event::Passed { task, holders, text, .. } => {
                let passed = Passed { by: actor.clone(), at, text: text.clone() };
                self.passed(*task, holders, passed)?;
            }
            Event::ApproverAdded { stage, seat } => self.approver_added(stage.as_str(), seat)?,
            Event::Reminded { tasks, .. } => {
                for task in tasks {
                    self.change_task(*task, |task| task.reminded_at = Some(at))?;
                }
            }
            Event::Commented { .. } => {}
            Event::GoalsPassed { goals, owners } => {
                for goal in goals {
                    self.change_goal(*goal, |goal| goal.owners.clone_from(owners))?;
                }
            }
            Event::Numbered { text, series, number } => {
                self.case_mut()?.document_number = Some(text.clone());
                self.numbers.insert(series.clone(), *number);
            }
            Event::GoalSet { goal } => self.goal_set((**goal).clone())?,
            Event::GoalStarted { goal, started_at, due, warn_at } => {
                self.goal_started(*goal, *started_at, *due, *warn_at)?;
            }
            Event::GoalPaused { goal, remaining, .. } => self.change_goal(*goal, |goal| {
                goal.status = GoalStatus::Paused;
                goal.remaining = Some(*remaining);
            })?,
            Event::GoalMet { goal } => {
                self.change_goal(*goal, |goal| {
                    goal.met_at = Some(at);
                    goal.remaining = None;
                    if goal.status != GoalStatus::Breached {
                        goal.status = GoalStatus::Met;
                    }
                })?;
                self.leave_breach(*goal, None)?;
                self.forget(&[*goal])?;
            }
            Event::GoalsWarned { goals } => {
                for goal in goals {
                    self.change_goal(*goal, |goal| goal.warn_at = None)?;
                }
            }
            Event::GoalsBreached { goals } => {
                let first = goals.first().copied();
                for goal in goals {
                    self.leave_breach(*goal, first)?;
                    self.change_goal(*goal, |goal| {
                        goal.status = GoalStatus::Breached;
                        goal.breached_at = Some(at);
                    })?;
                }
                if let Some(first) = first {
                    let unkept = u32::try_from(goals.len()).unwrap_or(u32::MAX);
                    self.change_goal(first, |goal| goal.unkept = unkept)?;
                }
            }
            Event::GoalsCancelled { goals } => {
                for goal in goals {
                    self.change_goal(*goal, |goal| {
                        goal.status = GoalStatus::Cancelled;
                        goal.remaining = None;
                    })?;
                }
                self.forget(goals)?;
            }
            Event::Escalated { .. } => {}
            Event::Told { .. } => self.told(event, at)?,
            Event::Delivered { delivery } => self.change_delivery(*delivery, |delivery| {
                delivery.attempts += 1;
                delivery.status = DeliveryStatus::Delivered;
                delivery.next_attempt = None;
                delivery.settled_at = Some(at);
            })?,
            Event::AttemptFailed { delivery, reason, next_attempt } => self.change_delivery(*delivery, |delivery| {
                delivery.attempts += 1;
                delivery.last_error = Some(reason.clone());
                delivery.next_attempt = Some(*next_attempt);
            })?,
            Event::DeliveryDead { delivery, reason } => self.change_delivery(*delivery, |delivery| {
                delivery.attempts += 1;
                delivery.status = DeliveryStatus::Dead;
                delivery.last_error = Some(reason.clone());
                delivery.next_attempt = None;
                delivery.settled_at = Some(at);
            })?,
            Event::DeliveryReplayed { delivery } => self.change_delivery(*delivery, |delivery| {
                delivery.attempts = 0;
                delivery.status = DeliveryStatus::Pending;
                delivery.next_attempt = Some(at);
                delivery.settled_at = None;
            })?,
            Event::DeliveriesCancelled { deliveries } => {
                for delivery in deliveries {
                    self.change_delivery(*delivery, |delivery| {
                        delivery.status = DeliveryStatus::Cancelled;
                        delivery.next_attempt = None;
                        delivery.settled_at = Some(at);
                    })?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn case_mut(&mut self) -> Result<&mut Case, ApplyError> {
        let missing = || ApplyError::Missing(format!("case {}", self.id));
        self.case.as_mut().map(|change| &mut change.after).ok_or_else(missing)
    }

    pub(super) fn stage_mut(&mut self, name: &str) -> Result<&mut Stage, ApplyError> {
        let missing = || ApplyError::Missing(format!("stage `{name}`"));
        self.case_mut()?.stages.iter_mut().find(|stage| stage.name.as_str() == name).ok_or_else(missing)
    }

    fn end(&mut self, status: Status, at: Timestamp) -> Result<(), ApplyError> {
        let case = self.case_mut()?;
        case.status = status;
        case.ended_at = Some(at);
        case.plan = None;
        Ok(())
    }

    pub(super) fn change_task(&mut self, number: TaskNumber, change: impl FnOnce(&mut Task)) -> Result<(), ApplyError> {
        let (rows, id) = (self.rows, self.id);
        let row = load(&mut self.tasks, number, || rows.task(id, number))?;
        let task = &mut row.ok_or_else(|| ApplyError::Missing(format!("task {number}")))?.after;
        let was_open = task.status == TaskStatus::Open;
        change(task);
        let (is_open, kind) = (task.status == TaskStatus::Open, task.kind);
        count(open_tasks(&mut self.case_mut()?.outstanding, kind), was_open, is_open);
        Ok(())
    }

    pub(super) fn change_goal(&mut self, number: GoalNumber, change: impl FnOnce(&mut Goal)) -> Result<(), ApplyError> {
        let (rows, id) = (self.rows, self.id);
        let row = load(&mut self.goals, number, || rows.goal(id, number))?;
        let goal = &mut row.ok_or_else(|| ApplyError::Missing(format!("goal {number}")))?.after;
        let was_ticking = is_ticking(goal);
        change(goal);
        let is_ticking = is_ticking(goal);
        count(&mut self.case_mut()?.outstanding.goals, was_ticking, is_ticking);
        Ok(())
    }

    fn change_delivery(
        &mut self,
        number: DeliveryNumber,
        change: impl FnOnce(&mut Delivery),
    ) -> Result<(), ApplyError> {
        let (rows, id) = (self.rows, self.id);
        let row = load(&mut self.deliveries, number, || rows.delivery(id, number))?;
        let delivery = &mut row.ok_or_else(|| ApplyError::Missing(format!("delivery {number}")))?.after;
        let was_pending = delivery.status == DeliveryStatus::Pending;
        change(delivery);
        let is_pending = delivery.status == DeliveryStatus::Pending;
        count(&mut self.case_mut()?.outstanding.deliveries, was_pending, is_pending);
        Ok(())
    }

    fn asked(&mut self, event: &Event, at: Timestamp) -> Result<(), ApplyError> {
        let Event::Asked { first, kind, target, holders, seat, note, goal, shared_goal } = event else {
            return Ok(());
        };
        let shared_due = match shared_goal {
            Some(number) => self.goal(*number)?.and_then(|goal| goal.due),
            None => None,
        };
        let groups: Vec<Vec<PersonId>> = match holders {
            Holders::Each(people) => people.iter().map(|person| vec![person.clone()]).collect(),
            Holders::Any(people) => vec![people.clone()],
        };
        let made = u32::try_from(groups.len()).unwrap_or(u32::MAX);
        for (offset, holders) in (0..made).zip(groups) {
            let number = TaskNumber(first.0 + offset);
            let own_goal = goal.as_ref().map(|goal| GoalNumber(goal.first.0 + offset));
            if let (Some(asked), Some(goal)) = (goal, own_goal) {
                self.goal_set(asked_goal(asked, goal, number, holders.clone(), at))?;
            }
            let task = Task {
                number,
                kind: *kind,
                status: TaskStatus::Open,
                holders,
                target: target.clone(),
                stage: seat.as_ref().map(|(stage, _)| stage.clone()),
                goal: own_goal.or(*shared_goal),
                note: note.clone(),
                passed: None,
                reminded_at: None,
                given_at: at,
                due: goal.as_ref().map(|goal| goal.due).or(shared_due),
                done: None,
            };
            self.tasks.insert(number, Change { before: None, after: task });
        }
        let case = self.case_mut()?;
        case.made.tasks = last(first.0, made).max(case.made.tasks);
        *open_tasks(&mut case.outstanding, *kind) += made;
        if let Some((stage, seat)) = seat {
            let stage = self.stage_mut(stage.as_str())?;
            let seat = usize::try_from(*seat).ok().and_then(|index| stage.seats.get_mut(index));
            seat.ok_or_else(|| ApplyError::Missing(format!("a seat of stage `{}`", stage.name)))?.task = Some(*first);
        }
        Ok(())
    }

    fn goal_set(&mut self, goal: Goal) -> Result<(), ApplyError> {
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
        self.goals.insert(number, Change { before: None, after: goal });
        Ok(())
    }

    fn goal_started(
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

    fn told(&mut self, event: &Event, at: Timestamp) -> Result<(), ApplyError> {
        let Event::Told { first, purpose, channel, to, arrived, about } = event else {
            return Ok(());
        };
        let made = u32::try_from(to.len()).unwrap_or(u32::MAX);
        for (offset, to) in (0..made).zip(to) {
            let number = DeliveryNumber(first.0 + offset);
            let delivery = Delivery {
                number,
                purpose: *purpose,
                to: to.clone(),
                channel: channel.clone(),
                status: if *arrived { DeliveryStatus::Delivered } else { DeliveryStatus::Pending },
                about: *about,
                attempts: u32::from(*arrived),
                next_attempt: (!arrived).then_some(at),
                last_error: None,
                made_at: at,
                settled_at: arrived.then_some(at),
            };
            self.deliveries.insert(number, Change { before: None, after: delivery });
        }
        let case = self.case_mut()?;
        case.made.deliveries = last(first.0, made).max(case.made.deliveries);
        if !arrived {
            case.outstanding.deliveries += made;
        }
        Ok(())
    }
}

/// Whether somebody who looked at the case before should look again before they decide. How a delivery fares
/// makes no such difference.
fn moves_version(event: &Event) -> bool {
    !matches!(
        event,
        Event::Delivered { .. } | Event::AttemptFailed { .. } | Event::GoalsWarned { .. } | Event::Reminded { .. }
    )
}

fn is_ticking(goal: &Goal) -> bool {
    matches!(goal.status, GoalStatus::Running | GoalStatus::Paused)
}

fn open_tasks(outstanding: &mut Outstanding, kind: TaskKind) -> &mut u32 {
    match kind {
        TaskKind::Approve => &mut outstanding.approvals,
        TaskKind::Acknowledge => &mut outstanding.acknowledgements,
        TaskKind::Answer => &mut outstanding.answers,
        TaskKind::Report => &mut outstanding.reports,
    }
}

/// The last of `made` numbers from `first` on; the one before `first` if there are none.
fn last(first: u32, made: u32) -> u32 {
    first.saturating_add(made).saturating_sub(1)
}

fn count(counter: &mut u32, was: bool, is: bool) {
    match (was, is) {
        (false, true) => *counter += 1,
        (true, false) => *counter = counter.saturating_sub(1),
        _ => {}
    }
}
