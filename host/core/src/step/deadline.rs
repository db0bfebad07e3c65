//! Deadlines: warnings, breaches, and the escalation that goes on until somebody acts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::draft::{Done, Draft};
use super::opening::{Asking, NewGoal};
use super::{Refusal, StepError};
use crate::case::{Goal, GoalStatus, Purpose, SetBy, Status};
use crate::command::Verb;
use crate::decision::{Escalation, Flag, Reach, SetGoal};
use crate::event::Event;
use crate::ids::GoalNumber;
use crate::names::{ChannelName, DepartmentId, PersonId};
use crate::plan::{GoalName, GoalPlan, Moment};
use crate::span::Span;
use crate::target::Target;

/// How often the built-in escalation reminds the catch-all, in clock seconds: once a day.
const REMINDER_SECONDS: i64 = 24 * 60 * 60;

impl Draft<'_, '_> {
    pub(super) fn goal_warning(&mut self, numbers: &[GoalNumber]) -> Done {
        self.allow(Verb::GoalWarning, "that is for the host")?;
        let mut goals = Vec::new();
        let mut owners: BTreeSet<PersonId> = BTreeSet::new();
        for number in numbers {
            let now = self.now();
            let goal = self.goal(*number)?.clone();
            let is_time = goal.status == GoalStatus::Running && goal.warn_at.is_some_and(|at| at <= now);
            if is_time {
                goals.push(*number);
                owners.extend(self.case()?.awaited(&goal).into_iter().cloned());
            }
        }
        let Some(first) = goals.first().copied() else { return Ok(()) };
        self.emit(Event::GoalsWarned { goals })?;
        self.tell(Purpose::Warning, owners.into_iter().collect(), Some(first))
    }

    /// The deadline of goals of one name passed. A goal that was kept meanwhile is left alone.
    pub(super) fn goal_due(&mut self, numbers: &[GoalNumber], escalation: &Escalation) -> Done {
        self.allow(Verb::GoalDue, "that is for the host")?;
        let mut due = Vec::new();
        for number in numbers {
            let now = self.now();
            let goal = self.goal(*number)?;
            if goal.status == GoalStatus::Running && goal.due.is_some_and(|due| due <= now) {
                due.push(goal.clone());
            }
        }
        let Some(first) = due.first().cloned() else { return Ok(()) };
        if first.name == GoalName::Close {
            return self.close_by_silence(first.number);
        }
        self.emit(Event::GoalsBreached { goals: due.iter().map(|goal| goal.number).collect() })?;
        if self.settle_at_deadline(&first)? {
            return Ok(());
        }
        self.escalate(&first, &due, escalation)?;
        for goal in due.iter().filter(|goal| goal.repeats) {
            self.again(goal)?;
        }
        Ok(())
    }

    /// Carries out what the policies decided; when that reaches nobody, the built-in chain. When it tells somebody
    /// and promises nothing, the breach is looked at again.
    fn escalate(&mut self, first: &Goal, due: &[Goal], escalation: &Escalation) -> Done {
        let (over, notify) = (self.is_over()?, self.told_now(&escalation.notify)?);
        let goals: &[SetGoal] = if over { &[] } else { &escalation.goals };
        let (mut reached, set_before) = (!notify.is_empty(), self.case()?.made.goals);
        self.emit(Event::Escalated { escalation: Box::new(escalation.clone()) })?;
        let is_empty = |target: &Target| {
            let found = self.organisation().resolve(target, self.now());
            found.people.is_empty() && found.contacts.is_empty()
        };
        if escalation.notify.keys().chain(&escalation.assign).any(is_empty) {
            self.emit(Event::Flagged { flag: Flag::EscalationFallback })?;
        }
        if let Some(level) = escalation.level.filter(|level| self.case().is_ok_and(|case| case.level != *level)) {
            self.emit(Event::Levelled { level })?;
        }
        if let Some(target) = &escalation.assign {
            let people = self.organisation().resolve(target, self.now()).people;
            let department = target.department().cloned().unwrap_or(first.department.clone());
            let accountable = self.or_catch_all(people, &department)?.into_iter().next().ok_or(Refusal::Nobody)?;
            if self.case()?.accountable.as_ref() != Some(&accountable) {
                reached = true;
                self.emit(Event::Assigned { accountable: accountable.clone() })?;
                self.tell(Purpose::Escalation, vec![accountable], Some(first.number))?;
            }
        }
        let from = first.due.unwrap_or(self.now());
        let asking = Asking { purpose: Purpose::Escalation, from, follows: Some(first.number) };
        self.reach(&notify, asking)?;
        let default = match &self.case()?.accountable {
            Some(accountable) => accountable.clone(),
            None => self.or_catch_all(Vec::new(), &first.department)?.into_iter().next().ok_or(Refusal::Nobody)?,
        };
        let past = self.past(goals)?;
        for goal in goals.iter().filter(|goal| !past.ends(&goal.plan)) {
            let (owners, department) = self.owners_of(goal.plan.owner.as_ref(), &default)?;
            let (set_by, follows) = (SetBy::Bundle(goal.set_by.clone()), Some(first.number));
            let from = past.starts(&goal.plan, from);
            self.set_goal(NewGoal { plan: &goal.plan, set_by, owners, department, from, follows, step: 0 })?;
        }
        self.tell_owners(set_before)?;
        match (self.case()?.made.goals > set_before, reached) {
            (true, _) => Ok(()),
            (false, true) => self.remind(first, &notify, default),
            (false, false) => self.escalate_by_the_house(first, due),
        }
    }

