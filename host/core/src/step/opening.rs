//! The opening of a case: its plan becomes tasks, goals and deliveries.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::draft::{Done, Draft};
use super::{Refusal, StepError};
use crate::case::{Goal, GoalStatus, Purpose, SetBy, Stage, TaskKind, TaskStatus};
use crate::decision::{Flag, Plan, Promise, Reach, SetGoal};
use crate::event::{AskedGoal, Event, Holders};
use crate::ids::GoalNumber;
use crate::names::{CalendarName, ChannelName, DepartmentId, PersonId};
use crate::organisation::{FanOut, Transport, inbox};
use crate::plan::{GoalName, GoalPlan, Moment};
use crate::span::Span;
use crate::target::{Recipient, Target};

/// What is asked of people, and since when their time runs.
#[derive(Clone, Copy)]
pub(super) struct Asking {
    /// What the deliveries tell.
    pub(super) purpose: Purpose,
    /// Since when their time runs.
    pub(super) from: Timestamp,
    /// The breached goal that what is asked follows.
    pub(super) follows: Option<GoalNumber>,
}

/// A goal as a policy set it, or as the host sets its own.
pub(super) struct NewGoal<'a> {
    pub(super) plan: &'a GoalPlan,
    pub(super) set_by: SetBy,
    pub(super) owners: Vec<PersonId>,
    pub(super) department: DepartmentId,
    /// Since when its clock runs; `None` if what starts it is still to come.
    pub(super) from: Option<Timestamp>,
    pub(super) follows: Option<GoalNumber>,
    pub(super) step: u32,
}

/// What is asked: of whom, by when, by which calendar, on behalf of which department, as promised to whom.
/// Acknowledgements that agree in it differ in nothing but who gives them.
type Alike = (Target, Timestamp, Option<CalendarName>, DepartmentId, Promise);

/// What makes two goals one: name, owners and what starts them.
type Owned = (GoalName, Vec<PersonId>, Moment);

impl Draft<'_, '_> {
    /// Opens the case and carries out its plan.
    pub(super) fn open(&mut self, plan: &Plan) -> Done {
        let asks_more = plan.recipients.values().any(|reach| !reach.answer.is_empty() || !reach.report.is_empty());
        // Where policies were silent or failed, nobody knows whether an answer is due.
        let is_certain = !plan.flags.contains(&Flag::Unrouted) && !plan.flags.contains(&Flag::PolicyFailed);
        let kind = self.organisation().kinds.get(&self.case()?.kind);
        let must_answer = kind.and_then(|kind| kind.answer_within);
        let accepted = self.case()?.stages.iter().any(Stage::is_acceptance);
        let information_only = is_certain && !asks_more && !accepted && plan.goals.is_empty() && must_answer.is_none();
        let accountable = match &self.case()?.accountable {
            // An escalation named somebody while the case waited for its approval.
            Some(person) => person.clone(),
            None => self.accountable(plan, information_only)?,
        };
        let set_before = self.case()?.made.goals;
        self.emit(Event::Opened { accountable: Some(accountable.clone()), information_only, must_answer })?;
        self.number()?;
        self.moment(Moment::Opened)?;
        let asking = Asking { purpose: Purpose::Message, from: self.now(), follows: None };
        self.reach(&plan.recipients, asking)?;
        // Whoever is outside was told, and asked nothing.
        if let Some(within) = must_answer
            && !self.has_answer(TaskStatus::Open)?
        {
            self.ask_accountable(accountable, within)?;
        }
        self.set_goals(plan, |starts| *starts != Moment::Submitted)?;
        self.tell_owners(set_before)
    }

    /// Gives the document its number, once, if its kind has them: when it is sent, so that none is given in vain.
    fn number(&mut self) -> Done {
        let case = self.case()?;
        let Some(kind) = self.organisation().kinds.get(&case.kind).filter(|_| case.document_number.is_none()) else {
            return Ok(());
        };
        let calendar = self.organisation().calendar_of(&case.department).map(|(_, calendar)| calendar);
        let zone = calendar.map_or(TimeZone::UTC, |calendar| calendar.zone().clone());
        let (title, year) =
            (self.organisation().department_title(&case.department), zone.to_datetime(self.now()).year());
        let Some(series) = kind.document_number(title, year, "{number}") else { return Ok(()) };
        let number = self.context().share.next_number(self.last_number(&series)?);
        let text = kind.document_number(title, year, &number.to_string()).unwrap_or_default();
        self.emit(Event::Numbered { text, series, number })
    }

