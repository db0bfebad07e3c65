//! Which timers are due, and what each of them asks for. Nothing is judged here and nothing is written.
//!
//! A timer lies in the store until its goal no longer runs, so none is lost: what is here, in memory, only
//! keeps one from firing twice while its policies are being asked.

use std::collections::{HashMap, HashSet};

use herald_core::command::Command;
use herald_core::decision::Escalation;
use herald_core::ids::{CaseId, GoalId, GoalNumber};
use herald_core::plan::GoalName;
use herald_core::workspace::Rows;
use herald_store::StoreError;
use herald_store::partition::Snapshot;
use jiff::{SignedDuration, Timestamp};

use super::input::{Origin, Work};

/// The most goals that one look at the timers takes. A notice to ten thousand people whose acknowledgements are
/// due at once is one breach, not forty.
const LOOK_LIMIT_GOALS: usize = 10_000;
/// The most warnings and closings that one look takes.
const LOOK_LIMIT_COMMANDS: usize = 256;
/// The most breaches that policies are asked about at once: after a long stop they fire at the rate at which
/// these come back.
const ESCALATING_LIMIT: usize = 32;
/// How long a timer rests after it could not be carried out, for want of a calendar or of anybody to tell.
const REST: SignedDuration = SignedDuration::from_secs(60);

/// The most timers that rest at once; while there are more, nothing new fires. So many at once means that the
/// organisation's configuration is broken as a whole.
const RESTING_LIMIT: usize = 10_000;

/// Timers that are not to fire, although they are due.
#[derive(Debug, Default)]
pub(super) struct Timers {
    /// On their way to being judged.
    fired: HashSet<GoalId>,
    /// Could not be carried out, until then.
    resting: HashMap<GoalId, Timestamp>,
    /// Cases with a breach that policies are being asked about. Nothing else of such a case fires meanwhile: what was
    /// due first is judged first, and policies that are asked next see what came of it.
    escalating: HashSet<CaseId>,
}

/// What is due.
#[derive(Default)]
pub(super) struct Due {
    /// Warnings and closings, oldest first.
    pub(super) commands: Vec<Work>,
    /// Breaches that policies have to be asked about, oldest first.
    pub(super) breaches: Vec<Breached>,
    /// Whether there was more than one look takes.
    pub(super) more: bool,
}

/// Goals of one case and name that were due at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Breached {
    pub(crate) case: CaseId,
    pub(crate) goals: Vec<GoalNumber>,
}

/// What a timer asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    Warning,
    Closing,
    Escalation,
}

/// Goals that one command speaks of: of one name, due at once, and declined in the same words if at all.
struct Group {
    asks: Asks,
    case: CaseId,
    name: GoalName,
    due: Option<Timestamp>,
    declined: Option<String>,
    goals: Vec<GoalNumber>,
}

