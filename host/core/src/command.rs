//! Commands: what may be asked of a case.

use jiff::Timestamp;

use crate::case::{TaskKind, Verdict};
use crate::decision::{Decision, Escalation};
use crate::encoded::Encoded;
use crate::ids::{DeliveryNumber, GoalNumber, TaskNumber};
use crate::message::Message;
use crate::plan::GoalName;
use crate::target::Target;
use crate::words::words;

/// The most characters a comment, an answer or a reason may have.
pub const TEXT_LIMIT_CHARS: usize = 10_000;

/// The most targets that one copy goes to.
pub const COPY_LIMIT_TARGETS: usize = 64;

/// The most people whom one command passes something on to, or shows it: whoever writes to more sends a message.
pub const PASS_LIMIT_PEOPLE: usize = 64;

words! {
    /// How a holder passes a task on.
    PassOn {
        /// It is theirs no longer.
        Transfer = "transfer",
        /// They keep it, and somebody else may do it in their place.
        Delegate = "delegate",
    }
}

/// Whose memory is jogged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remindees {
    /// The holders of one task.
    Task(TaskNumber),
    /// The holders of all open tasks, or of those of one kind.
    Open(Option<TaskKind>),
}

/// What will not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declined {
    /// What one task asks.
    Task(TaskNumber),
    /// What the requester promised under a name.
    Goal(GoalName),
}

/// What became of one try of a delivery.
#[derive(Debug, Clone, PartialEq)]
pub enum Attempt {
    /// It arrived.
    Arrived,
    /// It failed and is to be tried again.
    Failed {
        /// What went wrong.
        reason: String,
        /// When it is tried again.
        next_attempt: Timestamp,
    },
    /// It failed for good, or ran out of tries.
    GivenUp {
        /// What went wrong.
        reason: String,
    },
}

/// What is asked of a case. A decision that a command needs is part of it: policies are evaluated before.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// A new message, and what the policies decided for it.
    Submit {
        /// The message.
        message: Encoded<Message>,
        /// The decision.
        decision: Encoded<Decision>,
    },
    /// To go on with a held case; everything was evaluated again.
    Release {
        /// The new decision.
        decision: Encoded<Decision>,
    },
    /// To decide an approval task.
    Decide {
        /// Which task.
        task: TaskNumber,
        /// How.
        verdict: Verdict,
        /// Why; required unless it is approved.
        text: Option<String>,
    },
    /// A new version of a returned message.
    Resubmit {
        /// The message.
        message: Encoded<Message>,
        /// The decision.
        decision: Encoded<Decision>,
    },
    /// To take a message back.
    Withdraw {
        /// Why.
        reason: Option<String>,
    },
    /// To take on a task that was offered to several.
    Claim {
        /// Which task.
        task: TaskNumber,
    },
    /// To confirm having read the message.
    Acknowledge {
        /// Which task.
        task: TaskNumber,
    },
    /// To answer.
    Answer {
        /// Which task.
        task: TaskNumber,
        /// The answer.
        text: String,
    },
    /// To report.
    Report {
        /// Which task.
        task: TaskNumber,
        /// The report.
        text: String,
    },
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
    /// To say that somebody waits.
    Remind {
        /// For whom.
        of: Remindees,
        /// In words.
        text: Option<String>,
    },
    /// To write something down.
    Comment {
        /// The task that it is about.
        task: Option<TaskNumber>,
        /// What.
        text: String,
    },
    /// To show the case to others.
    Copy {
        /// The task that gives the right to.
        task: Option<TaskNumber>,
        /// To whom, at most [`COPY_LIMIT_TARGETS`].
        to: Vec<Target>,
        /// In words.
        text: Option<String>,
    },
    /// To make somebody else accountable.
    HandOver {
        /// Whom; of several people the first.
        to: Target,
        /// Why.
        reason: Option<String>,
    },
    /// To call a case settled.
    Resolve {
        /// How; required while answers are missing.
        reason: Option<String>,
    },
    /// To say that it is not settled after all.
    Reopen {
        /// Why.
        reason: Option<String>,
    },
    /// To accept a resolved case.
    Close {
        /// From 1 to 5.
        score: Option<u8>,
        /// In words.
        reason: Option<String>,
    },
    /// To keep an ended case for the record.
    Archive,
    /// To stop a goal's clock while somebody else is waited for.
    Pause {
        /// Which goal.
        goal: GoalName,
        /// Why.
        reason: Option<String>,
    },
    /// To let it run again.
    Resume {
        /// Which goal.
        goal: GoalName,
    },
    /// To say that a goal is kept.
    Meet {
        /// Which goal.
        goal: GoalName,
    },
    /// To say that something will not be done.
    Decline {
        /// What.
        what: Declined,
        /// Why.
        reason: String,
    },
    /// What became of one try of a delivery.
    DeliveryReport {
        /// Which delivery.
        delivery: DeliveryNumber,
        /// What became of it.
        attempt: Attempt,
    },
    /// To try a delivery again that was given up.
    Replay {
        /// Which delivery.
        delivery: DeliveryNumber,
    },
    /// The warning time of goals, all of one name, came.
    GoalWarning {
        /// Which goals.
        goals: Vec<GoalNumber>,
    },
    /// The deadline of goals, all of one name and due at once, passed.
    GoalDue {
        /// Which goals.
        goals: Vec<GoalNumber>,
        /// What the policies decided about it.
        escalation: Box<Escalation>,
    },
    /// Somebody was deactivated or is absent: their open tasks are given again.
    Regive {
        /// Which tasks.
        tasks: Vec<TaskNumber>,
    },
}