    /// Asks the accountable person to answer what must be answered, and nobody was asked to.
    fn ask_accountable(&mut self, accountable: PersonId, within: Span) -> Done {
        let department = self.home_of(&accountable)?;
        let (calendar, due) = self.due(&GoalName::Answer, &department, self.now(), within)?;
        let goal = AskedGoal {
            first: self.next_goal()?,
            name: GoalName::Answer,
            department,
            calendar,
            within,
            due,
            warn_before: None,
            warn_at: None,
            repeats: false,
            stops: None,
            set_by: SetBy::Host,
            follows: None,
        };
        let target = Target::Person(accountable.clone());
        self.ask(TaskKind::Answer, target, Holders::Any(vec![accountable]), None, Some(goal))
    }

    /// Who answers for the resolution: whom the plan names, for mere information the sender, else the head of
    /// the first receiving department.
    fn accountable(&self, plan: &Plan, information_only: bool) -> Result<PersonId, StepError> {
        let named = plan.accountable.as_ref().map(|target| self.organisation().resolve(target, self.now()).people);
        let mut people = named.unwrap_or_default();
        let case = self.case()?;
        if people.is_empty() && information_only {
            people.extend(case.sender.person().cloned());
        }
        let department = plan.receivers.first().unwrap_or(&case.department);
        if people.is_empty() {
            people = self.organisation().heads(department, self.now());
        }
        self.or_catch_all(people, department)?.into_iter().next().ok_or_else(|| Refusal::Nobody.into())
    }

    /// Reaches recipients: asks of them what is asked, and tells them.
    pub(super) fn reach(&mut self, recipients: &BTreeMap<Target, Reach>, asking: Asking) -> Done {
        let mut resolved = Vec::with_capacity(recipients.len());
        for (target, reach) in recipients {
            resolved.push((target, reach, self.people_of(target)?));
        }
        self.ask_acknowledgements(&resolved, asking)?;
        self.ask_one_of_each(&resolved, TaskKind::Answer, asking)?;
        self.ask_one_of_each(&resolved, TaskKind::Report, asking)?;
        self.deliver(&resolved, asking)
    }

    /// The people a target comes to; when nobody is there, those who stand in for its department. A contact
    /// comes to nobody within.
    pub(super) fn people_of(&self, target: &Target) -> Result<Vec<PersonId>, StepError> {
        let people = self.organisation().resolve(target, self.now()).people;
        if matches!(target, Target::Contact(_)) {
            return Ok(people);
        }
        let home = match target {
            Target::Person(person) => {
                self.organisation().people.get(person).and_then(|person| person.departments.first())
            }
            other => other.department(),
        };
        let department = home.cloned().unwrap_or(self.case()?.department.clone());
        self.or_catch_all(people, &department)
    }

    /// An acknowledgement of each person, once, whatever number of targets name them: the earliest due.
    fn ask_acknowledgements(&mut self, resolved: &[(&Target, &Reach, Vec<PersonId>)], asking: Asking) -> Done {
        let sender = self.case()?.sender.clone();
        let mut deadlines = Deadlines::default();
        let mut earliest: BTreeMap<PersonId, Alike> = BTreeMap::new();
        for (target, reach, people) in resolved {
            for promise in &reach.acknowledge {
                for person in people.iter().filter(|person| sender.person() != Some(*person)) {
                    let home = self.home_of(person)?;
                    let (calendar, due) =
                        deadlines.get(self, &GoalName::Acknowledge, &home, asking.from, promise.within)?;
                    let alike = ((*target).clone(), due, calendar, home, promise.clone());
                    let kept = earliest.get(person);
                    if kept.is_none_or(|kept| (due, &promise.set_by) < (kept.1, &kept.4.set_by)) {
                        earliest.insert(person.clone(), alike);
                    }
                }
            }
        }
        let mut groups: BTreeMap<Alike, Vec<PersonId>> = BTreeMap::new();
        for (person, alike) in earliest {
            groups.entry(alike).or_default().push(person);
        }
        for ((target, due, calendar, department, promise), people) in groups {
            let warn_at = self.reminder(&GoalName::Acknowledge, calendar.as_ref(), &promise, asking.from, due)?;
            let goal = AskedGoal {
                first: self.next_goal()?,
                name: GoalName::Acknowledge,
                department,
                calendar,
                within: promise.within,
                due,
                warn_before: promise.remind_before,
                warn_at,
                repeats: false,
                stops: None,
                set_by: SetBy::Bundle(promise.set_by),
                follows: asking.follows,
            };
            self.ask(TaskKind::Acknowledge, target, Holders::Each(people), None, Some(goal))?;
        }
        Ok(())
    }

