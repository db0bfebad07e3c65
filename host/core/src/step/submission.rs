//! How a case begins, and begins again: submission, release from a hold, resubmission after a return.

use super::draft::{self, Done, Draft};
use super::{Context, Refusal, admissible};
use crate::access;
use crate::case::{Case, Purpose};
use crate::command::Verb;
use crate::decision::Decision;
use crate::encoded::Encoded;
use crate::event::Event;
use crate::message::Message;
use crate::plan::Moment;

/// Who may release.
const RELEASE_IS_FOR: &str = "that is for authors of the failed bundle's department, or an admin";

/// Says before policies are asked about `message` what they could not change: that the requester may not submit it.
///
/// # Errors
/// [`Refusal::Forbidden`], as [`step`](super::step) would.
pub fn may_submit(message: &Message, context: &Context<'_>) -> Result<(), Refusal> {
    may_send(Verb::Submit, message, context)
}

/// Says before policies are asked again about the held `case` what they could not change: its version, its status,
/// and who may release it.
///
/// # Errors
/// As [`step`](super::step) would.
pub fn may_release(case: &Case, context: &Context<'_>) -> Result<(), Refusal> {
    admissible(case, Verb::Release, context)?;
    draft::allow(case, Verb::Release, RELEASE_IS_FOR, context)
}

/// Says before policies are asked about the next version of the returned `case` what they could not change: its
/// version, its status, who may send it, and for whom.
///
/// # Errors
/// As [`step`](super::step) would.
pub fn may_resubmit(case: &Case, message: &Message, context: &Context<'_>) -> Result<(), Refusal> {
    admissible(case, Verb::Resubmit, context)?;
    draft::allow(case, Verb::Resubmit, "that is for its sender", context)?;
    may_send(Verb::Resubmit, message, context)?;
    if case.kind != message.kind {
        let message = format!("is `{}` for every version of this message; submit a new message", case.kind);
        return Err(Refusal::Invalid { field: "/kind", message });
    }
    Ok(())
}

fn may_send(verb: Verb, message: &Message, context: &Context<'_>) -> Result<(), Refusal> {
    if access::may_submit(context.organisation, context.requester, &message.department) {
        Ok(())
    } else {
        Err(draft::forbidden(verb, "one submits for departments one belongs to", context))
    }
}

impl Draft<'_, '_> {
    pub(super) fn submit(&mut self, message: &Encoded<Message>, decision: &Encoded<Decision>) -> Done {
        may_submit(message, self.context())?;
        let name = self.name_of(message);
        self.emit(Event::Submitted { message: message.clone(), name })?;
        self.decided(decision)
    }

    pub(super) fn release(&mut self, decision: &Encoded<Decision>) -> Done {
        may_release(self.case()?, self.context())?;
        self.decided(decision)
    }

    pub(super) fn resubmit(&mut self, message: &Encoded<Message>, decision: &Encoded<Decision>) -> Done {
        may_resubmit(self.case()?, message, self.context())?;
        let name = self.name_of(message);
        self.emit(Event::Resubmitted { message: message.clone(), name })?;
        self.decided(decision)
    }

    fn name_of(&self, message: &Message) -> String {
        let title = self.organisation().department_title(&message.department);
        let kind = self.organisation().kinds.get(&message.kind);
        kind.map_or_else(|| message.subject.clone(), |kind| kind.name(message, title))
    }

    /// Carries a decision as far as it goes without anybody's word.
    fn decided(&mut self, decision: &Encoded<Decision>) -> Done {
        self.emit(Event::Decided { decision: decision.clone() })?;
        if let Some(hold) = &decision.held {
            self.emit(Event::Held)?;
            if hold.busy {
                return Ok(());
            }
            let authors = self.organisation().policy_authors(&hold.bundle.department);
            let people = self.organisation().resolve(&authors, self.now()).people;
            let people = self.or_catch_all(people, &hold.bundle.department)?;
            return self.tell(Purpose::Held, people, None);
        }
        if let Some(objection) = &decision.plan.refused {
            self.emit(Event::Rejected { reason: Some(objection.reason.clone()) })?;
            return self.tell(Purpose::Verdict, self.case()?.sender.person().cloned().into_iter().collect(), None);
        }
        let set_before = self.case()?.made.goals;
        self.set_goals(&decision.plan, |starts| *starts == Moment::Submitted)?;
        self.tell_owners(set_before)?;
        if decision.plan.asks_approval_first() {
            self.emit(Event::ApprovalRequired)?;
            self.start_next_stage()
        } else {
            self.open(&decision.plan)?;
            self.start_next_stage()
        }
    }
}
