//! What numbers in a timeline stand for: the goals, tasks and deliveries of a case, as its events set them.
//!
//! A timeline speaks of rows by number, and shows a case's first rows only; whoever reads it from its beginning knows
//! all of them.

use std::collections::BTreeMap;

use herald_core::case::{SetBy, TaskKind};
use herald_core::event::{AskedGoal, Event, Holders};
use herald_core::ids::{DeliveryNumber, GoalNumber, TaskNumber};
use herald_core::names::{CalendarName, ChannelName, PersonId, StageName};
use herald_core::plan::GoalName;
use herald_core::span::Span;
use jiff::Timestamp;

/// A goal, as far as a story needs it.
#[derive(Debug, Clone)]
pub(super) struct KnownGoal {
    pub(super) name: GoalName,
    pub(super) owners: Vec<PersonId>,
    pub(super) within: Span,
    pub(super) calendar: Option<CalendarName>,
    pub(super) due: Option<Timestamp>,
    pub(super) set_by: SetBy,
    pub(super) breached: bool,
}

/// A task, as far as a story needs it.
#[derive(Debug, Clone)]
pub(super) struct KnownTask {
    pub(super) kind: TaskKind,
    pub(super) stage: Option<StageName>,
}

/// What is known of a case's rows so far.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    goals: BTreeMap<GoalNumber, KnownGoal>,
    tasks: BTreeMap<TaskNumber, KnownTask>,
    deliveries: BTreeMap<DeliveryNumber, ChannelName>,
}

impl Ledger {
    pub(super) fn goal(&self, number: GoalNumber) -> Option<&KnownGoal> {
        self.goals.get(&number)
    }

    pub(super) fn task(&self, number: TaskNumber) -> Option<&KnownTask> {
        self.tasks.get(&number)
    }

    pub(super) fn channel(&self, number: DeliveryNumber) -> Option<&ChannelName> {
        self.deliveries.get(&number)
    }

    /// Goals by their numbers, those of one name together.
    pub(super) fn together(&self, numbers: &[GoalNumber]) -> Vec<KnownGoal> {
        let mut groups: Vec<KnownGoal> = Vec::new();
        for goal in numbers.iter().filter_map(|number| self.goal(*number)) {
            match groups.iter_mut().find(|group| group.name == goal.name && group.due == goal.due) {
                Some(group) => {
                    group.owners.extend(
                        goal.owners.iter().filter(|owner| !group.owners.contains(owner)).cloned().collect::<Vec<_>>(),
                    );
                }
                None => groups.push(goal.clone()),
            }
        }
        groups
    }

    /// Takes note of what an event sets.
    pub(super) fn note(&mut self, event: &Event) {
        match event {
            Event::Asked { first, kind, holders, seat, goal, .. } => {
                let tasks = match holders {
                    Holders::Each(people) => people.iter().map(|person| vec![person.clone()]).collect(),
                    Holders::Any(people) => vec![people.clone()],
                };
                for (index, owners) in (0..).zip(tasks) {
                    let stage = seat.as_ref().map(|(stage, _)| stage.clone());
                    self.tasks.insert(TaskNumber(first.0 + index), KnownTask { kind: *kind, stage });
                    if let Some(goal) = goal {
                        self.goals.insert(GoalNumber(goal.first.0 + index), of_task(goal, owners));
                    }
                }
            }
            Event::GoalSet { goal } => {
                let known = KnownGoal {
                    name: goal.name.clone(),
                    owners: goal.owners.clone(),
                    within: goal.within,
                    calendar: goal.calendar.clone(),
                    due: goal.due,
                    set_by: goal.set_by.clone(),
                    breached: false,
                };
                self.goals.insert(goal.number, known);
            }
            Event::GoalStarted { goal, due, .. } => {
                if let Some(goal) = self.goals.get_mut(goal) {
                    goal.due = Some(*due);
                }
            }
            Event::GoalsBreached { goals } => {
                for number in goals {
                    if let Some(goal) = self.goals.get_mut(number) {
                        goal.breached = true;
                    }
                }
            }
            Event::Told { first, channel, to, .. } => {
                let numbers = (first.0..).take(to.len());
                self.deliveries.extend(numbers.map(|number| (DeliveryNumber(number), channel.clone())));
            }
            _ => {}
        }
    }
}

fn of_task(goal: &AskedGoal, owners: Vec<PersonId>) -> KnownGoal {
    KnownGoal {
        name: goal.name.clone(),
        owners,
        within: goal.within,
        calendar: goal.calendar.clone(),
        due: Some(goal.due),
        set_by: goal.set_by.clone(),
        breached: false,
    }
}