    /// When those are reminded who have not kept a promise by then.
    fn reminder(
        &self,
        goal: &GoalName,
        calendar: Option<&CalendarName>,
        promise: &Promise,
        from: Timestamp,
        due: Timestamp,
    ) -> Result<Option<Timestamp>, StepError> {
        let calendar = calendar.and_then(|name| self.organisation().calendars.get(name));
        self.warning(goal, calendar, promise.remind_before, from, due)
    }

    /// One task of this kind for a target, offered to all of its people; one for targets that come to the same
    /// people: the earliest due. What is asked in words is a task of its own.
    fn ask_one_of_each(
        &mut self,
        resolved: &[(&Target, &Reach, Vec<PersonId>)],
        kind: TaskKind,
        asking: Asking,
    ) -> Done {
        let is_report = kind == TaskKind::Report;
        let name = if is_report { GoalName::Report } else { GoalName::Answer };
        let mut earliest: BTreeMap<(&Vec<PersonId>, Option<String>), Alike> = BTreeMap::new();
        for (target, reach, people) in resolved {
            let Some(person) = people.first() else { continue };
            let department = match target.department() {
                Some(department) => department.clone(),
                None => self.home_of(person)?,
            };
            for promise in if is_report { &reach.report } else { &reach.answer } {
                let (calendar, due) = self.due(&name, &department, asking.from, promise.within)?;
                let key = (people, promise.about.clone());
                if earliest.get(&key).is_none_or(|kept| (due, &promise.set_by) < (kept.1, &kept.4.set_by)) {
                    earliest.insert(key, ((*target).clone(), due, calendar, department.clone(), promise.clone()));
                }
            }
        }
        for ((people, about), (target, due, calendar, department, promise)) in earliest {
            let warn_at = self.reminder(&name, calendar.as_ref(), &promise, asking.from, due)?;
            let goal = AskedGoal {
                first: self.next_goal()?,
                name: name.clone(),
                department,
                calendar,
                within: promise.within,
                due,
                warn_before: promise.remind_before,
                warn_at,
                repeats: is_report,
                stops: is_report.then_some(Moment::Resolved),
                set_by: SetBy::Bundle(promise.set_by),
                follows: asking.follows,
            };
            self.ask(kind, target, Holders::Any(people.clone()), about, Some(goal))?;
        }
        Ok(())
    }

    fn ask(
        &mut self,
        kind: TaskKind,
        target: Target,
        holders: Holders,
        note: Option<String>,
        goal: Option<AskedGoal>,
    ) -> Done {
        let first = self.next_task()?;
        let goal = goal.map(Box::new);
        self.emit(Event::Asked { first, kind, target, holders, seat: None, note, goal, shared_goal: None })
    }

    /// Deliveries, one for each recipient and channel whatever number of targets name them.
    fn deliver(&mut self, resolved: &[(&Target, &Reach, Vec<PersonId>)], asking: Asking) -> Done {
        let mut through: BTreeMap<ChannelName, BTreeSet<Recipient>> = BTreeMap::new();
        for (target, reach, people) in resolved {
            let channels: Vec<ChannelName> =
                if reach.by.is_empty() { vec![inbox()] } else { reach.by.iter().cloned().collect() };
            for channel in channels {
                let recipients = self.recipients(target, people, &channel)?;
                through.entry(channel).or_default().extend(recipients);
            }
        }
        for (channel, to) in through {
            self.tell_through(channel, asking.purpose, to, asking.follows)?;
        }
        Ok(())
    }

    fn recipients(
        &self,
        target: &Target,
        people: &[PersonId],
        channel: &ChannelName,
    ) -> Result<Vec<Recipient>, StepError> {
        if let Target::Contact(contact) = target {
            // The inbox is within: there, who keeps the relation hears of it in the contact's place.
            if !self.arrives_at_once(channel) {
                return Ok(vec![Recipient::Contact(contact.clone())]);
            }
            let keeper = self.organisation().contacts.get(contact).and_then(|contact| contact.owner.as_ref());
            let keeper = keeper.and_then(|keeper| self.organisation().present(keeper, self.now()));
            let people = self.or_catch_all(keeper.into_iter().collect(), &self.case()?.department)?;
            return Ok(people.into_iter().map(Recipient::Person).collect());
        }
        Ok(match self.organisation().channels.get(channel).map(crate::organisation::Channel::fan_out) {
            Some(FanOut::Target) => vec![Recipient::Group(target.clone())],
            Some(FanOut::Person) | None => people.iter().cloned().map(Recipient::Person).collect(),
        })
    }

    pub(super) fn arrives_at_once(&self, channel: &ChannelName) -> bool {
        let transport = self.organisation().channels.get(channel).map(|channel| &channel.transport);
        matches!(transport, None | Some(Transport::Inbox))
    }

