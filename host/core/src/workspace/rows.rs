//! One event that speaks of many rows: the tasks that it gives, with their goals, and the deliveries that it decides on.

use jiff::Timestamp;

use super::apply::{ApplyError, open_tasks};
use super::made::asked_goal;
use super::{Change, Workspace};
use crate::case::{Delivery, DeliveryStatus, Task, TaskStatus};
use crate::event::{Event, Holders};
use crate::ids::{DeliveryNumber, GoalNumber, TaskNumber};
use crate::names::PersonId;

impl Workspace<'_> {
    pub(super) fn asked(&mut self, event: &Event, at: Timestamp) -> Result<(), ApplyError> {
        let Event::Asked { first, kind, target, holders, seat, note, goal, shared_goal } = event else {
            return Ok(());
        };
        let shared_due = match shared_goal {
            Some(number) => self.goal(*number)?.and_then(|goal| goal.due),
            None => None,
        };
        let groups: Vec<Vec<PersonId>> = match holders {
            Holders::Each(people) => people.iter().map(|person| vec![person.clone()]).collect(),
            Holders::Any(people) => vec![people.clone()],
        };
        let made = u32::try_from(groups.len()).unwrap_or(u32::MAX);
        for (offset, holders) in (0..made).zip(groups) {
            let number = TaskNumber(first.0 + offset);
            let own_goal = goal.as_ref().map(|goal| GoalNumber(goal.first.0 + offset));
            if let (Some(asked), Some(goal)) = (goal, own_goal) {
                self.goal_set(asked_goal(asked, goal, number, holders.clone(), at))?;
            }
            let task = Task {
                number,
                kind: *kind,
                status: TaskStatus::Open,
                holders,
                target: target.clone(),
                stage: seat.as_ref().map(|(stage, _)| stage.clone()),
                goal: own_goal.or(*shared_goal),
                note: note.clone(),
                passed: None,
                reminded_at: None,
                given_at: at,
                due: goal.as_ref().map(|goal| goal.due).or(shared_due),
                done: None,
            };
            self.tasks.insert(number, Change { before: None, after: task });
        }
        let case = self.case_mut()?;
        case.made.tasks = last(first.0, made).max(case.made.tasks);
        *open_tasks(&mut case.outstanding, *kind) += made;
        if let Some((stage, seat)) = seat {
            let stage = self.stage_mut(stage.as_str())?;
            let seat = usize::try_from(*seat).ok().and_then(|index| stage.seats.get_mut(index));
            seat.ok_or_else(|| ApplyError::Missing(format!("a seat of stage `{}`", stage.name)))?.task = Some(*first);
        }
        Ok(())
    }

    pub(super) fn told(&mut self, event: &Event, at: Timestamp) -> Result<(), ApplyError> {
        let Event::Told { first, purpose, channel, to, arrived, about } = event else {
            return Ok(());
        };
        let made = u32::try_from(to.len()).unwrap_or(u32::MAX);
        for (offset, to) in (0..made).zip(to) {
            let number = DeliveryNumber(first.0 + offset);
            let delivery = Delivery {
                number,
                purpose: *purpose,
                to: to.clone(),
                channel: channel.clone(),
                status: if *arrived { DeliveryStatus::Delivered } else { DeliveryStatus::Pending },
                about: *about,
                attempts: u32::from(*arrived),
                next_attempt: (!arrived).then_some(at),
                last_error: None,
                made_at: at,
                settled_at: arrived.then_some(at),
            };
            self.deliveries.insert(number, Change { before: None, after: delivery });
        }
        let case = self.case_mut()?;
        case.made.deliveries = last(first.0, made).max(case.made.deliveries);
        if !arrived {
            case.outstanding.deliveries += made;
        }
        Ok(())
    }
}

/// The last of `made` numbers from `first` on; the one before `first` if there are none.
fn last(first: u32, made: u32) -> u32 {
    first.saturating_add(made).saturating_sub(1)
}
