//! Judges one command within a frame: has it been answered, is it the same event, and if neither, what does it
//! do to its case.

use std::borrow::Cow;

use herald_core::command::Command;
use herald_core::ids::CaseId;
use herald_core::record::{Json, RECORD_FORMAT, Record, Request};
use herald_core::step::{Context, Share, StepError, step};
use herald_core::workspace::{RowError, Workspace};
use herald_store::StoreError;
use herald_store::partition::{FrameWriter, PushError};

use super::input::{Origin, Work};
use super::oversized;
use super::tally::Tally;
use crate::answer::Reader;
use crate::configured::Configured;
use crate::existing;
use crate::random::Random;
use crate::request::{Answer, Outcome, OwedAnswer, Refused};

/// A command that was carried out in the frame, or that had nothing to do.
pub(super) struct Carried {
    /// Whether anything happened to the case.
    pub(super) changed: bool,
    /// The answer, if somebody waits for one.
    pub(super) answer: Option<Answer>,
    /// Calls of policies that failed by what was written down.
    pub(super) failed: Tally,
    /// Whether the message is held until the host is ready.
    pub(super) waits: bool,
}

/// Why a command was not carried out in this frame.
pub(super) enum Trouble {
    /// It is refused.
    Refused(Refused),
    /// There is no room for it; it comes first in the next frame.
    Full,
    /// The store failed, and nothing more can be written.
    Store(StoreError),
}

/// What a command is judged by, besides the frame.
pub(super) struct Judge<'a> {
    pub(super) configured: &'a Configured,
    pub(super) random: &'a Random,
    /// Which numbers of documents the partition may give.
    pub(super) share: Share,
}

