//! Whether a configuration is whole: every name it uses exists, every rule it makes can be kept.

use std::fmt;

use super::directory::HEAD;
use super::kind::NAMING_FIELDS;
use super::{ORGANISATION, Organisation};
use crate::names::{CalendarName, DepartmentId, PersonId};
use crate::target::Target;

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The field, as a path: `departments.production.roles.head`.
    pub field: String,
    /// What is wrong and what to do, in a lowercase fragment.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// A configuration that is not whole; everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ConfigurationError {
    /// In the order of the fields.
    pub problems: Vec<Problem>,
}

impl Organisation {
    /// Checks the configuration as a whole.
    ///
    /// # Errors
    /// Everything that is wrong, at once: names that do not exist, a missing catch-all, departments without a
    /// head, substitutes that stand in for each other in a circle, naming rules with unknown fields.
    pub fn check(&self) -> Result<(), ConfigurationError> {
        let mut check = Check { organisation: self, problems: Vec::new() };
        check.rules();
        check.departments();
        check.people();
        check.channels();
        check.kinds();
        check.problems.sort();
        if check.problems.is_empty() { Ok(()) } else { Err(ConfigurationError { problems: check.problems }) }
    }
}

struct Check<'a> {
    organisation: &'a Organisation,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn say(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem { field: field.into(), message: message.into() });
    }

    fn person(&mut self, field: impl Into<String>, person: &PersonId) {
        if !self.organisation.people.contains_key(person) {
            self.say(field, format!("there is no person `{person}` in the directory"));
        }
    }

    fn department(&mut self, field: impl Into<String>, department: &DepartmentId) {
        if !self.organisation.departments.contains_key(department) {
            self.say(field, format!("there is no department `{department}` in the directory"));
        }
    }

    fn calendar(&mut self, field: impl Into<String>, calendar: Option<&CalendarName>) {
        if let Some(name) = calendar.filter(|name| !self.organisation.calendars.contains_key(*name)) {
            self.say(field, format!("there is no calendar `{name}`"));
        }
    }

    fn target(&mut self, field: &str, target: &Target) {
        match target {
            Target::Person(person) => self.person(field, person),
            Target::Department(department) => self.department(field, department),
            Target::Role(department, role) => match self.organisation.departments.get(department) {
                None => self.department(field, department),
                Some(found) if !found.roles.contains_key(role) => {
                    self.say(field, format!("department `{department}` has no role `{role}`"));
                }
                Some(_) => {}
            },
            Target::Contact(contact) if !self.organisation.contacts.contains_key(contact) => {
                self.say(field, format!("there is no contact `{contact}`"));
            }
            Target::Contact(_) | Target::Everyone => {}
        }
    }

    fn rules(&mut self) {
        let rules = &self.organisation.rules;
        match &rules.catch_all {
            None => self.say(
                "rules.catch_all",
                "missing: somebody must get what nothing else routes; name a target such as `role:organisation/duty`",
            ),
            Some(target) => {
                self.target("rules.catch_all", target);
                if self.organisation.members(target).is_empty() {
                    self.say("rules.catch_all", format!("`{target}` comes to nobody"));
                }
            }
        }
        if rules.calendar.is_none() {
            self.say("rules.calendar", "missing: deadlines need the working hours of somebody; name a calendar");
        }
        self.calendar("rules.calendar", rules.calendar.as_ref());
        for department in &rules.may_reach_everyone {
            self.department("rules.may_reach_everyone", department);
        }
        for (field, targets) in [
            ("rules.superiors", &rules.superiors),
            ("rules.senior_management", &rules.senior_management),
            ("rules.confidential_readers", &rules.confidential_readers),
            ("rules.restricted_readers", &rules.restricted_readers),
        ] {
            for target in targets {
                self.target(field, target);
            }
        }
    }

    fn departments(&mut self) {
        for (id, department) in &self.organisation.departments {
            let at = format!("departments.{id}");
            for (role, holders) in &department.roles {
                for person in holders {
                    self.person(format!("{at}.roles.{role}"), person);
                }
            }
            let headless = department.roles.get(HEAD).is_none_or(Vec::is_empty);
            if headless && id.as_str() != ORGANISATION {
                self.say(format!("{at}.roles.{HEAD}"), "missing: somebody must answer for the department");
            }
            for person in &department.contacts {
                self.person(format!("{at}.contacts"), person);
            }
            if let Some(leader) = &department.leader {
                self.person(format!("{at}.leader"), leader);
            }
            self.calendar(format!("{at}.calendar"), department.calendar.as_ref());
            if let Some(target) = &department.catch_all {
                self.target(&format!("{at}.catch_all"), target);
            }
        }
    }

    fn people(&mut self) {
        for (id, person) in &self.organisation.people {
            let at = format!("people.{id}");
            for department in &person.departments {
                self.department(format!("{at}.departments"), department);
            }
            if let Some(substitute) = &person.substitute {
                self.person(format!("{at}.substitute"), substitute);
                if substitute == id {
                    self.say(format!("{at}.substitute"), "nobody can stand in for themselves");
                }
            }
            for absence in &person.absences {
                if absence.until <= absence.from {
                    self.say(format!("{at}.absences"), "`until` must be later than `from`");
                }
            }
            for channel in person.addresses.keys() {
                if !self.organisation.channels.contains_key(channel) {
                    self.say(format!("{at}.addresses"), format!("there is no channel `{channel}`"));
                }
            }
        }
        for (id, contact) in &self.organisation.contacts {
            if let Some(owner) = &contact.owner {
                self.person(format!("contacts.{id}.owner"), owner);
            }
        }
    }

    fn channels(&mut self) {
        for (id, channel) in &self.organisation.channels {
            let at = format!("channels.{id}");
            for department in &channel.open_to {
                self.department(format!("{at}.open_to"), department);
            }
            if let Some(owner) = &channel.owner {
                self.target(&format!("{at}.owner"), owner);
            }
            for target in channel.approval.iter().flat_map(|stage| &stage.approvers) {
                self.target(&format!("{at}.approval.approvers"), target);
            }
        }
    }

    fn kinds(&mut self) {
        for (id, kind) in &self.organisation.kinds {
            let fields = kind.naming.split('{').skip(1).map(|rest| rest.split_once('}').map_or(rest, |(name, _)| name));
            for field in fields {
                if !NAMING_FIELDS.contains(&field) {
                    self.say(
                        format!("kinds.{id}.naming"),
                        format!("there is no field `{{{field}}}`; use `{{{}}}`", NAMING_FIELDS.join("}`, `{")),
                    );
                }
            }
            if !kind.form.is_object() {
                self.say(format!("kinds.{id}.form"), "a form is a JSON Schema: an object");
            }
        }
    }
}
