//! What a client submits, and the words it is classified by.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ids::CaseId;
use crate::names::{DepartmentId, KindName};
use crate::target::{Actor, Target};
use crate::words::words;

/// The most characters a subject may have.
pub const SUBJECT_LIMIT_CHARS: usize = 200;
/// The most characters a summary may have (requirement R1).
pub const SUMMARY_LIMIT_CHARS: usize = 200;
/// The most targets a sender may name.
pub const TO_LIMIT: usize = 256;
/// The most labels a message may carry.
pub const LABELS_LIMIT: usize = 32;
/// The most bytes a dedup key or a label may have.
pub const KEY_LIMIT_BYTES: usize = 255;

words! {
    /// What the sender says about haste. What policies decide is the [`Level`].
    Urgency {
        /// Needs to be dealt with at once.
        Urgent = "urgent",
        /// Everything else.
        Normal = "normal",
    }
    /// Whom a message is meant for (requirement R2).
    Audience {
        /// The whole organisation.
        Everyone = "everyone",
        /// One or several departments.
        Department = "department",
        /// Customers, partners, regulators.
        External = "external",
    }
    /// How confidential a message is; a later one is stricter.
    Classification {
        /// May be known outside.
        Public = "public",
        /// Stays within the organisation.
        Internal = "internal",
        /// Stays with participants and named roles.
        Confidential = "confidential",
        /// As confidential, and senior management does not see it either.
        Restricted = "restricted",
    }
    /// What a message is for (requirement R2).
    ContentType {
        /// Tells something.
        Notice = "notice",
        /// Asks others to work along.
        Collaboration = "collaboration",
        /// Asks for, or passes on, a decision.
        Decision = "decision",
        /// An opinion, a complaint, a survey.
        Feedback = "feedback",
    }
}

/// What policies decide about haste: 1 is urgent and important, 2 important, 3 general.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Level(u8);

impl Level {
    /// Urgent and important.
    pub const ONE: Self = Self(1);
    /// Important.
    pub const TWO: Self = Self(2);
    /// General.
    pub const THREE: Self = Self(3);

    /// The level without a policy's word: urgent is 1, normal is 3.
    #[must_use]
    pub fn of_urgency(urgency: Urgency) -> Self {
        match urgency {
            Urgency::Urgent => Self::ONE,
            Urgency::Normal => Self::THREE,
        }
    }
}

impl TryFrom<u8> for Level {
    type Error = LevelError;
    fn try_from(number: u8) -> Result<Self, LevelError> {
        if (1..=3).contains(&number) { Ok(Self(number)) } else { Err(LevelError(i64::from(number))) }
    }
}

impl From<Level> for u8 {
    fn from(level: Level) -> Self {
        level.0
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A number that is no level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no level; write 1 (urgent and important), 2 (important) or 3 (general)")]
pub struct LevelError(pub i64);

/// A submitted message. Its content never changes; a resubmission after a return is a new version of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The kind it was checked against.
    pub kind: KindName,
    /// One line that says what it is about, at most [`SUBJECT_LIMIT_CHARS`] characters.
    pub subject: String,
    /// At most [`SUMMARY_LIMIT_CHARS`] characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// The kind's form, filled in.
    pub body: Map<String, Value>,
    /// Who sent it.
    pub sender: Actor,
    /// The department it is sent for.
    pub department: DepartmentId,
    /// What the sender says about haste.
    pub urgency: Urgency,
    /// Whom it is meant for.
    pub audience: Audience,
    /// How confidential it is, in the sender's eyes.
    pub classification: Classification,
    /// What it is for.
    pub content_type: ContentType,
    /// Whom the sender names, at most [`TO_LIMIT`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<Target>,
    /// Free labels for policies to look at, at most [`LABELS_LIMIT`] of [`KEY_LIMIT_BYTES`] each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The same event submitted twice while its case is open is one case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dedup_key: Option<String>,
    /// The case this one came out of; it lives in the same shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caused_by: Option<CaseId>,
    /// When it arrived, by the clock of the host that took it.
    pub submitted_at: Timestamp,
}
