//! What happens to a request on an evaluation thread: it is looked up, read, and decided, and then handed to the
//! writer as a command. Policies are asked only about what would not be refused whatever they said: they cost time
//! that others wait for. The writer judges the same again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use herald_core::access::Requester;
use herald_core::command::Command;
use herald_core::decision::Decision;
use herald_core::encoded::Encoded;
use herald_core::ids::CaseId;
use herald_core::message::Message;
use herald_core::names::DepartmentId;
use herald_core::step::{Context, Refusal, Share, may_release, may_resubmit, may_submit};
use herald_core::workspace::{Rows, Workspace};
use herald_store::StoreError;
use jiff::Timestamp;

use crate::answer::Reader;
use crate::configured::Configured;
use crate::draft::Draft;
use crate::existing;
use crate::host::{Host, Lane};
use crate::request::{Answer, Outcome, Refused, RequestIdentity, Undecided};
use crate::stats::Stats;
use crate::writer::{Input, Origin, Reply, Work, repeat};

/// A submission, or something asked of a case, that needs the policies' word.
pub(crate) struct Evaluation {
    pub(crate) case: CaseId,
    pub(crate) requester: Requester,
    pub(crate) request: Option<RequestIdentity>,
    /// The other partitions in which its request may have been answered. Its key is taken meanwhile, so none of
    /// them answers it now.
    pub(crate) elsewhere: Vec<Arc<Lane>>,
    pub(crate) expected_version: Option<u64>,
    pub(crate) wanted: Wanted,
    /// When it arrived.
    pub(crate) now: Timestamp,
}

/// What the policies are asked about.
pub(crate) enum Wanted {
    Submission(Box<Draft>),
    Decision(Undecided),
}

/// How an evaluation ends, unless it fails.
enum Ready {
    /// Nothing is left to judge.
    Answered(Answer),
    /// A command for the writer, decided on this version of the case.
    Command(Command, Option<u64>),
}

impl Evaluation {
    /// The department whose message it is, if it brings one.
    pub(crate) fn department(&self) -> Option<&DepartmentId> {
        match &self.wanted {
            Wanted::Submission(draft) | Wanted::Decision(Undecided::Resubmit(draft)) => Some(&draft.department),
            Wanted::Decision(Undecided::Release) => None,
        }
    }

    /// Evaluates, and hands the outcome to the writer or, if there is nothing to judge, to the caller.
    pub(crate) fn run(self, host: &Host, lane: &Lane, reply: Reply) {
        if lane.stopped.get().is_some() {
            return reply.send(Err(Refused::Stopped), None);
        }
        let configured = host.configured.get();
        // Contained here, so that whoever waits for the writer in vain knows that it was the writer.
        let evaluated = catch_unwind(AssertUnwindSafe(|| self.evaluate(&configured, &host.stats, lane)));
        let evaluated = evaluated.unwrap_or_else(|_| {
            host.stats.defects.add(1);
            tracing::error!(case = %self.case, "an evaluation panicked; its caller was told");
            Err(Refused::Internal)
        });
        match evaluated {
            Err(refused) => reply.send(Err(refused), None),
            Ok(Ready::Answered(answer)) => reply.send(Ok(answer), None),
            Ok(Ready::Command(command, version)) => lane.send(Input::Work(Box::new(Work {
                case: self.case,
                requester: self.requester,
                request: self.request,
                expected_version: self.expected_version.or(version),
                received_at: Some(self.now),
                command,
                origin: Origin::Caller(reply),
            }))),
        }
    }

    fn evaluate(&self, configured: &Configured, stats: &Stats, lane: &Lane) -> Result<Ready, Refused> {
        if let Some(request) = &self.request {
            // The writer looks into its own partition again: there, this only spares an evaluation.
            for lane in self.elsewhere.iter().map(Arc::as_ref).chain([lane]) {
                let snapshot = lane.partition.snapshot().map_err(unreadable)?;
                let answered = snapshot.answered(&request.principal, &request.path, &request.key, self.now);
                if let Some(answered) = answered.map_err(unreadable)? {
                    return repeat(answered, &request.body_digest).map(Ready::Answered);
                }
            }
        }
        match &self.wanted {
            Wanted::Submission(draft) => self.submission(configured, stats, lane, draft),
            Wanted::Decision(undecided) => self.decision(configured, stats, lane, undecided),
        }
    }

