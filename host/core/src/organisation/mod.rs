//! The organisation as policies and the case machine see it: one immutable snapshot of directory, channels,
//! kinds, calendars and house rules, with the revision it was published under.
//!
//! Nothing here knows where the snapshot is kept or how it is edited. A decision records the revision it
//! saw; a publication in between changes nothing that is under way.

mod channel;
mod check;
mod directory;
mod kind;
mod resolve;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use channel::{Address, Channel, FanOut, INBOX, Transport, inbox};
pub use check::{ConfigurationError, Field, Problem, Step};
pub use directory::{Absence, Contact, ContactTier, Department, HEAD, POLICY_AUTHOR, Person, head_of};
pub use kind::{ArchiveClass, CLOSE_AFTER_WORKING_DAYS, Kind, REOPEN_WITHIN_WORKING_DAYS};
pub use resolve::Resolved;
pub use rules::Rules;

use crate::calendar::Calendar;
use crate::names::{CalendarName, ChannelName, ContactId, DepartmentId, KindName, PersonId};

/// The department id that stands for the organisation as a whole: its roles, its bundles, its head.
pub const ORGANISATION: &str = "organisation";

/// A consistent snapshot of an organisation's configuration.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Counts publications, from 1; 0 is the empty organisation before the first.
    #[serde(default)]
    pub revision: u64,
    /// The house rules.
    #[serde(default)]
    pub rules: Rules,
    /// Departments; `organisation` is one of them.
    #[serde(default)]
    pub departments: BTreeMap<DepartmentId, Department>,
    /// People.
    #[serde(default)]
    pub people: BTreeMap<PersonId, Person>,
    /// External contacts.
    #[serde(default)]
    pub contacts: BTreeMap<ContactId, Contact>,
    /// Calendars.
    #[serde(default)]
    pub calendars: BTreeMap<CalendarName, Calendar>,
    /// Channels.
    #[serde(default)]
    pub channels: BTreeMap<ChannelName, Channel>,
    /// Kinds of messages.
    #[serde(default)]
    pub kinds: BTreeMap<KindName, Kind>,
}