    /// Whoever was told of a breach has it looked at again, no sooner than a day or the breached goal's own span
    /// later: a policy that asks nothing would otherwise be the end of it.
    fn remind(&mut self, first: &Goal, told: &BTreeMap<Target, Reach>, accountable: PersonId) -> Done {
        let mut owners = BTreeSet::new();
        for target in told.keys() {
            owners.extend(self.people_of(target)?);
        }
        if owners.is_empty() {
            owners.insert(accountable);
        }
        let from = self.last_reminder(first);
        let due = |within| self.due(&first.name, &first.department, from, within).map(|(_, due)| due);
        let day = Span::clock_seconds(REMINDER_SECONDS).unwrap_or(first.within);
        let within = if due(first.within)? > due(day)? { first.within } else { day };
        self.follow_up(first, owners.into_iter().collect(), within, from)
    }

    /// Whether the case ended, so that nothing is left to ask or to press for.
    fn is_over(&self) -> Result<bool, StepError> {
        Ok(!matches!(self.case()?.status, Status::AwaitingApproval | Status::Open | Status::Resolved))
    }

    /// Whom an escalation tells and what it asks, as the case stands: it asks nothing once the case ended, and
    /// tells nobody outside before the message is approved.
    fn told_now(&self, notify: &BTreeMap<Target, Reach>) -> Result<BTreeMap<Target, Reach>, StepError> {
        let unapproved = self.case()?.status == Status::AwaitingApproval;
        let is_outside =
            |channel: &ChannelName| self.organisation().channels.get(channel).is_some_and(|channel| channel.external);
        let mut told = notify.clone();
        if unapproved {
            told.retain(|target, _| !matches!(target, Target::Contact(_)));
        }
        for reach in told.values_mut() {
            reach.by.retain(|channel| !(unapproved && is_outside(channel)));
            if self.is_over()? {
                *reach = Reach { by: std::mem::take(&mut reach.by), ..Reach::default() };
            }
        }
        Ok(told)
    }

    /// The built-in chain: the owners' heads, then the catch-all, which is reminded every day until somebody
    /// acts.
    fn escalate_by_the_house(&mut self, first: &Goal, due: &[Goal]) -> Done {
        let case = self.case()?;
        let owners: BTreeSet<&PersonId> = due.iter().flat_map(|goal| case.awaited(goal)).collect();
        let departments: BTreeSet<&DepartmentId> = due.iter().map(|goal| &goal.department).collect();
        let heads = departments.iter().flat_map(|department| self.organisation().heads(department, self.now()));
        let heads: BTreeSet<PersonId> = heads.filter(|head| !owners.contains(head)).collect();
        let to_heads = first.step == 0 && !heads.is_empty();
        let people = if to_heads { heads.into_iter().collect() } else { self.house_catch_all()? };
        if !to_heads {
            self.emit(Event::Flagged { flag: Flag::EscalationFallback })?;
        }
        self.tell(Purpose::Escalation, people.clone(), Some(first.number))?;

        // Both count from the deadline.
        let breached = first.due.unwrap_or(self.now());
        let reminder = Span::clock_seconds(REMINDER_SECONDS).unwrap_or(first.within);
        let (within, from) = if to_heads { (first.within, breached) } else { (reminder, self.last_reminder(first)) };
        self.follow_up(first, people, within, from)
    }

    /// The last time, counted in reminders from a breached deadline, that is not to come. Reminders that a host
    /// slept through are not made up for.
    fn last_reminder(&self, first: &Goal) -> Timestamp {
        let breached = first.due.unwrap_or(self.now());
        let missed = self.now().duration_since(breached).as_secs() / REMINDER_SECONDS;
        breached.checked_add(SignedDuration::from_secs(missed * REMINDER_SECONDS)).unwrap_or(self.now())
    }

    /// The next step of the built-in escalation: a goal by the name of what was breached.
    fn follow_up(&mut self, first: &Goal, owners: Vec<PersonId>, within: Span, from: Timestamp) -> Done {
        // A goal that repeats is looked at again anyway, and an ended case has nothing left to press for.
        if first.repeats || self.is_over()? {
            return Ok(());
        }
        let plan = GoalPlan {
            name: first.name.clone(),
            owner: None,
            starts: Moment::Opened,
            stops: None,
            within,
            warn_before: None,
            repeats: false,
        };
        self.set_goal(NewGoal {
            plan: &plan,
            set_by: first.set_by.clone(),
            owners,
            department: first.department.clone(),
            from: Some(from),
            follows: Some(first.number),
            step: first.step + 1,
        })
    }

    /// Whether the breach of a goal still waits for somebody: it is unkept, and so is whatever it followed from.
    pub(super) fn is_pressing(&mut self, number: GoalNumber) -> Result<bool, StepError> {
        let mut next = Some(number);
        while let Some(number) = next {
            let goal = self.goal(number)?;
            if goal.unkept == 0 || goal.unneeded || goal.status == GoalStatus::Cancelled {
                return Ok(false);
            }
            next = goal.follows;
        }
        Ok(true)
    }

    fn house_catch_all(&self) -> Result<Vec<PersonId>, StepError> {
        let people = self.organisation().house_catch_all(self.now());
        if people.is_empty() { Err(Refusal::Nobody.into()) } else { Ok(people) }
    }
}
