//! The case machine: one command, judged against one case as it stands.
//!
//! [`step`] is total, pure and deterministic. It returns what happened or why not; it never half-applies. Which
//! status takes which command is [`admits`], on one screen; what a command then does is in the module of its
//! group. Everything that a decision or a directory says is written into the events, so that a replay asks
//! nobody.

mod approval;
mod deadline;
mod delivery;
mod draft;
mod goals;
mod life;
mod opening;
mod passing;
mod refusal;
mod submission;
mod talk;
mod tasks;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

use crate::access::Requester;
use crate::case::{Case, Status};
use crate::command::{Command, Verb};
use crate::event::Event;
use crate::organisation::Organisation;
use crate::workspace::Workspace;
use draft::Draft;
pub use refusal::{Refusal, StepError};
pub use submission::{may_release, may_resubmit, may_submit};

/// Everything besides the case that a command is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The partition's time.
    pub now: Timestamp,
    /// When the command was received, not after `now`: what was received in time is in time, however long it waited.
    pub received_at: Timestamp,
    /// The organisation's configuration.
    pub organisation: &'a Organisation,
    /// Who asks.
    pub requester: &'a Requester,
    /// The version of the case that they saw, if they said so.
    pub expected_version: Option<u64>,
    /// Which numbers of documents it may give.
    pub share: Share,
}

/// A partition among all of them. Each gives its own numbers, so that no two documents bear the same one: with one
/// partition they follow each other without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Which one, from 0.
    pub index: u32,
    /// Of how many; at least 1.
    pub of: u32,
}

impl Share {
    /// That of the only partition.
    pub const WHOLE: Self = Self { index: 0, of: 1 };

    /// The first of its numbers after `last`; they count from 1.
    #[must_use]
    pub fn next_number(self, last: u32) -> u32 {
        let of = self.of.max(1);
        let ahead = (self.index % of + of - last % of) % of;
        last.saturating_add(ahead).saturating_add(1)
    }
}

/// Which status takes which command. A case begins with `submit` and only with it.
#[must_use]
pub fn admits(case: &Case, verb: Verb) -> bool {
    use Status::{Archived, AwaitingApproval, Closed, Held, Open, Rejected, Resolved, Returned, Withdrawn};
    let status = case.status;
    match verb {
        Verb::Submit => false,
        Verb::Release => matches!(status, Held),
        // A stage that runs beside the case outlives its resolution: it cannot close before.
        Verb::Approve | Verb::Reject | Verb::Return | Verb::AddApprover => match status {
            AwaitingApproval => true,
            Open | Resolved => has_stage_beside(case),
            _ => false,
        },
        Verb::Resubmit => matches!(status, Returned),
        Verb::Withdraw => matches!(status, Held | AwaitingApproval | Returned | Open),
        Verb::Claim | Verb::Regive | Verb::Transfer | Verb::Delegate | Verb::Remind => {
            matches!(status, AwaitingApproval | Open | Resolved)
        }
        // An escalation may ask something of somebody while the case still waits for its approval.
        Verb::Acknowledge | Verb::Answer | Verb::Report => matches!(status, AwaitingApproval | Open | Resolved),
        // What is to be said of a case that ended is part of its record; one that was archived is complete.
        Verb::Comment => !matches!(status, Archived),
        Verb::Copy => matches!(status, AwaitingApproval | Open | Resolved | Closed),
        Verb::HandOver => matches!(status, Open | Resolved),
        Verb::Resolve => matches!(status, Open),
        Verb::Reopen => matches!(status, Resolved | Closed),
        Verb::Close => matches!(status, Resolved),
        Verb::Archive => matches!(status, Closed | Rejected | Withdrawn),
        Verb::Pause | Verb::Resume => matches!(status, Open),
        // A goal may run from the submission on, and start with the resolution or the closing: it must then be
        // kept there, or declined.
        Verb::Meet | Verb::Decline => matches!(status, AwaitingApproval | Open | Resolved | Closed),
        Verb::Replay => !matches!(status, Archived),
        // Judged by their row alone: one that is stale changes nothing.
        Verb::DeliveryReport | Verb::GoalWarning | Verb::GoalDue => true,
    }
}

/// Refuses `verb` unless the requester saw `case` as it is and its status takes it.
fn admissible(case: &Case, verb: Verb, context: &Context<'_>) -> Result<(), Refusal> {
    if let Some(expected) = context.expected_version.filter(|expected| *expected != case.version) {
        return Err(Refusal::Version { expected, found: case.version });
    }
    if admits(case, verb) { Ok(()) } else { Err(Refusal::Status { verb, status: case.status }) }
}

/// Whether a stage that runs beside the open or resolved case is still to be decided.
fn has_stage_beside(case: &Case) -> bool {
    case.stages.iter().any(|stage| (stage.post_hoc || stage.is_acceptance()) && stage.is_pending())
}

/// Judges `command`. On success the workspace has changed, and the events say how; they may be none when the
/// command was the host's and stale.
///
/// # Errors
/// [`Refusal`] says why a command is refused. The workspace is to be dropped then, as after any error.
pub fn step(workspace: &mut Workspace<'_>, command: &Command, context: &Context<'_>) -> Result<Vec<Event>, StepError> {
    let verb = command.verb();
    match workspace.case() {
        None if verb == Verb::Submit => {}
        None => return Err(Refusal::NotFound(format!("message {}", workspace.id())).into()),
        Some(_) if verb == Verb::Submit => return Err(Refusal::Exists.into()),
        Some(case) => admissible(case, verb, context)?,
    }
    let mut draft = Draft::new(workspace, *context);
    match command {
        Command::Submit { message, decision } => draft.submit(message, decision),
        Command::Release { decision } => draft.release(decision),
        Command::Resubmit { message, decision } => draft.resubmit(message, decision),
        Command::Decide { task, verdict, text } => draft.decide(*task, *verdict, text.as_deref()),
        Command::Withdraw { reason } => draft.withdraw(reason.as_deref()),
        Command::Claim { task } => draft.claim(*task),
        Command::Acknowledge { task } => draft.acknowledge(*task),
        Command::Answer { task, text } => draft.answer(*task, text),
        Command::Report { task, text } => draft.report(*task, text),
        Command::Pass { task, how, to, text } => draft.pass(*task, *how, to, text.as_deref()),
        Command::AddApprover { task, to, text } => draft.add_approver(*task, to, text.as_deref()),
        Command::Remind { of, text } => draft.remind_holders(*of, text.as_deref()),
        Command::Comment { task, text } => draft.comment(*task, text),
        Command::Copy { task, to, text } => draft.copy(*task, to, text.as_deref()),
        Command::HandOver { to, reason } => draft.hand_over(to, reason.as_deref()),
        Command::Resolve { reason } => draft.resolve(reason.as_deref()),
        Command::Reopen { reason } => draft.reopen(reason.as_deref()),
        Command::Close { score, reason } => draft.close(*score, reason.as_deref()),
        Command::Archive => draft.archive(),
        Command::Pause { goal, reason } => draft.pause(goal, reason.as_deref()),
        Command::Resume { goal } => draft.resume(goal),
        Command::Meet { goal } => draft.meet(goal),
        Command::Decline { what, reason } => draft.decline(what, reason),
        Command::DeliveryReport { delivery, attempt } => draft.delivery_report(*delivery, attempt),
        Command::Replay { delivery } => draft.replay(*delivery),
        Command::GoalWarning { goals } => draft.goal_warning(goals),
        Command::GoalDue { goals, escalation } => draft.goal_due(goals, escalation),
        Command::Regive { tasks } => draft.regive(tasks),
    }?;
    draft.finish()
}