impl Judge<'_> {
    /// Judges `work` against the frame as it stands. Nothing is pushed unless it is carried out.
    pub(super) fn judge(&self, frame: &FrameWriter<'_>, work: &Work) -> Result<Carried, Trouble> {
        if let Some(request) = &work.request
            && let Some(answered) = frame.answered(&request.principal, &request.path, &request.key)?
        {
            let answer = repeat(answered, &request.body_digest)?;
            return Ok(Carried { changed: false, answer: Some(answer), failed: Tally::default(), waits: false });
        }
        if let Some(existing) = self.existing(frame, work)? {
            return self.attach(frame, work, existing);
        }
        let carried = self.carry_out(frame, work, &work.command);
        if let Err(Trouble::Refused(Refused::TooLarge { bytes, .. })) = &carried
            && let Some(command) = oversized::in_place_of(&work.command)
        {
            let (case, verb) = (work.case, command.verb());
            tracing::error!(%case, %verb, bytes, "what policies decided fits no record; it is carried out without it");
            return self.carry_out(frame, work, &command);
        }
        carried
    }

    /// Carries out `command`, which `work` asks for.
    fn carry_out(&self, frame: &FrameWriter<'_>, work: &Work, command: &Command) -> Result<Carried, Trouble> {
        let mut workspace = Workspace::open(frame, work.case)?;
        let context = Context {
            now: frame.at(),
            organisation: self.configured.organisation(),
            requester: &work.requester,
            received_at: work.received_at.map_or(frame.at(), |received| received.min(frame.at())),
            expected_version: work.expected_version,
            share: self.share,
        };
        let events = step(&mut workspace, command, &context)?;
        let outcome = if matches!(command, Command::Submit { .. }) { Outcome::Created } else { Outcome::Changed };
        let answer = self.answer(frame, &mut workspace, work, command, outcome)?;
        let (changed, failed) = (!events.is_empty(), Tally::of(&events));
        let waits = workspace.case().and_then(|case| case.held.as_ref()).is_some_and(|hold| hold.busy);
        self.push(frame, &workspace, work, events, answer.as_ref())?;
        Ok(Carried { changed, answer, failed, waits })
    }

    /// The case that a submission belongs to, if its event was submitted before.
    fn existing(&self, frame: &FrameWriter<'_>, work: &Work) -> Result<Option<CaseId>, StoreError> {
        let Command::Submit { message, .. } = &work.command else { return Ok(None) };
        match existing::dedup_key(self.configured.organisation(), &work.requester, message) {
            Some(key) => frame.live_case(&message.kind, &message.department, key),
            None => Ok(None),
        }
    }

    /// Answers a submission with the case that its event has already. Under an idempotency key that is recorded:
    /// the same request must not begin a case once this one has ended.
    fn attach(&self, frame: &FrameWriter<'_>, work: &Work, existing: CaseId) -> Result<Carried, Trouble> {
        let mut workspace = Workspace::open(frame, existing)?;
        let answer = self.answer(frame, &mut workspace, work, &work.command, Outcome::Existing)?;
        self.push(frame, &workspace, work, Vec::new(), answer.as_ref())?;
        Ok(Carried { changed: false, answer, failed: Tally::default(), waits: false })
    }

    /// The answer to `work`, if somebody waits for one.
    fn answer(
        &self,
        frame: &FrameWriter<'_>,
        workspace: &mut Workspace<'_>,
        work: &Work,
        command: &Command,
        outcome: Outcome,
    ) -> Result<Option<Answer>, StoreError> {
        if !matches!(work.origin, Origin::Caller(_)) {
            return Ok(None);
        }
        let decision = match command {
            // An event that was submitted before was not decided about again.
            _ if outcome == Outcome::Existing => None,
            Command::Submit { decision, .. } | Command::Release { decision } | Command::Resubmit { decision, .. } => {
                Some(&**decision)
            }
            _ => None,
        };
        let (case, organisation) = (workspace.id(), self.configured.organisation());
        let reader = Reader { organisation, requester: &work.requester };
        reader.answer(workspace, outcome, decision, |person| frame.participates(person, case)).map(Some)
    }

    /// Writes a record of what happened, unless nothing did and no answer is owed.
    fn push(
        &self,
        frame: &FrameWriter<'_>,
        workspace: &Workspace<'_>,
        work: &Work,
        events: Vec<herald_core::event::Event>,
        answer: Option<&Answer>,
    ) -> Result<(), Trouble> {
        if events.is_empty() && work.request.is_none() {
            return Ok(());
        }
        let request = work.request.as_ref().zip(answer).map(|(request, answer)| {
            let owed = OwedAnswer {
                case: answer.case,
                outcome: answer.outcome,
                view: answer.view.as_deref().map(Cow::Borrowed),
                receipt: answer.receipt,
            };
            Ok::<_, serde_json::Error>(Request {
                principal: request.principal.clone(),
                path: request.path.clone(),
                key: request.key.clone(),
                body_digest: request.body_digest.clone(),
                answer: Json::of(&owed)?,
            })
        });
        let record = Record {
            format: RECORD_FORMAT,
            case: workspace.id(),
            at: frame.at(),
            actor: work.requester.actor.clone(),
            verb: work.command.verb(),
            request: request.transpose().map_err(|error| defect("an answer has no JSON form", &error))?,
            events,
        };
        frame.push(&record, workspace.changes(), self.random.bytes16()).map_err(|error| match error {
            PushError::FrameFull { .. } => Trouble::Full,
            PushError::RecordTooLarge { bytes } => {
                Trouble::Refused(Refused::TooLarge { bytes, limit_bytes: herald_store::journal::FRAME_LIMIT_BYTES })
            }
            PushError::Store(error) => Trouble::Store(error),
        })
    }
}

/// The answer that was given to `request` before, if the body is the same.
pub(crate) fn repeat(request: Request, body_digest: &str) -> Result<Answer, Refused> {
    if request.body_digest != body_digest {
        return Err(Refused::KeyReused);
    }
    let OwedAnswer { case, outcome, view, receipt } = request.answer.read().map_err(|error| {
        tracing::error!(%error, "the answer owed to an idempotency key cannot be read");
        Refused::Internal
    })?;
    Ok(Answer { case, outcome, repeated: true, view: view.map(|view| Box::new(view.into_owned())), receipt })
}

fn defect(what: &str, error: &dyn std::fmt::Display) -> Trouble {
    tracing::error!(%error, "{what}");
    Trouble::Refused(Refused::Internal)
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<StoreError> for Trouble {
    /// Of a failure to read, before anything was pushed. Where the disk is well, what cannot be read concerns this
    /// command alone: one damaged row must not stop a partition.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Disk(_) => Self::Store(error),
            _ => defect("what a command is judged by cannot be read", &error),
        }
    }
}

impl From<RowError> for Trouble {
    fn from(error: RowError) -> Self {
        StoreError::from(error).into()
    }
}

impl From<StepError> for Trouble {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Refused(refusal) => Self::Refused(refusal.into()),
            StepError::Rows(error) => error.into(),
            StepError::Inconsistent(error) => defect("the rows of a case contradict each other", &error),
        }
    }
}
