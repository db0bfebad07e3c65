//! Whether a configuration is whole: every name it uses exists, every rule it makes can be kept.
//!
//! What is checked here holds for the snapshot as a whole. What a single value may look like is its type's
//! business; whether a form is a sound JSON Schema is the form compiler's.

mod directory;
mod field;
mod ways;

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;

use super::{ORGANISATION, Organisation};
use crate::names::{CalendarName, ChannelName, ContactId, DepartmentId, PersonId};
use crate::nearest::guess;
use crate::target::Target;

pub use field::{Field, Step};

/// For how many unknown names the nearest known one is looked up. A directory of 20,000 in which every name is
/// wrong would otherwise be compared with itself.
const GUESSES_LIMIT: u32 = 200;

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The place: `departments.production.roles.head[0]`.
    pub field: Field,
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
    /// Everything that is wrong, at once: names that do not exist, with the nearest that does; nobody to turn to
    /// (no active person, no catch-all, a department without a head who works here); channels that cannot carry
    /// anything, approvals that nobody can give; kinds without a form or with a naming rule that uses unknown
    /// fields.
    pub fn check(&self) -> Result<(), ConfigurationError> {
        let mut check = Check { organisation: self, problems: Vec::new(), guesses_left: GUESSES_LIMIT };
        check.rules();
        check.departments();
        check.people();
        check.contacts();
        check.calendars();
        check.channels();
        check.kinds();
        check.problems.sort();
        if check.problems.is_empty() { Ok(()) } else { Err(ConfigurationError { problems: check.problems }) }
    }
}

/// Whom a target may name at some place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Among {
    /// People, and all of them if need be.
    People,
    /// People who are to do something: everyone would be no one.
    Responsible,
}

struct Check<'a> {
    organisation: &'a Organisation,
    problems: Vec<Problem>,
    guesses_left: u32,
}

impl<'a> Check<'a> {
    fn say(&mut self, field: Field, message: impl Into<String>) {
        self.problems.push(Problem { field, message: message.into() });
    }

