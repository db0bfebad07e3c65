//! Kinds of messages: their form, their name, their defaults.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::message::{Audience, Classification, ContentType, Message, Urgency};
use crate::span::Span;
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
    /// How its documents are numbered when they are sent (requirement R3): `{department}〔{year}〕{number}号`. What
    /// differs in nothing but the number is one series. `{department}` and `{title}` are titles, `{year}` is that of
    /// the department's calendar. Without it, they have no numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_number: Option<String>,
    /// Within which span each of its cases is answered, whatever policies say (requirement R31): where they ask nobody,
    /// the accountable person is asked, and no case is resolved unanswered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_within: Option<Span>,
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
        fill_in(&self.naming, |field| match field {
            "urgent" => urgent,
            "department" => department_title,
            "title" => &self.title,
            "subject" => &message.subject,
            _ => "",
        })
    }

    /// The number of a document of this kind, if it has them; `number` is what stands in the number's place.
    #[must_use]
    pub fn document_number(&self, department_title: &str, year: i16, number: &str) -> Option<String> {
        let year = year.to_string();
        let template = self.document_number.as_deref()?;
        Some(fill_in(template, |field| match field {
            "department" => department_title,
            "title" => &self.title,
            "year" => &year,
            NUMBER => number,
            _ => "",
        }))
    }
}

/// A template with its fields filled in, in one pass, so that braces in a value are text.
fn fill_in<'v>(template: &str, value: impl Fn(&str) -> &'v str) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let (field, next) = after.split_once('}').unwrap_or((after, ""));
        text.push_str(value(field));
        rest = next;
    }
    text.push_str(rest);
    text
}

/// The fields that a naming rule may use.
pub(super) const NAMING_FIELDS: &[&str] = &["urgent", "department", "title", "subject"];
/// The fields that the number of a document may use.
pub(super) const NUMBERING_FIELDS: &[&str] = &["department", "title", "year", NUMBER];
/// The one of them that it must.
pub(super) const NUMBER: &str = "number";

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
