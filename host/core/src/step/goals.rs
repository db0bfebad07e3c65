//! Goals: what starts and stops their clocks, and who may say that they are kept.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::draft::{Done, Draft, check_text};
use super::{Refusal, StepError};
use crate::access;
use crate::calendar::Calendar;
use crate::case::{Goal, GoalStatus, Purpose, Standing, TaskKind, TaskStatus};
use crate::command::{Declined, Verb};
use crate::decision::SetGoal;
use crate::event::Event;
use crate::ids::GoalNumber;
use crate::plan::{GoalName, GoalPlan, Moment};
use crate::span::{Span, Unit};

/// The most times a goal that repeats is moved on to come out of the past. One that is further behind starts
/// again from now.
const CATCH_UP_LIMIT: usize = 1_000;

/// Where a goal has to be that somebody declines; what a confirmation or a vote asks is not declined.
const DECLINABLE: &str = "an answer or a policy's own, promised once and still to be kept in time";

/// What has happened in a case's life, as far as goals that are to be set ask for it, and when.
pub(super) struct Past(BTreeMap<Moment, Timestamp>);

impl Past {
    /// Since when a goal's clock runs that is set to run from `from`; `None` if what starts it is still to come.
    /// One that waits for something that happened before it was set would wait for ever, so it runs at once.
    /// What a plan sets as the case opens, or for a breach, runs from then on unless it waits for something else.
    pub(super) fn starts(&self, plan: &GoalPlan, from: Timestamp) -> Option<Timestamp> {
        match &plan.starts {
            Moment::Opened | Moment::Submitted => Some(from),
            starts => self.0.get(starts).map(|at| from.max(*at)),
        }
    }

    /// Whether a goal would have ended before it was set: there is nothing left to promise.
    pub(super) fn ends(&self, plan: &GoalPlan) -> bool {
        plan.stops.as_ref().is_some_and(|stops| self.0.contains_key(stops))
    }
}

impl Draft<'_, '_> {
    /// What of the moments that `goals` name has happened. None is set once the case ended, so `closed` has not.
    pub(super) fn past(&self, goals: &[SetGoal]) -> Result<Past, StepError> {
        let case = self.case()?;
        let times = [
            (Moment::Submitted, Some(case.submitted_at)),
            (Moment::Opened, case.opened_at),
            (Moment::Resolved, case.resolved_at),
        ];
        let named = goals.iter().flat_map(|goal| goal.plan.stops.iter().chain([&goal.plan.starts]));
        let met = named.filter_map(|moment| match moment {
            Moment::Met(name) => Some((moment.clone(), case.met_at(name))),
            _ => None,
        });
        Ok(Past(times.into_iter().chain(met).filter_map(|(moment, at)| Some((moment, at?))).collect()))
    }

    /// Something happened in the case's life: goals that end with it end, goals that wait for it start. A goal
    /// that is kept by that is something that happens in turn.
    pub(super) fn moment(&mut self, moment: Moment) -> Done {
        let mut moments = vec![moment];
        while let Some(moment) = moments.pop() {
            let case = self.case()?;
            let of = |list: &[(Moment, GoalNumber)]| -> Vec<GoalNumber> {
                list.iter().filter(|(at, _)| *at == moment).map(|(_, goal)| *goal).collect()
            };
            let (starting, stopping) = (of(&case.starting), of(&case.stopping));
            for number in stopping {
                let goal = self.goal(number)?;
                if goal.status == GoalStatus::Pending || goal.repeats {
                    moments.extend(self.cancel_goals(vec![number])?);
                } else {
                    moments.extend(self.keep_one(number)?);
                }
            }
            for number in starting {
                let goal = self.goal(number)?.clone();
                if goal.status == GoalStatus::Pending {
                    self.start(&goal, self.now())?;
                    // Whose promise it is has waited for this, and nothing else says that it has come.
                    self.tell(Purpose::Promise, goal.owners, Some(number))?;
                }
            }
        }
        Ok(())
    }

