//! Whom a policy names, and whom that comes to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::names::{ContactId, DepartmentId, NameError, PersonId, RoleName, ServiceName};
use crate::text::as_text;

as_text!(Target);

/// Whom a policy or a sender names. Resolved through the directory when a task is given, not before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// `person:li.lei`.
    Person(PersonId),
    /// `role:production/head`; `role:organisation/general-manager` for a role of the whole organisation.
    Role(DepartmentId, RoleName),
    /// `department:sales`: its contact persons.
    Department(DepartmentId),
    /// `members:sales`: everybody who belongs to it.
    Members(DepartmentId),
    /// `leader:sales`: the leader in charge of it 分管领导.
    Leader(DepartmentId),
    /// `everyone`: every active person.
    Everyone,
    /// `contact:acme`: an external contact.
    Contact(ContactId),
}

impl Target {
    /// The department named by a target that names one.
    #[must_use]
    pub fn department(&self) -> Option<&DepartmentId> {
        match self {
            Self::Role(department, _)
            | Self::Department(department)
            | Self::Members(department)
            | Self::Leader(department) => Some(department),
            Self::Person(_) | Self::Everyone | Self::Contact(_) => None,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Role(department, role) => write!(f, "role:{department}/{role}"),
            Self::Department(id) => write!(f, "department:{id}"),
            Self::Members(id) => write!(f, "members:{id}"),
            Self::Leader(id) => write!(f, "leader:{id}"),
            Self::Everyone => f.write_str("everyone"),
            Self::Contact(id) => write!(f, "contact:{id}"),
        }
    }
}

/// Why a text is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The part before the colon is unknown, or missing.
    #[error(
        "`{0}` is no target; write `person:ID`, `role:DEPARTMENT/ROLE`, `department:ID`, `members:ID`, `leader:ID`, \
         `contact:ID` or `everyone`"
    )]
    Form(String),
    /// The part after the colon is no name.
    #[error("in target `{text}`: {source}")]
    Name {
        /// The target as written.
        text: String,
        /// What is wrong with the name.
        source: NameError,
    },
}

impl FromStr for Target {
    type Err = TargetError;
    fn from_str(text: &str) -> Result<Self, TargetError> {
        let form = || TargetError::Form(text.to_owned());
        let name = |source| TargetError::Name { text: text.to_owned(), source };
        if text == "everyone" {
            return Ok(Self::Everyone);
        }
        let (sort, rest) = text.split_once(':').ok_or_else(form)?;
        match sort {
            "person" => PersonId::new(rest).map(Self::Person).map_err(name),
            "department" => DepartmentId::new(rest).map(Self::Department).map_err(name),
            "members" => DepartmentId::new(rest).map(Self::Members).map_err(name),
            "leader" => DepartmentId::new(rest).map(Self::Leader).map_err(name),
            "contact" => ContactId::new(rest).map(Self::Contact).map_err(name),
            "role" => {
                let (department, role) = rest.split_once('/').ok_or_else(form)?;
                let department = DepartmentId::new(department).map_err(name)?;
                RoleName::new(role).map(|role| Self::Role(department, role)).map_err(name)
            }
            _ => Err(form()),
        }
    }
}

/// Who does something: sends a message, decides a task.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// A person of the organisation.
    Person(PersonId),
    /// A program that speaks for departments.
    Service(ServiceName),
    /// Someone outside, known by their contact.
    Contact(ContactId),
    /// Someone who stays unknown.
    Anonymous,
    /// Herald itself: a timer, a policy, a delivery report.
    Host,
}

impl Actor {
    /// The person, if it is one.
    #[must_use]
    pub fn person(&self) -> Option<&PersonId> {
        match self {
            Self::Person(person) => Some(person),
            _ => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Service(name) => write!(f, "service:{name}"),
            Self::Contact(id) => write!(f, "contact:{id}"),
            Self::Anonymous => f.write_str("anonymous"),
            Self::Host => f.write_str("herald"),
        }
    }
}

/// Whom a delivery goes to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recipient {
    /// A person of the organisation.
    Person(PersonId),
    /// An external contact.
    Contact(ContactId),
    /// A channel that reaches a group at once (a room, a ticket queue), on behalf of this target.
    Group(Target),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_read_back_as_written() {
        for text in [
            "person:li.lei",
            "role:production/head",
            "department:销售部",
            "members:sales",
            "leader:sales",
            "everyone",
            "contact:acme",
        ] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
        for (text, says) in [
            ("li.lei", "is no target"),
            ("role:head", "role:DEPARTMENT/ROLE"),
            ("team:x", "is no target"),
            ("person:", "may not be empty"),
            ("department:a b", "contains ` `"),
        ] {
            let error = text.parse::<Target>().unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
