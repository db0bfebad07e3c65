//! Departments, people and external contacts.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::channel::Address;
use crate::names::{CalendarName, ChannelName, DepartmentId, PersonId, RoleName};
use crate::target::Target;
use crate::words::words;

/// The role that every department should have: it answers for the department.
pub const HEAD: &str = "head";

/// The role of those who write a department's policies, and hear of it when one fails. Without anybody in it, that
/// is the head.
pub const POLICY_AUTHOR: &str = "policy-author";

/// A department, or the organisation itself.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Department {
    /// For people to read: `生产部`.
    pub title: String,
    /// Who holds which role here; `head` answers for the department.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<RoleName, Vec<PersonId>>,
    /// Its contact persons, whom `department:…` reaches; without any, the head.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<PersonId>,
    /// Its working hours; without one, the organisation's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<CalendarName>,
    /// Gets what nothing routed within this department; without one, its head, then the organisation's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catch_all: Option<Target>,
    /// The leader in charge 分管领导, whom `leader:…` reaches; above its heads where those would decide their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leader: Option<PersonId>,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// For people to read: `李雷`.
    pub title: String,
    /// The departments they belong to; the first is the one they answer to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub departments: Vec<DepartmentId>,
    /// Whether they still work here. Tasks of a deactivated person go to their substitute, or their head.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub active: bool,
    /// Takes their tasks while they are absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub substitute: Option<PersonId>,
    /// When they are away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absences: Vec<Absence>,
    /// Where channels that reach single people find them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub addresses: BTreeMap<ChannelName, Address>,
}

/// A time during which a person is away.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absence {
    /// The first moment of the absence.
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
}

/// An external contact (requirement R44).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// For people to read: `华东精密铸件有限公司`.
    pub title: String,
    /// How much they matter to the business.
    #[serde(default)]
    pub tier: ContactTier,
    /// Who keeps the relation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<PersonId>,
    /// Where channels find them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub addresses: BTreeMap<ChannelName, Address>,
}

words! {
    /// How much an external contact matters to the business.
    ContactTier {
        /// A key customer or partner.
        Strategic = "strategic",
        /// Everyone else.
        Ordinary = "ordinary",
    }
}

#[expect(clippy::derivable_impls, reason = "the words are declared without a default")]
impl Default for ContactTier {
    fn default() -> Self {
        Self::Ordinary
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn is_yes(value: &bool) -> bool {
    *value
}

fn yes() -> bool {
    true
}

/// The target that names the heads of a department.
#[must_use]
pub fn head_of(department: &DepartmentId) -> Target {
    role_of(department, HEAD)
}

/// The target that names the holders of one of the roles that Herald knows by name.
pub(super) fn role_of(department: &DepartmentId, role: &str) -> Target {
    let role = RoleName::new(role).unwrap_or_else(|_| unreachable!("`{role}` is a name"));
    Target::Role(department.clone(), role)
}