    /// Tells the owners of goals that were set when there were `before` of them, and that run: whoever has promised
    /// something takes part. Those who hear of the case anyway, by what is sent to them or asked of them, need no more.
    pub(super) fn tell_owners(&mut self, before: u32) -> Done {
        let mut heard = self.heard();
        for number in (before + 1..=self.case()?.made.goals).map(GoalNumber) {
            let goal = self.goal(number)?;
            if goal.status != GoalStatus::Running || goal.step > 0 || !matches!(goal.name, GoalName::Own(_)) {
                continue;
            }
            let mut owners = goal.owners.clone();
            owners.retain(|owner| heard.insert(owner.clone()));
            self.tell(Purpose::Promise, owners, Some(number))?;
        }
        Ok(())
    }

    /// Lets a goal's clock run for its whole span, counted from `from`.
    fn start(&mut self, goal: &Goal, from: Timestamp) -> Done {
        let due = self.deadline(&goal.name, self.calendar_of(goal), from, goal.within)?;
        let warn_at = self.warn_at(goal, from, due)?;
        self.emit(Event::GoalStarted { goal: goal.number, started_at: from, due, warn_at })
    }

    /// Lets a goal's clock run anew from now: its case was reopened.
    pub(super) fn restart(&mut self, goal: &Goal) -> Done {
        self.start(goal, self.now())
    }

    /// When the owners of a goal are warned; not before its clock starts.
    pub(super) fn warn_at(&self, goal: &Goal, from: Timestamp, due: Timestamp) -> Result<Option<Timestamp>, StepError> {
        self.warning(&goal.name, self.calendar_of(goal), goal.warn_before, from, due)
    }

