//! The turns of a case's life that somebody asks for: withdraw, resolve, reopen, close, archive.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Done, Draft, check_text};
use super::opening::NewGoal;
use super::{Refusal, StepError, has_stage_beside};
use crate::case::{
    DeliveryStatus, Goal, GoalStatus, Purpose, SetBy, StageStatus, Standing, Status, TaskKind, TaskStatus,
};
use crate::command::Verb;
use crate::event::Event;
use crate::ids::{GoalNumber, TaskNumber};
use crate::names::ChannelName;
use crate::organisation::inbox;
use crate::plan::{GoalName, GoalPlan, Moment};
use crate::span::{Span, SpanError};
use crate::target::Recipient;

impl Draft<'_, '_> {
    /// Takes a message back, and tells whoever it reached.
    pub(super) fn withdraw(&mut self, reason: Option<&str>) -> Done {
        self.allow(Verb::Withdraw, "that is for its sender and the head of the sending department")?;
        check_text("/reason", reason)?;
        let mut reached: BTreeMap<ChannelName, BTreeSet<Recipient>> = BTreeMap::new();
        for number in self.case()?.deliveries() {
            let delivery = self.delivery(number)?;
            if delivery.status != DeliveryStatus::Delivered || !delivery.purpose.shows_the_message() {
                continue;
            }
            // The inbox finds a person for sure; a group or a contact only the channel that found them before.
            let channel = match &delivery.to {
                Recipient::Person(_) => inbox(),
                Recipient::Group(_) | Recipient::Contact(_) => delivery.channel.clone(),
            };
            reached.entry(channel).or_default().insert(delivery.to.clone());
        }
        // Nobody is told what they did themselves.
        if let (Some(people), Some(person)) = (reached.get_mut(&inbox()), self.requester().actor.person()) {
            people.remove(&Recipient::Person(person.clone()));
        }
        self.cancel_everything()?;
        self.emit(Event::Withdrawn { reason: reason.map(str::to_owned) })?;
        for (channel, to) in reached {
            self.tell_through(channel, Purpose::Withdrawal, to, None)?;
        }
        Ok(())
    }

    pub(super) fn resolve(&mut self, reason: Option<&str>) -> Done {
        self.allow(Verb::Resolve, "that is for the accountable person")?;
        check_text("/reason", reason)?;
        if self.case()?.outstanding.answers > 0 && reason.is_none() {
            let message = "is missing; answers are still open, so say why it is settled without them";
            return Err(Refusal::Invalid { field: "/reason", message: message.to_owned() }.into());
        }
        if self.case()?.must_answer_after.is_some() && !self.has_answer(TaskStatus::Done)? {
            let first = "somebody has to answer it first: no case of its kind ends unanswered";
            return Err(Refusal::First(first).into());
        }
        self.emit(Event::Resolved { reason: reason.map(str::to_owned) })?;
        self.moment(Moment::Resolved)?;
        self.tell_sender(Purpose::Resolution)?;
        let case = self.case()?;
        let kind = self.organisation().kinds.get(&case.kind);
        let days = kind.map_or(crate::organisation::CLOSE_AFTER_WORKING_DAYS, |kind| kind.close_after_working_days);
        let department = case.department.clone();
        let owners = match &case.accountable {
            Some(accountable) => vec![accountable.clone()],
            None => self.or_catch_all(Vec::new(), &department)?,
        };
        let out_of_range =
            |error: SpanError| Refusal::Deadline { goal: GoalName::Close.to_string(), why: error.to_string() };
        let within = Span::working_days(i64::from(days)).map_err(out_of_range)?;
        let plan = GoalPlan {
            name: GoalName::Close,
            owner: None,
            starts: Moment::Opened,
            stops: None,
            within,
            warn_before: None,
            repeats: false,
        };
        let (set_by, from) = (SetBy::Host, Some(self.now()));
        self.set_goal(NewGoal { plan: &plan, set_by, owners, department, from, follows: None, step: 0 })?;
        self.start_acceptance()
    }

