//! Passing on: tasks that their holders transfer or delegate, approvers who ask others to approve as well, and a case
//! that is handed over.
//!
//! None of these ways leads around a right: nobody comes to decide on their own message, what is confidential goes
//! to nobody who may not read it anyway, and what the organisation restricted to nobody beyond.

use std::collections::BTreeSet;

use super::draft::{Done, Draft, check_text};
use super::tasks::{has_other_voice, may_take};
use super::{Refusal, StepError};
use crate::access;
use crate::case::{Goal, Purpose, Seat, SetBy, Task, TaskKind, TaskStatus};
use crate::command::{PASS_LIMIT_PEOPLE, PassOn, Verb};
use crate::event::Event;
use crate::ids::TaskNumber;
use crate::names::PersonId;
use crate::target::Target;

/// The most approvers that may be added to a stage: each of them must approve.
const ADDED_LIMIT_SEATS: usize = 16;

impl Draft<'_, '_> {
    /// Gives a task to somebody else, or to somebody else as well. An acknowledgement is one person's own.
    pub(super) fn pass(&mut self, number: TaskNumber, how: PassOn, to: &Target, text: Option<&str>) -> Done {
        let verb = match how {
            PassOn::Transfer => Verb::Transfer,
            PassOn::Delegate => Verb::Delegate,
        };
        check_text("/text", text)?;
        let kind = self.task(number)?.kind;
        let task = self.open_task(number, kind, verb)?;
        if kind == TaskKind::Acknowledge {
            return Err(Refusal::OtherTask { kind, verb }.into());
        }
        let case = self.case()?;
        let new =
            self.people_to_give(to, |person| may_take(case, &task, person) && !has_other_voice(case, &task, person))?;
        let mut holders: Vec<PersonId> = new.iter().chain(kept(&task, how, self)).cloned().collect();
        holders.sort();
        holders.dedup();
        if holders == task.holders {
            return Err(to_field(format!("`{to}` has this task already")));
        }
        let text = text.map(str::to_owned);
        self.emit(Event::Passed { task: number, how, holders, text })?;
        self.tell(Purpose::Task, new, task.goal)
    }

    /// Asks somebody else to approve as well: whatever the stage's mode, it is not carried without them.
    pub(super) fn add_approver(&mut self, number: TaskNumber, to: &Target, text: Option<&str>) -> Done {
        check_text("/text", text)?;
        let task = self.open_task(number, TaskKind::Approve, Verb::AddApprover)?;
        let Some(name) = task.stage.clone() else {
            return Err(Refusal::OtherTask { kind: task.kind, verb: Verb::AddApprover }.into());
        };
        let (case, stage) = (self.case()?, self.stage(&name)?);
        let added = stage.seats.iter().filter(|seat| seat.added).count();
        if added >= ADDED_LIMIT_SEATS {
            return Err(to_field(format!("{added} approvers were added to this stage, as many as there may be")));
        }
        let has_voice = |person: &PersonId| stage.seats.iter().any(|seat| seat.people.contains(person));
        let people = self.people_to_give(to, |person| case.sender.person() != Some(person) && !has_voice(person))?;
        let (goal, index) = (stage.goal, stage.seats.len());
        let seat = Seat { target: to.clone(), people: people.clone(), task: None, verdict: None, added: true };
        self.emit(Event::ApproverAdded { stage: name.clone(), seat })?;
        self.ask_seat(&name, index, text)?;
        self.tell(Purpose::Task, people, goal)
    }