    /// The department a person answers to.
    pub(super) fn home_of(&self, person: &PersonId) -> Result<DepartmentId, StepError> {
        let home = self.organisation().people.get(person).and_then(|person| person.departments.first());
        Ok(match home {
            Some(home) => home.clone(),
            None => self.case()?.department.clone(),
        })
    }

    /// Sets the plan's goals whose start `when` picks: of one name and owners, the earliest due.
    pub(super) fn set_goals(&mut self, plan: &Plan, when: impl Fn(&Moment) -> bool) -> Done {
        let past = self.past(&plan.goals)?;
        let mut earliest: BTreeMap<Owned, (Timestamp, usize, DepartmentId)> = BTreeMap::new();
        let accountable = match &self.case()?.accountable {
            Some(person) => person.clone(),
            None => self.accountable(plan, false)?,
        };
        let is_wanted = |goal: &SetGoal| when(&goal.plan.starts) && !past.ends(&goal.plan);
        for (index, goal) in plan.goals.iter().enumerate().filter(|(_, goal)| is_wanted(goal)) {
            let (owners, department) = self.owners_of(goal.plan.owner.as_ref(), &accountable)?;
            let (_, due) = self.due(&goal.plan.name, &department, self.now(), goal.plan.within)?;
            let key = (goal.plan.name.clone(), owners, goal.plan.starts.clone());
            if earliest.get(&key).is_none_or(|(kept, _, _)| due < *kept) {
                earliest.insert(key, (due, index, department));
            }
        }
        for ((_, owners, _), (_, index, department)) in earliest {
            let Some(goal) = plan.goals.get(index) else { continue };
            let (set_by, from) = (SetBy::Bundle(goal.set_by.clone()), past.starts(&goal.plan, self.now()));
            self.set_goal(NewGoal { plan: &goal.plan, set_by, owners, department, from, follows: None, step: 0 })?;
        }
        Ok(())
    }

    /// The owners of a goal and the department whose time counts; `default` owns a goal that names nobody.
    pub(super) fn owners_of(
        &self,
        owner: Option<&Target>,
        default: &PersonId,
    ) -> Result<(Vec<PersonId>, DepartmentId), StepError> {
        let Some(target) = owner else {
            return Ok((vec![default.clone()], self.home_of(default)?));
        };
        let people = self.people_of(target)?;
        let department = match (target.department(), people.first()) {
            (Some(department), _) => department.clone(),
            (None, Some(person)) => self.home_of(person)?,
            (None, None) => self.case()?.department.clone(),
        };
        Ok((self.or_catch_all(people, &department)?, department))
    }

    /// Sets a goal: running, if what starts it has happened, else pending. One whose deadline could not be
    /// computed later is refused now.
    pub(super) fn set_goal(&mut self, new: NewGoal<'_>) -> Done {
        let NewGoal { plan, set_by, owners, department, from, follows, step } = new;
        let number = self.next_goal()?;
        let (calendar, due) = self.due(&plan.name, &department, from.unwrap_or(self.now()), plan.within)?;
        let mut goal = Goal {
            number,
            name: plan.name.clone(),
            status: if from.is_some() { GoalStatus::Running } else { GoalStatus::Pending },
            owners,
            department,
            calendar,
            within: plan.within,
            warn_before: plan.warn_before,
            starts: plan.starts.clone(),
            stops: plan.stops.clone(),
            repeats: plan.repeats,
            set_by,
            task: None,
            follows,
            followed_by: Vec::new(),
            breached_with: None,
            unkept: 0,
            followers: BTreeMap::new(),
            unneeded: false,
            step,
            started_at: from,
            warn_at: None,
            due: from.map(|_| due),
            remaining: None,
            met_at: None,
            breached_at: None,
            declined: None,
        };
        if let Some(from) = from {
            goal.warn_at = self.warn_at(&goal, from, due)?;
        }
        self.emit(Event::GoalSet { goal: Box::new(goal) })
    }
}

/// Deadlines that were computed before: ten thousand people share a few departments and spans.
#[derive(Default)]
struct Deadlines(BTreeMap<(DepartmentId, Span), (Option<CalendarName>, Timestamp)>);

impl Deadlines {
    fn get(
        &mut self,
        draft: &Draft<'_, '_>,
        goal: &GoalName,
        department: &DepartmentId,
        from: Timestamp,
        within: Span,
    ) -> Result<(Option<CalendarName>, Timestamp), StepError> {
        if let Some(known) = self.0.get(&(department.clone(), within)) {
            return Ok(known.clone());
        }
        let computed = draft.due(goal, department, from, within)?;
        self.0.insert((department.clone(), within), computed.clone());
        Ok(computed)
    }
}