    fn submission(&self, configured: &Configured, stats: &Stats, lane: &Lane, draft: &Draft) -> Result<Ready, Refused> {
        let message = draft.clone().into_message(configured, self.requester.actor.clone(), self.now);
        let message = message.map_err(Refused::Form)?;
        may_submit(&message, &self.context(configured))?;
        if let Some(answer) = self.existing(configured, lane, &message)? {
            return Ok(Ready::Answered(answer));
        }
        let (message, decision) = decide(configured, stats, message);
        let (message, decision) = (Encoded::new(message), Encoded::new(decision));
        Ok(Ready::Command(Command::Submit { message, decision }, None))
    }

    /// The case that the event of `message` has already. Asked only without an idempotency key: the answer to
    /// one that bears a key is recorded, and that is the writer's to do.
    fn existing(&self, configured: &Configured, lane: &Lane, message: &Message) -> Result<Option<Answer>, Refused> {
        let organisation = configured.organisation();
        let key = existing::dedup_key(organisation, &self.requester, message).filter(|_| self.request.is_none());
        let Some(key) = key else { return Ok(None) };
        let snapshot = lane.partition.snapshot().map_err(unreadable)?;
        let existing = snapshot.live_case(&message.kind, &message.department, key).map_err(unreadable)?;
        let Some(case) = existing else { return Ok(None) };
        let mut workspace = Workspace::open(&snapshot, case).map_err(|error| unreadable(error.into()))?;
        let reader = Reader { organisation, requester: &self.requester };
        let participates = |person: &_| snapshot.participates(person, case);
        reader.answer(&mut workspace, Outcome::Existing, None, participates).map(Some).map_err(unreadable)
    }

    /// What it is judged by beforehand.
    fn context<'a>(&'a self, configured: &'a Configured) -> Context<'a> {
        Context {
            now: self.now,
            received_at: self.now,
            organisation: configured.organisation(),
            requester: &self.requester,
            expected_version: self.expected_version,
            // What is judged beforehand gives no numbers.
            share: Share::WHOLE,
        }
    }

    fn decision(
        &self,
        configured: &Configured,
        stats: &Stats,
        lane: &Lane,
        undecided: &Undecided,
    ) -> Result<Ready, Refused> {
        let not_found = || Refusal::NotFound(format!("message {}", self.case));
        let snapshot = lane.partition.snapshot().map_err(unreadable)?;
        let case = snapshot.case(self.case).map_err(|error| unreadable(error.into()))?.ok_or_else(not_found)?;
        let context = self.context(configured);
        let command = match undecided {
            Undecided::Release => {
                may_release(&case, &context)?;
                let message = snapshot.message(case.id, case.message_version).map_err(unreadable)?;
                let (_, decision) = decide(configured, stats, message.ok_or_else(not_found)?);
                Command::Release { decision: Encoded::new(decision) }
            }
            Undecided::Resubmit(draft) => {
                let sender = self.requester.actor.clone();
                let message = draft.as_ref().clone().into_message(configured, sender, self.now);
                let message = message.map_err(Refused::Form)?;
                may_resubmit(&case, &message, &context)?;
                let (message, decision) = decide(configured, stats, message);
                Command::Resubmit { message: Encoded::new(message), decision: Encoded::new(decision) }
            }
        };
        Ok(Ready::Command(command, Some(case.version)))
    }
}

/// Asks the policies about `message`.
pub(crate) fn decide(configured: &Configured, stats: &Stats, message: Message) -> (Arc<Message>, Arc<Decision>) {
    let message = Arc::new(message);
    let decision = configured.policies.decide(&configured.world, &message);
    stats.hooks.count(&decision.contributions);
    (message, Arc::new(decision))
}

/// A failure to read is no reason to stop writing, and none to tell anybody about the disk.
fn unreadable(error: StoreError) -> Refused {
    tracing::error!(%error, "a partition could not be read");
    Refused::Internal
}
