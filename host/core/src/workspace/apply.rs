//! What each event does to the rows.
//!
//! Nothing is judged here and nothing is asked of a directory or a calendar: a replay must give the same rows
//! whatever the organisation looks like by then.

use jiff::Timestamp;

use super::made::{begin, take_decision, take_message};
use super::{Change, RowError, Workspace, load};
use crate::case::{
    Case, Delivery, DeliveryStatus, Done, GoalStatus, Outstanding, Passed, Purpose, Stage, StageStatus, Status, Task,
    TaskKind, TaskStatus,
};
use crate::event::Event;
use crate::ids::{DeliveryNumber, TaskNumber};
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
            Event::Opened { accountable, information_only, must_answer } => {
                let case = self.case_mut()?;
                case.status = Status::Open;
                case.accountable.clone_from(accountable);
                case.information_only = *information_only;
                case.must_answer_after = must_answer.map(|_| case.made.tasks);
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
            Event::StageStarted { stage: name, seats } => {
                let stage = self.stage_mut(name.as_str())?;
                stage.status = StageStatus::Running;
                stage.seats.clone_from(seats);
                self.forget_promises_of(name)?;
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
            Event::GoalMet { goal } => self.goal_met(*goal, at)?,
            Event::Declined { goal, reason } => self.goal_declined(*goal, reason, at)?,
            Event::GoalsWarned { goals } => {
                for goal in goals {
                    self.change_goal(*goal, |goal| goal.warn_at = None)?;
                }
            }
            Event::GoalsBreached { goals } => self.goals_breached(goals, at)?,
            Event::GoalsCancelled { goals } => self.goals_cancelled(goals)?,
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
}

/// Whether somebody who looked at the case before should look again before they decide. How a delivery fares makes no
/// such difference, and what is only said makes none either: a word of anybody who sees the case would otherwise keep
/// those from deciding who decide.
fn moves_version(event: &Event) -> bool {
    match event {
        Event::Delivered { .. } | Event::AttemptFailed { .. } => false,
        Event::GoalsWarned { .. } | Event::Reminded { .. } | Event::Commented { .. } => false,
        Event::Told { purpose, .. } => !matches!(purpose, Purpose::Warning | Purpose::Reminder | Purpose::Comment),
        _ => true,
    }
}

pub(super) fn open_tasks(outstanding: &mut Outstanding, kind: TaskKind) -> &mut u32 {
    match kind {
        TaskKind::Approve => &mut outstanding.approvals,
        TaskKind::Acknowledge => &mut outstanding.acknowledgements,
        TaskKind::Answer => &mut outstanding.answers,
        TaskKind::Report => &mut outstanding.reports,
    }
}

pub(super) fn count(counter: &mut u32, was: bool, is: bool) {
    match (was, is) {
        (false, true) => *counter += 1,
        (true, false) => *counter = counter.saturating_sub(1),
        _ => {}
    }
}
