//! Deliveries: what became of a try, and another try for those that were given up.

use super::Refusal;
use super::draft::{Done, Draft};
use crate::case::{DeliveryStatus, Purpose, Status};
use crate::command::{Attempt, Verb};
use crate::decision::Flag;
use crate::event::Event;
use crate::ids::DeliveryNumber;
use crate::plan::Moment;

impl Draft<'_, '_> {
    /// A report on a delivery that is settled already changes nothing: deliveries are at least once.
    pub(super) fn delivery_report(&mut self, number: DeliveryNumber, attempt: &Attempt) -> Done {
        self.allow(Verb::DeliveryReport, "that is for the host")?;
        if self.delivery(number)?.status != DeliveryStatus::Pending {
            return Ok(());
        }
        match attempt {
            Attempt::Arrived => self.emit(Event::Delivered { delivery: number }),
            Attempt::Failed { reason, next_attempt } => {
                let (reason, next_attempt) = (reason.clone(), *next_attempt);
                self.emit(Event::AttemptFailed { delivery: number, reason, next_attempt })
            }
            Attempt::GivenUp { reason } => {
                self.emit(Event::DeliveryDead { delivery: number, reason: reason.clone() })?;
                self.escalation_died(number)
            }
        }
    }

    /// Whom an escalation does not reach through their channel, the house's catch-all hears of it instead, for
    /// as long as what was breached is unkept. Other deliveries of it may have arrived: whom this one was for has
    /// not heard all the same.
    fn escalation_died(&mut self, number: DeliveryNumber) -> Done {
        let delivery = self.delivery(number)?;
        let (Purpose::Escalation, Some(about)) = (delivery.purpose, delivery.about) else { return Ok(()) };
        if !self.is_pressing(about)? {
            return Ok(());
        }
        self.emit(Event::Flagged { flag: Flag::EscalationFallback })?;
        // With nobody there at all the dead letter stands: a report on a delivery is not to be refused.
        self.tell(Purpose::Escalation, self.organisation().house_catch_all(self.now()), Some(about))
    }

    pub(super) fn replay(&mut self, number: DeliveryNumber) -> Done {
        self.allow(Verb::Replay, "that is for an admin")?;
        let delivery = self.delivery(number)?;
        let (status, purpose) = (delivery.status, delivery.purpose);
        if status != DeliveryStatus::Dead {
            return Err(Refusal::First("only a delivery that was given up can be replayed").into());
        }
        if self.case()?.status == Status::Withdrawn && purpose != Purpose::Withdrawal {
            return Err(Refusal::First("the message was withdrawn; it is not sent again").into());
        }
        self.emit(Event::DeliveryReplayed { delivery: number })
    }

    /// Cancels every delivery that has not arrived.
    pub(super) fn cancel_deliveries(&mut self) -> Done {
        if self.case()?.outstanding.deliveries == 0 {
            return Ok(());
        }
        let mut deliveries = Vec::new();
        for number in self.case()?.deliveries() {
            if self.delivery(number)?.status == DeliveryStatus::Pending {
                deliveries.push(number);
            }
        }
        if deliveries.is_empty() { Ok(()) } else { self.emit(Event::DeliveriesCancelled { deliveries }) }
    }

    /// Mere information is over when it has reached everybody and everybody has confirmed it.
    pub(super) fn complete_if_informed(&mut self) -> Done {
        let Ok(case) = self.case() else { return Ok(()) };
        let left = &case.outstanding;
        let waits = left.approvals + left.acknowledgements + left.answers + left.reports + left.deliveries > 0;
        let all_in = case.status == Status::Open && case.information_only && !waits;
        if !all_in || self.is_untouched() {
            return Ok(());
        }
        self.emit(Event::Resolved { reason: None })?;
        self.moment(Moment::Resolved)?;
        self.end_by_itself("everybody was informed")
    }
}
