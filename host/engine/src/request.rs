//! What is asked of an engine, and what it answers.

use std::borrow::Cow;
use std::time::Duration;

use herald_core::case::{Status, Verdict};
use herald_core::command::{Command, Declined, PassOn, Remindees};
use herald_core::ids::{CaseId, DeliveryNumber, TaskNumber};
use herald_core::plan::GoalName;
use herald_core::step::Refusal;
use herald_core::target::Target;
use herald_core::view::CaseView;
use herald_policy::FieldProblem;
use serde::{Deserialize, Serialize};

use crate::draft::Draft;

/// What tells a request from others, so that it is carried out once however often it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestIdentity {
    /// Who asks: the id of the token's owner.
    pub principal: String,
    /// Which resource.
    pub path: String,
    /// The `Idempotency-Key`.
    pub key: String,
    /// BLAKE3 of the body, in hex: another body under the same key is refused.
    pub body_digest: String,
}

/// What can be asked of a case by somebody outside. Decisions that a command needs are made by the engine.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// To go on with a held case.
    Release,
    /// To send a returned message again.
    Resubmit(Box<Draft>),
    /// To decide an approval task; `text` is required unless it is approved.
    Decide {
        /// Which task.
        task: TaskNumber,
        /// How.
        verdict: Verdict,
        /// Why.
        text: Option<String>,
    },
    /// To take on a task that was offered to several.
    Claim(TaskNumber),
    /// To confirm having read the message.
    Acknowledge(TaskNumber),
    /// To answer.
    Answer(TaskNumber, String),
    /// To report.
    Report(TaskNumber, String),
    /// To pass a task on.
    Pass {
        /// Which task.
        task: TaskNumber,
        /// How.
        how: PassOn,
        /// To whom.
        to: Target,
        /// Why, or what to look at.
        text: Option<String>,
    },
    /// To ask somebody else to approve as well.
    AddApprover {
        /// The asker's own task.
        task: TaskNumber,
        /// Whom.
        to: Target,
        /// Why, or what to look at.
        text: Option<String>,
    },
    /// To remind those who are waited for, and in which words.
    Remind(Remindees, Option<String>),
    /// To write something down, about a task or the case.
    Comment(Option<TaskNumber>, String),
    /// To show the case to others.
    Copy {
        /// The task that gives the right to.
        task: Option<TaskNumber>,
        /// To whom.
        to: Vec<Target>,
        /// In words.
        text: Option<String>,
    },
    /// To make somebody else accountable, and why.
    HandOver(Target, Option<String>),
    /// To take a message back, and why.
    Withdraw(Option<String>),
    /// To call a case settled, and how.
    Resolve(Option<String>),
    /// To say that it is not settled, and why.
    Reopen(Option<String>),
    /// To accept a resolved case.
    Close {
        /// From 1 to 5.
        score: Option<u8>,
        /// In words.
        reason: Option<String>,
    },
    /// To keep an ended case for the record.
    Archive,
    /// To stop a goal's clock, and why.
    Pause(GoalName, Option<String>),
    /// To let it run again.
    Resume(GoalName),
    /// To say that a goal is kept.
    Meet(GoalName),
    /// To say that something will not be done, and why.
    Decline(Declined, String),
    /// To try a delivery again that was given up.
    Replay(DeliveryNumber),
}

/// What needs the policies' word before it is a command.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Undecided {
    Release,
    Resubmit(Box<Draft>),
}

