//! Everything that can reach a partition's writer. Nothing else does.

use std::sync::Arc;

use herald_core::access::Requester;
use herald_core::command::Command;
use herald_core::decision::Escalation;
use herald_core::ids::{CaseId, GoalNumber};
use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::keys::KeyGuard;
use crate::request::{Answer, Refused, RequestIdentity};

/// The one list of what a writer can be told.
pub(crate) enum Input {
    /// To judge a command.
    Work(Box<Work>),
    /// What the policies said about a breach: about these goals of a case. `None` when they could not be
    /// asked; the timer comes again.
    Escalated {
        /// The case.
        case: CaseId,
        /// Goals of one name, due at once.
        goals: Vec<GoalNumber>,
        /// What was decided.
        escalation: Option<Box<Escalation>>,
    },
    /// To look at the clock, and at what is in force.
    Wake,
    /// To finish what was received before, and end.
    Shutdown,
}

/// A command on its way to being judged.
pub(crate) struct Work {
    pub(crate) case: CaseId,
    pub(crate) requester: Requester,
    pub(crate) request: Option<RequestIdentity>,
    pub(crate) expected_version: Option<u64>,
    /// When somebody outside asked for it; the host's own commands are received as they are judged.
    pub(crate) received_at: Option<Timestamp>,
    pub(crate) command: Command,
    pub(crate) origin: Origin,
}

/// Who waits for a command.
pub(crate) enum Origin {
    /// Somebody outside, for its answer.
    Caller(Reply),
    /// Timers of these goals, which must not fire again meanwhile.
    Timers(Vec<GoalNumber>),
    /// A part of the host, to know when it is durable, or that it was refused: then it gets `false`.
    Host(oneshot::Sender<bool>),
    /// Nobody.
    Nobody,
}

/// What a caller gets.
pub(crate) struct Settled {
    pub(crate) answer: Result<Answer, Refused>,
    /// What they asked for, to be freed where they wait: a writer has no time for it.
    _command: Option<Command>,
}

/// The way back to a caller. Dropping it tells them that nothing will come.
pub(crate) struct Reply {
    pub(crate) sender: oneshot::Sender<Settled>,
    /// Keeps the request's key taken until it is answered, even when the caller has gone.
    pub(crate) key: Option<Arc<KeyGuard>>,
}

impl Reply {
    pub(crate) fn send(self, answer: Result<Answer, Refused>, command: Option<Command>) {
        // The key is free before the caller can come again with it.
        drop(self.key);
        // A caller who has gone learns the outcome from the same request under the same key.
        let _ = self.sender.send(Settled { answer, _command: command });
    }
}

impl Input {
    /// Tells whoever waits for this why it will not be carried out.
    pub(crate) fn refuse(self, why: &dyn Fn() -> Refused) {
        if let Self::Work(work) = self {
            work.refuse(why);
        }
    }
}

impl Work {
    /// A command of the host's own, for which `origin` waits.
    pub(crate) fn of_host(case: CaseId, command: Command, origin: Origin) -> Self {
        Self {
            case,
            requester: Requester::host(),
            request: None,
            expected_version: None,
            received_at: None,
            command,
            origin,
        }
    }

    /// Tells whoever waits for it why it will not be carried out.
    pub(crate) fn refuse(self, why: &dyn Fn() -> Refused) {
        if let Origin::Caller(reply) = self.origin {
            reply.send(Err(why()), Some(self.command));
        }
    }
}
