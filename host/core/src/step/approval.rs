//! Approval: stages one after the other, and in each of them the voices that count.

use super::draft::{Done, Draft, check_text};
use super::opening::NewGoal;
use super::{Refusal, StepError};
use crate::access;
use crate::case::{Goal, Purpose, Seat, Stage, StageStatus, Status, TaskKind, TaskStatus, Verdict};
use crate::command::Verb;
use crate::decision::Flag;
use crate::event::{Event, Holders};
use crate::ids::TaskNumber;
use crate::names::{PersonId, StageName};
use crate::plan::{AtDeadline, GoalName, GoalPlan, Mode, Moment};
use crate::target::Target;
use crate::workspace::ApplyError;

impl Draft<'_, '_> {
    /// Starts the next stage that waits; without one, a case that waits for approval opens.
    pub(super) fn start_next_stage(&mut self) -> Done {
        let case = self.case()?;
        // What is to be accepted is done first.
        let may_start = |stage: &&Stage| stage.is_acceptance() == (case.status == Status::Resolved) || stage.post_hoc;
        let mut waiting = case.stages.iter().filter(|stage| stage.status == StageStatus::Waiting);
        match waiting.find(may_start).cloned() {
            Some(stage) => self.start_stage(&stage),
            None if case.status == Status::AwaitingApproval => match case.plan.clone() {
                Some(plan) => self.open(&plan),
                None => Err(ApplyError::Missing("the plan that was approved".to_owned()).into()),
            },
            None => Ok(()),
        }
    }

    fn start_stage(&mut self, stage: &Stage) -> Done {
        let seats = self.seats(stage)?;
        self.emit(Event::StageStarted { stage: stage.name.clone(), seats: seats.clone() })?;
        if let Some(within) = stage.within {
            let mut owners: Vec<PersonId> = seats.iter().flat_map(|seat| seat.people.iter().cloned()).collect();
            owners.sort();
            owners.dedup();
            let home = stage.approvers.iter().find_map(Target::department).cloned();
            let department = home.unwrap_or(self.case()?.department.clone());
            let plan = GoalPlan {
                name: GoalName::Stage(stage.name.clone()),
                owner: None,
                starts: Moment::Submitted,
                stops: None,
                within,
                warn_before: None,
                repeats: false,
            };
            let (set_by, from) = (stage.set_by.clone(), Some(self.now()));
            self.set_goal(NewGoal { plan: &plan, set_by, owners, department, from, follows: None, step: 0 })?;
        }
        let turns = if stage.mode == Mode::Sequential { 1 } else { seats.len() };
        for index in 0..turns {
            self.ask_seat(&stage.name, index, None)?;
        }
        Ok(())
    }

    /// The voices of a stage. Nobody approves their own message, unless the stage is open to them by what they are: who
    /// stands above them takes the seat, which is never empty, or the voice that a quorum would lack.
    fn seats(&self, stage: &Stage) -> Result<Vec<Seat>, StepError> {
        let case = self.case()?;
        // Whoever merely stands in for an approver has no seat by that.
        let is_open = |sender: &&PersonId| {
            stage.is_acceptance() || (stage.self_approval && self.organisation().is_among(sender, &stage.approvers))
        };
        let sender = case.sender.person().filter(|sender| !is_open(sender));
        let people = |targets: &[Target]| -> Result<Vec<PersonId>, StepError> {
            let found = targets.iter().flat_map(|target| self.organisation().resolve(target, self.now()).people);
            let mut people: Vec<_> = found.filter(|person| Some(person) != sender).collect();
            people.sort();
            people.dedup();
            if people.is_empty() {
                people = self.organisation().superiors(sender, &case.department, self.now());
            }
            if people.is_empty() { Err(Refusal::Nobody.into()) } else { Ok(people) }
        };
        let seat =
            |target: &Target, people| Seat { target: target.clone(), people, task: None, verdict: None, added: false };
        let first = stage.approvers.first().cloned().unwrap_or(Target::Department(case.department.clone()));
        Ok(match stage.mode {
            Mode::Any => vec![seat(&first, people(&stage.approvers)?)],
            Mode::Quorum(needed) => {
                let mut voices = people(&stage.approvers)?;
                let is_own = sender.is_some_and(|sender| self.organisation().is_among(sender, &stage.approvers));
                if is_own && voices.len() < usize::try_from(needed).unwrap_or(usize::MAX) {
                    voices.extend(self.organisation().superiors(sender, &case.department, self.now()));
                    voices.sort();
                    voices.dedup();
                }
                voices.into_iter().map(|person| seat(&Target::Person(person.clone()), vec![person])).collect()
            }
            Mode::All | Mode::Sequential => {
                let targets = if stage.approvers.is_empty() { vec![first] } else { stage.approvers.clone() };
                let seats = targets.iter().map(|target| Ok(seat(target, people(std::slice::from_ref(target))?)));
                seats.collect::<Result<_, StepError>>()?
            }
        })
    }

