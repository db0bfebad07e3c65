//! From targets to people: who is meant, who is there, who stands above whom.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::directory::{HEAD, POLICY_AUTHOR, head_of, role_of};
use super::{Department, ORGANISATION, Organisation, Person};
use crate::calendar::Calendar;
use crate::names::{CalendarName, ContactId, DepartmentId, PersonId};
use crate::target::{Actor, Target};

/// How often a substitute is followed to their own substitute before the head is asked.
const SUBSTITUTE_CHAIN_LIMIT: usize = 8;

/// Whom a target comes to. Both empty when nobody is there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resolved {
    /// People who are there, sorted, each once.
    pub people: Vec<PersonId>,
    /// External contacts.
    pub contacts: Vec<ContactId>,
}

impl Organisation {
    /// Whom `target` comes to at `at`. An absent or deactivated person is replaced by their substitute; one
    /// without a substitute who is there is left out.
    #[must_use]
    pub fn resolve(&self, target: &Target, at: Timestamp) -> Resolved {
        if let Target::Contact(contact) = target {
            let contacts = self.contacts.contains_key(contact).then(|| contact.clone());
            return Resolved { people: Vec::new(), contacts: contacts.into_iter().collect() };
        }
        let people: BTreeSet<PersonId> =
            self.members(target).into_iter().filter_map(|person| self.present(person, at)).collect();
        Resolved { people: people.into_iter().collect(), contacts: Vec::new() }
    }

    /// Whom `target` names, whether they are there or not. What a right depends on is membership, not
    /// presence.
    #[must_use]
    pub fn members(&self, target: &Target) -> Vec<&PersonId> {
        let holders = |department: &DepartmentId, role: &str| -> Vec<&PersonId> {
            let department = self.departments.get(department);
            department.and_then(|d| d.roles.get(role)).map(|holders| holders.iter().collect()).unwrap_or_default()
        };
        match target {
            Target::Person(person) => self.people.get_key_value(person).map(|(person, _)| person).into_iter().collect(),
            Target::Role(department, role) => holders(department, role.as_str()),
            Target::Department(id) => match self.departments.get(id) {
                Some(department) if !department.contacts.is_empty() => department.contacts.iter().collect(),
                _ => holders(id, HEAD),
            },
            Target::Members(id) => {
                let of_department = |person: &Person| person.active && person.departments.contains(id);
                self.people.iter().filter(|(_, person)| of_department(person)).map(|(id, _)| id).collect()
            }
            Target::Leader(id) => {
                self.departments.get(id).and_then(|department| department.leader.as_ref()).into_iter().collect()
            }
            Target::Everyone => self.people.iter().filter(|(_, p)| p.active).map(|(id, _)| id).collect(),
            Target::Contact(_) => Vec::new(),
        }
    }