words! {
    /// The name of a command, as it is written in the API, the journal and the table of `step`.
    Verb {
        /// A new message.
        Submit = "submit",
        /// To go on with a held case.
        Release = "release",
        /// To approve.
        Approve = "approve",
        /// To reject.
        Reject = "reject",
        /// To return for an edit.
        Return = "return",
        /// A new version of a returned message.
        Resubmit = "resubmit",
        /// To take a message back.
        Withdraw = "withdraw",
        /// To take on a task.
        Claim = "claim",
        /// To confirm having read.
        Acknowledge = "acknowledge",
        /// To answer.
        Answer = "answer",
        /// To report.
        Report = "report",
        /// To give a task away.
        Transfer = "transfer",
        /// To let somebody else do a task in one's place.
        Delegate = "delegate",
        /// To ask somebody else to approve as well.
        AddApprover = "add-approver",
        /// To say that somebody waits.
        Remind = "remind",
        /// To write something down.
        Comment = "comment",
        /// To show the case to others.
        Copy = "copy",
        /// To make somebody else accountable.
        HandOver = "hand-over",
        /// To call a case settled.
        Resolve = "resolve",
        /// To say that it is not settled.
        Reopen = "reopen",
        /// To accept.
        Close = "close",
        /// To keep for the record.
        Archive = "archive",
        /// To stop a goal's clock.
        Pause = "pause",
        /// To let it run again.
        Resume = "resume",
        /// To call a goal kept.
        Meet = "meet",
        /// To say that something will not be done.
        Decline = "decline",
        /// A delivery's outcome.
        DeliveryReport = "deliver-report",
        /// To try a delivery again.
        Replay = "replay",
        /// A goal is nearly due.
        GoalWarning = "goal-warning",
        /// A goal is due.
        GoalDue = "goal-due",
        /// Tasks are given again.
        Regive = "regive",
    }
}

impl Command {
    /// Its name.
    #[must_use]
    pub fn verb(&self) -> Verb {
        match self {
            Self::Submit { .. } => Verb::Submit,
            Self::Release { .. } => Verb::Release,
            Self::Decide { verdict: Verdict::Approved, .. } => Verb::Approve,
            Self::Decide { verdict: Verdict::Rejected, .. } => Verb::Reject,
            Self::Decide { verdict: Verdict::Returned, .. } => Verb::Return,
            Self::Resubmit { .. } => Verb::Resubmit,
            Self::Withdraw { .. } => Verb::Withdraw,
            Self::Claim { .. } => Verb::Claim,
            Self::Acknowledge { .. } => Verb::Acknowledge,
            Self::Answer { .. } => Verb::Answer,
            Self::Report { .. } => Verb::Report,
            Self::Pass { how: PassOn::Transfer, .. } => Verb::Transfer,
            Self::Pass { how: PassOn::Delegate, .. } => Verb::Delegate,
            Self::AddApprover { .. } => Verb::AddApprover,
            Self::Remind { .. } => Verb::Remind,
            Self::Comment { .. } => Verb::Comment,
            Self::Copy { .. } => Verb::Copy,
            Self::HandOver { .. } => Verb::HandOver,
            Self::Resolve { .. } => Verb::Resolve,
            Self::Reopen { .. } => Verb::Reopen,
            Self::Close { .. } => Verb::Close,
            Self::Archive => Verb::Archive,
            Self::Pause { .. } => Verb::Pause,
            Self::Resume { .. } => Verb::Resume,
            Self::Meet { .. } => Verb::Meet,
            Self::Decline { .. } => Verb::Decline,
            Self::DeliveryReport { .. } => Verb::DeliveryReport,
            Self::Replay { .. } => Verb::Replay,
            Self::GoalWarning { .. } => Verb::GoalWarning,
            Self::GoalDue { .. } => Verb::GoalDue,
            Self::Regive { .. } => Verb::Regive,
        }
    }
}