    pub(super) fn stage(&self, name: &StageName) -> Result<&Stage, StepError> {
        let missing = || Refusal::NotFound(format!("stage `{name}`"));
        Ok(self.case()?.stages.iter().find(|stage| stage.name == *name).ok_or_else(missing)?)
    }

    /// Gives a seat of a stage its task; `note` says what it is about.
    pub(super) fn ask_seat(&mut self, name: &StageName, index: usize, note: Option<&str>) -> Done {
        let stage = self.stage(name)?;
        let Some(seat) = stage.seats.get(index).cloned() else { return Ok(()) };
        let event = Event::Asked {
            first: self.next_task()?,
            kind: TaskKind::Approve,
            target: seat.target,
            holders: Holders::Any(seat.people),
            seat: Some((name.clone(), u32::try_from(index).unwrap_or(u32::MAX))),
            note: note.map(str::to_owned),
            goal: None,
            shared_goal: stage.goal,
        };
        self.emit(event)
    }

    pub(super) fn decide(&mut self, number: TaskNumber, verdict: Verdict, text: Option<&str>) -> Done {
        let verb = match verdict {
            Verdict::Approved => Verb::Approve,
            Verdict::Rejected => Verb::Reject,
            Verdict::Returned => Verb::Return,
        };
        check_text("/text", text)?;
        if verdict != Verdict::Approved && text.is_none() {
            let message = format!("is missing; say why you {verb} it, so that its sender can act on it");
            return Err(Refusal::Invalid { field: "/text", message }.into());
        }
        let task = self.open_task(number, TaskKind::Approve, verb)?;
        let Some(name) = task.stage.clone() else {
            return Err(Refusal::OtherTask { kind: task.kind, verb }.into());
        };
        self.emit(Event::TaskDone { task: number, verdict: Some(verdict), text: text.map(str::to_owned) })?;

        let stage = self.stage(&name)?;
        let is_own = stage.own_seats().any(|seat| seat.task == Some(number));
        if verdict == Verdict::Returned {
            self.settle(&name, StageStatus::Returned, text)
        } else if stage.is_carried() {
            self.settle(&name, StageStatus::Approved, text)
        } else if stage.is_lost() {
            self.settle(&name, StageStatus::Rejected, text)
        } else if stage.mode == Mode::Sequential && verdict == Verdict::Approved && is_own {
            let next = stage.approvals();
            if next < stage.own_seats().count() { self.ask_seat(&name, next, None) } else { Ok(()) }
        } else {
            Ok(())
        }
    }

    /// Ends a stage, and draws what follows from it for the case.
    pub(super) fn settle(&mut self, name: &StageName, status: StageStatus, reason: Option<&str>) -> Done {
        let reason = reason.map(str::to_owned);
        self.emit(Event::StageSettled { stage: name.clone(), status })?;
        let stage = self.stage(name)?.clone();
        self.cancel_tasks(stage.seats.iter().filter_map(|seat| seat.task).collect())?;
        match stage.goal {
            // Decided by its deadline, a stage did not keep it.
            Some(goal) if self.is_by_host() => self.cancel_goal(goal)?,
            Some(goal) => self.keep(goal)?,
            None => {}
        }
        if status == StageStatus::Approved {
            return self.start_next_stage();
        }
        let waiting = self.case()?.stages.iter().filter(|stage| stage.status == StageStatus::Waiting);
        // What is to be accepted waits for the next resolution, unless there is to be none.
        let ends = !stage.post_hoc && !stage.is_acceptance();
        let waiting = waiting.filter(|stage| ends || !stage.is_acceptance());
        let waiting: Vec<StageName> = waiting.map(|stage| stage.name.clone()).collect();
        for stage in waiting {
            self.emit(Event::StageSettled { stage, status: StageStatus::Cancelled })?;
        }
        if stage.is_acceptance() {
            self.open_again(reason)?;
            return self.tell_accountable(Purpose::Verdict);
        }
        if stage.post_hoc {
            return self.correct(reason);
        }
        self.cancel_everything()?;
        if status == StageStatus::Returned {
            self.emit(Event::Returned { reason })?;
        } else {
            self.emit(Event::Rejected { reason })?;
        }
        self.tell_sender(Purpose::Verdict)
    }

