//! Kinds of messages: their form, their name, their defaults.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::message::{Audience, Classification, ContentType, Message, Urgency};
use crate::words::words;

words! {
    /// How long a case is kept; a later one is longer.
    ArchiveClass {
        /// At least one year after its end, the least that requirement R40 allows.
        Standard = "standard",
        /// At least five years.
        Extended = "extended",
        /// For good.
        Permanent = "permanent",
    }
}

/// Working days of silence after which a resolved case closes, where a kind says nothing.
pub const CLOSE_AFTER_WORKING_DAYS: u32 = 3;
/// Working days during which a closed case may be reopened, where a kind says nothing.
pub const REOPEN_WITHIN_WORKING_DAYS: u32 = 5;

/// A kind of message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// For people to read: `设备故障`. The `{title}` of the naming rule.
    pub title: String,
    /// What it is for, for whoever picks a kind.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub purpose: String,
    /// The form: a JSON Schema 2020-12 of the body, an object.
    pub form: Value,
    /// How a case is named (requirement R3). `{urgent}` is `【紧急】` or nothing, `{department}` and `{title}`
    /// are titles, `{subject}` is the subject.
    #[serde(default = "default_naming", skip_serializing_if = "is_default_naming")]
    pub naming: String,
    /// Urgency where the sender gives none.
    #[serde(default = "normal")]
    pub urgency: Urgency,
    /// Audience where the sender gives none.
    #[serde(default = "department")]
    pub audience: Audience,
    /// Classification where the sender gives none.
    #[serde(default = "internal")]
    pub classification: Classification,
    /// What it is for, where the sender does not say.
    #[serde(default = "notice")]
    pub content_type: ContentType,
    /// Whether an urgent one may go out first and be approved after the fact (requirement R13).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deferrable: bool,
    /// Working days of silence after which a resolved case closes by itself; at least 1.
    #[serde(default = "close_after")]
    pub close_after_working_days: u32,
    /// Working days during which a closed case may be reopened; 0 for never.
    #[serde(default = "reopen_within")]
    pub reopen_within_working_days: u32,
    /// How long its cases are kept at least.
    #[serde(default = "standard")]
    pub archive: ArchiveClass,
}

impl Kind {
    /// The name of a case by this kind's naming rule.
    #[must_use]
    pub fn name(&self, message: &Message, department_title: &str) -> String {
        let urgent = if message.urgency == Urgency::Urgent { "【紧急】" } else { "" };
        let mut name = String::with_capacity(self.naming.len() + message.subject.len());
        let mut rest = self.naming.as_str();
        // One pass, so that braces in a subject are text.
        while let Some((before, after)) = rest.split_once('{') {
            name.push_str(before);
            let (field, next) = after.split_once('}').unwrap_or((after, ""));
            name.push_str(match field {
                "urgent" => urgent,
                "department" => department_title,
                "title" => &self.title,
                "subject" => &message.subject,
                _ => "",
            });
            rest = next;
        }
        name.push_str(rest);
        name
    }
}

/// The fields that a naming rule may use.
pub(super) const NAMING_FIELDS: &[&str] = &["urgent", "department", "title", "subject"];

fn default_naming() -> String {
    "{urgent}{department}-{title}：{subject}".to_owned()
}

fn is_default_naming(naming: &str) -> bool {
    naming == default_naming()
}

fn normal() -> Urgency {
    Urgency::Normal
}

fn department() -> Audience {
    Audience::Department
}

fn internal() -> Classification {
    Classification::Internal
}

fn notice() -> ContentType {
    ContentType::Notice
}

fn close_after() -> u32 {
    CLOSE_AFTER_WORKING_DAYS
}

fn reopen_within() -> u32 {
    REOPEN_WITHIN_WORKING_DAYS
}

fn standard() -> ArchiveClass {
    ArchiveClass::Standard
}
