//! Tasks: taking them on, doing them, giving them to somebody else.

use std::collections::BTreeSet;

use super::StepError;
use super::draft::{Done, Draft, check_text};
use crate::case::{Case, Purpose, Task, TaskKind, TaskStatus};
use crate::command::Verb;
use crate::event::Event;
use crate::ids::TaskNumber;
use crate::names::PersonId;
use crate::plan::Mode;

impl Draft<'_, '_> {
    pub(super) fn claim(&mut self, number: TaskNumber) -> Done {
        let kind = self.task(number)?.kind;
        let task = self.open_task(number, kind, Verb::Claim)?;
        match self.requester().actor.person() {
            Some(person) if task.holders.as_slice() != [person.clone()] => {
                self.emit(Event::Claimed { task: number, by: person.clone() })
            }
            // Whoever has it already has nothing to claim.
            _ => Ok(()),
        }
    }

    pub(super) fn acknowledge(&mut self, number: TaskNumber) -> Done {
        self.open_task(number, TaskKind::Acknowledge, Verb::Acknowledge)?;
        self.complete(number, None)
    }

    pub(super) fn answer(&mut self, number: TaskNumber, text: &str) -> Done {
        check_text("/text", Some(text))?;
        self.open_task(number, TaskKind::Answer, Verb::Answer)?;
        self.complete(number, Some(text.to_owned()))?;
        self.tell_sender(Purpose::Answer)
    }

    fn complete(&mut self, number: TaskNumber, text: Option<String>) -> Done {
        self.emit(Event::TaskDone { task: number, verdict: None, text })?;
        match self.task(number)?.goal {
            Some(goal) => self.keep(goal),
            None => Ok(()),
        }
    }

    /// A report keeps its goal, which starts again: the task stays open for the next.
    pub(super) fn report(&mut self, number: TaskNumber, text: &str) -> Done {
        check_text("/text", Some(text))?;
        let task = self.open_task(number, TaskKind::Report, Verb::Report)?;
        self.emit(Event::Reported { task: number, text: text.to_owned() })?;
        match task.goal {
            Some(goal) => self.keep(goal),
            None => Ok(()),
        }
    }

    /// Gives open tasks again whose holders are all away: to whom their target comes to now.
    pub(super) fn regive(&mut self, numbers: &[TaskNumber]) -> Done {
        self.allow(Verb::Regive, "that is for the host")?;
        for number in numbers {
            let task = self.task(*number)?.clone();
            let (organisation, now) = (self.organisation(), self.now());
            let is_there = |id: &PersonId| organisation.people.get(id).is_some_and(|person| person.is_there(now));
            if task.status != TaskStatus::Open || task.holders.iter().any(is_there) {
                continue;
            }
            let holders = self.stand_ins(&task)?;
            if !holders.is_empty() && holders != task.holders {
                self.emit(Event::Regiven { task: *number, holders })?;
            }
        }
        Ok(())
    }

    /// Who takes a task over whose holders are all away, sorted; nobody if nobody may.
    fn stand_ins(&self, task: &Task) -> Result<Vec<PersonId>, StepError> {
        let (organisation, now, case) = (self.organisation(), self.now(), self.case()?);
        let sender = case.sender.person();
        let stage = case.stage_of(task);
        let may_take = |id: &PersonId| may_take(case, task, id);

        let mut tiers: Vec<Vec<PersonId>> =
            vec![task.holders.iter().filter_map(|id| organisation.present(id, now)).collect()];
        // An acknowledgement is one person's own: the others whom its target names give theirs.
        if task.kind != TaskKind::Acknowledge {
            tiers.push(organisation.resolve(&task.target, now).people);
        }
        if stage.is_some() {
            tiers.push(organisation.superiors(sender, &case.department, now));
        }
        tiers.push(organisation.superiors(task.holders.first(), case.first_receiver(), now));
        tiers.push(organisation.house_catch_all(now));
        let allowed = tiers.into_iter().map(|tier| tier.into_iter().filter(may_take).collect::<BTreeSet<_>>());
        Ok(allowed.into_iter().find(|tier| !tier.is_empty()).unwrap_or_default().into_iter().collect())
    }

    /// Cancels those of these tasks that are open.
    pub(super) fn cancel_tasks(&mut self, numbers: Vec<TaskNumber>) -> Done {
        let mut tasks = Vec::new();
        for number in numbers {
            if self.task(number)?.status == TaskStatus::Open {
                tasks.push(number);
            }
        }
        if tasks.is_empty() { Ok(()) } else { self.emit(Event::TasksCancelled { tasks }) }
    }
}

/// Whether somebody may be given `task`: nobody comes to decide on their own message by that, though they may accept what
/// was done for it, and in a quorum everybody has one voice.
pub(super) fn may_take(case: &Case, task: &Task, person: &PersonId) -> bool {
    let Some(stage) = case.stage_of(task) else { return true };
    let speaks_twice = matches!(stage.mode, Mode::Quorum(_)) && has_other_voice(case, task, person);
    (stage.is_acceptance() || case.sender.person() != Some(person)) && !speaks_twice
}

/// Whether somebody has a voice in the stage that `task` decides by another seat of it, given or not. Nobody gets a
/// second one by somebody's word; only where nobody else is there does the host give one, unless it is a quorum.
pub(super) fn has_other_voice(case: &Case, task: &Task, person: &PersonId) -> bool {
    let stage = case.stage_of(task);
    let mut seats = stage.into_iter().flat_map(|stage| &stage.seats);
    seats.any(|seat| seat.task != Some(task.number) && seat.people.contains(person))
}
