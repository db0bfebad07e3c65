//! A command in the making: the workspace, what it is judged by, and what has happened so far.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{Context, Refusal, StepError};
use crate::access::{self, Requester};
use crate::calendar::Calendar;
use crate::case::{Case, Goal, Purpose, Task};
use crate::command::{TEXT_LIMIT_CHARS, Verb};
use crate::event::{Event, Holders};
use crate::ids::{DeliveryNumber, GoalNumber, TaskNumber};
use crate::names::{CalendarName, ChannelName, DepartmentId, PersonId};
use crate::organisation::{Organisation, inbox};
use crate::plan::GoalName;
use crate::span::{Span, Unit};
use crate::target::{Actor, Recipient};
use crate::workspace::Workspace;

pub(super) type Done = Result<(), StepError>;

pub(super) struct Draft<'draft, 'rows> {
    workspace: &'draft mut Workspace<'rows>,
    context: Context<'draft>,
    events: Vec<Event>,
}

impl<'draft, 'rows> Draft<'draft, 'rows> {
    pub(super) fn new(workspace: &'draft mut Workspace<'rows>, context: Context<'draft>) -> Self {
        Self { workspace, context, events: Vec::new() }
    }

    pub(super) fn finish(mut self) -> Result<Vec<Event>, StepError> {
        self.complete_if_informed()?;
        Ok(self.events)
    }

    /// Lets something happen: everything after this line sees it.
    pub(super) fn emit(&mut self, event: Event) -> Done {
        self.workspace.apply(&event, self.context.now, &self.context.requester.actor)?;
        self.events.push(event);
        Ok(())
    }

    /// Whether anything happened.
    pub(super) fn is_untouched(&self) -> bool {
        self.events.is_empty()
    }

    /// The people who hear of the case by what has happened in this command, and who brought it about.
    pub(super) fn heard(&self) -> BTreeSet<PersonId> {
        let mut heard: BTreeSet<PersonId> = self.requester().actor.person().cloned().into_iter().collect();
        for event in &self.events {
            match event {
                Event::Told { to, .. } => heard.extend(to.iter().filter_map(|to| match to {
                    Recipient::Person(person) => Some(person.clone()),
                    _ => None,
                })),
                Event::Asked { holders: Holders::Each(people) | Holders::Any(people), .. } => {
                    heard.extend(people.iter().cloned());
                }
                _ => {}
            }
        }
        heard
    }