impl Timers {
    /// What is due at `at`, oldest first. It does not come again before it was [released](Self::release).
    pub(super) fn due(&mut self, snapshot: &Snapshot, at: Timestamp) -> Result<Due, StoreError> {
        self.resting.retain(|_, until| *until > at);
        let limit = LOOK_LIMIT_GOALS + self.held();
        let timers = snapshot.due_timers(at, limit)?;
        let mut more = timers.len() == limit;
        let mut groups: Vec<Group> = Vec::new();
        let mut unreadable = Vec::new();
        for timer in timers.iter().filter(|timer| !self.holds(&timer.goal)) {
            let GoalId { case, number } = timer.goal;
            let goal = match snapshot.goal(case, number).map_err(StoreError::from) {
                Ok(Some(goal)) => goal,
                Ok(None) => continue,
                Err(error @ StoreError::Disk(_)) => return Err(error),
                Err(error) => {
                    tracing::error!(goal = %timer.goal, %error, "a goal that is due cannot be read; it is tried again");
                    unreadable.push(timer.goal);
                    continue;
                }
            };
            let asks = match (goal.due.is_some_and(|due| due <= at), &goal.name) {
                (true, GoalName::Close) => Asks::Closing,
                (true, _) => Asks::Escalation,
                (false, _) => Asks::Warning,
            };
            let same = |group: &&mut Group| {
                let alike = group.asks == asks && group.case == case && group.due == goal.due;
                alike && group.name == goal.name && group.declined == goal.declined
            };
            if let Some(group) = groups.iter_mut().rev().find(same) {
                group.goals.push(number);
            } else if groups.iter().any(|group| group.case == case && group.asks == Asks::Escalation) {
                continue;
            } else if self.has_room(&groups, asks) {
                let (name, due, declined) = (goal.name, goal.due, goal.declined);
                groups.push(Group { asks, case, name, due, declined, goals: vec![number] });
            } else {
                // Breaches that come back make room; for commands there is room again at once.
                more = asks != Asks::Escalation && self.resting.len() < RESTING_LIMIT;
                break;
            }
        }
        for goal in unreadable {
            self.rest(goal.case, &[goal.number], at);
        }
        // What was passed over comes back with the breach that it waits for.
        let mut due = Due { more: more && !groups.is_empty(), ..Due::default() };
        for group in groups {
            self.take(group, &mut due);
        }
        Ok(due)
    }

    fn take(&mut self, group: Group, due: &mut Due) {
        let Group { asks, case, goals, .. } = group;
        self.fired.extend(goals.iter().map(|number| GoalId { case, number: *number }));
        let command = match asks {
            Asks::Warning => Command::GoalWarning { goals: goals.clone() },
            // Nobody is asked about a close: the case ends, or its goal does.
            Asks::Closing => Command::GoalDue { goals: goals.clone(), escalation: Box::new(Escalation::default()) },
            Asks::Escalation => {
                self.escalating.insert(case);
                due.breaches.push(Breached { case, goals });
                return;
            }
        };
        due.commands.push(Work::of_host(case, command, Origin::Timers(goals)));
    }

    /// Policies were asked about a breach of `case`, or could not be.
    pub(super) fn escalated(&mut self, case: CaseId) {
        self.escalating.remove(&case);
    }

    /// Timers have been judged. They are gone, or come again in their time.
    pub(super) fn release(&mut self, case: CaseId, goals: &[GoalNumber]) {
        for number in goals {
            self.fired.remove(&GoalId { case, number: *number });
        }
    }

    /// Timers could not be carried out: they come again after a rest.
    pub(super) fn rest(&mut self, case: CaseId, goals: &[GoalNumber], at: Timestamp) {
        self.release(case, goals);
        let until = at.saturating_add(REST).unwrap_or(at);
        self.resting.extend(goals.iter().map(|number| (GoalId { case, number: *number }, until)));
    }

    /// When to look again, if nothing happens before: what is due at `at` and was not taken waits for something that
    /// comes back, or for the end of its rest.
    pub(super) fn next(&self, snapshot: &Snapshot, at: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let next = snapshot.next_timer(at)?;
        Ok(next.into_iter().chain(self.resting.values().copied()).min())
    }

    fn held(&self) -> usize {
        self.fired.len() + self.resting.len()
    }

    fn holds(&self, goal: &GoalId) -> bool {
        self.fired.contains(goal) || self.escalating.contains(&goal.case) || self.resting.contains_key(goal)
    }

    /// Whether one more group of this sort may be taken.
    fn has_room(&self, groups: &[Group], asks: Asks) -> bool {
        let breaches = groups.iter().filter(|group| group.asks == Asks::Escalation).count();
        let room = match asks {
            Asks::Escalation => self.escalating.len() + breaches < ESCALATING_LIMIT,
            Asks::Warning | Asks::Closing => groups.len() - breaches < LOOK_LIMIT_COMMANDS,
        };
        room && self.resting.len() < RESTING_LIMIT
    }
}