    /// Makes somebody else accountable, with the goals that were the accountable person's alone, and with the answer
    /// that the host asked of them as such.
    pub(super) fn hand_over(&mut self, to: &Target, reason: Option<&str>) -> Done {
        self.allow(Verb::HandOver, "that is for the accountable person")?;
        check_text("/reason", reason)?;
        let before = self.case()?.accountable.clone();
        let new = self.people_to_give(to, |_| true)?.into_iter().next().ok_or(Refusal::Nobody)?;
        if before.as_ref() == Some(&new) {
            return Err(to_field(format!("`{to}` is accountable already")));
        }
        self.emit(Event::Assigned { accountable: new.clone() })?;
        let is_theirs =
            |goal: &Goal| goal.is_live() && goal.task.is_none() && goal.owners.as_slice() == before.as_slice();
        let mut goals = Vec::new();
        for number in self.case()?.goals() {
            if is_theirs(self.goal(number)?) {
                goals.push(number);
            }
        }
        if !goals.is_empty() {
            self.emit(Event::GoalsPassed { goals, owners: vec![new.clone()] })?;
        }
        if let Some(before) = &before {
            self.pass_answer(before, &new)?;
        }
        if let Some(reason) = reason {
            self.emit(Event::Commented { task: None, text: reason.to_owned() })?;
        }
        self.tell(Purpose::Task, vec![new], None)
    }

    /// Gives what the host asked of the accountable person to the next one; whom they shared it with keeps it.
    fn pass_answer(&mut self, before: &PersonId, new: &PersonId) -> Done {
        for number in self.case()?.tasks() {
            let task = self.task(number)?.clone();
            if task.kind != TaskKind::Answer || task.status != TaskStatus::Open || !task.holders.contains(before) {
                continue;
            }
            let is_hosts = match task.goal {
                Some(goal) => self.goal(goal)?.set_by == SetBy::Host,
                None => false,
            };
            if is_hosts {
                let others = task.holders.iter().filter(|holder| *holder != before);
                let holders: BTreeSet<PersonId> = others.chain([new]).cloned().collect();
                let (how, holders) = (PassOn::Transfer, holders.into_iter().collect());
                self.emit(Event::Passed { task: number, how, holders, text: None })?;
            }
        }
        Ok(())
    }

    /// The people of a target who may be given what is passed on; refused when nobody is left.
    pub(super) fn people_to_give(
        &self,
        to: &Target,
        may: impl Fn(&PersonId) -> bool,
    ) -> Result<Vec<PersonId>, StepError> {
        if matches!(to, Target::Everyone | Target::Members(_) | Target::Contact(_)) {
            return Err(to_field(format!("`{to}` cannot be given this; name a person, a role or a department")));
        }
        let (organisation, case) = (self.organisation(), self.case()?);
        let people = organisation.resolve(to, self.now()).people;
        if people.is_empty() {
            return Err(to_field(format!("`{to}` comes to nobody who is there")));
        }
        check_people(people.len())?;
        let (mut given, mut barrier) = (Vec::with_capacity(people.len()), None);
        for person in people.into_iter().filter(|person| may(person)) {
            match access::barrier(organisation, case, &person, self.participates(&person)?) {
                None => given.push(person),
                found => barrier = found,
            }
        }
        if given.is_empty() {
            let why = barrier.map_or("nobody decides on their own message, or twice".to_owned(), |why| why.to_string());
            return Err(to_field(format!("`{to}` may not have this: {why}")));
        }
        Ok(given)
    }
}

/// Those of a task's holders who keep it: of one that was offered to several, only the giver gives it away.
fn kept<'a>(task: &'a Task, how: PassOn, draft: &Draft<'_, '_>) -> impl Iterator<Item = &'a PersonId> {
    let giver = draft.requester().actor.person().cloned();
    task.holders.iter().filter(move |holder| how == PassOn::Delegate || Some(*holder) != giver.as_ref())
}

/// Refuses what would reach more people than anybody's word may.
pub(super) fn check_people(people: usize) -> Done {
    if people <= PASS_LIMIT_PEOPLE {
        return Ok(());
    }
    Err(to_field(format!("comes to {people} people, and {PASS_LIMIT_PEOPLE} are the most; send them a message")))
}

pub(super) fn to_field(message: String) -> StepError {
    Refusal::Invalid { field: "/to", message }.into()
}