    pub(super) fn context(&self) -> &Context<'draft> {
        &self.context
    }

    pub(super) fn now(&self) -> Timestamp {
        self.context.now
    }

    pub(super) fn received_at(&self) -> Timestamp {
        self.context.received_at
    }

    pub(super) fn organisation(&self) -> &'draft Organisation {
        self.context.organisation
    }

    pub(super) fn requester(&self) -> &'draft Requester {
        self.context.requester
    }

    pub(super) fn case(&self) -> Result<&Case, StepError> {
        let missing = || Refusal::NotFound(format!("message {}", self.workspace.id()));
        Ok(self.workspace.case().ok_or_else(missing)?)
    }

    pub(super) fn task(&mut self, number: TaskNumber) -> Result<&Task, StepError> {
        let task = self.workspace.task(number)?;
        Ok(task.ok_or_else(|| Refusal::NotFound(format!("task {number}")))?)
    }

    pub(super) fn goal(&mut self, number: GoalNumber) -> Result<&Goal, StepError> {
        let goal = self.workspace.goal(number)?;
        Ok(goal.ok_or_else(|| Refusal::NotFound(format!("goal {number}")))?)
    }

    pub(super) fn delivery(&mut self, number: DeliveryNumber) -> Result<&crate::case::Delivery, StepError> {
        let delivery = self.workspace.delivery(number)?;
        Ok(delivery.ok_or_else(|| Refusal::NotFound(format!("delivery {number}")))?)
    }

    /// Whether a person took part in the case before this command.
    pub(super) fn participates(&self, person: &PersonId) -> Result<bool, StepError> {
        Ok(self.workspace.participates(person)?)
    }

    /// The last number that was given in a series of documents.
    pub(super) fn last_number(&self, series: &str) -> Result<u32, StepError> {
        Ok(self.workspace.last_number(series)?)
    }

    pub(super) fn next_task(&self) -> Result<TaskNumber, StepError> {
        Ok(TaskNumber(self.case()?.made.tasks + 1))
    }

    pub(super) fn next_goal(&self) -> Result<GoalNumber, StepError> {
        Ok(GoalNumber(self.case()?.made.goals + 1))
    }

    pub(super) fn next_delivery(&self) -> Result<DeliveryNumber, StepError> {
        Ok(DeliveryNumber(self.case()?.made.deliveries + 1))
    }

    /// Refuses `verb` unless the requester may ask it of the case as a whole.
    pub(super) fn allow(&self, verb: Verb, why: &'static str) -> Done {
        Ok(allow(self.case()?, verb, why, &self.context)?)
    }

    pub(super) fn forbidden(&self, verb: Verb, why: &'static str) -> StepError {
        forbidden(verb, why, &self.context).into()
    }

    /// The people of a target or of a fallback, so that nothing is ever given to nobody.
    pub(super) fn or_catch_all(
        &self,
        people: Vec<PersonId>,
        department: &DepartmentId,
    ) -> Result<Vec<PersonId>, StepError> {
        let people = if people.is_empty() { self.organisation().catch_all(department, self.now()) } else { people };
        let people = if people.is_empty() { self.organisation().house_catch_all(self.now()) } else { people };
        if people.is_empty() { Err(Refusal::Nobody.into()) } else { Ok(people) }
    }

    /// The deadline of a promise that `department` keeps, counted from `from`, and the calendar that counts.
    pub(super) fn due(
        &self,
        goal: &GoalName,
        department: &DepartmentId,
        from: Timestamp,
        within: Span,
    ) -> Result<(Option<CalendarName>, Timestamp), StepError> {
        let found = self.organisation().calendar_of(department);
        let due = self.deadline(goal, found.map(|(_, calendar)| calendar), from, within)?;
        Ok((found.map(|(name, _)| name.clone()), due))
    }

    /// The deadline of a promise, counted from `from`. Clock time needs no calendar. A timer that fired cannot be
    /// refused, or an escalation would stop for good: what its working time cannot be counted by any more, a
    /// calendar that is gone or never opens, is counted by the clock.
    pub(super) fn deadline(
        &self,
        goal: &GoalName,
        calendar: Option<&Calendar>,
        from: Timestamp,
        within: Span,
    ) -> Result<Timestamp, Refusal> {
        let counted = match calendar {
            Some(calendar) => calendar.due(from, &within).map_err(|error| Refusal::deadline(goal, &error)),
            None if within.unit() == Unit::ClockSeconds => add_clock(goal, from, within),
            None => Err(Refusal::NoCalendar { goal: goal.to_string() }),
        };
        counted.or_else(|refusal| if self.is_by_host() { add_clock(goal, from, within) } else { Err(refusal) })
    }

    /// Whether the host itself asks: a timer fired.
    pub(super) fn is_by_host(&self) -> bool {
        self.requester().actor == Actor::Host
    }

    /// The calendar that a goal was set by, as it is now; its department's if it has gone since.
    pub(super) fn calendar_of(&self, goal: &Goal) -> Option<&'draft Calendar> {
        let named = goal.calendar.as_ref().and_then(|name| self.organisation().calendars.get(name));
        named.or_else(|| self.organisation().calendar_of(&goal.department).map(|(_, calendar)| calendar))
    }

    /// Tells people something through the inbox, where it arrives by being decided on.
    pub(super) fn tell(&mut self, purpose: Purpose, people: Vec<PersonId>, about: Option<GoalNumber>) -> Done {
        self.tell_through(inbox(), purpose, people.into_iter().map(Recipient::Person).collect(), about)
    }

    /// Tells recipients something through a channel, at once if it is the inbox.
    pub(super) fn tell_through(
        &mut self,
        channel: ChannelName,
        purpose: Purpose,
        to: BTreeSet<Recipient>,
        about: Option<GoalNumber>,
    ) -> Done {
        if to.is_empty() {
            return Ok(());
        }
        let (first, arrived) = (self.next_delivery()?, self.arrives_at_once(&channel));
        self.emit(Event::Told { first, purpose, channel, to: to.into_iter().collect(), arrived, about })
    }

    /// Tells the accountable person how what they resolved fares, if somebody else brought it about.
    pub(super) fn tell_accountable(&mut self, purpose: Purpose) -> Done {
        let mut accountable: Vec<PersonId> = self.case()?.accountable.iter().cloned().collect();
        accountable.retain(|person| self.requester().actor.person() != Some(person));
        self.tell(purpose, accountable, None)
    }

    /// Tells the sender how their message fares, if they are a person and somebody else brought it about.
    pub(super) fn tell_sender(&mut self, purpose: Purpose) -> Done {
        let sender = match &self.case()?.sender {
            // Nobody is told what they did themselves.
            Actor::Person(person) if self.requester().actor.person() != Some(person) => vec![person.clone()],
            _ => return Ok(()),
        };
        self.tell(purpose, sender, None)
    }
}

/// `from` and the length of `within` by the clock, where a day has 24 hours.
fn add_clock(goal: &GoalName, from: Timestamp, within: Span) -> Result<Timestamp, Refusal> {
    let days = || SignedDuration::from_hours(24 * i64::from(within.count()));
    let late = |error: jiff::Error| Refusal::Deadline { goal: goal.to_string(), why: error.to_string() };
    from.checked_add(within.duration().unwrap_or_else(days)).map_err(late)
}

/// Refuses texts that nobody wants to keep.
pub(super) fn check_text(field: &'static str, text: Option<&str>) -> Result<(), Refusal> {
    match text {
        Some(text) if text.trim().is_empty() => {
            Err(Refusal::Invalid { field, message: "is empty; write something, or leave it out".to_owned() })
        }
        Some(text) if text.chars().count() > TEXT_LIMIT_CHARS => {
            Err(Refusal::Invalid { field, message: format!("is longer than {TEXT_LIMIT_CHARS} characters") })
        }
        _ => Ok(()),
    }
}

/// Refuses `verb` unless the requester may ask it of `case` as a whole.
pub(super) fn allow(case: &Case, verb: Verb, why: &'static str, context: &Context<'_>) -> Result<(), Refusal> {
    if access::may_ask(context.organisation, case, context.requester, verb) {
        Ok(())
    } else {
        Err(forbidden(verb, why, context))
    }
}

pub(super) fn forbidden(verb: Verb, why: &'static str, context: &Context<'_>) -> Refusal {
    Refusal::Forbidden { verb, who: context.requester.actor.to_string(), why }
}