    /// Starts the acceptance of what was resolved, unless another stage is still to be decided: then that goes on to it.
    pub(super) fn start_acceptance(&mut self) -> Done {
        let is_running = |stage: &Stage| stage.status == StageStatus::Running;
        if self.case()?.stages.iter().any(is_running) { Ok(()) } else { self.start_next_stage() }
    }

    /// What was accepted, or was to be, is to be accepted again once it is done again.
    pub(super) fn forget_acceptance(&mut self) -> Done {
        let moved = |stage: &&Stage| {
            stage.is_acceptance() && !matches!(stage.status, StageStatus::Waiting | StageStatus::Cancelled)
        };
        let stages: Vec<Stage> = self.case()?.stages.iter().filter(moved).cloned().collect();
        for stage in stages {
            self.cancel_tasks(stage.seats.iter().filter_map(|seat| seat.task).collect())?;
            if let Some(goal) = stage.goal {
                self.cancel_goal(goal)?;
            }
            self.emit(Event::StageSettled { stage: stage.name, status: StageStatus::Waiting })?;
        }
        Ok(())
    }

    /// A message that went out and should not have: it stays open, and its sender's head has to put it right.
    fn correct(&mut self, reason: Option<String>) -> Done {
        self.emit(Event::Flagged { flag: Flag::RejectedAfterwards })?;
        if self.case()?.status == Status::Resolved {
            self.open_again(reason.clone())?;
        }
        let case = self.case()?;
        let heads = self.organisation().superiors(case.sender.person(), &case.department, self.now());
        let target = crate::organisation::head_of(&case.department);
        let heads = self.or_catch_all(heads, &case.department.clone())?;
        let why = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        let event = Event::Asked {
            first: self.next_task()?,
            kind: TaskKind::Answer,
            target,
            holders: Holders::Any(heads),
            seat: None,
            note: Some(format!("not approved after it went out; put it right{why}")),
            goal: None,
            shared_goal: None,
        };
        self.emit(event)?;
        self.tell_sender(Purpose::Verdict)
    }

    /// What a stage does by itself when its deadline, this goal, passes; `false` when that is for `escalate` to
    /// say.
    pub(super) fn settle_at_deadline(&mut self, goal: &Goal) -> Result<bool, StepError> {
        let mut running = self.case()?.stages.iter().filter(|stage| stage.status == StageStatus::Running);
        let Some(stage) = running.find(|stage| stage.goal == Some(goal.number)) else { return Ok(false) };
        let status = match stage.at_deadline {
            AtDeadline::Escalate => return Ok(false),
            AtDeadline::Approve => StageStatus::Approved,
            AtDeadline::Reject => StageStatus::Rejected,
        };
        let name = stage.name.clone();
        self.settle(&name, status, Some("decided by its deadline"))?;
        Ok(true)
    }

    /// The task, if it is open, asks for this, and is the requester's to do.
    pub(super) fn open_task(
        &mut self,
        number: TaskNumber,
        kind: TaskKind,
        verb: Verb,
    ) -> Result<crate::case::Task, StepError> {
        let task = self.task(number)?.clone();
        let case = self.case()?;
        if !access::may_do(case, self.requester(), &task) {
            return Err(self.forbidden(verb, "a task is for those it was given to, and not for the sender"));
        }
        if task.kind != kind {
            return Err(Refusal::OtherTask { kind: task.kind, verb }.into());
        }
        if task.status != TaskStatus::Open {
            let since = task.done.as_ref().map(|done| format!("{} by {}", done.at, done.by));
            let since = since.unwrap_or_else(|| case.updated_at.to_string());
            return Err(Refusal::TaskOver { status: task.status, since }.into());
        }
        Ok(task)
    }
}