    /// The moment `before` a deadline, unless that is before its clock starts.
    pub(super) fn warning(
        &self,
        goal: &GoalName,
        calendar: Option<&Calendar>,
        before: Option<Span>,
        from: Timestamp,
        due: Timestamp,
    ) -> Result<Option<Timestamp>, StepError> {
        let Some(before) = before else { return Ok(None) };
        let at = match calendar {
            Some(calendar) => calendar.before(due, &before).map_err(|error| Refusal::deadline(goal, &error)),
            None if before.unit() == Unit::ClockSeconds => {
                let length = jiff::SignedDuration::from_secs(i64::from(before.count()));
                Ok(due.checked_sub(length).unwrap_or(from))
            }
            None => Err(Refusal::NoCalendar { goal: goal.to_string() }),
        };
        match at {
            Ok(at) => Ok((at > from).then_some(at)),
            // The deadline counts; see there.
            Err(_) if self.is_by_host() => Ok(None),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// A goal is kept, in time or late, and what waits for that follows.
    pub(super) fn keep(&mut self, number: GoalNumber) -> Done {
        let moments = self.keep_one(number)?;
        moments.into_iter().try_for_each(|moment| self.moment(moment))
    }

    /// A goal is kept, in time or late; returns what happened by that. What followed from its breach ends when all
    /// that were breached with it are kept; one that repeats starts again.
    fn keep_one(&mut self, number: GoalNumber) -> Result<Vec<Moment>, StepError> {
        let goal = self.goal(number)?.clone();
        let late = goal.status == GoalStatus::Breached && goal.met_at.is_none();
        if !late && !matches!(goal.status, GoalStatus::Running | GoalStatus::Paused) {
            return Ok(Vec::new());
        }
        // What comes after the deadline is late, whether or not the host has got round to the breach.
        if is_overdue(&goal, self.received_at()) {
            self.emit(Event::GoalsBreached { goals: vec![number] })?;
        }
        self.emit(Event::GoalMet { goal: number })?;
        // One that repeats is met each time. A step of the built-in escalation bears the name of what was breached:
        // acting on it keeps nothing else.
        let is_met = goal.step == 0 && (goal.repeats || self.case()?.met_at(&goal.name).is_some());
        let mut moments: Vec<Moment> = is_met.then(|| Moment::Met(goal.name.clone())).into_iter().collect();
        let first = self.goal(goal.breached_with.unwrap_or(number))?;
        if first.unkept == 0 {
            let followers = first.followed_by.clone();
            moments.extend(self.cancel_goals(followers)?);
        }
        if goal.repeats {
            self.again(&goal)?;
        }
        Ok(moments)
    }

    /// Starts a goal that repeats again, counted from its deadline, so that the rhythm stays.
    pub(super) fn again(&mut self, goal: &Goal) -> Done {
        let mut from = goal.due.unwrap_or(self.now());
        for _ in 0..CATCH_UP_LIMIT {
            let due = self.deadline(&goal.name, self.calendar_of(goal), from, goal.within)?;
            if due > self.now() {
                return self.start(goal, from);
            }
            from = due;
        }
        self.start(goal, self.now())
    }

    /// Ends a goal that is no longer needed, with its open task and with what follows from it, and lets follow what
    /// waited for nothing else.
    pub(super) fn cancel_goal(&mut self, number: GoalNumber) -> Done {
        let moments = self.cancel_goals(vec![number])?;
        moments.into_iter().try_for_each(|moment| self.moment(moment))
    }

    /// Ends goals; returns what happened by that: of the other promises of a name the last may be kept already.
    fn cancel_goals(&mut self, mut numbers: Vec<GoalNumber>) -> Result<Vec<Moment>, StepError> {
        let (mut goals, mut tasks, mut unmet) = (Vec::new(), Vec::new(), BTreeSet::new());
        let mut breaches = BTreeSet::new();
        while let Some(number) = numbers.pop() {
            let goal = self.goal(number)?;
            let stands = goal.standing();
            if goal.is_live() || stands == Standing::Unkept {
                goals.push(number);
            }
            tasks.extend(goal.task);
            numbers.extend(&goal.followed_by);
            breaches.extend(goal.breached_with.filter(|_| stands == Standing::Unkept));
            let name = goal.name.clone();
            if stands == Standing::Unkept && self.case()?.met_at(&name).is_none() {
                unmet.insert(name);
            }
        }
        if !goals.is_empty() {
            self.emit(Event::GoalsCancelled { goals })?;
        }
        self.cancel_tasks(tasks)?;
        let case = self.case()?;
        unmet.retain(|name| case.met_at(name).is_some());
        let mut moments: Vec<Moment> = unmet.into_iter().map(Moment::Met).collect();
        // Of those that were breached together it may have been the last that somebody was pressed for.
        for first in breaches {
            let first = self.goal(first)?;
            if first.unkept == 0 {
                let followers = first.followed_by.clone();
                moments.extend(self.cancel_goals(followers)?);
            }
        }
        Ok(moments)
    }

    pub(super) fn pause(&mut self, name: &GoalName, reason: Option<&str>) -> Done {
        check_text("/reason", reason)?;
        let now = self.now();
        self.each_goal(name, Verb::Pause, "running within its deadline", |draft, goal| {
            let (GoalStatus::Running, Some(due)) = (goal.status, goal.due) else { return Ok(()) };
            if is_overdue(goal, draft.received_at()) {
                return Ok(());
            }
            let remaining = match draft.calendar_of(goal) {
                Some(calendar) => {
                    calendar.remaining(now, due, &goal.within).map_err(|error| Refusal::deadline(&goal.name, &error))?
                }
                None => crate::calendar::Remaining::Clock(due.duration_since(now)),
            };
            let reason = reason.map(str::to_owned);
            draft.emit(Event::GoalPaused { goal: goal.number, remaining, reason })
        })
    }

    pub(super) fn resume(&mut self, name: &GoalName) -> Done {
        let now = self.now();
        self.each_goal(name, Verb::Resume, "paused", |draft, goal| {
            let (GoalStatus::Paused, Some(remaining)) = (goal.status, goal.remaining) else { return Ok(()) };
            let calendar = draft.calendar_of(goal);
            let due = match (calendar, remaining) {
                (Some(calendar), remaining) => {
                    calendar.resume(now, remaining).map_err(|error| Refusal::deadline(&goal.name, &error))?
                }
                (None, crate::calendar::Remaining::Clock(length)) => now.checked_add(length).unwrap_or(now),
                (None, crate::calendar::Remaining::Working(_)) => {
                    return Err(Refusal::NoCalendar { goal: goal.name.to_string() }.into());
                }
            };
            let warn_at = draft.warn_at(goal, now, due)?;
            let started_at = goal.started_at.unwrap_or(now);
            draft.emit(Event::GoalStarted { goal: goal.number, started_at, due, warn_at })
        })
    }

    /// A goal that belongs to a task is kept by doing the task, not by saying so.
    pub(super) fn meet(&mut self, name: &GoalName) -> Done {
        self.each_goal(name, Verb::Meet, "running, and not kept by doing a task", |draft, goal| {
            let of_task = match (goal.task, &goal.name) {
                (Some(task), _) => draft.task(task)?.status == TaskStatus::Open,
                (None, name) => matches!(name, GoalName::Stage(_) | GoalName::Close),
            };
            if of_task { Ok(()) } else { draft.keep(goal.number) }
        })
    }

    /// What is promised will not be: it is due now, so that what follows from a breach does not wait for its deadline. A
    /// task of it stays open, for whoever thinks better of it. Only whose promise it is says so.
    pub(super) fn decline(&mut self, what: &Declined, reason: &str) -> Done {
        check_text("/reason", Some(reason))?;
        let name = match what {
            Declined::Goal(name) => {
                self.each_goal(name, Verb::Decline, DECLINABLE, |draft, goal| draft.decline_one(goal, reason))?;
                name.clone()
            }
            Declined::Task(number) => {
                let kind = self.task(*number)?.kind;
                let task = self.open_task(*number, kind, Verb::Decline)?;
                let Some(goal) = task.goal.filter(|_| kind == TaskKind::Answer) else {
                    return Err(Refusal::OtherTask { kind, verb: Verb::Decline }.into());
                };
                let goal = self.goal(goal)?.clone();
                self.decline_one(&goal, reason)?;
                goal.name
            }
        };
        if self.is_untouched() {
            return Err(Refusal::Goal { goal: name.to_string(), needed: DECLINABLE }.into());
        }
        self.tell_sender(Purpose::Decline)
    }

    /// What repeats is not declined: its rhythm was agreed on. Nor is a step of the built-in escalation, which would only
    /// hand the breach on.
    fn decline_one(&mut self, goal: &Goal, reason: &str) -> Done {
        let is_ticking = matches!(goal.status, GoalStatus::Running | GoalStatus::Paused);
        let is_promise = match &goal.name {
            GoalName::Answer | GoalName::Own(_) => !goal.repeats && goal.step == 0,
            GoalName::Acknowledge | GoalName::Report | GoalName::Stage(_) | GoalName::Close => false,
        };
        if !is_ticking || !is_promise || is_overdue(goal, self.received_at()) {
            return Ok(());
        }
        self.emit(Event::Declined { goal: goal.number, reason: reason.to_owned() })
    }

    /// Does something to every goal of a name that the requester may keep. Refused when that changes nothing.
    fn each_goal(
        &mut self,
        name: &GoalName,
        verb: Verb,
        needed: &'static str,
        mut act: impl FnMut(&mut Self, &Goal) -> Done,
    ) -> Done {
        let (mut exists, mut allowed) = (false, false);
        for number in self.case()?.goals() {
            if self.goal(number)?.name != *name {
                continue;
            }
            exists = true;
            let goal = self.goal(number)?.clone();
            if access::may_keep(self.case()?, self.requester(), &goal, verb) {
                allowed = true;
                act(self, &goal)?;
            }
        }
        if !exists {
            return Err(Refusal::NotFound(format!("goal `{name}` in this case")).into());
        }
        if !allowed {
            let why = match verb {
                Verb::Decline => "that is for the goal's owner",
                _ => "that is for the goal's owner and for the accountable person",
            };
            return Err(self.forbidden(verb, why));
        }
        if self.is_untouched() {
            return Err(Refusal::Goal { goal: name.to_string(), needed }.into());
        }
        Ok(())
    }
}

/// Whether a goal's clock runs past its deadline; at the deadline itself is in time.
fn is_overdue(goal: &Goal, now: Timestamp) -> bool {
    goal.status == GoalStatus::Running && goal.due.is_some_and(|due| due < now)
}
