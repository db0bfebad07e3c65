//! Words between those who take part in a case: reminders, comments, copies. None of them decides anything.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::draft::{Done, Draft, check_text};
use super::passing::{check_people, to_field};
use super::{Refusal, StepError};
use crate::access::{self, Requester};
use crate::case::{Purpose, Status, TaskStatus};
use crate::command::{COPY_LIMIT_TARGETS, Remindees, Verb};
use crate::event::Event;
use crate::ids::{GoalNumber, TaskNumber};
use crate::names::PersonId;
use crate::target::{Actor, Target};

/// How long after a reminder of a task nobody can remind of it again.
const REMIND_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(10);

impl Draft<'_, '_> {
    /// Reminds the holders of tasks, once each. Whoever was reminded a moment ago is left alone.
    pub(super) fn remind_holders(&mut self, of: Remindees, text: Option<&str>) -> Done {
        self.allow(Verb::Remind, "that is for its sender, the sender's head and the accountable person")?;
        check_text("/text", text)?;
        let (numbers, kind): (Vec<TaskNumber>, _) = match of {
            Remindees::Task(number) => (vec![number], None),
            Remindees::Open(kind) => (self.case()?.tasks().collect(), kind),
        };
        let (mut tasks, mut people, mut goals) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        let mut again = None;
        for number in numbers {
            let now = self.now();
            let task = self.task(number)?;
            if task.status != TaskStatus::Open || kind.is_some_and(|kind| task.kind != kind) {
                continue;
            }
            let next = task.reminded_at.and_then(|at| at.checked_add(REMIND_AGAIN_AFTER).ok());
            if let Some(next) = next.filter(|next| now < *next) {
                again = Some(again.map_or(next, |earliest: Timestamp| earliest.min(next)));
                continue;
            }
            tasks.push(number);
            people.extend(task.holders.iter().cloned());
            goals.extend(task.goal);
        }
        if tasks.is_empty() {
            return Err(match again {
                Some(next) => {
                    let wait = next.duration_since(self.now());
                    let seconds = wait.as_secs() + i64::from(wait.subsec_nanos() > 0);
                    Refusal::RemindedAlready { next, wait_seconds: u64::try_from(seconds).unwrap_or(0) }
                }
                None => Refusal::First("there is no such open task; nothing is waited for"),
            }
            .into());
        }
        self.emit(Event::Reminded { tasks, text: text.map(str::to_owned) })?;
        self.tell(Purpose::Reminder, people.into_iter().collect(), only(&goals))
    }

    /// Writes something down, about the case or about one of its tasks. Its sender, the accountable person and the
    /// task's holders hear of it.
    pub(super) fn comment(&mut self, task: Option<TaskNumber>, text: &str) -> Done {
        check_text("/text", Some(text))?;
        if !self.sees()? {
            return Err(self.forbidden(Verb::Comment, "that is for those who see it"));
        }
        let holders = match task {
            Some(number) => self.task(number)?.holders.clone(),
            None => Vec::new(),
        };
        let case = self.case()?;
        let mut people: BTreeSet<PersonId> = holders.into_iter().collect();
        people.extend(case.sender.person().into_iter().chain(&case.accountable).cloned());
        if let Some(writer) = self.requester().actor.person() {
            people.remove(writer);
        }
        self.emit(Event::Commented { task, text: text.to_owned() })?;
        self.tell(Purpose::Comment, people.into_iter().collect(), None)
    }

    /// Shows the case to others, who take part in it from then on. Those who do already need no copy.
    pub(super) fn copy(&mut self, task: Option<TaskNumber>, to: &[Target], text: Option<&str>) -> Done {
        check_text("/text", text)?;
        let held = match task {
            Some(number) => Some(self.task(number)?.clone()),
            None => None,
        };
        if !access::may_show(self.case()?, self.requester(), held.as_ref()) {
            return Err(
                self.forbidden(Verb::Copy, "that is for its sender, the accountable person and holders of tasks")
            );
        }
        if to.is_empty() || to.len() > COPY_LIMIT_TARGETS {
            let message = format!("names {} targets; name 1 to {COPY_LIMIT_TARGETS}", to.len());
            return Err(Refusal::Invalid { field: "/to", message }.into());
        }
        let mut people = BTreeSet::new();
        for target in to {
            let named = self.people_to_give(target, |_| true)?;
            self.check_approved(target, &named)?;
            people.extend(named);
            check_people(people.len())?;
        }
        let mut new = Vec::with_capacity(people.len());
        for person in people {
            if !self.participates(&person)? {
                new.push(person);
            }
        }
        if let Some(text) = text {
            self.emit(Event::Commented { task, text: text.to_owned() })?;
        }
        self.tell(Purpose::Copy, new, None)
    }

    /// Refuses to show what is not approved yet to people who may not see it anyway: that would publish it.
    fn check_approved(&self, target: &Target, people: &[PersonId]) -> Done {
        let case = self.case()?;
        if case.status != Status::AwaitingApproval {
            return Ok(());
        }
        for person in people {
            let reader = Requester::plain(Actor::Person(person.clone()));
            if !access::sees(self.organisation(), case, &reader, |person| self.participates(person))? {
                return Err(to_field(format!("`{target}` may not see this before it is approved; copy it then")));
            }
        }
        Ok(())
    }

    /// Whether the requester may see the case.
    fn sees(&self) -> Result<bool, StepError> {
        access::sees(self.organisation(), self.case()?, self.requester(), |person| self.participates(person))
    }
}

/// The goal that all of it is about, if that is one.
fn only(goals: &BTreeSet<GoalNumber>) -> Option<GoalNumber> {
    goals.first().copied().filter(|_| goals.len() == 1)
}
