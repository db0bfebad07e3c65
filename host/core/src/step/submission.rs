//! How a case begins, and begins again: submission, release from a hold, resubmission after a return.

use super::Refusal;
use super::draft::{Done, Draft};
use crate::access;
use crate::case::Purpose;
use crate::command::Verb;
use crate::decision::Decision;
use crate::event::Event;
use crate::message::Message;
use crate::plan::Moment;

impl Draft<'_, '_> {
    pub(super) fn submit(&mut self, message: &Message, decision: &Decision) -> Done {
        self.may_submit(Verb::Submit, message)?;
        let name = self.name_of(message);
        self.emit(Event::Submitted { message: Box::new(message.clone()), name })?;
        self.decided(decision)
    }

    pub(super) fn release(&mut self, decision: &Decision) -> Done {
        self.allow(Verb::Release, "that is for authors of the failed bundle's department, or an admin")?;
        self.decided(decision)
    }

    pub(super) fn resubmit(&mut self, message: &Message, decision: &Decision) -> Done {
        self.allow(Verb::Resubmit, "that is for its sender")?;
        self.may_submit(Verb::Resubmit, message)?;
        if self.case()?.kind != message.kind {
            let message = format!("is `{}` for every version of this message; submit a new message", self.case()?.kind);
            return Err(Refusal::Invalid { field: "/kind", message }.into());
        }
        let name = self.name_of(message);
        self.emit(Event::Resubmitted { message: Box::new(message.clone()), name })?;
        self.decided(decision)
    }

    fn may_submit(&self, verb: Verb, message: &Message) -> Done {
        if access::may_submit(self.organisation(), self.requester(), &message.department) {
            Ok(())
        } else {
            Err(self.forbidden(verb, "one submits for departments one belongs to"))
        }
    }

    fn name_of(&self, message: &Message) -> String {
        let title = self.organisation().department_title(&message.department);
        let kind = self.organisation().kinds.get(&message.kind);
        kind.map_or_else(|| message.subject.clone(), |kind| kind.name(message, title))
    }

    /// Carries a decision as far as it goes without anybody's word.
    fn decided(&mut self, decision: &Decision) -> Done {
        self.emit(Event::Decided { decision: Box::new(decision.clone()) })?;
        if let Some(hold) = &decision.held {
            self.emit(Event::Held)?;
            let heads = self.organisation().heads(&hold.bundle.department, self.now());
            let people = self.or_catch_all(heads, &hold.bundle.department)?;
            return self.tell(Purpose::Held, people, None);
        }
        self.set_goals(&decision.plan, |starts| *starts == Moment::Submitted)?;
        let approval_first = !decision.plan.stages.is_empty() && !decision.plan.post_hoc;
        if approval_first {
            self.emit(Event::ApprovalRequired)?;
            self.start_next_stage()
        } else {
            self.open(&decision.plan)?;
            self.start_next_stage()
        }
    }
}