    /// Whether `person` is among those that `targets` name.
    #[must_use]
    pub fn is_among<'t>(&self, person: &PersonId, targets: impl IntoIterator<Item = &'t Target>) -> bool {
        targets.into_iter().any(|target| self.members(target).contains(&person))
    }

    /// `person`, or whoever stands in for them at `at`.
    #[must_use]
    pub fn present(&self, person: &PersonId, at: Timestamp) -> Option<PersonId> {
        let (mut id, mut record) = self.people.get_key_value(person)?;
        for _ in 0..SUBSTITUTE_CHAIN_LIMIT {
            if record.is_there(at) {
                return Some(id.clone());
            }
            (id, record) = self.people.get_key_value(record.substitute.as_ref()?)?;
        }
        None
    }

    /// Who is there of a department's heads.
    #[must_use]
    pub fn heads(&self, department: &DepartmentId, at: Timestamp) -> Vec<PersonId> {
        let heads = self.departments.get(department).and_then(|d| d.roles.get(HEAD));
        let mut heads: Vec<_> = heads.into_iter().flatten().filter_map(|person| self.present(person, at)).collect();
        heads.sort();
        heads.dedup();
        heads
    }

    /// Who writes the policies of `department`, and is turned to when one fails: those in the role
    /// [`POLICY_AUTHOR`], else its head.
    #[must_use]
    pub fn policy_authors(&self, department: &DepartmentId) -> Target {
        let authors = role_of(department, POLICY_AUTHOR);
        if self.members(&authors).is_empty() { head_of(department) } else { authors }
    }

    /// Who stands above `person`, in the order in which they are to be asked: the heads of their department, the leader
    /// in charge of it, the house's superiors, the catch-alls, anybody. `person` is never among them unless nobody else is active.
    #[must_use]
    pub fn superiors(&self, person: Option<&PersonId>, department: &DepartmentId, at: Timestamp) -> Vec<PersonId> {
        let others = |people: Vec<PersonId>| -> Vec<PersonId> {
            people.into_iter().filter(|candidate| Some(candidate) != person).collect()
        };
        let home = person.and_then(|p| self.people.get(p)).and_then(|p| p.departments.first());
        let home = home.unwrap_or(department);
        let mut steps = vec![self.heads(home, at), self.resolve(&Target::Leader(home.clone()), at).people];
        steps.extend(self.rules.superiors.iter().map(|target| self.resolve(target, at).people));
        steps.extend([self.catch_all(department, at), self.house_catch_all(at)]);
        let found = steps.into_iter().map(others).find(|people| !people.is_empty());
        found.unwrap_or_else(|| self.anyone(person, at))
    }

    /// Who gets what nothing routed: the department's catch-all, its head, the organisation's catch-all.
    #[must_use]
    pub fn catch_all(&self, department: &DepartmentId, at: Timestamp) -> Vec<PersonId> {
        let own = self.departments.get(department).and_then(|d: &Department| d.catch_all.as_ref());
        let resolve = |target: &Target| self.resolve(target, at).people;
        let own = own.map(resolve).filter(|people| !people.is_empty());
        let people = own.unwrap_or_else(|| self.heads(department, at));
        if people.is_empty() { self.house_catch_all(at) } else { people }
    }

    /// Who gets what nobody else is there for: the organisation's catch-all, its superiors, in the end the
    /// first active person. Empty only when the directory has no active person.
    #[must_use]
    pub fn house_catch_all(&self, at: Timestamp) -> Vec<PersonId> {
        let targets = self.rules.catch_all.iter().chain(&self.rules.superiors);
        let mut found = targets.map(|target| self.resolve(target, at).people);
        found.find(|people| !people.is_empty()).unwrap_or_else(|| self.anyone(None, at))
    }

    /// The last resort, so that a task is never without somebody: the first person who is there, else the
    /// first active one; `except` only if there is nobody else.
    fn anyone(&self, except: Option<&PersonId>, at: Timestamp) -> Vec<PersonId> {
        let active = || self.people.iter().filter(|(_, person)| person.active);
        let best = active().min_by_key(|(id, person)| (Some(*id) == except, !person.is_there(at)));
        best.map(|(id, _)| id.clone()).into_iter().collect()
    }

    /// The calendar of a department: its own, else the organisation's.
    #[must_use]
    pub fn calendar_of(&self, department: &DepartmentId) -> Option<(&CalendarName, &Calendar)> {
        let own = self.departments.get(department).and_then(|d| d.calendar.as_ref());
        self.calendars.get_key_value(own.or(self.rules.calendar.as_ref())?)
    }

    /// Whether `actor` belongs to `department`. Everybody belongs to the organisation.
    #[must_use]
    pub fn belongs(&self, actor: &Actor, department: &DepartmentId) -> bool {
        let person = actor.person().and_then(|person| self.people.get(person));
        person.is_some_and(|p| p.active && (department.as_str() == ORGANISATION || p.departments.contains(department)))
    }

    /// Whom a target names, for people to read: `李雷`, `生产部`; of a role its department and name. A name that the
    /// directory does not know any more stands for itself.
    #[must_use]
    pub fn title_of(&self, target: &Target) -> String {
        let known = match target {
            Target::Person(id) => self.people.get(id).map(|person| person.title.clone()),
            Target::Contact(id) => self.contacts.get(id).map(|contact| contact.title.clone()),
            Target::Department(id) => Some(self.department_title(id).to_owned()),
            Target::Role(id, role) => Some(format!("{} {role}", self.department_title(id))),
            Target::Members(id) | Target::Leader(id) => {
                let sort = if matches!(target, Target::Members(_)) { "members" } else { "leader" };
                Some(format!("{} {sort}", self.department_title(id)))
            }
            Target::Everyone => None,
        };
        known.unwrap_or_else(|| target.to_string())
    }

    /// The title of a department, or its id where it has none.
    #[must_use]
    pub fn department_title<'a>(&'a self, department: &'a DepartmentId) -> &'a str {
        self.departments.get(department).map_or(department.as_str(), |d| d.title.as_str())
    }
}

impl Person {
    /// Whether they work here and are not away at `at`.
    #[must_use]
    pub fn is_there(&self, at: Timestamp) -> bool {
        self.active && !self.absences.iter().any(|absence| absence.from <= at && at < absence.until)
    }
}
