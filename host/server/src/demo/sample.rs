//! The sample messages, and what people do about them: data, in `samples/`, one file a message.
//!
//! What becomes of a message stands nowhere here. A sample says who sends what and when, and when somebody does
//! something by themselves; whatever nobody does is left to stall.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::DateTime;
use serde::Deserialize;
use serde_json::Value;

use super::words::{InBoth, Language};

/// Every sample, in the order in which their stories are told.
const SAMPLES: &[(&str, &str)] = &[
    ("equipment-fault", include_str!("samples/equipment-fault.json")),
    ("same-fault", include_str!("samples/same-fault.json")),
    ("notice-to-all", include_str!("samples/notice-to-all.json")),
    ("complaint", include_str!("samples/complaint.json")),
    ("what-if", include_str!("samples/what-if.json")),
    ("collaboration", include_str!("samples/collaboration.json")),
    ("partner-message", include_str!("samples/partner-message.json")),
    ("supplier-delay", include_str!("samples/supplier-delay.json")),
    ("waits-for-you", include_str!("samples/waits-for-you.json")),
];

/// When the story begins and ends, by the organisation's own clock: a Monday morning, and the Friday after.
pub(super) const FROM: DateTime = jiff::civil::datetime(2026, 11, 23, 8, 30, 0, 0);
/// See [`FROM`].
pub(super) const UNTIL: DateTime = jiff::civil::datetime(2026, 11, 27, 8, 30, 0, 0);

/// A sample message, and what people do about it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sample {
    /// What it is called in the demo.
    pub(super) title: InBoth,
    /// What one should look at in its story.
    pub(super) shows: InBoth,
    /// Its subject for who reads no Chinese.
    pub(super) subject_in_english: String,
    /// When it is sent, by the organisation's clock.
    pub(super) at: DateTime,
    /// Who sends it: `person:li.lei` or `service:mes`.
    pub(super) by: String,
    /// Whether it is only asked what would happen to it.
    #[serde(default)]
    pub(super) what_if: bool,
    /// The message, as it is posted.
    pub(super) message: Value,
    /// What people do about it.
    #[serde(default)]
    pub(super) acts: Vec<Act>,
}

/// Something that people do about a message.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Act {
    /// When, by the organisation's clock.
    pub(super) at: DateTime,
    /// Who.
    pub(super) who: Who,
    /// What.
    #[serde(rename = "do")]
    pub(super) deed: Deed,
    /// The goal that is met.
    #[serde(default)]
    pub(super) goal: Option<String>,
    /// What is written.
    #[serde(default)]
    pub(super) text: Option<InBoth>,
    /// How content the sender is, from 1 to 5.
    #[serde(default)]
    pub(super) score: Option<u8>,
    /// The message that is sent again.
    #[serde(default)]
    pub(super) message: Option<Value>,
}

/// Who does something.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum Who {
    /// `person:li.lei` or `service:mes`.
    One(String),
    /// Everybody who has a task to do it, but for some.
    Everyone {
        /// Those who do not.
        everyone_but: BTreeSet<String>,
    },
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Deed {
    /// To approve.
    Approve,
    /// To send back for an edit.
    Return,
    /// To confirm having read.
    Acknowledge,
    /// To answer.
    Answer,
    /// To report.
    Report,
    /// To send it again.
    Resubmit,
    /// To call it settled.
    Resolve,
    /// To accept that.
    Close,
    /// To say that a goal is kept.
    Meet,
}

/// How a deed is asked for over HTTP.
pub(super) enum Way {
    /// As a verb of a task of this kind.
    Task(&'static str),
    /// As a verb of the case.
    Case,
    /// As a verb of one of its goals.
    Goal,
}

impl Deed {
    /// The verb in the address.
    pub(super) fn verb(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Return => "return",
            Self::Acknowledge => "acknowledge",
            Self::Answer => "answer",
            Self::Report => "report",
            Self::Resubmit => "resubmit",
            Self::Resolve => "resolve",
            Self::Close => "close",
            Self::Meet => "meet",
        }
    }

    /// How it is asked for.
    pub(super) fn way(self) -> Way {
        match self {
            Self::Approve | Self::Return => Way::Task("approve"),
            Self::Acknowledge | Self::Answer | Self::Report => Way::Task(self.verb()),
            Self::Resubmit | Self::Resolve | Self::Close => Way::Case,
            Self::Meet => Way::Goal,
        }
    }
}

impl Act {
    /// What is posted.
    pub(super) fn body(&self, language: Language) -> Value {
        let text = self.text.as_ref().map(|text| text.of(language));
        let words = match self.deed {
            Deed::Resolve | Deed::Close => "reason",
            _ => "text",
        };
        let mut body = serde_json::Map::new();
        body.extend(text.map(|text| (words.to_owned(), text.into())));
        body.extend(self.score.map(|score| ("score".to_owned(), score.into())));
        self.message.clone().unwrap_or(Value::Object(body))
    }
}

/// Reads the samples, each with its name.
///
/// # Errors
/// What is wrong with the first that is wrong; a test reads them all.
pub(super) fn samples() -> Result<Vec<(&'static str, Sample)>, serde_json::Error> {
    SAMPLES.iter().map(|(name, text)| Ok((*name, serde_json::from_str(text)?))).collect()
}

/// The services that send samples, each with the departments that it sends for.
pub(super) fn services(samples: &[(&str, Sample)]) -> BTreeMap<String, BTreeSet<String>> {
    let mut services: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, sample) in samples.iter().filter(|(_, sample)| sample.by.starts_with("service:")) {
        let department = sample.message.get("department").and_then(Value::as_str);
        services.entry(sample.by.clone()).or_default().extend(department.map(str::to_owned));
    }
    services
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_can_be_read_and_lie_within_the_story() {
        let samples = samples().unwrap();
        let lying = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/demo/samples")).unwrap().count();
        assert_eq!(samples.len(), lying, "every file is a sample");
        for (name, sample) in samples {
            assert!(sample.at >= FROM, "{name}");
            for act in &sample.acts {
                assert!(sample.at <= act.at && act.at < UNTIL, "{name}: {:?} at {}", act.deed, act.at);
                assert_eq!(act.goal.is_some(), act.deed == Deed::Meet, "{name}: only a goal is met");
                assert_eq!(act.message.is_some(), act.deed == Deed::Resubmit, "{name}: a message is sent again");
            }
        }
    }
}