    /// Says that there is no `what` of this name, and which one there is that is written alike.
    fn unknown<'n>(&mut self, field: Field, what: &str, name: &str, known: impl IntoIterator<Item = &'n str>) {
        let guess = if self.guesses_left > 0 { guess(name, known) } else { String::new() };
        self.guesses_left = self.guesses_left.saturating_sub(1);
        self.say(field, format!("there is no {what} `{name}`{guess}"));
    }

    fn person(&mut self, field: Field, person: &PersonId) {
        let people = &self.organisation.people;
        if !people.contains_key(person) {
            self.unknown(field, "person", person.as_str(), people.keys().map(PersonId::as_str));
        }
    }

    fn persons(&mut self, field: &Field, persons: &[PersonId]) {
        for (index, person) in persons.iter().enumerate() {
            self.person(field.index(index), person);
        }
        self.each_once(field, persons);
    }

    fn each_once<N: Ord + fmt::Display>(&mut self, field: &Field, names: &[N]) {
        let mut seen = BTreeSet::new();
        for (index, name) in names.iter().enumerate() {
            if !seen.insert(name) {
                self.say(field.index(index), format!("`{name}` is in this list already"));
            }
        }
    }

    fn department(&mut self, field: Field, department: &DepartmentId) {
        let departments = &self.organisation.departments;
        if !departments.contains_key(department) {
            let known = departments.keys().map(DepartmentId::as_str);
            self.unknown(field, "department", department.as_str(), known);
        }
    }

    fn calendar(&mut self, field: Field, calendar: Option<&CalendarName>) {
        let calendars = &self.organisation.calendars;
        if let Some(name) = calendar.filter(|name| !calendars.contains_key(*name)) {
            self.unknown(field, "calendar", name.as_str(), calendars.keys().map(CalendarName::as_str));
        }
    }

    fn channel(&mut self, field: Field, channel: &ChannelName) {
        let channels = &self.organisation.channels;
        if !channels.contains_key(channel) {
            self.unknown(field, "channel", channel.as_str(), channels.keys().map(ChannelName::as_str));
        }
    }

    /// Whether all that `target` names exists; says what does not.
    fn target(&mut self, field: &Field, target: &Target) -> bool {
        let problems = self.problems.len();
        let organisation = self.organisation;
        match target {
            Target::Person(person) => self.person(field.clone(), person),
            Target::Department(department) | Target::Members(department) => {
                self.department(field.clone(), department);
            }
            Target::Leader(department) => match organisation.departments.get(department) {
                None => self.department(field.clone(), department),
                Some(found) if found.leader.is_none() => {
                    self.say(field.clone(), format!("department `{department}` has no `leader`; name one there"));
                }
                Some(_) => {}
            },
            Target::Role(department, role) => match organisation.departments.get(department) {
                None => self.department(field.clone(), department),
                Some(found) if !found.roles.contains_key(role) => {
                    let what = format!("role in department `{department}` called");
                    self.unknown(field.clone(), &what, role.as_str(), found.roles.keys().map(|role| role.as_str()));
                }
                Some(_) => {}
            },
            Target::Contact(contact) if !organisation.contacts.contains_key(contact) => {
                let known = organisation.contacts.keys().map(ContactId::as_str);
                self.unknown(field.clone(), "contact", contact.as_str(), known);
            }
            Target::Contact(_) | Target::Everyone => {}
        }
        self.problems.len() == problems
    }

    /// Checks a target that must come to people of this organisation.
    fn people_of(&mut self, field: &Field, target: &Target, among: Among) {
        if !self.target(field, target) {
            return;
        }
        match target {
            Target::Contact(_) => {
                self.say(field.clone(), format!("`{target}` is outside the organisation; name people, such as a role"));
            }
            Target::Everyone if among == Among::Responsible => {
                self.say(field.clone(), "`everyone` is too many to be responsible; name a role or a person");
            }
            _ if self.reachable(target) == 0 => {
                self.say(field.clone(), format!("`{target}` comes to nobody who still works here"));
            }
            _ => {}
        }
    }

    /// How many people a target comes to when nobody is away.
    fn reachable(&self, target: &Target) -> usize {
        // No absence reaches back to the beginning of time.
        self.organisation.resolve(target, Timestamp::MIN).people.len()
    }

    /// Names of entries that become names of files or folders in an organisation kept as code.
    fn file_name(&mut self, field: Field, name: &str) {
        if name.starts_with('.') {
            self.say(field, format!("`{name}` begins with a dot and would be a hidden file; choose another name"));
        }
    }

    fn title(&mut self, entry: &Field, title: &str) {
        if title.trim().is_empty() {
            self.say(entry.key("title"), "is empty; people need something to read");
        }
    }

    fn rules(&mut self) {
        let at = Field::section("rules");
        let rules = &self.organisation.rules;
        match &rules.catch_all {
            None => self.say(
                at.key("catch_all"),
                "missing: somebody must get what nothing else routes; name a target such as `role:organisation/duty`",
            ),
            Some(target) => self.people_of(&at.key("catch_all"), target, Among::Responsible),
        }
        if rules.calendar.is_none() {
            let message = "missing: deadlines need the working hours of somebody; name a calendar";
            self.say(at.key("calendar"), message);
        }
        self.calendar(at.key("calendar"), rules.calendar.as_ref());
        for (index, department) in rules.may_reach_everyone.iter().enumerate() {
            self.department(at.key("may_reach_everyone").index(index), department);
        }
        for (field, targets, among) in [
            ("superiors", &rules.superiors, Among::Responsible),
            ("senior_management", &rules.senior_management, Among::People),
            ("confidential_readers", &rules.confidential_readers, Among::People),
            ("restricted_readers", &rules.restricted_readers, Among::People),
        ] {
            for (index, target) in targets.iter().enumerate() {
                self.people_of(&at.key(field).index(index), target, among);
            }
        }
    }

    fn calendars(&mut self) {
        for name in self.organisation.calendars.keys() {
            self.file_name(Field::section("calendars").key(name.as_str()), name.as_str());
        }
    }
}

/// Whether a department id stands for the organisation as a whole.
fn is_whole(department: &DepartmentId) -> bool {
    department.as_str() == ORGANISATION
}

#[cfg(test)]
mod tests;
