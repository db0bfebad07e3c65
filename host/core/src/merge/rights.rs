//! What a bundle may ask for, by the department that owns it.

use super::cut;
use crate::decision::{BundleId, Cut, Promise, Reach};
use crate::message::Classification;
use crate::names::{ChannelName, DepartmentId};
use crate::organisation::{ORGANISATION, Organisation};
use crate::plan::{GoalName, GoalPlan, Question, Send};
use crate::target::Target;

/// The rights of one bundle.
pub(super) struct Rights<'a> {
    pub(super) organisation: &'a Organisation,
    pub(super) bundle: &'a BundleId,
    /// Whether promises may also be asked of holders of the organisation's own roles, as an escalation may:
    /// it climbs.
    pub(super) upwards: bool,
}

impl Rights<'_> {
    fn department(&self) -> &DepartmentId {
        &self.bundle.department
    }

    fn is_house(&self) -> bool {
        self.department().as_str() == ORGANISATION
    }

    fn reaches_everyone(&self) -> bool {
        self.is_house() || self.organisation.rules.may_reach_everyone.contains(self.department())
    }

    /// Whether to send to `target` is to publish: to reach people who have nothing to do with the bundle's department,
    /// and are not chosen one by one.
    fn publishes(&self, target: &Target) -> bool {
        match target {
            Target::Everyone => true,
            Target::Members(department) => department != self.department(),
            _ => false,
        }
    }

    /// Whether it may ask acknowledgements, answers and goals of `target`.
    fn may_ask(&self, target: &Target) -> bool {
        let own = |department: &DepartmentId| {
            department == self.department() || (self.upwards && department.as_str() == ORGANISATION)
        };
        self.is_house()
            || match target {
                Target::Role(department, _)
                | Target::Department(department)
                | Target::Members(department)
                | Target::Leader(department) => own(department),
                Target::Person(person) => {
                    self.organisation.people.get(person).is_some_and(|p| p.departments.contains(self.department()))
                }
                Target::Everyone => self.reaches_everyone(),
                Target::Contact(_) => false,
            }
    }

    /// The part of `send` that the bundle has a right to, and what it has no right to.
    pub(super) fn reach(&self, send: &Send, classification: Classification, cuts: &mut Vec<Cut>) -> Option<Reach> {
        let to = &send.to;
        if self.publishes(to) && !self.reaches_everyone() {
            let whom = if *to == Target::Everyone { "everyone" } else { "all of another department" };
            let why = format!("department `{}` may not reach {whom}", self.department());
            cuts.push(cut(self.bundle, format!("sending to `{to}`"), why));
            return None;
        }
        let by = send.by.iter().filter(|name| self.may_use(name, to, classification, cuts)).cloned().collect();
        let mut reach = Reach { by, ..Reach::default() };
        let asked = [
            (send.acknowledge_within, "an acknowledgement", &mut reach.acknowledge),
            (send.answer_within, "an answer", &mut reach.answer),
            (send.report_every, "reports", &mut reach.report),
        ];
        let promise = |within, about| {
            let (set_by, remind_before) = (self.bundle.clone(), send.remind_before);
            Promise { within, set_by, remind_before, about }
        };
        for (within, what, promises) in asked {
            let Some(within) = within else { continue };
            if self.may_ask(to) {
                promises.insert(promise(within, None));
            } else {
                cuts.push(cut(self.bundle, format!("{what} from `{to}`"), self.foreign()));
            }
        }
        for Question { about, within } in &send.asks {
            if self.may_ask(to) {
                reach.answer.insert(promise(*within, Some(about.clone())));
            } else {
                cuts.push(cut(self.bundle, format!("`{about}` from `{to}`"), self.foreign()));
            }
        }
        Some(reach)
    }

    fn foreign(&self) -> String {
        format!("department `{}` may ask this of its own people only", self.department())
    }

    fn may_use(&self, name: &ChannelName, to: &Target, classification: Classification, cuts: &mut Vec<Cut>) -> bool {
        let why = match self.organisation.channels.get(name) {
            None => Some(format!("there is no channel `{name}`")),
            Some(channel) if channel.external && classification >= Classification::Confidential => {
                Some(format!("channel `{name}` leaves the organisation, and the message is {classification}"))
            }
            Some(channel) => {
                let open = channel.open_to.is_empty() || channel.open_to.contains(self.department());
                (!open && !self.is_house())
                    .then(|| format!("channel `{name}` is not open to department `{}`", self.department()))
            }
        };
        if let Some(why) = why {
            cuts.push(cut(self.bundle, format!("channel `{name}` to `{to}`"), why));
            return false;
        }
        true
    }

    /// Whether it may set `goal` for its owner; `accountable` owns a goal that names nobody. What decides a stage
    /// or closes a case is the host's own.
    pub(super) fn may_set(&self, goal: &GoalPlan, accountable: Option<&Target>, cuts: &mut Vec<Cut>) -> bool {
        if matches!(goal.name, GoalName::Stage(_) | GoalName::Close) {
            let why = "the host sets goals of this name itself; choose another";
            cuts.push(cut(self.bundle, format!("goal `{}`", goal.name), why));
            return false;
        }
        let owner = goal.owner.as_ref().or(accountable);
        let may = self.is_house() || owner.is_some_and(|owner| self.may_ask(owner));
        if !may {
            let whom = owner.map_or_else(|| "the accountable person".to_owned(), |owner| format!("`{owner}`"));
            cuts.push(cut(self.bundle, format!("goal `{}` for {whom}", goal.name), self.foreign()));
        }
        may
    }
}
