//! House rules: what the organisation settles once for every department.

use serde::{Deserialize, Serialize};

use crate::names::{CalendarName, DepartmentId};
use crate::target::Target;

/// Settings of the organisation that policies may not loosen.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Gets what nothing else routed, and what nobody else is there for. Required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catch_all: Option<Target>,
    /// The calendar of departments that name none. Required once a goal is to be set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<CalendarName>,
    /// Who stands above the heads of departments, in order: asked when a head would decide their own message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub superiors: Vec<Target>,
    /// Departments whose bundles may reach `everyone` (requirement R50).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may_reach_everyone: Vec<DepartmentId>,
    /// See every case below restricted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub senior_management: Vec<Target>,
    /// May read confidential cases without taking part in them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confidential_readers: Vec<Target>,
    /// May read restricted cases without taking part in them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restricted_readers: Vec<Target>,
}