    /// Whether the case has an answer task in this status, of those given since it opened and had to be answered. What is
    /// asked in words of its own, or to put something right, is not the answer to the message.
    pub(super) fn has_answer(&mut self, status: TaskStatus) -> Result<bool, StepError> {
        let case = self.case()?;
        let before = case.must_answer_after.unwrap_or(0);
        for number in (before + 1..=case.made.tasks).map(TaskNumber) {
            let task = self.task(number)?;
            if task.kind == TaskKind::Answer && task.status == status && task.note.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn reopen(&mut self, reason: Option<&str>) -> Done {
        self.allow(Verb::Reopen, "that is for its sender and the accountable person")?;
        check_text("/reason", reason)?;
        let case = self.case()?;
        if let (Status::Closed, Some(ended)) = (case.status, case.ended_at) {
            let kind = self.organisation().kinds.get(&case.kind);
            let days =
                kind.map_or(crate::organisation::REOPEN_WITHIN_WORKING_DAYS, |kind| kind.reopen_within_working_days);
            let until = match Span::working_days(i64::from(days)) {
                Ok(within) => self.due(&GoalName::Close, &case.department, ended, within)?.1,
                Err(_) => ended,
            };
            if self.now() >= until {
                return Err(Refusal::TooLate(until).into());
            }
        }
        self.open_again(reason.map(str::to_owned))
    }

    /// What was to be resolved is to be resolved again.
    pub(super) fn open_again(&mut self, reason: Option<String>) -> Done {
        self.emit(Event::Reopened { reason })?;
        self.forget_acceptance()?;
        for number in self.case()?.goals() {
            let goal = self.goal(number)?.clone();
            if goal.name == GoalName::Close && goal.is_live() {
                self.cancel_goal(number)?;
            } else if goal.stops == Some(Moment::Resolved) && goal.met_at.is_some() && !goal.repeats {
                self.restart(&goal)?;
            }
        }
        Ok(())
    }

    /// Its sender accepts it.
    pub(super) fn close(&mut self, score: Option<u8>, reason: Option<&str>) -> Done {
        self.allow(Verb::Close, "that is for its sender; without a word it closes by itself")?;
        check_text("/reason", reason)?;
        if score.is_some_and(|score| !(1..=5).contains(&score)) {
            let message = "is a number from 1 to 5".to_owned();
            return Err(Refusal::Invalid { field: "/score", message }.into());
        }
        if has_stage_beside(self.case()?) {
            return Err(
                Refusal::First("a stage of it is still to be decided: approved after the fact, or accepted").into()
            );
        }
        self.end_with(Event::Closed { score, reason: reason.map(str::to_owned) })
    }

    /// Nobody objected for as long as the kind waits. A stage that is still undecided keeps it from closing;
    /// its own deadline presses for that.
    pub(super) fn close_by_silence(&mut self, goal: GoalNumber) -> Done {
        let case = self.case()?;
        if case.status != Status::Resolved {
            return self.cancel_goal(goal);
        }
        if has_stage_beside(case) {
            let goal = self.goal(goal)?.clone();
            return self.again(&goal);
        }
        self.end_by_itself("nobody objected")
    }

    pub(super) fn end_by_itself(&mut self, why: &str) -> Done {
        self.end_with(Event::Closed { score: None, reason: Some(why.to_owned()) })
    }

    fn end_with(&mut self, closed: Event) -> Done {
        self.emit(closed)?;
        self.cancel_open_tasks()?;
        let starts_now = |goal: &Goal| goal.status == GoalStatus::Pending && goal.starts == Moment::Closed;
        let stops_now = |goal: &Goal| goal.stops == Some(Moment::Closed);
        self.cancel_unkept_goals(|goal| goal.is_live() && !starts_now(goal) && !stops_now(goal))?;
        self.moment(Moment::Closed)
    }

    pub(super) fn archive(&mut self) -> Done {
        self.allow(Verb::Archive, "that is for the accountable person and admins")?;
        self.cancel_everything()?;
        self.emit(Event::Archived)
    }

    /// Open tasks, live goals and unsent deliveries end with what they were for.
    pub(super) fn cancel_everything(&mut self) -> Done {
        self.cancel_open_tasks()?;
        self.cancel_unkept_goals(|_| true)?;
        let pending = self.case()?.stages.iter().filter(|stage| stage.is_pending());
        let pending: Vec<_> = pending.map(|stage| stage.name.clone()).collect();
        for stage in pending {
            self.emit(Event::StageSettled { stage, status: StageStatus::Cancelled })?;
        }
        self.cancel_deliveries()
    }

    /// Cancels those of the goals that are still to be kept, in time or late, that `end` picks.
    fn cancel_unkept_goals(&mut self, end: impl Fn(&Goal) -> bool) -> Done {
        let case = self.case()?;
        let are_kept = case.promises.values().all(|promises| promises.unkept == 0);
        if case.outstanding.goals == 0 && case.starting.is_empty() && are_kept {
            return Ok(());
        }
        let mut goals = Vec::new();
        for number in case.goals() {
            let goal = self.goal(number)?;
            if (goal.is_live() || goal.standing() == Standing::Unkept) && end(goal) {
                goals.push(number);
            }
        }
        if goals.is_empty() { Ok(()) } else { self.emit(Event::GoalsCancelled { goals }) }
    }

    fn cancel_open_tasks(&mut self) -> Done {
        let left = self.case()?.outstanding;
        if left.approvals + left.acknowledgements + left.answers + left.reports == 0 {
            return Ok(());
        }
        let mut tasks = Vec::new();
        for number in self.case()?.tasks() {
            if self.task(number)?.status == TaskStatus::Open {
                tasks.push(number);
            }
        }
        self.emit(Event::TasksCancelled { tasks })
    }
}