impl Ask {
    /// The command, unless policies have to be asked first.
    pub(crate) fn command(self) -> Result<Command, Undecided> {
        Ok(match self {
            Self::Release => return Err(Undecided::Release),
            Self::Resubmit(draft) => return Err(Undecided::Resubmit(draft)),
            Self::Decide { task, verdict, text } => Command::Decide { task, verdict, text },
            Self::Claim(task) => Command::Claim { task },
            Self::Acknowledge(task) => Command::Acknowledge { task },
            Self::Answer(task, text) => Command::Answer { task, text },
            Self::Report(task, text) => Command::Report { task, text },
            Self::Pass { task, how, to, text } => Command::Pass { task, how, to, text },
            Self::AddApprover { task, to, text } => Command::AddApprover { task, to, text },
            Self::Remind(of, text) => Command::Remind { of, text },
            Self::Comment(task, text) => Command::Comment { task, text },
            Self::Copy { task, to, text } => Command::Copy { task, to, text },
            Self::HandOver(to, reason) => Command::HandOver { to, reason },
            Self::Withdraw(reason) => Command::Withdraw { reason },
            Self::Resolve(reason) => Command::Resolve { reason },
            Self::Reopen(reason) => Command::Reopen { reason },
            Self::Close { score, reason } => Command::Close { score, reason },
            Self::Archive => Command::Archive,
            Self::Pause(goal, reason) => Command::Pause { goal, reason },
            Self::Resume(goal) => Command::Resume { goal },
            Self::Meet(goal) => Command::Meet { goal },
            Self::Decline(what, reason) => Command::Decline { what, reason },
            Self::Replay(delivery) => Command::Replay { delivery },
        })
    }
}

/// What came of a request. It is durable.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The case.
    pub case: CaseId,
    /// What happened to it.
    pub outcome: Outcome,
    /// Whether this was answered before, under the same idempotency key.
    pub repeated: bool,
    /// The case as it was right after the command; `None` when the requester may not see it.
    pub view: Option<Box<CaseView>>,
    /// Where the case stands after a command of somebody who may not see it, such as an administrator.
    pub receipt: Option<Receipt>,
}

/// What is said of a case that one has changed and may not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Where it is in its life.
    pub status: Status,
    /// What `If-Match` compares.
    pub version: u64,
}

/// What happened to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It began.
    Created,
    /// It was there already: the same event had been submitted before. Nothing changed.
    Existing,
    /// The command was carried out.
    Changed,
}

/// An answer as a record keeps it, for the next request under the same key.
#[derive(Serialize, Deserialize)]
pub(crate) struct OwedAnswer<'a> {
    pub(crate) case: CaseId,
    pub(crate) outcome: Outcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) view: Option<Cow<'a, CaseView>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) receipt: Option<Receipt>,
}

/// Why a request was not carried out. Nothing was changed, but for [`Refused::Unknown`].
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The case, or who asked, does not allow it.
    #[error(transparent)]
    Step(#[from] Refusal),
    /// Fields of the message are missing or wrong; pointers lead into the submission.
    #[error("the message does not fit its kind: {}", first(.0))]
    Form(Vec<FieldProblem>),
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another body; choose a new key for a new request")]
    KeyReused,
    /// A request with this idempotency key is under way.
    #[error("a request with this idempotency key is still being worked on; repeat it later")]
    KeyInFlight,
    /// Too much is waiting.
    #[error("too much is waiting already; come again in {} s", retry_after.as_secs())]
    Overloaded {
        /// When to come again.
        retry_after: Duration,
    },
    /// The case kept changing while policies were asked.
    #[error("the case kept changing while policies were asked; try again")]
    Contended,
    /// What the command does takes more room in the journal than a record may.
    #[error(
        "what this does takes {bytes} bytes to write down, over the limit of {limit_bytes} bytes; reach fewer at once"
    )]
    TooLarge {
        /// How much it takes.
        bytes: usize,
        /// How much there may be.
        limit_bytes: usize,
    },
    /// The disk failed while the command was being made durable: it was carried out wholly or not at all. The
    /// same request with the same idempotency key settles which, once the host has been started again.
    #[error("the disk failed; whether this was carried out is unknown until a retry with the same idempotency key")]
    Unknown,
    /// The partition's writer stopped after an earlier failure; this command was not carried out. Reading goes
    /// on, of what is in memory. The operator has to look at the disk and start again.
    #[error("writing has stopped after a failure of the disk; try again once the host is ready")]
    Stopped,
    /// The host is shutting down.
    #[error("the host is shutting down; try again shortly")]
    Closing,
    /// A defect of Herald; the log says more.
    #[error("something is wrong with herald itself; it was logged")]
    Internal,
}

fn first(problems: &[FieldProblem]) -> String {
    problems.first().map_or_else(String::new, |problem| format!("`{}`: {}", problem.pointer, problem.message))
}

/// When whoever was turned away is told to come again: by then a full queue has moved on several times.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(1);
