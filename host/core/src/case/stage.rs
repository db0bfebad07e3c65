//! Stages of an approval and the seats in them.

use serde::{Deserialize, Serialize};

use crate::case::SetBy;
use crate::ids::{GoalNumber, TaskNumber};
use crate::names::{PersonId, StageName};
use crate::plan::{AtDeadline, Mode, Phase};
use crate::span::Span;
use crate::target::Target;
use crate::words::words;

words! {
    /// What an approver decided.
    Verdict {
        /// It may go on.
        Approved = "approved",
        /// It may not.
        Rejected = "rejected",
        /// Its sender should edit it and send it again.
        Returned = "returned",
    }
    /// Where a stage is.
    StageStatus {
        /// Its turn has not come.
        Waiting = "waiting",
        /// Its approvers have been asked.
        Running = "running",
        /// Enough of them approved.
        Approved = "approved",
        /// It was rejected.
        Rejected = "rejected",
        /// It was returned.
        Returned = "returned",
        /// It is no longer needed.
        Cancelled = "cancelled",
    }
}

/// One voice in a stage: a task for those who may give it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// Whom the policy named.
    pub target: Target,
    /// Who may give it, once the stage runs. Never empty then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<PersonId>,
    /// The task by which they give it, once it is their turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskNumber>,
    /// What they decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Whether an approver added it: then it must approve, whatever the mode.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub added: bool,
}

impl Seat {
    fn has_approved(&self) -> bool {
        self.verdict == Some(Verdict::Approved)
    }
}

/// A stage of an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Its name.
    pub name: StageName,
    /// When its turn comes.
    pub phase: Phase,
    /// How many must approve.
    pub mode: Mode,
    /// Whom the policy named.
    pub approvers: Vec<Target>,
    /// How long they have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Span>,
    /// What happens then.
    pub at_deadline: AtDeadline,
    /// Whether the policy lets the sender be among those who decide.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub self_approval: bool,
    /// Whose word asked for it.
    pub set_by: SetBy,
    /// Whether it runs beside the open case.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub post_hoc: bool,
    /// Where it is.
    pub status: StageStatus,
    /// Its voices, once it runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seats: Vec<Seat>,
    /// Its deadline, once it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<GoalNumber>,
}

impl Stage {
    /// Whether it says that what was asked has been done, rather than that it may be asked.
    #[must_use]
    pub fn is_acceptance(&self) -> bool {
        self.phase == Phase::Acceptance
    }

    /// Whether the sender, if they have a seat in it, may decide it: what was done for them they may accept, and the rest
    /// if the policy says so.
    #[must_use]
    pub fn is_open_to_its_sender(&self) -> bool {
        self.is_acceptance() || self.self_approval
    }

    /// Whether it is still to be decided.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        matches!(self.status, StageStatus::Waiting | StageStatus::Running)
    }

    /// Whether enough have approved: as many of its own seats as its mode asks for, and all that were added.
    #[must_use]
    pub fn is_carried(&self) -> bool {
        self.seats.iter().filter(|seat| seat.added).all(Seat::has_approved) && self.approvals() >= self.needed()
    }

    /// Whether enough can no longer approve.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        let undecided = self.own_seats().filter(|seat| seat.verdict.is_none()).count();
        let refused = |seat: &Seat| seat.added && seat.verdict == Some(Verdict::Rejected);
        self.seats.iter().any(refused) || self.approvals() + undecided < self.needed()
    }

    /// How many of its own seats have approved.
    #[must_use]
    pub fn approvals(&self) -> usize {
        self.own_seats().filter(|seat| seat.has_approved()).count()
    }

    /// How many of its own seats must approve.
    fn needed(&self) -> usize {
        let seats = self.own_seats().count();
        match self.mode {
            Mode::Any => 1,
            Mode::All | Mode::Sequential => seats,
            // A quorum larger than the number of people there are would wait for ever.
            Mode::Quorum(n) => usize::try_from(n).unwrap_or(usize::MAX).min(seats).max(1),
        }
    }

    /// The seats that the policy asked for. They come first.
    pub fn own_seats(&self) -> impl Iterator<Item = &Seat> {
        self.seats.iter().filter(|seat| !seat.added)
    }
}
